//! Captures that people labelled, made ready to train on: what can be used, and a list of what
//! cannot.
//!
//! * [`picture`]: is a file an image that can be used?
//! * [`fields`]: what a label says to a head.
//! * [`split`]: what is trained on and what is held out. [`coverage`]: how many of each card.
//! * [`composed`]: a data set written from composed crops, for tests and for those without
//!   captures.
//!
//! Nothing here changes a file of the data set, and no pixels are kept.

pub mod composed;
pub mod coverage;
pub mod fields;
pub mod picture;
pub mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use dataset::file_name;
use dataset::labels::store::{self, StoreError};
use dataset::labels::{FILE_NAME, Label, Labels, LabelsError};
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::counted::counted;
use lens_core::manifest::{Added, NOT_A_CARD, UNKNOWN};
use rayon::prelude::*;

use picture::{Fault, Quirk};

use crate::console::progress;

/// Name of the labels of augmented images.
pub const AUGMENTED: &str = "augmented.json";

/// An image and what it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name in the labels.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// What people say of it.
    pub label: Label,
    /// What the identification head calls it.
    pub class: String,
}

impl Sample {
    /// What a model has to say of its card, when the catalogue does not list it.
    pub fn added_card(&self) -> Added {
        let kind = self.label.card_type.as_deref();
        let named = |it: &CardType| kind.is_some_and(|kind| kind.eq_ignore_ascii_case(it.name()));
        let card_type = CardType::ALL.into_iter().find(named).unwrap_or(CardType::Joker);
        Added { name: self.label.name.clone(), card_type }
    }

    /// Whether it was made from another one.
    pub fn is_augmented(&self) -> bool {
        self.label.parent.is_some()
    }
}

/// Something that is wrong with a file, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
    /// What happens to it meanwhile.
    pub meanwhile: Meanwhile,
}

/// What happens to an image that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// Nothing is trained on it.
    LeftOut,
    /// It is used as it is.
    Used,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let meanwhile = match self.meanwhile {
            Meanwhile::LeftOut => "left out",
            Meanwhile::Used => "used",
        };
        write!(f, "{} ({meanwhile}): {}; {}", self.file, self.what, self.help)
    }
}

/// The usable images of a folder with its labels.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    /// Originals in the order of `labels.json`, then augmented ones.
    pub samples: Vec<Sample>,
    /// What is wrong, in the same order.
    pub problems: Vec<Problem>,
    /// Entries of `labels.json`, usable or not.
    pub labels: usize,
}

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file of labels cannot be read.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// The labels of a data set cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no labels.
    #[error(
        "there is no labels.json in {folder}\nhelp: label captures with the labeller, or try `trainer scenes --labelled {folder}`"
    )]
    NoLabels {
        /// The folder.
        folder: PathBuf,
    },
    /// There is a file of labels, and nothing in it.
    #[error("labels.json in {folder} names no image\nhelp: label captures with the labeller")]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// No image can be used.
    #[error(
        "{folder} has {}, of which none can be used{first}\nhelp: mend what is listed, or label other captures",
        counted(.labels, "labelled image")
    )]
    NothingUsable {
        /// The folder.
        folder: PathBuf,
        /// How many labels there are.
        labels: usize,
        /// The first problem, or nothing.
        first: String,
    },
    /// There is nothing to tell apart.
    #[error(
        "all usable images of {folder} show {name:?}\nhelp: label at least one other card: a network needs two classes to tell apart"
    )]
    OneClass {
        /// The folder.
        folder: PathBuf,
        /// The name of its card.
        name: String,
    },
}

impl DataSet {
    /// Reads the labels of `folder` and, where given, of a folder of augmented images, and looks
    /// at every image.
    ///
    /// # Errors
    /// When there are no labels, or they are no JSON. Single images and labels end up in
    /// [`DataSet::problems`].
    pub fn read(
        folder: &Path,
        augmented: Option<&Path>,
        catalogue: Option<&Catalogue>,
    ) -> Result<Self, DataError> {
        // With what the labeller and the overlay have not written into labels.json yet.
        let labels = store::read(folder)?.labels;
        if labels.is_empty() && !folder.join(FILE_NAME).is_file() {
            return Err(DataError::NoLabels { folder: folder.to_path_buf() });
        }
        let mut set = Self { labels: labels.len(), ..Self::default() };
        set.add(folder, &labels, catalogue);
        if let Some(augmented) = augmented {
            let mut children = Self::default();
            children.add(augmented, &Labels::read(&augmented.join(AUGMENTED))?, catalogue);
            children.keep_children_of(&set.samples.iter().map(|it| (it.file.as_str(), it)).collect());
            set.samples.append(&mut children.samples);
            set.problems.append(&mut children.problems);
        }
        set.compare_labels();
        Ok(set)
    }

