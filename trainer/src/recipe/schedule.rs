//! The learning rate: a short warm-up, then half a cosine (Loshchilov and Hutter, *SGDR*, 2017).
//!
//! Pure.

use serde::{Deserialize, Serialize};

/// What the learning rate depends on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Highest learning rate.
    pub rate: f64,
    /// Steps until it is reached.
    pub warm_up: u64,
    /// What is left of it at the end, as a part of `rate`.
    pub floor: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { rate: 2e-3, warm_up: 60, floor: 0.01 }
    }
}

impl Schedule {
    /// The rate of a step (from zero) when the part `progress` (`0.0..=1.0`) of the training is over.
    pub fn rate(&self, step: u64, progress: f64) -> f64 {
        let warm = ((step + 1) as f64 / self.warm_up.max(1) as f64).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress.clamp(0.0, 1.0)).cos());
        self.rate * warm * (cosine * (1.0 - self.floor) + self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_to_the_floor() {
        let schedule = Schedule { rate: 1.0, warm_up: 10, floor: 0.1 };
        let check = |step, progress, want: f64| {
            let rate = schedule.rate(step, progress);
            assert!((rate - want).abs() < 1e-9, "step {step}, progress {progress}: {rate}, not {want}");
        };
        check(0, 0.0, 0.1);
        check(9, 0.0, 1.0);
        check(500, 0.5, 0.55);
        check(1000, 1.0, 0.1);
        check(1000, 1.5, 0.1);
    }
}
