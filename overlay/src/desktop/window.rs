//! The desktop around the overlay: which windows there are, and news of the one it follows.
//!
//! The overlay's own window is winit's; only what winit does not offer is here.

mod error;
#[cfg(target_os = "macos")]
pub(super) mod macos;
#[cfg(not(target_os = "linux"))]
mod polling;
#[cfg(windows)]
pub mod windows;
#[cfg(target_os = "linux")]
pub mod x11;

pub use error::DesktopError;

use crate::desktop::target::Query;
use crate::messages::event::EventSink;

#[cfg(target_os = "macos")]
pub(super) use self::macos as system;
#[cfg(windows)]
pub(super) use self::windows as system;
#[cfg(not(target_os = "linux"))]
pub use polling::Follower;
#[cfg(not(target_os = "linux"))]
pub use system::list;
#[cfg(target_os = "linux")]
pub use x11::follow::Follower;
#[cfg(target_os = "linux")]
pub use x11::list;

/// Whether there is anything to open a window on; what a window would say of it is of no help.
///
/// # Errors
/// When there is no display.
pub fn need_display() -> Result<(), DesktopError> {
    let is_set = |name| std::env::var_os(name).is_some_and(|it| !it.is_empty());
    if cfg!(target_os = "linux") && !["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(is_set)
    {
        return Err(DesktopError::NoDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned()));
    }
    Ok(())
}

/// Follows the window that `query` describes: looks for it, then sends each change of its
/// [`crate::messages::window::Placement`].
///
/// # Errors
/// When there is no display.
pub fn follow(query: Query, sink: EventSink) -> Result<Follower, DesktopError> {
    Follower::start(query, sink)
}
