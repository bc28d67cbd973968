//! Looks whether files were changed from outside: the settings, and the model in use.
//!
//! Asked twice a second rather than subscribed to: it works on every file system, costs two or three questions to the
//! system, and what was changed twice within a moment is read once, when it is whole.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use crate::desktop::target::WindowInfo;
use crate::messages::event::AppEvent;
use crate::messages::worker::{self, Worker};
use crate::recognition::threads::Report;
use crate::settings::file;

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(400);
/// After how many looks at the files the windows are listed.
const WINDOWS: u32 = 8;

/// The thread that watches; dropping it ends it.
pub struct Watcher {
    orders: Option<SyncSender<Order>>,
    worker: Option<Worker>,
}

/// What is watched from now on.
enum Order {
    Model(PathBuf, Changes),
    Windows,
}

impl Watcher {
    /// Watches the settings file.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(settings: PathBuf, report: Report) -> std::io::Result<Self> {
        let (orders, receiver) = sync_channel(8);
        let file = Changes::new(stamp(&settings));
        let worker = worker::spawn_reporting("watch", report, move |report| {
            watch(&settings, file, &receiver, report);
        })?;
        Ok(Self { orders: Some(orders), worker: Some(worker) })
    }

    /// Watches the files of this model, instead of another's.
    pub fn model(&self, folder: PathBuf) {
        let changes = Changes::new(folder_stamp(&folder));
        self.order(Order::Model(folder, changes));
    }

    /// Lists the windows of the desktop too, for someone who shows the list.
    pub fn windows(&self) {
        self.order(Order::Windows);
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only with the program.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.orders = None;
        self.worker.take();
    }
}

fn watch(path: &Path, mut file: Changes, orders: &Receiver<Order>, report: &Report) {
    let mut model: Option<(PathBuf, Changes)> = None;
    let mut windows: Option<Vec<WindowInfo>> = None;
    let mut turn = 0u32;
    loop {
        match orders.recv_timeout(PAUSE) {
            Ok(Order::Model(folder, changes)) => {
                model = Some((folder, changes));
                continue;
            }
            Ok(Order::Windows) => {
                windows.get_or_insert_default();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut listening = true;
        if file.look(stamp(path)) {
            listening &= report(AppEvent::Settings(Box::new(file::read(path))));
        }
        if let Some((folder, changes)) = &mut model
            && changes.look(folder_stamp(folder))
        {
            listening &= report(AppEvent::ModelFiles);
        }
        if let Some(last) = &mut windows
            && turn.is_multiple_of(WINDOWS)
            && let Ok(now) = crate::desktop::window::list()
            && *last != now
        {
            last.clone_from(&now);
            listening &= report(AppEvent::Windows(now));
        }
        turn = turn.wrapping_add(1);
        if !listening {
            return;
        }
    }
}

/// Name, time and length of a file; a file that is not there has none.
type Stamp = Vec<(PathBuf, SystemTime, u64)>;

fn stamp(path: &Path) -> Stamp {
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
        .flat_map(|entry| stamp(&entry.path()))
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
    use std::sync::mpsc::sync_channel;

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
        let watcher =
            Watcher::start(path.clone(), Box::new(move |event| sender.send(event).is_ok())).unwrap();
        watcher.model(model.clone());
        let next = || events.recv_timeout(Duration::from_secs(20)).expect("it is told");
        std::fs::write(&path, "[show]\nopacity = 0.5\n").unwrap();
        let AppEvent::Settings(settings) = next() else { panic!("settings") };
        assert_eq!(settings.unwrap().style.opacity, 0.5);
        std::fs::write(&path, "[show]\nopacity = 50000\n").unwrap();
        let AppEvent::Settings(settings) = next() else { panic!("settings") };
        assert!(settings.unwrap_err().to_string().contains("line 2"));
        std::fs::remove_file(&path).unwrap();
        let AppEvent::Settings(settings) = next() else { panic!("settings") };
        assert!(settings.unwrap_err().to_string().contains("gone"));
        std::fs::write(model.join("gallery.json"), "{}").unwrap();
        assert_eq!(next(), AppEvent::ModelFiles);
    }
}
