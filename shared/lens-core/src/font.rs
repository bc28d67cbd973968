//! The font of everything that is drawn: one file, whoever draws; fonts of the system for letters
//! that it lacks; and the pixel font of headings.
//!
//! Where a text has only letters of our font, no other is looked for, so that it looks the same
//! everywhere. Names in Chinese, Japanese, Korean and other scripts are drawn with whatever font of
//! the system has their letters; of Chinese characters in the forms that the reader's language has.

mod han;
pub mod pixel;

use std::fmt;

use fontdb::{Database, FaceInfo, ID, Style};
use ttf_parser::Face;

pub use han::Han;

/// DejaVu Sans Bold, as a TrueType file.
pub const DEJAVU_SANS_BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.ttf");

/// A font of the system.
#[derive(Clone, PartialEq, Eq)]
pub struct SystemFont {
    /// What it is called.
    pub name: String,
    /// Its file.
    pub data: Vec<u8>,
    /// Which one of the file it is.
    pub index: u32,
}

impl fmt::Debug for SystemFont {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SystemFont").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Adds all fonts of this system.
pub fn load_system_fonts(database: &mut Database) {
    database.load_system_fonts();
    log::info!("a text has letters of another script: {} fonts were read", database.len());
}

/// Whether our own font has every letter of a text.
pub fn covers(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let Ok(own) = Face::parse(DEJAVU_SANS_BOLD, 0) else { return true };
    text.chars().all(|letter| letter.is_whitespace() || own.glyph_index(letter).is_some())
}

/// The letters of a text that our own font lacks, each once.
pub fn lacking(text: &str) -> Vec<char> {
    if text.is_ascii() {
        return Vec::new();
    }
    let Ok(own) = Face::parse(DEJAVU_SANS_BOLD, 0) else { return Vec::new() };
    let is_lacking = |letter: &char| !letter.is_whitespace() && own.glyph_index(*letter).is_none();
    let mut letters: Vec<char> = text.chars().filter(is_lacking).collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

/// The fonts of this system, which are looked through when a letter is first asked for.
pub struct SystemFonts {
    database: Option<Database>,
    han: Han,
}

impl Default for SystemFonts {
    /// For readers of the system's language.
    fn default() -> Self {
        Self::for_readers_of(Han::of_system())
    }
}

impl fmt::Debug for SystemFonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faces = self.database.as_ref().map(Database::len);
        formatter.debug_struct("SystemFonts").field("faces", &faces).finish_non_exhaustive()
    }
}

impl SystemFonts {
    /// Chinese characters are taken from fonts with these forms, where there are any.
    pub fn for_readers_of(han: Han) -> Self {
        Self { database: None, han }
    }

    /// Fonts that have these letters, as few as do; none for letters that no font has.
    pub fn having(&mut self, letters: &[char]) -> Vec<SystemFont> {
        let (faces, _) = self.faces(letters);
        let Some(database) = &self.database else { return Vec::new() };
        faces.iter().filter_map(|face| file_of(database, face)).collect()
    }

    /// Faces that have these letters, as few as do, and the letters that none has.
    pub fn faces(&mut self, letters: &[char]) -> (Vec<FaceInfo>, Vec<char>) {
        let (mut chosen, mut left) = (Vec::new(), letters.to_vec());
        if letters.is_empty() {
            return (chosen, left);
        }
        let database = self.database.get_or_insert_with(|| {
            let mut database = Database::new();
            load_system_fonts(&mut database);
            database
        });
        let mut faces: Vec<&FaceInfo> = database.faces().filter(|it| it.style == Style::Normal).collect();
        faces.sort_by_key(|face| preference(face, self.han));
        while !left.is_empty() {
            let counts = faces.iter().map(|face| (*face, had(database, face.id, &left).len()));
            // Of several that have as many the preferred one, which comes first.
            let best = counts.reduce(|best, it| if it.1 > best.1 { it } else { best });
            let Some((best, _)) = best.filter(|(_, count)| *count > 0) else { break };
            let has = had(database, best.id, &left);
            left.retain(|letter| !has.contains(letter));
            chosen.push(best.clone());
            faces.retain(|face| face.id != best.id);
        }
        (chosen, left)
    }
}

