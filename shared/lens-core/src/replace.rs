//! Folders that appear, and are replaced, as a whole.
//!
//! ```text
//! .NAME.PROCESS.new ─publish─▶ NAME                           there was none
//! .NAME.PROCESS.new ◀─exchange─▶ NAME, then the former goes   there was one
//! ```
//!
//! Where the system can exchange two folders in one step (Linux), there is no moment without a
//! folder. Elsewhere a kill between two renames leaves none, and [`restore`] brings it back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::{beside, folder_of, left_over, sync_folder};

/// Ends the names of folders that are being written.
const NEW: &str = "new";
/// Ends the names of folders that have made place.
const OLD: &str = "old";

/// A folder that is being written beside its place. Dropped before it has got there, it goes.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
}

/// What comes next; tests stop there, as a kill does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Exchange,
    MakePlace,
    TakePlace,
    Remove,
}

/// Goes on, but in tests.
type Kill<'a> = &'a dyn Fn(Step) -> io::Result<()>;

const NEVER: Kill<'static> = &|_| Ok(());

impl Staging {
    /// Begins a folder that will be `target`.
    ///
    /// # Errors
    /// When the folder above cannot be written.
    pub fn new(target: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder_of(target))?;
        restore(target);
        let path = beside(target, NEW)?;
        fs::create_dir(&path)?;
        Ok(Self { path, target: target.to_path_buf() })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in its place, where there is nothing, or an empty folder.
    ///
    /// # Errors
    /// When there is something, or it cannot be renamed; nothing is there of it then.
    pub fn publish(self) -> io::Result<()> {
        sync_all(&self.path)?;
        if self.target.is_dir() {
            // Fails unless it is empty.
            fs::remove_dir(&self.target)?;
        } else if self.target.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.path, &self.target)?;
        sync_folder(folder_of(&self.target))
    }

    /// Puts it in its place, and removes what was there.
    ///
    /// # Errors
    /// When it cannot be renamed; what was there is there then.
    pub fn replace(self) -> io::Result<()> {
        self.replace_or_stop(NEVER)
    }

    fn replace_or_stop(self, kill: Kill<'_>) -> io::Result<()> {
        if !self.target.exists() {
            return self.publish();
        }
        sync_all(&self.path)?;
        exchange_or_stop(&self.path, &self.target, kill)?;
        sync_folder(folder_of(&self.target))?;
        kill(Step::Remove)
        // The former is where the new one was, and goes with this.
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What is left does no harm, and goes another time.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Exchanges two folders of one disk.
///
/// # Errors
/// When one is missing, or they cannot be renamed; they are as they were then.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    exchange_or_stop(one, other, NEVER)
}

fn exchange_or_stop(one: &Path, other: &Path, kill: Kill<'_>) -> io::Result<()> {
    kill(Step::Exchange)?;
    match at_once(one, other) {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
        Ok(()) => return Ok(()),
        Err(_) => {}
    }
    step_by_step(one, other, kill)
}

fn step_by_step(one: &Path, other: &Path, kill: Kill<'_>) -> io::Result<()> {
    let aside = beside(other, OLD)?;
    kill(Step::MakePlace)?;
    fs::rename(other, &aside)?;
    kill(Step::TakePlace)?;
    if let Err(error) = fs::rename(one, other) {
        fs::rename(&aside, other)?;
        return Err(error);
    }
    fs::rename(&aside, one)
}

#[cfg(target_os = "linux")]
fn at_once(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        // Some file systems, and old kernels, cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
        done => Ok(done?),
    }
}

#[cfg(not(target_os = "linux"))]
fn at_once(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Brings back the folder `target` when a kill has left it aside, and removes what else killed
/// processes left of it. Does nothing while others are at work.
pub fn restore(target: &Path) {
    let Some(name) = target.file_name().map(|it| it.to_string_lossy().into_owned()) else { return };
    let mut aside = Vec::new();
    for entry in fs::read_dir(folder_of(target)).into_iter().flatten().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        // `.NAME.PROCESS.SUFFIX`, and not that of a folder whose name begins alike.
        let rest = file.strip_prefix('.').and_then(|it| it.strip_prefix(&*name)?.strip_prefix('.'));
        if rest.is_none_or(|it| it.matches('.').count() != 1) {
            continue;
        }
        if left_over(&file, NEW, &entry) {
            let _ = fs::remove_dir_all(entry.path());
        } else if left_over(&file, OLD, &entry) {
            aside.push(entry.path());
        }
    }
    for folder in aside {
        if !target.exists() && fs::rename(&folder, target).is_ok() {
            continue;
        }
        let _ = fs::remove_dir_all(&folder);
    }
}

