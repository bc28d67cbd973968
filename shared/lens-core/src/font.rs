//! The font of everything that is drawn: one file, whoever draws; and fonts of the system for
//! letters that it lacks.
//!
//! Where a text has only letters of our font, no other is looked for, so that it looks the same
//! everywhere. Names in Chinese, Japanese, Korean and other scripts are drawn with whatever font of
//! the system has their letters.

use std::fmt;

use fontdb::{Database, FaceInfo, ID, Style};
use ttf_parser::Face;

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
#[derive(Default)]
pub struct SystemFonts {
    database: Option<Database>,
}

impl fmt::Debug for SystemFonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faces = self.database.as_ref().map(Database::len);
        formatter.debug_struct("SystemFonts").field("faces", &faces).finish_non_exhaustive()
    }
}

impl SystemFonts {
    /// Fonts that have these letters, as few as do; none for letters that no font has.
    pub fn having(&mut self, letters: &[char]) -> Vec<SystemFont> {
        if letters.is_empty() {
            return Vec::new();
        }
        let database = self.database.get_or_insert_with(|| {
            let mut database = Database::new();
            load_system_fonts(&mut database);
            database
        });
        let mut faces: Vec<&FaceInfo> = database.faces().filter(|it| it.style == Style::Normal).collect();
        faces.sort_by_key(|face| preference(face));
        let mut left = letters.to_vec();
        let mut chosen = Vec::new();
        while !left.is_empty() {
            let counts = faces.iter().map(|face| (face.id, had(database, face.id, &left).len()));
            // Of several that have as many the preferred one, which comes first.
            let best = counts.reduce(|best, it| if it.1 > best.1 { it } else { best });
            let Some((best, _)) = best.filter(|(_, count)| *count > 0) else { break };
            let has = had(database, best, &left);
            left.retain(|letter| !has.contains(letter));
            faces.retain(|face| face.id != best);
            chosen.extend(file_of(database, best));
        }
        chosen
    }
}

/// Bold ones without serifs first, as our own is.
fn preference(face: &FaceInfo) -> (bool, bool, u16) {
    let name = face.families.first().map(|(name, _)| name.to_lowercase()).unwrap_or_default();
    let is_plain = ["sans", "gothic", "hei"].iter().any(|word| name.contains(word));
    (face.monospaced, !is_plain, face.weight.0.abs_diff(700))
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

fn file_of(database: &Database, id: ID) -> Option<SystemFont> {
    let face = database.face(id)?;
    let name = face.post_script_name.clone();
    database.with_face_data(id, |data, index| SystemFont { name, data: data.to_vec(), index })
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
