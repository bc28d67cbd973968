//! From frames to tracks, and the two threads that do it.
//!
//! The capture thread looks at the source and drops what nobody had time for; the vision thread recognises and
//! tracks. A picture that stays the same runs no network: the last sightings are counted again until the tracks
//! have settled, then everything sleeps.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use crate::capture::{CaptureError, FrameSource, News, Watcher};
use crate::event::AppEvent;
use crate::frame::Frame;
use crate::latest::{Latest, Taken};
use crate::sighting::{Recognise, Sighting};
use crate::track::{Track, Tracker};
use crate::worker::{self, Worker};

/// How often tracks that have not settled are looked at again.
const SETTLE: Duration = Duration::from_millis(33);

/// How much less often a window is looked at that shows nothing.
const HIDDEN: Duration = Duration::from_millis(150);

/// What the vision thread hands to the main thread.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The cards.
    pub tracks: Vec<Track>,
    /// The frame that they were last seen on; its number tells whether it is another one.
    pub picture: Option<Frame>,
    /// How long recognising that frame took.
    pub recognition: Duration,
}

impl Snapshot {
    /// Width and height of the frame; zero without one.
    pub fn frame_size(&self) -> [u32; 2] {
        self.picture.as_ref().map_or([0, 0], |frame| [frame.width, frame.height])
    }
}

/// Recogniser and tracker together; no thread of its own.
pub struct Pipeline {
    recogniser: Box<dyn Recognise>,
    tracker: Tracker,
    last: Vec<Sighting>,
    picture: Option<Frame>,
    recognition: Duration,
}

impl Pipeline {
    /// For one source.
    pub fn new(recogniser: Box<dyn Recognise>) -> Self {
        let (tracker, last) = (Tracker::default(), Vec::new());
        Self { recogniser, tracker, last, picture: None, recognition: Duration::ZERO }
    }

    /// Takes in a new picture; `now` is the time since any fixed moment.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn see(&mut self, frame: &Frame, now: Duration) -> anyhow::Result<Snapshot> {
        let start = Instant::now();
        self.last = self.recogniser.recognise(&frame.pixels())?;
        self.recognition = start.elapsed();
        let size = |frame: &Frame| (frame.width, frame.height);
        if self.picture.as_ref().is_some_and(|last| size(last) != size(frame)) {
            // Quads of another size would be matched with the wrong cards.
            self.tracker.clear();
        }
        self.picture = Some(frame.clone());
        self.tracker.update(&self.last, now);
        Ok(self.snapshot(now))
    }

    /// Counts the last picture once more, without recognising it again.
    pub fn settle(&mut self, now: Duration) -> Snapshot {
        self.tracker.update(&self.last, now);
        self.snapshot(now)
    }

    /// Whether [`Pipeline::settle`] after `now` would change nothing.
    pub fn is_settled(&self, now: Duration) -> bool {
        self.tracker.is_settled(now)
    }

    /// Forgets everything: there is nothing to see.
    pub fn clear(&mut self) -> Snapshot {
        self.tracker.clear();
        self.last.clear();
        self.picture = None;
        Snapshot::default()
    }

    fn snapshot(&self, now: Duration) -> Snapshot {
        let tracks = self.tracker.tracks(now);
        Snapshot { tracks, picture: self.picture.clone(), recognition: self.recognition }
    }
}

/// What the capture thread sends on.
enum Sight {
    Frame(Frame),
    Nothing,
}

/// What the capture thread looks at.
pub enum Watch {
    /// This.
    Source(Box<dyn FrameSource>),
    /// Nothing for now.
    Nothing,
}

/// The two threads; dropping it ends both.
pub struct Threads {
    control: Option<SyncSender<Watch>>,
    sights: Latest<Sight>,
    workers: Vec<Worker>,
}

/// Where the threads send their news; answers whether anyone still listens.
pub type Report = Box<dyn Fn(AppEvent) -> bool + Send>;

impl Threads {
    /// Starts both; `per_second` looks at most are taken.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(
        pipeline: Pipeline,
        per_second: f32,
        snapshots: &Latest<Snapshot>,
        reports: [Report; 2],
    ) -> std::io::Result<Self> {
        let [capture_report, vision_report] = reports;
        let sights = Latest::default();
        let (control, watches) = sync_channel(8);
        let pause = Duration::from_secs_f32(1.0 / per_second.clamp(1.0, 240.0));
        let seen = sights.clone();
        let capture = worker::spawn("capture", move || look(&watches, &seen, pause, &capture_report))?;
        let (taken, snapshots) = (sights.clone(), snapshots.clone());
        let vision =
            worker::spawn("vision", move || recognise(pipeline, &taken, &snapshots, &vision_report))?;
        Ok(Self { control: Some(control), sights, workers: vec![capture, vision] })
    }

    /// Looks at something else from now on.
    pub fn watch(&self, watch: Watch) {
        let Some(control) = &self.control else { return };
        match control.try_send(watch) {
            Ok(()) => {}
            // Eight changes of mind within one look at the source: waiting is what is wanted.
            Err(TrySendError::Full(watch)) => drop(control.send(watch)),
            // The thread reported its end already.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Frames that nobody had time for.
    pub fn dropped(&self) -> u64 {
        self.sights.dropped()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.control = None;
        self.sights.close();
        self.workers.clear();
    }
}

/// The capture thread.
fn look(watches: &Receiver<Watch>, sights: &Latest<Sight>, pause: Duration, report: &Report) {
    let mut watcher: Option<Watcher> = None;
    let mut next = Instant::now();
    let mut hidden = false;
    loop {
        let watch = match &watcher {
            None => watches.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => watches.recv_timeout(next.saturating_duration_since(Instant::now())),
        };
        match watch {
            Ok(Watch::Source(source)) => watcher = Some(Watcher::new(source)),
            Ok(Watch::Nothing) => {
                watcher = None;
                sights.put(Sight::Nothing);
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(watching) = &mut watcher else { continue };
        let was_hidden = std::mem::take(&mut hidden);
        next = Instant::now() + pause;
        match watching.look() {
            Ok(News::Fresh(frame)) => sights.put(Sight::Frame(frame)),
            Ok(News::Same) => {}
            Ok(News::Hidden) => {
                hidden = true;
                next += HIDDEN;
                if !was_hidden {
                    sights.put(Sight::Nothing);
                }
            }
            Err(CaptureError::Gone) => {
                // Whoever follows the window will say when there is another.
                watcher = None;
                sights.put(Sight::Nothing);
            }
            Err(error) => {
                report(AppEvent::Failed(error.to_string()));
                return;
            }
        }
    }
}

/// The vision thread.
fn recognise(mut pipeline: Pipeline, sights: &Latest<Sight>, snapshots: &Latest<Snapshot>, report: &Report) {
    let start = Instant::now();
    let mut settled = true;
    loop {
        let sight = match settled {
            true => sights.take().map_or(Taken::Closed, Taken::Value),
            false => sights.take_within(SETTLE),
        };
        let now = start.elapsed();
        let snapshot = match sight {
            Taken::Closed => return,
            Taken::TimedOut => pipeline.settle(now),
            Taken::Value(Sight::Nothing) => pipeline.clear(),
            Taken::Value(Sight::Frame(frame)) => match pipeline.see(&frame, now) {
                Ok(snapshot) => snapshot,
                Err(error) => {
                    report(AppEvent::Failed(format!("{error:#}")));
                    return;
                }
            },
        };
        settled = pipeline.is_settled(now);
        snapshots.put(snapshot);
        if !report(AppEvent::TracksReady) {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
