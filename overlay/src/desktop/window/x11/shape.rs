//! The overlay's outline on desktops without a compositor: only strokes and labels are window, the
//! rest is hole.

use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{ClipOrdering, Rectangle};

use super::Desktop;
use crate::desktop::window::error::DesktopError;
use marks::scene::outline::Run;

/// Sets the window's outline to `runs`; `None` makes it whole again.
///
/// # Errors
/// When the display is lost.
pub fn set(desktop: &Desktop, window: u32, runs: Option<&[Run]>) -> Result<(), DesktopError> {
    let connection = &desktop.connection;
    match runs {
        None => {
            connection.shape_mask(SO::SET, SK::BOUNDING, window, 0, 0, x11rb::NONE)?;
        }
        Some(runs) => {
            let rectangles: Vec<Rectangle> = runs
                .iter()
                .map(|run| Rectangle { x: run.x, y: run.y, width: run.width, height: run.height })
                .collect();
            let whole = (SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED);
            connection.shape_rectangles(whole.0, whole.1, whole.2, window, 0, 0, &rectangles)?;
        }
    }
    connection.flush()?;
    Ok(())
}
