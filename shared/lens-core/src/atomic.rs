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
/// When the folder is missing or read-only, the disk is full, or what is there is a device or a
/// pipe; `path` then still holds what it held before.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    refuse_devices(path)?;
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

/// Copies a file that is about to be replaced beside it: to `NAME.former.ENDING`, or with a number
/// (`NAME-2.former.ENDING`) where that is taken, so that what was kept before stays. Does nothing
/// where there is no file, or where the same content is kept already.
///
/// For whatever may be somebody's own; [`keep_one_former`] is for what only our programs write.
///
/// # Errors
/// When it cannot be copied.
pub fn keep_former(path: &Path) -> io::Result<()> {
    let Some(content) = read_if_there(path)? else { return Ok(()) };
    let is_same = |kept: &Path| {
        kept.metadata().is_ok_and(|it| it.is_file() && it.len() == content.len() as u64)
            && fs::read(kept).is_ok_and(|it| it == content)
    };
    let found = formers(path).find(|it| it.symlink_metadata().is_err() || is_same(it));
    let kept = found.expect("there is always a next number");
    if kept.exists() { Ok(()) } else { write(&kept, &content) }
}

/// As [`keep_former`], but under [`former`] alone: what was kept before goes.
///
/// # Errors
/// When it cannot be copied.
pub fn keep_one_former(path: &Path) -> io::Result<()> {
    read_if_there(path)?.map_or(Ok(()), |content| write(&former(path), &content))
}

/// Renames a file, or whatever else is there, as [`keep_former`] would name its copy, so that its
/// own name is free. Does nothing where there is nothing.
///
/// # Errors
/// When it cannot be renamed.
pub fn set_aside(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let free = formers(path).find(|it| it.symlink_metadata().is_err());
    fs::rename(path, free.expect("there is always a next number"))
}

/// The name under which a former file is kept first: `NAME.former.ENDING`.
pub fn former(path: &Path) -> PathBuf {
    let ending = path.extension().map_or_else(String::new, |it| format!(".{}", it.to_string_lossy()));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}.former{ending}"))
}

/// Names under which former files are kept: `NAME.former.ENDING`, `NAME-2.former.ENDING`, and so
/// on.
fn formers(path: &Path) -> impl Iterator<Item = PathBuf> {
    let ending = path.extension().map_or_else(String::new, |it| format!(".{}", it.to_string_lossy()));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = (2..).map(move |number: u64| format!("{stem}-{number}.former{ending}"));
    let place = path.to_path_buf();
    std::iter::once(former(path)).chain(numbered.map(move |name| place.with_file_name(name)))
}

/// What a file holds; none where there is none.
fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    refuse_devices(path)?;
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fails for a device, a pipe or a socket: it may have no end, and a file must not take its place.
fn refuse_devices(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(there) if !there.is_file() && !there.is_dir() => {
            Err(io::Error::other(format!("{} is a device or a pipe, and no file", path.display())))
        }
        _ => Ok(()),
    }
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
    fn no_former_file_is_lost() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("figures.json");
        let kept = |name: &str| fs::read_to_string(place.path().join(name)).unwrap_or_default();
        keep_former(&path).unwrap();
        set_aside(&path).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        // What is kept already is kept once.
        for content in ["one", "two", "one", "two", "six"] {
            fs::write(&path, content).unwrap();
            keep_former(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        let names = ["figures.former.json", "figures-2.former.json", "figures-3.former.json"];
        assert_eq!(names.map(kept), ["one", "two", "six"]);
        set_aside(&path).unwrap();
        assert!(!path.exists() && kept("figures-4.former.json") == "six");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
        // Where one is enough, it is the last one.
        for content in ["seven", "eight"] {
            fs::write(&path, content).unwrap();
            keep_one_former(&path).unwrap();
        }
        assert_eq!(names.map(kept), ["eight", "two", "six"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_and_a_folder_are_no_place_for_a_former_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.png");
        fs::write(&path, "mine").unwrap();
        std::os::unix::fs::symlink("nowhere", former(&path)).unwrap();
        fs::create_dir(place.path().join("a-2.former.png")).unwrap();
        keep_former(&path).unwrap();
        assert!(former(&path).is_symlink() && !former(&path).exists());
        assert_eq!(fs::read(place.path().join("a-3.former.png")).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced_by_a_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let _listens = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let errors = [write(&path, b"x"), keep_former(&path), keep_one_former(&path)];
        assert!(errors.iter().all(|it| it.as_ref().is_err_and(|it| it.to_string().contains("no file"))));
        assert!(!path.is_file() && fs::read_dir(place.path()).unwrap().count() == 1);
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
