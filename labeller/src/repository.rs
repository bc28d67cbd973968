//! Between the session and the disk: an action is written first, then shown.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use dataset::captures::store as captures;
use dataset::labels::store::{self, Change, Store, StoreError};
use dataset::{disk, file_name};

use crate::session::{Action, Session};

#[derive(Clone, Debug)]
pub struct Folders {
    /// Raw captures.
    pub captures: PathBuf,
    /// Labelled ones, and the labels.
    pub labels: PathBuf,
}

/// `labels.json` is written anew when nothing has happened for so long.
const CHECKPOINT_DELAY: Duration = Duration::from_secs(2);
/// How often it is tried to remove what an overlay still lists.
const ERASE_INTERVAL: Duration = Duration::from_secs(20);
/// How often changes of the overlay are looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(700);

/// Who may write.
enum Access {
    Write(Box<Store>),
    /// Somebody else may; here is why.
    Read(String),
}

/// A data set that is open.
pub struct Repository {
    folders: Folders,
    access: Access,
    last_action: Option<Instant>,
    last_poll: Instant,
    /// When what goes for good was tried to be removed last.
    last_erasing: Instant,
    stamps: [Option<(SystemTime, u64)>; 2],
}

/// Why a data set cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The labels cannot be used.
    #[error("{}{}", .0, help(.0))]
    Labels(#[from] StoreError),
    /// The captures cannot be used.
    #[error("{}{}", .0, help(.0))]
    Captures(#[from] captures::CapturesError),
}

/// What helps against what the system says of a folder; nothing where the error says it already.
fn help(error: &dyn std::error::Error) -> &'static str {
    match error.to_string().contains("\nhelp: ") {
        true => "",
        false => {
            "\nhelp: see that it may be read and written, or give other folders by --captures and --labels"
        }
    }
}

