//! Verifies what has been said: labels that are likely wrong come first.
//!
//! Pure. A label is odd when its group has two names, when the model surely reads another card,
//! when the image looks like one of another name or edition, when it is unlike every other of its
//! name, and when nobody was sure: neither the model nor another image speaks for it.

use std::collections::{BTreeMap, BTreeSet};

use dataset::captures::index::Index;
use dataset::captures::record::SURE;
use dataset::captures::{DUPLICATE, SAME_CLUSTER};
use dataset::labels::Label;
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::NOT_A_CARD;

use crate::reading::{Origin, Reading, is_same};
use crate::session::{Picture, Session};

/// Why a label may be wrong; the worst comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// The model is sure that it is this card.
    ReadAs(String),
    /// Another image of the same group has another name.
    Conflict,
    /// It looks the same as one of another name.
    Lookalike,
    /// It looks the same as one of its name that has another edition.
    Edition,
    /// It is unlike all others of its name.
    FarFromClass,
    /// The model takes it for what the label says, but is not sure.
    Unsure,
    /// Nothing is odd.
    None,
}

impl Oddity {
    pub fn name(&self) -> String {
        match self {
            Self::ReadAs(card) => format!("The model reads {card}"),
            Self::Conflict => "Two names in one group".into(),
            Self::Lookalike => "Looks like another card".into(),
            Self::Edition => "Looks like another edition".into(),
            Self::FarFromClass => "Unlike the others".into(),
            Self::Unsure => "The model is not sure".into(),
            Self::None => String::new(),
        }
    }

    /// The same in a word or two, for below an image.
    pub fn short(&self) -> &str {
        match self {
            Self::ReadAs(card) => card,
            Self::Conflict => "two names",
            Self::Lookalike => "other name",
            Self::Edition => "other edition",
            Self::FarFromClass => "unlike others",
            Self::Unsure => "not sure",
            Self::None => "",
        }
    }
}

/// Labelled images of one name and edition.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    pub name: String,
    /// The edition, as labels write it.
    pub modifier: String,
    /// Id of its card, or its name where it has none.
    pub id: String,
    /// What kind of card it is, where the catalogue lists it.
    pub card_type: Option<CardType>,
    /// Files and what is odd about them, the oddest first.
    pub files: Vec<(String, Oddity)>,
}

impl Class {
    /// How many of its files are odd.
    pub fn odd(&self) -> usize {
        self.files.iter().filter(|(_, oddity)| *oddity != Oddity::None).count()
    }
}

/// A labelled image with what it is compared by.
struct Named<'a> {
    picture: &'a Picture,
    label: &'a Label,
    reading: Option<Reading>,
}

/// All labelled images by name and edition; classes with odd images first.
pub fn classes(
    session: &Session,
    catalogue: &Catalogue,
    reading: impl Fn(&Picture) -> Option<Reading>,
) -> Vec<Class> {
    let labelled = session.pictures().iter().filter(|it| !it.binned);
    let named: Vec<Named<'_>> = labelled
        .filter_map(|picture| {
            Some(Named { picture, label: picture.label.as_ref()?, reading: reading(picture) })
        })
        .collect();
    let mut by_class: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut class_of_group: BTreeMap<u64, &str> = BTreeMap::new();
    let mut torn = BTreeSet::new();
    for (at, it) in named.iter().enumerate() {
        let modifier = it.label.modifier.as_deref().unwrap_or("Base");
        by_class.entry((&it.label.name, modifier)).or_default().push(at);
        let class = it.label.class();
        if *class_of_group.entry(it.picture.place.group).or_insert(class) != class {
            torn.insert(it.picture.place.group);
        }
    }
    let twins = twins(&named);
    let oddity = |at: usize, class: &[usize]| {
        let it = &named[at];
        let other_name = |other: &&usize| !is_same(catalogue, named[**other].label.class(), it.label.class());
        let other_edition = |other: &&usize| edition(named[**other].label) != edition(it.label);
        if let Some(card) = contradiction(it, catalogue) {
            Oddity::ReadAs(card)
        } else if torn.contains(&it.picture.place.group) {
            Oddity::Conflict
        } else if twins[at].iter().any(|other| other_name(&other)) {
            Oddity::Lookalike
        } else if twins[at].iter().any(|other| other_edition(&other)) {
            Oddity::Edition
        } else if is_unsure(it, catalogue) {
            Oddity::Unsure
        } else if is_far(it, class, &named) {
            Oddity::FarFromClass
        } else {
            Oddity::None
        }
    };
    let mut classes: Vec<Class> = by_class
        .into_iter()
        .map(|((name, modifier), pictures)| {
            let mut files: Vec<(String, Oddity)> =
                pictures.iter().map(|&at| (named[at].picture.file.clone(), oddity(at, &pictures))).collect();
            files.sort_by(|a, b| a.1.cmp(&b.1));
            let id = named[pictures[0]].label.class().to_owned();
            let card_type = catalogue.card(&id).map(|card| card.card_type);
            Class { name: name.into(), modifier: modifier.into(), id, card_type, files }
        })
        .collect();
    classes.sort_by(|a, b| a.files.first().map(|it| &it.1).cmp(&b.files.first().map(|it| &it.1)));
    classes
}

fn edition(label: &Label) -> &str {
    label.modifier.as_deref().unwrap_or("Base")
}

