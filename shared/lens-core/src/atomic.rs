//! Files that are either old or new, never half-written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Ends the names of files that are being written.
const SUFFIX: &str = "tmp";
/// Where processes cannot be asked whether they live, what is older than this is left over.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes `content` to `path`: into a temporary file beside it, synced, then renamed over it, then
/// the folder synced.
///
/// # Errors
/// When the folder is missing or read-only, or the disk is full; `path` then still holds what it
/// held before.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let temporary = beside(path, SUFFIX)?;
    let result = (|| {
        // Never through a link that somebody has put there.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(folder)
    })();
    if result.is_err() {
        // The write's own error matters; a temporary file that cannot be removed adds nothing to
        // it.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Copies a file that is about to be replaced to `NAME.former.ENDING` beside it; what was there
/// under that name goes. Does nothing where there is no file.
///
/// # Errors
/// When it cannot be copied.
pub fn keep_former(path: &Path) -> io::Result<()> {
    match fs::read(path) {
        Ok(content) => write(&former(path), &content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where [`keep_former`] keeps a file.
pub fn former(path: &Path) -> PathBuf {
    let ending = path.extension().map_or_else(String::new, |it| format!(".{}", it.to_string_lossy()));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}.former{ending}"))
}

/// Removes what processes that live no more had begun to write in a folder. Whoever opens a folder
/// for writing calls it; what cannot be removed does no harm.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if left_over(&name.to_string_lossy(), SUFFIX, &entry)
            && entry.file_type().is_ok_and(|it| it.is_file())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `.NAME.PROCESS-NUMBER.SUFFIX` beside `path`: a name that no other writer has.
pub(crate) fn beside(path: &Path, suffix: &str) -> io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other(format!("{} names nothing that can be written", path.display())))?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    Ok(folder_of(path).join(format!(".{}.{process}-{number}.{suffix}", name.to_string_lossy())))
}

/// Whether a name is one of [`beside`] whose process lives no more.
pub(crate) fn left_over(name: &str, suffix: &str, entry: &fs::DirEntry) -> bool {
    let process = name
        .strip_prefix('.')
        .and_then(|rest| rest.strip_suffix(suffix)?.strip_suffix('.'))
        .and_then(|rest| rest.rsplit_once('.'))
        // Earlier versions wrote no number.
        .and_then(|(_, id)| id.split('-').next()?.parse::<u32>().ok());
    process.is_some_and(|process| process != std::process::id() && !lives(process, entry))
}

fn lives(process: u32, entry: &fs::DirEntry) -> bool {
    let processes = Path::new("/proc");
    if processes.join("self").exists() {
        return processes.join(process.to_string()).exists();
    }
    let changed = entry.metadata().and_then(|it| it.modified());
    let age = changed.ok().and_then(|it| SystemTime::now().duration_since(it).ok());
    age.is_none_or(|age| age < ABANDONED)
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_whole_file_and_leaves_nothing_beside() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("labels.json");
        write(&path, b"a long first version").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_former_file_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("figures.json");
        keep_former(&path).unwrap();
        assert!(!former(&path).exists());
        fs::write(&path, "one").unwrap();
        keep_former(&path).unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(place.path().join("figures.former.json")).unwrap(), b"one");
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(write(Path::new("no/such/folder/file"), b"x").is_err());
    }

    #[test]
    fn what_a_killed_process_left_goes_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let own = format!(".labels.json.{}-7.tmp", std::process::id());
        // No process has the highest number there is.
        let dead = [".labels.json.4294967295-0.tmp", ".labels.json.4294967295.tmp"];
        let others = [own.as_str(), "labels.json", ".hidden", ".a.b.tmp", "labels.4294967295.tmp"];
        dead.iter().chain(&others).for_each(|name| fs::write(place.path().join(name), "x").unwrap());
        sweep(place.path());
        assert!(dead.iter().all(|name| !place.path().join(name).exists()));
        assert!(others.iter().all(|name| place.path().join(name).exists()));
    }

    #[cfg(unix)]
    #[test]
    fn many_writers_of_one_process_do_not_meet() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.json");
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let path = &path;
                scope.spawn(move || (0..40).for_each(|_| write(path, &[number; 999]).unwrap()));
            }
        });
        let content = fs::read(&path).unwrap();
        assert!(content.len() == 999 && content.iter().all(|byte| *byte == content[0]));
    }
}
