//! The desktop around the overlay: which windows there are, and news of the one it follows.
//!
//! The overlay's own window is winit's; only what winit does not offer is here.

#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod polling;
#[cfg(windows)]
pub mod windows;
#[cfg(target_os = "linux")]
pub mod x11;

use crate::desktop::target::Query;
use crate::messages::event::AppEvent;

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

/// Where a follower sends its news; answers whether anyone still listens.
pub type Listener = Box<dyn Fn(AppEvent) -> bool + Send>;

/// Why the desktop cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// There is no display to draw on.
    #[error(
        "there is no display: {0}\nhelp: start this from a graphical session (on Wayland with XWayland), or run \
         `overlay offscreen`, which needs none"
    )]
    NoDisplay(String),
    /// The display does not answer any more.
    #[error("lost the display: {0}")]
    Lost(String),
    /// Something the system refuses.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
}

/// Follows the window that `query` describes: looks for it, then reports each [`crate::desktop::target::Placement`] once.
///
/// # Errors
/// When there is no display.
pub fn follow(query: Query, listener: Listener) -> Result<Follower, DesktopError> {
    Follower::start(query, listener)
}
