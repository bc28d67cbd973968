//! How far a training in epochs is: its best loss, early stopping, what a plateau left of the
//! learning rate. Pure.

use serde::{Deserialize, Serialize};

use crate::recipe::schedule::Scheduler;

/// Where a training is between two epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs done.
    pub epoch: u64,
    /// Lowest loss so far.
    pub best: Option<f64>,
    /// Epoch of it, counted from one; zero when there is none.
    pub best_epoch: u64,
    /// Epochs since.
    pub waited: u64,
    /// Epochs since the last fall or change of the learning rate, for the plateau.
    pub flat: u64,
    /// What the plateau has left of the learning rate.
    pub reduced: f64,
    /// Whether batch normalisation keeps its statistics, because it began with an exported network.
    #[serde(rename = "keeps_statistics")]
    pub frozen_batch_norm: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            epoch: 0,
            best: None,
            best_epoch: 0,
            waited: 0,
            flat: 0,
            reduced: 1.0,
            frozen_batch_norm: false,
        }
    }
}

/// A fall of the loss by less than this does not count.
const MIN_FALL: f64 = 1e-4;

impl Progress {
    /// What the learning rate is multiplied by in the coming epoch.
    pub fn factor(&self, scheduler: Scheduler, epochs: u64) -> f64 {
        match scheduler {
            Scheduler::None => 1.0,
            Scheduler::Step { every, factor } => factor.powf((self.epoch / every.max(1)) as f64),
            Scheduler::Plateau { .. } => self.reduced,
            Scheduler::Cosine { floor } => {
                let part = self.epoch as f64 / epochs.max(1) as f64;
                0.5 * (1.0 + (std::f64::consts::PI * part).cos()) * (1.0 - floor) + floor
            }
        }
    }

    /// Ends an epoch. Returns whether its loss is the best one so far.
    pub fn observe(&mut self, loss: f64, scheduler: Scheduler) -> bool {
        self.epoch += 1;
        let better = loss.is_finite() && self.best.is_none_or(|best| loss < best - MIN_FALL);
        if better {
            (self.best, self.best_epoch, self.waited, self.flat) = (Some(loss), self.epoch, 0, 0);
        } else {
            self.waited += 1;
            self.flat += 1;
        }
        if let Scheduler::Plateau { wait, factor, floor } = scheduler
            && self.flat > wait
        {
            self.reduced = (self.reduced * factor).max(floor);
            self.flat = 0;
        }
        better
    }

    /// Whether to stop: the loss has not fallen for `patience` epochs (never, when that is zero).
    pub fn is_out_of_patience(&self, patience: u64) -> bool {
        patience > 0 && self.waited >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factor of each epoch, given the losses of those before.
    #[track_caller]
    fn check(scheduler: Scheduler, losses: &[f64], wanted: &[f64]) {
        let mut progress = Progress::default();
        let mut factors = vec![progress.factor(scheduler, 4)];
        for &loss in losses {
            progress.observe(loss, scheduler);
            factors.push(progress.factor(scheduler, 4));
        }
        assert_eq!(factors.len(), wanted.len());
        for (found, wanted) in factors.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-9, "{scheduler:?}: {factors:?}");
        }
    }

    #[test]
    fn factors_by_hand() {
        let losses = [1.0, 0.9, 0.95, 0.91];
        check(Scheduler::None, &losses, &[1.0; 5]);
        check(Scheduler::Step { every: 2, factor: 0.1 }, &losses, &[1.0, 1.0, 0.1, 0.1, 0.01]);
        let half = 0.5_f64.sqrt();
        check(
            Scheduler::Cosine { floor: 0.0 },
            &losses,
            &[1.0, 0.5 + half / 2.0, 0.5, 0.5 - half / 2.0, 0.0],
        );
        let plateau = Scheduler::Plateau { wait: 1, factor: 0.5, floor: 0.3 };
        check(plateau, &[1.0, 1.0, 1.0, 1.0, 1.0], &[1.0, 1.0, 1.0, 0.5, 0.5, 0.3]);
    }

    #[test]
    fn patience_counts_epochs_without_a_fall() {
        let mut progress = Progress::default();
        let better: Vec<bool> = [1.0, 0.5, 0.49995, f64::NAN, 0.6]
            .iter()
            .map(|&loss| progress.observe(loss, Scheduler::None))
            .collect();
        assert_eq!(better, [true, true, false, false, false]);
        assert_eq!((progress.best_epoch, progress.waited), (2, 3));
        assert!(
            progress.is_out_of_patience(3)
                && !progress.is_out_of_patience(4)
                && !progress.is_out_of_patience(0)
        );
    }
}
