//! Lays an image into a quad of a canvas, in perspective.

use std::cell::RefCell;
use std::ops::Range;

use fast_image_resize::Resizer;
use lens_core::geometry::{Homography, InFrame, Quad};

use crate::canvas::sprite::{Level, Shrunk, Sprite, packed, spread};
use crate::canvas::{Canvas, crossings};

/// How the pixels of a pasted image are found.
///
/// The first two shrink an image that is larger than its quad and work with 8 bits of fraction:
/// for composing images by the thousand. The third is for images made at about the size they
/// are shown at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Linear, as the game enlarges with its pixel art smoothing.
    Smooth,
    /// Square pixels with a smoothed edge, as it enlarges without.
    Blocky,
    /// Linear, with 16 bits of fraction.
    Precise,
}

/// An image that is this much smaller on screen than its level is area-averaged first.
const SHRINK_BELOW: f32 = 0.9;

thread_local! {
    static SHRUNK: RefCell<(Resizer, Shrunk)> = RefCell::new((Resizer::new(), Shrunk::default()));
}

impl Canvas {
    /// Draws the whole image into `quad`, claiming what it covers by more than half.
    pub fn paste(&mut self, sprite: &Sprite, quad: Quad<InFrame>, sampling: Sampling) {
        if sampling == Sampling::Precise {
            self.paste_precisely(sprite, quad);
            return;
        }
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
            let steps = if sampling == Sampling::Blocky { scale.max(1.0) } else { 1.0 };
            self.warp(level, quad, steps);
            return;
        }
        let (small_width, small_height) = ((width.round() as usize).max(2), (height.round() as usize).max(2));
        SHRUNK.with_borrow_mut(|(resizer, shrunk)| {
            level.shrink_into(resizer, shrunk, small_width, small_height);
            self.warp(&shrunk.level, quad, 1.0);
        });
    }

    /// Darkens what lies under an image's shape, 1.0 being black, without claiming it.
    pub fn shade_under(&mut self, sprite: &Sprite, quad: Quad<InFrame>, strength: f32) {
        let strength = (256.0 * strength) as u32;
        self.for_texels(sprite, quad, |pixel, _, [.., alpha]| {
            let keep = 256 - strength * alpha / 255;
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * keep) >> 8) as u8;
            }
        });
    }

    fn paste_precisely(&mut self, sprite: &Sprite, quad: Quad<InFrame>) {
        let ink = self.ink;
        self.for_texels(sprite, quad, |pixel, owner, [red, green, blue, alpha]| {
            for (channel, over) in pixel.iter_mut().zip([red, green, blue]) {
                *channel = (over + u32::from(*channel) * (255 - alpha) / 255).min(255) as u8;
            }
            if let Some(owner) = owner.filter(|_| alpha > 127) {
                *owner = ink;
            }
        });
    }

    /// Calls `put` with each pixel that an image in a quad may cover, its owner, and the image's
    /// premultiplied colour there.
    fn for_texels(
        &mut self,
        sprite: &Sprite,
        quad: Quad<InFrame>,
        mut put: impl FnMut(&mut [u8], Option<&mut u16>, [u32; 4]),
    ) {
        let level = sprite.largest();
        let (width, height) = (level.width as f32, level.height as f32);
        let Some([a, b, c, d, e, f, g, h, i]) = level_from_canvas(level, quad) else { return };
        let size = self.image.dimensions();
        let samples = self.image.as_flat_samples_mut().samples;
        // The edge is smoothed outwards, too.
        let outer = quad.scaled(1.0 + 2.0 / quad.width().max(4.0));
        for_rows(size, outer, |y, columns| {
            let v = y as f32 + 0.5;
            for x in columns {
                let u = x as f32 + 0.5;
                let w = 1.0 / (g * u + h * v + i);
                let (sx, sy) = ((a * u + b * v + c) * w - 0.5, (d * u + e * v + f) * w - 0.5);
                if sx > -1.0 && sy > -1.0 && sx < width && sy < height {
                    let at = y * size.0 as usize + x;
                    put(&mut samples[at * 4..at * 4 + 4], self.owners.get_mut(at), bilinear(level, sx, sy));
                }
            }
        });
    }

    /// Bilinear sampling; `steps` above one narrows the slope between pixels to that part of a
    /// source pixel.
    fn warp(&mut self, level: &Level, quad: Quad<InFrame>, steps: f32) {
        let Some(matrix) = level_from_canvas(level, quad) else { return };
        let canvas_width = self.image.width() as usize;
        let size = self.image.dimensions();
        let ink = self.ink;
        let owned = !self.owners.is_empty();
        let stride = level.width + 2;
        let pixels = &level.pixels[..];
        let samples: &mut [u32] = bytemuck::cast_slice_mut(self.image.as_flat_samples_mut().samples);
        let mut taps = Taps::default();
        for_rows(size, quad, |y, columns| {
            let v = y as f32 + 0.5;
            let row = y * canvas_width;
            for start in columns.clone().step_by(TOGETHER) {
                let count = (columns.end - start).min(TOGETHER);
                taps.find(&matrix, start as f32 + 0.5, v, level, steps);
                for (lane, target) in samples[row + start..row + start + count].iter_mut().enumerate() {
                    let (fx, fy) = (u64::from(taps.fx[lane]), u64::from(taps.fy[lane]));
                    let at = taps.y[lane] as usize * stride + taps.x[lane] as usize;
                    let (upper, lower) = (&pixels[at..at + 2], &pixels[at + stride..at + stride + 2]);
                    let both = (fx * fy) >> 8;
                    let sum = spread(upper[0]) * (256 + both - fx - fy)
                        + spread(upper[1]) * (fx - both)
                        + spread(lower[0]) * (fy - both)
                        + spread(lower[1]) * both;
                    let over = sum >> 8 & 0x00FF_00FF_00FF_00FF;
                    let alpha = over >> 48;
                    if alpha == 255 {
                        *target = packed(over);
                    } else if alpha > 0 {
                        let keep = 256 - (alpha + (alpha >> 7));
                        *target = packed(over + (((spread(*target) * keep) >> 8) & 0x00FF_00FF_00FF_00FF))
                            | 0xFF00_0000;
                    }
                    if owned && alpha > 127 {
                        self.owners[row + start + lane] = ink;
                    }
                }
            }
        });
    }
}

