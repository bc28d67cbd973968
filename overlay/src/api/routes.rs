//! What is answered to a request. Pure but for the broadcast, so it is tested without sockets.

use std::time::Instant;

use lens_client::api::{CommandRequest, Displayed, FORMAT, SERVER, State};
use lens_core::catalogue::Catalogue;
use serde::Serialize;

use super::auth::Auth;
use super::broadcast::Broadcast;
use super::page;
use super::request::{Request, Response};
use crate::messages::command::Command;

/// The commands that programs can give.
pub const COMMANDS: [(&str, Command); 10] = [
    ("show", Command::Show),
    ("toggle", Command::Toggle),
    ("pause", Command::Pause),
    ("next-model", Command::NextModel),
    ("snapshot", Command::Snapshot),
    ("automatic", Command::ToggleAutomatic),
    ("report", Command::Report),
    ("settings", Command::OpenSettings),
    ("labeller", Command::OpenLabeller),
    ("quit", Command::Quit),
];

/// The command that needs to know with what.
const WINDOW: &str = "window";

/// How a request goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this, and no further.
    Plain(Response),
    /// With a stream of events.
    Stream(Streaming),
}

/// How events are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streaming {
    /// The key of a WebSocket's handshake; without one events are lines of JSON.
    pub socket_key: Option<String>,
    /// Whether moves are sent.
    pub moves: bool,
    /// The web page that asks, when one does.
    pub origin: Option<String>,
}

/// Answers a request. `give` passes a command on and says whether anyone took it.
pub fn answer(
    request: &Request,
    broadcast: &Broadcast,
    auth: &Auth,
    now: Instant,
    give: &dyn Fn(Command) -> bool,
) -> Answer {
    let origin = match auth.admit(request) {
        Ok(origin) => origin,
        Err(refusal) => return Answer::Plain(refusal),
    };
    let mut response = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/stream") => match streaming(request, origin.clone()) {
            Ok(streaming) => return Answer::Stream(streaming),
            Err(refusal) => refusal,
        },
        ("GET", "/v1") => Response::json(200, &About::default()),
        ("GET", "/v1/cards") => Response::json(200, &broadcast.now()),
        ("GET", path) => match path.strip_prefix("/v1/cards/") {
            Some(id) => displayed(id, broadcast),
            None => page::file(path).unwrap_or_else(|| nothing(path)),
        },
        ("POST", "/v1/commands") => match auth.admit_command(request, now) {
            Ok(()) => command(request, give),
            Err(refusal) => refusal,
        },
        (_, path) => {
            let allowed = if path == "/v1/commands" { "POST" } else { "GET" };
            let mut refusal = Response::refusal(405, format!("only {allowed} is possible here"));
            refusal.headers.push(("Allow", allowed.to_owned()));
            refusal
        }
    };
    if let Some(origin) = origin {
        response.headers.push(("Access-Control-Allow-Origin", origin));
    }
    Answer::Plain(response)
}

/// The answer of `GET /v1`.
#[derive(Serialize)]
struct About {
    format: u32,
    name: &'static str,
    version: &'static str,
    pid: u32,
}

impl Default for About {
    fn default() -> Self {
        Self { format: FORMAT, name: SERVER, version: env!("CARGO_PKG_VERSION"), pid: std::process::id() }
    }
}

fn nothing(path: &str) -> Response {
    Response::refusal(404, format!("there is nothing at {path}; /openapi.json lists what there is"))
}

fn displayed(id: &str, broadcast: &Broadcast) -> Response {
    let Some(catalogue) = broadcast.catalogue() else {
        return Response::refusal(503, "the overlay has only just started: ask again");
    };
    let Some(card) = catalogue.card(id) else {
        let near = nearest(id, &catalogue).map_or_else(String::new, |near| format!("; do you mean {near}?"));
        let game = &catalogue.title;
        return Response::refusal(404, format!("{id:?} is no card of {game}{near}"));
    };
    let now = broadcast.now();
    let mut cards = now.cards;
    cards.retain(|card| card.id.as_deref() == Some(id));
    let displayed = (now.state == State::Watching).then_some(!cards.is_empty());
    let (id, name, state) = (card.id.to_string(), card.name.clone(), now.state);
    Response::json(200, &Displayed { id, name, displayed, state, cards })
}

/// The id that was probably meant: that of a name, or the one that is spelt most alike.
fn nearest<'a>(wrong: &str, catalogue: &'a Catalogue) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let named = catalogue.cards.iter().find(|card| card.name.to_lowercase() == wrong);
    let alike = || {
        let score = |id: &str| strsim::jaro_winkler(&wrong, &id.to_lowercase());
        let best = catalogue.cards.iter().max_by(|a, b| score(&a.id).total_cmp(&score(&b.id)))?;
        (score(&best.id) > 0.8).then_some(best)
    };
    named.or_else(alike).map(|card| card.id.as_str())
}

fn streaming(request: &Request, origin: Option<String>) -> Result<Streaming, Response> {
    let moves = match request.parameter("moves") {
        None | Some("yes") => true,
        Some("no") => false,
        Some(_) => return Err(Response::refusal(400, "`moves` is yes or no")),
    };
    let lists = |name: &str, word: &str| {
        request.all(name).flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case(word))
    };
    let socket_key = if lists("upgrade", "websocket") {
        if request.header("sec-websocket-version") != Some("13") || !lists("connection", "upgrade") {
            let mut refusal = Response::refusal(426, "only version 13 of WebSocket is spoken");
            refusal.headers.push(("Sec-WebSocket-Version", "13".to_owned()));
            return Err(refusal);
        }
        let key = request.header("sec-websocket-key").filter(|key| key.len() == 24);
        Some(key.ok_or_else(|| Response::refusal(400, "the Sec-WebSocket-Key makes no sense"))?.to_owned())
    } else {
        None
    };
    Ok(Streaming { socket_key, moves, origin })
}

fn command(request: &Request, give: &dyn Fn(Command) -> bool) -> Response {
    // What a form of a web page can send without asking first is refused.
    let kind = request.header("content-type").and_then(|it| it.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Response::refusal(400, "send the command as application/json");
    }
    let asked: CommandRequest = match serde_json::from_slice(&request.body) {
        Ok(asked) => asked,
        Err(error) => return Response::refusal(400, format!("this is no command: {error}")),
    };
    let known = COMMANDS.iter().find(|(name, _)| *name == asked.command).map(|(_, command)| command.clone());
    let command = match (known, asked.command.as_str(), &asked.argument) {
        (None, WINDOW, Some(window)) => Command::FollowNamed(window.clone()),
        (None, WINDOW, None) => {
            return Response::refusal(400, "say which as `argument`: a number, a part of a title, or auto");
        }
        (Some(command), _, None) => command,
        (Some(_), name, Some(_)) => return Response::refusal(400, format!("{name} takes no argument")),
        (None, name, _) => {
            let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).chain([WINDOW]).collect();
            return Response::refusal(
                404,
                format!("there is no command {name:?}; there are {}", names.join(", ")),
            );
        }
    };
    if give(command) { Response::json(202, &asked) } else { Response::refusal(503, "the overlay is ending") }
}

#[cfg(test)]
mod tests;
