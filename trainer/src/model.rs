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
use lens_core::replace::restore;

/// Why a model cannot be made under this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewModelError {
    /// It is no name.
    #[error("{0:?} cannot be the name of a model\nhelp: choose letters, digits, -, _ and . for --name")]
    Name(String),
    /// There is one.
    #[error("{0} is there already\nhelp: choose another --name{1}")]
    Taken(PathBuf, &'static str),
    /// There is something else, which would be lost.
    #[error(
        "{0} has other things than a model's files, so it is not replaced\n\
         help: give the model a folder of its own, such as data/models/NAME"
    )]
    Other(PathBuf),
}

/// What becomes of a model that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and no other is made.
    Refused,
    /// The same, where a player may ask for the next.
    RefusedUnlessAsked,
    /// It makes place, and is kept for `trainer rollback`.
    Replaced,
}

/// The folder of a new model: as given, else by its name among the models.
///
/// # Errors
/// When the name could lead elsewhere, or there is something already that must stay.
pub fn new_model_folder(
    name: &str,
    out: Option<&Path>,
    existing: Existing,
) -> Result<PathBuf, NewModelError> {
    let is_plain = |it: char| it.is_alphanumeric() || "-_. ".contains(it);
    if name.is_empty() || name.starts_with('.') || name.trim() != name || !name.chars().all(is_plain) {
        return Err(NewModelError::Name(name.to_owned()));
    }
    let folder = out.map_or_else(|| paths::model(name), Path::to_path_buf);
    let help = match existing {
        Existing::Replaced if may_be_replaced(&folder) => return Ok(folder),
        Existing::Replaced => return Err(NewModelError::Other(folder)),
        Existing::Refused => ", or remove it first",
        Existing::RefusedUnlessAsked => ", or say --replace: `trainer rollback` then goes back",
    };
    match folder.symlink_metadata() {
        Ok(_) => Err(NewModelError::Taken(folder, help)),
        Err(_) => Ok(folder),
    }
}

/// Whether nothing is lost that no model is: the folder is not there, is empty, or is a model's,
/// which has files alone.
fn may_be_replaced(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return folder.symlink_metadata().is_err() };
    let entries: Vec<_> = entries.flatten().collect();
    let is_file = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|it| it.is_file());
    entries.is_empty() || folder.join(FILE_NAME).is_file() && entries.iter().all(is_file)
}

/// No folder has this model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no model {0}\nhelp: {1}")]
pub struct NoModel(PathBuf, String);

/// The folder of a model, given by name or folder.
///
/// # Errors
/// When there is none.
pub fn model_folder(model: &Path) -> Result<PathBuf, NoModel> {
    let named = paths::data().join("models").join(model);
    restore(&named);
    let folders = [model.to_path_buf(), named];
    let found = folders.into_iter().find(|folder| folder.join(FILE_NAME).is_file());
    found.ok_or_else(|| NoModel(model.to_path_buf(), installed()))
}

/// Which models there are, for who named one that is not.
fn installed() -> String {
    let folder = paths::data().join("models");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(FILE_NAME).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    match names.is_empty() {
        true => format!("there is none in {}: `trainer export` makes one", folder.display()),
        false => format!("in {} there are {}; a path is understood too", folder.display(), names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_stays_among_the_models_and_none_is_replaced_unasked() {
        for name in ["", ".", "..", "../evil", "a/b", "a\\b", "C:evil", " a", "a\nb", ".hidden"] {
            let error = new_model_folder(name, None, Existing::Replaced).unwrap_err();
            assert!(matches!(error, NewModelError::Name(_)), "{name:?} gives {error}");
        }
        let place = tempfile::tempdir().unwrap();
        let out = |existing| new_model_folder("mine", Some(place.path()), existing);
        assert!(out(Existing::Refused).unwrap_err().to_string().contains("remove it first"));
        assert!(out(Existing::RefusedUnlessAsked).unwrap_err().to_string().contains("--replace"));
        assert_eq!(out(Existing::Replaced).unwrap(), place.path());
        for (path, is_model) in [("gallery.json", false), (FILE_NAME, true), ("mine/gallery.json", false)] {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
            let answer = out(Existing::Replaced);
            assert_eq!(answer.is_ok(), is_model, "{answer:?}");
        }
        let free = place.path().join("free");
        assert_eq!(new_model_folder("mine", Some(&free), Existing::Refused).unwrap(), free);
    }
}
