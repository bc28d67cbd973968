//! The API over real sockets: the client, a WebSocket, programs that misbehave, the Python example,
//! a browser.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use lens_client::api::{Cards, Event, PortFile, State};
use lens_client::{Client, ClientError};
use lens_core::geometry::{Quad, Rect};
use overlay::api::ApiConfig;
use overlay::api::broadcast::Broadcast;
use overlay::api::server::{MAX_CONNECTIONS, MAX_STREAMS, Server, StartError};
use overlay::desktop::instance::Claim;
use overlay::messages::command::Command;
use overlay::messages::event::AppEvent;
use tempfile::TempDir;
use tracking::track::Track;

#[path = "api/browser.rs"]
mod browser;
#[path = "api/tab.rs"]
mod tab;
#[path = "../../shared/marks/tests/support/track.rs"]
mod track;

use track::{known, track};

/// A server on a broadcast, with a data folder of its own.
struct Stage {
    server: Option<Server>,
    broadcast: Broadcast,
    data: TempDir,
    events: Receiver<AppEvent>,
}

impl Stage {
    fn start() -> Self {
        let (data, broadcast) = (tempfile::tempdir().unwrap(), Broadcast::default());
        let config = ApiConfig { port: 0, data: data.path().into(), ..ApiConfig::default() };
        let (sender, events) = sync_channel(100);
        let sink = Arc::new(move |event| sender.send(event).is_ok());
        let server = Some(Server::start(&config, &broadcast, sink).unwrap());
        Self { server, broadcast, data, events }
    }

    /// Cards of the practice deck, one beside the other; those that stay keep their track.
    fn show(&self, cards: &[(u64, &str)]) {
        let tracks: Vec<Track> = (0_u16..)
            .zip(cards)
            .map(|(at, &(id, card))| {
                let quad = Quad::from_rect(Rect::ltwh(100.0 * f32::from(at), 50.0, 71.0, 95.0));
                track(id, known(card, 0.9), quad)
            })
            .collect();
        self.broadcast.publish(State::Watching, [1280, 720], &tracks, &synth::practice::catalogue());
    }

    fn client(&self) -> Client {
        Client::find_in(self.data.path()).unwrap()
    }

    fn port(&self) -> u16 {
        self.server.as_ref().expect("it runs").port()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends text and reads all that comes back.
    fn raw(&self, text: &str) -> String {
        let mut stream = self.connect();
        // The server may have answered and closed before all of it was sent.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Waits for something that takes a moment on a busy machine.
#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn the_client_asks_watches_and_commands() {
    let stage = Stage::start();
    let client = stage.client();
    assert!(matches!(client.is_card_displayed("H_A"), Err(ClientError::Refused { status: 503, .. })));
    stage.show(&[(1, "H_A")]);
    assert!(client.is_card_displayed("H_A").unwrap());
    assert!(!client.is_card_displayed("H_2").unwrap());
    assert!(matches!(client.is_card_displayed("no such"), Err(ClientError::Refused { status: 404, .. })));
    let mut watch = client.watch().unwrap();
    let mut next = || watch.next().expect("it goes on").unwrap();
    assert!(matches!(next(), Event::Snapshot(Cards { cards, .. }) if cards.len() == 1));
    stage.show(&[(1, "H_2"), (2, "S_A")]);
    assert!(matches!(next(), Event::Change { card, .. } if card.id.as_deref() == Some("H_2")));
    assert!(matches!(next(), Event::Appear { card, .. } if card.track == 2));
    stage.show(&[(1, "H_2")]);
    assert!(matches!(next(), Event::Leave { track: 2, id: Some(id), .. } if id == "S_A"));
    client.command("toggle").unwrap();
    assert_eq!(stage.events.recv().unwrap(), AppEvent::Command(Command::Toggle));
    assert!(matches!(client.command("explode"), Err(ClientError::Refused { status: 404, .. })));
    stage.broadcast.publish(State::Paused, [0, 0], &[], &synth::practice::catalogue());
    assert!(matches!(client.is_card_displayed("H_2"), Err(ClientError::NotLooking(State::Paused))));
}

#[test]
fn the_end_of_the_overlay_ends_streams_and_removes_the_port_file() {
    let mut stage = Stage::start();
    let client = stage.client();
    let mut watch = client.watch().unwrap();
    assert!(matches!(watch.next(), Some(Ok(Event::Snapshot(_)))));
    stage.server = None;
    assert!(watch.next().is_none(), "the stream ends and does not break");
    assert!(!PortFile::path(stage.data.path()).exists());
    assert!(matches!(client.cards(), Err(ClientError::NotRunning(_))));
    assert!(matches!(Client::find_in(stage.data.path()), Err(ClientError::NotRunning(_))));
}

#[test]
fn a_stale_port_file_and_a_stranger_are_told_from_an_overlay() {
    let data = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let file = PortFile { format: 1, pid: 1, port, version: "0".into() };
    std::fs::write(PortFile::path(data.path()), serde_json::to_vec(&file).unwrap()).unwrap();
    let client = Client::find_in(data.path()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 16];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nServer: other\r\n\r\n{}").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            // Everything is read before the socket closes, else the answer could be lost.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
        assert!(matches!(client.cards(), Err(ClientError::UnexpectedAnswer { .. })));
    });
    drop(listener);
    assert!(matches!(client.cards(), Err(ClientError::NotRunning(_))));
}

