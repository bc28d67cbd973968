//! The secret that a program shows to give commands: whoever can read the player's data folder
//! knows it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use lens_core::catalogue::hex;

/// Bytes of chance in a token.
const BYTES: usize = 32;

/// Writes a token that nobody knows yet, readable for its owner only: one that a program learnt in
/// an earlier run, or told a stranger, is worth nothing.
///
/// # Errors
/// When it cannot be written, or the system has no chance to give.
pub fn create(path: &Path) -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let token = hex(&bytes);
    let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
    // Never readable for others, not even for a moment.
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&fresh)
        .and_then(|mut file| file.write_all(token.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // The write's own error matters.
        let _ = fs::remove_file(&fresh);
    }
    written.map(|()| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_has_its_own_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-token");
        let first = create(&path).unwrap();
        assert_eq!((first.len(), fs::read_to_string(&path).unwrap()), (64, first.clone()));
        let second = create(&path).unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(&path).unwrap(), second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-token");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
