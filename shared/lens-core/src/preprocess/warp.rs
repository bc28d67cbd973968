//! Samples an image under a projective map, bilinearly.
//!
//! Eight pixels at a time with the widest vectors of the processor; every one gives the same
//! bytes.

use fearless_simd::{
    Bytes, Level, Simd, SimdBase, SimdFrom, SimdMask, dispatch, f32x8, i32x8, u8x32, u16x16, u32x8,
};

use crate::geometry::Homography;

/// Fractional bits of a position.
const BITS: u32 = 7;
/// One pixel.
const ONE: u32 = 1 << BITS;
/// Adding it leaves a small number's nearest integer in a float's lowest bits (faster than a call
/// to `floor`).
const ROUND: f32 = 12_582_912.0;
/// Pixels that are made at once.
const BLOCK: usize = 8;

type Pixel = [u8; 4];

/// What is read from.
struct Source<'a> {
    pixels: &'a [Pixel],
    /// Pixels of a row.
    stride: usize,
    /// The last column and the last row.
    last: [i32; 2],
}

/// Reads `target`, rows of `width` pixels of four bytes, from `source`, rows of `source_size[0]`
/// pixels, where `map` takes it; the source's edge is repeated outside, and the fourth byte is 255.
pub(super) fn warp(
    level: Level,
    source: &[u8],
    source_size: [usize; 2],
    map: Homography,
    target: &mut [u8],
    width: usize,
) {
    let (pixels, _) = source.as_chunks::<4>();
    let last = source_size.map(|side| side as i32 - 1);
    let source = Source { pixels, stride: source_size[0], last };
    dispatch!(level, simd => warp_rows(simd, &source, map, target, width));
}

