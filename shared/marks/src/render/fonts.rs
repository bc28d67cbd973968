//! The fonts that text is drawn in: ours, and for letters that it lacks those of the system.
//!
//! Where a text has only letters of our font, no other is looked for, so that a scene looks the
//! same everywhere. Names in Chinese, Japanese, Korean and other scripts are drawn with whatever
//! font of the system has their letters.

use std::fmt;

use glyphon::{Attrs, Buffer, Family, FontSystem, Metrics, Shaping, Weight, fontdb};

use crate::scene::label::LINE;

/// DejaVu Sans Bold; its licence lies beside it.
const FONT: &[u8] = lens_core::font::DEJAVU_SANS_BOLD;
const FAMILY: &str = "DejaVu Sans";

/// The fonts, of which the system's are read when a text first needs one.
pub(super) struct Fonts {
    system: FontSystem,
    own: Option<fontdb::ID>,
    has_others: bool,
}

impl fmt::Debug for Fonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fonts").field("has_others", &self.has_others).finish_non_exhaustive()
    }
}

impl Default for Fonts {
    fn default() -> Self {
        let mut database = fontdb::Database::new();
        database.load_font_data(FONT.to_vec());
        let own = database.faces().next().map(|face| face.id);
        Self { system: FontSystem::new_with_locale_and_db("en-GB".into(), database), own, has_others: false }
    }
}

impl Fonts {
    pub(super) fn system(&mut self) -> &mut FontSystem {
        &mut self.system
    }

    /// The text with its letters laid out.
    pub(super) fn shape(&mut self, text: &str, size: f32) -> Buffer {
        let shaping = if self.covers(text) { Shaping::Basic } else { self.with_others() };
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(size, size * LINE));
        let attributes = Attrs::new().family(Family::Name(FAMILY)).weight(Weight::BOLD);
        buffer.set_size(None, None);
        buffer.set_text(text, &attributes, shaping, None);
        buffer.shape_until_scroll(&mut self.system, false);
        buffer
    }

    /// Whether our own font has every letter of a text.
    fn covers(&mut self, text: &str) -> bool {
        if text.is_ascii() {
            return true;
        }
        let Some(font) = self.own.and_then(|own| self.system.get_font(own, Weight::BOLD)) else {
            return true;
        };
        let letters = font.as_swash().charmap();
        text.chars().all(|letter| letter.is_whitespace() || letters.map(letter) != 0)
    }

    /// Reads the system's fonts, and says how a text is shaped that may use them.
    fn with_others(&mut self) -> Shaping {
        if !std::mem::replace(&mut self.has_others, true) {
            lens_core::font::load_system_fonts(self.system.db_mut());
        }
        Shaping::Advanced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter that our font does not have: Chinese "middle".
    const RARE: char = '\u{4e2d}';

    #[test]
    fn letters_that_our_font_lacks_come_from_the_system() {
        let mut fonts = Fonts::default();
        for ours in ["10♥ of Hearts", "Zażółć", "Цыплёнок"] {
            fonts.shape(ours, 20.0);
            assert!(!fonts.has_others, "{ours} needs no other font");
        }
        let buffer = fonts.shape(&format!("Joker {RARE}"), 20.0);
        assert!(fonts.has_others);
        let glyphs: Vec<_> = buffer.layout_runs().flat_map(|run| run.glyphs.to_vec()).collect();
        let mut others = fonts.system.db().faces().map(|face| face.id).collect::<Vec<_>>().into_iter();
        let is_there = others.any(|id| {
            let font = fonts.system.get_font(id, Weight::NORMAL);
            font.is_some_and(|font| font.as_swash().charmap().map(RARE) != 0)
        });
        if !is_there {
            println!("SKIPPED: no font of this system has {RARE}");
            return;
        }
        let last = glyphs.last().expect("the text has letters");
        assert_ne!(last.glyph_id, 0, "a square");
        assert_ne!(Some(last.font_id), fonts.own);
        assert_eq!(Some(glyphs[0].font_id), fonts.own, "the other letters stay in our font");
    }
}
