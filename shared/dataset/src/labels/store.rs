//! A data set that people work on: `labels.json`, what is not labelled yet, and a journal between
//! two saves.
//!
//! ```text
//! Change ─▶ labels.journal (synced) ─▶ memory ─checkpoint─▶ labels.json, arrangement.json
//! ```
//!
//! A change is on the disk before [`Store::apply`] returns: a crash loses at most the change under
//! way. Changes say what is, not what to do, so that reading the journal twice does no harm. One
//! window at a time may write ([`Store`]); others read ([`read`]), and the overlay leaves what it
//! learns in an inbox ([`leave`]). Labels are the only truth; groups and drafts are a convenience.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Labels;
use crate::{disk, file_name};
use arrangement::Arrangement;
use change::state;
use external_edits::Known;
use lens_core::counted::counted;
use lens_core::{atomic, files};
use reading::read_files;

mod arrangement;
mod change;
mod external_edits;
pub mod ids;
mod inbox;
mod journal;
mod reading;

pub use arrangement::Place;
pub use change::Change;
pub use inbox::leave;
pub use reading::{DataSet, read};

/// Changes since the last checkpoint, one action a line.
pub const JOURNAL: &str = "labels.journal";
/// The labels of the last checkpoint once more, for the day when `labels.json` is broken by hand.
pub const LAST_GOOD: &str = "labels.last-good.json";
const LOCK: &str = ".labels.lock";
/// Actions after which the files are written anew.
const CHECKPOINT_AFTER: usize = 200;

/// The data set of a folder, and the right to change it.
pub struct Store {
    folder: PathBuf,
    originals: PathBuf,
    labels: Labels,
    arrangement: Arrangement,
    journal: File,
    length: u64,
    pending: usize,
    known: Known,
    notes: Vec<String>,
    _lock: File,
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be used.
    #[error("cannot save labels: {} ({path})", crate::disk::reason(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another window has it open.
    #[error("another labeller has {0} open\nhelp: close it, or look on without changing anything")]
    InUse(PathBuf),
    /// `labels.json` was broken by hand.
    #[error(
        "{path} is damaged: {reason}\nhelp: mend that place, or take the last good state, of {}; the \
         damaged file is kept either way", counted(.good, "label")
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
        /// How many labels the last good state has.
        good: usize,
    },
    /// A line of the journal makes no sense.
    #[error(
        "{path}, line {line}: {reason}\nhelp: mend that line, or take it out and keep a copy of the \
         file: its other lines are actions that no other file has yet"
    )]
    Journal {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl StoreError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }
}