#[test]
fn a_taken_port_is_stepped_over_and_ten_taken_ports_are_named() {
    let data = tempfile::tempdir().unwrap();
    // A row of ten that were free a moment ago; should another program be quicker, the next row is
    // as good.
    let (listeners, port) = (20_000_u16..30_000)
        .step_by(10)
        .find_map(|first| {
            let all: Option<Vec<_>> = (first..first + 10)
                .map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok())
                .collect();
            all.map(|all| (all, first))
        })
        .expect("ten free ports in a row");
    let config = ApiConfig { port, data: data.path().into(), ..ApiConfig::default() };
    let start = || Server::start(&config, &Broadcast::default(), Arc::new(|_| true));
    assert!(
        matches!(start(), Err(StartError::Port { first, last, .. }) if first == port && last == port + 9)
    );
    let mut listeners = listeners;
    drop(listeners.pop());
    assert_eq!(start().unwrap().port(), port + 9);
}

#[test]
fn a_web_socket_speaks_the_same() {
    let stage = Stage::start();
    stage.show(&[(1, "H_A")]);
    let ask = |path: &str| {
        let address = format!("ws://127.0.0.1:{}{path}", stage.port());
        tungstenite::client(address, stage.connect()).map_err(|error| error.to_string())
    };
    let (mut socket, _) = ask("/v1/stream?moves=no").unwrap();
    let mut next = || -> Event {
        loop {
            match socket.read().unwrap() {
                tungstenite::Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                tungstenite::Message::Pong(_) => {}
                other => panic!("{other:?} was not expected"),
            }
        }
    };
    assert!(matches!(next(), Event::Snapshot(_)));
    wait_until("the watcher is there", || stage.broadcast.subscribers() == 1);
    stage.show(&[(2, "S_A"), (1, "H_A")]);
    assert!(matches!(next(), Event::Appear { card, .. } if card.track == 2), "the move is left out");
    stage.show(&[(1, "H_A")]);
    assert!(matches!(next(), Event::Leave { track: 2, .. }));
    socket.close(None).unwrap();
    wait_until("the socket closes from both sides", || socket.read().is_err());
    assert!(ask("/v1/nothing").is_err());
}

#[test]
fn foreign_pages_are_refused_over_the_wire() {
    let stage = Stage::start();
    let ask =
        |host: &str, more: &str| stage.raw(&format!("GET /v1/cards HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"));
    let own = format!("127.0.0.1:{}", stage.port());
    assert!(ask(&own, "").starts_with("HTTP/1.1 200 OK\r\nServer: balatro-lens\r\n"));
    assert!(ask("rebound.example", "").starts_with("HTTP/1.1 403"));
    assert!(ask(&own, "Origin: https://evil.example\r\n").starts_with("HTTP/1.1 403"));
    let same = ask(&own, &format!("Origin: http://{own}\r\n"));
    assert!(same.contains(&format!("Access-Control-Allow-Origin: http://{own}\r\n")), "{same}");
}

#[test]
fn those_who_send_too_much_or_nonsense_are_refused() {
    let stage = Stage::start();
    assert!(stage.raw("hello\r\n\r\n").starts_with("HTTP/1.1 400"));
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let answer = stage.raw(&long);
    // Closing on somebody who still sends may lose the answer; what counts is that it is not read
    // to the end.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer:.60}");
    stage.show(&[(1, "H_A")]);
    assert!(stage.client().is_card_displayed("H_A").unwrap(), "others are served on");
}

