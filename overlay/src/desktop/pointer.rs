//! Where the mouse pointer is, over whatever window.

use lens_core::geometry::{OnScreen, Point};

/// Where the pointer is on the screen; `None` where that cannot be known.
#[cfg(target_os = "linux")]
pub fn pointer() -> Option<Point<OnScreen>> {
    super::window::x11::Desktop::connect_to_game().ok()?.pointer()
}

/// Where the pointer is on the screen; `None` where that cannot be known.
#[cfg(not(target_os = "linux"))]
pub fn pointer() -> Option<Point<OnScreen>> {
    super::window::system::pointer()
}
