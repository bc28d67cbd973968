//! The two threads of recognition.
//!
//! The capture thread looks at the source and drops what nobody had time for; the vision thread recognises and
//! tracks. Once the tracks of a picture that stays the same have settled, everything sleeps. Where the picture never
//! rests, a [`FrameGate`] says which pictures are recognised.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};
use lens_core::catalogue::Catalogue;

use crate::capture::{CaptureError, FrameSource, News, Watcher};
use crate::event::AppEvent;
use crate::latest::{Latest, Taken};
use crate::models::threads_beside_a_game;
use crate::worker::{self, Worker};
use tracking::frame::Frame;
use tracking::pipeline::{FrameGate, FrameSignature, Pipeline, Snapshot};
use vision::reading::Recognise;

/// How often tracks that have not settled are looked at again.
const SETTLE: Duration = Duration::from_millis(16);

/// How often a source that is told of changes is asked for them while there are none.
const QUIET: Duration = Duration::from_millis(10);
/// How much less often a window is looked at that shows nothing.
const HIDDEN: Duration = Duration::from_millis(150);

/// Another model, ready to run.
pub struct Swap {
    /// It.
    pub recogniser: Box<dyn Recognise>,
    /// What people call it, and what it calls cards.
    pub running: Running,
}

/// The model that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its name.
    pub name: String,
    /// The catalogue that it names cards from.
    pub catalogue: Arc<Catalogue>,
    /// Its folder, where it can be taught.
    pub folder: Option<PathBuf>,
}

impl Running {
    /// What players choose it by: its folder's name.
    pub fn short_name(&self) -> String {
        let folder = self.folder.as_ref().and_then(|folder| folder.file_name());
        folder.map_or_else(|| self.name.clone(), |name| name.to_string_lossy().into_owned())
    }
}

/// How often and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Looks a second, at most.
    pub per_second: f32,
    /// Share of one core that looking and recognising may take, and drawing where no graphics card does it.
    pub share: f32,
    /// Threads that work on one network.
    pub threads: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: 30.0, share: 0.3, threads: threads_beside_a_game() }
    }
}

/// What both threads know.
struct Common {
    start: Instant,
    state: Mutex<State>,
}

struct State {
    pace: Pace,
    gate: FrameGate,
    /// When the source was last seen to show the same picture still.
    same_at: Duration,
}

impl Common {
    fn new(pace: Pace) -> Self {
        let state = State { pace, gate: FrameGate::new(pace.share), same_at: Duration::ZERO };
        Self { start: Instant::now(), state: Mutex::new(state) }
    }

    // Whoever panicked while holding the lock left numbers that are good enough.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From one look to the next.
    fn pause(&self) -> Duration {
        Duration::from_secs_f32(1.0 / self.lock().pace.per_second.clamp(1.0, 240.0))
    }

    /// Whether a picture is to be recognised now.
    fn admits(&self, picture: &Pending) -> bool {
        self.lock().gate.admits(&picture.signature, self.start.elapsed())
    }

    fn since_start(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start)
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
    swaps: Swaps,
    common: Arc<Common>,
    workers: Vec<Worker>,
}

/// Where a model is put to be swapped in between two frames.
#[derive(Clone)]
pub struct Swaps {
    waiting: Latest<Swap>,
    sights: Latest<Sight>,
}

impl Swaps {
    /// Hands a model over; the vision thread takes it before its next frame, at once when it sleeps.
    pub fn put(&self, swap: Swap) {
        self.waiting.put(swap);
        self.sights.nudge();
    }
}

/// Where the threads send their news; answers whether anyone still listens.
pub type Report = Box<dyn Fn(AppEvent) -> bool + Send>;