/// The rows of an image that a convex quad reaches, each with its columns: a little more than what
/// it covers.
fn for_rows((width, height): (u32, u32), quad: Quad<InFrame>, mut row: impl FnMut(usize, Range<usize>)) {
    let (corners, bounds) = (quad.to_xy(), quad.bounds());
    let first = (bounds.top - 0.5).floor().max(0.0) as usize;
    let last = ((bounds.bottom + 0.5).ceil().max(0.0) as usize).min(height as usize);
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
        let x1 = ((right + 2.0).max(0.0) as usize).min(width as usize);
        row(y, x0..x1);
    }
}

/// The homography by which pixels of the canvas are looked up in an image that lies in `quad`.
fn level_from_canvas(level: &Level, quad: Quad<InFrame>) -> Option<[f32; 9]> {
    let map = Homography::quad_from_rect(level.width as f32, level.height as f32, quad)?;
    Some(map.inverse()?.matrix().map(|value| value as f32))
}

/// The premultiplied colour at a place from `-1.0` to the level's size: red, green, blue, alpha.
fn bilinear(level: &Level, x: f32, y: f32) -> [u32; 4] {
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (((x - x0) * 256.0) as u32, ((y - y0) * 256.0) as u32);
    let stride = level.width + 2;
    // The level's transparent edge comes first.
    let at = (y0 + 1.0) as usize * stride + (x0 + 1.0) as usize;
    let [a, b, c, d] = [at, at + 1, at + stride, at + stride + 1].map(|at| level.pixels[at].to_le_bytes());
    [0, 1, 2, 3].map(|channel| {
        let upper = u32::from(a[channel]) * (256 - fx) + u32::from(b[channel]) * fx;
        let lower = u32::from(c[channel]) * (256 - fx) + u32::from(d[channel]) * fx;
        (upper * (256 - fy) + lower * fy) >> 16
    })
}

