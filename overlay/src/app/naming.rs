//! Correcting a card by typing its name: a small window of its own asks for it, and the card is
//! kept meanwhile as it was.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use tracking::frame::Frame;
use tracking::track::Track;

use super::shell::ShellError;
use crate::desktop::pointer;
use crate::messages::command::Command;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::worker::{self, Worker};

/// A card whose name is being typed; the window goes when this is dropped.
pub(super) struct Naming {
    pub(super) frame: Frame,
    pub(super) card: Track,
    window: Child,
    _worker: Worker,
}

impl Drop for Naming {
    fn drop(&mut self) {
        // It may be closed already; the worker, which waits for its word, ends with it.
        let _ = self.window.kill();
        let _ = self.window.wait();
    }
}

impl Naming {
    /// Asks for the card's name; what is typed comes to `sink`.
    pub(super) fn open(
        frame: Frame,
        card: Track,
        catalogue: &Path,
        sink: EventSink,
    ) -> Result<Self, ShellError> {
        let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
        let failed = |source| ShellError::Start { program: own.display().to_string(), source };
        let guesses: Vec<&str> = card.guesses.iter().map(|guess| guess.id.as_str()).collect();
        let mut process = Process::new(&own);
        process.arg("name").arg("--catalogue").arg(catalogue).args(["--guesses", &guesses.join(",")]);
        if let Some(pointer) = pointer::pointer() {
            process.args(["--at", &pointer.x.to_string(), &pointer.y.to_string()]);
        }
        process.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut window = process.spawn().map_err(failed)?;
        let mut said = window.stdout.take().expect("it was asked for");
        let worker = worker::spawn("name", move || {
            let mut text = String::new();
            // A window that is killed says nothing.
            let _ = said.read_to_string(&mut text);
            // Nobody listens once the program ends.
            let _ = sink(AppEvent::Command(Command::Name(text.trim().to_owned())));
        });
        match worker {
            Ok(worker) => Ok(Self { frame, card, window, _worker: worker }),
            Err(error) => {
                // The worker's own error matters.
                let _ = window.kill();
                Err(failed(error))
            }
        }
    }
}
