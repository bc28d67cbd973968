//! From the values that were seen to the 256 that a byte can say.
//!
//! Pure. Zero is always exactly one of the 256, so that padding and what a `ReLU` cut off cost no
//! precision.

/// A byte `q` stands for `(q - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Difference between two neighbouring values.
    pub scale: f32,
    /// The byte that stands for zero.
    pub zero_point: u8,
}

impl Affine {
    /// Spreads the bytes over `low..=high`, which is first widened to contain zero.
    pub fn from_range(low: f32, high: f32) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = ((high - low) / 255.0).max(1e-8);
        Self { scale, zero_point: (-low / scale).round().clamp(0.0, 255.0) as u8 }
    }

    /// The nearest value that a byte can say.
    pub fn nearest(self, value: f32) -> f32 {
        let zero = f32::from(self.zero_point);
        ((value / self.scale).round_ties_even().clamp(-zero, 255.0 - zero)) * self.scale
    }
}

/// How the range of a value is chosen from what was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clipping {
    /// Everything that was seen.
    Nothing,
    /// Leaves out this share of the largest and of the smallest values.
    Share(f64),
    /// The range with the least squared error: of rounding inside it, of clipping outside.
    SquaredError,
}

/// Bins on each side of zero.
const HALF: usize = 2048;
/// Ranges tried on each side of zero by [`Clipping::SquaredError`].
const TRIES: usize = 40;

/// How often values of each size occurred. Exact zeros are not counted: every range contains them.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    limit: f32,
    bins: Vec<u64>,
    low: f32,
    high: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { limit: 0.0, bins: vec![0; 2 * HALF], low: 0.0, high: 0.0 }
    }
}

impl Histogram {
    /// Counts values; those that are not finite are left out.
    pub fn add(&mut self, values: &[f32]) {
        let (low, high) = values
            .iter()
            .filter(|value| value.is_finite())
            .fold((0.0_f32, 0.0_f32), |it, &value| (it.0.min(value), it.1.max(value)));
        self.low = self.low.min(low);
        self.high = self.high.max(high);
        self.widen(high.max(-low));
        if self.limit == 0.0 {
            return;
        }
        let scale = HALF as f32 / self.limit;
        for &value in values.iter().filter(|value| **value != 0.0 && value.is_finite()) {
            let bin = ((value * scale).floor() as i64 + HALF as i64).clamp(0, 2 * HALF as i64 - 1);
            self.bins[bin as usize] += 1;
        }
    }

    /// The chosen range; it contains zero.
    pub fn range(&self, clipping: Clipping) -> (f32, f32) {
        match clipping {
            Clipping::Nothing => (self.low, self.high),
            Clipping::Share(share) => self.without(share),
            Clipping::SquaredError => self.least_error(),
        }
    }

    /// Doubles the limit until `value` lies inside; bins merge two by two.
    fn widen(&mut self, value: f32) {
        if self.limit == 0.0 {
            self.limit = value;
        }
        while self.limit < value {
            let mut merged = vec![0; 2 * HALF];
            for (bin, count) in self.bins.iter().enumerate() {
                merged[HALF / 2 + bin / 2] += count;
            }
            self.bins = merged;
            self.limit *= 2.0;
        }
    }

    fn edge(&self, bin: usize) -> f32 {
        (bin as f32 - HALF as f32) * self.limit / HALF as f32
    }

    fn without(&self, share: f64) -> (f32, f32) {
        let total: u64 = self.bins.iter().sum();
        let left_out = (total as f64 * share) as u64;
        let first = |bins: &mut dyn Iterator<Item = &u64>| {
            let mut sum = 0;
            bins.take_while(|count| {
                sum += **count;
                sum <= left_out
            })
            .count()
        };
        let low = first(&mut self.bins.iter());
        let high = 2 * HALF - first(&mut self.bins.iter().rev());
        (self.edge(low).clamp(self.low, 0.0), self.edge(high).clamp(0.0, self.high))
    }

    fn least_error(&self) -> (f32, f32) {
        let candidates = |end: f32| -> Vec<f32> {
            if end == 0.0 {
                return vec![0.0];
            }
            (1..=TRIES).map(|step| end * step as f32 / TRIES as f32).collect()
        };
        let occupied: Vec<(f32, u64)> = (0..2 * HALF)
            .filter(|&bin| self.bins[bin] > 0)
            .map(|bin| ((self.edge(bin) + self.edge(bin + 1)) / 2.0, self.bins[bin]))
            .collect();
        let error = |low: f32, high: f32| -> f64 {
            let rounding = f64::from((high - low) / 255.0).powi(2) / 12.0;
            let of_bin = |&(centre, count): &(f32, u64)| {
                let beyond = f64::from(centre - centre.clamp(low, high));
                count as f64 * if beyond == 0.0 { rounding } else { beyond * beyond }
            };
            occupied.iter().map(of_bin).sum()
        };
        let mut best = (self.low, self.high);
        let mut least = error(best.0, best.1);
        for low in candidates(self.low) {
            for &high in &candidates(self.high) {
                let found = error(low, high);
                if found < least {
                    (best, least) = ((low, high), found);
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_both_ends_survive() {
        for (low, high) in [(0.0, 6.0), (-1.0, 3.0), (-2.5, 0.0), (0.3, 0.9), (0.0, 0.0)] {
            let affine = Affine::from_range(low, high);
            assert_eq!(affine.nearest(0.0), 0.0);
            for end in [low, high] {
                assert!((affine.nearest(end) - end).abs() <= affine.scale, "{low} {high}: {affine:?}");
            }
        }
    }

    #[test]
    fn bytes_of_a_picture_are_exact() {
        let affine = Affine { scale: 1.0 / 255.0, zero_point: 0 };
        assert!(
            (0..=255).all(|byte| (affine.nearest(byte as f32 / 255.0) * 255.0 - byte as f32).abs() < 1e-4)
        );
    }

    #[test]
    fn outliers_are_clipped_and_growing_keeps_counts() {
        let mut histogram = Histogram::default();
        let body: Vec<f32> = (0..1_000_000).map(|index| (index % 1000) as f32 / 1000.0).collect();
        histogram.add(&body);
        histogram.add(&[37.0, f32::NAN]);
        assert_eq!(histogram.range(Clipping::Nothing), (0.0, 37.0));
        let (low, high) = histogram.range(Clipping::Share(1e-4));
        assert!(low == 0.0 && (0.9..1.1).contains(&high), "{high}");
        let (_, high) = histogram.range(Clipping::SquaredError);
        assert!((5.0..20.0).contains(&high), "{high}");
        assert_eq!(histogram.bins.iter().sum::<u64>(), 1_000_001 - 1000);
    }
}