#[test]
fn those_who_say_nothing_take_no_place_for_ever() {
    let stage = Stage::start();
    let silent: Vec<TcpStream> = (0..MAX_CONNECTIONS).map(|_| stage.connect()).collect();
    let refused = stage.raw("GET /v1 HTTP/1.1\r\n\r\n");
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 503"), "{refused:.60}");
    let mut answer = String::new();
    (&silent[0]).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer:.60}");
    wait_until("places are free again", || stage.client().cards().is_ok());
}

#[test]
fn whoever_is_let_go_hears_of_it_at_once() {
    let stage = Stage::start();
    let host = format!("127.0.0.1:{}", stage.port());
    // No other program connects meanwhile.
    let ended = |mut stream: TcpStream, what: &str| {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let read = std::io::copy(&mut stream, &mut std::io::sink());
        let kind = read.err().map(|error| error.kind());
        assert!(kind.is_none_or(|kind| kind == ErrorKind::ConnectionReset), "{what}: {kind:?}");
    };
    let half = stage.connect();
    (&half).write_all(b"GET /v1").unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    ended(half, "half a request");
    let talker = stage.connect();
    let request = format!("GET /v1/stream HTTP/1.1\r\nHost: {host}\r\n\r\n");
    (&talker).write_all(request.as_bytes()).unwrap();
    wait_until("it watches", || stage.broadcast.subscribers() == 1);
    (&talker).write_all(b"and I say").unwrap();
    ended(talker, "a reader that talks");
}

#[test]
fn streams_leave_places_for_those_who_ask_once() {
    let stage = Stage::start();
    stage.show(&[(1, "H_A")]);
    let client = stage.client();
    let mut streams: Vec<_> = (0..MAX_STREAMS).map(|_| client.watch().unwrap()).collect();
    assert!(matches!(client.watch(), Err(ClientError::Refused { status: 503, .. })));
    assert!(client.is_card_displayed("H_A").unwrap());
    drop(streams.pop());
    wait_until("a place is free again", || {
        // A reader that has left is noticed when it is asked.
        client.watch().is_ok()
    });
}

