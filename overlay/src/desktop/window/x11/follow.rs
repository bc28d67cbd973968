//! News of the game's window as the X server tells it: nothing is asked while nothing happens.
//!
//! Keeps the overlay directly above the game in the stack as well, so that a window raised over the
//! game covers both.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, EventMask, StackMode, Window,
};

use super::{Desktop, compositor_of, quiet, server};
use crate::desktop::target::{self, Query};
use crate::desktop::window::error::DesktopError;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::{Focus, Placement, WindowId, WindowInfo};
use crate::messages::worker::{self, Worker};

/// How often to look for a window that is not there, and whether to stop.
const POLL_TIMEOUT: Duration = Duration::from_millis(250);
/// How often all windows are looked through while there is one already, at most.
const SEARCH_INTERVAL: Duration = Duration::from_millis(400);

/// Whether all windows are to be looked through, `since` the last time. While there is no window,
/// every one that is opened, moved or renamed is an event: they are not reason enough.
fn is_search_due(has_window: bool, is_stale: bool, since: Option<Duration>) -> bool {
    let interval = if has_window { SEARCH_INTERVAL } else { POLL_TIMEOUT };
    (is_stale || !has_window) && since.is_none_or(|since| since >= interval)
}

/// A thread that follows a window; dropping it ends it.
pub struct Follower {
    shared: Arc<Shared>,
    worker: Option<Worker>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    overlay: AtomicU32,
    /// The window that was chosen by hand; it is looked for anew when `again` is set.
    chosen: Mutex<Option<WindowId>>,
    again: AtomicBool,
}

impl Follower {
    /// Starts following.
    ///
    /// # Errors
    /// When there is no display.
    pub fn start(query: Query, sink: EventSink) -> Result<Self, DesktopError> {
        let desktop = Desktop::connect_to_game()?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let worker = worker::spawn_reporting("follow", sink, move |sink| {
            let mut following = Following {
                desktop,
                query,
                sink,
                shared: theirs,
                window: None,
                last: None,
                focus: None,
                searched_at: None,
                is_stale: true,
                missing_since: Some(Instant::now()),
            };
            if let Err(error) = following.run() {
                sink(AppEvent::Failed(error.to_string()));
            }
        })?;
        Ok(Self { shared, worker: Some(worker) })
    }

    /// Follows this window, as long as it is there, rather than the one that was asked for at the
    /// start.
    pub fn prefer(&self, window: Option<WindowId>) {
        *self.shared.chosen.lock().unwrap_or_else(PoisonError::into_inner) = window;
        self.shared.again.store(true, Ordering::Relaxed);
    }

    /// Says which window is the overlay, so that it is kept directly above the game.
    pub fn keep_above(&self, overlay: u32) {
        // On another server the number is of another window.
        if server::of_game().is_none() {
            self.shared.overlay.store(overlay, Ordering::Relaxed);
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.worker.take();
    }
}

struct Following<'a> {
    desktop: Desktop,
    query: Query,
    sink: &'a EventSink,
    shared: Arc<Shared>,
    window: Option<Window>,
    last: Option<Placement>,
    focus: Option<Focus>,
    searched_at: Option<Instant>,
    /// Whether there are other windows than those that were looked through, or another is active.
    is_stale: bool,
    /// Since when there is no window; `None` once that was said, too.
    missing_since: Option<Instant>,
}

