//! Shrinks images by averaging: each pixel of the result is the mean of the area that it covers.
//!
//! Four bytes a pixel, in any order. A row of the result is made in two steps: the rows under it
//! are averaged, then the pixels along them. Both use the widest vectors of the processor and
//! give the same bytes on every one.

use fearless_simd::{
    Bytes, Level, Select, Simd, SimdBase, SimdCombine, SimdFrom, SimdSplit, dispatch, mask16x16, u8x16,
    u8x32, u16x8, u16x16,
};

/// Weights of the pixels under one pixel of the result sum to this: 255 times it still fits 16
/// bits.
const ONE: u16 = 256;
/// Pixels of a row that are weighed at once.
const TAPS: usize = 4;
/// Channels of [`TAPS`] pixels.
const LANES: usize = 4 * TAPS;
/// Pixels of the result that are made at once.
const QUAD: usize = 4;
/// Bytes of a row that are averaged at once.
const BLOCK: usize = 32;

/// A part of an image, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Shrinks images of one size to another; keeps its tables while the sizes stay.
#[derive(Debug)]
pub(super) struct Shrinker {
    level: Level,
    columns: Columns,
    rows: Spans,
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

/// [`Spans`] along a row, laid out for vectors.
#[derive(Debug, Default)]
struct Columns {
    spans: Spans,
    /// The first source pixels of four pixels of the result; the last four may go beyond it.
    first: Vec<[u32; QUAD]>,
    /// Groups of taps that each pixel has.
    depth: usize,
    /// `depth` groups for each four pixels: weights, repeated for every channel.
    groups: Vec<[[u16; LANES]; QUAD]>,
    /// Pixels of the result that cover one pixel more than their groups hold.
    longer: Vec<usize>,
    /// `depth + 1` groups for each of them.
    longer_groups: Vec<[u16; LANES]>,
}

impl Default for Shrinker {
    fn default() -> Self {
        Self { level: Level::new(), columns: Columns::default(), rows: Spans::default() }
    }
}

impl Shrinker {
    /// Prepares to shrink regions of this size to `width x height`.
    pub(super) fn fit(&mut self, region: Region, width: usize, height: usize) {
        self.columns.fit(region.width, width);
        self.rows.fit(region.height, height);
    }

    /// The vectors that it uses.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Bytes that [`Shrinker::row`] wants to write to: a row of the result and up to three pixels.
    pub(super) fn row_bytes(&self) -> usize {
        4 * self.columns.spans.target.next_multiple_of(QUAD)
    }

    /// Writes row `index` of the shrunk `region` of an image with rows of `stride` pixels.
    /// `averaged` is a buffer to use again.
    ///
    /// # Panics
    /// When the region is not inside the image, is not the one of [`Shrinker::fit`], or `target`
    /// is shorter than [`Shrinker::row_bytes`].
    pub(super) fn row(
        &self,
        picture: &[u8],
        stride: usize,
        region: Region,
        index: usize,
        averaged: &mut Vec<u8>,
        target: &mut [u8],
    ) {
        let longest = self.rows.longest;
        let weights = &self.rows.weights[index * longest..][..longest];
        let count = weights.iter().rposition(|&weight| weight != 0).map_or(1, |last| last + 1);
        let start = ((region.top + self.rows.first[index]) * stride + region.left) * 4;
        let bytes = region.width * 4;
        // What lies behind the row is read, and weighs nothing.
        averaged.resize(bytes + 4 * TAPS * (self.columns.depth + 1), 0);
        let (source, weights) = (&picture[start..], &weights[..count]);
        let target = &mut target[..self.row_bytes()];
        dispatch!(self.level, simd => average_rows(simd, source, stride * 4, weights, &mut averaged[..bytes]));
        dispatch!(self.level, simd => self.columns.average(simd, averaged, target));
    }

    /// The whole shrunk `region`, in a buffer to use again.
    pub(super) fn run<'a>(
        &mut self,
        picture: &[u8],
        stride: usize,
        region: Region,
        size: [usize; 2],
        averaged: &mut Vec<u8>,
        result: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let [width, height] = size;
        self.fit(region, width, height);
        // A row is written a little too long; the next one begins there.
        result.resize(width * height * 4 + 4 * QUAD, 0);
        for index in 0..height {
            self.row(picture, stride, region, index, averaged, &mut result[index * width * 4..]);
        }
        &result[..width * height * 4]
    }
}

