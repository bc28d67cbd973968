//! How long the parts of recognising take.
//!
//! Every part is a span of `tracing` at trace level under the target [`TARGET`]; without a
//! subscriber a span costs nothing. [`StageTimes`] is a subscriber that sums them, for benchmarks;
//! any other can do it too.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Metadata, Subscriber};

/// Target of the spans.
pub const TARGET: &str = "vision::stages";

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The frame shrunk to the detector's input.
    Letterbox,
    /// The detector's network.
    Detector,
    /// Its output to quads.
    Decode,
    /// Quads cut out of the frame, upright; once for a batch.
    Rectify,
    /// The identifier's network; once for a batch.
    Identifier,
    /// Its output to cards; once for a batch.
    Decide,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Letterbox, Self::Detector, Self::Decode, Self::Rectify, Self::Identifier, Self::Decide];

    /// Name of its span.
    pub fn name(self) -> &'static str {
        match self {
            Self::Letterbox => "letterbox",
            Self::Detector => "detector",
            Self::Decode => "decode",
            Self::Rectify => "rectify",
            Self::Identifier => "identifier",
            Self::Decide => "decide",
        }
    }

    /// The stage of a span, when it is one.
    pub fn from_metadata(metadata: &Metadata<'_>) -> Option<Self> {
        let is_stage = metadata.is_span() && metadata.target() == TARGET;
        Self::ALL.into_iter().find(|stage| is_stage && stage.name() == metadata.name())
    }
}

/// A span around the rest of the block.
macro_rules! stage_span {
    ($name:literal) => {
        tracing::trace_span!(target: "vision::stages", $name).entered()
    };
}
pub(crate) use stage_span;

/// Sums the time of each stage on this thread while it lives.
pub struct StageTimes {
    clock: Arc<Clock>,
    _guard: DefaultGuard,
}

impl fmt::Debug for StageTimes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StageTimes").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Clock(Mutex<Sums>);

#[derive(Clone, Copy, Default)]
struct Sums {
    entered: [Option<Instant>; Stage::ALL.len()],
    spent: [Duration; Stage::ALL.len()],
}

impl StageTimes {
    /// Begins to measure this thread.
    pub fn start() -> Self {
        let clock = Arc::<Clock>::default();
        Self { _guard: set_default(Arc::clone(&clock)), clock }
    }

    /// Time spent since the start or the last call, in the order of [`Stage::ALL`].
    pub fn take(&mut self) -> [Duration; Stage::ALL.len()] {
        std::mem::take(&mut *self.clock.sums()).spent
    }
}

impl Clock {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stage's number is the id of all its spans: they follow one another.
fn index(id: &Id) -> usize {
    id.into_u64() as usize - 1
}

impl Subscriber for Clock {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Stage::from_metadata(metadata).is_some()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let stage = Stage::from_metadata(span.metadata()).expect("only stages are enabled");
        Id::from_u64(stage as u64 + 1)
    }

    fn enter(&self, span: &Id) {
        self.sums().entered[index(span)] = Some(Instant::now());
    }

    fn exit(&self, span: &Id) {
        let mut sums = self.sums();
        if let Some(entered) = sums.entered[index(span)].take() {
            sums.spent[index(span)] += entered.elapsed();
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() {
        {
            let _span = stage_span!("decode");
            std::thread::sleep(Duration::from_millis(2));
        }
        let _other = tracing::trace_span!("decode").entered();
    }

    #[test]
    fn times_of_stages_are_summed_until_they_are_taken() {
        let mut times = StageTimes::start();
        work();
        work();
        let taken = times.take();
        let spent = |stage: Stage| taken[stage as usize];
        assert!(spent(Stage::Decode) >= Duration::from_millis(4), "{taken:?}");
        assert_eq!(spent(Stage::Letterbox), Duration::ZERO);
        assert_eq!(times.take(), [Duration::ZERO; 6]);
    }
}