impl Threads {
    /// Starts both.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(
        pipeline: Pipeline,
        pace: Pace,
        snapshots: &Latest<Snapshot>,
        running: &Latest<Running>,
        reports: [Report; 2],
    ) -> std::io::Result<Self> {
        let [capture_report, vision_report] = reports;
        let sights = Latest::default();
        let swaps = Swaps { waiting: Latest::default(), sights: sights.clone() };
        let common = Arc::new(Common::new(pace));
        let (control, watches) = sync_channel(8);
        let (seen, known) = (sights.clone(), Arc::clone(&common));
        let capture = worker::spawn_reporting("capture", capture_report, move |report| {
            look(&watches, &seen, &known, report);
        })?;
        let mut recognising = Recognising {
            pipeline,
            sights: sights.clone(),
            swaps: swaps.waiting.clone(),
            snapshots: snapshots.clone(),
            running: running.clone(),
            common: Arc::clone(&common),
        };
        let vision = worker::spawn_reporting("vision", vision_report, move |report| recognising.run(report))?;
        Ok(Self { control: Some(control), sights, swaps, common, workers: vec![capture, vision] })
    }

    /// Where other models are handed over.
    pub fn swaps(&self) -> Swaps {
        self.swaps.clone()
    }

    /// Keeps another pace from now on.
    pub fn keep(&self, pace: Pace) {
        let mut state = self.common.lock();
        state.pace = pace;
        state.gate.set_share(pace.share);
    }

    /// Takes processor time out of the budget that was used for something else than looking and recognising.
    pub fn spend(&self, cost: Duration) {
        self.common.lock().gate.spend(cost);
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

/// A picture that nobody has recognised yet.
struct Pending {
    frame: Frame,
    signature: FrameSignature,
}

/// The capture thread.
///
/// It looks as often as it may and glances at what it sees; what is to be recognised, and when, is others' to say.
fn look(watches: &Receiver<Watch>, sights: &Latest<Sight>, common: &Common, report: &Report) {
    let mut watcher: Option<Watcher> = None;
    let mut next = Instant::now();
    // When the next new picture is wanted at the earliest.
    let mut due = next;
    let mut hidden = false;
    let mut pending: Option<Pending> = None;
    loop {
        let watch = match &watcher {
            None => watches.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => watches.recv_timeout(next.saturating_duration_since(Instant::now())),
        };
        match watch {
            Ok(Watch::Source(source)) => (watcher, pending) = (Some(Watcher::new(source)), None),
            Ok(Watch::Nothing) => {
                (watcher, pending) = (None, None);
                sights.put(Sight::Nothing);
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(watching) = &mut watcher else { continue };
        let was_hidden = std::mem::take(&mut hidden);
        let (began, used) = (Instant::now(), ThreadTime::now());
        let news = watching.look();
        let is_quiet = matches!(news, Ok(News::Same)) && watching.is_told_of_changes();
        match news {
            Ok(News::Fresh(frame)) => {
                let signature = FrameSignature::new(&frame.pixels());
                pending = Some(Pending { frame, signature });
            }
            // The same as one that has not been recognised is no reason to believe what was.
            Ok(News::Same) if pending.is_some() => {}
            Ok(News::Same) => common.lock().same_at = common.since_start(began),
            Ok(News::Hidden) => {
                hidden = true;
                pending = None;
                if !was_hidden {
                    sights.put(Sight::Nothing);
                }
            }
            Err(CaptureError::Gone) => {
                // Whoever follows the window will say when there is another.
                (watcher, pending) = (None, None);
                sights.put(Sight::Nothing);
            }
            Err(error) => {
                report(AppEvent::Failed(error.to_string()));
                return;
            }
        }
        common.lock().gate.spend(used.elapsed());
        if let Some(picture) = pending.take_if(|picture| common.admits(picture)) {
            sights.put(Sight::Frame(picture.frame));
        }
        let pause = common.pause();
        next = if is_quiet {
            due.max(began + QUIET)
        } else {
            due = began + pause;
            due + if hidden { HIDDEN } else { Duration::ZERO }
        };
    }
}

/// The vision thread.
struct Recognising {
    pipeline: Pipeline,
    sights: Latest<Sight>,
    swaps: Latest<Swap>,
    snapshots: Latest<Snapshot>,
    running: Latest<Running>,
    common: Arc<Common>,
}

impl Recognising {
    fn run(&mut self, report: &Report) {
        let mut settled = true;
        let mut last = Duration::ZERO;
        loop {
            let sight = match settled {
                true => self.sights.take_or_nudge(),
                false => self.sights.take_within(SETTLE),
            };
            let swapped = self.swap(report);
            let snapshot = match sight {
                Taken::Closed => return,
                Taken::TimedOut if swapped => self.again(&mut last),
                Taken::TimedOut => {
                    let same_at = self.common.lock().same_at;
                    if same_at <= last {
                        // The source has not been looked at since: nothing is known of now.
                        continue;
                    }
                    last = same_at;
                    Ok(self.pipeline.settle(same_at))
                }
                Taken::Value(Sight::Nothing) => Ok(self.pipeline.clear()),
                Taken::Value(Sight::Frame(frame)) => {
                    last = self.common.since_start(frame.captured_at);
                    self.see(&frame, last)
                }
            };
            match snapshot {
                Ok(snapshot) => {
                    settled = self.pipeline.is_settled(last);
                    self.snapshots.put(snapshot);
                    if !report(AppEvent::TracksReady) {
                        return;
                    }
                }
                Err(error) => {
                    report(AppEvent::Failed(format!("{error:#}")));
                    return;
                }
            }
        }
    }

    fn see(&mut self, frame: &Frame, at: Duration) -> anyhow::Result<Snapshot> {
        let (own, used) = (ThreadTime::now(), ProcessTime::now());
        let snapshot = self.pipeline.see(frame, at);
        let (own, used) = (own.elapsed(), used.elapsed());
        let mut state = self.common.lock();
        state.gate.set_floor(self.pipeline.next_priority());
        // Other threads draw meanwhile: more than all of the network's threads together, each as busy as this one, it was not.
        let most = own * state.pace.threads.max(1) as u32;
        state.gate.spend(used.min(most));
        Ok(snapshot?)
    }

    /// Looks at the last picture with another model.
    fn again(&mut self, last: &mut Duration) -> anyhow::Result<Snapshot> {
        match self.pipeline.picture().cloned() {
            Some(frame) => {
                *last = self.common.since_start(Instant::now());
                self.see(&frame, *last)
            }
            None => Ok(self.pipeline.clear()),
        }
    }

    /// Takes over a model that waits.
    fn swap(&mut self, report: &Report) -> bool {
        let Some(Swap { recogniser, running }) = self.swaps.try_take() else { return false };
        self.pipeline.swap(recogniser);
        self.running.put(running);
        report(AppEvent::ModelRuns);
        true
    }
}

#[cfg(test)]
mod tests;
