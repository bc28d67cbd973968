//! Windows: the system tells of each new image of the window (Windows Graphics Capture, through
//! `windows-capture`).
//!
//! The window may be covered. The overlay is never on the images, because only the game's own
//! window is captured.

mod dispatcher;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lens_core::pixels::ChannelOrder;
use windows_capture::capture::{CaptureControl, Context, GraphicsCaptureApiHandler};
use windows_capture::frame::Frame as Captured;
use windows_capture::graphics_capture_api::{GraphicsCaptureApi, InternalCaptureControl};
use windows_capture::settings::{
    ColorFormat, CursorCaptureSettings, DirtyRegionSettings, DrawBorderSettings,
    MinimumUpdateIntervalSettings, SecondaryWindowSettings, Settings,
};
use windows_capture::window::Window;

use super::source::{CaptureError, FrameSource};
use crate::desktop::window::windows::{handle, inside, placement, with_frame};
use crate::messages::window::{Placement, WindowId};
use tracking::frame::Frame;

/// The game draws more often than anyone looks: so long the system waits between two images.
const INTERVAL: Duration = Duration::from_millis(15);
/// So long the first image may take.
const FIRST: Duration = Duration::from_secs(1);

/// Captures one window.
pub struct WindowSource {
    window: WindowId,
    shared: Arc<Shared>,
    control: Option<CaptureControl<Handler, CaptureError>>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    arrived: Condvar,
}

#[derive(Default)]
struct Slot {
    latest: Option<Frame>,
    is_fresh: bool,
    closed: bool,
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WindowSource {
    /// Starts capturing.
    ///
    /// # Errors
    /// When this Windows cannot capture this way (before 10, version 1903), or the window is gone.
    pub fn open(window: WindowId) -> Result<Self, CaptureError> {
        if placement(window) == Placement::Absent {
            return Err(CaptureError::Gone);
        }
        let offered = |answer: Result<bool, _>| answer.unwrap_or(false);
        if !offered(GraphicsCaptureApi::is_supported()) {
            return Err(CaptureError::Unsupported("this Windows has no Windows Graphics Capture".into()));
        }
        // Each wish is an error where it cannot be granted.
        let cursor = match offered(GraphicsCaptureApi::is_cursor_settings_supported()) {
            true => CursorCaptureSettings::WithoutCursor,
            false => CursorCaptureSettings::Default,
        };
        let border = match offered(GraphicsCaptureApi::is_border_settings_supported()) {
            true => DrawBorderSettings::WithoutBorder,
            false => DrawBorderSettings::Default,
        };
        let interval = match offered(GraphicsCaptureApi::is_minimum_update_interval_supported()) {
            true => MinimumUpdateIntervalSettings::Custom(INTERVAL),
            false => MinimumUpdateIntervalSettings::Default,
        };
        let shared = Arc::<Shared>::default();
        let settings = Settings::new(
            Window::from_raw_hwnd(handle(window).0),
            cursor,
            border,
            SecondaryWindowSettings::Default,
            interval,
            DirtyRegionSettings::Default,
            ColorFormat::Bgra8,
            Flags { window, shared: Arc::clone(&shared) },
        );
        let control = Handler::start_free_threaded(settings)
            .map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        Ok(Self { window, shared, control: Some(control) })
    }
}

impl FrameSource for WindowSource {
    fn way(&self) -> &'static str {
        "Windows Graphics Capture"
    }

    fn changed(&mut self) -> Result<bool, CaptureError> {
        let slot = self.shared.slot();
        if slot.closed { Err(CaptureError::Gone) } else { Ok(slot.is_fresh) }
    }

    fn wait(&mut self, at_most: Duration) {
        let waits = |slot: &mut Slot| !slot.is_fresh && !slot.closed;
        drop(self.shared.arrived.wait_timeout_while(self.shared.slot(), at_most, waits));
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        match placement(self.window) {
            Placement::Absent => return Err(CaptureError::Gone),
            Placement::Hidden { .. } => return Ok(None),
            Placement::Shown { .. } => {}
        }
        let slot = self.shared.slot();
        let waits = |slot: &mut Slot| slot.latest.is_none() && !slot.closed;
        let (mut slot, _) = self
            .shared
            .arrived
            .wait_timeout_while(slot, FIRST, waits)
            .unwrap_or_else(PoisonError::into_inner);
        if slot.closed {
            return Err(CaptureError::Gone);
        }
        slot.is_fresh = false;
        Ok(slot.latest.clone())
    }
}

impl Drop for WindowSource {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.control.take().map(CaptureControl::stop) {
            log::warn!("the capture did not end in good order: {error}");
        }
    }
}

struct Flags {
    window: WindowId,
    shared: Arc<Shared>,
}

/// Takes the images on the capture's own thread.
struct Handler {
    window: WindowId,
    shared: Arc<Shared>,
    next_id: u64,
    unpadded: Vec<u8>,
}

impl GraphicsCaptureApiHandler for Handler {
    type Flags = Flags;
    type Error = CaptureError;

    fn new(context: Context<Flags>) -> Result<Self, CaptureError> {
        let Flags { window, shared } = context.flags;
        Ok(Self { window, shared, next_id: 0, unpadded: Vec::new() })
    }

    fn on_frame_arrived(
        &mut self,
        captured: &mut Captured<'_>,
        _control: InternalCaptureControl,
    ) -> Result<(), CaptureError> {
        let captured_at = Instant::now();
        let Some([left, top, right, bottom]) = self.inside(captured.width(), captured.height()) else {
            return Ok(());
        };
        let unsupported = |error: windows_capture::frame::Error| CaptureError::Unsupported(error.to_string());
        let buffer = captured.buffer_crop(left, top, right, bottom).map_err(unsupported)?;
        let bytes = buffer.as_nopadding_buffer(&mut self.unpadded).to_vec();
        let frame = Frame::new(
            self.next_id,
            captured_at,
            right - left,
            bottom - top,
            ChannelOrder::Bgrx,
            Arc::new(bytes),
        )
        .map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        self.next_id += 1;
        let mut slot = self.shared.slot();
        (slot.latest, slot.is_fresh) = (Some(frame), true);
        self.shared.arrived.notify_all();
        Ok(())
    }

    fn on_closed(&mut self) -> Result<(), CaptureError> {
        self.shared.slot().closed = true;
        self.shared.arrived.notify_all();
        Ok(())
    }
}

impl Handler {
    /// Which part of an image is the window's inside; `None` while the window changes its size.
    fn inside(&self, width: u32, height: u32) -> Option<[u32; 4]> {
        let window = handle(self.window);
        let (inside, whole) = (inside(window)?, with_frame(window)?);
        let (left, top) =
            ((inside.left - whole.left).max(0.0) as u32, (inside.top - whole.top).max(0.0) as u32);
        let right = (left + inside.width() as u32).min(width);
        let bottom = (top + inside.height() as u32).min(height);
        (left < right && top < bottom).then_some([left, top, right, bottom])
    }
}
