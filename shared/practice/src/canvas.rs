//! Drawing the table in software: cards in perspective, shadows, panels, text.

use std::collections::HashMap;

use fontdue::{Font, FontSettings};
use image::RgbaImage;
use lens_core::geometry::{Homography, InFrame, Quad, Rect};

use marks::render::text::FONT;

/// A picture that is drawn on; its alpha is always 255.
pub(super) struct Canvas {
    pub(super) image: RgbaImage,
}

/// A premultiplied picture, about as large as it is shown.
pub(super) struct Sprite {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Sprite {
    /// From a picture with straight alpha, resized to this height.
    pub(super) fn new(picture: &RgbaImage, height: u32) -> Self {
        let width = (picture.width() * height).div_ceil(picture.height());
        let mut scaled = picture.clone();
        premultiply(&mut scaled);
        if scaled.dimensions() != (width, height) {
            scaled = image::imageops::resize(&scaled, width, height, image::imageops::FilterType::CatmullRom);
        }
        Self { width: width as usize, height: height as usize, pixels: scaled.into_raw() }
    }
}

fn premultiply(picture: &mut RgbaImage) {
    for pixel in picture.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel.0[..3] {
            *channel = (u32::from(*channel) * alpha / 255) as u8;
        }
    }
}

impl Canvas {
    /// Lays a picture into a quad, smooth at its edges.
    pub(super) fn paste(&mut self, sprite: &Sprite, quad: Quad<InFrame>) {
        self.for_texels(sprite, quad, |pixel, [red, green, blue, alpha]| {
            for (channel, over) in pixel.iter_mut().zip([red, green, blue]) {
                *channel = (over + u32::from(*channel) * (255 - alpha) / 255).min(255) as u8;
            }
        });
    }

    /// Darkens what lies under a picture's shape; `strength` from 0.0 to 1.0.
    pub(super) fn shade(&mut self, sprite: &Sprite, quad: Quad<InFrame>, strength: f32) {
        let strength = (256.0 * strength) as u32;
        self.for_texels(sprite, quad, |pixel, [.., alpha]| {
            let keep = 256 - strength * alpha / 255;
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * keep) >> 8) as u8;
            }
        });
    }

    /// Each pixel that a picture in a quad covers, and the picture's premultiplied colour there.
    fn for_texels(&mut self, sprite: &Sprite, quad: Quad<InFrame>, mut put: impl FnMut(&mut [u8], [u32; 4])) {
        let (width, height) = (sprite.width as f32, sprite.height as f32);
        let Some(map) = Homography::quad_from_rect(width, height, quad).and_then(Homography::inverse) else {
            return;
        };
        let [a, b, c, d, e, f, g, h, i] = map.matrix().map(|value| value as f32);
        let outer = quad.scaled(1.0 + 2.0 / quad.width().max(4.0));
        self.for_rows(outer, |x0, y, row| {
            let v = y as f32 + 0.5;
            for (x, pixel) in (x0..).zip(row.chunks_exact_mut(4)) {
                let u = x as f32 + 0.5;
                let w = 1.0 / (g * u + h * v + i);
                let (sx, sy) = ((a * u + b * v + c) * w - 0.5, (d * u + e * v + f) * w - 0.5);
                if sx > -1.0 && sy > -1.0 && sx < width && sy < height {
                    put(pixel, sample(sprite, sx, sy));
                }
            }
        });
    }

    /// A rectangle with round corners, this opaque.
    pub(super) fn rounded(&mut self, area: Rect<InFrame>, radius: f32, colour: [u8; 3], opacity: f32) {
        let radius = radius.min(area.width() / 2.0).min(area.height() / 2.0).max(0.0);
        let (width, height) = self.image.dimensions();
        let top = area.top.floor().clamp(0.0, height as f32) as u32;
        let bottom = area.bottom.ceil().clamp(0.0, height as f32) as u32;
        let left = area.left.floor().clamp(0.0, width as f32) as u32;
        let right = area.right.ceil().clamp(0.0, width as f32) as u32;
        let half = [area.width() / 2.0 - radius, area.height() / 2.0 - radius];
        let centre = [f32::midpoint(area.left, area.right), f32::midpoint(area.top, area.bottom)];
        for y in top..bottom {
            let dy = ((y as f32 + 0.5 - centre[1]).abs() - half[1]).max(0.0);
            for x in left..right {
                let dx = ((x as f32 + 0.5 - centre[0]).abs() - half[0]).max(0.0);
                let coverage = (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0) * opacity;
                if coverage > 0.0 {
                    blend(&mut self.image.get_pixel_mut(x, y).0, colour, coverage);
                }
            }
        }
    }

    /// The runs of pixels that a convex quad covers, row by row: first column, row, pixels.
    fn for_rows(&mut self, quad: Quad<InFrame>, mut run: impl FnMut(u32, u32, &mut [u8])) {
        let (width, height) = self.image.dimensions();
        let bounds = quad.bounds();
        let top = bounds.top.floor().clamp(0.0, height as f32) as u32;
        let bottom = bounds.bottom.ceil().clamp(0.0, height as f32) as u32;
        let corners = quad.to_xy();
        for y in top..bottom {
            let middle = y as f32 + 0.5;
            let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
            for index in 0..4 {
                let ([ax, ay], [bx, by]) = (corners[index], corners[(index + 1) % 4]);
                if (ay <= middle) != (by <= middle) {
                    let x = ax + (middle - ay) / (by - ay) * (bx - ax);
                    (left, right) = (left.min(x), right.max(x));
                }
            }
            let from = left.round().clamp(0.0, width as f32) as u32;
            let to = right.round().clamp(0.0, width as f32) as u32;
            if from < to {
                let start = (y as usize * width as usize + from as usize) * 4;
                let length = (to - from) as usize * 4;
                let samples = self.image.as_flat_samples_mut().samples;
                run(from, y, &mut samples[start..start + length]);
            }
        }
    }
}