/// Why an action cannot be done, for people.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another window may write.
    #[error("Read-only: {0}")]
    ReadOnly(String),
    /// The labels cannot be written.
    #[error(transparent)]
    Labels(#[from] StoreError),
    /// The captures cannot be read or written.
    #[error(transparent)]
    Captures(#[from] captures::CapturesError),
}

impl Repository {
    /// Opens the data set, read-only when another window has it open.
    ///
    /// # Errors
    /// When files cannot be read or are damaged.
    pub fn open(folders: Folders) -> Result<(Self, Session), OpenError> {
        let stamps = stamps(&folders);
        let mut session = Session::new(captures::read(&folders.captures)?);
        let access = match Store::open(&folders.labels, &folders.captures) {
            Ok(store) => {
                session.apply(&store.state());
                Access::Write(Box::new(store))
            }
            Err(error @ StoreError::InUse(_)) => {
                session.apply(&store::read(&folders.labels)?.state());
                Access::Read(error.to_string().lines().next().unwrap_or_default().to_owned())
            }
            Err(error) => return Err(error.into()),
        };
        let now = Instant::now();
        let mut repository =
            Self { folders, access, last_action: None, last_poll: now, last_erasing: now, stamps };
        // What a kill, or an overlay that ran, left undone; it is no reason not to open.
        if let Err(error) = repository.finish_erasing(&mut session) {
            log::warn!("what was in the bin is not gone yet: {error}");
        }
        session.go(0);
        Ok((repository, session))
    }

    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Why nothing can be changed, when that is so.
    pub fn read_only(&self) -> Option<&str> {
        match &self.access {
            Access::Write(_) => None,
            Access::Read(reason) => Some(reason),
        }
    }

    /// What people should hear of files that were found broken, or changed by somebody else.
    pub fn take_notes(&mut self) -> Vec<String> {
        match &mut self.access {
            Access::Write(store) => store.take_notes(),
            Access::Read(_) => Vec::new(),
        }
    }

    /// Does what a person wants. Returns what has changed.
    ///
    /// # Errors
    /// When it cannot be written; then nothing has changed.
    pub fn act(&mut self, session: &mut Session, action: &Action) -> Result<Vec<Change>, WriteError> {
        let changes = session.plan(action);
        if changes.is_empty() {
            return Ok(changes);
        }
        let undo = self.write(&changes)?;
        session.apply(&changes);
        match action {
            Action::Empty => self.finish_erasing(session)?,
            // Drafts are kept, but nobody wants to undo letter by letter.
            Action::Draft(..) => {}
            _ => session.remember(undo),
        }
        Ok(changes)
    }

    /// Removes the files of what goes for good. While an overlay adds captures, theirs go at once,
    /// and what it remembers of them when it has ended.
    fn finish_erasing(&mut self, session: &mut Session) -> Result<(), WriteError> {
        let Access::Write(store) = &mut self.access else { return Ok(()) };
        let files = store.erased();
        if files.is_empty() {
            return Ok(());
        }
        store.erase_pictures()?;
        for file in files.iter().filter(|file| file_name::is_inside(file)) {
            let path = self.folders.captures.join(file);
            disk::remove(&path).map_err(|source| captures::CapturesError::File { path, source })?;
        }
        if self.folders.captures.is_dir() {
            match captures::Captures::open_with(&self.folders.captures, &self.folders.labels) {
                Ok(mut captures) => captures.remove(&files)?,
                Err(captures::CapturesError::InUse(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        let done: Vec<Change> = files.into_iter().map(|file| Change::Erase { file, done: true }).collect();
        self.write(&done)?;
        session.apply(&done);
        self.stamps = stamps(&self.folders);
        Ok(())
    }

    /// Undoes the last action; nothing when there is none.
    ///
    /// # Errors
    /// As [`Repository::act`].
    pub fn undo(&mut self, session: &mut Session) -> Result<Vec<Change>, WriteError> {
        let Some(changes) = session.last_undo().map(<[Change]>::to_vec) else { return Ok(Vec::new()) };
        let redo = self.write(&changes)?;
        session.apply(&changes);
        session.undone(redo);
        Ok(changes)
    }

    /// Does again what was undone last.
    ///
    /// # Errors
    /// As [`Repository::act`].
    pub fn redo(&mut self, session: &mut Session) -> Result<Vec<Change>, WriteError> {
        let Some(changes) = session.last_redo().map(<[Change]>::to_vec) else { return Ok(Vec::new()) };
        let undo = self.write(&changes)?;
        session.apply(&changes);
        session.redone(undo);
        Ok(changes)
    }

    fn write(&mut self, changes: &[Change]) -> Result<Vec<Change>, WriteError> {
        self.last_action = Some(Instant::now());
        match &mut self.access {
            Access::Read(reason) => Err(WriteError::ReadOnly(reason.clone())),
            Access::Write(store) => Ok(store.apply(changes)?),
        }
    }

    /// Called on every frame: saves when nothing has happened for a while, and takes in what the
    /// overlay has saved. Returns whether there is anything new.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn tick(&mut self, session: &mut Session, now: Instant) -> Result<bool, WriteError> {
        if let Access::Write(store) = &mut self.access
            && store.is_pending()
            && self.last_action.is_none_or(|last| now - last >= CHECKPOINT_DELAY)
        {
            self.last_action = Some(now);
            store.checkpoint()?;
        }
        if now - self.last_poll < POLL_INTERVAL {
            return Ok(false);
        }
        self.last_poll = now;
        if now - self.last_erasing >= ERASE_INTERVAL {
            self.last_erasing = now;
            self.finish_erasing(session)?;
        }
        let mut is_new = false;
        if let Access::Write(store) = &mut self.access {
            for undo in store.take_inbox()? {
                session.apply(&store.state());
                session.remember(undo);
                is_new = true;
            }
        }
        let stamps = stamps(&self.folders);
        if stamps != self.stamps {
            self.stamps = stamps;
            let records = captures::read(&self.folders.captures)?;
            let known = session.pictures().len();
            let fresh = records
                .into_iter()
                .filter(|it| session.picture(&it.filename).is_none_or(|it| it.hashes.is_none()));
            session.add(fresh.collect());
            is_new |= session.pictures().len() > known;
        }
        Ok(is_new)
    }
}

/// When the captures' files were written, and their lengths.
fn stamps(folders: &Folders) -> [Option<(SystemTime, u64)>; 2] {
    let stamp = |path: &Path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    [captures::FILE_NAME, captures::JOURNAL].map(|name| stamp(&folders.captures.join(name)))
}
