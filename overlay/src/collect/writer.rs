//! Saves cards for labelling, on a thread of its own.
//!
//! The main thread hands over a frame and quads, and goes on; crops, hashes, PNG files and what a
//! correction teaches are the writer's work. A request that was accepted is never dropped: when the
//! overlay ends, the writer finishes first.
//!
//! The folder of captures is kept open while there is something to save: the labeller saves cards
//! there too.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dataset::captures::record::CaptureContext;
use dataset::captures::store::{Added, Captures, CapturesError};
use dataset::captures::{Verdict, crop};
use dataset::labels::Label;
use dataset::labels::store::{self, Change, Store};
use vision::enrol::NamedCard;

use super::enrol::Teach;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::outcome::SaveOutcome;
use crate::messages::worker::{self, Worker};
use tracking::frame::Frame;
use tracking::track::Track;
use vision::reading::{GuessSource, Identity};

/// Requests that may wait until the writer has time.
pub const MAX_WAITING: usize = 64;
/// Confidence below which a known card is doubtful.
const DOUBTFUL_BELOW: f32 = 0.5;
/// How long the folder is kept open after the last card: opening it anew reads all records.
const KEPT_FOR: Duration = Duration::from_secs(2);
/// How long it is waited for others to be done with the folder.
const PATIENCE: Duration = Duration::from_secs(3);
/// How soon it is looked whether they are.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Cards of one frame that are to be saved.
pub struct SaveRequest {
    /// The image that they are on.
    pub frame: Frame,
    /// Where they lie, and what they were taken for.
    pub cards: Vec<Track>,
    /// What a person says that they are; nothing when they are to be labelled later.
    pub label: Option<Box<Label>>,
    /// The model that named them; `None` for one that cannot be taught.
    pub model: Option<ModelInUse>,
}

/// The model that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInUse {
    /// What its manifest calls it.
    pub name: String,
    /// Where it is taught.
    pub folder: PathBuf,
}

/// Where captures and labels are kept.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Raw captures.
    pub captures: PathBuf,
    /// Labelled ones.
    pub labels: PathBuf,
}

impl Folders {
    /// Those of this installation.
    pub fn installed() -> Self {
        Self { captures: dataset::captures::folder(), labels: dataset::labels::folder() }
    }
}

/// The thread that writes; dropping it waits until everything is written.
pub struct Writer {
    requests: Option<SyncSender<SaveRequest>>,
    waiting: Arc<AtomicUsize>,
    worker: Option<Worker>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(folders: Folders, teacher: Box<dyn Teach>, sink: EventSink) -> std::io::Result<Self> {
        let (requests, inbox) = sync_channel(MAX_WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&waiting);
        let worker = worker::spawn_reporting("captures", sink, move |sink| {
            let mut files = Files { folders, teacher, captures: None, frame_file: None, patience: PATIENCE };
            write(&mut files, &inbox, &count, sink);
        })?;
        Ok(Self { requests: Some(requests), waiting, worker: Some(worker) })
    }

    /// Hands a request over; returns whether it was accepted. None is when [`MAX_WAITING`] wait
    /// already.
    pub fn save(&self, request: SaveRequest) -> bool {
        let Some(requests) = &self.requests else { return false };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let accepted = match requests.try_send(request) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        };
        if !accepted {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        accepted
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        self.worker = None;
    }
}

/// Whether somebody should name this card.
pub fn is_doubtful(track: &Track) -> bool {
    match &track.identity {
        Identity::Known { confidence, .. } => *confidence < DOUBTFUL_BELOW,
        Identity::Unknown { .. } => true,
    }
}

fn write(files: &mut Files, inbox: &Receiver<SaveRequest>, waiting: &AtomicUsize, sink: &EventSink) {
    while let Some(request) = next(files, inbox) {
        let mut outcome = SaveOutcome::default();
        if let Err(error) = files.save(&request, &mut outcome) {
            log::warn!("{error:#}");
            outcome.error = Some(short(&error));
            let is_there = !outcome.saved.is_empty() || !outcome.duplicates.is_empty();
            let name = request.label.as_ref().map(|label| label.name.clone());
            outcome.unnamed = name.filter(|_| is_there && outcome.corrected.is_none());
            // Whatever is wrong with the folder, the next capture looks at it anew.
            files.captures = None;
        }
        outcome.waiting = waiting.fetch_sub(1, Ordering::Relaxed) - 1;
        // Nobody listens any more: the rest is written all the same.
        let _ = sink(AppEvent::Saved(outcome));
    }
}

/// The next request; where it is long in coming, others may have the folder.
fn next(files: &mut Files, inbox: &Receiver<SaveRequest>) -> Option<SaveRequest> {
    if files.captures.is_some() {
        match inbox.recv_timeout(KEPT_FOR) {
            Err(RecvTimeoutError::Timeout) => files.captures = None,
            request => return request.ok(),
        }
    }
    inbox.recv().ok()
}

