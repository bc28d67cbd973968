//! Requests as data, answers looked at; the description for programs compared with what is
//! answered.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lens_client::api::Event;
use serde_json::{Value, json};

use super::*;
use crate::api::dto::tests::track;

const TOKEN: &str = "secret";

fn broadcast() -> Broadcast {
    let broadcast = Broadcast::default();
    let tracks = [track(1, "H_A", 0.0), track(2, "?", 90.0), track(3, "H_A", 180.0)];
    broadcast.publish(State::Watching, [640, 360], &tracks, &synth::practice::catalogue());
    broadcast
}

fn auth() -> Auth {
    Auth::new(4000, Vec::new(), Some(TOKEN.into()))
}

fn request(text: &str) -> Request {
    let text = text.replace('\n', "\r\n");
    Request::parse(text.as_bytes()).unwrap().expect("the request is whole")
}

/// The answer to `GET path`: status and body.
fn get(path: &str) -> (u16, Value) {
    plain(&format!("GET {path} HTTP/1.1\nHost: 127.0.0.1:4000\n\n"), &broadcast())
}

fn plain(text: &str, broadcast: &Broadcast) -> (u16, Value) {
    match answer(&request(text), broadcast, &auth(), Instant::now(), &|_| true) {
        Answer::Plain(response) => {
            (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
        }
        Answer::Stream(_) => panic!("a stream was not asked for"),
    }
}

#[test]
fn cards_are_listed_and_asked_for() {
    let (status, cards) = get("/v1/cards");
    assert_eq!((status, &cards["state"], &cards["frame"]), (200, &json!("watching"), &json!([640, 360])));
    assert_eq!(cards["cards"][1]["id"], Value::Null, "an unknown card has no id");
    let (status, ace) = get("/v1/cards/H_A");
    assert_eq!((status, &ace["displayed"]), (200, &json!(true)));
    assert_eq!(ace["cards"].as_array().map(Vec::len), Some(2), "both copies");
    assert_eq!(get("/v1/cards/S_2").1["displayed"], json!(false));
    let (status, wrong) = get("/v1/cards/h_a");
    assert_eq!(status, 404);
    assert!(wrong["error"].as_str().unwrap().contains("do you mean H_A?"), "{wrong}");
    assert_eq!(get("/v1/cards/").0, 404);
    assert_eq!(get("/etc/passwd").0, 404);
}

#[test]
fn nothing_is_claimed_while_nothing_is_looked_at() {
    let ask = "GET /v1/cards/H_A HTTP/1.1\nHost: 127.0.0.1:4000\n\n";
    assert_eq!(plain(ask, &Broadcast::default()).0, 503, "no model is known yet");
    let broadcast = broadcast();
    broadcast.publish(State::Paused, [0, 0], &[], &synth::practice::catalogue());
    let (status, ace) = plain(ask, &broadcast);
    assert_eq!((status, &ace["displayed"], &ace["state"]), (200, &Value::Null, &json!("paused")));
}

/// Posts a body with the token; answers the status and the commands that were given.
fn post(body: &str, kind: &str) -> (u16, Vec<Command>) {
    let given = RefCell::new(Vec::new());
    let text = format!(
        "POST /v1/commands HTTP/1.1\nHost: localhost:4000\nAuthorization: Bearer {TOKEN}\nContent-Type: {kind}\n\
         Content-Length: {}\n\n{body}",
        body.len()
    );
    let give = |command| {
        given.borrow_mut().push(command);
        true
    };
    let Answer::Plain(response) = answer(&request(&text), &broadcast(), &auth(), Instant::now(), &give)
    else {
        panic!("commands have plain answers");
    };
    (response.status, given.into_inner())
}

#[test]
fn commands_are_passed_on_or_refused() {
    let kind = "application/json";
    for (name, command) in COMMANDS {
        assert_eq!(post(&format!(r#"{{"command":"{name}"}}"#), kind), (202, vec![command]));
    }
    let window = Command::FollowNamed("0x2a".into());
    assert_eq!(post(r#"{"command":"window","argument":"0x2a"}"#, kind), (202, vec![window]));
    assert_eq!(post(r#"{"command":"window"}"#, kind), (400, vec![]), "which?");
    assert_eq!(post(r#"{"command":"quit","argument":"now"}"#, kind), (400, vec![]));
    assert_eq!(post(r#"{"command":"explode"}"#, kind), (404, vec![]));
    assert_eq!(post(r#"{"command":"quit","more":1}"#, kind), (400, vec![]));
    assert_eq!(post("quit", kind), (400, vec![]));
    assert_eq!(post(r#"{"command":"quit"}"#, "text/plain"), (400, vec![]), "what a form can send");
    let host = "Host: 127.0.0.1:4000";
    let body = r#"{"command":"quit"}"#;
    let length = body.len();
    let bare = format!("POST /v1/commands HTTP/1.1\n{host}\nContent-Length: {length}\n\n{body}");
    assert_eq!(plain(&bare, &broadcast()).0, 401);
    let foreign = format!("POST /v1/commands HTTP/1.1\n{host}\nOrigin: https://evil.example\n\n");
    assert_eq!(plain(&foreign, &broadcast()).0, 403);
    assert_eq!(plain(&format!("DELETE /v1/cards HTTP/1.1\n{host}\n\n"), &broadcast()).0, 405);
}

#[test]
fn a_stream_is_lines_or_a_socket() {
    let ask = |text: &str| {
        let text = format!("GET /v1/stream{text}\n\n");
        match answer(&request(&text), &broadcast(), &auth(), Instant::now(), &|_| true) {
            Answer::Plain(response) => Err(response.status),
            Answer::Stream(streaming) => Ok((streaming.socket_key.is_some(), streaming.moves)),
        }
    };
    let host = " HTTP/1.1\nHost: localhost:4000";
    let upgrade = "\nUpgrade: WebSocket\nConnection: keep-alive, Upgrade";
    let key = "\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    assert_eq!(ask(host), Ok((false, true)));
    assert_eq!(ask(&format!("?moves=no{host}")), Ok((false, false)));
    assert_eq!(ask(&format!("?moves=perhaps{host}")), Err(400));
    assert_eq!(ask(&format!("{host}{upgrade}\nSec-WebSocket-Version: 13{key}")), Ok((true, true)));
    assert_eq!(ask(&format!("{host}{upgrade}\nSec-WebSocket-Version: 13")), Err(400));
    assert_eq!(ask(&format!("{host}{upgrade}\nSec-WebSocket-Version: 8{key}")), Err(426));
    assert_eq!(ask(&format!("{host}\nOrigin: null{upgrade}\nSec-WebSocket-Version: 13{key}")), Err(403));
}

/// Keys of a schema of the description.
fn described(openapi: &Value, schema: &str) -> BTreeSet<String> {
    let properties = openapi["components"]["schemas"][schema]["properties"].as_object();
    properties.unwrap_or_else(|| panic!("{schema} is not described")).keys().cloned().collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn the_description_is_true() {
    let (status, openapi) = get("/openapi.json");
    assert_eq!(status, 200);
    for path in openapi["paths"].as_object().unwrap().keys() {
        let path = path.replace("{id}", "H_A");
        if !["/v1/stream", "/v1/commands"].contains(&path.as_str()) {
            assert_eq!(get(&path).0, 200, "{path} is described");
        }
    }
    let (_, cards) = get("/v1/cards");
    assert_eq!(described(&openapi, "Cards"), keys(&cards));
    let mut of_card = described(&openapi, "Card");
    assert!(of_card.remove("mod"), "it is there for cards of mods alone");
    assert!(of_card.remove("text"), "it is there where the game's texts are");
    assert_eq!(of_card, keys(&cards["cards"][0]));
    assert_eq!(described(&openapi, "Modifiers"), keys(&cards["cards"][0]["modifiers"]));
    assert_eq!(described(&openapi, "Displayed"), keys(&get("/v1/cards/H_A").1));
    assert_eq!(described(&openapi, "About"), keys(&get("/v1").1));
    let names: Vec<Value> =
        COMMANDS.iter().map(|(name, _)| *name).chain([WINDOW]).map(|it| json!(it)).collect();
    let described_names = &openapi["components"]["schemas"]["Command"]["properties"]["command"]["enum"];
    assert_eq!(described_names, &Value::Array(names));
    let card = broadcast().now().cards.remove(0);
    let quad = card.quad;
    let events = [
        Event::Appear { sequence: 1, card: card.clone() },
        Event::Change { sequence: 1, card },
        Event::Move { sequence: 1, track: 1, quad },
        Event::Leave { sequence: 1, track: 1, id: None },
        Event::State { sequence: 1, state: State::Paused, frame: [0, 0] },
    ];
    for event in events {
        let event = serde_json::to_value(event).unwrap();
        let name = event["event"].as_str().unwrap();
        let schema = format!("{}{}Event", name[..1].to_uppercase(), &name[1..]);
        assert_eq!(described(&openapi, &schema), keys(&event), "{schema}");
    }
}
