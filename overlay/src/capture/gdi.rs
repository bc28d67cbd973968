//! Windows without Windows Graphics Capture (before 10, version 1903, or Wine): the window is asked
//! to paint itself.
#![expect(unsafe_code, reason = "the system paints into memory that it hands out as a pointer")]

use std::sync::Arc;
use std::time::Instant;

use lens_core::geometry::{OnScreen, Rect};
use lens_core::pixels::ChannelOrder;
use windows::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleDC, CreateDIBSection, DIB_RGB_COLORS,
    DeleteDC, DeleteObject, GdiFlush, GetDC, HBITMAP, HDC, HGDIOBJ, ReleaseDC, SRCCOPY, SelectObject,
};
use windows::Win32::Storage::Xps::{PRINT_WINDOW_FLAGS, PW_CLIENTONLY, PrintWindow};
use windows::Win32::UI::WindowsAndMessaging::PW_RENDERFULLCONTENT;

use super::source::{CaptureError, FrameSource};
use crate::desktop::window::windows::{handle, placement};
use crate::messages::window::{Placement, WindowId};
use tracking::frame::Frame;

/// Captures one window.
pub struct WindowSource {
    window: WindowId,
    bitmap: Option<Bitmap>,
    way: Way,
    next_id: u64,
}

/// How images are had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The window paints itself; it may be covered.
    Painted,
    /// What the screen shows there, since the window painted nothing.
    Screen,
}

impl WindowSource {
    /// Captures this window.
    ///
    /// # Errors
    /// When it is gone.
    pub fn open(window: WindowId) -> Result<Self, CaptureError> {
        match placement(window) {
            Placement::Absent => Err(CaptureError::Gone),
            _ => Ok(Self { window, bitmap: None, way: Way::Painted, next_id: 0 }),
        }
    }
}

impl FrameSource for WindowSource {
    fn way(&self) -> &'static str {
        "GDI"
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        let area = match placement(self.window) {
            Placement::Absent => return Err(CaptureError::Gone),
            Placement::Hidden { .. } => return Ok(None),
            Placement::Shown { area, .. } => area,
        };
        let size = [area.width() as u32, area.height() as u32];
        if self.bitmap.as_ref().is_none_or(|bitmap| bitmap.size != size) {
            self.bitmap = Some(Bitmap::new(size)?);
        }
        let Some(bitmap) = &mut self.bitmap else { return Ok(None) };
        let captured_at = Instant::now();
        let mut bytes = Vec::new();
        if self.way == Way::Painted {
            bytes = bitmap.paint(self.window)?;
            if bytes.chunks_exact(4).all(|pixel| pixel[..3] == [0; 3]) {
                log::info!("the window paints nothing by itself: what the screen shows there is taken");
                self.way = Way::Screen;
            }
        }
        if self.way == Way::Screen {
            bytes = bitmap.copy_screen(area)?;
        }
        let [width, height] = size;
        let frame = Frame::new(self.next_id, captured_at, width, height, ChannelOrder::Bgrx, Arc::new(bytes))
            .map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        self.next_id += 1;
        Ok(Some(frame))
    }
}

/// An image that the system can paint into.
struct Bitmap {
    size: [u32; 2],
    context: HDC,
    handle: HBITMAP,
    before: HGDIOBJ,
    pixels: *const u8,
}

// SAFETY: a memory device context and its bitmap belong to no thread; only the owner uses them.
unsafe impl Send for Bitmap {}

impl Bitmap {
    fn new(size: [u32; 2]) -> Result<Self, CaptureError> {
        let [width, height] = size;
        let header = BITMAPINFOHEADER {
            biSize: size_of::<BITMAPINFOHEADER>() as u32,
            biWidth: width as i32,
            // From the top to the bottom.
            biHeight: -(height as i32),
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB.0,
            ..Default::default()
        };
        let info = BITMAPINFO { bmiHeader: header, ..Default::default() };
        let mut pixels = std::ptr::null_mut();
        // SAFETY: `info` and `pixels` outlive the calls; what is made is freed once, in `drop`.
        unsafe {
            let context = CreateCompatibleDC(None);
            let handle = match CreateDIBSection(
                Some(context),
                &raw const info,
                DIB_RGB_COLORS,
                &raw mut pixels,
                None,
                0,
            ) {
                Ok(handle) => handle,
                Err(error) => {
                    let _ = DeleteDC(context);
                    return Err(CaptureError::Unsupported(error.to_string()));
                }
            };
            let before = SelectObject(context, handle.into());
            Ok(Self { size, context, handle, before, pixels: pixels.cast_const().cast() })
        }
    }

    /// The window's own painting.
    fn paint(&mut self, window: WindowId) -> Result<Vec<u8>, CaptureError> {
        let flags = PRINT_WINDOW_FLAGS(PW_CLIENTONLY.0 | PW_RENDERFULLCONTENT);
        // SAFETY: the context is ours and as large as the window's inside; what is painted outside
        // is cut off.
        let painted = unsafe { PrintWindow(handle(window), self.context, flags) };
        painted.ok().map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        Ok(self.bytes())
    }

    /// What the screen shows in this area.
    fn copy_screen(&mut self, area: Rect<OnScreen>) -> Result<Vec<u8>, CaptureError> {
        let [width, height] = self.size;
        // SAFETY: the screen's context is given back; the area may lie outside the screen and is
        // cut to it.
        let copied = unsafe {
            let screen = GetDC(None);
            let copied = BitBlt(
                self.context,
                0,
                0,
                width as i32,
                height as i32,
                Some(screen),
                area.left as i32,
                area.top as i32,
                SRCCOPY,
            );
            ReleaseDC(None, screen);
            copied
        };
        copied.map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        Ok(self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        let [width, height] = self.size;
        // SAFETY: the bitmap has four bytes for each pixel and lives as long as this; after the
        // flush nobody paints.
        unsafe {
            let _ = GdiFlush();
            std::slice::from_raw_parts(self.pixels, width as usize * height as usize * 4).to_vec()
        }
    }
}

impl Drop for Bitmap {
    fn drop(&mut self) {
        // SAFETY: each was made by `new` and is freed here only; a bitmap can be freed once it is
        // not selected.
        unsafe {
            SelectObject(self.context, self.before);
            let _ = DeleteObject(self.handle.into());
            let _ = DeleteDC(self.context);
        }
    }
}
