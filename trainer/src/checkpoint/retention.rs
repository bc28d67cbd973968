//! Which checkpoints a run in epochs keeps beside the last one. Pure: says what to do, and the
//! training does it.

use std::path::{Path, PathBuf};

use super::{Checkpoint, Network};
use crate::recipe::training::Epochs;

/// What to do with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write the checkpoint into it.
    Write(PathBuf),
    /// Remove it; one that is gone already needs no removing.
    Remove(PathBuf),
}

/// What to do after `epoch`, counted from one. `is_best` says whether its loss is the lowest so
/// far.
pub fn actions(run: &Path, network: Network, epochs: &Epochs, epoch: u64, is_best: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    if is_best {
        actions.push(Action::Write(Checkpoint::best_path(run, network)));
    }
    let interval = epochs.checkpoint_interval;
    if interval > 0 && epoch.is_multiple_of(interval) {
        let path = |epoch: u64| run.join(format!("{}.epoch-{epoch:04}.safetensors", network.name()));
        actions.push(Action::Write(path(epoch)));
        let old = epoch.checked_sub(epochs.keep as u64 * interval).filter(|old| *old > 0);
        actions.extend(old.map(|old| Action::Remove(path(old))));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_and_the_latest_few_are_kept() {
        let epochs = Epochs { steps: 1, count: None, patience: 0, checkpoint_interval: 2, keep: 2 };
        let check = |epoch: u64, is_best: bool, wanted: &[&str]| {
            let found: Vec<String> = actions(Path::new(""), Network::Detector, &epochs, epoch, is_best)
                .iter()
                .map(|action| match action {
                    Action::Write(path) => format!("+{}", path.display()),
                    Action::Remove(path) => format!("-{}", path.display()),
                })
                .collect();
            assert_eq!(found, wanted, "epoch {epoch}");
        };
        check(1, true, &["+detector.best.safetensors"]);
        check(3, false, &[]);
        check(4, false, &["+detector.epoch-0004.safetensors"]);
        let old = [
            "+detector.best.safetensors",
            "+detector.epoch-0006.safetensors",
            "-detector.epoch-0002.safetensors",
        ];
        check(6, true, &old);
    }
}
