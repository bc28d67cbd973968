//! One captured image of the game.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use lens_core::pixels::{ChannelOrder, Pixels, WrongSize};

/// The bytes behind a frame: a vector, or memory shared with the display server.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A captured image, cheap to clone and to send to another thread.
#[derive(Clone)]
pub struct Frame {
    /// Counts the frames of one source, from zero.
    pub id: u64,
    /// When the image was taken.
    pub captured_at: Instant,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Byte order of a pixel.
    pub order: ChannelOrder,
    bytes: Bytes,
}

impl Frame {
    /// Wraps bytes, of which the first `width * height * 4` are the image.
    ///
    /// # Errors
    /// When there are fewer, or the image is empty.
    pub fn new(
        id: u64,
        captured_at: Instant,
        width: u32,
        height: u32,
        order: ChannelOrder,
        bytes: Bytes,
    ) -> Result<Self, WrongSize> {
        let all = (*bytes).as_ref();
        let wanted = width as usize * height as usize * 4;
        Pixels::new(&all[..wanted.min(all.len())], width, height, order)?;
        Ok(Self { id, captured_at, width, height, order, bytes })
    }

    /// The image, as recognition takes it.
    pub fn pixels(&self) -> Pixels<'_> {
        Pixels { data: self.data(), width: self.width, height: self.height, order: self.order }
    }

    /// Whether both show the same image, whenever they were taken. The unused fourth byte counts
    /// too.
    pub fn same_picture(&self, other: &Self) -> bool {
        (self.width, self.height, self.order) == (other.width, other.height, other.order)
            && self.data() == other.data()
    }

    fn data(&self) -> &[u8] {
        &(*self.bytes).as_ref()[..self.width as usize * self.height as usize * 4]
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, width, height, order, .. } = self;
        write!(formatter, "Frame #{id} {width}x{height} {order:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, bytes: Vec<u8>) -> Result<Frame, WrongSize> {
        Frame::new(0, Instant::now(), width, height, ChannelOrder::Bgrx, Arc::new(bytes))
    }

    #[test]
    fn a_larger_buffer_is_cut_and_a_smaller_one_is_refused() {
        assert_eq!(frame(2, 1, vec![7; 100]).unwrap().pixels().data.len(), 8);
        assert!(frame(2, 1, vec![7; 7]).is_err());
        assert!(frame(0, 1, vec![]).is_err());
    }

    #[test]
    fn pictures_are_compared_not_buffers() {
        let (one, two) = (frame(2, 1, vec![7; 100]).unwrap(), frame(2, 1, vec![7; 8]).unwrap());
        assert!(one.same_picture(&two));
        assert!(!one.same_picture(&frame(1, 2, vec![7; 8]).unwrap()));
        assert!(!one.same_picture(&frame(2, 1, vec![8; 8]).unwrap()));
    }
}
