//! The language that the player plays in, out of the game's own settings.
//!
//! `settings.jkr` lies where the game keeps its saves: a Lua table as text, packed by raw deflate
//! (or plain, as modded games write it). It is read as data, and only when a card is explained for
//! the first time.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;

use super::lua::{self, Value};

/// The file of the game's settings.
const SETTINGS_FILE: &str = "settings.jkr";
/// Steam's number of the game.
const STEAM: &str = "2379780";
/// No settings of the game are larger, packed or not; what is larger is cut off and then no table.
const MAX_BYTES: u64 = 1 << 20;

/// The language in the settings of the game that was played last on this machine, as the game's
/// files are called.
pub(super) fn played() -> Option<String> {
    let files = folders().into_iter().map(|folder| folder.join(SETTINGS_FILE));
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

/// Where the game may keep its settings on this system.
fn folders() -> Vec<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return folder("APPDATA").map(|data| data.join("Balatro")).into_iter().collect();
    }
    let Some(home) = folder("HOME") else { return Vec::new() };
    if cfg!(target_os = "macos") {
        return vec![home.join("Library/Application Support/Balatro")];
    }
    let data = folder("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
    // The game's files run by LÖVE itself.
    let native = data.join("love/Balatro");
    let steams = [
        data.join("Steam"),
        home.join(".steam/steam"),
        home.join(".var/app/com.valvesoftware.Steam/.local/share/Steam"),
        home.join("snap/steam/common/.local/share/Steam"),
    ];
    let libraries = steams.iter().flat_map(|steam| libraries(steam));
    let on_proton = libraries.map(|library| {
        library
            .join("steamapps/compatdata")
            .join(STEAM)
            .join("pfx/drive_c/users/steamuser/AppData/Roaming/Balatro")
    });
    std::iter::once(native).chain(on_proton).collect()
}

/// Steam's own library and those on other drives that it lists.
fn libraries(steam: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_to_string(steam.join("steamapps/libraryfolders.vdf")).unwrap_or_default();
    let others = list.lines().filter_map(|line| {
        let path = line.trim().strip_prefix("\"path\"")?.trim().trim_matches('"');
        Some(PathBuf::from(path.replace("\\\\", "\\")))
    });
    std::iter::once(steam.to_path_buf()).chain(others).collect()
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

    #[test]
    fn libraries_on_other_drives_are_looked_through() {
        let steam = tempfile::tempdir().unwrap();
        std::fs::create_dir(steam.path().join("steamapps")).unwrap();
        let list = "\"libraryfolders\"\n{\n\t\"0\"\n\t{\n\t\t\"path\"\t\t\"/mnt/games\"\n\t\t\"label\"\t\t\"\"\n\t}\n}\n";
        std::fs::write(steam.path().join("steamapps/libraryfolders.vdf"), list).unwrap();
        assert_eq!(libraries(steam.path()), [steam.path().to_path_buf(), PathBuf::from("/mnt/games")]);
    }
}
