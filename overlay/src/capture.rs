//! Where pictures of the game come from.
//!
//! [`FrameSource`] is what the rest knows; `capture/` holds the ways: shared memory on X11, Windows Graphics Capture,
//! `xcap` elsewhere, and picture files. Nothing here knows what is on the pictures.

#[cfg(windows)]
pub mod gdi;
pub mod images;
#[cfg(target_os = "linux")]
pub mod pool;
pub mod recording;
#[cfg(windows)]
pub mod wgc;
pub mod xcap;
#[cfg(target_os = "linux")]
pub mod xshm;

use std::fmt;
use std::time::{Duration, Instant};

use crate::desktop::target::WindowId;
use tracking::frame::Frame;

/// A way to take pictures of one thing.
pub trait FrameSource: Send {
    /// Whether the picture may have changed since the last [`FrameSource::grab`]. A source that cannot know says yes.
    ///
    /// # Errors
    /// As [`FrameSource::grab`].
    fn changed(&mut self) -> Result<bool, CaptureError> {
        Ok(true)
    }

    /// Whether [`FrameSource::changed`] knows without taking a picture, so that it can be asked all the time.
    fn is_told_of_changes(&self) -> bool {
        false
    }

    /// How pictures are taken, for people.
    fn way(&self) -> &'static str {
        "pictures from memory"
    }

    /// Takes a picture now; `None` while there is nothing to see (a minimised window).
    ///
    /// # Errors
    /// When the thing is gone for good, or cannot be captured at all.
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError>;
}

/// Why no picture can be taken.
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
    /// Picture files that cannot be read.
    #[error(
        "cannot read {path}: {reason}\nhelp: --source images: takes a PNG, JPEG or WebP file, or a folder of them"
    )]
    Picture {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
}

/// What looking at a source again came to.
#[derive(Debug)]
pub enum News {
    /// A picture that differs from the last one.
    Fresh(Frame),
    /// Still the same picture.
    Same,
    /// Nothing to see.
    Hidden,
}

/// Looks at a source and tells news from repetition.
pub struct Watcher {
    source: Box<dyn FrameSource>,
    last: Option<Frame>,
}

impl Watcher {
    /// Watches `source`; its first picture is news.
    pub fn new(source: Box<dyn FrameSource>) -> Self {
        Self { source, last: None }
    }

    /// Whether a look that finds nothing new costs next to nothing.
    pub fn is_told_of_changes(&self) -> bool {
        self.source.is_told_of_changes()
    }

    /// Looks once.
    ///
    /// # Errors
    /// As [`FrameSource::grab`].
    pub fn look(&mut self) -> Result<News, CaptureError> {
        if self.last.is_some() && !self.source.changed()? {
            return Ok(News::Same);
        }
        let Some(frame) = self.source.grab()? else {
            self.last = None;
            return Ok(News::Hidden);
        };
        if self.last.as_ref().is_some_and(|last| last.same_picture(&frame)) {
            return Ok(News::Same);
        }
        self.last = Some(frame.clone());
        Ok(News::Fresh(frame))
    }
}

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

/// How long captures took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timings {
    /// Size of the picture.
    pub size: [u32; 2],
    /// How many pictures were taken.
    pub count: usize,
    /// The middle one.
    pub median: Duration,
    /// The fastest.
    pub min: Duration,
    /// The one that 95 % were faster than.
    pub p95: Duration,
}

impl fmt::Display for Timings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [width, height] = self.size;
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let (median, min, p95) = (millis(self.median), millis(self.min), millis(self.p95));
        let count = self.count;
        write!(
            formatter,
            "{width}x{height}: median {median:.2} ms, least {min:.2}, 95 % below {p95:.2} ({count} pictures)"
        )
    }
}

/// Takes `count` pictures as fast as it can, after three that do not count.
///
/// # Errors
/// As [`FrameSource::grab`], and when there is nothing to see.
pub fn measure(source: &mut dyn FrameSource, count: usize) -> Result<Timings, CaptureError> {
    let nothing = || CaptureError::Unsupported("the window shows nothing now: restore it first".into());
    let mut taken = Vec::with_capacity(count);
    let mut size = [0, 0];
    for round in 0..count.max(1) + 3 {
        let start = Instant::now();
        let frame = source.grab()?.ok_or_else(nothing)?;
        if round >= 3 {
            taken.push(start.elapsed());
        }
        size = [frame.width, frame.height];
    }
    taken.sort_unstable();
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    Ok(Timings { size, count: taken.len(), median: at(50), min: taken[0], p95: at(95) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::pixels::ChannelOrder;
    use std::sync::Arc;

    /// Shows the given shades of grey one after the other; `None` is a minimised window.
    struct Script(Vec<Option<u8>>);

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

    #[test]
    fn only_changes_are_news() {
        let script = [Some(1), Some(1), Some(2), None, Some(2)];
        let mut watcher = Watcher::new(Box::new(Script(script.to_vec())));
        let seen: String = (0..5)
            .map(|_| match watcher.look().unwrap() {
                News::Fresh(_) => 'f',
                News::Same => 's',
                News::Hidden => 'h',
            })
            .collect();
        assert_eq!(seen, "fsfhf", "a window that returns is news even when it looks as before");
        assert!(matches!(watcher.look(), Err(CaptureError::Gone)));
    }

    #[test]
    fn measuring_a_hidden_window_says_so() {
        let error = measure(&mut Script(vec![None]), 5).unwrap_err();
        assert!(error.to_string().contains("restore"), "{error}");
    }
}
