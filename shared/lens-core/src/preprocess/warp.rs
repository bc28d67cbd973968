//! Samples a picture under a projective map, bilinearly.

use crate::geometry::Homography;

/// Fractional bits of a position.
const BITS: u32 = 7;
/// One pixel.
const ONE: u32 = 1 << BITS;
/// Adding it leaves a small number's nearest integer in a float's lowest bits (faster than a call
/// to `floor`).
const ROUND: f32 = 12_582_912.0;

/// Reads `target`, rows of `width` pixels of four bytes, from `source`, rows of `source_size[0]`
/// pixels, where `map` takes it; the source's edge is repeated outside, and the fourth byte is 255.
/// `positions` is a buffer to use again.
pub(super) fn warp(
    source: &[u8],
    source_size: [usize; 2],
    map: Homography,
    target: &mut [u8],
    width: usize,
    positions: &mut Vec<[i32; 2]>,
) {
    let (pixels, _) = source.as_chunks::<4>();
    let (rows, _) = target.as_chunks_mut::<4>();
    let [a, b, c, d, e, f, g, h, i] = map.matrix().map(|value| value as f32);
    let last = source_size.map(|side| side as i32 - 1);
    let limit = last.map(|last| last as f32 + 1.0);
    positions.resize(width, [0; 2]);
    for (y, row) in rows.chunks_exact_mut(width).enumerate() {
        let v = y as f32 + 0.5;
        let (nx, ny, nw) = (b * v + c, e * v + f, h * v + i);
        for (x, position) in positions.iter_mut().enumerate() {
            let u = x as f32 + 0.5;
            let w = 1.0 / (g * u + nw);
            *position = [
                fixed(((a * u + nx) * w - 0.5).max(-1.0).min(limit[0])),
                fixed(((d * u + ny) * w - 0.5).max(-1.0).min(limit[1])),
            ];
        }
        for (out, &[sx, sy]) in row.iter_mut().zip(&*positions) {
            let (x, y) = (sx >> BITS, sy >> BITS);
            let (fx, fy) = (sx as u32 & (ONE - 1), sy as u32 & (ONE - 1));
            let above = y.clamp(0, last[1]) as usize * source_size[0];
            let below = (y + 1).clamp(0, last[1]) as usize * source_size[0];
            let (left, right) = (x.clamp(0, last[0]) as usize, (x + 1).clamp(0, last[0]) as usize);
            let corners = [above + left, above + right, below + left, below + right].map(|at| pixels[at]);
            *out = blend(corners, fx, fy);
        }
    }
}

/// `value` in units of 1/128, rounded.
fn fixed(value: f32) -> i32 {
    (value * ONE as f32 + ROUND).to_bits() as i32 - ROUND.to_bits() as i32
}

/// The four pixels about a position, weighed by its fractions; opaque. Weights sum to 256, so that
/// two bytes can be weighed in one word.
fn blend(corners: [[u8; 4]; 4], fx: u32, fy: u32) -> [u8; 4] {
    let both = (fx * fy + ONE / 4) >> (BITS - 1);
    let weights = [256 - 2 * fx - 2 * fy + both, 2 * fx - both, 2 * fy - both, both];
    let mut even = 0x0080_0080;
    let mut odd = 0x0080_0080;
    for (corner, weight) in corners.into_iter().zip(weights) {
        let pixel = u32::from_le_bytes(corner);
        even += (pixel & 0x00ff_00ff) * weight;
        odd += (pixel >> 8 & 0x00ff_00ff) * weight;
    }
    ((even >> 8 & 0x00ff_00ff) | (odd & 0xff00_ff00) | 0xff00_0000).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{InFrame, Quad};

    #[test]
    fn weights_are_those_of_bilinear_sampling() {
        for (fx, fy) in [(0, 0), (127, 127), (64, 64), (127, 0), (3, 90)] {
            let corners = [[10, 0, 255, 0], [200, 0, 255, 0], [90, 255, 255, 0], [0, 255, 0, 0]];
            let (u, v) = (fx as f32 / 128.0, fy as f32 / 128.0);
            let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
            let got = blend(corners, fx, fy);
            for channel in 0..3 {
                let want: f32 =
                    corners.iter().zip(weights).map(|(it, weight)| f32::from(it[channel]) * weight).sum();
                assert!((f32::from(got[channel]) - want).abs() < 1.6, "{got:?} at {fx},{fy}: {want}");
            }
            assert_eq!(got[3], 255);
        }
    }

    #[test]
    fn the_unmoved_picture_comes_back() {
        let source: Vec<u8> =
            (0..6 * 5 * 4).map(|index| if index % 4 == 3 { 255 } else { (index * 7) as u8 }).collect();
        let quad: Quad<InFrame> = Quad::from_xy([[0.0, 0.0], [6.0, 0.0], [6.0, 5.0], [0.0, 5.0]]);
        let map = Homography::quad_from_rect(6.0, 5.0, quad).unwrap();
        let mut target = vec![0; source.len()];
        warp(&source, [6, 5], map, &mut target, 6, &mut Vec::new());
        assert_eq!(target, source);
    }
}
