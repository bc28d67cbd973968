//! Shrinks pictures by averaging: each pixel of the result is the mean of the area that it covers.
//!
//! Four bytes a pixel, in any order. Sums are kept in lanes of 16 bits, which compilers turn into
//! vector instructions everywhere, so that nothing here is unsafe or written once for each
//! processor.

/// Weights of the pixels under one pixel of the result sum to this: 255 times it still fits 16
/// bits.
const ONE: u16 = 256;
/// Half of [`ONE`] in each of four lanes.
const HALVES: u64 = 0x0080_0080_0080_0080;

/// A part of a picture, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Shrinks; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Shrinker {
    columns: Spans,
    rows: Spans,
    /// The rows under one row of the result, averaged.
    row: Vec<u16>,
    result: Vec<u8>,
}

/// What each pixel of the result covers along one axis.
#[derive(Debug, Default)]
struct Spans {
    source: usize,
    target: usize,
    /// The most source pixels that one pixel of the result covers.
    longest: usize,
    /// The first source pixel, for each pixel of the result.
    first: Vec<usize>,
    /// `longest` weights for each pixel of the result.
    weights: Vec<u16>,
}

impl Shrinker {
    /// The `region` of a picture with rows of `stride` pixels, as `height` rows of `width` pixels.
    ///
    /// # Panics
    /// When the region is empty or not inside the picture.
    pub(super) fn run(
        &mut self,
        picture: &[u8],
        stride: usize,
        region: Region,
        width: usize,
        height: usize,
    ) -> &[u8] {
        self.columns.fit(region.width, width);
        self.rows.fit(region.height, height);
        self.row.resize(region.width * 4, 0);
        self.result.resize(width * height * 4, 0);
        let spans = self.rows.first.iter().zip(self.rows.weights.chunks_exact(self.rows.longest));
        for (target, (first, weights)) in self.result.chunks_exact_mut(width * 4).zip(spans) {
            let row = |at: usize| {
                let start = ((region.top + first + at) * stride + region.left) * 4;
                (&picture[start..start + region.width * 4], weights[at])
            };
            match weights.len() {
                1 => average_rows(&mut self.row, [row(0)]),
                2 => average_rows(&mut self.row, [row(0), row(1)]),
                3 => average_rows(&mut self.row, [row(0), row(1), row(2)]),
                4 => average_rows(&mut self.row, [row(0), row(1), row(2), row(3)]),
                5 if weights[4] == 0 => average_rows(&mut self.row, [row(0), row(1), row(2), row(3)]),
                5 => average_rows(&mut self.row, [row(0), row(1), row(2), row(3), row(4)]),
                count => {
                    self.row.fill(ONE / 2);
                    (0..count).for_each(|at| add_row(&mut self.row, row(at)));
                    self.row.iter_mut().for_each(|sum| *sum >>= 8);
                }
            }
            self.columns.average(&self.row, target);
        }
        &self.result
    }
}

fn average_rows<const N: usize>(averages: &mut [u16], rows: [(&[u8], u16); N]) {
    let length = averages.len();
    let rows = rows.map(|(row, weight)| (&row[..length], weight));
    for (index, average) in averages.iter_mut().enumerate() {
        let weighted = rows.iter().map(|(row, weight)| u16::from(row[index]).wrapping_mul(*weight));
        *average = weighted.fold(ONE / 2, u16::wrapping_add) >> 8;
    }
}

fn add_row(sums: &mut [u16], (row, weight): (&[u8], u16)) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(u16::from(value).wrapping_mul(weight));
    }
}

impl Spans {
    fn fit(&mut self, source: usize, target: usize) {
        if (self.source, self.target) == (source, target) {
            return;
        }
        (self.source, self.target) = (source, target);
        self.first.clear();
        self.weights.clear();
        let scale = source as f64 / target as f64;
        // A pixel that is only touched by rounding does not count.
        let begin = |index: usize| ((index as f64 * scale + 1e-6) as usize).min(source - 1);
        let end = |index: usize| {
            (((index + 1) as f64 * scale - 1e-6).ceil() as usize).clamp(begin(index) + 1, source)
        };
        self.longest = (0..target).map(|index| end(index) - begin(index)).max().unwrap_or(1);
        for index in 0..target {
            let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
            // Every span is as long as the longest, so that no loop over them branches; it may
            // begin early.
            let first = begin(index).min(source - self.longest);
            let mut given = 0;
            for pixel in first..first + self.longest {
                let covered = (((pixel + 1) as f64).min(to) - from).max(0.0) / scale;
                let until = if pixel + 1 >= end(index) {
                    ONE
                } else if pixel < begin(index) {
                    0
                } else {
                    (covered * f64::from(ONE)).round() as u16
                };
                self.weights.push(until - given);
                given = until;
            }
            self.first.push(first);
        }
    }

