//! How long capturing takes, for `overlay bench-capture` and the doctor.

use std::fmt;
use std::time::{Duration, Instant};

use lens_core::counted::counted;

use super::source::{CaptureError, FrameSource};

/// How long captures took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timings {
    /// Size of the image.
    pub size: [u32; 2],
    /// How many images were taken.
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
        let count = counted(self.count, "frame");
        write!(
            formatter,
            "{width}x{height}: median {median:.2} ms, least {min:.2}, 95 % below {p95:.2} ({count})"
        )
    }
}

/// Takes `count` images as fast as it can, after three that do not count.
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
    use crate::capture::script::Script;

    #[test]
    fn measuring_a_hidden_window_says_so() {
        let error = measure(&mut Script(vec![None]), 5).unwrap_err();
        assert!(error.to_string().contains("restore"), "{error}");
    }
}
