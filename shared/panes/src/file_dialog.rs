//! The desktop's own dialog in which a file or a folder is chosen. It is opened without waiting;
//! what was chosen is asked for in later frames.
//!
//! `rfd` opens it: the system's own on Windows and macOS, on Linux that of the desktop's portal, or
//! zenity's where no portal answers. It brings no crate along that the window toolkit does not use
//! already; dialogs drawn by egui need another version of it. On a bare desktop there is neither
//! portal nor zenity: then a window needs a line in which a path can be typed, and [`typed`] reads
//! that.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What the dialog is called.
    pub title: String,
    /// The kind of thing.
    pub kind: Kind,
    /// The folder that is shown first; without it that which the desktop thinks of.
    pub from: Option<PathBuf>,
}

/// What kind of thing is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file whose name ends in one of these, and what they are called.
    File(&'static str, &'static [&'static str]),
    /// A folder.
    Folder,
}

/// How a dialog ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This was chosen.
    Chosen(PathBuf),
    /// It was closed. On Linux there may have been none too: a portal that is started first, and
    /// then has no dialog for files, takes longer to say so than [`Answer::NoDialog`] can tell.
    Nothing,
    /// It ended sooner than anybody can have seen it: no portal answers, and there is no zenity.
    NoDialog,
}

/// An address of a file on another computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    host: String,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host } = self;
        write!(
            formatter,
            "The file lies on the computer {host}: copy it here, or type the path at which its folder \
             is connected"
        )
    }
}

impl std::error::Error for Elsewhere {}

/// Nobody sees a dialog and closes it within this time.
const UNSEEN: Duration = Duration::from_millis(250);

/// A dialog that is open.
#[derive(Debug)]
pub struct FileDialog {
    answer: Receiver<Answer>,
}

impl FileDialog {
    /// Opens the desktop's dialog over this window; called on the thread of the window. `wake` is
    /// called when there is an answer.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(
        wanted: &Wanted,
        over: &(impl HasWindowHandle + HasDisplayHandle),
        wake: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let mut dialog = rfd::AsyncFileDialog::new().set_title(&wanted.title).set_parent(over);
        if let Some(folder) = &wanted.from {
            dialog = dialog.set_directory(folder);
        }
        // They have to be made on this thread; another one may wait for them.
        match wanted.kind {
            Kind::File(name, endings) => {
                let chosen = dialog.add_filter(name, &shown(endings)).pick_file();
                Self::with(move || pollster::block_on(chosen).map(|it| it.path().to_owned()), wake)
            }
            Kind::Folder => {
                let chosen = dialog.pick_folder();
                Self::with(move || pollster::block_on(chosen).map(|it| it.path().to_owned()), wake)
            }
        }
    }

    /// A dialog that is whatever `choose` waits for.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn with(
        choose: impl FnOnce() -> Option<PathBuf> + Send + 'static,
        wake: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, answer) = sync_channel(1);
        let wait = move || {
            let opened = Instant::now();
            let answer = match choose() {
                Some(path) => Answer::Chosen(path),
                None if opened.elapsed() < UNSEEN => Answer::NoDialog,
                None => Answer::Nothing,
            };
            // The window may be closed already.
            let _ = sender.send(answer);
            wake();
        };
        std::thread::Builder::new().name("file dialog".into()).spawn(wait)?;
        Ok(Self { answer })
    }

    /// How it ended, once; nothing while it is open.
    pub fn answer(&self) -> Option<Answer> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            // It has ended without a word.
            Err(TryRecvError::Disconnected) => Some(Answer::NoDialog),
        }
    }
}

/// The endings that a dialog is told. Those of Linux look for the very letters.
fn shown(endings: &[&str]) -> Vec<String> {
    let large = endings.iter().filter(|_| cfg!(target_os = "linux")).map(|it| it.to_uppercase());
    endings.iter().map(|it| (*it).to_owned()).chain(large).collect()
}

