//! Glyphs of one font and a line of them: what all text of software images is written with; and
//! of fonts of the system, for images that people look at.

use std::fmt;
use std::sync::OnceLock;

use fontdue::{Font, FontSettings};
use lens_core::font::{SystemFont, SystemFonts};
use swash::FontRef;
use swash::scale::{Render, ScaleContext, Source};
use swash::zeno::{Format, Placement};

/// A letter's image.
#[derive(Debug)]
pub(super) struct Glyph {
    /// From the pen to the left of the mask, and from the line's height to its top.
    pub(super) offset: [i32; 2],
    pub(super) width: usize,
    /// How much of each pixel is covered, row by row.
    pub(super) mask: Vec<u8>,
    pub(super) advance: f32,
}

impl Glyph {
    /// A letter of the bundled font; its offset counts from the baseline.
    pub(super) fn rasterise(character: char, size: f32) -> Self {
        static FONT: OnceLock<Font> = OnceLock::new();
        let font = FONT.get_or_init(|| {
            Font::from_bytes(lens_core::font::DEJAVU_SANS_BOLD, FontSettings::default())
                .expect("the bundled font is valid")
        });
        let (metrics, mask) = font.rasterize(character, size);
        let top = -(metrics.ymin + metrics.height as i32);
        Self { offset: [metrics.xmin, top], width: metrics.width, mask, advance: metrics.advance_width }
    }
}

/// Draws letters of fonts of the system.
#[derive(Default)]
pub(super) struct SystemGlyphs {
    context: ScaleContext,
    system: SystemFonts,
    fonts: Vec<SystemFont>,
}

impl fmt::Debug for SystemGlyphs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SystemGlyphs").field("fonts", &self.fonts).finish_non_exhaustive()
    }
}

impl SystemGlyphs {
    /// Looks for fonts that have these letters.
    pub(super) fn look_for(&mut self, letters: &[char]) {
        self.fonts.extend(self.system.having(letters));
    }

    /// A letter of the first font that has it.
    pub(super) fn rasterise(&mut self, character: char, size: f32) -> Option<Glyph> {
        let fonts = self.fonts.iter().filter_map(|it| FontRef::from_index(&it.data, it.index as usize));
        let (font, glyph) = fonts.map(|font| (font, font.charmap().map(character))).find(|it| it.1 != 0)?;
        let mut scaler = self.context.builder(font).size(size).build();
        let drawn = Render::new(&[Source::Outline]).format(Format::Alpha).render(&mut scaler, glyph)?;
        let Placement { left, top, width, .. } = drawn.placement;
        let advance = font.glyph_metrics(&[]).scale(size).advance_width(glyph);
        Some(Glyph { offset: [left, -top], width: width as usize, mask: drawn.data, advance })
    }
}

/// Calls `put` with each pixel of a line and its coverage, up to the letter that would end beyond
/// `max_width`.
pub(super) fn paint<'a>(
    line: impl Iterator<Item = &'a Glyph>,
    [x, y]: [f32; 2],
    max_width: f32,
    mut put: impl FnMut(i32, i32, u8),
) {
    let mut pen = x;
    for glyph in line {
        if pen + glyph.advance > x + max_width {
            break;
        }
        let (left, top) = (pen.round() as i32 + glyph.offset[0], y.round() as i32 + glyph.offset[1]);
        for (row, covered) in glyph.mask.chunks_exact(glyph.width.max(1)).enumerate() {
            for (column, &coverage) in covered.iter().enumerate() {
                put(left + column as i32, top + row as i32, coverage);
            }
        }
        pen += glyph.advance;
    }
}
