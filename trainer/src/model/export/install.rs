//! A model's folder, replaced as a whole: either the old model is there or the new one, complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use vision::gallery::{FILE_NAME as GALLERY, REPLACED as OLD_GALLERY};

/// Writes `files` as the folder `target`: first beside it, synced, then renamed.
///
/// A model that is already there is kept until the new one is complete.
///
/// # Errors
/// When a folder or file cannot be written; the model that was there is then still there.
pub fn install(target: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let parent = target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::other(format!("{} names no folder", target.display())))?;
    let beside = |suffix: &str| -> PathBuf {
        parent.join(format!(".{}.{}.{suffix}", name.to_string_lossy(), std::process::id()))
    };
    fs::create_dir_all(parent)?;
    let (new, old) = (beside("new"), beside("old"));
    let result = write_all(&new, files).and_then(|()| {
        for kept in [OLD_GALLERY, GALLERY] {
            let from = target.join(kept);
            if from.is_file() {
                fs::copy(from, new.join(OLD_GALLERY))?;
            }
        }
        swap(target, &new, &old)
    });
    if result.is_err() {
        // The first error matters; what is left beside the model does no harm.
        let _ = fs::remove_dir_all(&new);
    }
    result
}

fn write_all(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir(folder)?,
    }
    for (name, content) in files {
        let mut file = File::create(folder.join(name))?;
        file.write_all(content)?;
        file.sync_all()?;
    }
    sync(folder)
}

fn swap(target: &Path, new: &Path, old: &Path) -> io::Result<()> {
    let replaces = target.exists();
    if replaces {
        fs::rename(target, old)?;
    }
    if let Err(error) = fs::rename(new, target) {
        if replaces {
            fs::rename(old, target)?;
        }
        return Err(error);
    }
    sync(target.parent().unwrap_or(Path::new(".")))?;
    if replaces { fs::remove_dir_all(old) } else { Ok(()) }
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
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
        install(&target, &[("a.onnx".into(), vec![3])]).unwrap();
        assert_eq!(names(&target), ["a.onnx", OLD_GALLERY]);
        assert_eq!(fs::read(target.join("a.onnx")).unwrap(), [3]);
        assert_eq!(fs::read(target.join(OLD_GALLERY)).unwrap(), b"mine");
        assert_eq!(names(place.path()), ["balatro"]);
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
