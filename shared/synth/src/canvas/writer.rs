//! Text in the bundled font at any size, for images that people look at.

use std::collections::{HashMap, HashSet};

use crate::canvas::glyph::{self, Glyph, SystemGlyphs};
use crate::canvas::{Canvas, Colour};

/// Writes on canvases; keeps the letters that it has written.
#[derive(Debug, Default)]
pub struct Writer {
    glyphs: HashMap<(char, u32), Glyph>,
    /// Nothing where images must be the same everywhere.
    others: Option<SystemGlyphs>,
    /// Letters that were looked for in the system's fonts.
    looked_for: HashSet<char>,
}

impl Writer {
    /// One that takes letters which the bundled font lacks from the system's fonts, so that what it
    /// writes is not the same everywhere.
    pub fn with_system_fonts() -> Self {
        Self { others: Some(SystemGlyphs::default()), ..Self::default() }
    }

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
        let lacking = match &self.others {
            Some(_) => lens_core::font::lacking(text),
            None => Vec::new(),
        };
        let new: Vec<char> = lacking.iter().copied().filter(|it| self.looked_for.insert(*it)).collect();
        if let Some(others) = self.others.as_mut().filter(|_| !new.is_empty()) {
            others.look_for(&new);
        }
        for character in text.chars() {
            let key = (character, size.to_bits());
            if self.glyphs.contains_key(&key) {
                continue;
            }
            let is_lacking = lacking.contains(&character);
            let other =
                self.others.as_mut().filter(|_| is_lacking).and_then(|it| it.rasterise(character, size));
            self.glyphs.insert(key, other.unwrap_or_else(|| Glyph::rasterise(character, size)));
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
    use lens_core::font::SystemFonts;

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

    #[test]
    fn letters_of_another_script_come_from_the_system_when_that_is_wanted() {
        let written = |mut writer: Writer, text: &str| {
            let mut canvas = Canvas::unowned(RgbaImage::from_pixel(200, 60, Rgba([0, 0, 0, 255])));
            let width = writer.width(text, 32.0);
            writer.write(&mut canvas, text, [10.0, 45.0], 32.0, [255, 255, 255]);
            (canvas.into_image(), width)
        };
        for ours in ["Fox 10\u{2665}", "\u{426}\u{44b}\u{43f}"] {
            assert_eq!(
                written(Writer::default(), ours),
                written(Writer::with_system_fonts(), ours),
                "letters of our own font look the same everywhere"
            );
        }
        const CAT: &str = "\u{732b}";
        if SystemFonts::default().having(&CAT.chars().collect::<Vec<_>>()).is_empty() {
            println!("SKIPPED: no font of this system has {CAT}");
            return;
        }
        let (square, _) = written(Writer::default(), CAT);
        let (cat, width) = written(Writer::with_system_fonts(), CAT);
        assert_ne!(square, cat);
        let lit = || cat.enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 100);
        let (left, right) = (lit().map(|(x, ..)| x).min().unwrap(), lit().map(|(x, ..)| x).max().unwrap());
        let (top, bottom) =
            (lit().map(|(_, y, _)| y).min().unwrap(), lit().map(|(_, y, _)| y).max().unwrap());
        // A Chinese character fills its square, which is as wide as the letters are high.
        assert!((28.0..36.0).contains(&width), "{width}");
        assert!(left >= 10 && right <= 10 + 34 && right - left >= 22, "{left} {right}");
        assert!(top >= 10 && bottom <= 52 && bottom - top >= 22, "{top} {bottom}");
    }
}
