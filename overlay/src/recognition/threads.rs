//! The two threads of recognition.
//!
//! The capture thread takes images and drops those that nobody had time for; the recognition
//! thread recognises and tracks. Once the tracks of an image that stays the same have settled,
//! everything sleeps. Where the image never rests, an [`tracking::pipeline::FrameGate`] says
//! which images are recognised.

mod capture;
mod recognise;
mod shared;

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracking::pipeline::{Pipeline, Snapshot};

use super::pace::Pace;
use super::swap::{Fallback, ModelSwap, RunningModel};
use crate::desktop::priority;
use crate::messages::event::EventSink;
use crate::messages::mailbox::Mailbox;
use crate::messages::worker::{self, Worker};
pub use capture::CaptureInput;
use recognise::Recognition;
use shared::{FrameMessage, Shared};

/// The two threads; dropping it ends both.
pub struct Threads {
    inputs: Option<SyncSender<CaptureInput>>,
    frames: Mailbox<FrameMessage>,
    swaps: SwapSender,
    shared: Arc<Shared>,
    workers: Vec<Worker>,
}

/// Where a model is put to be swapped in between two frames.
#[derive(Clone)]
pub struct SwapSender {
    waiting: Mailbox<ModelSwap>,
    frames: Mailbox<FrameMessage>,
}

impl SwapSender {
    /// Hands a model over; the vision thread takes it before its next frame, at once when it
    /// sleeps.
    pub fn put(&self, swap: ModelSwap) {
        self.waiting.put(swap);
        self.frames.wake();
    }
}

impl Threads {
    /// Starts both; they send their news to `sink`. `fallback` is the first model's.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(
        pipeline: Pipeline,
        fallback: Option<Fallback>,
        pace: Pace,
        snapshots: &Mailbox<Snapshot>,
        models: &Mailbox<RunningModel>,
        sink: &EventSink,
    ) -> std::io::Result<Self> {
        let frames = Mailbox::default();
        let swaps = SwapSender { waiting: Mailbox::default(), frames: frames.clone() };
        let shared = Arc::new(Shared::new(pace));
        let (inputs, receiver) = sync_channel(8);
        let (captured, theirs) = (frames.clone(), Arc::clone(&shared));
        let capture = worker::spawn_reporting("capture", Arc::clone(sink), move |sink| {
            priority::give_way();
            capture::run(&receiver, &captured, &theirs, sink);
        })?;
        let mut recognition = Recognition {
            pipeline,
            fallback,
            frames: frames.clone(),
            swaps: swaps.waiting.clone(),
            snapshots: snapshots.clone(),
            models: models.clone(),
            shared: Arc::clone(&shared),
        };
        let vision = worker::spawn_reporting("vision", Arc::clone(sink), move |sink| {
            priority::give_way();
            recognition.run(sink);
        })?;
        Ok(Self { inputs: Some(inputs), frames, swaps, shared, workers: vec![capture, vision] })
    }

    /// Where other models are handed over.
    pub fn swaps(&self) -> SwapSender {
        self.swaps.clone()
    }

    /// Takes another pace from now on.
    pub fn set_pace(&self, pace: Pace) {
        let mut state = self.shared.lock();
        state.pace = pace;
        state.gate.set_share(pace.share);
    }

    /// Spends from the budget what something else than capturing and recognising took of the
    /// processors.
    pub fn spend(&self, cost: Duration) {
        self.shared.lock().gate.spend(cost);
    }

    /// Captures from something else from now on.
    pub fn capture_from(&self, input: CaptureInput) {
        let Some(inputs) = &self.inputs else { return };
        match inputs.try_send(input) {
            Ok(()) => {}
            // Eight changes of mind within one capture: waiting is what is wanted.
            Err(TrySendError::Full(input)) => drop(inputs.send(input)),
            // The thread reported its end already.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Frames that nobody had time for.
    pub fn dropped(&self) -> u64 {
        self.frames.dropped()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.inputs = None;
        self.frames.close();
        self.workers.clear();
    }
}

#[cfg(test)]
mod tests;