impl Following<'_> {
    fn run(&mut self) -> Result<(), DesktopError> {
        let compositor = self.desktop.compositor_selection()?;
        self.watch_desktop(compositor)?;
        let is_here = server::of_game().is_none();
        if is_here {
            self.tell(AppEvent::Compositor(self.desktop.compositor()?));
        }
        self.tell(AppEvent::Stacking(self.desktop.stacking()));
        let mut news = true;
        while !self.shared.stop.load(Ordering::Relaxed) {
            if self.shared.again.swap(false, Ordering::Relaxed) {
                (self.window, self.searched_at) = (None, None);
            }
            let since = self.searched_at.map(|at| at.elapsed());
            if is_search_due(self.window.is_some(), self.is_stale, since) {
                self.search()?;
                news = true;
            }
            if std::mem::take(&mut news) {
                self.report()?;
                self.restack()?;
            }
            self.report_focus()?;
            self.desktop.connection.flush()?;
            self.wait()?;
            while let Some(event) = self.desktop.connection.poll_for_event()? {
                news = true;
                match event {
                    Event::XfixesSelectionNotify(event) if is_here && event.selection == compositor => {
                        self.tell(AppEvent::Compositor(compositor_of(event.owner)));
                    }
                    Event::DestroyNotify(event) if Some(event.window) == self.window => {
                        self.window = None;
                        self.missing_since = Some(Instant::now());
                    }
                    Event::PropertyNotify(event) if event.window == self.desktop.root => {
                        let atoms = &self.desktop.atoms;
                        let lists = [atoms._NET_CLIENT_LIST, atoms._NET_ACTIVE_WINDOW];
                        self.is_stale |= lists.contains(&event.atom);
                    }
                    // Without a list of the window manager's.
                    Event::MapNotify(event) => self.is_stale |= event.event == self.desktop.root,
                    Event::ReparentNotify(event) if Some(event.window) == self.window => {
                        self.watch_frames(event.window)?;
                    }
                    // All other events only say that it is time to look again.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Restacking of top-level windows, and compositors that come and go.
    fn watch_desktop(&self, compositor: u32) -> Result<(), DesktopError> {
        let connection = &self.desktop.connection;
        let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        let events = ChangeWindowAttributesAux::new().event_mask(mask);
        connection.change_window_attributes(self.desktop.root, &events)?;
        if quiet(connection.xfixes_query_version(5, 0)?.reply())?.is_some() {
            let news = SelectionEventMask::SET_SELECTION_OWNER
                | SelectionEventMask::SELECTION_WINDOW_DESTROY
                | SelectionEventMask::SELECTION_CLIENT_CLOSE;
            connection.xfixes_select_selection_input(self.desktop.root, compositor, news)?;
        }
        Ok(())
    }

    fn search(&mut self) -> Result<(), DesktopError> {
        (self.searched_at, self.is_stale) = (Some(Instant::now()), false);
        let windows = self.desktop.windows()?;
        let active = self.desktop.active()?.map(|active| WindowId(u64::from(active)));
        let Some((found, ambiguity)) = self.candidate(&windows, active) else {
            if self.missing_since.is_some_and(|since| since.elapsed() >= target::SEARCH_TIMEOUT) {
                self.missing_since = None;
                let is_wayland = std::env::var_os("WAYLAND_DISPLAY").is_some();
                self.tell(AppEvent::Notice(target::absence(&self.query, is_wayland)));
            }
            return Ok(());
        };
        let Ok(window) = Window::try_from(found.id.0) else { return Ok(()) };
        if self.window == Some(window) {
            return Ok(());
        }
        let mask = EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE | EventMask::FOCUS_CHANGE;
        if self.watch(window, mask)? {
            log::info!("found the window {} {:?} ({})", found.id, found.title, found.program);
            if let Some(before) = self.window.replace(window) {
                // What it does is no news any more.
                self.watch(before, EventMask::NO_EVENT)?;
            }
            self.watch_frames(window)?;
            self.missing_since = None;
            if let Some(ambiguity) = ambiguity {
                self.tell(AppEvent::Notice(ambiguity));
            }
        }
        Ok(())
    }

    /// Asks for events of a window; returns whether it is there.
    fn watch(&self, window: Window, mask: EventMask) -> Result<bool, DesktopError> {
        let events = ChangeWindowAttributesAux::new().event_mask(mask);
        let asked = self.desktop.connection.change_window_attributes(window, &events)?.check();
        Ok(quiet(asked)?.is_some())
    }

    /// Some window managers hide a window by hiding the frame around it, of which the window itself
    /// is not told.
    fn watch_frames(&self, window: Window) -> Result<(), DesktopError> {
        let mut current = window;
        while let Some(tree) = quiet(self.desktop.connection.query_tree(current)?.reply())? {
            if tree.parent == self.desktop.root || tree.parent == x11rb::NONE {
                break;
            }
            current = tree.parent;
            self.watch(current, EventMask::STRUCTURE_NOTIFY)?;
        }
        Ok(())
    }

    /// The window to follow, and what there is to say about the choice.
    fn candidate<'a>(
        &self,
        windows: &'a [WindowInfo],
        active: Option<WindowId>,
    ) -> Option<(&'a WindowInfo, Option<String>)> {
        let mut chosen = self.shared.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.iter().find(|window| *chosen == Some(window.id)) {
            return Some((window, None));
        }
        // It was closed: back to what was asked for.
        *chosen = None;
        let followed = self.window.map(|window| WindowId(u64::from(window)));
        let found = target::pick(windows, &self.query, active, followed)?;
        Some((found, target::ambiguity(windows, &self.query)))
    }

    fn report(&mut self) -> Result<(), DesktopError> {
        let mut placement = Placement::Absent;
        if let Some(window) = self.window {
            placement = self.desktop.placement(window)?;
            if placement == Placement::Absent {
                self.window = None;
                self.missing_since = Some(Instant::now());
            }
        }
        if self.last.replace(placement) != Some(placement) {
            self.tell(AppEvent::Placement(placement));
        }
        Ok(())
    }

    fn report_focus(&mut self) -> Result<(), DesktopError> {
        let focus = match self.window {
            Some(window) => self.desktop.focus(window)?,
            None => Focus::Elsewhere,
        };
        if self.focus.replace(focus) != Some(focus) {
            self.tell(AppEvent::Focus(focus));
        }
        Ok(())
    }

    /// Puts the overlay directly above the game's top-level window, unless it is there already.
    fn restack(&self) -> Result<(), DesktopError> {
        let overlay = self.shared.overlay.load(Ordering::Relaxed);
        let (Some(game), true) = (self.window, overlay != x11rb::NONE) else { return Ok(()) };
        let Some(frame) = self.top_level(game)? else { return Ok(()) };
        let Some(tree) = quiet(self.desktop.connection.query_tree(self.desktop.root)?.reply())? else {
            return Ok(());
        };
        let index = |window: Window| tree.children.iter().position(|&it| it == window);
        if let (Some(below), Some(above)) = (index(frame), index(overlay))
            && above != below + 1
        {
            let order = ConfigureWindowAux::new().sibling(frame).stack_mode(StackMode::ABOVE);
            quiet(self.desktop.connection.configure_window(overlay, &order)?.check())?;
        }
        Ok(())
    }

    /// The window manager's frame around a window, or the window itself.
    fn top_level(&self, window: Window) -> Result<Option<Window>, DesktopError> {
        let mut current = window;
        loop {
            match quiet(self.desktop.connection.query_tree(current)?.reply())? {
                None => return Ok(None),
                Some(tree) if tree.parent == self.desktop.root => return Ok(Some(current)),
                Some(tree) if tree.parent == x11rb::NONE => return Ok(None),
                Some(tree) => current = tree.parent,
            }
        }
    }

    fn wait(&self) -> Result<(), DesktopError> {
        let stream = self.desktop.connection.stream();
        let timeout = Timespec::try_from(POLL_TIMEOUT).ok();
        match poll(&mut [PollFd::new(stream, PollFlags::IN)], timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(DesktopError::System(error.into())),
        }
    }

    fn tell(&self, event: AppEvent) {
        if !(self.sink)(event) {
            self.shared.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_looked_through_at_once_and_then_no_more_often_than_every_quarter_of_a_second() {
        let millis = |millis| Some(Duration::from_millis(millis));
        assert!(is_search_due(false, false, None) && is_search_due(true, true, None));
        let events = (0..50).map(|at| millis(5 * at)).filter(|since| is_search_due(false, true, *since));
        assert_eq!(events.count(), 0, "fifty events within one interval");
        assert!(is_search_due(false, false, millis(250)), "one may have got its title late");
        assert!(!is_search_due(true, true, millis(399)) && is_search_due(true, true, millis(400)));
        assert!(!is_search_due(true, false, millis(9_000)), "nothing is new");
    }
}
