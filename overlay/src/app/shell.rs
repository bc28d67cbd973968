//! Opens files and other programs for the player. Each runs on its own; the overlay does not wait
//! for it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something cannot be opened for the player.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShellError {
    /// The system has no program for it.
    #[error("cannot open {}: {source}\nhelp: open it yourself", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// The system does not say where this program lies.
    #[error("cannot find this program's folder: {0}")]
    OwnFolder(io::Error),
    /// It was not built.
    #[error("there is no {0} beside the overlay\nhelp: build it with `cargo build -p {0}`")]
    Missing(String),
    /// The program does not start.
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
}

/// Opens a file or folder with the program that the system has for it.
pub(super) fn open(path: &Path) -> Result<(), ShellError> {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(path);
    start(command).map_err(|source| ShellError::Open { path: path.to_path_buf(), source })
}

/// Starts a program that lies beside this one.
pub(super) fn start_beside(name: &str, arguments: &[&OsStr]) -> Result<(), ShellError> {
    let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
    let file = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !file.is_file() {
        return Err(ShellError::Missing(name.to_owned()));
    }
    let mut command = Command::new(file);
    command.args(arguments);
    start(command).map_err(|source| ShellError::Start { program: name.to_owned(), source })
}

/// Starts this program once more, with other arguments.
pub(super) fn start_own(arguments: &[&OsStr]) -> Result<(), ShellError> {
    let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
    let program = own.display().to_string();
    let mut command = Command::new(own);
    command.args(arguments);
    start(command).map_err(|source| ShellError::Start { program, source })
}

fn start(mut command: Command) -> io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
