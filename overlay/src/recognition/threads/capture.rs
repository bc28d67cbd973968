//! The capture thread: takes images and sends on those that are to be recognised.
//!
//! It captures as often as it may and computes each image's coarse signature; the shared
//! [`Shared::admits`] says which image is worth recognising, and when. To the others cards are
//! followed, as far as the recognition thread has time.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use tracking::pipeline::FrameSignature;

use super::shared::{FrameMessage, Pending, Shared};
use crate::capture::change_filter::{ChangeFilter, News};
use crate::capture::source::{CaptureError, FrameSource};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::Mailbox;

/// How long a source that is told of changes waits for one, while tracks have yet to settle.
const UNSETTLED_WAIT: Duration = Duration::from_millis(20);
/// The same once they have: each time costs what waking up costs, 1.1 % of a core at 10 ms. Another
/// source, and the end, are waited for as long.
const SETTLED_WAIT: Duration = Duration::from_millis(100);
/// Extra delay between captures while the window is hidden.
const HIDDEN_DELAY: Duration = Duration::from_millis(150);

/// What to capture from.
pub enum CaptureInput {
    /// A window, a screen, or files.
    Source(Box<dyn FrameSource>),
    /// Nothing for now.
    Nothing,
}

/// Captures until the sender of `inputs` is dropped, as often as the pace allows.
pub(super) fn run(
    inputs: &Receiver<CaptureInput>,
    frames: &Mailbox<FrameMessage>,
    shared: &Shared,
    sink: &EventSink,
) {
    let mut filter: Option<ChangeFilter> = None;
    let mut next = Instant::now();
    // When the next new image is wanted at the earliest.
    let mut due = next;
    let mut hidden = false;
    // How long a change is waited for before the next look.
    let mut patience = Duration::ZERO;
    let mut pending: Option<Pending> = None;
    // When the image that was sent to be recognised last was taken.
    let mut recognised = next.checked_sub(Duration::from_secs(1)).unwrap_or(next);
    loop {
        let input = match &filter {
            None => inputs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => inputs.recv_timeout(next.saturating_duration_since(Instant::now())),
        };
        match input {
            Ok(CaptureInput::Source(source)) => {
                (filter, pending, patience) = (Some(ChangeFilter::new(source)), None, Duration::ZERO);
            }
            Ok(CaptureInput::Nothing) => {
                (filter, pending) = (None, None);
                frames.put(FrameMessage::Nothing);
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(source) = &mut filter else { continue };
        if !patience.is_zero() {
            source.wait(patience);
        }
        let was_hidden = std::mem::take(&mut hidden);
        let (began, used) = (Instant::now(), ThreadTime::now());
        let news = source.look();
        let is_fresh = matches!(news, Ok(News::Fresh(_)));
        let is_quiet = matches!(news, Ok(News::Untouched));
        match news {
            Ok(News::Fresh(frame)) => {
                let signature = FrameSignature::new(&frame.pixels());
                pending = Some(Pending { frame, signature });
            }
            // The same as one that has not been recognised is no reason to believe what was.
            Ok(News::Same | News::Untouched) if pending.is_some() => {}
            Ok(News::Same | News::Untouched) => shared.lock().same_at = shared.since_start(began),
            Ok(News::Hidden) => {
                hidden = true;
                pending = None;
                if !was_hidden {
                    frames.put(FrameMessage::Nothing);
                }
            }
            Err(CaptureError::Gone) => {
                // Whoever follows the window will say when there is another.
                (filter, pending) = (None, None);
                frames.put(FrameMessage::Nothing);
            }
            Err(error) => {
                sink(AppEvent::Failed(error.to_string()));
                return;
            }
        }
        shared.lock().gate.spend(used.elapsed());
        // Those that come because cards glide are for following alone.
        let is_usual = began >= recognised + shared.lock().pace.capture_interval();
        if let Some(picture) = pending.take_if(|picture| is_usual && shared.admits(picture)) {
            recognised = began;
            shared.lock().settled = false;
            frames.put(FrameMessage::Frame(picture.frame));
        } else if let (true, Some(picture)) = (is_fresh, &pending) {
            frames.offer(FrameMessage::Passing(picture.frame.clone()));
        }
        patience = match is_quiet {
            true if pending.is_none() && shared.lock().settled => SETTLED_WAIT,
            true => UNSETTLED_WAIT,
            false => {
                due = began + shared.lock().capture_interval();
                Duration::ZERO
            }
        };
        next = due + if hidden { HIDDEN_DELAY } else { Duration::ZERO };
    }
}
