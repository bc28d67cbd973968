//! What an import would do: each card is compared with the captures that are there, and with those
//! before it. Nothing is written.

use std::collections::BTreeMap;
use std::fmt;

use dataset::captures::Verdict;
use dataset::captures::crop::crop;
use dataset::captures::hashes::{Colours, Hashing};
use dataset::captures::index::Index;
use dataset::captures::record::Record;
use dataset::labels::{Label, Labels};
use image::RgbaImage;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};

use super::{Card, Named, Source};
use crate::data::dataset::picture;
use crate::data::formats::outline;

/// What the name of a class means here.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// A card, or that there is none.
    Label(Box<Label>),
    /// A capture that somebody names later.
    Unlabelled,
    /// Nobody knows; it is left out.
    Unknown,
}

/// A card of the source, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The image, by its place in the source.
    pub picture: usize,
    /// Where the card is; none where the image is one card.
    pub quad: Option<Quad<InFrame>>,
    /// What it is called.
    pub label: Option<Box<Label>>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a card.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It becomes a capture.
    New,
    /// A capture shows the same and has no label: it gets this one.
    Names(String),
    /// A capture shows the same and is called the same.
    Known(String),
    /// It was in the source before.
    Again,
    /// Something shows the same and is called otherwise.
    Conflict {
        /// A capture, or an image of the source.
        with: String,
        /// What that is called.
        called: String,
    },
}

/// What an import does.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// A step for each card that is understood.
    pub steps: Vec<Step>,
    /// What is left out, a line each.
    pub left_out: Vec<String>,
}

/// How many cards there are of each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Captures that are made.
    pub new: usize,
    /// Captures that get a name.
    pub named: usize,
    /// Captures that have it.
    pub known: usize,
    /// Cards that are in the source twice.
    pub again: usize,
    /// Conflicts.
    pub conflicts: usize,
}

/// The least part of a card that is on its image.
const MIN_SEEN: f32 = 0.35;
/// The shortest side of a card, in pixels.
const MIN_SIDE: f32 = 16.0;

/// Something that a card can look like.
struct Seen {
    name: String,
    label: Option<Box<Label>>,
    colours: Colours,
    /// Whether it is a capture that is there.
    is_capture: bool,
}

/// Makes the plan. `meanings` has an entry for each name of a class; `tell` is called after each
/// image.
pub fn plan(
    source: &Source,
    meanings: &BTreeMap<String, Meaning>,
    records: &[Record],
    labels: &Labels,
    tell: &dyn Fn(),
) -> Plan {
    let hashing = Hashing::default();
    let mut index = Index::default();
    let mut seen = Vec::with_capacity(records.len());
    for record in records {
        index.push(&record.hashes);
        let label = labels.get(&record.filename).and_then(Result::ok).map(Box::new);
        let colours = record.hashes.colours;
        seen.push(Seen { name: record.filename.clone(), label, colours, is_capture: true });
    }
    let mut plan = Plan { left_out: source.left_out.clone(), ..Plan::default() };
    for (number, picture) in source.pictures.iter().enumerate() {
        tell();
        let name = picture.path.display().to_string();
        if picture.cards.is_empty() {
            continue;
        }
        let image = match picture::read(&picture.path) {
            Ok(read) => read.image,
            Err(fault) => {
                plan.left_out.push(format!("{name}: {fault}"));
                continue;
            }
        };
        for (place, card) in picture.cards.iter().enumerate() {
            let what = format!("{name}, card {}", place + 1);
            let (quad, label) = match understood(card, &image, meanings) {
                Ok(understood) => understood,
                Err(reason) => {
                    plan.left_out.push(format!("{what}: {reason}"));
                    continue;
                }
            };
            let cut = quad.map(|quad| crop(&(&image).into(), quad));
            let hashes = hashing.hash(cut.as_ref().unwrap_or(&image));
            let found = index.find(&hashes);
            let twin = match found.verdict(|twin| seen[twin].colours.agree(&hashes.colours), |_| true) {
                Verdict::Duplicate(twin) => Some(twin),
                _ => None,
            };
            let fate = twin.map_or(Fate::New, |twin| fate(&mut seen[twin], label.as_deref()));
            if fate == Fate::New {
                index.push(&hashes);
                let label = label.clone();
                seen.push(Seen { name: what, label, colours: hashes.colours, is_capture: false });
            }
            plan.steps.push(Step { picture: number, quad, label, fate });
        }
    }
    plan
}

