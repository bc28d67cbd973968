//! A recording through the whole pipeline on a virtual clock: the same frames give the same
//! timeline, however busy the machine is.

use std::time::Duration;

use crate::capture::images;
use crate::capture::recording::{Recording, RecordingError};
use timeline::Timeline;
use tracking::frame::Frame;
use tracking::pipeline::{Pipeline, Snapshot};
use vision::network::RunError;

pub mod compare;
pub mod timeline;

/// How often tracks that have not settled are looked at again, as the live overlay does.
const SETTLE_INTERVAL: Duration = Duration::from_millis(16);
/// How long after the last image the tracks may go on changing.
const TAIL_DURATION: Duration = Duration::from_secs(2);

/// Why a replay broke off.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The model broke.
    #[error("at {millis} ms: {reason}")]
    Model {
        /// In the recording.
        millis: u128,
        /// Why.
        reason: RunError,
    },
}

/// Replays a recording; `played` is called after each image that was recognised, with how long
/// that took, and `tell` after each moment, with how many are over.
///
/// # Errors
/// When an image cannot be read or the model breaks.
pub fn run(
    recording: &Recording,
    mut pipeline: Pipeline,
    model: &str,
    mut played: impl FnMut(Duration),
    mut tell: impl FnMut(usize),
) -> Result<Timeline, ReplayError> {
    let mut timeline = Timeline::new(model);
    let mut clock = Clock { now: Duration::ZERO, settled: true };
    let mut last: Option<Frame> = None;
    for (id, moment) in (0..).zip(recording.moments()) {
        tell(id as usize);
        let at = Duration::from_millis(moment.millis);
        clock.settle(&mut pipeline, &mut timeline, at)?;
        clock.now = at;
        let Some(file) = &moment.file else {
            last = None;
            clock.note(&mut timeline, &pipeline.clear());
            clock.settled = true;
            continue;
        };
        let frame = images::load(&recording.path(file), id).map_err(RecordingError::from)?;
        if last.as_ref().is_some_and(|last| last.same_picture(&frame)) {
            // The live overlay does not look at it again either.
            continue;
        }
        let snapshot = pipeline.see(&frame, at).map_err(broken_at(at))?;
        snapshot.recognition.into_iter().for_each(&mut played);
        clock.note(&mut timeline, &snapshot);
        clock.settled = pipeline.is_settled(at);
        last = Some(frame);
    }
    let end = clock.now + TAIL_DURATION;
    clock.settle(&mut pipeline, &mut timeline, end)?;
    Ok(timeline)
}

/// Says when the model broke.
fn broken_at(at: Duration) -> impl Fn(RunError) -> ReplayError {
    move |reason| ReplayError::Model { millis: at.as_millis(), reason }
}

struct Clock {
    now: Duration,
    settled: bool,
}

impl Clock {
    /// Lets the tracks settle until `end`, with no new image.
    fn settle(
        &mut self,
        pipeline: &mut Pipeline,
        timeline: &mut Timeline,
        end: Duration,
    ) -> Result<(), ReplayError> {
        while !self.settled && self.now + SETTLE_INTERVAL < end {
            self.now += SETTLE_INTERVAL;
            let snapshot = pipeline.settle(self.now).map_err(broken_at(self.now))?;
            self.note(timeline, &snapshot);
            self.settled = pipeline.is_settled(self.now);
        }
        Ok(())
    }

    fn note(&self, timeline: &mut Timeline, snapshot: &Snapshot) {
        timeline.note(self.now, snapshot.frame_size(), &snapshot.tracks);
    }
}
