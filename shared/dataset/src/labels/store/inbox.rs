//! What the overlay has to say while a labeller holds the data set: lines that the holder takes in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::change::Change;
use super::{Store, StoreError, journal};
use crate::labels::Labels;
use lens_core::files;

const INBOX: &str = "labels.inbox";
const LOCK: &str = ".labels.inbox.lock";

/// Leaves changes that belong together for whoever holds the data set, now or later. On the disk
/// when this returns.
///
/// # Errors
/// When the folder cannot be written.
pub fn leave(folder: &Path, changes: &[Change]) -> Result<(), StoreError> {
    files::private_folder(folder).map_err(StoreError::file(folder))?;
    let _lock = lock(folder)?;
    let path = folder.join(INBOX);
    let append = || -> io::Result<()> {
        // After a crash the last line may have no end: it must not swallow this one.
        let (_, whole) = journal::read(&path).map_err(io::Error::other)?;
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(whole)?;
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_data()
    };
    append().map_err(StoreError::file(&path))
}

impl Store {
    /// Makes the changes that wait in the inbox. Returns what undoes them, one action after the
    /// other.
    ///
    /// # Errors
    /// When they cannot be read or written; then they wait on.
    pub fn take_inbox(&mut self) -> Result<Vec<Vec<Change>>, StoreError> {
        let path = self.folder.join(INBOX);
        if !fs::metadata(&path).is_ok_and(|it| it.len() > 0) {
            return Ok(Vec::new());
        }
        let _lock = lock(&self.folder)?;
        let (actions, _) = journal::read(&path)?;
        let mut undo = Vec::with_capacity(actions.len());
        for action in actions {
            let action: Vec<Change> = action.into_iter().map(|it| kept(it, &self.labels)).collect();
            undo.push(self.apply(&action)?);
        }
        // A crash before this line is harmless: the same changes once more change nothing.
        fs::remove_file(&path).map_err(StoreError::file(&path))?;
        Ok(undo)
    }
}

/// What waits.
pub(super) fn read(folder: &Path) -> Result<Vec<Vec<Change>>, StoreError> {
    Ok(journal::read(&folder.join(INBOX))?.0)
}

/// The overlay does not know the label that is there: what it does not say stays.
pub(super) fn kept(change: Change, labels: &Labels) -> Change {
    match change {
        Change::Label { file, label: Some(mut label) } => {
            if let Some(Ok(before)) = labels.get(&file) {
                label.keep_from(&before);
            }
            Change::Label { file, label: Some(label) }
        }
        other => other,
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let lock = || -> io::Result<File> {
        let file = files::lock_file(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(StoreError::file(&path))
}
