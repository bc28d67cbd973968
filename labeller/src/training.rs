//! The `trainer` as a child process: a retraining, or going back to the model before.
//!
//! ```text
//! trainer retrain --json ──stdout──▶ thread ──Event──▶ Report (what the page shows)
//!                        ──stderr──▶ thread ──line──▶ why it failed
//! ```
//!
//! The window never waits: [`Run::poll`] takes in what there is. What a retraining does is the
//! trainer's.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use lens_core::retraining::{Event, Outcome, Phase, Row};

/// Name of the program.
const PROGRAM: &str = "trainer";
/// Lines that may wait for the window: a training that is not looked at waits rather than is lost.
const MAX_LINES: usize = 1024;
/// Lines of errors that are kept.
const MAX_ERRORS: usize = 40;
/// How long a child is given to end in good order when the window closes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long lines may come after the child has ended: something else may hold its pipes.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Exit code of a training that was asked to stop.
const STOPPED: i32 = 3;

/// What the trainer is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// `trainer retrain`.
    Retrain {
        model: PathBuf,
        /// Labelled captures.
        labels: PathBuf,
        /// The catalogue's name.
        game: String,
        minutes: u32,
    },
    /// `trainer rollback`.
    GoBack { model: PathBuf },
}

impl Task {
    fn arguments(&self) -> Vec<std::ffi::OsString> {
        match self {
            Self::Retrain { model, labels, game, minutes } => vec![
                "retrain".into(),
                "--json".into(),
                "--model".into(),
                model.into(),
                "--data".into(),
                labels.into(),
                "--game".into(),
                game.into(),
                "--minutes".into(),
                minutes.to_string().into(),
            ],
            Self::GoBack { model } => vec!["rollback".into(), "--model".into(), model.into()],
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A retraining came to its end.
    Retrained(Outcome),
    /// The model before is in its place.
    WentBack,
    /// It did not work; the text is for people.
    Failed(String),
}

/// What the trainer has told so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub phase: Option<Phase>,
    /// Steps of training that are done.
    pub step: u64,
    /// Part of the training that is over.
    pub progress: f64,
    pub loss: Option<f64>,
    pub seconds_left: Option<f64>,
    /// Lines for people, the oldest first.
    pub messages: Vec<String>,
    /// Both models, figure by figure.
    pub rows: Vec<Row>,
    /// Nothing while it goes on.
    pub ended: Option<Ended>,
}

enum Line {
    Out(String),
    Error(String),
}

/// A child that was started.
pub struct Run {
    task: Task,
    child: Child,
    lines: Receiver<Line>,
    errors: Vec<String>,
    report: Report,
    /// How the retraining says that it went.
    outcome: Option<Outcome>,
    /// When it was asked to stop first.
    asked: Option<Instant>,
    exited: Option<(Instant, ExitStatus)>,
}

/// The trainer beside this program, or on the path.
pub fn find() -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join(&name)));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join(&name));
    beside.into_iter().chain(on_path).find(|path| path.is_file())
}

impl Run {
    /// Starts the trainer. `wake` is called after each line.
    ///
    /// # Errors
    /// When the program does not start; the text is for people.
    pub fn start(
        program: &Path,
        task: Task,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| {
            let path = program.display();
            format!("{path} does not start: {error}\nBuild it anew: cargo build -p trainer")
        };
        let mut command = Command::new(program);
        command.args(task.arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (sender, lines) = sync_channel(MAX_LINES);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let readers = [
            child.stdout.take().map(|it| reader(it, sender.clone(), Line::Out, Arc::clone(&wake))),
            child.stderr.take().map(|it| reader(it, sender, Line::Error, wake)),
        ];
        for started in readers.into_iter().flatten() {
            if let Err(error) = started {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(error));
            }
        }
        let (errors, report) = (Vec::new(), Report::default());
        Ok(Self { task, child, lines, errors, report, outcome: None, asked: None, exited: None })
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    pub fn task(&self) -> &Task {
        &self.task
    }

    pub fn is_running(&self) -> bool {
        self.report.ended.is_none()
    }

    /// Whether it was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.is_running() && self.asked.is_some()
    }