    /// Averages a row of 16-bit lanes that hold bytes.
    fn average(&self, row: &[u16], target: &mut [u8]) {
        match self.longest {
            1 => self.average_spans::<1>(row, target),
            2 => self.average_spans::<2>(row, target),
            3 => self.average_spans::<3>(row, target),
            4 => self.average_spans::<4>(row, target),
            5 => self.average_spans::<5>(row, target),
            6 => self.average_spans::<6>(row, target),
            _ => self.average_long_spans(row, target),
        }
    }

    fn average_spans<const N: usize>(&self, row: &[u16], target: &mut [u8]) {
        let (pixels, _) = row.as_chunks::<4>();
        let (target, _) = target.as_chunks_mut::<4>();
        let (weights, _) = self.weights.as_chunks::<N>();
        for ((out, &first), weights) in target.iter_mut().zip(&self.first).zip(weights) {
            let pixels = &pixels[first..first + N];
            let weighted = (0..N).map(|at| times(pixels[at], weights[at]));
            *out = bytes_of(weighted.fold(HALVES, u64::wrapping_add));
        }
    }

    fn average_long_spans(&self, row: &[u16], target: &mut [u8]) {
        let (pixels, _) = row.as_chunks::<4>();
        let (target, _) = target.as_chunks_mut::<4>();
        for ((out, &first), weights) in
            target.iter_mut().zip(&self.first).zip(self.weights.chunks_exact(self.longest))
        {
            let weighted = pixels[first..].iter().zip(weights).map(|(&pixel, &weight)| times(pixel, weight));
            *out = bytes_of(weighted.fold(HALVES, u64::wrapping_add));
        }
    }
}

/// Four products at once: no lane overflows into the next, because bytes times [`ONE`] fit 16 bits.
fn times([a, b, c, d]: [u16; 4], weight: u16) -> u64 {
    let lanes = u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48;
    lanes.wrapping_mul(u64::from(weight))
}

/// The upper byte of each lane.
fn bytes_of(lanes: u64) -> [u8; 4] {
    let spread = (lanes >> 8) & 0x00ff_00ff_00ff_00ff;
    let pairs = (spread | spread >> 8) & 0x0000_ffff_0000_ffff;
    ((pairs | pairs >> 16) as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(index: usize) -> u8 {
        ((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8
    }

    /// Against the mean in 64-bit floats.
    #[track_caller]
    fn check(width: usize, height: usize, region: Region, target: [usize; 2]) {
        let picture: Vec<u8> = (0..width * height * 4).map(noise).collect();
        let mut shrinker = Shrinker::default();
        let result = shrinker.run(&picture, width, region, target[0], target[1]);
        let (sx, sy) = (region.width as f64 / target[0] as f64, region.height as f64 / target[1] as f64);
        let overlap = |pixel: usize, index: usize, scale: f64| {
            let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
            (((pixel + 1) as f64).min(to) - (pixel as f64).max(from)).max(0.0) / scale
        };
        for (at, &got) in result.iter().enumerate() {
            let (x, y, channel) = (at / 4 % target[0], at / 4 / target[0], at % 4);
            let mut want = 0.0;
            for v in 0..region.height {
                for u in 0..region.width {
                    let share = overlap(u, x, sx) * overlap(v, y, sy);
                    let pixel = (region.top + v) * width + region.left + u;
                    want += share * f64::from(picture[pixel * 4 + channel]);
                }
            }
            assert!((f64::from(got) - want).abs() < 3.0, "at {x},{y}: {got}, not {want}");
        }
    }

    #[test]
    fn every_pixel_is_the_mean_of_its_area() {
        let whole = |width, height| Region { left: 0, top: 0, width, height };
        check(24, 18, whole(24, 18), [8, 6]);
        check(25, 19, whole(25, 19), [9, 7]);
        check(31, 64, Region { left: 3, top: 5, width: 21, height: 57 }, [4, 5]);
        check(8, 8, whole(8, 8), [8, 8]);
        check(6, 5, whole(6, 5), [10, 8]);
    }
}
