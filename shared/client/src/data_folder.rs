//! Where the overlay keeps its files: the same rule as the overlay's own, whose tests hold the two
//! together.

use std::env;
use std::path::{Path, PathBuf};

/// `BALATRO_LENS_DATA`, else `data` in the current folder or one of its parents, else beside this
/// program, else `data` in the current folder. A folder counts when it has `catalogues` in it.
pub fn data_folder() -> PathBuf {
    if let Some(folder) = env::var_os("BALATRO_LENS_DATA") {
        return folder.into();
    }
    let starts =
        [env::current_dir().ok(), env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned()))];
    starts.into_iter().flatten().find_map(|start| above(&start)).unwrap_or_else(|| "data".into())
}

fn above(start: &Path) -> Option<PathBuf> {
    let mut folders = start.ancestors().map(|folder| folder.join("data"));
    folders.find(|folder| folder.join("catalogues").is_dir())
}
