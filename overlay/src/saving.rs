//! Saves cards for labelling, on a thread of its own.
//!
//! The main thread hands over a frame and quads, and goes on; crops, hashes, PNG files and what a correction teaches are
//! the writer's work. A request that was accepted is never dropped: when the overlay ends, the writer finishes first.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dataset::captures::record::CaptureContext;
use dataset::captures::store::{Added, Captures, CapturesError};
use dataset::captures::{Verdict, crop};
use dataset::labels::Label;
use dataset::labels::store::{self, Change, Store};
use vision::teach::Named;

use crate::event::AppEvent;
use crate::teaching::Teach;
use crate::threads::Report;
use crate::worker::{self, Worker};
use tracking::frame::Frame;
use tracking::sighting::Identity;
use tracking::track::Track;

/// Requests that may wait.
pub const QUEUE: usize = 64;
/// Confidence below which a known card is doubtful.
const DOUBTFUL_BELOW: f32 = 0.5;

/// Cards of one frame that are to be saved.
pub struct Request {
    /// The frame.
    pub frame: Frame,
    /// Its cards.
    pub cards: Vec<Track>,
    /// What a person says that they are; nothing when they are to be labelled later.
    pub label: Option<Box<Label>>,
    /// The model that named them, and its folder.
    pub model: Option<ModelInUse>,
}

/// The model that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInUse {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// What became of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Tracks that were saved.
    pub saved: Vec<u64>,
    /// Tracks that were there already.
    pub duplicates: Vec<u64>,
    /// The name that was stored, when a person corrected a card.
    pub corrected: Option<String>,
    /// Requests that still wait.
    pub waiting: usize,
    /// What went wrong, in one line.
    pub error: Option<String>,
}

/// Where captures and labels go.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Raw captures.
    pub captures: PathBuf,
    /// Labelled ones.
    pub labels: PathBuf,
}

impl Folders {
    /// Those of this installation.
    pub fn of_installation() -> Self {
        Self { captures: dataset::captures::folder(), labels: dataset::labels::folder() }
    }
}

/// The thread that writes; dropping it waits until everything is written.
pub struct Writer {
    requests: Option<SyncSender<Request>>,
    waiting: Arc<AtomicUsize>,
    worker: Option<Worker>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(folders: Folders, teacher: Box<dyn Teach>, report: Report) -> std::io::Result<Self> {
        let (requests, inbox) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&waiting);
        let worker = worker::spawn_reporting("captures", report, move |report| {
            let mut desk = Desk { folders, teacher, captures: None, sheet: None };
            write(&mut desk, &inbox, &count, report);
        })?;
        Ok(Self { requests: Some(requests), waiting, worker: Some(worker) })
    }

    /// Hands a request over; answers whether it was accepted. None is when [`QUEUE`] wait already.
    pub fn save(&self, request: Request) -> bool {
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

fn write(desk: &mut Desk, inbox: &Receiver<Request>, waiting: &AtomicUsize, report: &Report) {
    while let Ok(request) = inbox.recv() {
        let mut outcome = Outcome::default();
        if let Err(error) = desk.save(&request, &mut outcome) {
            log::warn!("{error:#}");
            outcome.error = Some(short(&error));
            // Whatever is wrong with the folder, the next capture looks at it anew.
            desk.captures = None;
        }
        outcome.waiting = waiting.fetch_sub(1, Ordering::Relaxed) - 1;
        // Nobody listens any more: the rest is written all the same.
        let _ = report(AppEvent::Captured(outcome));
    }
}

/// One line of an error, for the corner of the screen.
fn short(error: &anyhow::Error) -> String {
    match error.downcast_ref::<CapturesError>() {
        Some(error) => error.short(),
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

struct Desk {
    folders: Folders,
    teacher: Box<dyn Teach>,
    captures: Option<Captures>,
    /// The frame that was written last, by when it was taken, and its file.
    sheet: Option<(Instant, String)>,
}

impl Desk {
    fn save(&mut self, request: &Request, outcome: &mut Outcome) -> anyhow::Result<()> {
        let Self { folders, captures, sheet: last_sheet, .. } = self;
        if captures.is_none() {
            *captures = Some(Captures::open(&folders.captures)?);
        }
        let store = captures.as_mut().expect("it was opened above");
        let pixels = request.frame.pixels();
        let taken_at = request.frame.captured_at;
        // Several requests may be for one picture.
        let known =
            last_sheet.as_ref().filter(|(at, file)| *at == taken_at && folders.captures.join(file).is_file());
        let known = known.map(|(_, file)| file.clone());
        let mut sheet = known.clone();
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
            if sheet.is_none() {
                sheet = Some(store.add_frame(&pixels)?);
            }
            sight.frame.clone_from(&sheet);
            let Added { position, .. } = match store.add(&crop, hashes, sight) {
                Ok(added) => added,
                Err(error) => {
                    if let Some(sheet) = sheet.filter(|_| outcome.saved.is_empty() && known.is_none()) {
                        // A frame of which no card was saved is of no use.
                        let _ = std::fs::remove_file(folders.captures.join(sheet));
                    }
                    return Err(error.into());
                }
            };
            *last_sheet = sheet.clone().map(|file| (taken_at, file));
            outcome.saved.push(card.id);
            files.push((card, store.records()[position].filename.clone()));
        }
        let Some(label) = &request.label else { return Ok(()) };
        for (track, file) in files {
            self.keep_label(label, &file)?;
            outcome.corrected = Some(label.name.clone());
            if let Some(model) = &request.model {
                let card = Named { id: label.class().to_owned(), name: label.name.clone(), capture: file };
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

fn sight(card: &Track, request: &Request) -> CaptureContext {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CaptureContext {
        quad: Some(card.quad),
        frame: None,
        window: [request.frame.width, request.frame.height],
        taken_at_millis: now.as_millis() as u64,
        model: request.model.as_ref().map(|model| model.name.clone()),
        card: card.identity.id().map(str::to_owned),
        guesses: card.guesses.iter().map(|guess| (guess.id.clone(), guess.probability)).collect(),
        modifiers: Some(card.modifiers.clone()),
    }
}

#[cfg(test)]
mod tests;
