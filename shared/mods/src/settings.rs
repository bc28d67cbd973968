//! What the player chose in the settings of mods: a file for each mod in *config*, beside the Mods
//! folder, Lua as text or packed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::DeflateDecoder;

/// No settings of a mod, or of the game, are larger.
const MAX_SIZE: u64 = 1 << 20;

/// All settings by the id of their mod.
pub(crate) fn all(folder: Option<&Path>) -> BTreeMap<String, String> {
    let entries = folder.and_then(|it| fs::read_dir(it).ok()).into_iter().flatten().flatten();
    let settings = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let id = name.strip_suffix(".jkr")?.to_owned();
        Some((id, of_file(&entry.path())?))
    });
    settings.collect()
}

/// The Lua in a file of settings, the game's own or a mod's.
pub(crate) fn of_file(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(MAX_SIZE).read_to_end(&mut bytes).ok()?;
    text(&bytes)
}

fn text(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"return") {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut text = Vec::new();
    DeflateDecoder::new(bytes).take(MAX_SIZE).read_to_end(&mut text).ok()?;
    text.starts_with(b"return").then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn settings_are_read_packed_and_plain() {
        let folder = tempfile::tempdir().unwrap();
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"return {a=1}").unwrap();
        let files =
            [("A.jkr", b"return {b=2}".to_vec()), ("B.jkr", packed.finish().unwrap()), ("C.jkr", vec![1, 2])];
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let read = all(Some(folder.path()));
        let read: Vec<(&str, &str)> = read.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        assert_eq!(read, [("A", "return {b=2}"), ("B", "return {a=1}")]);
        assert!(all(Some(&folder.path().join("gone"))).is_empty());
    }
}