#[inline(always)]
fn average_rows<S: Simd>(simd: S, source: &[u8], stride: usize, weights: &[u16], averages: &mut [u8]) {
    match *weights {
        [a] => average(simd, source, stride, [a], averages),
        [a, b] => average(simd, source, stride, [a, b], averages),
        [a, b, c] => average(simd, source, stride, [a, b, c], averages),
        [a, b, c, d] => average(simd, source, stride, [a, b, c, d], averages),
        [a, b, c, d, e] => average(simd, source, stride, [a, b, c, d, e], averages),
        _ => average_many(source, stride, weights, averages),
    }
}

#[inline(always)]
fn average<S: Simd, const N: usize>(
    simd: S,
    source: &[u8],
    stride: usize,
    weights: [u16; N],
    averages: &mut [u8],
) {
    let length = averages.len();
    let rows: [&[u8]; N] = std::array::from_fn(|row| &source[row * stride..][..length]);
    let wide = weights.map(|weight| u16x16::splat(simd, weight));
    let (blocks, _) = averages.as_chunks_mut::<BLOCK>();
    let row_blocks: [_; N] = std::array::from_fn(|row| &rows[row].as_chunks::<BLOCK>().0[..blocks.len()]);
    for (at, block) in blocks.iter_mut().enumerate() {
        average_block(simd, std::array::from_fn(|row| &row_blocks[row][at]), &wide, block);
    }
    match averages.last_chunk_mut::<BLOCK>() {
        // Some of them are averaged once more.
        Some(block) if !length.is_multiple_of(BLOCK) => {
            let ends = rows.map(|row| row.last_chunk().expect("as long as the averages"));
            average_block(simd, ends, &wide, block);
        }
        Some(_) => {}
        None => average_many(source, stride, &weights, averages),
    }
}

#[inline(always)]
fn average_block<S: Simd, const N: usize>(
    simd: S,
    rows: [&[u8; BLOCK]; N],
    weights: &[u16x16<S>; N],
    averages: &mut [u8; BLOCK],
) {
    let low = u16x16::splat(simd, 0xff);
    let mut even = u16x16::splat(simd, ONE / 2);
    let mut odd = even;
    for row in 0..N {
        let bytes: u16x16<S> = simd.load_array_ref_u8x32(rows[row]).bitcast();
        even += (bytes & low) * weights[row];
        odd += simd.shr_u16x16(bytes, 8) * weights[row];
    }
    let mean: u8x32<S> = (simd.shr_u16x16(even, 8) | (odd & !low)).bitcast();
    simd.store_array_u8x32(mean, averages);
}

/// As many rows as there are, some columns at a time.
#[inline(always)]
fn average_many(source: &[u8], stride: usize, weights: &[u16], averages: &mut [u8]) {
    for (block, averages) in averages.chunks_mut(BLOCK).enumerate() {
        let mut sums = [ONE / 2; BLOCK];
        for (row, &weight) in weights.iter().enumerate() {
            let bytes = &source[row * stride + block * BLOCK..][..averages.len()];
            for (sum, &byte) in sums.iter_mut().zip(bytes) {
                *sum = sum.wrapping_add(u16::from(byte).wrapping_mul(weight));
            }
        }
        for (average, sum) in averages.iter_mut().zip(sums) {
            *average = (sum >> 8) as u8;
        }
    }
}

impl Columns {
    fn fit(&mut self, source: usize, target: usize) {
        if !self.spans.fit(source, target) {
            return;
        }
        let Self { spans, first, depth, groups, longer, longer_groups } = self;
        let longest = spans.longest;
        // Of a frame of 1080 lines, one pixel in fifteen covers five others: those are done again.
        *depth = if longest > TAPS && longest % TAPS == 1 { longest / TAPS } else { longest.div_ceil(TAPS) };
        first.clear();
        for pixels in spans.first.chunks(QUAD) {
            first.push(std::array::from_fn(|at| pixels.get(at).map_or(0, |&it| it as u32)));
        }
        groups.clear();
        groups.resize(first.len() * *depth, [[0; LANES]; QUAD]);
        longer.clear();
        longer_groups.clear();
        for (pixel, weights) in spans.weights.chunks_exact(longest).enumerate() {
            let groups = &mut groups[pixel / QUAD * *depth..][..*depth];
            for (weights, group) in weights.chunks(TAPS).zip(groups) {
                spread(weights, &mut group[pixel % QUAD]);
            }
            if weights.get(*depth * TAPS).is_some_and(|&weight| weight != 0) {
                longer.push(pixel);
                longer_groups.extend(weights.chunks(TAPS).map(|weights| {
                    let mut group = [0; LANES];
                    spread(weights, &mut group);
                    group
                }));
            }
        }
    }

