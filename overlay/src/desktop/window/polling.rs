//! Windows and macOS: the system is asked again and again where the window is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::DesktopError;
#[cfg(target_os = "macos")]
use super::macos::{self as system, POLL_INTERVAL};
#[cfg(windows)]
use super::windows::{self as system, POLL_INTERVAL};
use crate::desktop::target::{self, Query};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::{Compositor, Focus, Placement, Stacking, WindowId};
use crate::messages::worker::{self, Worker};

/// How often all windows are looked through while the one that is wanted is not there.
const SEARCH_INTERVAL: Duration = Duration::from_millis(500);

/// How often they are looked through while one was found: there may be a better one.
const LOOK_AGAIN_INTERVAL: Duration = Duration::from_secs(3);

/// A thread that follows a window; dropping it ends it.
pub struct Follower {
    stop: Arc<AtomicBool>,
    chosen: Arc<Mutex<Option<WindowId>>>,
    worker: Option<Worker>,
}

impl Follower {
    /// Starts following.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(query: Query, sink: EventSink) -> Result<Self, DesktopError> {
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let chosen = Arc::<Mutex<Option<WindowId>>>::default();
        let preferred = Arc::clone(&chosen);
        let worker = worker::spawn_reporting("follow", sink, move |sink| {
            let now = Instant::now();
            let mut search = Search { query, found: None, again: now, missing_since: Some(now) };
            let (mut last, mut last_focus) = (None, None);
            let mut listening = sink(AppEvent::Compositor(Compositor::Running))
                && sink(AppEvent::Stacking(Stacking::AlwaysOnTop));
            while listening && !theirs.load(Ordering::Relaxed) {
                let preferred = *preferred.lock().unwrap_or_else(PoisonError::into_inner);
                let active = system::active();
                let (placement, notice) = search.look(preferred, active);
                let is_here = active.is_some() && active == placement.window();
                let focus = if is_here { Focus::Here } else { Focus::Elsewhere };
                if last_focus.replace(focus) != Some(focus) {
                    listening = sink(AppEvent::Focus(focus));
                }
                if last.replace(placement) != Some(placement) {
                    listening &= sink(AppEvent::Placement(placement));
                }
                if let Some(notice) = notice {
                    listening &= sink(AppEvent::Notice(notice));
                }
                std::thread::sleep(POLL_INTERVAL);
            }
        })?;
        Ok(Self { stop, chosen, worker: Some(worker) })
    }

    /// Follows this window, as long as it is there, rather than the one that was asked for at the
    /// start.
    pub fn prefer(&self, window: Option<WindowId>) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = window;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.worker.take();
    }
}

/// Looks for the window, then at it.
struct Search {
    query: Query,
    found: Option<WindowId>,
    again: Instant,
    /// Since when there is no window; `None` once that was said, too.
    missing_since: Option<Instant>,
}

impl Search {
    /// Where the window is, and what there is to say about finding it.
    fn look(&mut self, preferred: Option<WindowId>, active: Option<WindowId>) -> (Placement, Option<String>) {
        if let Some(chosen) = preferred {
            match system::placement(chosen) {
                Placement::Absent => {}
                placement => return (placement, None),
            }
        }
        let now = Instant::now();
        let placement = self.found.map_or(Placement::Absent, system::placement);
        if placement == Placement::Absent && self.found.take().is_some() {
            self.missing_since = Some(now);
        }
        if now < self.again {
            return (placement, None);
        }
        let windows = system::list().unwrap_or_else(|error| {
            log::warn!("{error}");
            Vec::new()
        });
        let before = self.found;
        self.found = target::pick(&windows, &self.query, active, before).map(|window| window.id);
        self.again = now + if self.found.is_some() { LOOK_AGAIN_INTERVAL } else { SEARCH_INTERVAL };
        match self.found {
            Some(window) if before == Some(window) => (placement, None),
            Some(window) => {
                self.missing_since = None;
                (system::placement(window), target::ambiguity(&windows, &self.query))
            }
            None if self.missing_since.is_some_and(|since| since.elapsed() >= target::SEARCH_TIMEOUT) => {
                self.missing_since = None;
                (Placement::Absent, Some(target::absence(&self.query, false)))
            }
            None => (Placement::Absent, None),
        }
    }
}
