//! Cuts named cards out of a whole frame and saves them as captures: in are the frame and the
//! places of its cards, out are the records of what was saved and why that was not all. It may take
//! long, and runs on a thread; labels are another matter.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dataset::captures::crop;
use dataset::captures::record::{CaptureContext, Record};
use dataset::captures::store::{Captures, CapturesError};
use image::RgbaImage;
use lens_core::geometry::{InFrame, Quad};
use lens_core::pixels::Pixels;

use crate::frame::OpenFrame;
use crate::reading::{Origin, Reading};
use crate::repository::Folders;

/// How long it is waited for an overlay that saves cards just now.
const PATIENCE: Duration = Duration::from_secs(3);
/// How soon it is looked whether it is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What is to be saved of a frame.
pub struct Cut {
    picture: Arc<RgbaImage>,
    /// Name below the captures' folder, where the frame is there already.
    name: Option<String>,
    original: Option<String>,
    /// Place among the cards of the frame, quad, and what the model says of it.
    cards: Vec<(usize, Quad<InFrame>, Option<Reading>)>,
}

/// What was saved.
#[derive(Debug, Default)]
pub struct Saved {
    /// The frame's name below the captures, where it is there.
    pub name: Option<String>,
    /// Place among the cards of the frame, and the capture.
    pub captures: Vec<(usize, Record)>,
    /// Why that is not all, for people.
    pub error: Option<String>,
}

impl Cut {
    /// The cards of a frame that have a name and are no captures yet.
    pub fn of(frame: &OpenFrame) -> Self {
        let cards = frame.unsaved().map(|(at, card, _)| (at, card.quad, card.reading.clone()));
        Self {
            picture: Arc::clone(&frame.picture),
            name: frame.name.clone(),
            original: frame.original.clone(),
            cards: cards.collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.cards.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// Saves it; what was saved before something went wrong stays.
    pub fn save(&self, folders: &Folders) -> Saved {
        let mut saved = Saved { name: self.name.clone(), ..Saved::default() };
        if let Err(error) = self.write(folders, &mut saved) {
            saved.error = Some(match error {
                CapturesError::InUse(_) => "An overlay saves cards just now: save again in a moment".into(),
                error => error.to_string(),
            });
            // A frame of which no card was saved is of no use.
            if saved.captures.is_empty()
                && let Some(name) = saved.name.take_if(|_| self.name.is_none())
            {
                let _ = std::fs::remove_file(folders.captures.join(name));
            }
        }
        saved
    }

    fn write(&self, folders: &Folders, saved: &mut Saved) -> Result<(), CapturesError> {
        let pixels = Pixels::from(&*self.picture);
        let mut store = open(&folders.captures, &folders.labels)?;
        let name = match &self.name {
            Some(name) => name.clone(),
            None => store.add_frame(&pixels)?,
        };
        saved.name = Some(name.clone());
        for (at, quad, reading) in &self.cards {
            let crop = crop::crop(&pixels, *quad);
            let hashes = store.hashes(&crop);
            let context = self.context(*quad, reading.as_ref(), &name);
            // What a person marked is worth an image of its own, also when there is one like it.
            let verdict = store.judge(&hashes, &context);
            let added = store.save(&crop, hashes, context, verdict)?;
            saved.captures.push((*at, store.records()[added.position].clone()));
        }
        Ok(())
    }

    fn context(&self, quad: Quad<InFrame>, reading: Option<&Reading>, frame: &str) -> CaptureContext {
        let guesses = reading.map(|it| it.guesses.clone()).unwrap_or_default();
        let enrolled = guesses.iter().filter(|it| it.origin == Origin::Taught);
        CaptureContext {
            quad: Some(quad),
            frame: Some(frame.to_owned()),
            original: self.original.clone(),
            window: self.picture.dimensions().into(),
            taken_at_millis: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
                as u64,
            card: reading.and_then(|it| it.known.clone()),
            enrolled: enrolled.map(|it| it.id.clone()).collect(),
            guesses: guesses.into_iter().map(|it| (it.id, it.number)).collect(),
            modifiers: reading.and_then(|it| it.modifiers.clone()),
            ..CaptureContext::default()
        }
    }
}

/// Opens the captures once no overlay has them.
fn open(captures: &Path, labels: &Path) -> Result<Captures, CapturesError> {
    let begin = Instant::now();
    loop {
        match Captures::open_with(captures, labels) {
            Err(CapturesError::InUse(_)) if begin.elapsed() < PATIENCE => std::thread::sleep(POLL_INTERVAL),
            opened => return opened,
        }
    }
}
