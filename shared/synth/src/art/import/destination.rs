//! A folder that appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lens_core::replace::Staging;

use super::ImportError;

/// Shows that a folder was written by an import, and may be replaced by one.
const MARK: &str = "imported.txt";
const MARK_TEXT: &str =
    "These files come from the player's own copy of the game and stay on this computer.\n";

/// A folder beside the destination, removed again unless it is finished.
pub(super) struct Incoming {
    staging: Staging,
    destination: PathBuf,
}

impl Incoming {
    /// Starts an empty folder beside `destination`.
    pub(super) fn create(destination: &Path) -> Result<Self, ImportError> {
        lens_core::replace::restore(destination);
        check_replaceable(destination)?;
        let staging = Staging::new(destination).map_err(|source| failed(destination, source))?;
        Ok(Self { staging, destination: destination.to_path_buf() })
    }

    /// Writes a file; `name` is relative and one of ours.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ImportError> {
        let path = self.staging.path().join(name);
        let parent = path.parent().unwrap_or(self.staging.path());
        fs::create_dir_all(parent)
            .and_then(|()| lens_core::atomic::write(&path, bytes))
            .map_err(|source| failed(&self.destination.join(name), source))
    }

    /// Puts the folder in the destination's place.
    pub(super) fn finish(self) -> Result<(), ImportError> {
        self.write(MARK, MARK_TEXT.as_bytes())?;
        let destination = self.destination;
        self.staging.replace().map_err(|source| failed(&destination, source))
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

fn failed(path: &Path, source: io::Error) -> ImportError {
    ImportError::Destination { path: path.to_path_buf(), source }
}
