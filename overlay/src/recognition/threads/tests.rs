//! The threads with a source and a recogniser of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lens_core::card_id::CardId;
use lens_core::geometry::{Quad, Rect};
use lens_core::pixels::{ChannelOrder, Pixels};

use super::*;
use crate::capture::source::{CaptureError, FrameSource};
use crate::messages::event::AppEvent;
use crate::settings::watch::ModelFiles;
use tracking::frame::Frame;
use vision::network::RunError;
use vision::providers::Provider;
use vision::reading::{Detection, Identity, Reading, Recognise};

/// Sees one card, wherever the first pixel says; counts its calls.
struct Counting(Arc<AtomicUsize>);

impl Recognise for Counting {
    fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let left = f32::from(frame.rgb(0, 0)[0]);
        if left >= 250.0 {
            return Err(RunError::new("model", "the model broke"));
        }
        assert!(left < 240.0, "a bug");
        Ok(vec![Detection { quad: Quad::from_rect(Rect::ltwh(left, 0.0, 50.0, 70.0)), score: 1.0 }])
    }

    fn identify(
        &mut self,
        _: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        let identity = Identity::Known { id: "a".into(), confidence: 0.9 };
        let reading = Reading { identity, ..Reading::default() };
        Ok(vec![Some(reading); detections.len()])
    }
}

/// Always the same shade.
struct Still(u8);

impl FrameSource for Still {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        let bytes = Arc::new(vec![self.0; 4 * 4]);
        Ok(Some(Frame::new(0, Instant::now(), 2, 2, ChannelOrder::Rgbx, bytes).unwrap()))
    }
}

/// Starts the threads on a still image; returns the events until `enough`, and how often the
/// model ran.
fn run(shade: u8, enough: impl Fn(&AppEvent, Option<&Snapshot>) -> bool) -> (Vec<AppEvent>, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let snapshots = Mailbox::default();
    let (sender, events) = sync_channel(100);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let pipeline = Pipeline::new(Box::new(Counting(Arc::clone(&calls))));
    let pace = Pace { per_second: 100.0, share: 1.0, threads: 1 };
    let threads = Threads::start(pipeline, None, pace, &snapshots, &Mailbox::default(), &sink).unwrap();
    threads.capture_from(CaptureInput::Source(Box::new(Still(shade))));
    let mut seen = Vec::new();
    loop {
        let event = events.recv_timeout(Duration::from_secs(5)).expect("the threads go on");
        let snapshot = snapshots.try_take();
        let done = enough(&event, snapshot.as_ref());
        seen.push(event);
        if done {
            return (seen, calls.load(Ordering::SeqCst));
        }
    }
}

#[test]
fn a_steady_picture_settles_with_one_inference() {
    let opaque = |_: &AppEvent, snapshot: Option<&Snapshot>| {
        snapshot.is_some_and(|it| it.tracks.first().is_some_and(|track| track.opacity == 1.0))
    };
    let (_, calls) = run(10, opaque);
    assert_eq!(calls, 1);
}

/// Always the same shade, of which it is told; notes how long a change was waited for.
struct Told(SyncSender<Duration>);

impl FrameSource for Told {
    fn changed(&mut self) -> Result<bool, CaptureError> {
        Ok(false)
    }

    fn wait(&mut self, at_most: Duration) {
        std::thread::sleep(at_most);
        let _ = self.0.send(at_most);
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        Still(10).grab()
    }
}

#[test]
fn a_source_that_is_told_of_changes_is_left_alone_once_tracks_have_settled() {
    let (waited, waits) = sync_channel(100);
    let sink: EventSink = Arc::new(|_| true);
    let pipeline = Pipeline::new(Box::new(Counting(Arc::default())));
    let pace = Pace { per_second: 100.0, share: 1.0, threads: 1 };
    let (snapshots, models) = (Mailbox::default(), Mailbox::default());
    let threads = Threads::start(pipeline, None, pace, &snapshots, &models, &sink).unwrap();
    threads.capture_from(CaptureInput::Source(Box::new(Told(waited))));
    let longest = Duration::from_millis(50);
    let is_long = |_: &usize| waits.recv_timeout(Duration::from_secs(5)).unwrap() > longest;
    let first = (0..100).find(is_long).expect("it is left alone in the end");
    assert!((1..40).contains(&first), "fades need a look at every frame: {first}");
    assert!((0..3).all(|number| is_long(&number)), "nothing has changed since");
}

