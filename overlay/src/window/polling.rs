//! Windows and macOS: the window list is asked again and again, through `xcap`.
//!
//! Both systems can report moves by themselves; that is for the issues about those systems. Ten questions a second
//! are enough to follow a window that people drag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::geometry::Rect;

use super::{DesktopError, Listener};
use crate::event::AppEvent;
use crate::target::{Placement, Query, WindowId, WindowInfo, choose};
use crate::worker::{self, Worker};

const PAUSE: Duration = Duration::from_millis(100);

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
    pub fn start(query: Query, listener: Listener) -> Result<Self, DesktopError> {
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let chosen = Arc::<Mutex<Option<WindowId>>>::default();
        let preferred = Arc::clone(&chosen);
        let worker = worker::spawn("follow", move || {
            let mut last = None;
            let mut listening = listener(AppEvent::Compositor(true));
            while listening && !theirs.load(Ordering::Relaxed) {
                let placement = look(&query, *preferred.lock().unwrap_or_else(PoisonError::into_inner));
                if last.replace(placement) != Some(placement) {
                    listening = listener(AppEvent::Target(placement));
                }
                std::thread::sleep(PAUSE);
            }
        })?;
        Ok(Self { stop, chosen, worker: Some(worker) })
    }

    /// Follows this window, as long as it is there, rather than the one that was asked for at the start.
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

/// The windows of the desktop, from the bottom to the top.
///
/// # Errors
/// When the system does not list them.
pub fn list() -> Result<Vec<WindowInfo>, DesktopError> {
    Ok(described()?.into_iter().map(|(_, info)| info).collect())
}

fn described() -> Result<Vec<(xcap::Window, WindowInfo)>, DesktopError> {
    let mut windows = xcap::Window::all().map_err(|error| DesktopError::Lost(error.to_string()))?;
    windows.reverse();
    let describe = |window: xcap::Window| {
        let id = WindowId(u64::from(window.id().ok()?));
        let (title, program) = (window.title().unwrap_or_default(), window.app_name().unwrap_or_default());
        Some((window, WindowInfo { id, title, program }))
    };
    Ok(windows.into_iter().filter_map(describe).collect())
}

fn look(query: &Query, chosen: Option<WindowId>) -> Placement {
    let Ok(windows) = described() else { return Placement::Absent };
    let infos: Vec<WindowInfo> = windows.iter().map(|(_, info)| info.clone()).collect();
    let preferred = infos.iter().find(|info| chosen == Some(info.id));
    let Some(found) = preferred.or_else(|| choose(&infos, query)) else { return Placement::Absent };
    let Some((window, _)) = windows.iter().find(|(_, info)| info.id == found.id) else {
        return Placement::Absent;
    };
    if window.is_minimized().unwrap_or(false) {
        return Placement::Hidden { window: found.id };
    }
    let read = || Some((window.x().ok()?, window.y().ok()?, window.width().ok()?, window.height().ok()?));
    read().map_or(Placement::Absent, |(x, y, width, height)| Placement::Shown {
        window: found.id,
        area: Rect::ltwh(x as f32, y as f32, width as f32, height as f32),
    })
}
