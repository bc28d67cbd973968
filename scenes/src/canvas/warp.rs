//! Pastes a card's picture into a quad of a canvas.
//!
//! Pictures are premultiplied and kept at halving sizes, so that shrinking starts from the nearest larger one.

use std::cell::RefCell;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbaImage;
use shared::geometry::{Homography, InFrame, Quad};

use crate::canvas::{Canvas, crossings};

/// A premultiplied picture at its full size and at halves of it.
#[derive(Clone, Debug)]
pub(crate) struct Sprite {
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// How a picture is enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enlarge {
    /// Linear, as the game does with pixel art smoothing.
    Smooth,
    /// Square pixels with a smoothed edge, as it does without.
    Blocky,
}

/// A picture that is this much smaller on screen than its level is area-averaged first.
const SHRINK_BELOW: f32 = 0.9;

impl Sprite {
    /// From straight alpha.
    pub(crate) fn new(picture: &RgbaImage) -> Self {
        let mut pixels = picture.as_raw().clone();
        for pixel in pixels.chunks_exact_mut(4) {
            let alpha = u32::from(pixel[3]);
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * alpha + 127) / 255) as u8;
            }
        }
        let first = Level { width: picture.width() as usize, height: picture.height() as usize, pixels };
        let mut levels = vec![first];
        while levels.last().is_some_and(|level| level.height > 60 && level.width > 8) {
            let half = levels[levels.len() - 1].halved();
            levels.push(half);
        }
        Self { levels }
    }

    /// Width and height of the largest level.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.levels[0].width, self.levels[0].height]
    }

    /// The largest level, with straight alpha again.
    pub(crate) fn picture(&self) -> RgbaImage {
        let level = &self.levels[0];
        let mut pixels = level.pixels.clone();
        for pixel in pixels.chunks_exact_mut(4) {
            let alpha = u32::from(pixel[3]).max(1);
            for channel in &mut pixel[..3] {
                *channel = (u32::from(*channel) * 255 / alpha).min(255) as u8;
            }
        }
        RgbaImage::from_raw(level.width as u32, level.height as u32, pixels).expect("a level keeps its size")
    }

    /// The smallest level that is at least this large.
    fn level_for(&self, width: f32, height: f32) -> &Level {
        let fits = |level: &&Level| level.width as f32 >= width && level.height as f32 >= height;
        self.levels.iter().rev().find(fits).unwrap_or(&self.levels[0])
    }
}

impl Level {
    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let from: &[[u8; 4]] = bytemuck::cast_slice(&self.pixels);
        let mut pixels = vec![0; width * height * 4];
        for (y, row) in pixels.chunks_exact_mut(width * 4).enumerate() {
            let upper = &from[2 * y * self.width..][..self.width];
            let lower = &from[(2 * y + 1).min(self.height - 1) * self.width..][..self.width];
            for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
                let (l, r) = (2 * x, (2 * x + 1).min(self.width - 1));
                for k in 0..4 {
                    let sum = u16::from(upper[l][k])
                        + u16::from(upper[r][k])
                        + u16::from(lower[l][k])
                        + u16::from(lower[r][k]);
                    pixel[k] = ((sum + 2) / 4) as u8;
                }
            }
        }
        Self { width, height, pixels }
    }
}

thread_local! {
    static SHRUNK: RefCell<(Resizer, Vec<u8>)> = RefCell::new((Resizer::new(), Vec::new()));
}

impl Canvas {
    /// Draws the whole picture into `quad`, claiming what it covers by more than half.
    pub(crate) fn paste(&mut self, sprite: &Sprite, quad: Quad<InFrame>, enlarge: Enlarge) {
        let bounds = quad.bounds();
        let outside = bounds.right <= 0.0
            || bounds.bottom <= 0.0
            || bounds.left >= self.width()
            || bounds.top >= self.height();
        let (width, height) = (quad.width(), quad.height());
        if outside || !(width >= 1.0 && height >= 1.0) {
            return;
        }
        let level = sprite.level_for(width, height);
        let scale = (width / level.width as f32).max(height / level.height as f32);
        if scale >= SHRINK_BELOW {
            let steps = if enlarge == Enlarge::Blocky { scale.max(1.0) } else { 1.0 };
            self.warp(&level.pixels, level.width, level.height, quad, steps);
            return;
        }
        let (small_width, small_height) = ((width.round() as usize).max(2), (height.round() as usize).max(2));
        SHRUNK.with_borrow_mut(|(resizer, buffer)| {
            buffer.resize(small_width * small_height * 4, 0);
            shrink(resizer, level, &mut buffer[..small_width * small_height * 4], small_width, small_height);
            self.warp(&buffer[..small_width * small_height * 4], small_width, small_height, quad, 1.0);
        });
    }

