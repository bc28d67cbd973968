//! What the capture thread and the recognition thread share: the clock, the pace, and who may run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracking::frame::Frame;
use tracking::pipeline::{FrameGate, FrameSignature};

use crate::recognition::pace::Pace;

/// What the capture thread sends to the recognition thread.
pub(super) enum FrameMessage {
    /// An image to recognise.
    Frame(Frame),
    /// An image that is not recognised yet, or not at all: cards are followed to it.
    Passing(Frame),
    /// There is nothing to see.
    Nothing,
}

/// An image that nobody has recognised yet.
pub(super) struct Pending {
    pub(super) frame: Frame,
    pub(super) signature: FrameSignature,
}

/// Both threads hold it.
pub(super) struct Shared {
    start: Instant,
    state: Mutex<State>,
}

/// Behind the lock.
pub(super) struct State {
    pub(super) pace: Pace,
    pub(super) gate: FrameGate,
    /// Whether cards glide, so that images are wanted twice as often.
    pub(super) glides: bool,
    /// Whether another look at the image that was sent last would change nothing.
    pub(super) settled: bool,
    /// When the source was last seen to show the same image still.
    pub(super) same_at: Duration,
}

impl Shared {
    pub(super) fn new(pace: Pace) -> Self {
        let gate = FrameGate::new(pace.share);
        let state = State { pace, gate, glides: false, settled: false, same_at: Duration::ZERO };
        Self { start: Instant::now(), state: Mutex::new(state) }
    }

    // Whoever panicked while holding the lock left numbers that are good enough.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an image is to be recognised now.
    pub(super) fn admits(&self, picture: &Pending) -> bool {
        self.lock().gate.admits(&picture.signature, self.start.elapsed())
    }

    pub(super) fn since_start(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start)
    }
}

impl State {
    /// From one capture to the next: half as long while cards glide, which is seldom.
    pub(super) fn capture_interval(&self) -> Duration {
        self.pace.capture_interval() / if self.glides { 2 } else { 1 }
    }
}
