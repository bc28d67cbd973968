//! Seeded randomness for one image.
//!
//! Every scene, crop and rendered card owns a `Dice` of its own seed, so that it is the same on
//! any number of threads.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Normal with mean 0 and deviation 1, from two uniform numbers in `0.0..1.0` (Box and Muller,
/// 1958).
pub fn standard_normal(mut uniform: impl FnMut() -> f32) -> f32 {
    let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
    radius * (std::f32::consts::TAU * uniform()).cos()
}

/// A stream of random numbers, the same for the same seed on every machine.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of `seed` for one purpose; streams of different purposes share nothing.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose);
        Self(rng)
    }

    /// Uniform in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// As [`Dice::chance`], but nothing is thrown for what never happens: a share that is added to
    /// a recipe leaves the images of older recipes as they are.
    pub(crate) fn happens(&mut self, probability: f32) -> bool {
        probability > 0.0 && self.chance(probability)
    }

    /// Uniform in `low..high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in the range of a recipe.
    pub(crate) fn within(&mut self, range: [f32; 2]) -> f32 {
        self.range(range[0], range[1])
    }

    /// Uniform in the logarithm.
    pub(crate) fn log_range(&mut self, low: f32, high: f32) -> f32 {
        self.range(low.ln(), high.ln()).exp()
    }

    /// Whole number in `0..count`.
    ///
    /// # Panics
    /// When `count` is zero.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        assert!(count > 0, "there is nothing to choose from");
        ((u64::from(self.0.next_u32()) * count as u64) >> 32) as usize
    }

    /// Whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.max(low) - low + 1)
    }

    /// Normal with mean zero, cut at three deviations.
    pub(crate) fn normal(&mut self, deviation: f32) -> f32 {
        standard_normal(|| self.unit()).clamp(-3.0, 3.0) * deviation
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Index drawn in proportion to `weights`; the last one when all are zero.
    pub(crate) fn weighted(&mut self, weights: &[f32]) -> usize {
        let mut rest = self.unit() * weights.iter().sum::<f32>();
        for (index, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_purposes_differ() {
        let draw = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            [dice.unit(), dice.unit()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(1, 0);
        let mut counts = [0_usize; 3];
        for _ in 0..4000 {
            counts[dice.weighted(&[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2800..3200).contains(&counts[2]), "{counts:?}");
    }
}
