//! Files that people and other users of a machine can reach: locks that follow no link, folders
//! that are nobody else's, and text with a byte order mark.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file to lock it. What is in it stays, a link is not followed, and anything but a plain
/// file is refused: somebody may have put it there.
///
/// # Errors
/// When it is no plain file, or cannot be made.
pub fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits() as i32).mode(0o600);
    }
    let refused = || io::Error::other(format!("{} is no plain file: remove it", path.display()));
    if fs::symlink_metadata(path).is_ok_and(|it| !it.is_file()) {
        return Err(refused());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// Makes a folder, and what is missing above it, that other users of the machine cannot look into;
/// one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        if !path.exists() {
            if let Some(above) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
                // Only the last one is private: others may have reasons to look into `data`.
                fs::create_dir_all(above)?;
            }
            builder.mode(0o700);
        }
    }
    builder.create(path)
}

/// Text without the byte order mark that some editors write before it.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// What is wrong with a file of JSON, in words of people and not of programmers.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (what, place) = match text.rfind(" at line ") {
        Some(at) => (&text[..at], format!(" (line {}, column {})", error.line(), error.column())),
        None => (text.as_str(), String::new()),
    };
    let said = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early".to_owned(),
        serde_json::error::Category::Syntax => format!("it is no JSON: {what}"),
        _ => plain(what),
    };
    said + &place
}

/// `invalid type: integer `5`, expected a string` as `5 stands where text belongs`.
fn plain(what: &str) -> String {
    let kinds = [
        ("a string", "text"),
        ("a map", "an object"),
        ("a sequence", "a list"),
        ("a boolean", "true or false"),
        ("u64", "a whole number"),
        ("u32", "a whole number"),
        ("u8", "a whole number"),
        ("usize", "a whole number"),
        ("i64", "a whole number"),
        ("f32", "a number"),
        ("f64", "a number"),
    ];
    let wrong = what.strip_prefix("invalid type: ").or_else(|| what.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = wrong.and_then(|rest| rest.split_once(", expected ")) {
        let words = ["string ", "integer ", "floating point ", "boolean "];
        let found = words.iter().find_map(|word| found.strip_prefix(word)).unwrap_or(found);
        let found = match found {
            "null" => "nothing",
            "map" => "an object",
            "sequence" => "a list",
            other => other.trim_matches('`'),
        };
        let known = kinds.iter().find(|(name, _)| *name == wanted).map(|(_, word)| *word);
        let wanted = known.unwrap_or(if wanted.starts_with("struct ") { "an object" } else { wanted });
        return format!("{found} stands where {wanted} belongs");
    }
    match what.strip_prefix("missing field ") {
        Some(field) => format!("{} is missing", field.trim_matches('`')),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_lock_follows_no_link_and_cuts_nothing() {
        let place = tempfile::tempdir().unwrap();
        let (precious, lock) = (place.path().join("precious"), place.path().join(".lock"));
        fs::write(&precious, "mine").unwrap();
        std::os::unix::fs::symlink(&precious, &lock).unwrap();
        assert!(lock_file(&lock).unwrap_err().to_string().contains("remove it"));
        fs::remove_file(&lock).unwrap();
        fs::create_dir(&lock).unwrap();
        assert!(lock_file(&lock).is_err());
        lock_file(&precious).unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
        assert!(lock_file(&place.path().join("new")).unwrap().try_lock().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_private_folder_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("data/screenshots");
        private_folder(&folder).unwrap();
        private_folder(&folder).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_ne!(mode(folder.parent().unwrap()), 0o700);
    }

    #[test]
    fn what_is_wrong_with_json_is_said_plainly() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "it is only read")]
        struct Label {
            name: String,
            cluster: Option<u64>,
        }
        let check = |text: &str, want: &str| {
            let error = serde_json::from_str::<Label>(text).unwrap_err();
            assert_eq!(reason(&error), want);
        };
        check("5", "5 stands where an object belongs (line 1, column 1)");
        check("{\"name\": 5}", "5 stands where text belongs (line 1, column 10)");
        check(
            "{\"name\": \"a\", \"cluster\": \"five\"}",
            "\"five\" stands where a whole number belongs (line 1, column 31)",
        );
        check("{}", "name is missing (line 1, column 2)");
        check("{\"name\"", "it ends too early (line 1, column 7)");
        check("{name}", "it is no JSON: key must be a string (line 1, column 2)");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(without_mark(b"\xef\xbb\xbf{}"), b"{}");
        assert_eq!(without_mark(b"{}"), b"{}");
    }
}
