//! Files that another program broke or changed: each is kept under another name before it is
//! overwritten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::{StoreError, arrangement};
use lens_core::atomic;

/// How a file was when it was read or written here last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Known {
    stamp: Option<(SystemTime, u64)>,
    digest: [u8; 32],
}

impl Known {
    /// As the file is now; also when it is not there.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let stamp = stamp(path);
        match fs::read(path) {
            Ok(content) => Ok(Self { stamp, digest: digest(&content) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(StoreError::File { path: path.into(), source }),
        }
    }

    /// As it was just written.
    pub(super) fn written(path: &Path, content: &[u8]) -> Self {
        Self { stamp: stamp(path), digest: digest(content) }
    }

    /// Keeps a copy of the file when somebody else has changed it since. Returns how it is now, and
    /// a note for people.
    pub(super) fn keep_changed(&self, path: &Path) -> Result<Option<(Self, String)>, StoreError> {
        let stamp = stamp(path);
        if stamp.is_none() || stamp == self.stamp {
            return Ok(None);
        }
        let content = fs::read(path).map_err(StoreError::file(path))?;
        let changed = Self { stamp, digest: digest(&content) };
        if changed.digest == self.digest {
            return Ok(None);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let aside = free_name(folder, "labels.changed");
        atomic::write(&aside, &content).map_err(StoreError::file(&aside))?;
        let note = format!(
            "{} was changed by another program while it was open here: that file is kept as {}; \
             copy what you need from it into labels.json while no labeller is open",
            path.display(),
            name(&aside)
        );
        Ok(Some((changed, note)))
    }
}

/// Moves a damaged `arrangement.json` away. Returns a note for people.
pub(super) fn put_aside(folder: &Path, reason: &str) -> Result<String, StoreError> {
    let path = folder.join(arrangement::FILE_NAME);
    let aside = free_name(folder, "arrangement.damaged");
    fs::rename(&path, &aside).map_err(StoreError::file(&path))?;
    Ok(format!(
        "{} is damaged: {reason}. It is kept as {}; groups are as they were captured and the bin is empty \
         until you mend it and put it back while no labeller is open",
        path.display(),
        name(&aside)
    ))
}

/// `stem-1.json`, or the first number that is free.
pub(super) fn free_name(folder: &Path, stem: &str) -> PathBuf {
    (1..)
        .map(|number| folder.join(format!("{stem}-{number}.json")))
        .find(|path| !path.exists())
        .expect("there is always a next number")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn digest(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}
