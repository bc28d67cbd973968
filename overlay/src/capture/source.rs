//! A way to take images of one thing, and why it may fail.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tracking::frame::Frame;

/// A way to take images of one thing.
pub trait FrameSource: Send {
    /// Whether the image may have changed since the last [`FrameSource::grab`]. A source that
    /// cannot know says yes.
    ///
    /// # Errors
    /// As [`FrameSource::grab`].
    fn changed(&mut self) -> Result<bool, CaptureError> {
        Ok(true)
    }

    /// Waits until the image may have changed, at most so long. A source that is not told of
    /// changes waits that long.
    fn wait(&mut self, at_most: Duration) {
        thread::sleep(at_most);
    }

    /// How images are taken, for people.
    fn way(&self) -> &'static str {
        "frames from memory"
    }

    /// Takes an image now; `None` while there is nothing to see (a minimised window).
    ///
    /// # Errors
    /// When the thing is gone for good, or cannot be captured at all.
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError>;
}

/// Why no image can be taken.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The window was closed.
    #[error("the captured window is gone")]
    Gone,
    /// This way of capturing does not work here.
    #[error("cannot capture this way: {0}")]
    Unsupported(String),
    /// The connection to the display broke.
    #[error("lost the display while capturing: {0}\nhelp: start the overlay again once the desktop is back")]
    Display(String),
    /// Image files that cannot be read.
    #[error("cannot read {path}: {reason}\nhelp: give a PNG, JPEG or WebP file, or a folder of them")]
    Picture {
        /// The file or folder.
        path: PathBuf,
        /// What the system or the decoder says.
        reason: String,
    },
}