/// The path that somebody typed or pasted: quoted as Windows copies it, as an address of a file, or
/// from the folder of the user on. Nothing where nothing was typed.
///
/// # Errors
/// When it is an address of another computer, which has no path here.
pub fn typed(text: &str, home: Option<&Path>) -> Result<Option<PathBuf>, Elsewhere> {
    let text = text.trim();
    let quoted = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    if let Some(address) = text.get(..5).filter(|it| it.eq_ignore_ascii_case("file:")) {
        return addressed(&text[address.len()..]).map(Some);
    }
    if let (Some(rest), Some(home)) = (text.strip_prefix("~/"), home) {
        return Ok(Some(home.join(rest)));
    }
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// The path of a file's address behind `file:` (RFC 8089): where two slashes stand, a host comes
/// first, which is this computer where it is left out.
fn addressed(address: &str) -> Result<PathBuf, Elsewhere> {
    let Some(rest) = address.strip_prefix("//") else { return Ok(decoded(address)) };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        return Ok(decoded(path));
    }
    // Windows has a path for it.
    if cfg!(windows) {
        return Ok(PathBuf::from(format!(r"\\{host}{}", decoded(path).display()).replace('/', r"\")));
    }
    Err(Elsewhere { host: host.to_owned() })
}

/// The path whose other bytes than letters stand as `%20`.
fn decoded(path: &str) -> PathBuf {
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    // On Windows a slash stands before the letter of the drive.
    let is_drive = bytes.first() == Some(&b'/') && bytes.get(2) == Some(&b':');
    of_bytes(bytes[usize::from(is_drive)..].to_vec()).into()
}

/// A path of Linux is any bytes.
#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(choose: impl FnOnce() -> Option<PathBuf> + Send + 'static) -> Answer {
        let (woken, waits) = sync_channel(1);
        let wake = move || woken.send(()).unwrap();
        let dialog = FileDialog::with(choose, wake).unwrap();
        waits.recv_timeout(Duration::from_secs(20)).unwrap();
        dialog.answer().unwrap()
    }

    #[test]
    fn a_dialog_says_once_what_was_chosen_and_whether_there_was_one() {
        assert_eq!(ended(|| Some("a.png".into())), Answer::Chosen("a.png".into()));
        let closed = || {
            std::thread::sleep(UNSEEN * 2);
            None
        };
        assert_eq!(ended(closed), Answer::Nothing);
        assert_eq!(ended(|| None), Answer::NoDialog, "nobody closes it as fast as that");
        let (go, waits) = sync_channel::<()>(1);
        let dialog = FileDialog::with(move || waits.recv().ok().map(|()| "b.png".into()), || {}).unwrap();
        assert_eq!(dialog.answer(), None, "the window goes on while it is open");
        go.send(()).unwrap();
        let begin = Instant::now();
        let answer = loop {
            match dialog.answer() {
                Some(answer) => break answer,
                None => assert!(begin.elapsed() < Duration::from_secs(20), "no answer"),
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        assert_eq!(answer, Answer::Chosen("b.png".into()));
    }

    #[test]
    fn a_path_is_read_as_people_paste_it() {
        let home = Path::new("/me");
        let path = |text: &str| Some(typed(text, Some(home)).unwrap()?.to_string_lossy().replace('\\', "/"));
        for (text, wanted) in [
            (" /a/b c.png\n", "/a/b c.png"),
            ("\"C:\\a b\\c.png\"", "C:/a b/c.png"),
            ("'/a/b.png'", "/a/b.png"),
            ("~/b.png", "/me/b.png"),
            ("file:///a/b%20%C3%A9.png", "/a/b \u{e9}.png"),
            ("file:///C:/a.png", "C:/a.png"),
            ("file://localhost/a/b.png", "/a/b.png"),
            ("file://LocalHost/C:/a.png", "C:/a.png"),
            ("file:/a/b.png", "/a/b.png"),
            ("FILE:///a/b.png", "/a/b.png"),
            ("files/b.png", "files/b.png"),
            ("\u{e9}\u{e9}\u{e9}.png", "\u{e9}\u{e9}\u{e9}.png"),
            ("b.png", "b.png"),
            ("\"", "\""),
        ] {
            assert_eq!(path(text).as_deref(), Some(wanted), "{text:?}");
        }
        assert_eq!((path("  "), path("\"\"")), (None, None));
    }

    #[test]
    fn an_address_of_another_computer_is_no_path_of_this_one() {
        let address = "file://server/share/a%20b.png";
        if cfg!(windows) {
            assert_eq!(typed(address, None), Ok(Some(r"\\server\share\a b.png".into())));
        } else {
            let error = typed(address, None).unwrap_err().to_string();
            assert!(error.contains("on the computer server"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_address_keeps_bytes_that_are_no_letters() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = typed("file:///a/%ff%20b.png", None).unwrap().unwrap();
        assert_eq!(path.as_os_str().as_bytes(), b"/a/\xff b.png");
    }

    #[test]
    fn large_letters_of_an_ending_are_shown_too() {
        let endings = shown(&["png", "jpg"]);
        assert!(endings.starts_with(&["png".into(), "jpg".into()]));
        assert_eq!(endings.contains(&"JPG".to_owned()), cfg!(target_os = "linux"));
    }
}