    /// Takes in what was told. Returns whether it has just ended.
    pub fn poll(&mut self) -> bool {
        if !self.is_running() {
            return false;
        }
        let is_silent = loop {
            match self.lines.try_recv() {
                Ok(Line::Out(line)) => self.hear(line),
                Ok(Line::Error(line)) => {
                    if self.errors.len() == MAX_ERRORS {
                        self.errors.remove(0);
                    }
                    self.errors.push(line);
                }
                Err(TryRecvError::Empty) => break false,
                Err(TryRecvError::Disconnected) => break true,
            }
        };
        if self.exited.is_none() {
            self.exited = self.child.try_wait().ok().flatten().map(|status| (Instant::now(), status));
        }
        let Some((at, status)) = self.exited else { return false };
        if !is_silent && at.elapsed() < LAST_WORDS {
            return false;
        }
        self.report.ended = Some(self.ending(status));
        true
    }

    fn hear(&mut self, line: String) {
        let report = &mut self.report;
        match serde_json::from_str(&line) {
            Ok(Event::Message { text }) => report.messages.push(text),
            Ok(Event::Phase { phase }) => report.phase = Some(phase),
            Ok(Event::Step { step, progress, loss, seconds_left }) => {
                (report.step, report.progress) = (step, progress);
                (report.loss, report.seconds_left) = (Some(loss), seconds_left);
            }
            Ok(Event::Compared { rows }) => report.rows = rows,
            // It ends when the process does: what comes next may read the same files.
            Ok(Event::Ended(outcome)) => self.outcome = Some(outcome),
            Err(_) if !line.trim().is_empty() => report.messages.push(line),
            Err(_) => {}
        }
    }

    fn ending(&self, status: ExitStatus) -> Ended {
        match &self.task {
            Task::GoBack { .. } if status.success() => Ended::WentBack,
            Task::Retrain { .. } if status.success() || status.code() == Some(STOPPED) => {
                let silent = || Ended::Failed("The trainer ended without a word of how it went".into());
                self.outcome.clone().map_or_else(silent, Ended::Retrained)
            }
            Task::Retrain { .. } if self.asked.is_some() => Ended::Retrained(Outcome::Stopped),
            _ => Ended::Failed(why(&self.errors, status)),
        }
    }

    /// Asks it to stop in good order; asked again, it is ended at once.
    pub fn stop(&mut self) {
        if self.exited.is_some() {
            return;
        }
        let is_first = self.asked.is_none();
        self.asked.get_or_insert_with(Instant::now);
        if !is_first || !ask_to_end(&self.child) {
            // It has ended by itself, otherwise.
            let _ = self.child.kill();
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.exited.is_none() && ask_to_end(&self.child) {
            let until = Instant::now() + PATIENCE;
            while Instant::now() < until && self.child.try_wait().is_ok_and(|it| it.is_none()) {
                // A reader that waits for room would hold the child up.
                let _ = self.lines.recv_timeout(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a child to end as Ctrl-C does. Returns whether there is such a way.
#[cfg(unix)]
fn ask_to_end(child: &Child) -> bool {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok())
}

#[cfg(not(unix))]
fn ask_to_end(_child: &Child) -> bool {
    false
}

/// A thread that hands on the lines of a pipe until it is closed.
fn reader(
    pipe: impl Read + Send + 'static,
    lines: SyncSender<Line>,
    kind: fn(String) -> Line,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> std::io::Result<()> {
    let read = move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while pipe.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if lines.send(kind(line)).is_err() {
                return;
            }
            wake();
        }
        drop(lines);
        wake();
    };
    std::thread::Builder::new().name("trainer".into()).spawn(read).map(drop)
}

/// Why it failed: what it said itself, else its last words.
fn why(errors: &[String], status: ExitStatus) -> String {
    let own = errors.iter().rposition(|line| line.starts_with("error: "));
    let lines = &errors[own.unwrap_or(errors.len().saturating_sub(3))..];
    if lines.is_empty() {
        return format!("The trainer has ended without a word ({status})");
    }
    let text = lines.join("\n");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    if text.contains("libtorch") {
        return format!("{text}\nlibtorch is missing: cargo xtask setup --trainer");
    }
    text.to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_the_trainer_says() {
        use std::os::unix::process::ExitStatusExt as _;
        let status = ExitStatus::from_raw(256);
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let said = lines("identifier: step 3\nerror: none of the 2 captures can be read\nhelp: look at them");
        assert_eq!(why(&said, status), "none of the 2 captures can be read\nhelp: look at them");
        assert_eq!(why(&lines("a\nb\nc\nd"), status), "b\nc\nd");
        assert!(why(&[], status).contains("without a word"));
        let linker = lines("trainer: error while loading shared libraries: libtorch.so: cannot open");
        assert!(why(&linker, status).contains("cargo xtask setup --trainer"));
    }
}
