//! From frames to tracks.
//!
//! A [`Pipeline`] is recogniser and tracker together; it has no thread of its own. On a frame that
//! is not recognised, cards are followed by their pixels. A frame that stays the same is not
//! searched again: the last readings are counted again until the tracks have settled, and only a
//! card that came to rest on it is read once more. Which frames are recognised is a
//! [`FrameGate`]'s to say.

use std::fmt;
use std::time::{Duration, Instant};

use lens_core::pixels::Pixels;
use vision::network::RunError;
use vision::reading::{Detection, Recognise};

use crate::frame::Frame;
use crate::track::{Seen, Track, Tracker};
pub use cpu_budget::Priority;
pub use frame_gate::FrameGate;
pub use signature::FrameSignature;

mod cpu_budget;
mod frame_gate;
mod signature;

/// How old the frame before may be to tell how a new card moves.
const MAX_LOOK_BACK: Duration = Duration::from_millis(80);

/// What the vision thread hands to the main thread.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The cards.
    pub tracks: Vec<Track>,
    /// The latest frame on which some were found; its number tells whether it is another one.
    pub picture: Option<Frame>,
    /// How long recognising that frame took; `None` when its cards were only followed.
    pub recognition: Option<Duration>,
}

impl Snapshot {
    /// Width and height of the frame; zero without one.
    pub fn frame_size(&self) -> [u32; 2] {
        self.picture.as_ref().map_or([0, 0], |frame| [frame.width, frame.height])
    }
}

/// Recogniser and tracker of one source.
pub struct Pipeline {
    recogniser: Box<dyn Recognise>,
    tracker: Tracker,
    last: Vec<Seen>,
    picture: Option<Frame>,
    /// The newest frame, recognised or not, and when it was taken.
    newest: Option<(Frame, Duration)>,
    recognition: Option<Duration>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Follows the cards of one source.
    pub fn new(recogniser: Box<dyn Recognise>) -> Self {
        let (tracker, last) = (Tracker::default(), Vec::new());
        Self { recogniser, tracker, last, picture: None, newest: None, recognition: None }
    }

