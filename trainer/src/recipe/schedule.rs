//! The learning rate over a training. Pure.
//!
//! After a short warm-up it falls by half a cosine, step by step (Loshchilov and Hutter, *SGDR*,
//! 2017), or changes from epoch to epoch as a [`Scheduler`] says.

use serde::{Deserialize, Serialize};

/// What the learning rate depends on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Highest learning rate.
    #[serde(rename = "rate")]
    pub learning_rate: f64,
    /// Steps until it is reached.
    pub warm_up: u64,
    /// What is left of it at the end, as a part of the highest; without meaning beside a
    /// [`Scheduler`].
    pub floor: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { learning_rate: 2e-3, warm_up: 60, floor: 0.01 }
    }
}

impl Schedule {
    /// The part of the learning rate that the warm-up allows in a step (from zero).
    pub fn warm(&self, step: u64) -> f64 {
        ((step + 1) as f64 / self.warm_up.max(1) as f64).min(1.0)
    }

    /// The learning rate of a step (from zero) when the part `progress` (`0.0..=1.0`) of the
    /// training is over.
    pub fn learning_rate(&self, step: u64, progress: f64) -> f64 {
        let warm = self.warm(step);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress.clamp(0.0, 1.0)).cos());
        self.learning_rate * warm * (cosine * (1.0 - self.floor) + self.floor)
    }
}

/// How the learning rate changes from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scheduler {
    /// It stays.
    None,
    /// Multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs.
        every: u64,
        /// What is left of it.
        factor: f64,
    },
    /// Multiplied by `factor` when the loss has not fallen for `wait` epochs.
    Plateau {
        /// Epochs.
        wait: u64,
        /// What is left of it.
        factor: f64,
        /// It never falls below this part.
        floor: f64,
    },
    /// Falls by half a cosine to the part `floor` (Loshchilov and Hutter, *SGDR*, 2017).
    Cosine {
        /// What is left at the end.
        floor: f64,
    },
}

impl Scheduler {
    /// What [`Scheduler::is_valid`] asks for.
    pub const RANGES: &str = "scheduler: `factor` must be in 0..=1 and above 0, `floor` in 0..=1";

    /// Whether all numbers are in their ranges.
    pub fn is_valid(self) -> bool {
        let (factor, floor) = match self {
            Self::Step { factor, .. } => (factor, 0.0),
            Self::Plateau { factor, floor, .. } => (factor, floor),
            Self::Cosine { floor } => (0.5, floor),
            Self::None => (0.5, 0.0),
        };
        factor > 0.0 && factor <= 1.0 && (0.0..=1.0).contains(&floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_to_the_floor() {
        let schedule = Schedule { learning_rate: 1.0, warm_up: 10, floor: 0.1 };
        let check = |step, progress, want: f64| {
            let rate = schedule.learning_rate(step, progress);
            assert!((rate - want).abs() < 1e-9, "step {step}, progress {progress}: {rate}, not {want}");
        };
        check(0, 0.0, 0.1);
        check(9, 0.0, 1.0);
        check(500, 0.5, 0.55);
        check(1000, 1.0, 0.1);
        check(1000, 1.5, 0.1);
    }
}
