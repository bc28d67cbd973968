//! Text of composed images: a pixel font at two widths, a sans-serif one, and blocks of strokes
//! that look like Chinese.
//!
//! Glyphs are rasterised once, at a ladder of sizes, so that a line of text costs its pixels only.

use std::sync::OnceLock;

use lens_core::font::pixel as pixel_font;

use crate::canvas::glyph::{self, Glyph};
use crate::canvas::{Canvas, Colour};
use crate::dice::Dice;

/// A way to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The game's look, and its narrow variant.
    Pixel,
    /// The pixel font, narrower and taller.
    PixelTall,
    /// What other programs on the screen use.
    Sans,
    /// Invented characters of many strokes; a character chooses one of them.
    Strokes,
}

/// Heights of capital letters, in pixels, that glyphs are kept at.
const SIZES: [u32; 16] = [4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 24, 30, 38, 48, 64];
const FIRST: u32 = 0x20;
const COUNT: u32 = 95;

struct Faces(Vec<Vec<Vec<Glyph>>>);

impl Canvas {
    /// Writes a line with capitals of about this height, its top left at `(x, y)`.
    pub(crate) fn text(
        &mut self,
        face: Face,
        text: &str,
        x: f32,
        y: f32,
        height: f32,
        max_width: f32,
        colour: Colour,
    ) {
        let glyphs = faces().at(face, height);
        let line = text.chars().map(|character| &glyphs[index(character)]);
        glyph::paint(line, [x, y], max_width, |x, y, coverage| {
            if coverage > 8 {
                self.dot(x, y, colour, u32::from(coverage) + u32::from(coverage >> 7));
            }
        });
    }

    /// Writes a line centred about `middle`, over a copy of it in the colour of its shadow.
    pub(crate) fn text_centred(
        &mut self,
        face: Face,
        text: &str,
        middle: [f32; 2],
        height: f32,
        max_width: f32,
        colour: Colour,
        shadow: Option<Colour>,
    ) {
        let width = text_width(face, text, height).min(max_width);
        let (x, y) = (middle[0] - width / 2.0, middle[1] - height / 2.0);
        if let Some(shadow) = shadow {
            let drop = (height * 0.12).max(1.0);
            self.text(face, text, x, y + drop, height, max_width, shadow);
        }
        self.text(face, text, x, y, height, max_width, colour);
    }
}

/// Width of a line in pixels.
pub(crate) fn text_width(face: Face, text: &str, height: f32) -> f32 {
    let glyphs = faces().at(face, height);
    text.chars().map(|character| glyphs[index(character)].advance).sum()
}

fn index(character: char) -> usize {
    let index = (character as u32).wrapping_sub(FIRST);
    if index < COUNT { index as usize } else { 0 }
}

fn faces() -> &'static Faces {
    static FACES: OnceLock<Faces> = OnceLock::new();
    FACES.get_or_init(Faces::new)
}

impl Faces {
    fn new() -> Self {
        let ladder = |make: &dyn Fn(char, u32) -> Glyph| -> Vec<Vec<Glyph>> {
            let characters = || (FIRST..FIRST + COUNT).filter_map(char::from_u32);
            SIZES.iter().map(|&size| characters().map(|character| make(character, size)).collect()).collect()
        };
        let strokes: Vec<Vec<[f32; 4]>> = (0..COUNT).map(stroke_character).collect();
        Self(vec![
            ladder(&|character, size| pixel_glyph(character, size, 0.85)),
            ladder(&|character, size| pixel_glyph(character, size, 0.6)),
            ladder(&|character, size| sans_glyph(character, size)),
            ladder(&|character, size| stroke_glyph(&strokes[index(character)], size)),
        ])
    }

    fn at(&self, face: Face, height: f32) -> &[Glyph] {
        let sizes = &self.0[face as usize];
        let position = SIZES.iter().rposition(|&size| size as f32 <= height + 0.5).unwrap_or(0);
        &sizes[position]
    }
}

