//! Runs a mod's own code where it can do no harm, and says what it declares.
//!
//! ```text
//! texts of the mod ──stdin──▶ child: walls, interpreter, stand-ins ──stdout──▶ Declared
//! ```
//!
//! Each mod has a process of its own. The child is given the texts of the mod and opens nothing:
//! before it reads them it has the operating system limit memory, time and processes, and on Linux
//! take away files and the network as well (`walls` says what is taken where). The interpreter
//! (`interpreter`) has no library that could do harm to begin with. The parent waits a while, then
//! kills. Whoever wants none of it says [`Interpreter::Off`](crate::Interpreter::Off).

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::declared::Declared;

#[cfg(any(target_os = "linux", feature = "interpreter"))]
mod files;
#[cfg(any(target_os = "linux", feature = "interpreter"))]
mod interpreter;
mod walls;

/// The first argument of a process that is to be the child.
const ARGUMENT: &str = "--read-mod-in-sandbox";
/// The argument with which the child tries the walls instead, for tests.
const TRY_WALLS: &str = "--try-sandbox-walls";
/// No mod says more about its cards.
const MAX_ANSWER_SIZE: u64 = 64 << 20;
/// No mod is given with more.
const MAX_REQUEST_SIZE: u64 = 256 << 20;
/// So long the parent waits: the child's own limit of processor time ends it long before, unless it
/// sleeps.
const TIMEOUT: Duration = Duration::from_secs(12);

/// What the child is to run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) prefix: Option<String>,
    /// The folder or archive, as it is called in the Mods folder.
    pub(crate) package: String,
    /// Of the mod below the package, empty or with a `/` at its end.
    pub(crate) folder: String,
    pub(crate) main_file: String,
    pub(crate) config_file: String,
    pub(crate) language: String,
    /// What the player chose in the mod's settings, as Lua.
    pub(crate) saved: Option<String>,
    /// Ids of all mods that are switched on.
    pub(crate) present: Vec<String>,
    /// By path in the package.
    pub(crate) texts: BTreeMap<String, String>,
    /// Files that are no text, with their sizes.
    pub(crate) others: BTreeMap<String, u64>,
}

/// Why a mod was not run, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    #[error("the program that runs mods did not start: {0}")]
    Start(io::Error),
    #[error("it took longer than {} s", TIMEOUT.as_secs())]
    Slow,
    #[error("it was ended before it had said anything: it wanted too much time or memory")]
    Ended,
    #[error("what it declares could not be read: {0}")]
    Answer(String),
    #[error("{0}")]
    Refused(String),
}

/// Why the child runs no mod.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error(transparent)]
    Walls(#[from] walls::WallError),
    #[error("what is to be run could not be read: {0}")]
    Read(#[from] io::Error),
    #[error("what is to be run could not be read: {0}")]
    Request(#[from] serde_json::Error),
    #[cfg(any(target_os = "linux", feature = "interpreter"))]
    #[error(transparent)]
    Interpreter(#[from] mlua::Error),
    #[cfg(not(any(target_os = "linux", feature = "interpreter")))]
    #[error("this build has no interpreter for mods")]
    NoInterpreter,
}

#[derive(Serialize, Deserialize)]
enum Answer {
    Declared(Box<Declared>),
    Refused(String),
}

/// Turns this process into the child, if it was started as one. Programs that read mods call it
/// first of all.
pub fn child_main() {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    let Some(first) = first.as_deref().and_then(|it| it.to_str()) else { return };
    if first == TRY_WALLS {
        let tried = arguments.next().unwrap_or_default();
        std::process::exit(walls::attempt(&tried.to_string_lossy()));
    }
    if first != ARGUMENT {
        return;
    }
    let answer = match child() {
        Ok(declared) => Answer::Declared(Box::new(declared)),
        Err(error) => Answer::Refused(error.to_string()),
    };
    let written = serde_json::to_vec(&answer).map(|bytes| io::stdout().write_all(&bytes));
    std::process::exit(i32::from(!matches!(written, Ok(Ok(())))));
}

fn child() -> Result<Declared, ChildError> {
    walls::raise()?;
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_REQUEST_SIZE).read_to_end(&mut bytes)?;
    let request = serde_json::from_slice(&bytes)?;
    drop(bytes);
    interpret(request)
}

#[cfg(any(target_os = "linux", feature = "interpreter"))]
fn interpret(request: Request) -> Result<Declared, ChildError> {
    Ok(interpreter::run(request)?)
}

#[cfg(not(any(target_os = "linux", feature = "interpreter")))]
fn interpret(_: Request) -> Result<Declared, ChildError> {
    Err(ChildError::NoInterpreter)
}

/// Runs a mod in a process of its own.
pub(crate) fn run(program: &Path, request: &Request) -> Result<Declared, SandboxError> {
    let given = serde_json::to_vec(request).map_err(|it| SandboxError::Answer(it.to_string()))?;
    let mut child = Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(SandboxError::Start)?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    let Some((mut to, from)) = pipes else { return Err(SandboxError::Ended) };
    thread::scope(|scope| {
        // A child that died reads no more: the answer tells.
        scope.spawn(move || drop(to.write_all(&given)));
        let (done, waits) = sync_channel(1);
        scope.spawn(move || {
            let mut bytes = Vec::new();
            let read = from.take(MAX_ANSWER_SIZE).read_to_end(&mut bytes).map(|_| bytes);
            let _ = done.send(read);
        });
        let answer = waits.recv_timeout(TIMEOUT);
        // Whatever it still does, it has been heard.
        let _ = child.kill();
        let _ = child.wait();
        match answer {
            Err(_) => Err(SandboxError::Slow),
            Ok(Err(error)) => Err(SandboxError::Answer(error.to_string())),
            Ok(Ok(bytes)) if bytes.is_empty() => Err(SandboxError::Ended),
            Ok(Ok(bytes)) => match serde_json::from_slice(&bytes) {
                Ok(Answer::Declared(declared)) => Ok(*declared),
                Ok(Answer::Refused(why)) => Err(SandboxError::Refused(why)),
                Err(error) => Err(SandboxError::Answer(error.to_string())),
            },
        }
    })
}

/// A folder that is everywhere, so that the child stands in nobody's way.
fn root() -> &'static Path {
    Path::new(if cfg!(windows) { "C:\\" } else { "/" })
}

/// What the walls leave of each way out, asked of a child: by name of the way, whether it is shut.
#[doc(hidden)]
pub fn is_shut(program: &Path, way: &str) -> io::Result<bool> {
    let status = Command::new(program)
        .args([TRY_WALLS, way])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.code() != Some(walls::OPEN))
}
