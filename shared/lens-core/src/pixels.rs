//! A borrowed image of four bytes a pixel.

use image::RgbaImage;
use serde::{Deserialize, Serialize};

/// The order of the four bytes of a pixel; the fourth is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelOrder {
    /// Red, green, blue, ignored: `image::RgbaImage`.
    Rgbx,
    /// Blue, green, red, ignored: what X11, Windows and macOS screens give.
    Bgrx,
}

/// An image of `width * height` pixels, rows without padding.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// `width * height * 4` bytes.
    pub data: &'a [u8],
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Byte order of a pixel.
    pub order: ChannelOrder,
}

impl<'a> Pixels<'a> {
    /// Wraps a buffer.
    ///
    /// # Errors
    /// When `data` does not hold exactly `width * height * 4` bytes, or the image is empty.
    pub fn new(data: &'a [u8], width: u32, height: u32, order: ChannelOrder) -> Result<Self, WrongSize> {
        let wanted = width as usize * height as usize * 4;
        if wanted == 0 || data.len() != wanted {
            return Err(WrongSize { width, height, bytes: data.len() });
        }
        Ok(Self { data, width, height, order })
    }

    /// The red, green and blue of a pixel.
    pub fn rgb(&self, x: u32, y: u32) -> [u8; 3] {
        let at = (y as usize * self.width as usize + x as usize) * 4;
        let [a, b, c] = [self.data[at], self.data[at + 1], self.data[at + 2]];
        match self.order {
            ChannelOrder::Rgbx => [a, b, c],
            ChannelOrder::Bgrx => [c, b, a],
        }
    }
}

impl<'a> From<&'a RgbaImage> for Pixels<'a> {
    fn from(image: &'a RgbaImage) -> Self {
        Self { data: image.as_raw(), width: image.width(), height: image.height(), order: ChannelOrder::Rgbx }
    }
}

/// A pixel buffer whose length does not fit its size.
#[derive(Debug, thiserror::Error)]
#[error("an image of {width}x{height} needs {} bytes, got {bytes}", *width as usize * *height as usize * 4)]
pub struct WrongSize {
    width: u32,
    height: u32,
    bytes: usize,
}
