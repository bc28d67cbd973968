//! The recognition thread: recognises, tracks, and puts a snapshot of the tracks into a mailbox.
//!
//! It sleeps once the tracks of an image that stays the same have settled. A graphics card that
//! fails is left for the processor, on the same image.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use cpu_time::{ProcessTime, ThreadTime};
use tracking::frame::Frame;
use tracking::pipeline::{Pipeline, Snapshot};
use tracking::track::Track;
use vision::network::RunError;

use super::shared::{FrameMessage, Shared};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::{Mailbox, Taken};
use crate::recognition::swap::{Fallback, ModelSwap, RunningModel};

/// How often tracks that have not settled are looked at again.
const SETTLE_INTERVAL: Duration = Duration::from_millis(16);

/// The state of the thread.
pub(super) struct Recognition {
    pub(super) pipeline: Pipeline,
    pub(super) fallback: Option<Fallback>,
    pub(super) frames: Mailbox<FrameMessage>,
    pub(super) swaps: Mailbox<ModelSwap>,
    pub(super) snapshots: Mailbox<Snapshot>,
    pub(super) models: Mailbox<RunningModel>,
    pub(super) shared: Arc<Shared>,
}

impl Recognition {
    /// Recognises until the mailbox of frames is closed.
    pub(super) fn run(&mut self, sink: &EventSink) {
        let mut settled = true;
        let mut last = Duration::ZERO;
        loop {
            let message = match settled {
                true => self.frames.take_or_wake(),
                false => self.frames.take_within(SETTLE_INTERVAL),
            };
            let swapped = self.swap(sink);
            let snapshot = match message {
                Taken::Closed => return,
                Taken::TimedOut if swapped => self.again(&mut last, sink),
                Taken::TimedOut => {
                    let same_at = self.shared.lock().same_at;
                    if same_at <= last {
                        // The source has not been looked at since: nothing is known of now.
                        continue;
                    }
                    last = same_at;
                    self.settle(last, sink)
                }
                Taken::Value(FrameMessage::Nothing) => Ok(self.pipeline.clear()),
                Taken::Value(FrameMessage::Passing(frame)) => {
                    let Some(snapshot) = self.follow(&frame, &mut last) else { continue };
                    Ok(snapshot)
                }
                Taken::Value(FrameMessage::Frame(frame)) => {
                    last = self.shared.since_start(frame.captured_at);
                    self.see(&frame, last, sink)
                }
            };
            match snapshot {
                Ok(snapshot) => {
                    settled = self.pipeline.is_settled(last);
                    let mut state = self.shared.lock();
                    state.glides = snapshot.tracks.iter().any(Track::glides);
                    state.settled = settled;
                    drop(state);
                    self.snapshots.put(snapshot);
                    if !sink(AppEvent::TracksReady) {
                        return;
                    }
                }
                Err(error) => {
                    sink(AppEvent::Failed(format!("{error:#}")));
                    return;
                }
            }
        }
    }

    fn see(&mut self, frame: &Frame, at: Duration, sink: &EventSink) -> anyhow::Result<Snapshot> {
        let snapshot = self.spending(|pipeline| pipeline.see(frame, at));
        snapshot.or_else(|error| self.fall_back(&error, frame, at, sink))
    }

    /// Looks at the last image once more.
    fn settle(&mut self, at: Duration, sink: &EventSink) -> anyhow::Result<Snapshot> {
        let snapshot = self.spending(|pipeline| pipeline.settle(at));
        snapshot.or_else(|error| match self.pipeline.picture().cloned() {
            Some(frame) => self.fall_back(&error, &frame, at, sink),
            None => Err(error.into()),
        })
    }

    /// Takes out of the budget what a look costs.
    fn spending<T>(&mut self, look: impl FnOnce(&mut Pipeline) -> T) -> T {
        let (own, used) = (ThreadTime::now(), ProcessTime::now());
        let seen = look(&mut self.pipeline);
        let (own, used) = (own.elapsed(), used.elapsed());
        let mut state = self.shared.lock();
        state.gate.set_floor(self.pipeline.next_priority());
        // Other threads draw meanwhile. More than all of the network's threads together, each as
        // busy as this one, it was not.
        let most = own * state.pace.threads.max(1) as u32;
        state.gate.spend(used.min(most));
        seen
    }

    /// Recognises an image on the processor, and all later ones; fails when that was it already.
    fn fall_back(
        &mut self,
        error: &RunError,
        frame: &Frame,
        at: Duration,
        sink: &EventSink,
    ) -> anyhow::Result<Snapshot> {
        let reason = error.to_string();
        let Some(Fallback { provider, open }) = self.fallback.take() else { anyhow::bail!(reason) };
        let swap = open()
            .with_context(|| format!("{provider} failed ({reason}), and the processor does not take over"))?;
        // Nobody knows what state the driver is in: the old sessions are left alone, not closed.
        std::mem::forget(self.pipeline.go_on_with(swap.recogniser));
        sink(AppEvent::HardwareFailed { provider, reason });
        Ok(self.pipeline.see(frame, at)?)
    }

    /// Follows the cards to an image; `None` when nothing is to be drawn anew.
    fn follow(&mut self, frame: &Frame, last: &mut Duration) -> Option<Snapshot> {
        let used = ThreadTime::now();
        let at = self.shared.since_start(frame.captured_at);
        let snapshot = self.pipeline.follow(frame, at);
        self.shared.lock().gate.spend(used.elapsed());
        if snapshot.is_some() {
            *last = at;
        }
        snapshot
    }

    /// Recognises the last image with another model.
    fn again(&mut self, last: &mut Duration, sink: &EventSink) -> anyhow::Result<Snapshot> {
        match self.pipeline.picture().cloned() {
            Some(frame) => {
                *last = self.shared.since_start(Instant::now());
                self.see(&frame, *last, sink)
            }
            None => Ok(self.pipeline.clear()),
        }
    }

    /// Takes over a model that waits; returns whether there was one.
    fn swap(&mut self, sink: &EventSink) -> bool {
        let Some(ModelSwap { recogniser, model, fallback }) = self.swaps.try_take() else { return false };
        self.pipeline.swap(recogniser);
        self.fallback = fallback;
        self.models.put(model);
        sink(AppEvent::ModelSwapped);
        true
    }
}