/// Draws the same image all the time, as a game does while nothing moves; counts looks.
struct DrawnAgain(Arc<AtomicUsize>);

impl FrameSource for DrawnAgain {
    fn wait(&mut self, _: Duration) {}

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Still(10).grab()
    }
}

#[test]
fn an_image_that_is_drawn_again_is_taken_no_more_often_than_another() {
    let taken = Arc::new(AtomicUsize::new(0));
    let sink: EventSink = Arc::new(|_| true);
    let pipeline = Pipeline::new(Box::new(Counting(Arc::default())));
    let pace = Pace { per_second: 20.0, share: 1.0, threads: 1 };
    let (snapshots, models) = (Mailbox::default(), Mailbox::default());
    let threads = Threads::start(pipeline, None, pace, &snapshots, &models, &sink).unwrap();
    threads.capture_from(CaptureInput::Source(Box::new(DrawnAgain(Arc::clone(&taken)))));
    std::thread::sleep(Duration::from_millis(500));
    let taken = taken.load(Ordering::SeqCst);
    assert!((1..=12).contains(&taken), "{taken} in half a second at twenty a second");
}

#[test]
fn a_model_that_breaks_is_reported_once_and_ends_the_thread() {
    let (seen, calls) = run(255, |event, _| matches!(event, AppEvent::Failed(_)));
    assert!(
        matches!(&seen[..], [AppEvent::Failed(reason)] if reason.contains("the model broke")),
        "{seen:?}"
    );
    assert_eq!(calls, 1);
}

/// Sees the card on the first image and fails on all later ones, as a card does whose driver was
/// exchanged.
struct FailsLater {
    calls: Arc<AtomicUsize>,
    sees: Counting,
}

impl Recognise for FailsLater {
    fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        match self.calls.fetch_add(1, Ordering::SeqCst) {
            0 => self.sees.detect(frame),
            _ => Err(RunError::new("detector", "device lost")),
        }
    }

    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        self.sees.identify(frame, detections)
    }
}

impl Drop for FailsLater {
    fn drop(&mut self) {
        panic!("a driver that has failed is not to be spoken to again");
    }
}

/// Shades that differ from image to image, so that each is recognised.
struct Changing(u8);

impl FrameSource for Changing {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        self.0 = (self.0 + 60) % 240;
        let (width, height) = (120_usize, 80_usize);
        let mut bytes = vec![self.0; 4 * width * height];
        // The card stays where it is.
        bytes[..4].fill(20);
        let frame =
            Frame::new(u64::from(self.0), Instant::now(), 120, 80, ChannelOrder::Rgbx, Arc::new(bytes));
        Ok(Some(frame.unwrap()))
    }
}

#[test]
fn a_card_that_fails_is_left_for_the_processor_and_tracks_go_on() {
    let (on_card, on_processor) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let snapshots = Mailbox::default();
    let (sender, events) = sync_channel(1000);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let sees = Counting(Arc::default());
    let pipeline = Pipeline::new(Box::new(FailsLater { calls: Arc::clone(&on_card), sees }));
    let theirs = Arc::clone(&on_processor);
    let open = move || {
        let catalogue = Arc::new((*synth::practice::catalogue()).clone());
        let model = RunningModel { name: "m".into(), catalogue, folder: None, files: ModelFiles::default() };
        Ok(ModelSwap { recogniser: Box::new(Counting(theirs)), model, fallback: None })
    };
    let fallback = Fallback { provider: Provider::WebGpu, open: Box::new(open) };
    let pace = Pace { per_second: 100.0, share: 4.0, threads: 1 };
    let threads =
        Threads::start(pipeline, Some(fallback), pace, &snapshots, &Mailbox::default(), &sink).unwrap();
    threads.capture_from(CaptureInput::Source(Box::new(Changing(0))));
    let (mut ids, mut failures, mut after) = (std::collections::BTreeSet::new(), Vec::new(), 0);
    while after < 5 {
        match events.recv_timeout(Duration::from_secs(5)).expect("the threads go on") {
            AppEvent::HardwareFailed { provider, reason } => failures.push((provider, reason)),
            AppEvent::TracksReady => {
                let Some(snapshot) = snapshots.try_take() else { continue };
                let [track] = &snapshot.tracks[..] else { panic!("one card, always: {snapshot:?}") };
                assert_eq!(track.identity.id().map(CardId::as_str), Some("a"), "its name stays");
                ids.insert(track.id);
                after += usize::from(!failures.is_empty());
            }
            other => panic!("{other:?}"),
        }
    }
    drop(threads);
    assert_eq!(ids.len(), 1, "it is the same track");
    assert!(
        matches!(&failures[..], [(Provider::WebGpu, why)] if why.contains("device lost")),
        "{failures:?}"
    );
    assert_eq!(on_card.load(Ordering::SeqCst), 2, "one image, and the one on which it failed");
    assert!(on_processor.load(Ordering::SeqCst) >= 1);
}