    /// Whether there is something to train on.
    ///
    /// # Errors
    /// When no image is usable, or all show the same.
    pub fn check_trainable(&self, folder: &Path) -> Result<(), DataError> {
        let classes: BTreeSet<&str> = self.samples.iter().map(|sample| sample.class.as_str()).collect();
        match classes.len() {
            0 => Err(self.nothing_usable(folder)),
            1 => {
                let name = self.samples[0].label.name.clone();
                Err(DataError::OneClass { folder: folder.to_path_buf(), name })
            }
            _ => Ok(()),
        }
    }

    /// Why there is nothing to train on, when there is not a sample.
    pub fn nothing_usable(&self, folder: &Path) -> DataError {
        let folder = folder.to_path_buf();
        match self.labels {
            0 => DataError::Empty { folder },
            labels => DataError::NothingUsable {
                folder,
                labels,
                first: self.problems.first().map_or_else(String::new, |it| format!("; the first: {it}")),
            },
        }
    }

    /// Images of each class, augmented ones apart.
    pub fn counts(&self) -> BTreeMap<&str, [usize; 2]> {
        let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for sample in &self.samples {
            counts.entry(&sample.class).or_default()[usize::from(sample.is_augmented())] += 1;
        }
        counts
    }

    fn add(&mut self, folder: &Path, labels: &Labels, catalogue: Option<&Catalogue>) {
        let files: Vec<&str> = labels.files().collect();
        progress::expect(files.len());
        let one = |file| {
            let looked = look(folder, file, labels, catalogue);
            progress::advance(1);
            looked
        };
        let looked: Vec<Result<(Sample, Vec<Problem>), Problem>> = files.into_par_iter().map(one).collect();
        for result in looked {
            match result {
                Ok((sample, mut problems)) => {
                    self.samples.push(sample);
                    self.problems.append(&mut problems);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    /// Leaves out augmented images that have no usable parent, or that claim to show something
    /// else.
    fn keep_children_of(&mut self, originals: &BTreeMap<&str, &Sample>) {
        let left_out = |sample: &Sample, what: String, help: &str| Problem {
            file: sample.file.clone(),
            what,
            help: help.into(),
            meanwhile: Meanwhile::LeftOut,
        };
        let problems = &mut self.problems;
        self.samples.retain(|sample| {
            let parent = sample.label.parent.as_deref().unwrap_or_default();
            let problem = match originals.get(parent) {
                None => left_out(
                    sample,
                    format!("its parent {parent:?} is no usable image of the data set"),
                    "run `trainer augment` again",
                ),
                Some(parent) if parent.class != sample.class => left_out(
                    sample,
                    format!(
                        "it is labelled {}, its parent {}",
                        said_beside(sample, parent),
                        said_beside(parent, sample)
                    ),
                    "run `trainer augment` again: labels have changed since",
                ),
                Some(_) => return true,
            };
            problems.push(problem);
            false
        });
    }

    /// Notes labels that contradict each other.
    fn compare_labels(&mut self) {
        let mut groups: BTreeMap<(Option<u64>, u64), BTreeMap<&str, &Sample>> = BTreeMap::new();
        let mut names: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for sample in self.samples.iter().filter(|sample| !sample.is_augmented()) {
            if let Some(group) = sample.label.card_group {
                groups
                    .entry((sample.label.cluster, group))
                    .or_default()
                    .entry(&sample.class)
                    .or_insert(sample);
            }
            if sample.label.id.is_some() {
                names.entry(&sample.class).or_default().entry(&sample.label.name).or_insert(&sample.file);
            }
        }
        let mut found = Vec::new();
        for ((_, group), classes) in groups.iter().filter(|(_, classes)| classes.len() > 1) {
            let ((_, one), (_, other)) = first_two(classes);
            let [said, before] = [said_beside(other, one), said_beside(one, other)];
            let what = format!("it shows {said}, {} of the same card group {group} shows {before}", one.file);
            found.push(Problem {
                file: other.file.clone(),
                what,
                help: "look at both: images of one group are nearly the same".into(),
                meanwhile: Meanwhile::Used,
            });
        }
        for (class, names) in names.iter().filter(|(_, names)| names.len() > 1) {
            let (one, other) = first_two(names);
            found.push(Problem {
                file: other.1.to_owned(),
                what: format!("{class} is called {:?}, in {} {:?}", other.0, one.1, one.0),
                help: "give both the same name, or correct the id of one".into(),
                meanwhile: Meanwhile::Used,
            });
        }
        self.problems.append(&mut found);
    }
}

/// What the identification head calls a card: the id, or that of the catalogue's card of this name,
/// or the name.
pub fn class_of(label: &Label, catalogue: Option<&Catalogue>) -> String {
    if let Some(id) = &label.id {
        return id.clone();
    }
    let is_it = |card: &&lens_core::catalogue::Card| {
        card.name.eq_ignore_ascii_case(label.name.trim())
            && label.card_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case(card.card_type.name()))
    };
    let card = catalogue.and_then(|catalogue| catalogue.cards.iter().find(is_it));
    card.map_or_else(|| label.name.trim().to_owned(), |card| card.id.to_string())
}

/// The label with the card group of the capture's file name, where it has none itself: what the
/// overlay corrects and teaches is not in the labeller's groups yet, but may be nearly the same as
/// what is.
pub fn with_group(file: &str, mut label: Label) -> Label {
    if label.card_group.is_none()
        && let Some([cluster, group, _]) = file_name::parse(file)
    {
        (label.cluster, label.card_group) = (Some(cluster), Some(group));
    }
    label
}

/// What a label calls its card; with the id where another's has the same name.
fn said_beside(sample: &Sample, other: &Sample) -> String {
    let name = &sample.label.name;
    if *name == other.label.name { format!("{name:?} ({})", sample.class) } else { format!("{name:?}") }
}

fn first_two<'a, T: Copy>(of: &BTreeMap<&'a str, T>) -> ((&'a str, T), (&'a str, T)) {
    let mut all = of.iter().map(|(key, value)| (*key, *value));
    let mut next = || all.next().expect("there are at least two");
    (next(), next())
}

/// Looks at one entry of the labels and its image.
fn look(
    folder: &Path,
    file: &str,
    labels: &Labels,
    catalogue: Option<&Catalogue>,
) -> Result<(Sample, Vec<Problem>), Problem> {
    let problem = |what: String, help: &str, meanwhile| Problem {
        file: file.into(),
        what,
        help: help.into(),
        meanwhile,
    };
    let plain = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || file.is_empty() {
        let what = "its name leads out of the folder".to_owned();
        return Err(problem(what, "give the name of a file beside the labels", Meanwhile::LeftOut));
    }
    let label = labels.get(file).expect("the file is one of the labels");
    let label = label.map_err(|reason| {
        problem(format!("its label makes no sense: {reason}"), "label it again", Meanwhile::LeftOut)
    })?;
    let label = with_group(file, label);
    let mut path = folder.join(file);
    if !path.exists() {
        // What the overlay has corrected is copied here when a labeller takes the correction in.
        let captured = folder.with_file_name(dataset::captures::FOLDER).join(file);
        path = if captured.is_file() { captured } else { path };
    }
    let picture = picture::read(&path)
        .map_err(|fault: Fault| problem(fault.to_string(), fault.help(), Meanwhile::LeftOut))?;
    let mut notes = Vec::new();
    if let Some(quirk) = picture.quirk {
        notes.push(problem(quirk.to_string(), Quirk::HELP, Meanwhile::Used));
    }
    let class = class_of(&label, catalogue);
    if let Some(catalogue) = catalogue {
        let editions = &catalogue.modifiers.editions;
        let edition = label.modifiers().edition;
        if !editions.contains(&edition) {
            let what = format!("its modifier {edition:?} is none of {}", editions.join(", "));
            notes.push(problem(what, "correct it with the labeller", Meanwhile::Used));
        }
        let reserved = [NOT_A_CARD, UNKNOWN].contains(&class.as_str());
        if label.id.is_some() && catalogue.card(id_of_class(&class)).is_none() && !reserved {
            log::info!("{file}: {class:?} is a card of no catalogue and becomes a class of its own");
        }
    }
    Ok((Sample { file: file.to_owned(), path, label, class }, notes))
}

#[cfg(test)]
mod tests;
