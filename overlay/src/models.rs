//! Which models there are, and the thread that opens one while another runs.
//!
//! A model is opened, tried on a picture and only then handed to the vision thread, which swaps it in between two
//! frames. One that is broken is refused with the reason; nothing else changes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use lens_core::geometry::{Quad, Rect};
use lens_core::pixels::{ChannelOrder, Pixels};
use vision::network::Options;

use crate::event::AppEvent;
use crate::latest::Latest;
use crate::recognition;
use crate::saving::Folders;
use crate::settings::Recognition;
use crate::threads::{Report, Running, Swap, Swaps};
use crate::worker::{self, Worker};
use vision::reading::Detection;

/// A model to open.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Its folder.
    pub folder: PathBuf,
    /// How to run it.
    pub recognition: Recognition,
}

/// Opens a model; tests have their own.
pub type Open = Box<dyn Fn(&Request) -> anyhow::Result<Swap> + Send>;

/// The thread that opens models; dropping it ends it.
pub struct Loader {
    requests: Latest<Request>,
    worker: Option<Worker>,
}

impl Loader {
    /// Starts the thread. Models that can be used go to `swaps`, refusals to `report`.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(open: Open, swaps: Swaps, report: Report) -> std::io::Result<Self> {
        let requests = Latest::<Request>::default();
        let theirs = requests.clone();
        let worker = worker::spawn_reporting("models", report, move |report| {
            while let Some(request) = theirs.take() {
                // Whatever a broken file brings a library to, the model that runs goes on.
                let opened = catch_unwind(AssertUnwindSafe(|| open(&request).and_then(tried)))
                    .unwrap_or_else(|_| Err(anyhow!("{} cannot be opened", request.folder.display())));
                match opened {
                    Ok(swap) => swaps.put(swap),
                    Err(error) => {
                        if !report(AppEvent::ModelRefused(format!("{error:#}"))) {
                            return;
                        }
                    }
                }
            }
        })?;
        Ok(Self { requests, worker: Some(worker) })
    }

    /// Opens another model; of several requests in a row the last one counts.
    pub fn load(&self, request: Request) {
        self.requests.put(request);
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.requests.close();
        self.worker.take();
    }
}

/// Opens a model of the `vision` crate.
///
/// # Errors
/// When it cannot be used.
pub fn open(request: &Request) -> anyhow::Result<Swap> {
    let mut model = recognition::open(&request.folder, &options(&request.recognition))?;
    match recognition::carry_over(&mut model, &request.folder, &Folders::of_installation()) {
        Ok(0) => {}
        Ok(taught) => log::info!("{taught} cards that other models were taught are known to this one now"),
        // On a read-only disk it names what it knows.
        Err(error) => log::warn!("what other models were taught cannot be taken over: {error:#}"),
    }
    recognition::set_thresholds(&mut model, request.recognition.detection, request.recognition.name);
    let running = Running {
        name: model.manifest().name.clone(),
        catalogue: Arc::new(model.catalogue().clone()),
        folder: Some(request.folder.clone()),
    };
    Ok(Swap { recogniser: Box::new(model), running })
}

/// How networks run by these settings.
pub fn options(recognition: &Recognition) -> Options {
    let defaults = Options::default();
    Options {
        providers: recognition.providers.clone().unwrap_or(defaults.providers.clone()),
        threads: recognition.threads.unwrap_or_else(threads_beside_a_game),
        ..defaults
    }
}

/// Threads that work on one network beside a game: half of the cores, up to four.
///
/// Threads of a network wait for each other after every operation. Where one of them shares its core with the game, which
/// goes first, all of them do: on two cores such a picture took 47 to 77 ms, where one thread alone takes 14 ms.
pub fn threads_beside_a_game() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, 4)
}

/// The names of the models in a folder of models, in order.
pub fn list(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(lens_core::manifest::FILE_NAME).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The model after `current`, from the beginning after the last; `None` when there is no other.
pub fn next<'a>(names: &'a [String], current: &str) -> Option<&'a str> {
    let at = names.iter().position(|name| name == current);
    let next = at.map_or(0, |at| (at + 1) % names.len());
    names.get(next).map(String::as_str).filter(|name| *name != current)
}

/// Runs it once: what fails now would fail in the game, and the first run takes longest.
fn tried(mut swap: Swap) -> anyhow::Result<Swap> {
    const SIDE: u32 = 128;
    let grey = vec![90u8; (SIDE * SIDE * 4) as usize];
    let picture = Pixels::new(&grey, SIDE, SIDE, ChannelOrder::Rgbx)?;
    swap.recogniser.detect(&picture)?;
    let quad = Quad::from_rect(Rect::ltwh(20.0, 10.0, 71.0, 95.0));
    swap.recogniser.identify(&picture, &[Detection { quad, score: 1.0 }])?;
    Ok(swap)
}

#[cfg(test)]
mod tests;
