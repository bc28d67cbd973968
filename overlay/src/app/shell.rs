//! Opens files and other programs for the player. Each runs on its own; a thread waits for its end,
//! and tells when that was a failure.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use crate::messages::event::{AppEvent, EventSink};
use crate::messages::worker;

/// Windows' own, which ends with 1 whatever happens. A shell would cut a path at `&`.
const EXPLORER: &str = "explorer.exe";

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
pub(super) fn open(path: &Path, sink: &EventSink) -> Result<(), ShellError> {
    let program = match () {
        () if cfg!(windows) => EXPLORER,
        () if cfg!(target_os = "macos") => "open",
        () => "xdg-open",
    };
    let mut command = Command::new(program);
    command.arg(path);
    start(command, program, sink).map_err(|source| ShellError::Open { path: path.to_path_buf(), source })
}

/// Starts a program that lies beside this one.
pub(super) fn start_beside(name: &str, arguments: &[&OsStr], sink: &EventSink) -> Result<(), ShellError> {
    let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
    let file = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !file.is_file() {
        return Err(ShellError::Missing(name.to_owned()));
    }
    let mut command = Command::new(file);
    command.args(arguments);
    start(command, name, sink).map_err(|source| ShellError::Start { program: name.to_owned(), source })
}

/// Starts this program once more, with other arguments.
pub(super) fn start_own(arguments: &[&OsStr], sink: &EventSink) -> Result<(), ShellError> {
    let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
    let program = own.display().to_string();
    let mut command = Command::new(own);
    command.args(arguments);
    let name = arguments.first().map_or(program.clone(), |word| word.to_string_lossy().into_owned());
    start(command, &name, sink).map_err(|source| ShellError::Start { program, source })
}

/// What it writes as errors goes to a file that nobody else sees: a pipe would break when the
/// overlay ends first.
fn start(mut command: Command, name: &str, sink: &EventSink) -> io::Result<()> {
    let mut errors = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone()?);
    let mut child = command.spawn()?;
    let (name, sink) = (name.to_owned(), Arc::clone(sink));
    let waiting = worker::spawn("wait", move || {
        if let Some(fault) = fault(&name, &mut child, &mut errors) {
            // Nobody listens once the program ends.
            let _ = sink(AppEvent::Notice(fault));
        }
    })?;
    waiting.leave();
    Ok(())
}

/// Waits for a program's end; what to say where that was a failure.
fn fault(name: &str, child: &mut Child, errors: &mut File) -> Option<String> {
    let status = child.wait().ok()?;
    // One that was killed has been killed by somebody who knows; and this one never says 0.
    let is_failure = status.code().is_some_and(|code| code != 0) && name != EXPLORER;
    let mut text = Vec::new();
    // What cannot be read is as good as nothing said.
    let _ = errors.rewind().and_then(|()| errors.read_to_end(&mut text));
    let why = reason(&String::from_utf8_lossy(&text)).unwrap_or_else(|| status.to_string());
    is_failure.then(|| format!("{name} has ended: {why}"))
}

/// Why a program failed, by what it wrote: the line of its error, else the last one.
pub(super) fn reason(errors: &str) -> Option<String> {
    let mut lines = errors.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.clone().next_back()?;
    let error = lines.find_map(|line| line.strip_prefix("error: "));
    Some(error.unwrap_or(last).to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, sync_channel};
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_fails_is_told_and_no_process_is_left() {
        let (sender, events) = sync_channel(4);
        let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
        let run = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            start(command, "labeller", &sink).unwrap();
            events.recv_timeout(Duration::from_secs(5))
        };
        let fault = run("echo 'error: no display' >&2; echo 'help: start one' >&2; exit 1");
        assert_eq!(fault, Ok(AppEvent::Notice("labeller has ended: no display".to_owned())));
        let silent = run("exit 2");
        assert_eq!(silent, Ok(AppEvent::Notice("labeller has ended: exit status: 2".to_owned())));
        let mut command = Command::new("true");
        command.arg("x");
        start(command, "labeller", &sink).unwrap();
        assert_eq!(events.recv_timeout(Duration::from_millis(300)), Err(RecvTimeoutError::Timeout));
    }
}