    /// Takes in a new image; `now` is when it was taken, as the time since any fixed moment.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn see(&mut self, frame: &Frame, now: Duration) -> Result<Snapshot, RunError> {
        let size = |frame: &Frame| (frame.width, frame.height);
        if self.picture.as_ref().is_some_and(|last| size(last) != size(frame)) {
            // Quads of another size would be matched with the wrong cards.
            self.tracker.clear();
            self.newest = None;
        }
        let newest = self.newest.replace((frame.clone(), now));
        let before =
            newest.as_ref().filter(|(_, taken_at)| *taken_at < now && now - *taken_at <= MAX_LOOK_BACK);
        let before = before.map(|(frame, taken_at)| (frame.pixels(), *taken_at));
        self.picture = Some(frame.clone());
        let start = Instant::now();
        let pixels = frame.pixels();
        self.tracker.follow(&pixels, now);
        self.last.clear();
        let found = self.recogniser.detect(&pixels)?;
        self.last.extend(found.into_iter().map(|detection| Seen::new(&pixels, detection)));
        let wanted = self.tracker.locate(&self.last, before, now);
        self.read(&pixels, &wanted, now)?;
        self.recognition = Some(start.elapsed());
        Ok(self.snapshot(now))
    }

    /// Follows the cards to a new image by their own pixels, without recognising it. `None` when
    /// no card moved: nothing is to be drawn anew.
    pub fn follow(&mut self, frame: &Frame, now: Duration) -> Option<Snapshot> {
        let size = |frame: &Frame| (frame.width, frame.height);
        if self.picture.as_ref().is_none_or(|last| size(last) != size(frame)) {
            return None;
        }
        self.newest = Some((frame.clone(), now));
        let moved = self.tracker.follow(&frame.pixels(), now);
        moved.then(|| {
            self.picture = Some(frame.clone());
            self.recognition = None;
            self.snapshot(now)
        })
    }

    /// The frame that was seen last.
    pub fn picture(&self) -> Option<&Frame> {
        self.picture.as_ref()
    }

    /// Reads these detections of the last frame.
    fn read(&mut self, pixels: &Pixels<'_>, wanted: &[usize], now: Duration) -> Result<(), RunError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let detections: Vec<Detection> = wanted.iter().map(|&index| self.last[index].detection).collect();
        let readings = self.recogniser.identify(pixels, &detections)?;
        for (&index, reading) in wanted.iter().zip(readings) {
            self.tracker.read(index, reading.as_ref(), now);
        }
        Ok(())
    }

    /// Counts the last image once more, which was still the same at `now`, and reads what came to
    /// rest on it.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn settle(&mut self, now: Duration) -> Result<Snapshot, RunError> {
        let wanted = self.tracker.repeat(&self.last, now);
        // To another image cards were only followed: what was found is not of it.
        if self.recognition.is_some()
            && let Some(frame) = self.picture.clone()
        {
            self.read(&frame.pixels(), &wanted, now)?;
        }
        Ok(self.snapshot(now))
    }

    /// Whether [`Pipeline::settle`] after `now` would change nothing.
    pub fn is_settled(&self, now: Duration) -> bool {
        self.tracker.is_settled(now)
    }

    /// The least priority of the next frame: a card that was seen and is not shown yet waits for
    /// it.
    pub fn next_priority(&self) -> Priority {
        if self.tracker.awaits_confirmation() { Priority::Changed } else { Priority::Idle }
    }

    /// Forgets everything: there is nothing to see.
    pub fn clear(&mut self) -> Snapshot {
        self.tracker.clear();
        self.last.clear();
        (self.picture, self.newest) = (None, None);
        Snapshot::default()
    }

    /// Recognises with another model from now on. Cards stay where they are; their names are read
    /// anew.
    pub fn swap(&mut self, recogniser: Box<dyn Recognise>) {
        self.recogniser = recogniser;
        self.tracker.forget_readings();
    }

    /// Recognises with the same model on other hardware from now on: what was read still counts.
    /// Returns the recogniser that did it before.
    pub fn go_on_with(&mut self, recogniser: Box<dyn Recognise>) -> Box<dyn Recognise> {
        std::mem::replace(&mut self.recogniser, recogniser)
    }

    fn snapshot(&self, now: Duration) -> Snapshot {
        let tracks = self.tracker.tracks(now);
        Snapshot { tracks, picture: self.picture.clone(), recognition: self.recognition }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use lens_core::geometry::{Quad, Rect};
    use lens_core::pixels::ChannelOrder;
    use vision::reading::{Identity, Reading};

    use super::*;

    /// Finds one card, which looks like all else, as far right as the first byte says; counts how
    /// often it is read.
    struct One(Arc<AtomicUsize>);

    impl Recognise for One {
        fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
            let left = f32::from(frame.rgb(0, 0)[0]);
            Ok(vec![Detection { quad: Quad::from_rect(Rect::ltwh(left, 10.0, 60.0, 80.0)), score: 1.0 }])
        }

        fn identify(
            &mut self,
            _: &Pixels<'_>,
            detections: &[Detection],
        ) -> Result<Vec<Option<Reading>>, RunError> {
            self.0.fetch_add(detections.len(), Ordering::SeqCst);
            let identity = Identity::Known { id: "a".into(), confidence: 0.9 };
            Ok(vec![Some(Reading { identity, ..Reading::default() }); detections.len()])
        }
    }

    /// The background does not move, so no frame comes after the one on which a card stopped.
    #[test]
    fn a_card_that_came_to_rest_is_read_once_more_on_the_frame_that_stays() {
        let read = Arc::new(AtomicUsize::new(0));
        let mut pipeline = Pipeline::new(Box::new(One(Arc::clone(&read))));
        let mut frames = 0;
        let mut see = |pipeline: &mut Pipeline, left: u8| {
            frames += 1;
            let mut bytes = vec![90; 320 * 100 * 4];
            bytes[0] = left;
            let (order, bytes) = (ChannelOrder::Rgbx, Arc::new(bytes));
            let frame = Frame::new(frames, Instant::now(), 320, 100, order, bytes).unwrap();
            pipeline.see(&frame, Duration::from_millis(40 * frames)).unwrap();
            read.load(Ordering::SeqCst)
        };
        let lying: Vec<usize> = (0..8).map(|_| see(&mut pipeline, 20)).collect();
        assert_eq!(lying[7], 3, "a new card is read three times: {lying:?}");
        let gone = [80, 140].map(|left| see(&mut pipeline, left)).into_iter().max().unwrap();
        assert!(!pipeline.is_settled(Duration::from_millis(400)));
        let mut now = Duration::from_millis(400);
        for _ in 0..60 {
            now += Duration::from_millis(16);
            pipeline.settle(now).unwrap();
        }
        assert_eq!(read.load(Ordering::SeqCst), gone + 1, "once it lies still");
        assert!(pipeline.is_settled(now));
    }
}
