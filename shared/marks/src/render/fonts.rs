//! The fonts that text is drawn in: ours, and for letters that it lacks those of the system.
//!
//! Where a text has only letters of our font, no other is looked for, so that a scene looks the
//! same everywhere. Names in Chinese, Japanese, Korean and other scripts are drawn with whatever
//! font of the system has their letters; of Chinese characters in the forms that the reader's
//! language has.

use std::collections::HashSet;
use std::fmt;

use glyphon::{Attrs, Buffer, Family, FontSystem, Metrics, Shaping, Weight, fontdb};
use lens_core::font::{Han, SystemFonts};

use crate::scene::label::LINE;

/// DejaVu Sans Bold; its licence lies beside it.
const FONT: &[u8] = lens_core::font::DEJAVU_SANS_BOLD;
const FAMILY: &str = "DejaVu Sans";

/// The fonts, of which the system's are read when a text first needs one.
pub(super) struct Fonts {
    system: FontSystem,
    others: SystemFonts,
    /// Letters that were looked for in the system's fonts.
    looked_for: HashSet<char>,
    /// Names of those of the system that are used.
    used: HashSet<String>,
    /// Whether all of the system may be used: for letters that are no outlines, such as emoji.
    has_all: bool,
}

impl fmt::Debug for Fonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = formatter.debug_struct("Fonts");
        fields.field("used", &self.used).field("has_all", &self.has_all).finish_non_exhaustive()
    }
}

impl Default for Fonts {
    fn default() -> Self {
        Self::for_readers_of(Han::of_system())
    }
}

impl Fonts {
    fn for_readers_of(han: Han) -> Self {
        let mut database = fontdb::Database::new();
        database.load_font_data(FONT.to_vec());
        Self {
            system: FontSystem::new_with_locale_and_db(han.language().into(), database),
            others: SystemFonts::for_readers_of(han),
            looked_for: HashSet::new(),
            used: HashSet::new(),
            has_all: false,
        }
    }

    pub(super) fn system(&mut self) -> &mut FontSystem {
        &mut self.system
    }

    /// The text with its letters laid out.
    pub(super) fn shape(&mut self, text: &str, size: f32) -> Buffer {
        let lacking = lens_core::font::lacking(text);
        let shaping = if lacking.is_empty() { Shaping::Basic } else { Shaping::Advanced };
        self.look_for(lacking);
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(size, size * LINE));
        let attributes = Attrs::new().family(Family::Name(FAMILY)).weight(Weight::BOLD);
        buffer.set_size(None, None);
        buffer.set_text(text, &attributes, shaping, None);
        buffer.shape_until_scroll(&mut self.system, false);
        buffer
    }

    /// Takes fonts of the system for these letters.
    fn look_for(&mut self, mut letters: Vec<char>) {
        letters.retain(|it| self.looked_for.insert(*it));
        let (faces, left) = self.others.faces(&letters);
        for face in faces {
            if self.used.insert(face.post_script_name.clone()) {
                self.system.db_mut().push_face_info(face);
            }
        }
        if !left.is_empty() && !std::mem::replace(&mut self.has_all, true) {
            lens_core::font::load_system_fonts(self.system.db_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters that our font does not have: Chinese "middle" and "bone", which is drawn otherwise
    /// in each country.
    const RARE: char = '\u{4e2d}';
    const BONE: char = '\u{9aa8}';

    /// Names of the fonts in which the letters are drawn, a square as "".
    fn drawn_in(fonts: &mut Fonts, text: &str) -> Vec<String> {
        let buffer = fonts.shape(text, 20.0);
        let glyphs: Vec<_> = buffer.layout_runs().flat_map(|run| run.glyphs.to_vec()).collect();
        let face = |id| fonts.system.db().face(id).map(|face| face.post_script_name.clone());
        glyphs.iter().map(|it| face(it.font_id).filter(|_| it.glyph_id != 0).unwrap_or_default()).collect()
    }

    #[test]
    fn letters_that_our_font_lacks_come_from_the_system() {
        let mut fonts = Fonts::default();
        for ours in ["10♥ of Hearts", "Zażółć", "Цыплёнок"] {
            fonts.shape(ours, 20.0);
            assert!(fonts.used.is_empty() && !fonts.has_all, "{ours} needs no other font");
        }
        if SystemFonts::default().having(&[RARE]).is_empty() {
            println!("SKIPPED: no font of this system has {RARE}");
            return;
        }
        let drawn = drawn_in(&mut fonts, &format!("Joker {RARE}"));
        assert!(!fonts.used.is_empty() && !fonts.has_all, "{fonts:?}");
        assert_eq!(drawn[0], "DejaVuSans-Bold", "the other letters stay in our font: {drawn:?}");
        assert!(fonts.used.contains(&drawn[drawn.len() - 1]), "{drawn:?} {fonts:?}");
    }

    #[test]
    fn chinese_characters_have_the_forms_of_the_readers_language() {
        let mut seen = 0;
        for han in Han::ALL {
            let family = han.families()[0].replace(' ', "").to_lowercase();
            let is_it = |name: &str| name.replace('-', "").to_lowercase().starts_with(&family);
            let found = SystemFonts::for_readers_of(han).having(&[BONE]);
            if !found.first().is_some_and(|it| is_it(&it.name)) {
                continue;
            }
            seen += 1;
            let drawn = drawn_in(&mut Fonts::for_readers_of(han), &format!("A{BONE}"));
            assert!(is_it(&drawn[1]), "{drawn:?} for {han:?}");
        }
        if seen < 2 {
            println!("SKIPPED: this system has no fonts for the forms of two languages");
        }
    }
}
