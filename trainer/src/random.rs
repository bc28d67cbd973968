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

    /// Trainings that were recorded follow from these very numbers.
    #[test]
    fn normal_numbers_are_those_of_box_and_muller() {
        let (mut found, mut uniform) =
            (random(1, Stream::Augmentation, 3), random(1, Stream::Augmentation, 3));
        for _ in 0..100 {
            let radius = (-2.0 * (1.0 - uniform.random::<f32>()).ln()).sqrt();
            let wanted = radius * (std::f32::consts::TAU * uniform.random::<f32>()).cos();
            assert_eq!(normal(&mut found).to_bits(), wanted.to_bits());
        }
    }

    #[test]
    fn streams_and_their_items_share_no_numbers() {
        let of = |stream, number| seed_of(5, stream, number);
        let all = [of(Stream::Scene, 0), of(Stream::Scene, 1), of(Stream::Crop, 0), of(Stream::Crop, 1)];
        let distinct: std::collections::BTreeSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(of(Stream::Scene, 1), all[1]);
    }
}
