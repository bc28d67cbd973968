//! Capture through the `xcap` crate: monitors everywhere, windows where nothing better is at hand.

use std::sync::Arc;
use std::time::Instant;

use lens_core::pixels::ChannelOrder;
use xcap::{Monitor, Window, XCapError};

use super::source::{CaptureError, FrameSource};
use crate::messages::window::WindowId;
use tracking::frame::Frame;

/// Captures one window.
#[derive(Debug)]
pub struct WindowSource {
    window: Window,
    next_id: u64,
}

impl WindowSource {
    /// Finds the window again by its id.
    ///
    /// # Errors
    /// When it is gone, or windows cannot be listed.
    pub fn open(id: WindowId) -> Result<Self, CaptureError> {
        let windows = Window::all().map_err(unsupported)?;
        let is_it = |window: &Window| window.id().is_ok_and(|it| u64::from(it) == id.0);
        let window = windows.into_iter().find(is_it).ok_or(CaptureError::Gone)?;
        Ok(Self { window, next_id: 0 })
    }
}

impl FrameSource for WindowSource {
    fn way(&self) -> &'static str {
        "xcap"
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        if self.window.is_minimized().unwrap_or(false) {
            return Ok(None);
        }
        match self.window.capture_image() {
            Ok(picture) => frame(picture, &mut self.next_id),
            // xcap does not say why: a window that can no longer be found is gone, any other may
            // come back.
            Err(_) => Self::open(WindowId(u64::from(self.window.id().map_err(|_| CaptureError::Gone)?))).map(
                |found| {
                    self.window = found.window;
                    None
                },
            ),
        }
    }
}

/// Captures one monitor, everything on it included.
#[derive(Debug)]
pub struct MonitorSource {
    monitor: Handle,
    next_id: u64,
}

/// A monitor that may be opened on one thread and captured on another.
#[derive(Debug)]
struct Handle(Monitor);

// SAFETY: on Windows it holds an `HMONITOR`, a handle that names the monitor in every thread of the
// process and is never dereferenced; elsewhere it is `Send` by itself.
#[expect(unsafe_code, reason = "xcap does not say that its handle may move to another thread")]
unsafe impl Send for Handle {}

impl MonitorSource {
    /// The monitor of this number, from zero.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(number: usize) -> Result<Self, CaptureError> {
        let monitors = Monitor::all().map_err(unsupported)?;
        let count = monitors.len();
        let missing = || {
            CaptureError::Unsupported(format!("there is no monitor {number}: {count} found, counted from 0"))
        };
        let monitor = monitors.into_iter().nth(number).ok_or_else(missing)?;
        Ok(Self { monitor: Handle(monitor), next_id: 0 })
    }

    /// Left, top, width and height on the desktop.
    ///
    /// # Errors
    /// When the monitor was unplugged.
    pub fn area(&self) -> Result<[i32; 4], CaptureError> {
        let read = || -> Result<[i32; 4], XCapError> {
            let Handle(monitor) = &self.monitor;
            #[cfg(target_os = "linux")]
            if let Some(area) = area_of_output(monitor.id()?) {
                return Ok(area);
            }
            let (width, height) = (monitor.width()?, monitor.height()?);
            Ok([monitor.x()?, monitor.y()?, width as i32, height as i32])
        };
        read().map_err(unsupported)
    }
}

impl FrameSource for MonitorSource {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        let picture = self.monitor.0.capture_image().map_err(unsupported)?;
        frame(picture, &mut self.next_id)
    }
}

/// Where an output of the X server lies, as the server says: `xcap` divides its numbers by what the
/// desktop enlarges text by, which its images are not.
#[cfg(target_os = "linux")]
fn area_of_output(output: u32) -> Option<[i32; 4]> {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::randr::ConnectionExt as _;
    let (connection, screen) = x11rb::connect(None).ok()?;
    let root = connection.setup().roots[screen].root;
    let monitors = connection.randr_get_monitors(root, true).ok()?.reply().ok()?.monitors;
    let monitor = monitors.into_iter().find(|monitor| monitor.outputs.contains(&output))?;
    Some([monitor.x.into(), monitor.y.into(), monitor.width.into(), monitor.height.into()])
}

fn frame(picture: image::RgbaImage, next_id: &mut u64) -> Result<Option<Frame>, CaptureError> {
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Ok(None);
    }
    let bytes = Arc::new(picture.into_raw());
    let frame = Frame::new(*next_id, Instant::now(), width, height, ChannelOrder::Rgbx, bytes)
        .map_err(|error| CaptureError::Unsupported(error.to_string()))?;
    *next_id += 1;
    Ok(Some(frame))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn unsupported(error: XCapError) -> CaptureError {
    CaptureError::Unsupported(error.to_string())
}