/// Syncs the files and folders below a folder.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else if cfg!(unix) {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path, says: &str) {
        fs::create_dir_all(folder.join("inside")).unwrap();
        fs::write(folder.join("model.json"), says).unwrap();
        fs::write(folder.join("inside/a.onnx"), says).unwrap();
    }

    /// What the folder says, when all of it says the same.
    fn says(folder: &Path) -> Option<String> {
        let one = fs::read_to_string(folder.join("model.json")).ok()?;
        (fs::read_to_string(folder.join("inside/a.onnx")).ok()? == one).then_some(one)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// As if other processes had made what is there, which live no more.
    fn forget(place: &Path) {
        for name in names(place) {
            let own = format!(".{}-", std::process::id());
            if name.contains(&own) {
                fs::rename(place.join(&name), place.join(name.replace(&own, ".4294967295-"))).unwrap();
            }
        }
    }

    #[test]
    fn a_folder_appears_whole_and_replaces_nothing() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("one/two");
        let staging = Staging::new(&target).unwrap();
        make(staging.path(), "a");
        assert!(!target.exists());
        staging.publish().unwrap();
        assert_eq!(
            (says(&target).as_deref(), names(&place.path().join("one"))),
            (Some("a"), vec!["two".into()])
        );
        let staging = Staging::new(&target).unwrap();
        make(staging.path(), "b");
        assert!(staging.publish().is_err());
        assert_eq!(
            (says(&target).as_deref(), names(&place.path().join("one"))),
            (Some("a"), vec!["two".into()])
        );
        let empty = place.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let staging = Staging::new(&empty).unwrap();
        make(staging.path(), "c");
        staging.publish().unwrap();
        assert_eq!(says(&empty).as_deref(), Some("c"));
    }

    /// Stops at every step of both ways, and looks at what the next one finds.
    #[test]
    fn a_kill_at_any_step_leaves_the_old_or_the_new() {
        let steps = [Step::Exchange, Step::MakePlace, Step::TakePlace, Step::Remove];
        for (number, at) in steps.into_iter().enumerate() {
            for whole in [true, false] {
                let place = tempfile::tempdir().unwrap();
                let target = place.path().join("balatro");
                make(&target, "old");
                let staging = Staging::new(&target).unwrap();
                make(staging.path(), "new");
                let kill = |step: Step| if step == at { Err(io::Error::other("killed")) } else { Ok(()) };
                let stopped = if whole {
                    // What is dropped is not there after a kill: it stays as it is.
                    let path = staging.path.clone();
                    let stopped = exchange_or_stop(&path, &target, &kill);
                    std::mem::forget(staging);
                    stopped
                } else {
                    let path = staging.path.clone();
                    std::mem::forget(staging);
                    step_by_step(&path, &target, &kill)
                };
                forget(place.path());
                restore(&target);
                let there = says(&target);
                let want = if stopped.is_ok() { "new" } else { "old" };
                assert_eq!(there.as_deref(), Some(want), "step {number}, at once: {whole}");
                assert_eq!(names(place.path()), ["balatro"]);
            }
        }
    }

    #[test]
    fn a_folder_whose_name_begins_alike_is_another() {
        let place = tempfile::tempdir().unwrap();
        make(&place.path().join(".balatro.mine.4294967295-0.old"), "other");
        restore(&place.path().join("balatro"));
        assert_eq!(names(place.path()), [".balatro.mine.4294967295-0.old"]);
        restore(&place.path().join("balatro.mine"));
        assert_eq!(says(&place.path().join("balatro.mine")).as_deref(), Some("other"));
    }

    #[test]
    fn what_cannot_be_renamed_stays() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("balatro");
        make(&target, "old");
        assert!(exchange(&place.path().join("none"), &target).is_err());
        assert!(step_by_step(&place.path().join("none"), &target, NEVER).is_err());
        assert_eq!((says(&target).as_deref(), names(place.path())), (Some("old"), vec!["balatro".into()]));
    }
}
