//! The lossy half of JPEG (ITU T.81): its blocks, without the packing.
//!
//! Colour is transformed, thinned out, cut into blocks of 8x8, and each block's cosine coefficients
//! are rounded to the tables of the standard's annex K. Packing the coefficients would change
//! nothing that is seen.

use std::sync::OnceLock;

use image::RgbaImage;
use multiversion::multiversion;

const LUMA: [f32; 64] = [
    16., 11., 10., 16., 24., 40., 51., 61., 12., 12., 14., 19., 26., 58., 60., 55., 14., 13., 16., 24., 40.,
    57., 69., 56., 14., 17., 22., 29., 51., 87., 80., 62., 18., 22., 37., 56., 68., 109., 103., 77., 24.,
    35., 55., 64., 81., 104., 113., 92., 49., 64., 78., 87., 103., 121., 120., 101., 72., 92., 95., 98.,
    112., 100., 103., 99.,
];
const CHROMA: [f32; 64] = [
    17., 18., 24., 47., 99., 99., 99., 99., 18., 21., 26., 66., 99., 99., 99., 99., 24., 26., 56., 99., 99.,
    99., 99., 99., 47., 66., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99.,
    99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99., 99.,
    99.,
];

/// One channel, padded to whole blocks.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// The steps that coefficients are rounded to, and one divided by each.
struct Steps {
    steps: Block,
    inverses: Block,
}

/// Loses what a JPEG of this quality (1 to 100) loses; colour is thinned out to a quarter when
/// `thinned`.
#[multiversion(targets("x86_64+avx+avx2"))]
pub(super) fn compress(image: &mut RgbaImage, quality: f32, thinned: bool) {
    let scale = if quality < 50.0 { 50.0 / quality.max(1.0) } else { 2.0 - quality / 50.0 };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let step = if thinned { 2 } else { 1 };
    let (chroma_width, chroma_height) = (width.div_ceil(step), height.div_ceil(step));
    let mut luma = Plane::new(width, height);
    let mut blue = Plane::new(chroma_width, chroma_height);
    let mut red = Plane::new(chroma_width, chroma_height);
    let (mut blues, mut reds) = (vec![0.0; width], vec![0.0; width]);
    let pixels: &mut [u32] = bytemuck::cast_slice_mut(image.as_flat_samples_mut().samples);
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        let lumas = &mut luma.values[y * luma.width..][..width];
        for (((pixel, luma), blue), red) in row.iter().zip(lumas).zip(&mut blues).zip(&mut reds) {
            let channel = |shift: u32| (pixel >> shift & 0xFF) as i32 as f32;
            let (r, g, b) = (channel(0), channel(8), channel(16));
            *luma = 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
            *blue = -0.168_736 * r - 0.331_264 * g + 0.5 * b;
            *red = 0.5 * r - 0.418_688 * g - 0.081_312 * b;
        }
        let rows = step.min(height - y / step * step);
        for (plane, values) in [(&mut blue, &blues), (&mut red, &reds)] {
            let target = &mut plane.values[y / step * plane.width..][..chroma_width];
            if thinned {
                add_pairs(target, values, 0.5 / rows as f32);
            } else {
                target.copy_from_slice(values);
            }
        }
    }
    luma.lose(width, height, &Steps::new(&LUMA, scale));
    let chroma = Steps::new(&CHROMA, scale);
    blue.lose(chroma_width, chroma_height, &chroma);
    red.lose(chroma_width, chroma_height, &chroma);
    for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
        for (plane, values) in [(&blue, &mut blues), (&red, &mut reds)] {
            let source = &plane.values[y / step * plane.width..][..chroma_width];
            if thinned {
                let (pairs, rest) = values.as_chunks_mut::<2>();
                pairs.iter_mut().zip(source).for_each(|(pair, &value)| *pair = [value; 2]);
                rest.fill(source[chroma_width - 1]);
            } else {
                values.copy_from_slice(source);
            }
        }
        let lumas = &luma.values[y * luma.width..][..width];
        for (((pixel, luma), blue), red) in row.iter_mut().zip(lumas).zip(&blues).zip(&reds) {
            let luma = luma + 128.0;
            let r = byte(luma + 1.402 * red);
            let g = byte(luma - 0.344_136 * blue - 0.714_136 * red);
            let b = byte(luma + 1.772 * blue);
            *pixel = r | g << 8 | b << 16 | 0xFF00_0000;
        }
    }
}

/// Adds the sum of every two values, times `share`; one without a neighbour counts twice.
#[inline(always)]
fn add_pairs(target: &mut [f32], values: &[f32], share: f32) {
    let (pairs, rest) = values.as_chunks::<2>();
    for (sum, [a, b]) in target.iter_mut().zip(pairs) {
        *sum += (a + b) * share;
    }
    if let [alone] = rest {
        target[pairs.len()] += alone * (2.0 * share);
    }
}