#[inline(always)]
fn warp_rows<S: Simd>(simd: S, source: &Source<'_>, map: Homography, target: &mut [u8], width: usize) {
    let [a, b, c, d, e, f, g, h, i] = map.matrix().map(|value| value as f32);
    let [right, bottom] = source.last.map(|last| last as f32 + 1.0);
    let centres = f32x8::simd_from(simd, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
    let (rows, _) = target.as_chunks_mut::<4>();
    for (y, row) in rows.chunks_exact_mut(width).enumerate() {
        let v = y as f32 + 0.5;
        let (nx, ny, nw) = (b * v + c, e * v + f, h * v + i);
        for (block, pixels) in row.chunks_mut(BLOCK).enumerate() {
            let u = centres + (block * BLOCK) as f32;
            let w = f32x8::splat(simd, 1.0) / (u * g + nw);
            let x = fixed(simd, (u * a + nx) * w - 0.5, right);
            let y = fixed(simd, (u * d + ny) * w - 0.5, bottom);
            if let Some(pixels) = pixels.as_mut_array() {
                sample(simd, source, x, y, pixels);
            } else {
                let mut sampled = [Pixel::default(); BLOCK];
                sample(simd, source, x, y, &mut sampled);
                pixels.copy_from_slice(&sampled[..pixels.len()]);
            }
        }
    }
}

/// Places between -1 and `limit` in units of 1/128, rounded.
#[inline(always)]
fn fixed<S: Simd>(simd: S, place: f32x8<S>, limit: f32) -> i32x8<S> {
    let place = simd.max_f32x8(place, f32x8::splat(simd, -1.0));
    let place = simd.min_f32x8(place, f32x8::splat(simd, limit));
    let rounded: i32x8<S> = (place * ONE as f32 + ROUND).bitcast();
    rounded - ROUND.to_bits() as i32
}

/// The colours at eight places.
#[inline(always)]
fn sample<S: Simd>(simd: S, source: &Source<'_>, x: i32x8<S>, y: i32x8<S>, sampled: &mut [Pixel; BLOCK]) {
    // Of each place the two pixels above it and the two below it.
    let (mut above, mut below) = ([[Pixel::default(); 2]; BLOCK], [[Pixel::default(); 2]; BLOCK]);
    let (columns, rows) = (simd.shr_i32x8(x, BITS), simd.shr_i32x8(y, BITS));
    if lies_before(simd, x, source.last[0]) && lies_before(simd, y, source.last[1]) {
        let places: i32x8<S> = rows * i32x8::splat(simd, source.stride as i32) + columns;
        for ((above, below), at) in above.iter_mut().zip(&mut below).zip(simd.as_array_i32x8(places)) {
            let pixels = &source.pixels[at as usize..][..source.stride + 2];
            above.copy_from_slice(&pixels[..2]);
            below.copy_from_slice(&pixels[source.stride..]);
        }
    } else {
        let places = simd.as_array_i32x8(columns).into_iter().zip(simd.as_array_i32x8(rows));
        for ((above, below), (column, row)) in above.iter_mut().zip(&mut below).zip(places) {
            let pixel = |x: i32, y: i32| {
                let (x, y) = (x.clamp(0, source.last[0]), y.clamp(0, source.last[1]));
                source.pixels[y as usize * source.stride + x as usize]
            };
            *above = [pixel(column, row), pixel(column + 1, row)];
            *below = [pixel(column, row + 1), pixel(column + 1, row + 1)];
        }
    }
    let [left_above, right_above] = apart(simd, &above);
    let [left_below, right_below] = apart(simd, &below);
    let corners = [left_above, right_above, left_below, right_below];
    let blended = blend(simd, corners, fraction(simd, x), fraction(simd, y));
    let sampled = sampled.as_flattened_mut().as_mut_array().expect("four bytes of eight pixels");
    simd.store_array_u8x32(blended, sampled);
}

/// Whether all places are from zero on and before the last pixel, so that both neighbours are in
/// the image.
#[inline(always)]
fn lies_before<S: Simd>(simd: S, places: i32x8<S>, last: i32) -> bool {
    let places: u32x8<S> = places.bitcast();
    simd.simd_lt_u32x8(places, u32x8::splat(simd, (last as u32) << BITS)).all_true()
}

/// The left pixels of pairs, and the right ones.
#[inline(always)]
fn apart<S: Simd>(simd: S, pairs: &[[Pixel; 2]; BLOCK]) -> [u32x8<S>; 2] {
    let (halves, _) = pairs.as_flattened().as_flattened().as_chunks::<32>();
    let first: u32x8<S> = simd.load_array_ref_u8x32(&halves[0]).bitcast();
    let second: u32x8<S> = simd.load_array_ref_u8x32(&halves[1]).bitcast();
    [simd.unzip_low_u32x8(first, second), simd.unzip_high_u32x8(first, second)]
}

/// What a place has beyond whole pixels, once for each half of a pixel's bytes.
#[inline(always)]
fn fraction<S: Simd>(simd: S, place: i32x8<S>) -> u16x16<S> {
    let fraction = place & i32x8::splat(simd, ONE as i32 - 1);
    (fraction | simd.shl_i32x8(fraction, 16)).bitcast()
}

/// The four pixels about a place (above from left to right, then below), weighed by its fractions;
/// opaque. Weights sum to 256: 255 times it still fits 16 bits.
#[inline(always)]
fn blend<S: Simd>(simd: S, corners: [u32x8<S>; 4], fx: u16x16<S>, fy: u16x16<S>) -> u8x32<S> {
    let both = simd.shr_u16x16(fx * fy + u16x16::splat(simd, ONE as u16 / 4), BITS - 1);
    let (twice_x, twice_y) = (fx + fx, fy + fy);
    let first = u16x16::splat(simd, 256) - twice_x - twice_y + both;
    let weights = [first, twice_x - both, twice_y - both, both];
    let low = u16x16::splat(simd, 0xff);
    let mut even = u16x16::splat(simd, 0x80);
    let mut odd = even;
    for at in 0..4 {
        let bytes: u16x16<S> = corners[at].bitcast();
        even += (bytes & low) * weights[at];
        odd += simd.shr_u16x16(bytes, 8) * weights[at];
    }
    let opaque: u16x16<S> = u32x8::splat(simd, 0xff00_0000).bitcast();
    (simd.shr_u16x16(even, 8) | (odd & !low) | opaque).bitcast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{InFrame, Quad};
    use crate::preprocess::levels;

    #[test]
    fn the_unmoved_picture_comes_back() {
        let source: Vec<u8> =
            (0..6 * 5 * 4).map(|index| if index % 4 == 3 { 255 } else { (index * 7) as u8 }).collect();
        let quad: Quad<InFrame> = Quad::from_xy([[0.0, 0.0], [6.0, 0.0], [6.0, 5.0], [0.0, 5.0]]);
        let map = Homography::quad_from_rect(6.0, 5.0, quad).unwrap();
        let mut target = vec![0; source.len()];
        warp(Level::new(), &source, [6, 5], map, &mut target, 6);
        assert_eq!(target, source);
    }

    /// One pixel after the other, with the same positions and weights.
    fn plainly(source: &[u8], size: [usize; 2], map: Homography, width: usize, height: usize) -> Vec<u8> {
        let [a, b, c, d, e, f, g, h, i] = map.matrix().map(|value| value as f32);
        let last = size.map(|side| side as i32 - 1);
        let fixed = |place: f32, last: i32| {
            let place = (place - 0.5).max(-1.0).min(last as f32 + 1.0);
            (place * ONE as f32 + ROUND).to_bits() as i32 - ROUND.to_bits() as i32
        };
        let mut target = Vec::new();
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let (u, v) = (x as f32 + 0.5, y as f32 + 0.5);
            let w = 1.0 / (g * u + (h * v + i));
            let (sx, sy) =
                (fixed((a * u + (b * v + c)) * w, last[0]), fixed((d * u + (e * v + f)) * w, last[1]));
            let (fx, fy) = (sx as u32 & (ONE - 1), sy as u32 & (ONE - 1));
            let both = (fx * fy + ONE / 4) >> (BITS - 1);
            let weights = [256 - 2 * fx - 2 * fy + both, 2 * fx - both, 2 * fy - both, both];
            for channel in 0..3 {
                let corner = |x: i32, y: i32| {
                    let (x, y) = (x.clamp(0, last[0]) as usize, y.clamp(0, last[1]) as usize);
                    u32::from(source[(y * size[0] + x) * 4 + channel])
                };
                let (x, y) = (sx >> BITS, sy >> BITS);
                let corners = [corner(x, y), corner(x + 1, y), corner(x, y + 1), corner(x + 1, y + 1)];
                let sum: u32 = corners.iter().zip(weights).map(|(corner, weight)| corner * weight).sum();
                target.push(((sum + 128) >> 8) as u8);
            }
            target.push(255);
        }
        target
    }

    #[test]
    fn vectors_give_the_bytes_of_plain_arithmetic() {
        let noise = |index: usize| ((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8;
        for (size, corners) in [
            ([60, 50], [[5.3, 4.1], [40.2, 8.7], [37.1, 44.2], [3.6, 40.9]]),
            ([60, 50], [[-9.0, -7.5], [70.0, 2.0], [66.0, 61.0], [4.0, 47.0]]),
            ([60, 50], [[200.0, 200.0], [240.0, 200.0], [240.0, 250.0], [200.0, 250.0]]),
            ([3, 2], [[0.0, 0.0], [3.0, 0.0], [3.0, 2.0], [0.0, 2.0]]),
            ([1, 1], [[-1.0, -1.0], [3.0, 0.0], [3.0, 2.0], [0.0, 2.0]]),
        ] {
            let source: Vec<u8> = (0..size[0] * size[1] * 4).map(noise).collect();
            for [width, height] in [[72, 96], [13, 7]] {
                let quad: Quad<InFrame> = Quad::from_xy(corners);
                let map = Homography::quad_from_rect(width as f32, height as f32, quad).unwrap();
                let want = plainly(&source, size, map, width, height);
                for level in levels() {
                    let mut got = vec![0; want.len()];
                    warp(level, &source, size, map, &mut got, width);
                    assert!(got == want, "{size:?} {corners:?} at {level:?}");
                }
            }
        }
    }
}
