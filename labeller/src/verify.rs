//! Verifies what has been said: labels that are likely wrong come first.
//!
//! Pure. Three things make a label odd: two names in one group, a picture that looks like one of
//! another name, and a picture that is unlike every other of its name.

use std::collections::BTreeMap;

use dataset::captures::{DUPLICATE, SAME_CLUSTER};

use crate::session::{Picture, Session};

/// Why a label may be wrong; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Another picture of the same group has another name.
    Conflict,
    /// It looks the same as one of another name.
    Lookalike,
    /// It is unlike all others of its name.
    FarFromClass,
    /// Nothing is odd.
    None,
}

impl Oddity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Conflict => "Two names in one group",
            Self::Lookalike => "Looks like another card",
            Self::FarFromClass => "Unlike the others",
            Self::None => "",
        }
    }
}

/// Labelled pictures of one name and edition.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    pub name: String,
    /// The edition, as labels write it.
    pub modifier: String,
    /// Files and what is odd about them, the oddest first.
    pub files: Vec<(String, Oddity)>,
}

/// All labelled pictures by name and edition; classes with odd pictures first.
pub fn classes(session: &Session) -> Vec<Class> {
    let labelled: Vec<&Picture> =
        session.pictures().iter().filter(|it| it.label.is_some() && !it.binned).collect();
    let mut by_class: BTreeMap<(&str, &str), Vec<&Picture>> = BTreeMap::new();
    let mut names_of_group: BTreeMap<u64, &str> = BTreeMap::new();
    let mut torn = std::collections::BTreeSet::new();
    let name = |picture: &'_ Picture| picture.label.as_ref().map_or("", |label| label.class()).to_owned();
    let names: Vec<String> = labelled.iter().map(|it| name(it)).collect();
    for (picture, class) in labelled.iter().zip(&names) {
        let label = picture.label.as_ref().expect("only labelled ones are here");
        let modifier = label.modifier.as_deref().unwrap_or("Base");
        by_class.entry((&label.name, modifier)).or_default().push(picture);
        if *names_of_group.entry(picture.place.group).or_insert(class) != class.as_str() {
            torn.insert(picture.place.group);
        }
    }
    let twins = lookalikes(&labelled, &names);
    let oddity = |picture: &Picture, others: &[&Picture]| {
        if torn.contains(&picture.place.group) {
            Oddity::Conflict
        } else if twins.contains(picture.file.as_str()) {
            Oddity::Lookalike
        } else if is_far(picture, others) {
            Oddity::FarFromClass
        } else {
            Oddity::None
        }
    };
    let mut classes: Vec<Class> = by_class
        .into_iter()
        .map(|((name, modifier), pictures)| {
            let mut files: Vec<(String, Oddity)> =
                pictures.iter().map(|it| (it.file.clone(), oddity(it, &pictures))).collect();
            files.sort_by_key(|(_, oddity)| *oddity);
            Class { name: name.into(), modifier: modifier.into(), files }
        })
        .collect();
    classes.sort_by_key(|class| class.files.first().map_or(Oddity::None, |(_, oddity)| *oddity));
    classes
}

/// Pictures that look the same as one of another name.
fn lookalikes<'a>(labelled: &[&'a Picture], names: &[String]) -> std::collections::BTreeSet<&'a str> {
    let mut index = dataset::captures::index::Index::default();
    let with_hashes: Vec<usize> = (0..labelled.len()).filter(|&at| labelled[at].hashes.is_some()).collect();
    for &at in &with_hashes {
        index.push(labelled[at].hashes.as_ref().expect("only such are here"));
    }
    let mut odd = std::collections::BTreeSet::new();
    for &at in &with_hashes {
        let hashes = labelled[at].hashes.as_ref().expect("only such are here");
        let twins = index.find(hashes).twins.into_iter().map(|twin| with_hashes[twin]);
        let same_colours =
            |other: &usize| labelled[*other].hashes.is_some_and(|it| it.colours.agree(&hashes.colours));
        if twins.filter(same_colours).any(|other| names[other] != names[at]) {
            odd.insert(labelled[at].file.as_str());
        }
    }
    odd
}

fn is_far(picture: &Picture, others: &[&Picture]) -> bool {
    let Some(hashes) = &picture.hashes else { return false };
    let distances = others
        .iter()
        .filter(|other| other.file != picture.file)
        .filter_map(|other| Some(other.hashes.as_ref()?.distance(hashes)));
    distances.min().is_some_and(|nearest| nearest > SAME_CLUSTER.max(DUPLICATE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::captures::hashes::Hashing;
    use dataset::captures::record::{CaptureContext, Record};
    use dataset::file_name;
    use dataset::labels::Label;
    use dataset::labels::store::Change;

    /// A picture of stripes: another slope is another card.
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
        ];
        let mut session =
            Session::new(pictures.map(|(group, id, slope, _)| record(group, id, slope)).to_vec());
        let changes = pictures.map(|(group, id, _, name)| Change::Label {
            file: file_name::format(group, group, id),
            label: Some(Box::new(Label { name: name.into(), ..Label::default() })),
        });
        session.apply(&changes);
        let classes = classes(&session);
        let oddities: BTreeMap<&str, Vec<Oddity>> = classes
            .iter()
            .map(|class| (class.name.as_str(), class.files.iter().map(|(_, oddity)| *oddity).collect()))
            .collect();
        assert_eq!(oddities["B"], [Oddity::Conflict]);
        assert_eq!(oddities["D"], [Oddity::Lookalike]);
        assert_eq!(
            oddities["F"],
            [Oddity::Lookalike, Oddity::FarFromClass],
            "one is like an A, the other like nothing"
        );
        assert!(classes[0].files[0].1 == Oddity::Conflict && classes.len() == 6);
    }
}