impl Steps {
    fn new(base: &[f32; 64], scale: f32) -> Self {
        let step = |y: usize, x: usize| (base[x * 8 + y] * scale).round().clamp(1.0, 255.0);
        let steps: Block = std::array::from_fn(|y| std::array::from_fn(|x| step(y, x)));
        Self { steps, inverses: steps.map(|row| row.map(f32::recip)) }
    }
}

/// The nearest byte, without the checks of a conversion.
#[inline(always)]
fn byte(value: f32) -> u32 {
    (value.clamp(0.0, 255.0) + ROUND).to_bits() & 0xFF
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.next_multiple_of(8), height.next_multiple_of(8));
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// Rounds every block's coefficients; `width x height` is the used part, whose edge is repeated
    /// first.
    #[inline(always)]
    fn lose(&mut self, width: usize, height: usize, table: &Steps) {
        for y in 0..self.height {
            let from = y.min(height - 1) * self.width;
            if y >= height {
                self.values.copy_within(from..from + width, y * self.width);
            }
            let last = self.values[y * self.width + width - 1];
            self.values[y * self.width + width..(y + 1) * self.width].fill(last);
        }
        let cosines = cosines();
        for top in (0..self.height).step_by(8) {
            for left in (0..self.width).step_by(8) {
                let mut block = [[0.0; 8]; 8];
                for (y, row) in block.iter_mut().enumerate() {
                    let at = (top + y) * self.width + left;
                    row.copy_from_slice(&self.values[at..at + 8]);
                }
                // Coefficients lie transposed between the two passes, as the table does.
                let mut coefficients = forward(cosines, &transposed(&forward(cosines, &block)));
                for (y, row) in coefficients.iter_mut().enumerate() {
                    for (x, value) in row.iter_mut().enumerate() {
                        *value = (*value * table.inverses[y][x] + ROUND - ROUND) * table.steps[y][x];
                    }
                }
                let block = backward(cosines, &transposed(&backward(cosines, &coefficients)));
                for (y, row) in block.iter().enumerate() {
                    let at = (top + y) * self.width + left;
                    self.values[at..at + 8].copy_from_slice(row);
                }
            }
        }
    }
}

/// Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
const ROUND: f32 = 12_582_912.0;

type Block = [[f32; 8]; 8];

/// `[k][n]` is the normalised cosine of frequency `k` at sample `n`; the other four samples mirror
/// these.
type Cosines = [[f32; 4]; 8];

fn cosines() -> &'static Cosines {
    static TABLE: OnceLock<Cosines> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|k| {
            let scale = if k == 0 { (1.0_f32 / 8.0).sqrt() } else { 0.5 };
            std::array::from_fn(|n| {
                scale * ((2 * n + 1) as f32 * k as f32 * std::f32::consts::PI / 16.0).cos()
            })
        })
    })
}

/// The cosine transform of every column. Even frequencies see sums of mirrored samples, odd ones
/// differences.
#[inline(always)]
fn forward(cosines: &Cosines, block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    let (mut sums, mut differences) = ([[0.0; 8]; 4], [[0.0; 8]; 4]);
    for n in 0..4 {
        for x in 0..8 {
            sums[n][x] = block[n][x] + block[7 - n][x];
            differences[n][x] = block[n][x] - block[7 - n][x];
        }
    }
    for (k, (row, weights)) in out.iter_mut().zip(cosines).enumerate() {
        let samples = if k % 2 == 0 { &sums } else { &differences };
        for x in 0..8 {
            row[x] = samples[0][x] * weights[0]
                + samples[1][x] * weights[1]
                + samples[2][x] * weights[2]
                + samples[3][x] * weights[3];
        }
    }
    out
}

/// The way back.
#[inline(always)]
fn backward(cosines: &Cosines, block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for n in 0..4 {
        for x in 0..8 {
            let part = |first: usize| {
                block[first][x] * cosines[first][n]
                    + block[first + 2][x] * cosines[first + 2][n]
                    + block[first + 4][x] * cosines[first + 4][n]
                    + block[first + 6][x] * cosines[first + 6][n]
            };
            let (even, odd) = (part(0), part(1));
            out[n][x] = even + odd;
            out[7 - n][x] = even - odd;
        }
    }
    out
}

#[inline(always)]
fn transposed(block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for (y, row) in block.iter().enumerate() {
        for (x, &value) in row.iter().enumerate() {
            out[x][y] = value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    fn loss(quality: f32) -> f32 {
        let picture = RgbaImage::from_fn(61, 45, |x, y| {
            Rgba([(x * 4) as u8, (y * 5) as u8, if (x / 5 + y / 7) % 2 == 0 { 220 } else { 30 }, 255])
        });
        let mut lossy = picture.clone();
        compress(&mut lossy, quality, false);
        let sum: u64 =
            lossy.as_raw().iter().zip(picture.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f32 / picture.as_raw().len() as f32
    }

    #[test]
    fn a_high_quality_loses_almost_nothing_and_a_low_one_more() {
        assert!(loss(100.0) < 1.0, "{}", loss(100.0));
        assert!(loss(30.0) > 2.0 * loss(90.0), "{} {}", loss(30.0), loss(90.0));
        assert!(loss(30.0) < 25.0, "{}", loss(30.0));
    }
}
