//! macOS: which windows there are and where, through `xcap`; where the pointer is, through Core
//! Graphics.

use std::time::Duration;

use lens_core::geometry::{OnScreen, Point, Rect};
use objc2_core_graphics::CGEvent;
use xcap::{Window, XCapError};

use super::error::DesktopError;
use crate::messages::window::{Placement, WindowId, WindowInfo};

/// Each question lists all windows: ten a second are enough to follow one that people drag.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The windows of the desktop, from the bottom to the top.
///
/// # Errors
/// When the system does not list them.
pub fn list() -> Result<Vec<WindowInfo>, DesktopError> {
    let mut windows = Window::all().map_err(|error| DesktopError::Lost(error.to_string()))?;
    windows.reverse();
    let describe = |window: &Window| {
        let id = WindowId(u64::from(window.id().ok()?));
        let (title, program) = (window.title().unwrap_or_default(), window.app_name().unwrap_or_default());
        Some(WindowInfo { id, title, program })
    };
    Ok(windows.iter().filter_map(describe).collect())
}

/// Where a window is now.
pub(super) fn placement(id: WindowId) -> Placement {
    let is_it = |window: &Window| window.id().is_ok_and(|it| u64::from(it) == id.0);
    let Some(window) = Window::all().ok().and_then(|windows| windows.into_iter().find(is_it)) else {
        return Placement::Absent;
    };
    match area(&window) {
        Ok(area) if !window.is_minimized().unwrap_or(false) => Placement::Shown { window: id, area },
        _ => Placement::Hidden { window: id },
    }
}

/// The window that has the keyboard.
pub(super) fn active() -> Option<WindowId> {
    let windows = Window::all().ok()?;
    let active = windows.iter().find(|window| window.is_focused().unwrap_or(false))?;
    Some(WindowId(u64::from(active.id().ok()?)))
}

/// In points, as the system counts: they are the same on all screens, and pixels are not.
fn area(window: &Window) -> Result<Rect<OnScreen>, XCapError> {
    let (x, y) = (window.x()? as f32, window.y()? as f32);
    Ok(Rect::ltwh(x, y, window.width()? as f32, window.height()? as f32))
}

/// Where the pointer is, in points.
pub(crate) fn pointer() -> Option<Point<OnScreen>> {
    let event = CGEvent::new(None)?;
    let at = CGEvent::location(Some(&event));
    Some(Point::new(at.x as f32, at.y as f32))
}
