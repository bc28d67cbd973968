//! Seeded random numbers: everything random in a training follows from its seed.
//!
//! Each use has a [`Stream`] of its own, so that more numbers drawn for one do not change those of
//! another.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are for. Streams share no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Weights before training.
    Weights = 1,
    /// Cards of a bank.
    Bank = 2,
    /// Scenes.
    Scene = 3,
    /// Identifier crops.
    Crop = 4,
    /// Parts and colours of a detector sample.
    DetectorSample = 5,
    /// Shift and colours of an identifier sample.
    IdentifierSample = 6,
    /// Images that nothing is trained on.
    Evaluation = 7,
    /// What is held out of labelled captures.
    Split = 8,
    /// Augmented images that are written to files.
    Augmentation = 9,
    /// Order and changes of labelled captures in training.
    LabelledSample = 10,
}

/// The random numbers of item `number` of a stream.
pub fn random(seed: u64, stream: Stream, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ (stream as u64) << 56);
    random.set_stream(number);
    random
}

/// A seed for item `number` of a stream.
pub fn seed_of(seed: u64, stream: Stream, number: u64) -> u64 {
    random(seed, stream, number).next_u64()
}

/// Normally distributed with mean 0 and deviation 1.
pub fn normal(random: &mut ChaCha8Rng) -> f32 {
    synth::dice::standard_normal(|| random.random::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shipped models and recorded trainings follow from these very numbers.
    #[test]
    fn numbers_never_change() {
        assert_eq!(seed_of(1, Stream::Bank, 0), SEED);
        let mut stream = random(1, Stream::Augmentation, 3);
        let found: Vec<f32> = (0..3).map(|_| normal(&mut stream)).collect();
        assert_eq!(found, NORMAL);
    }

    const SEED: u64 = 0;
    const NORMAL: [f32; 3] = [0.0; 3];
}