impl Store {
    /// Opens a data set for changing it, with what a crash left in its journal and what waits in
    /// its inbox; makes the folder when it is not there. Labelled images are copied from
    /// `originals`.
    ///
    /// A damaged `arrangement.json` is kept under another name; [`Store::take_notes`] then says so.
    ///
    /// # Errors
    /// When another window has it open, it cannot be written, or is damaged; a damaged file is
    /// never overwritten.
    pub fn open(folder: &Path, originals: &Path) -> Result<Self, StoreError> {
        files::private_folder(folder).map_err(StoreError::file(folder))?;
        let lock_path = folder.join(LOCK);
        let lock = files::lock_file(&lock_path).map_err(StoreError::file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.into())),
            Err(TryLockError::Error(source)) => return Err(StoreError::File { path: lock_path, source }),
        }
        atomic::sweep(folder);
        // Before it is read: what is written in between then counts as written by somebody else.
        let known = Known::read(&folder.join(super::FILE_NAME))?;
        let (labels, arrangement) = read_files(folder)?;
        let mut notes = Vec::new();
        let arrangement = match arrangement {
            Ok(arrangement) => arrangement,
            Err(reason) => {
                notes.push(external_edits::put_aside(folder, &reason.to_string())?);
                Arrangement::default()
            }
        };
        let path = folder.join(JOURNAL);
        let journal = OpenOptions::new().create(true).append(true).open(&path);
        let journal = journal.map_err(StoreError::file(&path))?;
        let mut store = Self {
            folder: folder.into(),
            originals: originals.into(),
            labels,
            arrangement,
            journal,
            length: 0,
            pending: 0,
            known,
            notes,
            _lock: lock,
        };
        let (actions, whole) = journal::read(&path)?;
        // A line that a crash cut short was never acknowledged.
        store.journal.set_len(whole).map_err(StoreError::file(&path))?;
        store.length = whole;
        store.pending = actions.len();
        for change in actions.iter().flatten() {
            store.keep_picture(change)?;
            change.apply(&mut store.labels, &mut store.arrangement);
        }
        store.take_inbox()?;
        Ok(store)
    }

    /// Puts the last good state in the place of a damaged `labels.json`, which is kept beside it
    /// under another name.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn restore(folder: &Path) -> Result<PathBuf, StoreError> {
        let path = folder.join(super::FILE_NAME);
        let aside = external_edits::free_name(folder, "labels.damaged");
        fs::copy(&path, &aside).map_err(StoreError::file(&aside))?;
        let good = match fs::read(folder.join(LAST_GOOD)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => b"{}\n".to_vec(),
            Err(source) => return Err(StoreError::File { path: folder.join(LAST_GOOD), source }),
        };
        atomic::write(&path, &good).map_err(StoreError::file(&path))?;
        Ok(aside)
    }

    /// What the images show.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// All that was ever said, as changes to an empty data set.
    pub fn state(&self) -> Vec<Change> {
        state(&self.labels, &self.arrangement)
    }

    /// Removes the labelled images of what goes for good, and forgets every word that was said of
    /// it. Its capture is [`crate::captures::store::Captures::remove`]'s to remove; when that is
    /// done, [`Change::Erase`] says so.
    ///
    /// # Errors
    /// When a file cannot be removed or written; what goes for good is then still known as that.
    pub fn erase_pictures(&mut self) -> Result<(), StoreError> {
        for file in self.erased().iter().filter(|file| file_name::is_inside(file)) {
            let path = self.folder.join(file);
            disk::remove(&path).map_err(StoreError::file(&path))?;
        }
        // The journal still has its labels until then.
        self.checkpoint()
    }

    /// Images that go for good, and whose files may still be there.
    pub fn erased(&self) -> Vec<String> {
        self.arrangement.erased.iter().cloned().collect()
    }

    /// Makes changes that belong together: they are on the disk when this returns. Returns what
    /// undoes them.
    ///
    /// # Errors
    /// When they cannot be written; then nothing has changed.
    pub fn apply(&mut self, changes: &[Change]) -> Result<Vec<Change>, StoreError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        for change in changes {
            self.keep_picture(change)?;
        }
        let changes = self.completed(changes);
        let path = self.folder.join(JOURNAL);
        let mut line = serde_json::to_vec(&changes).expect("changes have only string keys");
        line.push(b'\n');
        let written = self.journal.write_all(&line).and_then(|()| self.journal.sync_data());
        if let Err(source) = written {
            // Half a line would hide the next one.
            let _ = self.journal.set_len(self.length);
            return Err(StoreError::File { path, source });
        }
        self.length += line.len() as u64;
        self.pending += 1;
        let mut undo: Vec<Change> =
            changes.iter().map(|change| change.apply(&mut self.labels, &mut self.arrangement)).collect();
        undo.reverse();
        if self.pending >= CHECKPOINT_AFTER
            && let Err(error) = self.checkpoint()
        {
            // The journal has everything, and whoever asks for the next one hears why it fails.
            log::warn!("{error}");
        }
        Ok(undo)
    }

    /// With the labels of what is thrown away: after a crash `labels.json` may be without them
    /// already, and the bin not have them yet.
    fn completed(&self, changes: &[Change]) -> Vec<Change> {
        let mut changes = changes.to_vec();
        for at in 0..changes.len() {
            let (earlier, rest) = changes.split_at_mut(at);
            if let Change::Bin { file, binned: true, label } = &mut rest[0]
                && !earlier.iter().any(|it| it.is_about_label_of(file))
                && let Some(Ok(there)) = self.labels.get(file)
            {
                *label = Some(Box::new(there));
            }
        }
        changes
    }

    /// What people should hear: files that were found broken, or changed by somebody else, and
    /// where they are kept.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Whether `labels.json` is behind what was applied.
    pub fn is_pending(&self) -> bool {
        self.pending > 0
    }

    /// Writes `labels.json` and what belongs to it. When somebody else has changed it meanwhile,
    /// that file is kept under another name first; [`Store::take_notes`] then says so.
    ///
    /// # Errors
    /// When a file cannot be written; the journal then still has everything.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        if self.pending == 0 {
            return Ok(());
        }
        let text = self.labels.to_text();
        let path = self.folder.join(super::FILE_NAME);
        if let Some((changed, note)) = self.known.keep_changed(&path)? {
            self.known = changed;
            self.notes.push(note);
        }
        atomic::write(&path, text.as_bytes()).map_err(StoreError::file(&path))?;
        self.known = Known::written(&path, text.as_bytes());
        let arrangement = self.arrangement.to_text();
        for (name, text) in [(LAST_GOOD, &text), (arrangement::FILE_NAME, &arrangement)] {
            let path = self.folder.join(name);
            atomic::write(&path, text.as_bytes()).map_err(StoreError::file(&path))?;
        }
        let path = self.folder.join(JOURNAL);
        self.journal.set_len(0).map_err(StoreError::file(&path))?;
        // Before anything else can fail: a failed line is cut off at this length.
        (self.length, self.pending) = (0, 0);
        self.journal.sync_data().map_err(StoreError::file(&path))
    }

    /// A labelled image is copied from the originals, whole or not at all.
    fn keep_picture(&self, change: &Change) -> Result<(), StoreError> {
        let Change::Label { file, label: Some(_) } = change else { return Ok(()) };
        let is_inside = file_name::is_inside(file) && !self.arrangement.erased.contains(file);
        let (from, to) = (self.originals.join(file), self.folder.join(file));
        if !is_inside || to.exists() || !from.exists() {
            return Ok(());
        }
        let bytes = fs::read(&from).map_err(StoreError::file(&from))?;
        atomic::write(&to, &bytes).map_err(StoreError::file(&to))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The journal has everything that this cannot write.
        let _ = self.checkpoint();
        for note in &self.notes {
            log::warn!("{note}");
        }
    }
}

#[cfg(test)]
mod tests;
