//! One change of a data set, what it does, and what undoes it. Pure.

use serde::{Deserialize, Serialize};

use super::arrangement::{Arrangement, Place};
use crate::labels::{Label, Labels};

/// One thing that is different now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// What an image shows; nothing takes its label away.
    Label {
        /// The image.
        file: String,
        /// What it shows.
        label: Option<Box<Label>>,
    },
    /// Which group an image is in; nothing leaves it in the one that it was captured into.
    Place {
        /// The image.
        file: String,
        /// Its cluster and group.
        place: Option<Place>,
    },
    /// Whether an image lies in the bin, out of the data set; its label comes back with it.
    Bin {
        /// The image.
        file: String,
        /// Whether it does.
        binned: bool,
        /// What it had as its label when it was thrown away: the journal alone then brings it back.
        /// [`super::Store::apply`] fills it in; old journals do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Box<Label>>,
    },
    /// An image goes for good, with all that was ever said of it; nothing undoes it.
    Erase {
        /// The image.
        file: String,
        /// Whether its files have gone: until then nothing that is said of it counts.
        done: bool,
    },
    /// Which group takes in what is captured into another from now on; nothing leaves it in its
    /// own.
    Merge {
        /// The group that was taken in.
        group: u64,
        /// Where it is now.
        into: Option<Place>,
    },
    /// What somebody has begun to say of a group.
    Draft {
        /// The group.
        group: u64,
        /// The label so far.
        label: Option<Box<Label>>,
    },
}

impl Change {
    pub(super) fn is_about_label_of(&self, picture: &str) -> bool {
        match self {
            Self::Label { file, .. } | Self::Bin { file, .. } => file == picture,
            Self::Erase { file, .. } => file == picture,
            Self::Place { .. } | Self::Merge { .. } | Self::Draft { .. } => false,
        }
    }

    /// The image that it is about.
    pub fn picture(&self) -> Option<&str> {
        match self {
            Self::Label { file, .. }
            | Self::Place { file, .. }
            | Self::Bin { file, .. }
            | Self::Erase { file, .. } => Some(file),
            Self::Merge { .. } | Self::Draft { .. } => None,
        }
    }

    /// Makes the change. Returns what undoes it.
    pub(super) fn apply(&self, labels: &mut Labels, arrangement: &mut Arrangement) -> Self {
        let is_erased = self.picture().is_some_and(|file| arrangement.erased.contains(file));
        match self {
            Self::Erase { file, done } => {
                // Also when it is done: a journal that is read once more says first what was said
                // of it meanwhile.
                labels.remove(file);
                arrangement.erase(file, *done);
                self.clone()
            }
            // The overlay, or an old line of the journal, speaks of what is gone.
            _ if is_erased => self.clone(),
            Self::Label { file, label } => {
                let before = match label {
                    Some(label) => {
                        let before = labels.get(file);
                        labels.set(file, label);
                        before
                    }
                    None => labels.remove(file),
                };
                let label = before.and_then(Result::ok).map(Box::new);
                Self::Label { file: file.clone(), label }
            }
            Self::Place { file, place } => {
                let places = &mut arrangement.places;
                let before = match place {
                    Some(place) => places.insert(file.clone(), *place),
                    None => places.remove(file),
                };
                Self::Place { file: file.clone(), place: before }
            }
            Self::Bin { file, binned, label } => {
                let bin = &mut arrangement.bin;
                let before = bin.contains_key(file);
                // An entry that makes no sense stays where a person can mend it.
                let there = labels.get(file).and_then(Result::ok);
                if *binned {
                    let kept = bin.entry(file.clone()).or_default();
                    if there.is_some() {
                        labels.remove(file);
                    }
                    if let Some(label) = there.or_else(|| label.as_deref().cloned()) {
                        *kept = Some(label);
                    }
                } else if let Some(Some(label)) = bin.remove(file)
                    && there.is_none()
                {
                    labels.set(file, &label);
                }
                Self::Bin { file: file.clone(), binned: before, label: None }
            }
            Self::Merge { group, into } => {
                let merged = &mut arrangement.merged;
                let before = match into {
                    Some(place) => merged.insert(*group, *place),
                    None => merged.remove(group),
                };
                Self::Merge { group: *group, into: before }
            }
            Self::Draft { group, label } => {
                let drafts = &mut arrangement.drafts;
                let before = match label {
                    Some(label) => drafts.insert(*group, Label::clone(label)),
                    None => drafts.remove(group),
                };
                Self::Draft { group: *group, label: before.map(Box::new) }
            }
        }
    }
}

/// All of a data set, as changes to an empty one.
pub(super) fn state(labels: &Labels, arrangement: &Arrangement) -> Vec<Change> {
    let label =
        |file: &str, label: Label| Change::Label { file: file.to_owned(), label: Some(Box::new(label)) };
    let mut changes: Vec<Change> = labels.iter().map(|(file, it)| label(file, it)).collect();
    let Arrangement { places, merged, bin, drafts, erased, .. } = arrangement;
    changes
        .extend(places.iter().map(|(file, place)| Change::Place { file: file.clone(), place: Some(*place) }));
    changes.extend(merged.iter().map(|(group, into)| Change::Merge { group: *group, into: Some(*into) }));
    for (file, kept) in bin {
        // What was said of it since it was thrown away is newer.
        let kept = kept.clone().filter(|_| labels.get(file).is_none());
        changes.extend(kept.map(|it| label(file, it)));
        changes.push(Change::Bin { file: file.clone(), binned: true, label: None });
    }
    changes.extend(erased.iter().map(|file| Change::Erase { file: file.clone(), done: false }));
    changes.extend(
        drafts.iter().map(|(group, it)| Change::Draft { group: *group, label: Some(Box::new(it.clone())) }),
    );
    changes
}