/// Bilinear; transparent beyond the edge, which makes edges smooth.
fn sample(sprite: &Sprite, x: f32, y: f32) -> [u32; 4] {
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (((x - x0) * 256.0) as u32, ((y - y0) * 256.0) as u32);
    let (x0, y0) = (x0 as isize, y0 as isize);
    let texel = |x: isize, y: isize| -> [u32; 4] {
        let inside = x >= 0 && y >= 0 && (x as usize) < sprite.width && (y as usize) < sprite.height;
        if !inside {
            return [0; 4];
        }
        let at = (y as usize * sprite.width + x as usize) * 4;
        [0, 1, 2, 3].map(|channel| u32::from(sprite.pixels[at + channel]))
    };
    let (a, b, c, d) = (texel(x0, y0), texel(x0 + 1, y0), texel(x0, y0 + 1), texel(x0 + 1, y0 + 1));
    [0, 1, 2, 3].map(|channel| {
        let upper = a[channel] * (256 - fx) + b[channel] * fx;
        let lower = c[channel] * (256 - fx) + d[channel] * fx;
        (upper * (256 - fy) + lower * fy) >> 16
    })
}

fn blend(pixel: &mut [u8; 4], colour: [u8; 3], coverage: f32) {
    for (channel, over) in pixel.iter_mut().zip(colour) {
        *channel = (f32::from(*channel) + (f32::from(over) - f32::from(*channel)) * coverage).round() as u8;
    }
}

/// Writes in the bundled font.
pub(super) struct Writer {
    font: Font,
    glyphs: HashMap<(char, u32), (fontdue::Metrics, Vec<u8>)>,
}

impl Writer {
    pub(super) fn new() -> Self {
        let font = Font::from_bytes(FONT, FontSettings::default()).expect("the bundled font is a font");
        Self { font, glyphs: HashMap::new() }
    }

    /// Writes a line centred about `x`, its baseline at `y`.
    pub(super) fn centred(
        &mut self,
        canvas: &mut Canvas,
        text: &str,
        [x, y]: [f32; 2],
        size: f32,
        colour: [u8; 3],
    ) {
        let size = size.round().max(4.0);
        let width: f32 = text.chars().map(|letter| self.glyph(letter, size).0.advance_width).sum();
        let mut pen = x - width / 2.0;
        for letter in text.chars() {
            let (metrics, coverage) = self.glyph(letter, size);
            let left = (pen + metrics.xmin as f32).round() as i64;
            let top = (y - metrics.ymin as f32 - metrics.height as f32).round() as i64;
            for (index, &covered) in coverage.iter().enumerate() {
                let (dx, dy) = ((index % metrics.width) as i64, (index / metrics.width) as i64);
                let (Ok(px), Ok(py)) = (u32::try_from(left + dx), u32::try_from(top + dy)) else { continue };
                if let Some(pixel) = canvas.image.get_pixel_mut_checked(px, py) {
                    blend(&mut pixel.0, colour, f32::from(covered) / 255.0);
                }
            }
            pen += metrics.advance_width;
        }
    }

    fn glyph(&mut self, letter: char, size: f32) -> &(fontdue::Metrics, Vec<u8>) {
        let font = &self.font;
        self.glyphs.entry((letter, size as u32)).or_insert_with(|| font.rasterize(letter, size))
    }
}