    #[inline(always)]
    fn average<S: Simd>(&self, simd: S, row: &[u8], target: &mut [u8]) {
        match self.depth {
            1 => average_groups::<S, 1>(simd, row, &self.first, &self.groups, target),
            2 => average_groups::<S, 2>(simd, row, &self.first, &self.groups, target),
            3 => average_groups::<S, 3>(simd, row, &self.first, &self.groups, target),
            depth => self.average_many(simd, depth, row, target),
        }
        let longer_groups = self.longer_groups.chunks_exact(self.depth + 1);
        for (&pixel, groups) in self.longer.iter().zip(longer_groups) {
            let mut sums = u16x16::splat(simd, 0);
            for (at, group) in groups.iter().enumerate() {
                sums += weigh(simd, row, self.spans.first[pixel] + at * TAPS, group);
            }
            target[4 * pixel..][..4].copy_from_slice(&mean(simd, sums));
        }
    }

    #[inline(always)]
    fn average_many<S: Simd>(&self, simd: S, depth: usize, row: &[u8], target: &mut [u8]) {
        let (target, _) = target.as_chunks_mut::<4>();
        for (pixel, (out, &first)) in target.iter_mut().zip(self.first.as_flattened()).enumerate() {
            let mut sums = u16x16::splat(simd, 0);
            for (at, group) in self.groups[pixel / QUAD * depth..][..depth].iter().enumerate() {
                sums += weigh(simd, row, first as usize + at * TAPS, &group[pixel % QUAD]);
            }
            *out = mean(simd, sums);
        }
    }
}

/// Each weight once for every channel.
fn spread(weights: &[u16], group: &mut [u16; LANES]) {
    let (channels, _) = group.as_chunks_mut::<4>();
    for (lanes, &weight) in channels.iter_mut().zip(weights) {
        *lanes = [weight; 4];
    }
}

#[inline(always)]
fn average_groups<S: Simd, const N: usize>(
    simd: S,
    row: &[u8],
    first: &[[u32; QUAD]],
    groups: &[[[u16; LANES]; QUAD]],
    target: &mut [u8],
) {
    let (target, _) = target.as_chunks_mut::<{ 4 * QUAD }>();
    let (groups, _) = groups.as_chunks::<N>();
    let left = mask16x16::simd_from(simd, [-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0]);
    let half = u16x16::splat(simd, ONE / 2);
    for ((out, &[a, b, c, d]), groups) in target.iter_mut().zip(first).zip(groups) {
        let a = weigh_groups(simd, row, a, groups, 0);
        let b = weigh_groups(simd, row, b, groups, 1);
        let c = weigh_groups(simd, row, c, groups, 2);
        let d = weigh_groups(simd, row, d, groups, 3);
        // The sum of a pixel's two halves, of four pixels at once.
        let (ac, bd) = (a.combine(c), b.combine(d));
        let crossed = simd.slide_within_blocks_u16x16::<4>(ac, bd);
        let sums = crossed + left.select(ac, bd) + half;
        simd.store_array_u8x16(simd.narrow_u16x16(simd.shr_u16x16(sums, 8)), out);
    }
}

/// What a pixel of the result is made of: the sums of its even source pixels, then of its odd ones.
#[inline(always)]
fn weigh_groups<S: Simd, const N: usize>(
    simd: S,
    row: &[u8],
    first: u32,
    groups: &[[[u16; LANES]; QUAD]; N],
    pixel: usize,
) -> u16x8<S> {
    let mut sums = weigh(simd, row, first as usize, &groups[0][pixel]);
    // Not an iterator: those are not inlined here, and then have no vectors.
    let mut at = 1;
    while at < N {
        sums += weigh(simd, row, first as usize + at * TAPS, &groups[at][pixel]);
        at += 1;
    }
    let (left, right) = sums.split();
    left + right
}

#[inline(always)]
fn weigh<S: Simd>(simd: S, row: &[u8], first: usize, weights: &[u16; LANES]) -> u16x16<S> {
    let bytes: &[u8; LANES] = row[first * 4..][..LANES].try_into().expect("a slice of that length");
    let bytes: u8x16<S> = simd.load_array_ref_u8x16(bytes);
    simd.widen_u8x16(bytes) * simd.load_array_ref_u16x16(weights)
}

#[inline(always)]
fn mean<S: Simd>(simd: S, sums: u16x16<S>) -> [u8; 4] {
    let (left, right) = sums.split();
    let sums = simd.as_array_u16x8(left + right);
    std::array::from_fn(|channel| {
        let sum = sums[channel].wrapping_add(sums[channel + 4]).wrapping_add(ONE / 2);
        (sum >> 8) as u8
    })
}

