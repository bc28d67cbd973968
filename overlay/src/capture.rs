//! Where images of the game come from.
//!
//! [`source::FrameSource`] is what the rest knows. The ways to capture are shared memory on X11,
//! Windows Graphics Capture, GDI where Windows has none, `xcap` elsewhere, and image files;
//! [`recording`] keeps what was captured. Nothing here knows what is on the images.

pub mod change_filter;
#[cfg(windows)]
pub mod gdi;
pub mod images;
#[cfg(target_os = "linux")]
pub mod pool;
pub mod recording;
#[cfg(test)]
pub(crate) mod script;
pub mod source;
pub mod timing;
#[cfg(windows)]
pub mod wgc;
pub mod xcap;
#[cfg(target_os = "linux")]
pub mod xshm;

use crate::messages::window::WindowId;
use source::{CaptureError, FrameSource};

/// Opens the best way to capture a window on this system.
///
/// # Errors
/// When no way works, or the window is gone.
pub fn open_window(window: WindowId) -> Result<Box<dyn FrameSource>, CaptureError> {
    #[cfg(target_os = "linux")]
    {
        match xshm::WindowSource::open(window) {
            Ok(source) => return Ok(Box::new(source)),
            Err(CaptureError::Unsupported(reason)) => log::warn!("slower capture through xcap: {reason}"),
            Err(error) => return Err(error),
        }
        Ok(Box::new(xcap::WindowSource::open(window)?))
    }
    #[cfg(windows)]
    {
        match wgc::WindowSource::open(window) {
            Ok(source) => return Ok(Box::new(source)),
            Err(CaptureError::Unsupported(reason)) => log::warn!("slower capture through GDI: {reason}"),
            Err(error) => return Err(error),
        }
        Ok(Box::new(gdi::WindowSource::open(window)?))
    }
    #[cfg(target_os = "macos")]
    {
        Ok(Box::new(xcap::WindowSource::open(window)?))
    }
}
