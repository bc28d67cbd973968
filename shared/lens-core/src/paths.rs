//! Where data, models and downloaded runtimes live.

use std::env;
use std::path::{Path, PathBuf};

/// The `data` folder: `BALATRO_LENS_DATA`, else `data` in the current folder or one of its parents,
/// else beside the executable, else `data` in the current folder.
pub fn data() -> PathBuf {
    if let Some(folder) = env::var_os("BALATRO_LENS_DATA") {
        return folder.into();
    }
    let looks_right = |folder: &Path| folder.join("catalogues").is_dir();
    let above =
        |start: &Path| start.ancestors().map(|folder| folder.join("data")).find(|folder| looks_right(folder));
    env::current_dir()
        .ok()
        .and_then(|folder| above(&folder))
        .or_else(|| env::current_exe().ok().and_then(|exe| above(exe.parent()?)))
        .unwrap_or_else(|| "data".into())
}

/// The catalogue file of a game.
pub fn catalogue(game: &str) -> PathBuf {
    data().join("catalogues").join(format!("{game}.json"))
}

/// The folder of a model.
pub fn model(name: &str) -> PathBuf {
    data().join("models").join(name)
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
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| home().map(|home| home.join(".cache")))
    };
    base.unwrap_or_else(env::temp_dir).join("balatro-lens")
}
