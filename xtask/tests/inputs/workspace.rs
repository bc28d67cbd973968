//! The workspace as the tests look at it: its files, read from the folder above this crate.
//!
//! Nothing is built or started: what cargo or git would have to be asked for is absent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above").to_path_buf()
}

/// The text of a file; `None` where there is none, or where it is not text.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Every file that git does not ignore, with forward slashes, below the workspace.
pub(crate) fn files() -> Vec<String> {
    let ignored = read(".gitignore").expect("the workspace has a .gitignore");
    let mut ignored: BTreeSet<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    ignored.insert(".git");
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("the folder was listed").flatten() {
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            let Ok(kind) = entry.file_type() else { continue };
            if ignored.contains(path.as_str()) {
            } else if kind.is_dir() {
                folders.push(path + "/");
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
pub(crate) fn report(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
