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

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Label, Labels, LabelsError};
use arrangement::Arrangement;
pub use arrangement::Place;
use external_edits::Known;
use lens_core::atomic;

mod arrangement;
mod external_edits;
pub mod ids;
mod inbox;

pub use inbox::leave;

/// Changes since the last checkpoint, one action a line.
pub const JOURNAL: &str = "labels.journal";
/// The labels of the last checkpoint once more, for the day when `labels.json` is broken by hand.
pub const LAST_GOOD: &str = "labels.last-good.json";
const LOCK: &str = ".labels.lock";
/// Actions after which the files are written anew.
const CHECKPOINT_AFTER: usize = 200;
/// How often [`read`] begins anew when the inbox changes under it.
const MAX_READS: usize = 20;

/// One thing that is different now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// What a picture shows; nothing takes its label away.
    Label {
        /// The picture.
        file: String,
        /// What it shows.
        label: Option<Box<Label>>,
    },
    /// Which group a picture is in; nothing leaves it in the one that it was captured into.
    Place {
        /// The picture.
        file: String,
        /// Its cluster and group.
        place: Option<Place>,
    },
    /// Whether a picture lies in the bin, out of the data set; its label comes back with it.
    Bin {
        /// The picture.
        file: String,
        /// Whether it does.
        binned: bool,
        /// What it had as its label when it was thrown away: the journal alone then brings it back.
        /// [`Store::apply`] fills it in; old journals do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Box<Label>>,
    },
    /// Which group takes in what is captured into another from now on; nothing leaves it in its
    /// own.
    Merge {
        /// The group that was taken in.
        group: u64,
        /// Where it is now.
        into: Option<Place>,
    },
    /// What somebody has begun to say of a group.
    Draft {
        /// The group.
        group: u64,
        /// The label so far.
        label: Option<Box<Label>>,
    },
}

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
        "{path} is damaged: {reason}\nhelp: mend that place, or take the last good state \
         of {good} labels; the damaged file is kept either way"
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
        "{path}, line {line}: {reason}\nhelp: move the file away; \
         the labels before that line are in labels.json"
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
    /// its inbox; makes the folder when it is not there. Labelled pictures are copied from
    /// `originals`.
    ///
    /// A damaged `arrangement.json` is kept under another name; [`Store::take_notes`] then says so.
    ///
    /// # Errors
    /// When another window has it open, it cannot be written, or is damaged; a damaged file is
    /// never overwritten.
    pub fn open(folder: &Path, originals: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::file(folder))?;
        let lock_path = folder.join(LOCK);
        let lock = File::create(&lock_path).map_err(StoreError::file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.into())),
            Err(TryLockError::Error(source)) => return Err(StoreError::File { path: lock_path, source }),
        }
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
        let (actions, whole) = read_journal(&path)?;
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

    /// What the pictures show.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// All that was ever said, as changes to an empty data set.
    pub fn state(&self) -> Vec<Change> {
        state(&self.labels, &self.arrangement)
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
        if self.pending >= CHECKPOINT_AFTER {
            self.checkpoint()?;
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
        let cleared = self.journal.set_len(0).and_then(|()| self.journal.sync_data());
        cleared.map_err(StoreError::file(&path))?;
        (self.length, self.pending) = (0, 0);
        Ok(())
    }

    /// A labelled picture is copied from the originals, whole or not at all.
    fn keep_picture(&self, change: &Change) -> Result<(), StoreError> {
        let Change::Label { file, label: Some(_) } = change else { return Ok(()) };
        let (from, to) = (self.originals.join(file), self.folder.join(file));
        if to.exists() || !from.exists() {
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

impl Change {
    fn is_about_label_of(&self, picture: &str) -> bool {
        match self {
            Self::Label { file, .. } | Self::Bin { file, .. } => file == picture,
            Self::Place { .. } | Self::Merge { .. } | Self::Draft { .. } => false,
        }
    }

    /// Makes the change. Returns what undoes it.
    fn apply(&self, labels: &mut Labels, arrangement: &mut Arrangement) -> Self {
        match self {
            Self::Label { file, label } => {
                let before = match label {
                    Some(label) => {
                        let before = labels.get(file);
                        labels.set(file, label);
                        before
                    }
                    None => labels.remove(file),
                };
                let label = before.and_then(Result::ok).map(Box::new);
                Self::Label { file: file.clone(), label }
            }
            Self::Place { file, place } => {
                let places = &mut arrangement.places;
                let before = match place {
                    Some(place) => places.insert(file.clone(), *place),
                    None => places.remove(file),
                };
                Self::Place { file: file.clone(), place: before }
            }
            Self::Bin { file, binned, label } => {
                let bin = &mut arrangement.bin;
                let before = bin.contains_key(file);
                // An entry that makes no sense stays where a person can mend it.
                let there = labels.get(file).and_then(Result::ok);
                if *binned {
                    let kept = bin.entry(file.clone()).or_default();
                    if there.is_some() {
                        labels.remove(file);
                    }
                    if let Some(label) = there.or_else(|| label.as_deref().cloned()) {
                        *kept = Some(label);
                    }
                } else if let Some(Some(label)) = bin.remove(file)
                    && there.is_none()
                {
                    labels.set(file, &label);
                }
                Self::Bin { file: file.clone(), binned: before, label: None }
            }
            Self::Merge { group, into } => {
                let merged = &mut arrangement.merged;
                let before = match into {
                    Some(place) => merged.insert(*group, *place),
                    None => merged.remove(group),
                };
                Self::Merge { group: *group, into: before }
            }
            Self::Draft { group, label } => {
                let drafts = &mut arrangement.drafts;
                let before = match label {
                    Some(label) => drafts.insert(*group, Label::clone(label)),
                    None => drafts.remove(group),
                };
                Self::Draft { group: *group, label: before.map(Box::new) }
            }
        }
    }
}

/// A data set as it is, for those who only look.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    /// What the pictures show.
    pub labels: Labels,
    arrangement: Arrangement,
}

impl DataSet {
    /// All that was ever said, as changes to an empty data set.
    pub fn state(&self) -> Vec<Change> {
        state(&self.labels, &self.arrangement)
    }
}

fn state(labels: &Labels, arrangement: &Arrangement) -> Vec<Change> {
    let label =
        |file: &str, label: Label| Change::Label { file: file.to_owned(), label: Some(Box::new(label)) };
    let mut changes: Vec<Change> = labels.iter().map(|(file, it)| label(file, it)).collect();
    let Arrangement { places, merged, bin, drafts } = arrangement;
    changes
        .extend(places.iter().map(|(file, place)| Change::Place { file: file.clone(), place: Some(*place) }));
    changes.extend(merged.iter().map(|(group, into)| Change::Merge { group: *group, into: Some(*into) }));
    for (file, kept) in bin {
        // What was said of it since it was thrown away is newer.
        let kept = kept.clone().filter(|_| labels.get(file).is_none());
        changes.extend(kept.map(|it| label(file, it)));
        changes.push(Change::Bin { file: file.clone(), binned: true, label: None });
    }
    changes.extend(
        drafts.iter().map(|(group, it)| Change::Draft { group: *group, label: Some(Box::new(it.clone())) }),
    );
    changes
}

/// Reads a data set that somebody else may be changing, with what waits in its inbox. A damaged
/// `arrangement.json` counts as none.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub fn read(folder: &Path) -> Result<DataSet, StoreError> {
    let mut waiting = inbox::read(folder)?;
    for _ in 0..MAX_READS {
        // The journal first: what a checkpoint writes in between is then read twice rather than not
        // at all.
        let (actions, _) = read_journal(&folder.join(JOURNAL))?;
        let (mut labels, arrangement) = read_files(folder)?;
        let mut arrangement = arrangement.unwrap_or_default();
        // The holder may have taken the inbox in, and gone on: an old word must not stand over a
        // newer one.
        let still_waiting = inbox::read(folder)?;
        if still_waiting != waiting {
            waiting = still_waiting;
            continue;
        }
        for change in actions.iter().flatten() {
            change.apply(&mut labels, &mut arrangement);
        }
        for change in waiting.into_iter().flatten() {
            inbox::kept(change, &labels).apply(&mut labels, &mut arrangement);
        }
        return Ok(DataSet { labels, arrangement });
    }
    let source = io::Error::other("it changes faster than it can be read");
    Err(StoreError::File { path: folder.into(), source })
}

/// The arrangement, or what is wrong with it.
type Arranged = Result<Arrangement, serde_json::Error>;

fn read_files(folder: &Path) -> Result<(Labels, Arranged), StoreError> {
    let labels = Labels::read(&folder.join(super::FILE_NAME)).map_err(|error| match error {
        LabelsError::File { path, source } => StoreError::File { path, source },
        LabelsError::Damaged { path, reason } => {
            let good = Labels::read(&folder.join(LAST_GOOD)).map_or(0, |labels| labels.len());
            StoreError::Damaged { path, reason, good }
        }
    })?;
    Ok((labels, Arrangement::read(folder)?))
}

/// The actions of whole lines, and their length in bytes.
fn read_journal(path: &Path) -> Result<(Vec<Vec<Change>>, u64), StoreError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(source) => return Err(StoreError::File { path: path.into(), source }),
    };
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|&byte| byte == b'\n').enumerate();
    let actions = lines.filter(|(_, line)| !line.is_empty()).map(|(number, line)| {
        serde_json::from_slice(line).map_err(|error| StoreError::Journal {
            path: path.into(),
            line: number + 1,
            reason: error.to_string(),
        })
    });
    Ok((actions.collect::<Result<_, _>>()?, whole as u64))
}

#[cfg(test)]
mod tests;
