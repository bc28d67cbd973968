//! What the model learns from what was said.

use std::collections::{BTreeMap, HashMap};

use dataset::labels::Label;
use dataset::labels::store::Change;
use lens_core::manifest::NOT_A_CARD;

use super::{Labeller, source};
use crate::inference::{Job, Rename};

/// Images of each card that teach the model at most in one action; all that have taught it get
/// their new name.
const MAX_TAUGHT: usize = 3;

impl Labeller {
    /// Hands on to the model what was said, or taken back. `undo` says what was there before.
    pub(super) fn teach(&self, changes: &[Change], undo: &[Change]) {
        let Some(inference) = &self.inference else { return };
        let mut jobs: Vec<Job> = self.renamed(changes, undo).into_iter().map(Job::Rename).collect();
        let mut forgotten = Vec::new();
        let mut taught: HashMap<&str, usize> = HashMap::new();
        for change in changes {
            match change {
                Change::Label { file, label: Some(label) } => {
                    let count = taught.entry(label.class()).or_default();
                    *count += 1;
                    let picture = self.session.picture(file).filter(|_| *count <= MAX_TAUGHT);
                    jobs.extend(picture.map(|it| Job::Teach(source(it), label.clone())));
                }
                Change::Label { file, label: None } | Change::Bin { file, binned: true, .. } => {
                    forgotten.push(file.clone());
                }
                _ => {}
            }
        }
        if !forgotten.is_empty() {
            jobs.push(Job::Forget(forgotten));
        }
        let erased = changes.iter().filter_map(|change| match change {
            Change::Erase { file, done: false } => Some(file.clone()),
            _ => None,
        });
        let erased: Vec<String> = erased.collect();
        if !erased.is_empty() {
            jobs.push(Job::Erase(erased));
        }
        for job in jobs {
            if !inference.ask(job) {
                log::info!("the model is busy: some captures teach it at the next training");
            }
        }
    }

    /// Captures that had another name before, together where they have the same now.
    fn renamed(&self, changes: &[Change], undo: &[Change]) -> Vec<Rename> {
        let labels = |changes: &'_ [Change]| -> Vec<(String, Label)> {
            let label = |change: &Change| match change {
                Change::Label { file, label: Some(label) } => Some((file.clone(), Label::clone(label))),
                _ => None,
            };
            changes.iter().filter_map(label).collect()
        };
        let before: HashMap<String, Label> = labels(undo).into_iter().collect();
        let mut renamed: BTreeMap<(String, String), Rename> = BTreeMap::new();
        for (file, label) in labels(changes) {
            let Some(old) = before.get(&file) else { continue };
            if (old.class(), &old.name) == (label.class(), &label.name) {
                continue;
            }
            let (id, name) = (label.class().to_owned(), label.name);
            let key = (id.clone(), name.clone());
            let rename = renamed.entry(key).or_insert_with(|| Rename {
                captures: Vec::new(),
                gone: Vec::new(),
                id,
                name,
            });
            let class = old.class().to_owned();
            if class != rename.id && !rename.gone.contains(&class) && self.is_gone(&class) {
                rename.gone.push(class);
            }
            rename.captures.push(file);
        }
        renamed.into_values().collect()
    }

    /// Whether a card that somebody made up is not spoken of any more. A card of the catalogue is
    /// there all the same: its name was wrong for those images only.
    fn is_gone(&self, class: &str) -> bool {
        let has_it = |label: &Label| label.class() == class;
        class != NOT_A_CARD
            && self.catalogue.card(class).is_none()
            && !self.session.pictures().iter().filter_map(|it| it.label.as_ref()).any(has_it)
    }
}
