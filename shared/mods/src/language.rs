//! The language that the player plays in, out of the game's own settings.
//!
//! `settings.jkr` lies where the game keeps its saves: a Lua table as text, packed by raw deflate
//! (or plain, as modded games write it). It is read as data.

use std::path::{Path, PathBuf};

use crate::folder;
use crate::lua::evaluate::{Deaf, Globals, Walk};
use crate::lua::source;
use crate::settings;

/// The file of the game's settings.
const SETTINGS_FILE: &str = "settings.jkr";

/// Whatever language the game is played in.
pub const AS_PLAYED: &str = "auto";
/// The game's languages, as its files are called; the first stands for a game that says none.
pub const LANGUAGES: [&str; 15] = [
    "en-us", "de", "es_419", "es_ES", "fr", "id", "it", "ja", "ko", "nl", "pl", "pt_BR", "ru", "zh_CN",
    "zh_TW",
];

/// The language that a setting asks for; for [`AS_PLAYED`] the one that the game is set to.
pub fn wanted(setting: &str) -> String {
    if setting != AS_PLAYED {
        return setting.to_owned();
    }
    played().unwrap_or_else(|| LANGUAGES[0].to_owned())
}

/// The language in the settings of the game that was played last on this machine, as the game's
/// files are called.
pub fn played() -> Option<String> {
    let files = folder::saves().into_iter().map(|folder| folder.join(SETTINGS_FILE));
    let changed = |file: &PathBuf| file.metadata().and_then(|it| it.modified()).ok();
    let newest = files.filter_map(|file| Some((changed(&file)?, file))).max()?.1;
    let language = written(&newest);
    log::info!("{} says {}", newest.display(), language.as_deref().unwrap_or("nothing of a language"));
    language
}

/// The language that a `settings.jkr` says, as the game's files are called.
pub fn written(file: &Path) -> Option<String> {
    let text = settings::of_file(file)?;
    let tree = source::parse(&text).ok()?;
    let mut globals = Globals::default();
    let returned = Walk::new(&mut Deaf, &mut globals).file(&tree);
    let language = returned.table()?.borrow().text("language")?.to_string();
    // A part of a path, later on.
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
    (!language.is_empty() && language.chars().all(is_name)).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write as _;

    #[test]
    fn packed_and_plain_settings_are_read_and_others_are_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(SETTINGS_FILE);
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            written(&file)
        };
        let text = "return {[\"GAMESPEED\"]=4,[\"language\"]=\"es_419\",[\"SOUND\"]={[\"volume\"]=50,},}";
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(&packed).as_deref(), Some("es_419"));
        assert_eq!(read(text.as_bytes()).as_deref(), Some("es_419"));
        assert_eq!(read(b"return {}"), None);
        assert_eq!(read(b"return {language=\"../../secret\"}"), None);
        assert_eq!(read(b"\xff\x00 no settings"), None);
        assert_eq!(read(&packed[..packed.len() / 2]), None);
        assert_eq!(written(&folder.path().join("gone")), None);
    }
}
