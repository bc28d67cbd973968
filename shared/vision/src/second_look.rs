//! A second look at cards that the first one left doubtful: the mean of what the network makes of
//! several crops.
//!
//! What the identifier says depends on where a crop is cut, most of all where a card is covered or
//! shines. The mean of crops that are cut a little apart depends less on it (Krizhevsky and others,
//! *ImageNet Classification with Deep Convolutional Neural Networks*, 2012, section 4.1). Only what
//! is doubtful is looked at again: a frame whose names are sure costs what one look costs.

use lens_core::geometry::{InFrame, Quad};

use crate::decide::Logits;
use crate::identify::MAX_HEADS;
use crate::reading::Reading;

/// Probability of a name from which one look is enough.
const SURE: f32 = 0.6;
/// Crops of a card: its own first, then one towards each side.
pub(crate) const CROPS: usize = 5;
/// The size of the others, in sizes of the card.
const INSET: f32 = 0.97;
/// How far they are moved, in widths or heights of the card.
const SHIFT: f32 = 0.03;

/// Whether a card is to be looked at again.
pub(crate) fn is_doubtful(reading: &Reading) -> bool {
    reading.id().is_none() || reading.probability < SURE
}

/// What is cut out for a card that lies here.
pub(crate) fn crops(quad: Quad<InFrame>) -> [Quad<InFrame>; CROPS] {
    let moved = |right: f32, down: f32| {
        let (low, high) = (0.5 - INSET / 2.0, 0.5 + INSET / 2.0);
        let corner = |u: f32, v: f32| quad.at(u + right, v + down);
        Quad { corners: [corner(low, low), corner(high, low), corner(high, high), corner(low, high)] }
    };
    [quad, moved(SHIFT, 0.0), moved(-SHIFT, 0.0), moved(0.0, SHIFT), moved(0.0, -SHIFT)]
}

/// The mean of several outputs of the network; its buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct Mean {
    /// Sums of the heads, the embedding and the similarities, one after another.
    sums: Vec<f32>,
    /// How many numbers each of them is.
    widths: Vec<usize>,
    /// The packed crop of the first.
    crop: Vec<u8>,
    count: usize,
}

impl Mean {
    /// Forgets what was added.
    pub(crate) fn clear(&mut self) {
        self.sums.clear();
        self.widths.clear();
        self.crop.clear();
        self.count = 0;
    }

    /// Adds one output; all are of one network.
    pub(crate) fn add(&mut self, logits: &Logits<'_>, crop: &[u8]) {
        let parts = || logits.heads.iter().copied().chain([logits.embedding, logits.similarity]);
        if self.count == 0 {
            self.widths.extend(parts().map(<[f32]>::len));
            self.sums.extend(parts().flatten());
            self.crop.extend_from_slice(crop);
        } else {
            self.sums.iter_mut().zip(parts().flatten()).for_each(|(sum, value)| *sum += value);
        }
        self.count += 1;
    }

    /// Calls `with` with the mean, the embedding of length one, and with the crop of the first.
    pub(crate) fn take<T>(&mut self, with: impl FnOnce(&Logits<'_>, &[u8]) -> T) -> T {
        let share = 1.0 / self.count.max(1) as f32;
        self.sums.iter_mut().for_each(|sum| *sum *= share);
        let heads = self.widths.len().saturating_sub(2);
        let begin: usize = self.widths.iter().take(heads).sum();
        let length = self.widths.get(heads).copied().unwrap_or(0);
        let embedding = &mut self.sums[begin..begin + length];
        let norm = embedding.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        embedding.iter_mut().for_each(|value| *value /= norm);
        let mut parts: [&[f32]; MAX_HEADS + 2] = [&[]; MAX_HEADS + 2];
        let mut rest = self.sums.as_slice();
        for (part, &width) in parts.iter_mut().zip(&self.widths) {
            (*part, rest) = rest.split_at(width);
        }
        let logits = Logits { heads: &parts[..heads], embedding: parts[heads], similarity: parts[heads + 1] };
        with(&logits, &self.crop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    #[test]
    fn crops_lie_around_the_card_own_first() {
        let quad = Quad::from_rect(Rect::ltwh(100.0, 50.0, 200.0, 300.0));
        let crops = crops(quad);
        assert_eq!(crops[0], quad);
        let places = [[109.0, 54.5], [97.0, 54.5], [103.0, 63.5], [103.0, 45.5]];
        for (crop, [left, top]) in crops[1..].iter().zip(places) {
            let bounds = crop.bounds();
            assert!((bounds.left - left).abs() < 0.01 && (bounds.top - top).abs() < 0.01, "{bounds:?}");
            assert!((crop.width() - 194.0).abs() < 0.01 && (crop.height() - 291.0).abs() < 0.01);
        }
    }

    #[test]
    fn the_mean_is_of_each_output_and_begins_anew() {
        let mut mean = Mean::default();
        for round in 0..2 {
            mean.clear();
            for (name, edition, embedding) in
                [([4.0, 0.0], [1.0], [1.0, 0.0]), ([0.0, 2.0], [3.0], [0.0, 1.0])]
            {
                let logits = Logits {
                    heads: &[&name, &edition],
                    embedding: &embedding,
                    similarity: &[0.5, edition[0]],
                };
                mean.add(&logits, &[round, name[0] as u8]);
            }
            mean.take(|logits, crop| {
                assert_eq!(logits.heads, [&[2.0, 1.0][..], &[2.0]]);
                assert_eq!(logits.similarity, [0.5, 2.0]);
                let root = 0.5_f32.sqrt();
                assert!(logits.embedding.iter().all(|value| (value - root).abs() < 1e-6));
                assert_eq!(crop, [round, 4]);
            });
        }
    }
}
