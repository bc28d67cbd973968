//! Where the game keeps its saves and its mods on this system.
//!
//! Steam's own library and those on other drives are looked through, and the game's files run by
//! LÖVE itself. A setting of the player goes before all of it, which is the caller's to know.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Steam's number of the game.
const STEAM: &str = "2379780";
/// The folder below that of the saves.
const MODS: &str = "Mods";
/// No list of libraries is longer, in bytes, and nobody has more of them.
const MAX_LIST: u64 = 1 << 20;
const MAX_LIBRARIES: usize = 64;

/// The Mods folder of this system: of several, the one in which something changed last.
pub fn find() -> Option<PathBuf> {
    let there = saves().into_iter().map(|saves| saves.join(MODS)).filter(|folder| folder.is_dir());
    let changed = |folder: &PathBuf| folder.metadata().and_then(|it| it.modified()).ok();
    there.max_by_key(changed)
}

/// Every folder in which the game may keep its saves on this system, there or not.
pub fn saves() -> Vec<PathBuf> {
    saves_on(&System { name: env::consts::OS, variable: &|name| env::var_os(name).map(PathBuf::from) })
}

/// A system, as far as folders go.
struct System<'a> {
    name: &'a str,
    variable: &'a dyn Fn(&str) -> Option<PathBuf>,
}

fn saves_on(system: &System<'_>) -> Vec<PathBuf> {
    let folder = |name: &str| (system.variable)(name).filter(|it| !it.as_os_str().is_empty());
    if system.name == "windows" {
        return folder("APPDATA").map(|data| data.join("Balatro")).into_iter().collect();
    }
    let Some(home) = folder("HOME") else { return Vec::new() };
    if system.name == "macos" {
        return vec![home.join("Library/Application Support/Balatro")];
    }
    // A relative one does not count, says the Base Directory Specification.
    let data = folder("XDG_DATA_HOME").filter(|it| it.is_absolute());
    let data = data.unwrap_or_else(|| home.join(".local/share"));
    let steams = [
        data.join("Steam"),
        home.join(".steam/steam"),
        home.join(".var/app/com.valvesoftware.Steam/.local/share/Steam"),
        home.join("snap/steam/common/.local/share/Steam"),
    ];
    let on_proton = steams.iter().flat_map(|steam| libraries(steam)).map(|library| {
        library
            .join("steamapps/compatdata")
            .join(STEAM)
            .join("pfx/drive_c/users/steamuser/AppData/Roaming/Balatro")
    });
    let native = ["love/Balatro", "Balatro"].map(|it| data.join(it));
    native.into_iter().chain(on_proton).collect()
}

/// Steam's own library and those on other drives that it lists.
fn libraries(steam: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    if let Ok(file) = File::open(steam.join("steamapps/libraryfolders.vdf")) {
        // What could not be read to its end has the libraries of its beginning.
        let _ = file.take(MAX_LIST).read_to_end(&mut list);
    }
    std::iter::once(steam.to_path_buf()).chain(listed(&list)).collect()
}

/// The folders that Steam's `libraryfolders.vdf` names.
pub fn listed(list: &[u8]) -> Vec<PathBuf> {
    let list = String::from_utf8_lossy(list);
    let paths = list.lines().filter_map(|line| {
        let path = line.trim().strip_prefix("\"path\"")?.trim().trim_matches('"');
        (!path.is_empty()).then(|| PathBuf::from(path.replace("\\\\", "\\")))
    });
    paths.take(MAX_LIBRARIES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_folders() {
        let home = tempfile::tempdir().unwrap();
        let steam = home.path().join(".steam/steam/steamapps");
        std::fs::create_dir_all(&steam).unwrap();
        let drive = home.path().join("drive");
        let list = format!("\"0\"\n{{\n\t\"path\"\t\t\"{}\"\n}}\n", drive.display());
        std::fs::write(steam.join("libraryfolders.vdf"), list).unwrap();
        let cases = [
            ("windows", home.path().join("Balatro")),
            ("macos", home.path().join("Library/Application Support/Balatro")),
            ("linux", home.path().join(".local/share/love/Balatro")),
            (
                "linux",
                drive
                    .join("steamapps/compatdata/2379780/pfx/drive_c/users/steamuser/AppData/Roaming/Balatro"),
            ),
        ];
        for (name, expected) in cases {
            let variable = |it: &str| matches!(it, "HOME" | "APPDATA").then(|| home.path().to_owned());
            let found = saves_on(&System { name, variable: &variable });
            assert!(found.contains(&expected), "{name}: {found:?}");
        }
        assert!(saves_on(&System { name: "linux", variable: &|_| None }).is_empty());
        let relative = |it: &str| match it {
            "HOME" => Some(home.path().to_owned()),
            _ => (it == "XDG_DATA_HOME").then(|| "data".into()),
        };
        let found = saves_on(&System { name: "linux", variable: &relative });
        assert!(found.iter().all(|it| it.is_absolute()), "{found:?}");
    }
}
