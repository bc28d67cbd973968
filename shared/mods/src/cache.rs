//! What was read before, so that a second start with nothing changed reads nothing.
//!
//! Two layers in a folder of our own: the whole listing under a key that follows from the names,
//! sizes and times of all files; and what each mod declares under a key of its contents, for when
//! files were touched or one mod of many changed. Files are replaced whole. Whatever cannot be read
//! is read anew from the mods; nothing here is an error.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::declared::Declared;
use crate::library::{Library, Reading};

/// The folder with what was read.
pub(crate) struct Cache {
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Listing {
    key: String,
    library: Library,
}

#[derive(Serialize)]
struct ListingRef<'a> {
    key: &'a str,
    library: &'a Library,
}

const LISTING: &str = "listing.json";
/// Before the name of what a mod declares.
const DECLARED: &str = "declared-";

impl Cache {
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The listing, if it was made under this key.
    pub(crate) fn library(&self, key: &str) -> Option<Library> {
        let bytes = fs::read(self.folder.join(LISTING)).ok()?;
        // The key stands first: a listing of another is not read through.
        let start = format!("{{\"key\":\"{key}\"");
        if !bytes.starts_with(start.as_bytes()) {
            return None;
        }
        let listing: Listing = serde_json::from_slice(&bytes).ok()?;
        (listing.key == key).then_some(listing.library)
    }

    pub(crate) fn keep(&self, key: &str, library: &Library) {
        self.write(LISTING, &ListingRef { key, library });
        lens_core::atomic::sweep(&self.folder);
    }

    /// What a mod of these contents declares.
    pub(crate) fn declared(&self, digest: &str) -> Option<(Declared, Reading)> {
        let bytes = fs::read(self.folder.join(name(digest))).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(crate) fn keep_declared(&self, digest: &str, declared: &Declared, reading: Reading) {
        self.write(&name(digest), &(declared, reading));
    }

    /// Removes what mods declared that are gone or changed.
    pub(crate) fn forget_all_but<'a>(&self, digests: impl Iterator<Item = &'a str>) {
        let kept: BTreeSet<String> = digests.map(name).collect();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with(DECLARED) && !kept.contains(&name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn write(&self, name: &str, value: &impl Serialize) {
        if let Err(error) = self.replace(name, value) {
            log::warn!("what was read of the mods is not kept in {}: {error}", self.folder.display());
        }
    }

    fn replace(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let bytes = serde_json::to_vec(value)?;
        lens_core::atomic::write(&self.folder.join(name), &bytes)
    }
}

fn name(digest: &str) -> String {
    format!("{DECLARED}{digest}.json")
}