    /// Bilinear sampling; `steps` above one narrows the slope between pixels to that part of a source pixel.
    fn warp(
        &mut self,
        source: &[u8],
        source_width: usize,
        source_height: usize,
        quad: Quad<InFrame>,
        steps: f32,
    ) {
        let Some(inverse) = Homography::quad_from_rect(source_width as f32, source_height as f32, quad)
            .and_then(Homography::inverse)
        else {
            return;
        };
        let [a, b, c, d, e, f, g, h, i] = inverse.matrix().map(|value| value as f32);
        let affine = g.abs() < 1e-7 && h.abs() < 1e-7;
        let constant = 1.0 / i;
        let source =
            Taps { pixels: bytemuck::cast_slice(source), width: source_width, height: source_height };
        let corners = quad.to_xy();
        let bounds = quad.bounds();
        let (canvas_width, canvas_height) = (self.image.width() as usize, self.image.height() as usize);
        let first = (bounds.top - 0.5).floor().max(0.0) as usize;
        let last = ((bounds.bottom + 0.5).ceil().max(0.0) as usize).min(canvas_height);
        let ink = self.ink;
        let owned = !self.owners.is_empty();
        let slope = |fraction: f32| whole(((fraction - 0.5) * steps + 0.5).clamp(0.0, 1.0) * 256.0);
        let samples = self.image.as_flat_samples_mut().samples;
        for y in first..last {
            let v = y as f32 + 0.5;
            // The row half a pixel up and down may cross the quad where its middle does not.
            let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
            for at in [v - 0.5, v, v + 0.5] {
                if let Some(span) = crossings(&corners, at) {
                    (left, right) = (left.min(span.0), right.max(span.1));
                }
            }
            if left > right {
                continue;
            }
            let x0 = (left - 1.0).max(0.0) as usize;
            let x1 = ((right + 2.0).max(0.0) as usize).min(canvas_width);
            if x0 >= x1 {
                continue;
            }
            let row = y * canvas_width;
            let (from_x, from_y, from_w) = (b * v + c, e * v + f, h * v + i);
            let target = samples[(row + x0) * 4..(row + x1) * 4].chunks_exact_mut(4);
            for (x, pixel) in (x0..x1).zip(target) {
                let u = x as f32 + 0.5;
                let w = if affine { constant } else { 1.0 / (g * u + from_w) };
                // One pixel more, so that cutting off the fraction rounds down.
                let sx = (a * u + from_x) * w + 0.5;
                let sy = (d * u + from_y) * w + 0.5;
                if !(sx > 0.0 && sy > 0.0) {
                    continue;
                }
                let (x_high, y_high) = (whole(sx - 0.5) as usize, whole(sy - 0.5) as usize);
                if x_high > source_width || y_high > source_height {
                    continue;
                }
                let (fx, fy) = (slope(sx - x_high as f32), slope(sy - y_high as f32));
                let [even, odd] = source.blend(x_high, y_high, fx, fy);
                let alpha = odd >> 16;
                if alpha == 0 {
                    continue;
                }
                if alpha == 255 {
                    let colour = even | odd << 8;
                    pixel.copy_from_slice(&colour.to_le_bytes());
                } else {
                    let keep = 256 - (alpha + (alpha >> 7));
                    let over = [even & 0xFF, odd & 0xFF, even >> 16];
                    for k in 0..3 {
                        pixel[k] = (over[k] + ((u32::from(pixel[k]) * keep) >> 8)).min(255) as u8;
                    }
                }
                if owned && alpha > 127 {
                    self.owners[row + x] = ink;
                }
            }
        }
    }
}

