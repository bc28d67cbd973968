//! The thread that reads the player's mods while the overlay runs, makes their entries, and looks
//! whether the folder changes.
//!
//! A library whose entries are ready waits in a mailbox; an event says so, and the model is opened
//! again with it. Most looks list two levels of the folder alone; now and then all of it is.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use lens_core::catalogue::Catalogue;
use lens_core::causes;
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use mods::Library;
use vision::network::Options;

use super::{Wanted, make_missing, missing};
use crate::desktop::priority;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::{Mailbox, Taken};
use crate::messages::worker::{self, Worker};
use crate::recognition::model;

/// How often the folder is looked at.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How often all of its files are.
const THOROUGH_INTERVAL: Duration = Duration::from_secs(120);

/// What the thread is to keep ready.
#[derive(Clone, Debug)]
pub struct Task {
    /// The model that runs.
    pub model: PathBuf,
    /// The cards that it knows.
    pub catalogue: Arc<Catalogue>,
    /// Which mods, and how.
    pub wanted: Wanted,
}

/// Where libraries wait; `None` when there are no mods any more.
pub type Libraries = Mailbox<Option<Arc<Library>>>;

/// The thread; dropping it ends it, also in the midst of what it learns.
pub struct ModsWatcher {
    stop: Arc<AtomicBool>,
    tasks: Mailbox<Task>,
    worker: Option<Worker>,
}

impl ModsWatcher {
    /// Starts the thread, which waits for its first task.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(libraries: Libraries, sink: EventSink) -> std::io::Result<Self> {
        let tasks = Mailbox::<Task>::default();
        let theirs = tasks.clone();
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let worker = worker::spawn_reporting("mods", sink, move |sink| {
            priority::give_way();
            let mut state = State::default();
            let mut task = None;
            loop {
                match theirs.take_within(POLL_INTERVAL) {
                    Taken::Closed => return,
                    Taken::Value(next) => {
                        state.is_due = true;
                        task = Some(next);
                    }
                    Taken::TimedOut => {}
                }
                if let Some(task) = &task
                    && let Some(library) = state.look(task, &stopped, sink)
                {
                    libraries.put(library);
                    if !sink(AppEvent::ModsRead) {
                        return;
                    }
                }
            }
        })?;
        Ok(Self { stop, tasks, worker: Some(worker) })
    }

    /// Keeps something else ready from now on.
    pub fn keep_ready(&self, task: Task) {
        self.tasks.put(task);
    }
}

impl Drop for ModsWatcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.close();
        self.worker.take();
    }
}

/// What the thread knows.
#[derive(Default)]
struct State {
    is_due: bool,
    /// The folder as it was read.
    stamp: Vec<(PathBuf, SystemTime)>,
    /// As it was at the last look, so that a change counts when it rests.
    last: Vec<(PathBuf, SystemTime)>,
    read_at: Option<Instant>,
    told: Option<Arc<Library>>,
    /// What went wrong last, so that it is said once.
    fault: Option<String>,
}

impl State {
    /// Reads the mods when there may be something new; the library when there is.
    #[expect(clippy::option_option, reason = "no news, and the news that there are no mods any more")]
    fn look(&mut self, task: &Task, stop: &AtomicBool, sink: &EventSink) -> Option<Option<Arc<Library>>> {
        let folder = task.wanted.folder(&task.catalogue);
        let stamp = folder.as_deref().map(stamp).unwrap_or_default();
        let has_changed = stamp == self.last && stamp != self.stamp;
        let is_thorough = self.read_at.is_some_and(|at| at.elapsed() > THOROUGH_INTERVAL);
        self.last.clone_from(&stamp);
        if !(self.is_due || has_changed || is_thorough) {
            return None;
        }
        (self.stamp, self.is_due, self.read_at) = (stamp, false, Some(Instant::now()));
        match ready(task, stop, sink) {
            Ok((library, made)) => {
                self.fault = None;
                let is_news = made || self.told.as_deref() != library.as_ref();
                self.told = library.map(Arc::new);
                is_news.then(|| self.told.clone())
            }
            Err(error) => {
                let text = causes::said_once(error.chain());
                if self.fault.as_ref() != Some(&text) {
                    sink(AppEvent::Notice(format!("The cards of your mods are not known: {text}")));
                    self.fault = Some(text);
                }
                None
            }
        }
    }
}

/// The library with all its entries made, and whether some were made just now.
fn ready(task: &Task, stop: &AtomicBool, sink: &EventSink) -> anyhow::Result<(Option<Library>, bool)> {
    let Some(library) = task.wanted.read(&task.catalogue)? else { return Ok((None, false)) };
    let manifest = Manifest::read(&task.model)?;
    if manifest.identifier.embedding == 0 {
        // An external classifier knows its own names alone.
        return Ok((None, false));
    }
    let missing: usize = missing(&library, &manifest, &task.wanted).iter().map(|it| it.cards.len()).sum();
    if missing > 0 {
        sink(AppEvent::Notice(format!("Learning {} of your mods", counted(missing, "card"))));
        let mut recogniser = model::open(&task.model, &Options { threads: 1, ..Options::default() })?;
        make_missing(&mut recogniser, &library, &task.wanted, |_, _| {
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    Ok((Some(library), missing > 0))
}

/// Times of the folder, of what is in it and one level below, and of the settings beside it.
fn stamp(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let below = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut paths = vec![folder.to_path_buf()];
    for entry in below(folder) {
        paths.extend(below(&entry));
        paths.push(entry);
    }
    paths.extend(folder.parent().into_iter().flat_map(|saves| below(&saves.join("config"))));
    let changed = |path: PathBuf| Some((path.metadata().and_then(|it| it.modified()).ok()?, path));
    let mut stamp: Vec<_> = paths.into_iter().filter_map(changed).map(|(at, path)| (path, at)).collect();
    stamp.sort();
    stamp
}
