//! What a failed read or write means, in words for players.

use std::fs;
use std::io;
use std::path::Path;

/// What happened, in a few words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        io::ErrorKind::PermissionDenied => "no permission to write".into(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "the folder is gone".into(),
        _ => error.to_string(),
    }
}

/// What to do about it.
pub fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on it",
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "make the folder again",
        _ => "see who may write there, or choose another data folder with BALATRO_LENS_DATA",
    }
}

/// Removes a file; one that is not there is no fault.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
