//! Chance that follows from a seed and a place: the same question has the same answer at any time.

/// A source of chance; `Copy`, so that asking one question does not change the answer to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x9e37_79b9_7f4a_7c15))
    }

    /// The chance of one thing among many.
    pub(super) fn of(self, what: &str, number: u64) -> Self {
        let named = what.bytes().fold(self.0, |hash, byte| mix(hash ^ u64::from(byte)));
        Self(mix(named ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93)))
    }

    /// In `0.0..1.0`.
    pub(super) fn share(self) -> f32 {
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// One of `0..count`.
    pub(super) fn index(self, count: usize) -> usize {
        (self.0 % count.max(1) as u64) as usize
    }

    /// True in this share of all cases.
    pub(super) fn happens(self, share: f32) -> bool {
        self.share() < share
    }

    /// `count` different ones of `0..from`, in random order.
    pub(super) fn distinct(self, count: usize, from: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..from).collect();
        order.sort_by_key(|&index| self.of("distinct", index as u64).0);
        order.truncate(count);
        order
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