/// The card that the model surely reads where the label says another.
fn contradiction(it: &Named<'_>, catalogue: &Catalogue) -> Option<String> {
    let read = it.reading.as_ref()?.sure()?;
    if is_same(catalogue, read, it.label.class()) {
        return None;
    }
    Some(match catalogue.card(read) {
        Some(card) => card.name.clone(),
        None if read == NOT_A_CARD => "no card".into(),
        None => read.to_owned(),
    })
}

/// Whether the label is what the model guessed first, without being sure of it.
fn is_unsure(it: &Named<'_>, catalogue: &Catalogue) -> bool {
    let Some(reading) = &it.reading else { return false };
    let is_taught = reading.best(Origin::Taught).is_some_and(|taught| taught.id == it.label.class());
    reading.best(Origin::Model).is_some_and(|own| {
        is_same(catalogue, &own.id, it.label.class()) && own.number < SURE.max(UNSURE_BELOW) && !is_taught
    })
}

/// Probability below which a label that only the model speaks for is worth a second look.
const UNSURE_BELOW: f32 = 0.97;

/// For each image those of the others that look the same, in colour too.
fn twins(named: &[Named<'_>]) -> Vec<Vec<usize>> {
    let mut index = Index::default();
    let with_hashes: Vec<usize> = (0..named.len()).filter(|&at| named[at].picture.hashes.is_some()).collect();
    let hashes = |at: usize| named[at].picture.hashes.as_ref().expect("only such are in the index");
    with_hashes.iter().for_each(|&at| index.push(hashes(at)));
    let mut twins = vec![Vec::new(); named.len()];
    for &at in &with_hashes {
        let found = index.find(hashes(at)).twins.into_iter().map(|twin| with_hashes[twin]);
        let same_colours = |other: &usize| hashes(*other).colours.agree(&hashes(at).colours);
        twins[at] = found.filter(|other| *other != at).filter(same_colours).collect();
    }
    twins
}

fn is_far(it: &Named<'_>, class: &[usize], named: &[Named<'_>]) -> bool {
    let Some(hashes) = &it.picture.hashes else { return false };
    // What the model surely reads as the label says needs no likeness.
    if it.reading.as_ref().and_then(Reading::sure).is_some() {
        return false;
    }
    let distances = class
        .iter()
        .map(|&other| named[other].picture)
        .filter(|other| other.file != it.picture.file)
        .filter_map(|other| Some(other.hashes.as_ref()?.distance(hashes)));
    distances.min().is_some_and(|nearest| nearest > SAME_CLUSTER.max(DUPLICATE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::captures::hashes::Hashing;
    use dataset::captures::record::{CaptureContext, Record};
    use dataset::file_name;
    use dataset::labels::store::Change;

    /// An image of stripes: another slope is another card.
    fn record(group: u64, id: u64, slope: u32) -> Record {
        let picture = image::RgbaImage::from_fn(64, 64, |x, y| {
            let light = if ((x + y * slope) / 8).is_multiple_of(2) { 220 } else { 30 };
            image::Rgba([light, light, light, 255])
        });
        let filename = file_name::format(group, group, id);
        Record {
            filename,
            cluster: group,
            card_group: group,
            hashes: Hashing::default().hash(&picture),
            context: CaptureContext::default(),
        }
    }

    #[test]
    fn each_oddity_is_found() {
        let pictures = [
            (0, 0, 0, "A"),
            (0, 1, 0, "A"),
            (1, 2, 1, "B"),
            (1, 3, 1, "C"),
            (2, 4, 2, "D"),
            (3, 5, 2, "E"),
            (4, 6, 0, "F"),
            (5, 7, 5, "F"),
            (6, 8, 9, "H_A"),
            (7, 9, 13, "H_A"),
        ];
        let read = |file: &str| {
            let (id, number) = match file_name::parse(file)?[2] {
                8 => ("D_A", 0.99),
                9 => ("H_A", 0.7),
                _ => return None,
            };
            let guess = crate::reading::Guess { id: id.into(), number, origin: Origin::Model };
            Some(Reading { guesses: vec![guess], known: Some(id.into()), modifiers: None })
        };
        let mut session =
            Session::new(pictures.map(|(group, id, slope, _)| record(group, id, slope)).to_vec());
        let changes = pictures.map(|(group, id, _, name)| Change::Label {
            file: file_name::format(group, group, id),
            label: Some(Box::new(Label { name: name.into(), ..Label::default() })),
        });
        session.apply(&changes);
        let classes = classes(&session, &synth::practice::catalogue(), |it| read(&it.file));
        let oddities: BTreeMap<&str, Vec<Oddity>> = classes
            .iter()
            .map(|class| {
                (class.name.as_str(), class.files.iter().map(|(_, oddity)| oddity.clone()).collect())
            })
            .collect();
        assert_eq!(oddities["B"], [Oddity::Conflict]);
        assert_eq!(oddities["D"], [Oddity::Lookalike]);
        assert_eq!(
            oddities["F"],
            [Oddity::Lookalike, Oddity::FarFromClass],
            "one is like an A, the other like nothing"
        );
        assert_eq!(oddities["H_A"], [Oddity::ReadAs("Ace of Diamonds".into()), Oddity::Unsure]);
        assert!(classes[0].name == "H_A" && classes.len() == 7, "the worst comes first");
    }
}