impl Spans {
    /// Returns whether the sizes are others than before.
    fn fit(&mut self, source: usize, target: usize) -> bool {
        if (self.source, self.target) == (source, target) {
            return false;
        }
        (self.source, self.target) = (source, target);
        self.first.clear();
        self.weights.clear();
        let scale = source as f64 / target as f64;
        // A pixel that is only touched by rounding does not count.
        let begin = |index: usize| ((index as f64 * scale + 1e-6) as usize).min(source - 1);
        let end = |index: usize, begin: usize| {
            let end = (index + 1) as f64 * scale - 1e-6;
            let whole = end as usize;
            (whole + usize::from((whole as f64) < end)).clamp(begin + 1, source)
        };
        self.longest = (0..target).map(|index| end(index, begin(index)) - begin(index)).max().unwrap_or(1);
        for index in 0..target {
            let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
            let (begin, end) = (begin(index), end(index, begin(index)));
            // Every span is as long as the longest, so that no loop over them branches; it may
            // begin early.
            let first = begin.min(source - self.longest);
            let mut given = 0;
            for pixel in first..first + self.longest {
                let until = if pixel + 1 >= end {
                    ONE
                } else if pixel < begin {
                    0
                } else {
                    let covered = (((pixel + 1) as f64).min(to) - from).max(0.0) / scale;
                    (covered * f64::from(ONE)).round() as u16
                };
                self.weights.push(until - given);
                given = until;
            }
            self.first.push(first);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::levels;

    fn noise(index: usize) -> u8 {
        ((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8
    }

    /// Against the mean in 64-bit floats.
    #[track_caller]
    fn check(width: usize, height: usize, region: Region, target: [usize; 2]) {
        let picture: Vec<u8> = (0..width * height * 4).map(noise).collect();
        let (mut shrinker, mut row, mut result) = (Shrinker::default(), Vec::new(), Vec::new());
        let result = shrinker.run(&picture, width, region, target, &mut row, &mut result);
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

    /// With integers alone, one pixel after the other: every processor must give the same bytes.
    fn plainly(picture: &[u8], stride: usize, region: Region, target: [usize; 2]) -> Vec<u8> {
        let (mut columns, mut rows) = (Spans::default(), Spans::default());
        columns.fit(region.width, target[0]);
        rows.fit(region.height, target[1]);
        let mean = |bytes: &dyn Fn(usize) -> u8, weights: &[u16]| {
            let sum: u32 =
                weights.iter().enumerate().map(|(at, &it)| u32::from(it) * u32::from(bytes(at))).sum();
            ((sum + 128) >> 8) as u8
        };
        let mut result = Vec::new();
        for (row, weights) in rows.weights.chunks_exact(rows.longest).enumerate() {
            let averaged: Vec<u8> = (0..4 * region.width)
                .map(|byte| {
                    let at =
                        |tap: usize| 4 * ((region.top + rows.first[row] + tap) * stride + region.left) + byte;
                    mean(&|tap| picture[at(tap)], weights)
                })
                .collect();
            for (column, weights) in columns.weights.chunks_exact(columns.longest).enumerate() {
                let first = 4 * columns.first[column];
                result
                    .extend((0..4).map(|channel| mean(&|tap| averaged[first + 4 * tap + channel], weights)));
            }
        }
        result
    }

    #[test]
    fn vectors_give_the_bytes_of_plain_arithmetic() {
        let whole = |width, height| Region { left: 0, top: 0, width, height };
        let shrinker = |level| Shrinker { level, ..Shrinker::default() };
        let mut shrinkers: Vec<Shrinker> = levels().into_iter().map(shrinker).collect();
        for (region, target) in [
            (whole(1920, 16), [626, 5]),
            (whole(1280, 11), [626, 5]),
            (whole(2560, 20), [626, 5]),
            (whole(3840, 30), [626, 5]),
            (Region { left: 7, top: 3, width: 150, height: 200 }, [95, 126]),
            (Region { left: 1, top: 0, width: 37, height: 90 }, [3, 4]),
            (whole(3, 3), [2, 2]),
            (whole(1, 1), [2, 2]),
        ] {
            let stride = region.left + region.width + 1;
            let picture: Vec<u8> = (0..4 * stride * (region.top + region.height)).map(noise).collect();
            let want = plainly(&picture, stride, region, target);
            for shrinker in &mut shrinkers {
                let (mut row, mut result) = (Vec::new(), Vec::new());
                let got = shrinker.run(&picture, stride, region, target, &mut row, &mut result);
                assert!(got == want, "{region:?} to {target:?} at {:?}", shrinker.level);
            }
        }
    }
}
