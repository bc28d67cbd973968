//! Which mods the Mods folder holds, as the mod loader would see them. Nothing of their code is
//! read.

use std::fs;
use std::io;
use std::path::Path;

use crate::library::{LeftOut, State, Why};
use crate::metadata::{self, Metadata, MetadataError};
use crate::package::Package;

/// An entry of the Mods folder with the mods in it.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) package: Package,
    pub(crate) mods: Vec<Discovered>,
}

/// A mod that says what it is.
pub(crate) struct Discovered {
    pub(crate) metadata: Metadata,
    /// Below the package, empty or with a `/` at its end.
    pub(crate) folder: String,
    pub(crate) state: State,
}

/// What stands in the folder beside mods, and is none.
const NOT_MODS: [&str; 3] = ["lovely", "steamodded", "smods"];
/// Where the player keeps names of mods that are switched off.
const SWITCHED_OFF: &str = "lovely/blacklist.txt";
/// The file that switches a mod off.
const IGNORED: &str = ".lovelyignore";
/// Heads are looked for in no larger files.
const MAX_HEAD_SIZE: u64 = 4 << 20;

/// Names of all entries that may be mods, in order.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if !name.starts_with('.') && !NOT_MODS.contains(&name.to_lowercase().as_str()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Names of entries that the player's list switches off.
pub(crate) fn switched_off(folder: &Path) -> Vec<String> {
    let list = fs::read(folder.join(SWITCHED_OFF)).unwrap_or_default();
    let lines = String::from_utf8_lossy(&list);
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Looks into an entry: nothing if it is nothing of the loader's, what is wrong if it should be a
/// mod.
pub(crate) fn look(name: &str, package: Package, switched_off: &[String]) -> Result<Option<Entry>, LeftOut> {
    let mut mods = Vec::new();
    let mut wrong = Vec::new();
    let is_off = if package.find(IGNORED).is_some() {
        Some(format!("{IGNORED} lies in its folder"))
    } else {
        switched_off.iter().any(|it| it == name).then(|| format!("{SWITCHED_OFF} names it"))
    };
    for path in package.paths() {
        let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let lower = path.to_lowercase();
        // As deep as the loader looks: the entry's own folder and those in it.
        let is_far = folder.matches('/').count() > 1;
        if is_far || lower.starts_with("localization/") || lower.starts_with("assets/") {
            continue;
        }
        let read = match lower.rsplit_once('.').map(|(_, kind)| kind) {
            Some("json") => package.text(path).ok().and_then(|text| metadata::from_json(&text)),
            Some("lua") => header(&package, path),
            _ => None,
        };
        match read {
            Some(Ok(metadata)) if metadata.id == "Steamodded" => {}
            Some(Ok(metadata)) => {
                let main = format!("{folder}{}", metadata.main_file);
                let state = match (&is_off, package.find(&main)) {
                    (Some(why), _) => State::Off(why.clone()),
                    (None, None) => State::Broken(format!("its main file {main:?} is not there")),
                    (None, Some(_)) => State::On,
                };
                mods.push(Discovered { metadata, folder, state });
            }
            Some(Err(why)) => wrong.push(format!("{path}: {why}")),
            None => {}
        }
    }
    if mods.is_empty() {
        let unreadable = |why| LeftOut { what: name.to_owned(), why: Why::Unreadable(why) };
        return wrong.into_iter().next().map_or(Ok(None), |why| Err(unreadable(why)));
    }
    Ok(Some(Entry { name: name.to_owned(), package, mods }))
}

fn header(package: &Package, path: &str) -> Option<Result<Metadata, MetadataError>> {
    let start = package.read_start(path, 64).ok()?;
    let text = crate::package::text_of(&start);
    if !text.starts_with("--- STEAMODDED HEADER") {
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let whole = package.read_start(path, MAX_HEAD_SIZE).ok()?;
    metadata::from_header(&crate::package::text_of(&whole), file)
}
