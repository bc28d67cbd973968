//! The model that runs, and one that is ready to take over from it between two frames.

use std::path::PathBuf;
use std::sync::Arc;

use lens_core::catalogue::Catalogue;
use vision::providers::Provider;
use vision::reading::Recognise;

use crate::settings::watch::ModelFiles;

/// Another model, ready to run.
pub struct ModelSwap {
    /// Finds and names cards.
    pub recogniser: Box<dyn Recognise>,
    /// What people call it, and what it calls cards.
    pub model: RunningModel,
    /// What takes over when it fails; `None` where it runs on the processor.
    pub fallback: Option<Fallback>,
}

/// The same model on the processor.
pub struct Fallback {
    /// What it stands in for.
    pub provider: Provider,
    /// Opens it.
    pub open: Box<dyn FnOnce() -> anyhow::Result<ModelSwap> + Send>,
}

/// The model that runs.
#[derive(Clone, Debug)]
pub struct RunningModel {
    /// What its manifest calls it.
    pub name: String,
    /// The catalogue that it names cards from.
    pub catalogue: Arc<Catalogue>,
    /// Where it can be taught; `None` for one that is no folder.
    pub folder: Option<PathBuf>,
    /// Its files as they were before it was read.
    pub files: ModelFiles,
}

impl RunningModel {
    /// What players choose it by: its folder's name.
    pub fn short_name(&self) -> String {
        let folder = self.folder.as_ref().and_then(|folder| folder.file_name());
        folder.map_or_else(|| self.name.clone(), |name| name.to_string_lossy().into_owned())
    }
}