#[test]
fn an_answer_that_nobody_takes_ends_in_time() {
    let stage = Stage::start();
    let mut stream = stage.connect();
    let host = format!("127.0.0.1:{}", stage.port());
    stream.write_all(format!("GET /v1 HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
    let start = Instant::now();
    // One byte after the other, for ever.
    while stream.write_all(b"x").is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5), "bytes that trickle in keep the connection open");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_port_file_that_was_left_behind_is_not_believed() {
    let stage = Stage::start();
    let data = stage.data.path();
    let Ok(Claim::First(instance)) = overlay::desktop::instance::claim(data) else { panic!("it is free") };
    assert!(stage.client().cards().is_ok());
    drop(instance);
    let answer = Client::find_in(data);
    assert!(matches!(answer, Err(ClientError::NotRunning(_))), "its overlay has ended: {answer:?}");
}

#[test]
fn a_reader_that_stops_reading_is_let_go_and_nobody_waits_for_it() {
    let stage = Stage::start();
    let mut slow = stage.connect();
    let host = format!("127.0.0.1:{}", stage.port());
    slow.write_all(format!("GET /v1/stream HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
    wait_until("it watches", || stage.broadcast.subscribers() == 1);
    let cards: Vec<(u64, &str)> = (0..60).map(|track| (track, "H_A")).collect();
    let mut longest = Duration::ZERO;
    let mut told = 0;
    wait_until("it is let go", || {
        told += 2;
        let start = Instant::now();
        stage.show(&cards);
        stage.show(&[]);
        longest = longest.max(start.elapsed());
        stage.broadcast.subscribers() == 0
    });
    assert!(longest < Duration::from_secs(1), "publishing waited {longest:?}");
    // A lively table tells thirty moments a second.
    assert!(told < 1000, "it was let go after {told} moments only");
    let mut rest = Vec::new();
    let read = slow.read_to_end(&mut rest);
    assert!(
        read.is_ok() || read.unwrap_err().kind() == ErrorKind::ConnectionReset,
        "it hears that it was let go"
    );
    assert!(stage.client().cards().is_ok());
}

#[test]
fn the_python_example_works() {
    let python = ["python3", "python"]
        .into_iter()
        .find(|name| Process::new(name).arg("--version").output().is_ok_and(|it| it.status.success()));
    let Some(python) = python else {
        println!("SKIPPED: Python is not installed");
        return;
    };
    let stage = Stage::start();
    stage.show(&[(1, "H_A")]);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/displayed.py");
    let run = |card: &str| {
        let mut command = Process::new(python);
        command.arg(&example).arg(card).env("BALATRO_LENS_DATA", stage.data.path());
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    assert_eq!(run("H_A"), (true, "yes".to_owned()));
    assert_eq!(run("H_2"), (true, "no".to_owned()));
    assert!(!run("no_such_card").0);
}

#[test]
fn the_commands_answer_by_exit_code() {
    let mut stage = Stage::start();
    stage.show(&[(1, "H_A")]);
    let data = stage.data.path().to_owned();
    let run = |arguments: &[&str]| {
        let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
        let output = command.args(arguments).env("BALATRO_LENS_DATA", &data).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    assert_eq!(run(&["displayed", "H_A"]), (Some(0), "displayed".into()));
    assert_eq!(run(&["displayed", "H_2"]), (Some(1), "not displayed".into()));
    assert_eq!(run(&["displayed", "h_2"]).0, Some(2));
    let (code, line) = run(&["watch", "--lines", "1"]);
    assert_eq!(code, Some(0));
    assert!(matches!(serde_json::from_str(&line), Ok(Event::Snapshot(_))), "{line}");
    for (card, code) in [("H_A", 0), ("H_2", 1)] {
        assert_eq!(run(&["displayed", card, "--quiet"]), (Some(code), String::new()));
    }
    assert_eq!(run(&["tell", "pause"]).0, Some(0));
    assert_eq!(stage.events.recv().unwrap(), AppEvent::Command(Command::Pause));
    stage.server = None;
    assert_eq!(run(&["displayed", "H_A"]).0, Some(2), "nobody can be asked");
}

/// A card that only moves is told to whoever asks for it, and to nobody else.
#[test]
fn moves_are_watched_where_that_is_asked_for() {
    let stage = Stage::start();
    stage.show(&[(1, "H_A")]);
    let watch = |options: &[&str]| {
        let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
        command.args(["watch", "--lines", "2"]).args(options);
        command.env("BALATRO_LENS_DATA", stage.data.path()).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let second = |child: Child| {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        lines[1].to_owned()
    };
    let (plain, with_moves) = (watch(&[]), watch(&["--moves"]));
    wait_until("both watch", || stage.broadcast.subscribers() == 2);
    let cards = |left: f32| {
        let quad = Quad::from_rect(Rect::ltwh(left, 50.0, 71.0, 95.0));
        [track(1, known("H_A", 0.9), quad)]
    };
    let publish = |tracks: &[Track]| {
        stage.broadcast.publish(State::Watching, [1280, 720], tracks, &synth::practice::catalogue());
    };
    publish(&cards(400.0));
    publish(&[]);
    let (plain, with_moves) = (second(plain), second(with_moves));
    let event = |line: &str| serde_json::from_str(line).unwrap();
    assert!(matches!(event(&with_moves), Event::Move { track: 1, .. }), "{with_moves}");
    assert!(matches!(event(&plain), Event::Leave { track: 1, .. }), "{plain}");
}

/// Marks the child of the test below.
const CHILD: &str = "BALATRO_LENS_TEST_CHILD";

#[test]
fn the_client_looks_where_the_overlay_writes() {
    assert_eq!(lens_client::data_folder(), lens_core::paths::data());
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    // The rule reads the current folder and the environment, which only a process of its own may
    // change.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("data/catalogues")).unwrap();
    let below = folder.path().join("some/where");
    std::fs::create_dir_all(&below).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for (current, variable) in
        [(below.as_path(), None), (elsewhere.path(), None), (elsewhere.path(), Some(folder.path()))]
    {
        let mut child = Process::new(std::env::current_exe().unwrap());
        child.args(["--exact", "the_client_looks_where_the_overlay_writes"]).env(CHILD, "1");
        child.current_dir(current).env_remove("BALATRO_LENS_DATA");
        child.envs(variable.map(|folder| ("BALATRO_LENS_DATA", folder)));
        let output = child.output().unwrap();
        assert!(
            output.status.success(),
            "{current:?} {variable:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}
