//! Which models there are, and the thread that opens one while another runs.
//!
//! A model is opened, tried on an image and only then handed to the vision thread, which swaps it
//! in between two frames. One that is broken is refused with the reason; nothing else changes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use lens_core::causes;
use lens_core::counted::counted;
use lens_core::geometry::{Quad, Rect};
use lens_core::pixels::{ChannelOrder, Pixels};
use mods::Library;
use vision::network::Options;
use vision::providers::Provider;

use super::modded::{self, Wanted};
use super::model;
use super::pace::threads_beside_a_game;
use super::swap::{Fallback, ModelSwap, RunningModel};
use super::threads::SwapSender;
use crate::desktop::priority;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::Mailbox;
use crate::messages::worker::{self, Worker};
use crate::settings::Recognition;
use crate::settings::watch::ModelFiles;
use vision::reading::Detection;

/// A model to open.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRequest {
    /// Holds its manifest.
    pub folder: PathBuf,
    /// How to run it.
    pub recognition: Recognition,
    /// The mods whose cards it is to know.
    pub mods: Option<ReadMods>,
}

/// Mods that were read, with their entries kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadMods {
    /// What was read.
    pub library: Arc<Library>,
    /// How, and where entries are kept.
    pub wanted: Wanted,
}

/// The thread that opens the first model.
const FIRST: &str = "first model";

/// Opens a model; tests have their own.
pub type OpenModel = Box<dyn Fn(&ModelRequest) -> anyhow::Result<ModelSwap> + Send>;

/// The thread that opens models; dropping it ends it.
pub struct Loader {
    requests: Mailbox<ModelRequest>,
    worker: Option<Worker>,
}

impl Loader {
    /// Starts the thread. Models that can be used go to `swaps`, refusals to `sink`.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(open: OpenModel, swaps: SwapSender, sink: EventSink) -> std::io::Result<Self> {
        let requests = Mailbox::<ModelRequest>::default();
        let theirs = requests.clone();
        let worker = worker::spawn_reporting("models", sink, move |sink| {
            priority::give_way();
            while let Some(request) = theirs.take() {
                // Whatever a broken file brings a library to, the model that runs goes on.
                let opened = catch_unwind(AssertUnwindSafe(|| open(&request).and_then(try_out)))
                    .unwrap_or_else(|_| Err(anyhow!("{} cannot be opened", request.folder.display())));
                match opened {
                    Ok(swap) => swaps.put(swap),
                    Err(error) => {
                        if !sink(AppEvent::ModelRefused(causes::said_once(error.chain()))) {
                            return;
                        }
                    }
                }
            }
        })?;
        Ok(Self { requests, worker: Some(worker) })
    }

    /// Opens another model; of several requests in a row the last one counts.
    pub fn load(&self, request: ModelRequest) {
        self.requests.put(request);
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.requests.close();
        self.worker.take();
    }
}

/// Begins to open the first model: at the usual priority, for the player waits. What it returns
/// waits for it; the threads of its networks then let the game go first, as those of later ones do.
///
/// # Errors
/// As [`open`], or when the system has no more threads to give.
pub fn begin_first(
    request: ModelRequest,
) -> anyhow::Result<impl FnOnce() -> anyhow::Result<ModelSwap> + use<>> {
    let opened = Mailbox::default();
    let theirs = opened.clone();
    let opening = worker::spawn(FIRST, move || theirs.put(open(&request)))?;
    Ok(move || {
        opening.join()?;
        // They have the name of the thread that started them.
        priority::threads_give_way(FIRST);
        let first: ModelSwap = opened.try_take().ok_or_else(|| anyhow!("no model was opened"))??;
        log::info!("recognising with the model {:?}", first.model.name);
        Ok(first)
    })
}

/// Opens a model of the `vision` crate.
///
/// # Errors
/// When it cannot be used.
pub fn open(request: &ModelRequest) -> anyhow::Result<ModelSwap> {
    let files = ModelFiles::of(&request.folder);
    let mut model = model::open(&request.folder, &options(&request.recognition))?;
    let named = request.recognition.providers.as_deref();
    if let Some(fault) = named.and_then(|named| model::not_as_named(&model.reports(), named)) {
        log::warn!("{fault}");
    }
    let pictures = [dataset::captures::folder(), dataset::labels::folder()];
    match model::carry_over(&mut model, &request.folder, &pictures) {
        Ok(0) => {}
        Ok(taught) => {
            log::info!("{} of other models, taught there, known to this one now", counted(taught, "card"));
        }
        // On a read-only disk it names what it knows.
        Err(error) => log::warn!("what other models were taught cannot be taken over: {error:#}"),
    }
    model::set_thresholds(&mut model, request.recognition.detection, request.recognition.name);
    if let Some(mods) = &request.mods {
        modded::teach_kept(&mut model, &mods.library, &mods.wanted);
    }
    let running = RunningModel {
        name: model.manifest().name.clone(),
        catalogue: Arc::new(model.catalogue().clone()),
        folder: Some(request.folder.clone()),
        files,
    };
    // Of two networks on two providers, the one that is no processor may fail.
    let provider = model.reports().map(|(_, report)| report.accepted.first().copied());
    let provider = provider.into_iter().flatten().find(|&it| it != Provider::Cpu);
    let fallback = provider.map(|provider| {
        let mut request = request.clone();
        request.recognition.providers = Some(vec![Provider::Cpu]);
        Fallback { provider, open: Box::new(move || open(&request)) }
    });
    Ok(ModelSwap { recogniser: Box::new(model), model: running, fallback })
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

/// The folders of the models in a folder of models, in order, also of those that are not whole.
/// What begins with a dot is none: it is being written, or kept to go back to.
pub fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let seen = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut folders: Vec<PathBuf> = seen.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The names of the models in a folder of models, in order.
pub fn list(folder: &Path) -> Vec<String> {
    let mut whole = folders(folder);
    whole.retain(|folder| folder.join(lens_core::manifest::FILE_NAME).is_file());
    whole.iter().filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).collect()
}

/// The model after `current`, from the beginning after the last; `None` when there is no other.
pub fn next<'a>(names: &'a [String], current: &str) -> Option<&'a str> {
    let at = names.iter().position(|name| name == current);
    let next = at.map_or(0, |at| (at + 1) % names.len());
    names.get(next).map(String::as_str).filter(|name| *name != current)
}

/// Runs it once: what fails now would fail in the game, and the first run takes longest.
fn try_out(mut swap: ModelSwap) -> anyhow::Result<ModelSwap> {
    const SIDE: u32 = 128;
    let grey = vec![90_u8; (SIDE * SIDE * 4) as usize];
    let picture = Pixels::new(&grey, SIDE, SIDE, ChannelOrder::Rgbx)?;
    swap.recogniser.detect(&picture)?;
    let quad = Quad::from_rect(Rect::ltwh(20.0, 10.0, 71.0, 95.0));
    swap.recogniser.identify(&picture, &[Detection { quad, score: 1.0 }])?;
    Ok(swap)
}

#[cfg(test)]
mod tests;
