//! Loss scaling for 16-bit floats, whose smallest gradients would be zero otherwise (Micikevicius
//! et al., *Mixed Precision Training*, 2018). The scale grows as long as gradients stay finite.

use serde::{Deserialize, Serialize};

use crate::model::network::hardware::Precision;

/// What the loss is multiplied by, and for how many steps that has gone well.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    /// What the loss is multiplied by.
    pub scale: f64,
    /// Steps since it was changed.
    pub good: u32,
}

/// As `PyTorch`'s `GradScaler` begins.
const INITIAL_SCALE: f64 = 65536.0;
/// Steps without an infinite gradient after which a larger scale is tried.
const GROWTH_INTERVAL: u32 = 2000;
/// The largest scale that is tried.
const MAX_SCALE: f64 = 16_777_216.0;

impl Scaler {
    /// For a training in this precision; none where gradients are as exact as weights.
    pub fn new(precision: Precision) -> Option<Self> {
        (precision == Precision::Float16).then_some(Self { scale: INITIAL_SCALE, good: 0 })
    }

    /// Takes note of a step's gradient. Returns whether the training can go on: not when the
    /// gradient is infinite and no scale is left that could be the reason.
    pub fn observe(&mut self, finite: bool) -> bool {
        if !finite {
            (self.scale, self.good) = (self.scale / 2.0, 0);
            return self.scale >= 1.0;
        }
        self.good += 1;
        if self.good >= GROWTH_INTERVAL {
            (self.scale, self.good) = ((self.scale * 2.0).min(MAX_SCALE), 0);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_halves_at_once_and_doubles_slowly() {
        assert_eq!(Scaler::new(Precision::Bfloat16), None);
        let mut scaler = Scaler::new(Precision::Float16).unwrap();
        assert!(scaler.observe(false));
        assert_eq!(scaler, Scaler { scale: INITIAL_SCALE / 2.0, good: 0 });
        for _ in 1..GROWTH_INTERVAL {
            assert!(scaler.observe(true));
        }
        assert_eq!(scaler.scale, INITIAL_SCALE / 2.0);
        assert!(scaler.observe(true));
        assert_eq!(scaler, Scaler { scale: INITIAL_SCALE, good: 0 });
        let halvings = (0..100).take_while(|_| scaler.observe(false)).count();
        assert_eq!(halvings, 16, "65536 is the sixteenth power of two");
    }
}
