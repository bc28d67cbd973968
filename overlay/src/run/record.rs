//! Records what a source shows until the time is over, the room is used up, or it is told to stop.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::capture::change_filter::{ChangeFilter, News};
use crate::capture::recording::{Recorder, RecordingError, Room};
use crate::capture::source::{CaptureError, FrameSource};

/// How often, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From one image to the next.
    pub interval: Duration,
    /// Of the whole recording.
    pub duration: Duration,
}

/// Why a recording is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is as long as it was to be.
    Duration,
    /// It is as large as it may be.
    Room,
    /// There is nothing to see any more.
    Closed,
    /// It was told to.
    Stopped,
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Duration => "the time is over",
            Self::Room => "the room is used up",
            Self::Closed => "the window was closed",
            Self::Stopped => "ended by Ctrl+C",
        })
    }
}

/// Records each image that differs from the one before; `stop` ends it, and `tell` is told for how
/// long it has recorded.
///
/// # Errors
/// When the source cannot be captured or the recording cannot be written.
pub fn run(
    source: Box<dyn FrameSource>,
    recorder: &mut Recorder,
    limits: Limits,
    stop: &AtomicBool,
    mut tell: impl FnMut(Duration),
) -> Result<End, RecordingError> {
    let mut filter = ChangeFilter::new(source);
    let start = Instant::now();
    let mut hidden = false;
    while start.elapsed() < limits.duration {
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Stopped);
        }
        tell(start.elapsed());
        let next = Instant::now() + limits.interval;
        match filter.look() {
            Ok(News::Fresh(frame)) => {
                hidden = false;
                let at = frame.captured_at.saturating_duration_since(start);
                if recorder.add(&frame, at)? == Room::Full {
                    return Ok(End::Room);
                }
            }
            Ok(News::Same | News::Untouched) => {}
            Ok(News::Hidden) if hidden => {}
            Ok(News::Hidden) => {
                hidden = true;
                recorder.nothing(start.elapsed())?;
            }
            Err(CaptureError::Gone) => {
                recorder.nothing(start.elapsed())?;
                return Ok(End::Closed);
            }
            Err(error) => return Err(error.into()),
        }
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(End::Duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::recording::{Moment, Recording};
    use crate::capture::script::Script;

    fn record(script: &[Option<u8>], room: u64, stop: bool) -> (End, Vec<Option<String>>) {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("recording");
        let mut recorder = Recorder::create(&inside, room).unwrap();
        let limits = Limits { interval: Duration::ZERO, duration: Duration::from_secs(20) };
        let source = Box::new(Script(script.to_vec()));
        let end = run(source, &mut recorder, limits, &AtomicBool::new(stop), |_| ()).unwrap();
        let moments = Recording::open(&inside, 30.0).unwrap();
        (end, moments.moments().iter().map(|Moment { file, .. }| file.clone()).collect())
    }

    #[test]
    fn changes_and_gaps_are_recorded_until_the_window_is_closed() {
        let (end, files) = record(&[Some(1), Some(1), None, None, Some(2)], 1 << 20, false);
        let want = [Some("000000.png".to_owned()), None, Some("000001.png".to_owned()), None];
        assert_eq!((end, files.as_slice()), (End::Closed, &want[..]));
    }

    #[test]
    fn a_full_recording_and_one_that_is_stopped_end_at_once() {
        assert_eq!(record(&[Some(1)], 1, false), (End::Room, Vec::new()));
        assert_eq!(record(&[Some(1)], 1 << 20, true), (End::Stopped, Vec::new()));
    }
}
