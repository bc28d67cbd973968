//! Asks the running overlay what is on the screen.
//!
//! ```no_run
//! use lens_client::Client;
//!
//! let overlay = Client::find()?;
//! println!("Blueprint is here: {}", overlay.is_card_displayed("j_blueprint")?);
//! for event in overlay.watch()? {
//!     println!("{:?}", event?);
//! }
//! # Ok::<(), lens_client::ClientError>(())
//! ```
//!
//! * [`Client`] asks; [`EventStream`] waits for what happens. [`api`] has the types that they give
//!   back.
//! * The overlay is found by the file that it writes into its data folder, see [`data_folder`].
//!
//! The standard library's sockets and serde only, so that any program can take it along; no thread,
//! no async runtime.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{Cards, CommandRequest, Displayed, Event, PortFile, Refused, State, token_path};
use http::{Connection, Method};

pub mod api;
mod data_folder;
mod http;

pub use data_folder::data_folder;

/// A running overlay.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    data: PathBuf,
}

/// Why the overlay gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens.
    #[error("the overlay does not run, or its API is off ({0})\nhelp: start `overlay`")]
    NotRunning(String),
    /// The overlay runs but does not look at the game.
    #[error("the overlay does not look at the game now: {}", why_not_looking(*.0))]
    NotLooking(State),
    /// The overlay said no.
    #[error("{message}")]
    Refused {
        /// Status of the answer.
        status: u16,
        /// What is wrong, and what helps.
        message: String,
    },
    /// The answer is not the API's: another program listens there, or an overlay of another
    /// version.
    #[error("what answers at {address} is no overlay of this version: {reason}")]
    UnexpectedAnswer {
        /// Who was asked.
        address: SocketAddr,
        /// What was wrong with the answer.
        reason: String,
    },
    /// The overlay runs, or something else at its port does, and says nothing.
    #[error(
        "the overlay gave no answer within {} s: it hangs, or other programs leave it no time\nhelp: end it and \
         start it again; `overlay doctor` says what else may be wrong",
        http::TIMEOUT.as_secs()
    )]
    NoAnswer,
    /// The connection broke.
    #[error("the connection to the overlay broke: {0}")]
    Broken(std::io::Error),
}

impl From<std::io::Error> for ClientError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::TimedOut { Self::NoAnswer } else { Self::Broken(error) }
    }
}

/// Longest line and answer that are read.
const MAX_ANSWER: u64 = 4 << 20;

impl Client {
    /// The overlay that uses the folder that [`data_folder`] finds.
    ///
    /// # Errors
    /// When none runs.
    pub fn find() -> Result<Self, ClientError> {
        Self::find_in(&data_folder())
    }

