//! The overlay's outline: only strokes and labels are window, the rest is hole. Without a
//! compositor the rest would be black; with one it would be blurred and throw a shadow.

use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{ClipOrdering, Rectangle};

use super::Desktop;
use crate::desktop::window::error::DesktopError;
use marks::scene::outline::Run;

/// Sets the window's outline to `runs`.
///
/// # Errors
/// When the display is lost.
pub fn set(desktop: &Desktop, window: u32, runs: &[Run]) -> Result<(), DesktopError> {
    let connection = &desktop.connection;
    let rectangle = |run: &Run| Rectangle { x: run.x, y: run.y, width: run.width, height: run.height };
    let rectangles: Vec<Rectangle> = runs.iter().map(rectangle).collect();
    let whole = (SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED);
    connection.shape_rectangles(whole.0, whole.1, whole.2, window, 0, 0, &rectangles)?;
    connection.flush()?;
    Ok(())
}
