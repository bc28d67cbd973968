//! Finds the captures that look like a new one.
//!
//! Clusters reach to 25 of 64 bits. At that radius the trees and tables that are usual for short
//! distances (BK-trees, multi-index hashing) visit nearly everything, in random order; reading
//! packed columns from one end to the other takes a fraction of a millisecond at 100,000 captures,
//! and stays that simple.

use super::hashes::{Hashes, of_shapes};
use super::{DUPLICATE, SAME_CARD, SAME_CLUSTER, Verdict};

/// The hashes of all captures, by position.
#[derive(Clone, Debug, Default)]
pub struct Index {
    shapes: Vec<Option<u64>>,
    mean: Vec<u64>,
    gradient: Vec<u64>,
}

/// Who looks like what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The position of the nearest within a cluster's reach, and its distance; the oldest of
    /// several.
    pub nearest: Option<(usize, u32)>,
    /// All within a duplicate's reach.
    pub twins: Vec<usize>,
    /// All within the reach of the same card, with their distances.
    pub alike: Vec<(usize, u32)>,
}

impl Index {
    /// Adds a capture at the next position.
    pub fn push(&mut self, hashes: &Hashes) {
        self.shapes.push(hashes.shapes);
        self.mean.push(hashes.mean);
        self.gradient.push(hashes.gradient);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Looks everything up that is near.
    pub fn find(&self, hashes: &Hashes) -> Found {
        let mut found = Found::default();
        let mut reach = SAME_CLUSTER;
        let columns = self.shapes.iter().zip(&self.mean).zip(&self.gradient);
        for (position, ((shapes, mean), gradient)) in columns.enumerate() {
            let first = (mean ^ hashes.mean).count_ones();
            if first > reach.max(SAME_CARD) {
                continue;
            }
            let shapes = shapes.zip(hashes.shapes).map_or(0, |(a, b)| of_shapes((a ^ b).count_ones()));
            let distance = first.max(shapes).max((gradient ^ hashes.gradient).count_ones());
            if distance <= DUPLICATE {
                found.twins.push(position);
            }
            if distance <= SAME_CARD {
                found.alike.push((position, distance));
            }
            if distance <= reach && found.nearest.is_none_or(|(_, nearest)| distance < nearest) {
                found.nearest = Some((position, distance));
                reach = distance;
            }
        }
        found
    }
}

impl Found {
    /// What the new capture is; `is_same` tells of a twin whether its colours and modifiers agree
    /// too, `may_be_same_card` whether what was read of the other speaks against one card.
    pub fn verdict(
        &self,
        is_same: impl Fn(usize) -> bool,
        may_be_same_card: impl Fn(usize) -> bool,
    ) -> Verdict {
        if let Some(&twin) = self.twins.iter().find(|&&twin| is_same(twin)) {
            return Verdict::Duplicate(twin);
        }
        let alike = self.alike.iter().filter(|(position, _)| may_be_same_card(*position));
        // The oldest of several that are equally near.
        if let Some(&(position, _)) = alike.min_by_key(|(_, distance)| *distance) {
            return Verdict::SameCard(position);
        }
        match self.nearest {
            Some((position, _)) => Verdict::SameCluster(position),
            None => Verdict::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::captures::hashes::Hashing;

    /// Well-mixed bits from a number: splitmix64, public domain, Sebastiano Vigna.
    fn mixed(number: u64) -> u64 {
        let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn hashes(number: u64) -> Hashes {
        let colours = Hashing::default().hash(&image::RgbaImage::new(8, 8)).colours;
        let of = |salt: u64| mixed(number * 3 + salt);
        Hashes { shapes: Some(of(0)), mean: of(1), gradient: of(2), colours }
    }

    /// The first `bits` bits of each hash turned over, but `more` of the gradient.
    fn turned(hashes: Hashes, bits: u32, more: u32) -> Hashes {
        let mask = |bits: u32| if bits == 0 { 0 } else { u64::MAX >> (64 - bits) };
        Hashes {
            shapes: hashes.shapes.map(|it| it ^ mask(bits)),
            mean: hashes.mean ^ mask(bits),
            gradient: hashes.gradient ^ mask(more),
            ..hashes
        }
    }

    #[test]
    fn the_largest_of_three_distances_decides() {
        let mut index = Index::default();
        index.push(&hashes(1));
        let one = index.clone();
        let check = |bits, more, same: bool, want| {
            let verdict = one.find(&turned(hashes(1), bits, more)).verdict(|_| same, |_| true);
            assert_eq!(verdict, want, "{bits} and {more} bits");
        };
        check(0, 0, true, Verdict::Duplicate(0));
        check(9, 9, true, Verdict::Duplicate(0));
        check(9, 9, false, Verdict::SameCard(0));
        check(0, 10, true, Verdict::SameCard(0));
        check(12, 12, true, Verdict::SameCard(0));
        check(13, 3, true, Verdict::SameCluster(0));
        check(3, 25, true, Verdict::SameCluster(0));
        check(0, 26, true, Verdict::New);
        index.push(&turned(hashes(1), 11, 11));
        let found = index.find(&turned(hashes(1), 10, 10));
        assert_eq!(found.verdict(|_| false, |position| position == 0), Verdict::SameCard(0));
        assert_eq!(found.verdict(|_| false, |position| position == 1), Verdict::SameCard(1));
        assert_eq!(found.verdict(|_| false, |_| false), Verdict::SameCluster(1), "read as other cards");
    }

    #[test]
    fn a_hundred_thousand_captures_are_looked_up_at_once() {
        let mut index = Index::default();
        for number in 0..100_000 {
            index.push(&hashes(number));
        }
        let mut times = Vec::new();
        for number in (0..100_000).step_by(1000) {
            let wanted = turned(hashes(number), 5, 7);
            let start = Instant::now();
            let found = index.find(&wanted);
            times.push(start.elapsed());
            assert_eq!(found.nearest, Some((number as usize, 7)));
            assert_eq!(found.twins, [number as usize]);
        }
        times.sort();
        eprintln!("look-up among {}: median {:?}, slowest {:?}", index.len(), times[50], times[99]);
        // The slowest of a hundred may have lost the processor to another program.
        assert!(times[90] < Duration::from_millis(5), "{times:?}");
    }
}