/// Bold ones without serifs first, as our own is; before these, those with the reader's forms.
fn preference(face: &FaceInfo, han: Han) -> (bool, usize, bool, u16) {
    let families = han.families();
    let is_of_face = |family: &&str| face.families.iter().any(|(name, _)| name.eq_ignore_ascii_case(family));
    let rank = families.iter().position(is_of_face).unwrap_or(families.len());
    let name = face.families.first().map(|(name, _)| name.to_lowercase()).unwrap_or_default();
    let is_plain = ["sans", "gothic", "hei"].iter().any(|word| name.contains(word));
    (face.monospaced, rank, !is_plain, face.weight.0.abs_diff(700))
}

/// Those of the letters that a face has, as outlines.
fn had(database: &Database, id: ID, letters: &[char]) -> Vec<char> {
    let look = |data: &[u8], index: u32| {
        let face = Face::parse(data, index).ok()?;
        let tables = face.tables();
        let is_drawn = tables.glyf.is_some() || tables.cff.is_some();
        let has = |letter: &&char| is_drawn && face.glyph_index(**letter).is_some();
        Some(letters.iter().filter(has).copied().collect::<Vec<char>>())
    };
    database.with_face_data(id, look).flatten().unwrap_or_default()
}

fn file_of(database: &Database, face: &FaceInfo) -> Option<SystemFont> {
    let name = face.post_script_name.clone();
    database.with_face_data(face.id, |data, index| SystemFont { name, data: data.to_vec(), index })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_letters_need_no_other_font() {
        for ours in ["10\u{2665} of Hearts", "Za\u{17c}\u{f3}\u{142}\u{107}", "\u{426}\u{44b}\u{43f}"] {
            assert!(covers(ours) && lacking(ours).is_empty(), "{ours}");
        }
        assert!(!covers("Joker \u{4e2d}"));
        assert_eq!(lacking("\u{6587} Joker \u{4e2d}\u{6587}"), ['\u{4e2d}', '\u{6587}']);
        assert!(SystemFonts::default().having(&[]).is_empty());
    }

    /// Japanese readers see Japanese forms, and Chinese ones Chinese forms: fonts that have both
    /// letters are told apart by their family alone.
    #[test]
    fn chinese_characters_have_the_forms_of_the_readers_language() {
        // "Bone", of which every one of the five has a form of its own.
        let letter = ['\u{9aa8}'];
        let mut database = Database::new();
        load_system_fonts(&mut database);
        let has = |family: &str| {
            let mut names = database.faces().flat_map(|face| &face.families);
            names.any(|(name, _)| name.eq_ignore_ascii_case(family))
        };
        let noto = Han::ALL.into_iter().filter(|han| has(han.families()[0]));
        let mut seen = 0;
        for han in noto {
            let fonts = SystemFonts::for_readers_of(han).having(&letter);
            let family = han.families()[0].replace(' ', "").to_lowercase();
            let is_it =
                fonts.len() == 1 && fonts[0].name.replace('-', "").to_lowercase().starts_with(&family);
            assert!(is_it, "{fonts:?} for {han:?}");
            seen += 1;
        }
        if seen < 2 {
            println!("SKIPPED: this system has no two of {:?}", Han::ALL.map(|it| it.families()[0]));
        }
    }

    /// A letter that no font has leaves the others theirs.
    #[test]
    fn letters_of_another_script_come_from_the_system() {
        let letters = ['\u{4e2d}', '\u{10fffd}'];
        let fonts = SystemFonts::default().having(&letters);
        if fonts.is_empty() {
            println!("SKIPPED: no font of this system has {}", letters[0]);
            return;
        }
        let has = |font: &SystemFont, letter| {
            Face::parse(&font.data, font.index).unwrap().glyph_index(letter).is_some()
        };
        assert!(fonts.len() == 1 && has(&fonts[0], letters[0]), "{fonts:?}");
    }
}