/// Nothing would be marked any more, and nobody would know why.
#[test]
fn a_thread_that_panics_is_reported() {
    let (seen, _) = run(245, |event, _| matches!(event, AppEvent::Failed(_)));
    let [AppEvent::Failed(reason)] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(reason.contains("the vision thread stopped unexpectedly"), "{reason}");
}

/// A patterned card that glides to the right on a ground as dull as it can be, from the start on.
struct Gliding {
    start: Instant,
    number: u64,
}

/// Pixels a second.
const SPEED: f32 = 400.0;

impl FrameSource for Gliding {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        let (width, height) = (600_usize, 100_usize);
        let now = Instant::now();
        let left = (now - self.start).as_secs_f32() * SPEED;
        let mut bytes = vec![0; 4 * width * height];
        for (at, pixel) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (x, y) = ((at % width) as f32 - left, at / width);
            // Waves that shorten to the right: a pattern that repeats would look alike a wave on.
            let wave = (x * (0.15 + 0.006 * x)).sin() * (y as f32 * 0.4).cos();
            let shade = if (0.0..50.0).contains(&x) && y < 70 { 128.0 + 60.0 * wave } else { 60.0 };
            *pixel = [shade as u8; 4];
        }
        // The recogniser sees the card where the first pixel says.
        bytes[0] = left.min(239.0) as u8;
        self.number += 1;
        let frame =
            Frame::new(self.number, now, width as u32, height as u32, ChannelOrder::Rgbx, Arc::new(bytes));
        Ok(Some(frame.unwrap()))
    }
}

/// Within a budget that lets hardly any image be recognised, boxes stick to cards that glide.
#[test]
fn cards_are_followed_on_pictures_that_are_not_recognised() {
    let calls = Arc::new(AtomicUsize::new(0));
    let snapshots = Mailbox::default();
    let (sender, events) = sync_channel(1000);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let pipeline = Pipeline::new(Box::new(Counting(Arc::clone(&calls))));
    let pace = Pace { per_second: 60.0, share: 0.01, threads: 1 };
    let threads = Threads::start(pipeline, None, pace, &snapshots, &Mailbox::default(), &sink).unwrap();
    threads.spend(Duration::from_secs(5));
    let start = Instant::now();
    threads.capture_from(CaptureInput::Source(Box::new(Gliding { start, number: 0 })));
    let mut followed = 0;
    while start.elapsed() < Duration::from_millis(560) {
        let Ok(AppEvent::TracksReady) = events.recv_timeout(Duration::from_millis(100)) else { continue };
        let Some(snapshot) = snapshots.try_take() else { continue };
        let (Some(frame), [track]) = (&snapshot.picture, &snapshot.tracks[..]) else { continue };
        if snapshot.recognition.is_none() {
            let truth = (frame.captured_at - start).as_secs_f32() * SPEED;
            let left = track.quad.bounds().left;
            // Within a frame at this rate; standing still it would soon be hundreds off.
            assert!((left - truth).abs() < 6.0, "the box is at {left}, the card at {truth}");
            followed += 1;
        }
    }
    assert!(followed >= 3, "{followed} images were followed, {} recognised", calls.load(Ordering::SeqCst));
}