/// How many pixels of a row are located together: independent of each other, so that it vectorises.
const TOGETHER: usize = 16;

/// Where the pixels of a part of a row lie in a level: the pixel left and above, in the level with
/// its edge, and the share in 256ths of those to the right and below.
#[derive(Default)]
struct Taps {
    x: [u32; TOGETHER],
    y: [u32; TOGETHER],
    fx: [u32; TOGETHER],
    fy: [u32; TOGETHER],
}

impl Taps {
    fn find(&mut self, matrix: &[f32; 9], u: f32, v: f32, level: &Level, steps: f32) {
        let [a, b, c, d, e, f, g, h, i] = *matrix;
        let (from_x, from_y, from_w) = (b * v + c, e * v + f, h * v + i);
        let (last_x, last_y) = (level.width as f32, level.height as f32);
        // Half a pixel more for the edge, and half a pixel less to round down.
        let locate = |at: f32, last: f32| {
            let at = (at + 0.5).max(0.0).min(last + 0.999);
            let whole = whole((at - 0.5).max(0.0).min(last));
            let share = (at - whole as f32 - 0.5) * steps + 0.5;
            (whole, self::whole(share.clamp(0.0, 1.0) * 256.0))
        };
        for lane in 0..TOGETHER {
            let u = u + lane as f32;
            let w = 1.0 / (g * u + from_w);
            (self.x[lane], self.fx[lane]) = locate((a * u + from_x) * w, last_x);
            (self.y[lane], self.fy[lane]) = locate((d * u + from_y) * w, last_y);
        }
    }
}

/// The nearest whole number of one that is not negative and small, without the checks of a
/// conversion.
///
/// Of `x - 0.5` it is the number below `x`, or `x - 1` when `x` is whole; sampling takes either,
/// with the share that goes with it.
#[inline]
fn whole(value: f32) -> u32 {
    /// 2^23: from here on, floats are whole numbers.
    const WHOLE: f32 = 8_388_608.0;
    (value + WHOLE).to_bits() & 0x007F_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Owned;
    use image::{Rgba, RgbaImage};
    use lens_core::geometry::Rect;

    fn striped() -> Sprite {
        let picture = RgbaImage::from_fn(142, 190, |x, _| {
            if x < 71 { Rgba([250, 0, 0, 255]) } else { Rgba([0, 0, 250, 255]) }
        });
        Sprite::new(&picture)
    }

    #[test]
    fn a_paste_covers_its_quad_at_every_size() {
        let samplings = [Sampling::Smooth, Sampling::Blocky, Sampling::Precise];
        let heights = [20.0_f32, 60.0, 95.0, 190.0, 300.0];
        for (height, sampling) in heights.into_iter().flat_map(|it| samplings.map(|sampling| (it, sampling)))
        {
            let width = height * 71.0 / 95.0;
            let mut canvas = Canvas::new(RgbaImage::from_pixel(400, 400, Rgba([0, 0, 0, 255])), Owned::Yes);
            canvas.ink = 1;
            let quad = Quad::from_rect(Rect::ltwh(40.0, 30.0, width, height));
            canvas.paste(&striped(), quad, sampling);
            let owned = canvas.count_owners(2)[1] as f32;
            assert!((owned / (width * height) - 1.0).abs() < 0.06, "{height} {sampling:?}: {owned}");
            let pixel = |u: f32| canvas.image.get_pixel((40.0 + width * u) as u32, 40).0;
            assert!(pixel(0.25)[0] > 240 && pixel(0.75)[2] > 240, "{height} {sampling:?}");
        }
    }
}
