//! Looks whether files were changed from outside: the settings, and the model in use.
//!
//! Polls twice a second rather than subscribing to changes: that works on every file system, costs
//! two or three system calls, and reads a file that changes twice within a moment once, when it is
//! whole. The settings go into a mailbox, the news of both through an event sink.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use super::Settings;
use super::file::{self, SettingsError};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::Mailbox;
use crate::messages::worker::{self, Worker};

/// How often files are looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(400);

/// Where the settings wait after a change of their file.
pub type SettingsMailbox = Mailbox<Result<Settings, SettingsError>>;

/// The thread that looks at the files; dropping it ends it.
pub struct FileWatcher {
    models: Option<SyncSender<WatchedModel>>,
    worker: Option<Worker>,
}

/// The model whose files are looked at.
struct WatchedModel {
    folder: PathBuf,
    changes: Changes,
}

/// The files of a model's folder as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFiles(Stamp);

impl ModelFiles {
    /// As they are now: to be asked before the model is read.
    pub fn of(folder: &Path) -> Self {
        Self(folder_stamp(folder))
    }
}

impl FileWatcher {
    /// Watches the settings file.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(settings: PathBuf, mailbox: SettingsMailbox, sink: EventSink) -> std::io::Result<Self> {
        let (models, receiver) = sync_channel(8);
        let changes = Changes::new(file_stamp(&settings));
        let worker = worker::spawn_reporting("watch", sink, move |sink| {
            watch(&settings, changes, &mailbox, &receiver, sink);
        })?;
        Ok(Self { models: Some(models), worker: Some(worker) })
    }

    /// Watches the files of this model, instead of another's. What has changed since `read` counts
    /// as a change.
    pub fn watch_model(&self, folder: PathBuf, read: ModelFiles) {
        let changes = Changes::new(read.0);
        if let Some(models) = &self.models {
            // The thread ends only with the program.
            let _ = models.send(WatchedModel { folder, changes });
        }
    }
}

impl Drop for FileWatcher {
    fn drop(&mut self) {
        self.models = None;
        self.worker.take();
    }
}

fn watch(
    path: &Path,
    mut settings: Changes,
    mailbox: &SettingsMailbox,
    models: &Receiver<WatchedModel>,
    sink: &EventSink,
) {
    let mut model: Option<WatchedModel> = None;
    loop {
        match models.recv_timeout(POLL_INTERVAL) {
            Ok(other) => {
                model = Some(other);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut listening = true;
        if settings.look(file_stamp(path)) {
            mailbox.put(file::read(path));
            listening &= sink(AppEvent::SettingsChanged);
        }
        if let Some(WatchedModel { folder, changes }) = &mut model
            && changes.look(folder_stamp(folder))
        {
            listening &= sink(AppEvent::ModelFilesChanged);
        }
        if !listening {
            return;
        }
    }
}

/// Name, time and length of a file; a file that is not there has none.
type Stamp = Vec<(PathBuf, SystemTime, u64)>;

fn file_stamp(path: &Path) -> Stamp {
    let read = || {
        let data = std::fs::metadata(path).ok()?;
        Some((path.to_path_buf(), data.modified().ok()?, data.len()))
    };
    read().into_iter().collect()
}

fn folder_stamp(folder: &Path) -> Stamp {
    let mut stamps: Stamp = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        // A file on its way is hidden until it is whole.
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .flat_map(|entry| file_stamp(&entry.path()))
        .collect();
    stamps.sort();
    stamps
}

/// Tells a finished change from one under way.
struct Changes {
    known: Stamp,
    last: Stamp,
}

impl Changes {
    fn new(stamp: Stamp) -> Self {
        Self { known: stamp.clone(), last: stamp }
    }

    /// Whether there is a change, and it has stayed as it is for one look.
    fn look(&mut self, now: Stamp) -> bool {
        let rests = now == self.last;
        self.last = now;
        if rests && self.last != self.known {
            self.known.clone_from(&self.last);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_change_counts_once_and_when_it_rests() {
        let at = |length: u64| vec![(PathBuf::from("a"), SystemTime::UNIX_EPOCH, length)];
        let mut changes = Changes::new(at(1));
        let seen: Vec<bool> = [1, 2, 3, 3, 3, 1, 1].iter().map(|&length| changes.look(at(length))).collect();
        assert_eq!(seen, [false, false, false, true, false, false, true]);
        assert!(!changes.look(Vec::new()) && changes.look(Vec::new()), "a file that went is a change too");
    }

    #[test]
    fn settings_that_are_mended_spoilt_and_deleted_are_told_and_a_model_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file::NAME);
        std::fs::write(&path, "").unwrap();
        let model = folder.path().join("model");
        std::fs::create_dir(&model).unwrap();
        let (sender, events) = sync_channel(8);
        let mailbox = SettingsMailbox::default();
        let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
        let watcher = FileWatcher::start(path.clone(), mailbox.clone(), sink).unwrap();
        watcher.watch_model(model.clone(), ModelFiles::of(&model));
        let next = || events.recv_timeout(Duration::from_secs(20)).expect("it is told");
        let settings = || {
            assert_eq!(next(), AppEvent::SettingsChanged);
            mailbox.try_take().expect("they wait")
        };
        std::fs::write(&path, "[show]\nopacity = 0.5\n").unwrap();
        assert_eq!(settings().unwrap().style.opacity, 0.5);
        std::fs::write(&path, "[show]\nopacity = 50000\n").unwrap();
        assert!(settings().unwrap_err().to_string().contains("line 2"));
        std::fs::remove_file(&path).unwrap();
        assert!(settings().unwrap_err().to_string().contains("gone"));
        std::fs::write(model.join("gallery.json"), "{}").unwrap();
        assert_eq!(next(), AppEvent::ModelFilesChanged);
        // The model is being read when another card is taught.
        let read = ModelFiles::of(&model);
        std::fs::write(model.join("gallery.json"), "{ }").unwrap();
        watcher.watch_model(model.clone(), read);
        assert_eq!(next(), AppEvent::ModelFilesChanged);
    }
}
