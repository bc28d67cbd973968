//! What the overlay has to say while a labeller holds the data set: lines that the holder takes in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::{Change, Store, StoreError, read_journal};

const INBOX: &str = "labels.inbox";
const LOCK: &str = ".labels.inbox.lock";

/// Leaves changes that belong together for whoever holds the data set, now or later. On the disk when this returns.
///
/// # Errors
/// When the folder cannot be written.
pub fn leave(folder: &Path, changes: &[Change]) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(StoreError::file(folder))?;
    let _lock = lock(folder)?;
    let path = folder.join(INBOX);
    let append = || -> io::Result<()> {
        // After a crash the last line may have no end: it must not swallow this one.
        let (_, whole) = read_journal(&path).map_err(io::Error::other)?;
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
    /// Makes the changes that wait in the inbox; the answer undoes them, one action after the other.
    ///
    /// # Errors
    /// When they cannot be read or written; then they wait on.
    pub fn take_inbox(&mut self) -> Result<Vec<Vec<Change>>, StoreError> {
        let path = self.folder.join(INBOX);
        if !fs::metadata(&path).is_ok_and(|it| it.len() > 0) {
            return Ok(Vec::new());
        }
        let _lock = lock(&self.folder)?;
        let (actions, _) = read_journal(&path)?;
        let mut undo = Vec::with_capacity(actions.len());
        for action in &actions {
            undo.push(self.apply(action)?);
        }
        // A crash before this line is harmless: the same changes once more change nothing.
        fs::remove_file(&path).map_err(StoreError::file(&path))?;
        Ok(undo)
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let lock = || -> io::Result<File> {
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(StoreError::file(&path))
}