fn sans_glyph(character: char, size: u32) -> Glyph {
    let mut glyph = Glyph::rasterise(character, size as f32 / 0.73);
    glyph.offset[1] += size as i32;
    glyph
}

fn pixel_glyph(character: char, size: u32, aspect: f32) -> Glyph {
    let (rows, columns) = (pixel_font::ROWS + 1, pixel_font::COLUMNS);
    let unit = size as f32 / pixel_font::ROWS as f32;
    let (width, height) =
        (((columns as f32 + 0.5) * unit * aspect).ceil() as usize, (rows as f32 * unit).ceil() as usize);
    let mask = supersampled(width, height, |x, y| {
        let row = (y / unit) as usize;
        // Strokes are half a column wider than the font's pixels: interfaces write boldly.
        let set = |x: f32| {
            let column = x.max(0.0) as usize;
            x >= 0.0 && column < columns && row < rows && pixel_font::is_set(character, column, row)
        };
        let across = x / (unit * aspect);
        set(across) || set(across - 0.5)
    });
    let advance = if character == ' ' { 3.6 } else { columns as f32 + 1.2 } * unit * aspect;
    Glyph { offset: [0, 0], width, mask, advance }
}

/// Strokes as `[x, y, length, thickness]`; horizontal when the length is positive, else vertical.
fn stroke_character(number: u32) -> Vec<[f32; 4]> {
    let mut dice = Dice::new(u64::from(number), 91);
    (0..dice.between(4, 9))
        .map(|_| {
            let length = dice.range(0.3, 0.9) * if dice.chance(0.55) { 1.0 } else { -1.0 };
            let at = (dice.below(6) as f32) / 6.0 + 0.03;
            let start = dice.range(0.0, 0.94 - length.abs());
            if length > 0.0 { [start, at, length, 0.11] } else { [at, start, length, 0.12] }
        })
        .collect()
}

fn stroke_glyph(strokes: &[[f32; 4]], size: u32) -> Glyph {
    let side = size as f32 * 1.15;
    let pixels = side.ceil() as usize;
    let mask = supersampled(pixels, pixels, |x, y| {
        let (u, v) = (x / side, y / side);
        strokes.iter().any(|&[left, top, length, thickness]| {
            let (w, h) = if length > 0.0 { (length, thickness) } else { (thickness, -length) };
            u >= left && u < left + w && v >= top && v < top + h
        })
    });
    Glyph { offset: [0, 0], width: pixels, mask, advance: side * 1.14 }
}

/// Coverage of each pixel by `inside`, from 16 samples; from four for large glyphs.
fn supersampled(width: usize, height: usize, inside: impl Fn(f32, f32) -> bool) -> Vec<u8> {
    let side = if height < 20 { 4 } else { 2 };
    let mut mask = vec![0; width * height];
    for (position, value) in mask.iter_mut().enumerate() {
        let (x, y) = ((position % width) as f32, (position / width) as f32);
        let sample = |i: usize| {
            let (dx, dy) = ((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
            inside(x + dx / side as f32, y + dy / side as f32)
        };
        let hits = (0..side * side).filter(|&i| sample(i)).count();
        *value = (hits * 255 / (side * side)) as u8;
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Owned;
    use image::{Rgba, RgbaImage};

    #[test]
    fn every_face_writes_inside_its_height_and_width() {
        for face in [Face::Pixel, Face::PixelTall, Face::Sans, Face::Strokes] {
            for height in [4.0, 9.0, 33.0] {
                let mut canvas = Canvas::new(RgbaImage::from_pixel(400, 80, Rgba([0, 0, 0, 255])), Owned::No);
                canvas.text(face, "HELLO WORLD", 10.0, 10.0, height, 120.0, [255, 255, 255]);
                let lit: Vec<_> =
                    canvas.image.enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 100).collect();
                assert!(lit.len() > 8, "{face:?} {height}");
                let fits = lit
                    .iter()
                    .all(|&(x, y, _)| (9..134).contains(&x) && y >= 9 && (y as f32) < 12.0 + height * 1.25);
                assert!(fits, "{face:?} {height}");
            }
        }
    }
}
