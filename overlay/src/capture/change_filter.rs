//! Tells a new image of a source from one that stayed the same.

use std::time::Duration;

use tracking::frame::Frame;

use super::source::{CaptureError, FrameSource};

/// The result of looking at a source again.
#[derive(Debug)]
pub enum News {
    /// An image that differs from the last one.
    Fresh(Frame),
    /// An image was taken, and is still the same.
    Same,
    /// The source says that nothing was drawn: no image was taken.
    Untouched,
    /// Nothing to see.
    Hidden,
}

/// Compares each image of a source with the one before.
pub struct ChangeFilter {
    source: Box<dyn FrameSource>,
    last: Option<Frame>,
}

impl ChangeFilter {
    /// For `source`, whose first image is news.
    pub fn new(source: Box<dyn FrameSource>) -> Self {
        Self { source, last: None }
    }

    /// Waits for a change, at most so long.
    pub fn wait(&mut self, at_most: Duration) {
        self.source.wait(at_most);
    }

    /// Looks once.
    ///
    /// # Errors
    /// As [`FrameSource::grab`].
    pub fn look(&mut self) -> Result<News, CaptureError> {
        if self.last.is_some() && !self.source.changed()? {
            return Ok(News::Untouched);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::script::Script;

    #[test]
    fn only_changes_are_news() {
        let script = [Some(1), Some(1), Some(2), None, Some(2)];
        let mut filter = ChangeFilter::new(Box::new(Script(script.to_vec())));
        let seen: String = (0..5)
            .map(|_| match filter.look().unwrap() {
                News::Fresh(_) => 'f',
                News::Same => 's',
                News::Untouched => 'u',
                News::Hidden => 'h',
            })
            .collect();
        assert_eq!(seen, "fsfhf", "a window that returns is news even when it looks as before");
        assert!(matches!(filter.look(), Err(CaptureError::Gone)));
    }
}