    /// The overlay that uses this data folder.
    ///
    /// # Errors
    /// When none runs.
    pub fn find_in(data: &Path) -> Result<Self, ClientError> {
        let path = PortFile::path(data);
        let absent =
            |reason: &dyn std::fmt::Display| ClientError::NotRunning(format!("{}: {reason}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|error| absent(&error))?;
        let file: PortFile = serde_json::from_str(&text).map_err(|error| absent(&error))?;
        if is_left_behind(&file, data) {
            return Err(absent(&"it was left behind by an overlay that has ended"));
        }
        Ok(Self::at((Ipv4Addr::LOCALHOST, file.port).into(), data))
    }

    /// An overlay whose address and data folder are known.
    pub fn at(address: SocketAddr, data: &Path) -> Self {
        Self { address, data: data.to_path_buf() }
    }

    /// Everything on the screen.
    ///
    /// # Errors
    /// When the overlay does not answer.
    pub fn cards(&self) -> Result<Cards, ClientError> {
        self.json(Method::Get, "/v1/cards", None, "")
    }

    /// Whether a card is on the screen, and where.
    ///
    /// # Errors
    /// When the overlay does not answer or does not know such a card.
    pub fn displayed(&self, id: &str) -> Result<Displayed, ClientError> {
        self.json(Method::Get, &format!("/v1/cards/{}", http::encoded(id)), None, "")
    }

    /// Whether a card is on the screen now.
    ///
    /// # Errors
    /// When that cannot be known: the overlay does not answer, does not know such a card, or does
    /// not look at the game.
    pub fn is_card_displayed(&self, id: &str) -> Result<bool, ClientError> {
        let answer = self.displayed(id)?;
        answer.displayed.ok_or(ClientError::NotLooking(answer.state))
    }

    /// Everything on the screen, then what appears, changes, moves and leaves. Waits for what comes
    /// next.
    ///
    /// # Errors
    /// When the overlay does not answer.
    pub fn watch(&self) -> Result<EventStream, ClientError> {
        self.lines("/v1/stream")
    }

    /// As [`Client::watch`], without [`Event::Move`].
    ///
    /// # Errors
    /// When the overlay does not answer.
    pub fn watch_names(&self) -> Result<EventStream, ClientError> {
        self.lines("/v1/stream?moves=no")
    }

    /// Asks the overlay for something, by the name of the command.
    ///
    /// # Errors
    /// When the token cannot be read, the command does not exist, or the overlay does not answer.
    pub fn command(&self, name: &str) -> Result<(), ClientError> {
        self.command_with(name, None)
    }

    /// As [`Client::command`], for one that needs to know with what: `window`.
    ///
    /// # Errors
    /// As there.
    pub fn command_with(&self, name: &str, argument: Option<&str>) -> Result<(), ClientError> {
        let path = token_path(&self.data);
        let token = std::fs::read_to_string(&path).map_err(|error| ClientError::Refused {
            status: 0,
            message: format!(
                "cannot read the token for commands, {}: {error}\nhelp: start `overlay`, which writes it",
                path.display()
            ),
        })?;
        let argument = argument.map(str::to_owned);
        let body = json(&CommandRequest { command: name.to_owned(), argument });
        self.json::<serde_json::Value>(Method::Post, "/v1/commands", Some(token.trim()), &body).map(drop)
    }

    fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<T, ClientError> {
        let mut text = String::new();
        self.ask(method, path, token, body)?.take(MAX_ANSWER).read_to_string(&mut text)?;
        serde_json::from_str(&text).map_err(|error| self.unexpected(&error))
    }

    fn lines(&self, path: &str) -> Result<EventStream, ClientError> {
        let mut reader = self.ask(Method::Get, path, None, "")?;
        // Nothing may happen for hours.
        reader.get_mut().wait_for_ever();
        Ok(EventStream { reader, address: self.address })
    }

    /// The body of a successful answer.
    fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<BufReader<Connection>, ClientError> {
        let connection = Connection::open(self.address).map_err(|error| match error.kind() {
            std::io::ErrorKind::TimedOut => ClientError::NoAnswer,
            _ => ClientError::NotRunning(format!("{}: {error}", self.address)),
        })?;
        let answer = http::ask(connection, self.address, method, path, token, body)?;
        if answer.server.as_deref() != Some(api::SERVER) {
            return Err(self.unexpected(&"another program listens there"));
        }
        if answer.status < 300 {
            return Ok(answer.body);
        }
        let mut text = String::new();
        answer.body.take(MAX_ANSWER).read_to_string(&mut text)?;
        let message = serde_json::from_str::<Refused>(&text).map_or(text, |refused| refused.error);
        Err(ClientError::Refused { status: answer.status, message })
    }

    fn unexpected(&self, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::UnexpectedAnswer { address: self.address, reason: reason.to_string() }
    }
}

/// What happens on the screen, one event after the other; ends with the overlay.
#[derive(Debug)]
pub struct EventStream {
    reader: BufReader<Connection>,
    address: SocketAddr,
}

impl Iterator for EventStream {
    type Item = Result<Event, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match (&mut self.reader).take(MAX_ANSWER).read_until(b'\n', &mut line) {
            Ok(_) if line.is_empty() => None,
            Ok(_) => Some(serde_json::from_slice(&line).map_err(|error| ClientError::UnexpectedAnswer {
                address: self.address,
                reason: error.to_string(),
            })),
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// Whether the overlay that wrote a port file has ended: then another program may listen at its
/// port, and must not be told the token.
///
/// The overlay holds a lock as long as it runs. One that could not write a lock is believed.
fn is_left_behind(file: &PortFile, data: &Path) -> bool {
    let Ok(lock) = std::fs::File::open(api::lock_path(data)) else { return false };
    match lock.try_lock_shared() {
        Ok(()) => true,
        // Held: by that overlay, or by another one that has no port.
        Err(_) => {
            let mut holder = String::new();
            // Windows lets nobody read a locked file.
            let read = lock.take(32).read_to_string(&mut holder);
            read.is_ok() && holder.trim().parse().is_ok_and(|holder: u32| holder != file.pid)
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain structs of strings are JSON")
}

fn why_not_looking(state: State) -> &'static str {
    match state {
        State::Watching => "it has only just started",
        State::Waiting => "there is no window of the game, or it shows nothing",
        State::Paused => "it is paused",
    }
}
