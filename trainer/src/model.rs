//! Networks as data, their files, and models: a folder with two networks and what the overlay has
//! to know of them.
//!
//! ```text
//! network (graph) ─▶ network::torch: runs and trains it
//!                 ─▶ onnx, quantise: writes it ─▶ export ─▶ data/models/NAME
//! ```
//!
//! * [`network`]: networks as data, and libtorch as one of their two interpreters; [`onnx`] is the
//!   other.
//! * [`detector_targets`]: what the detector's output means.
//! * [`export`], [`quantise`]: a model's folder, also in int8. [`import`]: one of networks made
//!   elsewhere.
//!
//! Nothing here knows a recipe or a training.

pub mod detector_targets;
pub mod export;
pub mod import;
pub mod network;
pub mod onnx;
pub mod quantise;

use std::path::{Path, PathBuf};

use lens_core::manifest::FILE_NAME;
use lens_core::paths;

/// No folder has this model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no model {0}\nhelp: models are in data/models")]
pub struct NoModel(PathBuf);

/// The folder of a model, given by name or folder.
///
/// # Errors
/// When there is none.
pub fn model_folder(model: &Path) -> Result<PathBuf, NoModel> {
    let named = paths::data().join("models").join(model);
    let folders = [model.to_path_buf(), named];
    let found = folders.into_iter().find(|folder| folder.join(FILE_NAME).is_file());
    found.ok_or_else(|| NoModel(model.to_path_buf()))
}
