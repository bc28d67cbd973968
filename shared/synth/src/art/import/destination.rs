//! A folder that appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ImportError;

/// Shows that a folder was written by an import, and may be replaced by one.
const MARK: &str = "imported.txt";
const MARK_TEXT: &str =
    "These files come from the player's own copy of the game and stay on this computer.\n";

/// A folder beside the destination, removed again unless it is finished.
pub(super) struct Incoming {
    folder: PathBuf,
    destination: PathBuf,
}

impl Incoming {
    /// Starts an empty folder beside `destination`.
    pub(super) fn create(destination: &Path) -> Result<Self, ImportError> {
        let incoming =
            Self { folder: beside(destination, "incoming"), destination: destination.to_path_buf() };
        restore(destination).map_err(|source| failed(destination, source))?;
        check_replaceable(destination)?;
        remove(&incoming.folder)
            .and_then(|()| fs::create_dir_all(&incoming.folder))
            .map_err(|source| failed(&incoming.folder, source))?;
        Ok(incoming)
    }

    /// Writes a file; `name` is relative and one of ours.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ImportError> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent)
            .and_then(|()| lens_core::atomic::write(&path, bytes))
            .map_err(|source| failed(&path, source))
    }

    /// Puts the folder in the destination's place.
    pub(super) fn finish(self) -> Result<(), ImportError> {
        self.write(MARK, MARK_TEXT.as_bytes())?;
        let old = beside(&self.destination, "old");
        let swap = || -> io::Result<()> {
            remove(&old)?;
            if self.destination.exists() {
                fs::rename(&self.destination, &old)?;
            }
            if let Err(error) = fs::rename(&self.folder, &self.destination) {
                restore(&self.destination)?;
                return Err(error);
            }
            remove(&old)
        };
        swap().map_err(|source| failed(&self.destination, source))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After a finished import there is nothing to remove; after a failed one its own error
        // matters more.
        let _ = remove(&self.folder);
    }
}

fn check_replaceable(destination: &Path) -> Result<(), ImportError> {
    let entries = match fs::read_dir(destination) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed(destination, source)),
    };
    if entries.count() == 0 || destination.join(MARK).is_file() {
        return Ok(());
    }
    Err(ImportError::Occupied { path: destination.to_path_buf() })
}

/// Brings the old folder back if an import was interrupted between its two renames.
fn restore(destination: &Path) -> io::Result<()> {
    let old = beside(destination, "old");
    if old.exists() && !destination.exists() { fs::rename(old, destination) } else { Ok(()) }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(destination: &Path, role: &str) -> PathBuf {
    let name = destination.file_name().unwrap_or_default().to_string_lossy();
    destination.with_file_name(format!(".{name}.{role}"))
}

fn failed(path: &Path, source: io::Error) -> ImportError {
    ImportError::Destination { path: path.to_path_buf(), source }
}