type Understood = (Option<Quad<InFrame>>, Option<Box<Label>>);

fn understood(
    card: &Card,
    image: &RgbaImage,
    meanings: &BTreeMap<String, Meaning>,
) -> Result<Understood, String> {
    let label = match &card.name {
        Named::Label(label) => Some(label.clone()),
        Named::Class(name) => match meanings.get(name) {
            Some(Meaning::Label(label)) => Some(label.clone()),
            Some(Meaning::Unlabelled) => None,
            Some(Meaning::Unknown) | None => return Err(format!("{name:?} is no card that is known")),
        },
    };
    let size: [u32; 2] = image.dimensions().into();
    let Some(place) = card.place else { return Ok((None, label)) };
    let quad = place.on(size);
    let (width, height) = (quad.width(), quad.height());
    if width < MIN_SIDE || height < MIN_SIDE {
        return Err(format!("it is only {width:.0} x {height:.0} pixels"));
    }
    let whole = quad.signed_area().abs();
    let part = outline::seen(quad, size).map_or(0.0, |seen| seen.area / whole);
    if part < MIN_SEEN {
        return Err(format!("only {:.0} % of it are on the image", 100.0 * part));
    }
    Ok((Some(quad), label))
}

/// What becomes of a card that looks like something.
fn fate(twin: &mut Seen, label: Option<&Label>) -> Fate {
    let Some(label) = label else {
        return if twin.is_capture { Fate::Known(twin.name.clone()) } else { Fate::Again };
    };
    match &twin.label {
        Some(there) if is_same(there, label) => {
            if twin.is_capture {
                Fate::Known(twin.name.clone())
            } else {
                Fate::Again
            }
        }
        Some(there) => Fate::Conflict { with: twin.name.clone(), called: there.class().to_owned() },
        None if twin.is_capture => {
            twin.label = Some(Box::new(label.clone()));
            Fate::Names(twin.name.clone())
        }
        None => Fate::Again,
    }
}

/// Whether both name the same card; what one of them does not say tells nothing apart.
fn is_same(one: &Label, other: &Label) -> bool {
    fn agree<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.zip(b).is_none_or(|(a, b)| a == b)
    }
    let name = |label: &Label| label.name.trim().to_lowercase();
    let card = match (&one.id, &other.id) {
        (Some(one), Some(other)) => one == other,
        _ => name(one) == name(other),
    };
    card && agree(one.modifier.as_ref(), other.modifier.as_ref())
        && agree(one.enhancement.as_ref(), other.enhancement.as_ref())
        && agree(one.seal.as_ref(), other.seal.as_ref())
}

impl Plan {
    /// How many of each.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            let count = match step.fate {
                Fate::New => &mut counts.new,
                Fate::Names(_) => &mut counts.named,
                Fate::Known(_) => &mut counts.known,
                Fate::Again => &mut counts.again,
                Fate::Conflict { .. } => &mut counts.conflicts,
            };
            *count += 1;
        }
        counts
    }

    /// A line for each conflict.
    pub fn conflicts(&self, source: &Source) -> Vec<String> {
        let line = |step: &Step| match &step.fate {
            Fate::Conflict { with, called } => {
                let own = step.label.as_ref().map_or("?", |label| label.class());
                let path = source.pictures[step.picture].path.display();
                Some(format!("{path}: {own:?}, but {with} shows the same and is called {called:?}"))
            }
            _ => None,
        };
        self.steps.iter().filter_map(line).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { new, named, known, again, conflicts } = self;
        write!(
            f,
            "{}, {named} that were there and get a name, {known} known already, {again} seen twice, \
             {conflicts} in conflict",
            counted(new, "new capture")
        )
    }
}
