//! The language that the player plays in, out of the game's own settings.
//!
//! `settings.jkr` lies where the game keeps its saves: a Lua table as text, packed by raw deflate
//! (or plain, as modded games write it). It is read as data, and only when a card is explained for
//! the first time.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;

use super::lua::{self, Value};

/// The file of the game's settings.
const SETTINGS_FILE: &str = "settings.jkr";
/// No settings of the game are larger, packed or not; what is larger is cut off and then no table.
const MAX_BYTES: u64 = 1 << 20;

/// The language in the settings of the game that was played last on this machine, as the game's
/// files are called.
pub(super) fn played() -> Option<String> {
    let files = mods::folder::saves().into_iter().map(|folder| folder.join(SETTINGS_FILE));
    let changed = |file: &PathBuf| file.metadata().and_then(|it| it.modified()).ok();
    let newest = files.filter_map(|file| Some((changed(&file)?, file))).max()?.1;
    let language = written(&newest);
    log::info!("{} says {}", newest.display(), language.as_deref().unwrap_or("nothing of a language"));
    language
}

/// What a settings file says.
fn written(file: &Path) -> Option<String> {
    let mut packed = Vec::new();
    File::open(file).ok()?.take(MAX_BYTES).read_to_end(&mut packed).ok()?;
    let text = if packed.starts_with(b"return") {
        String::from_utf8_lossy(&packed).into_owned()
    } else {
        let mut bytes = Vec::new();
        DeflateDecoder::new(packed.as_slice()).take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let settings = lua::returned(&text).ok()?;
    settings.get("language").and_then(Value::string).map(str::to_owned)
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
        assert_eq!(read(b"\xff\x00 no settings"), None);
        assert_eq!(read(&packed[..packed.len() / 2]), None);
        assert_eq!(written(&folder.path().join("gone")), None);
    }
}
