//! One writer in a run's folder: two trainings would write into each other's checkpoints.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use lens_core::{atomic, files};

/// The file that whoever writes holds locked.
const LOCK: &str = ".lock";

/// The right to write into a run's folder. A folder that was made for it and holds nothing goes
/// again with it.
#[derive(Debug)]
pub struct Claim {
    run: PathBuf,
    is_new: bool,
    _lock: File,
}

/// Why a run's folder cannot be written into.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another one has it.
    #[error("another training writes into {0}\nhelp: wait for it, or give another folder with --run")]
    Taken(PathBuf),
    /// It cannot be made or locked.
    #[error(
        "cannot use the folder {path}: {}\nhelp: {}",
        dataset::disk::reason(source),
        dataset::disk::remedy(source)
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Claim {
    /// Claims a run's folder, which is made where there is none.
    ///
    /// # Errors
    /// When somebody else has it, or it cannot be written.
    pub fn new(run: &Path) -> Result<Self, ClaimError> {
        let failed = |source| ClaimError::Folder { path: run.to_path_buf(), source };
        let is_new = !run.exists();
        files::private_folder(run).map_err(failed)?;
        let lock = files::lock_file(&run.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ClaimError::Taken(run.to_path_buf())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        atomic::sweep(run);
        Ok(Self { run: run.to_path_buf(), is_new, _lock: lock })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let entries = std::fs::read_dir(&self.run).into_iter().flatten().flatten();
        if self.is_new && entries.count() == 1 {
            let _ = std::fs::remove_file(self.run.join(LOCK));
            let _ = std::fs::remove_dir(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_training_is_refused_and_an_empty_run_goes() {
        let place = tempfile::tempdir().unwrap();
        let run = place.path().join("runs/a");
        let first = Claim::new(&run).unwrap();
        assert!(matches!(Claim::new(&run), Err(ClaimError::Taken(_))));
        drop(first);
        assert!(!run.exists());
        let first = Claim::new(&run).unwrap();
        std::fs::write(run.join("recipe.toml"), "").unwrap();
        drop(first);
        assert!(Claim::new(&run).is_ok() && run.join("recipe.toml").exists());
    }
}