/// One line of an error, for the corner of the screen.
fn short(error: &anyhow::Error) -> String {
    match error.downcast_ref::<CapturesError>() {
        Some(error) => error.short(),
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

/// What the thread works with.
struct Files {
    folders: Folders,
    teacher: Box<dyn Teach>,
    captures: Option<Captures>,
    /// The frame that was written last, by when it was taken, and its file.
    frame_file: Option<(Instant, String)>,
    /// How long it is waited for the folder; not at all while somebody does not let it go.
    patience: Duration,
}

impl Files {
    /// Opens the folder of captures once nobody else has it.
    fn open(&mut self) -> Result<(), CapturesError> {
        let begin = Instant::now();
        loop {
            match Captures::open(&self.folders.captures) {
                Err(CapturesError::InUse(_)) if begin.elapsed() < self.patience => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                opened => {
                    let is_refused = matches!(opened, Err(CapturesError::InUse(_)));
                    self.patience = if is_refused { Duration::ZERO } else { PATIENCE };
                    self.captures = Some(opened?);
                    return Ok(());
                }
            }
        }
    }

    fn save(&mut self, request: &SaveRequest, outcome: &mut SaveOutcome) -> anyhow::Result<()> {
        if self.captures.is_none() {
            self.open()?;
        }
        let Self { folders, captures, frame_file: last_file, .. } = self;
        let store = captures.as_mut().expect("it was opened above");
        let pixels = request.frame.pixels();
        let taken_at = request.frame.captured_at;
        // Several requests may be for one image.
        let known =
            last_file.as_ref().filter(|(at, file)| *at == taken_at && folders.captures.join(file).is_file());
        let known = known.map(|(_, file)| file.clone());
        let mut frame_file = known.clone();
        let mut files = Vec::new();
        for card in &request.cards {
            let crop = crop::crop(&pixels, card.quad);
            let hashes = store.hashes(&crop);
            let mut sight = sight(card, request);
            if let Verdict::Duplicate(position) = store.judge(&hashes, &sight) {
                outcome.duplicates.push(card.id);
                files.push((card, store.records()[position].filename.clone()));
                continue;
            }
            if frame_file.is_none() {
                frame_file = Some(store.add_frame(&pixels)?);
            }
            sight.frame.clone_from(&frame_file);
            let Added { position, .. } = match store.add(&crop, hashes, sight) {
                Ok(added) => added,
                Err(error) => {
                    if let Some(frame_file) =
                        frame_file.filter(|_| outcome.saved.is_empty() && known.is_none())
                    {
                        // A frame of which no card was saved is of no use.
                        let _ = std::fs::remove_file(folders.captures.join(frame_file));
                    }
                    return Err(error.into());
                }
            };
            *last_file = frame_file.clone().map(|file| (taken_at, file));
            outcome.saved.push(card.id);
            files.push((card, store.records()[position].filename.clone()));
        }
        let Some(label) = &request.label else { return Ok(()) };
        for (track, file) in files {
            self.keep_label(label, &file)?;
            outcome.corrected = Some(label.name.clone());
            if let Some(model) = &request.model {
                let (id, name) = (label.class().into(), label.name.clone());
                let card = NamedCard { id, name, capture: file, taught_at_millis: now_millis() };
                self.teacher.teach(&model.folder, &pixels, track.quad, card)?;
            }
        }
        Ok(())
    }

    /// Stores what a person said.
    fn keep_label(&mut self, label: &Label, file: &str) -> anyhow::Result<()> {
        let change = Change::Label { file: file.to_owned(), label: Some(Box::new(label.clone())) };
        store::leave(&self.folders.labels, &[change])?;
        match Store::open(&self.folders.labels, &self.folders.captures) {
            // Opening takes the inbox in.
            Ok(mut store) => store.checkpoint()?,
            // The labeller that is open will.
            Err(store::StoreError::InUse(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn sight(card: &Track, request: &SaveRequest) -> CaptureContext {
    CaptureContext {
        quad: Some(card.quad),
        frame: None,
        original: None,
        window: [request.frame.width, request.frame.height],
        taken_at_millis: now_millis(),
        model: request.model.as_ref().map(|model| model.name.clone()),
        card: card.identity.id().map(ToString::to_string),
        guesses: card.guesses.iter().map(|guess| (guess.id.to_string(), guess.probability)).collect(),
        enrolled: card
            .guesses
            .iter()
            .filter(|it| it.source == GuessSource::Enrolled)
            .map(|it| it.id.to_string())
            .collect(),
        modifiers: Some(card.modifiers.clone()),
    }
}

/// Milliseconds since 1970.
fn now_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

#[cfg(test)]
mod tests;
