//! Text in the bundled font at any size, for pictures that people look at.

use std::collections::HashMap;

use crate::canvas::glyph::{self, Glyph};
use crate::canvas::{Canvas, Colour};

/// Writes on canvases; keeps the letters that it has written.
#[derive(Debug, Default)]
pub struct Writer {
    glyphs: HashMap<(char, u32), Glyph>,
}

impl Writer {
    /// Width of a line in pixels.
    pub fn width(&mut self, text: &str, size: f32) -> f32 {
        self.prepare(text, size);
        self.line(text, size).map(|glyph| glyph.advance).sum()
    }

    /// Writes a line from `x` on, its baseline at `y`. No pixel is claimed.
    pub fn write(&mut self, canvas: &mut Canvas, text: &str, at: [f32; 2], size: f32, colour: Colour) {
        self.prepare(text, size);
        glyph::paint(self.line(text, size), at, f32::INFINITY, |x, y, coverage| {
            canvas.blend(x.into(), y.into(), colour, f32::from(coverage) / 255.0);
        });
    }

    /// Writes a line centred about `x`, its baseline at `y`. No pixel is claimed.
    pub fn centred(&mut self, canvas: &mut Canvas, text: &str, [x, y]: [f32; 2], size: f32, colour: Colour) {
        let left = x - self.width(text, size) / 2.0;
        self.write(canvas, text, [left, y], size, colour);
    }

    fn prepare(&mut self, text: &str, size: f32) {
        for character in text.chars() {
            let key = (character, size.to_bits());
            self.glyphs.entry(key).or_insert_with(|| Glyph::rasterise(character, size));
        }
    }

    /// The letters of a line that was prepared.
    fn line<'a>(&'a self, text: &'a str, size: f32) -> impl Iterator<Item = &'a Glyph> {
        text.chars().filter_map(move |character| self.glyphs.get(&(character, size.to_bits())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    #[test]
    fn a_line_is_as_wide_as_was_said_and_centred() {
        for size in [9.5, 13.0, 40.0] {
            let mut canvas = Canvas::unowned(RgbaImage::from_pixel(400, 80, Rgba([0, 0, 0, 255])));
            let mut writer = Writer::default();
            let width = writer.width("HOOOH", size);
            writer.centred(&mut canvas, "HOOOH", [200.0, 60.0], size, [255, 255, 255]);
            let lit = || canvas.image().enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 100);
            let left = lit().map(|(x, ..)| x).min().unwrap() as f32;
            let right = lit().map(|(x, ..)| x + 1).max().unwrap() as f32;
            let bottom = lit().map(|(_, y, _)| y + 1).max().unwrap();
            assert!((f32::midpoint(left, right) - 200.0).abs() < 1.6, "{size}: {left} {right}");
            assert!((right - left - width).abs() < 0.25 * size, "{size}: {left} {right} {width}");
            assert!(bottom.abs_diff(60) <= 1, "{size}: letters stand on the baseline, not at {bottom}");
        }
    }
}