/// A premultiplied picture, transparent all around.
struct Taps<'a> {
    pixels: &'a [u32],
    width: usize,
    height: usize,
}

impl Taps<'_> {
    /// Blends the pixel left of and above `(x, y)` with its three neighbours to the right and below, two channels in
    /// each number: red and blue, green and alpha.
    #[inline]
    fn blend(&self, x: usize, y: usize, fx: u32, fy: u32) -> [u32; 2] {
        let inside = x >= 1 && y >= 1 && x < self.width && y < self.height;
        let [p, q, r, s] = if inside {
            let above = (y - 1) * self.width + x - 1;
            let upper = &self.pixels[above..above + 2];
            let lower = &self.pixels[above + self.width..above + self.width + 2];
            [upper[0], upper[1], lower[0], lower[1]]
        } else {
            let fetch = |x: usize, y: usize| {
                let inside = x >= 1 && y >= 1 && x <= self.width && y <= self.height;
                if inside { self.pixels[(y - 1) * self.width + x - 1] } else { 0 }
            };
            [fetch(x, y), fetch(x + 1, y), fetch(x, y + 1), fetch(x + 1, y + 1)]
        };
        let even = mix(mix(p & EVEN, q & EVEN, fx), mix(r & EVEN, s & EVEN, fx), fy);
        let odd = mix(mix(p >> 8 & EVEN, q >> 8 & EVEN, fx), mix(r >> 8 & EVEN, s >> 8 & EVEN, fx), fy);
        [even, odd]
    }
}

/// The nearest whole number of a small one, without the checks of a conversion: negative ones become very large.
///
/// Of `x - 0.5` it is the number below `x`, or `x - 1` when `x` is whole; sampling takes either, with the share that
/// goes with it.
#[inline]
fn whole(value: f32) -> u32 {
    /// 1.5 * 2^23: from here on, floats are whole numbers.
    const WHOLE: f32 = 12_582_912.0;
    (value + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits())
}

/// Every other byte of a pixel.
const EVEN: u32 = 0x00FF_00FF;

/// Mixes two bytes at once.
#[inline]
fn mix(a: u32, b: u32, share: u32) -> u32 {
    ((a * (256 - share) + b * share) >> 8) & EVEN
}

fn shrink(resizer: &mut Resizer, level: &Level, target: &mut [u8], width: usize, height: usize) {
    let source = ImageRef::new(level.width as u32, level.height as u32, &level.pixels, PixelType::U8x4)
        .expect("a level keeps its size");
    let mut small = Image::from_slice_u8(width as u32, height as u32, target, PixelType::U8x4)
        .expect("the buffer was sized for it");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box)).use_alpha(false);
    resizer.resize(&source, &mut small, &options).expect("both are four bytes a pixel");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Owned;
    use image::Rgba;
    use shared::geometry::Rect;

    fn striped() -> Sprite {
        let picture = RgbaImage::from_fn(142, 190, |x, _| {
            if x < 71 { Rgba([250, 0, 0, 255]) } else { Rgba([0, 0, 250, 255]) }
        });
        Sprite::new(&picture)
    }

    #[test]
    fn a_paste_covers_its_quad_at_every_size() {
        for height in [20.0f32, 60.0, 95.0, 190.0, 300.0] {
            let width = height * 71.0 / 95.0;
            let mut canvas = Canvas::new(RgbaImage::from_pixel(400, 400, Rgba([0, 0, 0, 255])), Owned::Yes);
            canvas.ink = 1;
            let quad = Quad::from_rect(Rect::ltwh(40.0, 30.0, width, height));
            canvas.paste(&striped(), quad, Enlarge::Blocky);
            let owned = canvas.count_owners(2)[1] as f32;
            assert!((owned / (width * height) - 1.0).abs() < 0.06, "{height}: {owned}");
            let pixel = |u: f32| canvas.image.get_pixel((40.0 + width * u) as u32, 40).0;
            assert!(pixel(0.25)[0] > 240 && pixel(0.75)[2] > 240, "{height}");
        }
    }
}
