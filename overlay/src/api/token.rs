//! The secret that a program shows to give commands: whoever can read the player's data folder
//! knows it.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use lens_core::catalogue::hex;

/// Bytes of chance in a token.
const BYTES: usize = 32;

/// The token of a file, which is made when it is not there, and readable for its owner only.
///
/// # Errors
/// When it can neither be read nor written, or the system has no chance to give.
pub fn load_or_create(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(1024).read_to_string(&mut text));
    let kept = text.trim();
    if read.is_ok() && kept.len() == 2 * BYTES && kept.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        protect(path)?;
        return Ok(kept.to_owned());
    }
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

#[cfg(unix)]
fn protect(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    log::warn!("{} could be read by others: taken back", path.display());
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// On Windows the data folder is in the user's profile, which others cannot read.
#[cfg(not(unix))]
fn protect(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_and_a_damaged_one_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-token");
        let first = load_or_create(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(load_or_create(&path).unwrap(), first);
        for damage in ["", "short", &"z".repeat(64), &"a".repeat(5000)] {
            fs::write(&path, damage).unwrap();
            assert_ne!(load_or_create(&path).unwrap(), first, "{damage:.10}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-token");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let token = load_or_create(&path).unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(load_or_create(&path).unwrap(), token);
        assert_eq!(mode(), 0o600, "permissions that were opened are closed again");
    }
}
