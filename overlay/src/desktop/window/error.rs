//! Why the desktop cannot be asked.

/// A question to the desktop that failed.
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
