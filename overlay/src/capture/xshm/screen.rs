//! One pixel of the screen, as someone in front of it sees it.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

use super::pixels::PixelFormat;
use super::{ask, lost};
use crate::capture::source::CaptureError;

/// Red, green and blue of the pixel at this place.
///
/// # Errors
/// When there is no display, or its pixels cannot be read.
pub fn pixel(left: i16, top: i16) -> Result<[u8; 3], CaptureError> {
    let (connection, number) =
        x11rb::connect(None).map_err(|error| CaptureError::Display(error.to_string()))?;
    let screen = &connection.setup().roots[number];
    let format = PixelFormat::of(connection.setup(), screen.root_depth, screen.root_visual);
    let format = format.ok_or_else(|| {
        CaptureError::Unsupported(format!("pixels of a screen of {} bits cannot be read", screen.root_depth))
    })?;
    let asked =
        connection.get_image(ImageFormat::Z_PIXMAP, screen.root, left, top, 1, 1, !0).map_err(lost)?;
    let plain = format.plain(&ask(asked.reply())?.data, 1, 1);
    match plain[..] {
        [blue, green, red, _] => Ok([red, green, blue]),
        _ => Err(CaptureError::Unsupported("the place is not on the screen".into())),
    }
}
