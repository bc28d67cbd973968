//! Where data, models and downloaded runtimes live.

use std::env;
use std::path::{Path, PathBuf};

/// Name of the overlay's settings file.
pub const SETTINGS: &str = "overlay.toml";

/// The `data` folder: `BALATRO_LENS_DATA`, else `data` in the current folder or one of its parents,
/// else beside the executable, else `data` in the current folder.
pub fn data() -> PathBuf {
    if let Some(folder) = env::var_os("BALATRO_LENS_DATA") {
        return folder.into();
    }
    let looks_right = |folder: &Path| folder.join("catalogues").is_dir() && is_ours(folder);
    let above =
        |start: &Path| start.ancestors().map(|folder| folder.join("data")).find(|folder| looks_right(folder));
    env::current_dir()
        .ok()
        .and_then(|folder| above(&folder))
        .or_else(|| env::current_exe().ok().and_then(|exe| above(exe.parent()?)))
        .unwrap_or_else(|| "data".into())
}

/// Whether nobody but this user, and whoever administers the machine, can have put a folder there:
/// models in it are run.
#[cfg(unix)]
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| std::fs::metadata(path).ok().map(|it| it.uid());
    let home = || owner(&PathBuf::from(env::var_os("HOME")?));
    let Some(own) = owner(Path::new("/proc/self")).or_else(home) else { return true };
    std::fs::metadata(folder).is_ok_and(|it| can_trust(it.uid(), it.mode(), own))
}

#[cfg(not(unix))]
fn is_ours(_folder: &Path) -> bool {
    true
}

/// Of an owner, the permissions, and who asks.
#[cfg(unix)]
fn can_trust(owner: u32, mode: u32, own: u32) -> bool {
    const OTHERS_WRITE: u32 = 0o002;
    // Who administers the machine works in other people's folders on purpose.
    own == 0 || (owner == own || owner == 0) && mode & OTHERS_WRITE == 0
}

/// The catalogue file of a game.
pub fn catalogue(game: &str) -> PathBuf {
    data().join("catalogues").join(format!("{game}.json"))
}

/// The folder of a model.
pub fn model(name: &str) -> PathBuf {
    data().join("models").join(name)
}

/// Where the model before the one in `folder` is kept, to go back to: in a folder that begins with
/// a dot, so that it is no model itself.
pub fn previous_model(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default();
    folder.parent().unwrap_or(Path::new(".")).join(".previous").join(name)
}

/// The settings of the overlay: the file beside the `data` folder.
pub fn settings() -> PathBuf {
    data().parent().map_or_else(|| SETTINGS.into(), |folder| folder.join(SETTINGS))
}

/// The textures imported from the player's own copy of a game.
pub fn art(game: &str) -> PathBuf {
    data().join("art").join(game)
}

/// The user's cache folder for downloaded runtimes: `BALATRO_LENS_CACHE`, else `balatro-lens` in
/// the system's place.
pub fn cache() -> PathBuf {
    if let Some(folder) = env::var_os("BALATRO_LENS_CACHE") {
        return folder.into();
    }
    let home = || env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    let base = if cfg!(windows) {
        env::var_os("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        // A relative one does not count, says the Base Directory Specification.
        let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
        named.or_else(|| home().map(|home| home.join(".cache")))
    };
    // Without a home not in the folder for temporary files, where others could have put something.
    base.map_or_else(|| data().join("cache"), |base| base.join("balatro-lens"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_not_taken() {
        for (owner, mode, trusted) in
            [(7, 0o755, true), (0, 0o755, true), (8, 0o755, false), (7, 0o777, false), (0, 0o757, false)]
        {
            assert_eq!(can_trust(owner, mode, 7), trusted, "{owner} {mode:o}");
        }
        assert!(can_trust(7, 0o777, 0));
        assert!(is_ours(&env::current_dir().unwrap()));
    }
}
