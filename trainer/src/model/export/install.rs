//! A model's folder, replaced as a whole: either the old model is there or the new one, complete.

use std::fs;
use std::io;
use std::path::Path;

use lens_core::replace::Staging;
use vision::gallery::forgotten::FILE_NAME as FORGOTTEN;
use vision::gallery::{FILE_NAME as GALLERY, REPLACED as OLD_GALLERY};

use super::previous::keep;

/// Writes `files` into a folder beside `target`, which they are to become.
///
/// # Errors
/// When a folder or file cannot be written; nothing is left of it then.
pub fn stage(target: &Path, files: &[(String, Vec<u8>)]) -> io::Result<Staging> {
    let staging = Staging::new(target)?;
    for (name, content) in files {
        fs::write(staging.path().join(name), content)?;
    }
    Ok(staging)
}

/// Writes `files` as the folder `target`: first beside it, synced, then put in its place.
///
/// A model that is already there is kept: [`previous`](super::previous) has it then, and the
/// player's cards go over to the new one.
///
/// # Errors
/// When a folder or file cannot be written; the model that was there is then still there.
pub fn install(target: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let staging = stage(target, files)?;
    for kept in [OLD_GALLERY, GALLERY] {
        let from = target.join(kept);
        if from.is_file() {
            fs::copy(from, staging.path().join(OLD_GALLERY))?;
        }
    }
    // What the player had the model forget can still come back.
    let forgotten = target.join(FORGOTTEN);
    if forgotten.is_file() {
        fs::copy(forgotten, staging.path().join(FORGOTTEN))?;
    }
    if target.exists() {
        keep(target)?;
    }
    staging.replace()
}

#[cfg(test)]
mod tests {
    use super::super::previous::previous;
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_model_replaces_the_old_one_and_keeps_the_players_cards() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("balatro");
        install(&target, &[("a.onnx".into(), vec![1]), ("b.onnx".into(), vec![2])]).unwrap();
        fs::write(target.join(GALLERY), "mine").unwrap();
        fs::write(target.join(FORGOTTEN), "not mine").unwrap();
        install(&target, &[("a.onnx".into(), vec![3])]).unwrap();
        assert_eq!(names(&target), ["a.onnx", FORGOTTEN, OLD_GALLERY]);
        assert_eq!(fs::read(target.join("a.onnx")).unwrap(), [3]);
        assert_eq!(fs::read(target.join(OLD_GALLERY)).unwrap(), b"mine");
        assert_eq!(names(place.path()), [".previous", "balatro"]);
        let kept = previous(&target);
        assert_eq!(
            (names(&kept), fs::read(kept.join("a.onnx")).unwrap()),
            (["a.onnx", "b.onnx", FORGOTTEN, GALLERY].map(String::from).to_vec(), vec![1])
        );
    }

    #[test]
    fn a_failure_leaves_the_old_model() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("balatro");
        install(&target, &[("a.onnx".into(), vec![1])]).unwrap();
        assert!(install(&target, &[("a.onnx".into(), vec![3]), ("no/such/folder".into(), vec![])]).is_err());
        assert_eq!(fs::read(target.join("a.onnx")).unwrap(), [1]);
        assert_eq!(names(place.path()), ["balatro"]);
    }
}
