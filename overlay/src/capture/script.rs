//! A source that shows what a test tells it to.

use std::sync::Arc;
use std::time::Instant;

use lens_core::pixels::ChannelOrder;
use tracking::frame::Frame;

use super::source::{CaptureError, FrameSource};

/// Shows the given shades of grey one after the other; `None` is a minimised window.
pub(crate) struct Script(pub(crate) Vec<Option<u8>>);

impl FrameSource for Script {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        if self.0.is_empty() {
            return Err(CaptureError::Gone);
        }
        Ok(self.0.remove(0).map(|shade| {
            let bytes = Arc::new(vec![shade; 16]);
            Frame::new(0, Instant::now(), 2, 2, ChannelOrder::Rgbx, bytes).unwrap()
        }))
    }
}
