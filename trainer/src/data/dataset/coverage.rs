//! How many captures of each card a training learns from and is judged by. Pure but for the file in
//! the run's folder, which the report reads.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use lens_core::atomic;
use serde::{Deserialize, Serialize};

use super::Sample;

/// Name of the file in a run's folder.
pub const FILE_NAME: &str = "coverage.json";

/// What captures there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Name of the catalogue.
    pub game: String,
    /// Captures of each class.
    pub cards: BTreeMap<String, Captures>,
    /// Captures with each edition, enhancement and seal, augmented ones left out.
    pub editions: BTreeMap<String, usize>,
    /// As above.
    pub enhancements: BTreeMap<String, usize>,
    /// As above.
    pub seals: BTreeMap<String, usize>,
}

/// Captures of one card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captures {
    /// Trained on, as they were captured.
    pub trained: usize,
    /// Held out.
    pub held_out: usize,
    /// Made from others, and trained on.
    pub augmented: usize,
}

impl Captures {
    /// Captures that people made.
    pub fn originals(&self) -> usize {
        self.trained + self.held_out
    }
}

impl Coverage {
    /// Of these samples, by their places on the two sides.
    pub fn of(game: &str, samples: &[Sample], trained: &[usize], held_out: &[usize]) -> Self {
        let mut coverage = Self { game: game.to_owned(), ..Self::default() };
        for (places, is_held_out) in [(trained, false), (held_out, true)] {
            for sample in places.iter().map(|&place| &samples[place]) {
                let captures = coverage.cards.entry(sample.class.clone()).or_default();
                if sample.is_augmented() {
                    captures.augmented += 1;
                    continue;
                }
                let count = if is_held_out { &mut captures.held_out } else { &mut captures.trained };
                *count += 1;
                let modifiers = sample.label.modifiers();
                for (counts, name) in [
                    (&mut coverage.editions, modifiers.edition),
                    (&mut coverage.enhancements, modifiers.enhancement),
                    (&mut coverage.seals, modifiers.seal),
                ] {
                    *counts.entry(name).or_default() += 1;
                }
            }
        }
        coverage
    }

    /// Writes it into a run's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, run: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        atomic::write(&run.join(FILE_NAME), text.as_bytes())
    }

    /// That of a run's folder; none where there is none that can be read.
    pub fn read(run: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(run.join(FILE_NAME)).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use dataset::labels::Label;

    use super::*;

    #[test]
    fn captures_are_counted_by_card_and_side_and_augmented_ones_apart() {
        let sample = |file: &str, class: &str, modifier: Option<&str>, parent: Option<&str>| Sample {
            file: file.into(),
            path: file.into(),
            class: class.into(),
            label: Label {
                name: class.into(),
                modifier: modifier.map(str::to_owned),
                parent: parent.map(str::to_owned),
                ..Label::default()
            },
        };
        let samples = [
            sample("a", "x", Some("Foil"), None),
            sample("b", "x", None, None),
            sample("c", "x", Some("Foil"), Some("a")),
            sample("d", "y", None, None),
        ];
        let coverage = Coverage::of("tiny", &samples, &[0, 2, 3], &[1]);
        assert_eq!(coverage.cards["x"], Captures { trained: 1, held_out: 1, augmented: 1 });
        assert_eq!(coverage.cards["y"].originals(), 1);
        assert_eq!((coverage.editions["foil"], coverage.editions["base"]), (1, 2));
        let run = tempfile::tempdir().unwrap();
        assert_eq!(Coverage::read(run.path()), None);
        coverage.write(run.path()).unwrap();
        assert_eq!(Coverage::read(run.path()), Some(coverage));
    }
}
