//! What other programs send to the API, recordings that somebody else made, and files of the game.

#[path = "../../shared/lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::time::Instant;

use lens_client::api::State;
use mutation::fuzz;
use overlay::api::auth::Auth;
use overlay::api::broadcast::Broadcast;
use overlay::api::request::{MAX_BODY, MAX_HEAD, Request};
use overlay::api::routes::{self, Answer};
use overlay::api::stream;
use overlay::capture::recording;
use overlay::run::replay::{compare, timeline::Timeline};
use overlay::tooltips::Localisation;

#[test]
fn settings() {
    let seeds = [
        include_str!("../src/settings/overlay.toml"),
        "[api]\nport = 1\norigins = []\n[hotkeys]\npause = \"F9\"\n",
    ]
    .map(|text| text.as_bytes().to_vec());
    let mut refused = 0;
    fuzz("settings", &seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Err(mistake) = overlay::settings::parse(&text) else { return };
        refused += 1;
        let lines = text.lines().count().max(1);
        assert!(
            mistake.line.is_none_or(|line| (1..=lines + 1).contains(&line)),
            "{mistake:?} of {lines} lines"
        );
    });
    assert!(refused > 20, "only {refused} were refused");
}

#[test]
fn requests() {
    let token = "0123456789abcdef";
    let command = r#"{"command":"toggle"}"#;
    let post = format!(
        "POST /v1/commands HTTP/1.1\r\nHost: 127.0.0.1:4000\r\nAuthorization: Bearer {token}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{command}",
        command.len()
    );
    let seeds: Vec<Vec<u8>> = [
        "GET /v1/cards HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n",
        "GET /v1/cards/H_A?x=%20+y&z HTTP/1.1\r\nHost: localhost:4000\r\nOrigin: http://localhost:4000\r\n\r\n",
        "GET /v1/stream?moves=no HTTP/1.1\r\nHost: [::1]:4000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "GET /overlay?view=boxes HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n",
        &post,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    let broadcast = Broadcast::default();
    broadcast.publish(State::Watching, [640, 360], &[], &synth::practice::catalogue());
    let auth = Auth::new(4000, Vec::new(), Some(token.into()));
    let mut answered = 0;
    fuzz("request", &seeds, |bytes| {
        let whole = Request::parse(bytes);
        if let Ok(None) = &whole {
            assert!(bytes.len() <= MAX_HEAD + MAX_BODY, "it would be waited for without end");
        }
        let Ok(Some(request)) = whole else { return };
        let more = [bytes, b"GET /"].concat();
        assert_eq!(
            Request::parse(&more).as_ref(),
            Ok(&Some(request.clone())),
            "what follows changes nothing"
        );
        answered += 1;
        match routes::answer(&request, &broadcast, &auth, Instant::now(), &|_| true) {
            Answer::Plain(response) => {
                let bytes = response.bytes();
                assert!(bytes.starts_with(b"HTTP/1.1 ") && (200..600).contains(&response.status));
                let head = bytes.windows(4).position(|it| it == b"\r\n\r\n").expect("the head ends");
                assert!(!bytes[..head].contains(&0), "nothing of the request leaks into the head");
            }
            Answer::Stream(streaming) => {
                let own = |origin: &String| origin.starts_with("http://");
                assert!(streaming.origin.iter().all(own));
            }
        }
    });
    assert!(answered >= seeds.len());
}

#[test]
fn recordings() {
    let seeds = [
        b"{\"millis\":0,\"file\":\"000000.png\"}\n{\"millis\":40,\"file\":null}\n{\"millis\":80,\"file\":\"b.png\"}\n"
            .to_vec(),
    ];
    fuzz("recording", &seeds, |bytes| {
        let Ok(moments) = recording::parse(&String::from_utf8_lossy(bytes)) else { return };
        assert!(moments.is_sorted_by_key(|moment| moment.millis));
        for file in moments.iter().filter_map(|moment| moment.file.as_ref()) {
            let path = std::path::Path::new("folder").join(file);
            assert_eq!(path.parent(), Some(std::path::Path::new("folder")), "{file:?} leaves the folder");
        }
    });
}

#[test]
fn timelines() {
    let golden = include_bytes!("golden/replay.json");
    // The beginning is enough, and quicker.
    let lines: Vec<&[u8]> = golden.split(|byte| *byte == b'\n').take(4).collect();
    let mut short = lines.join(&b'\n');
    short.truncate(short.len() - 1);
    short.extend(b"]}");
    let wanted = Timeline::parse(std::str::from_utf8(&short).unwrap()).unwrap();
    assert!(!wanted.moments.is_empty());
    fuzz("timeline", &[short], |bytes| {
        let Ok(found) = Timeline::parse(&String::from_utf8_lossy(bytes)) else { return };
        let _ = compare::compare(&wanted, &found).to_string();
    });
}

/// What a reader of the stream sends, and nothing after it for now.
struct Sent {
    bytes: Cursor<Vec<u8>>,
    answered: usize,
}

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(buffer)? {
            0 if !buffer.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answered += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn web_sockets() {
    // As RFC 6455 has them: masked by zeros, which changes nothing.
    let masked = |first: u8, content: &[u8]| {
        let length = match content.len() {
            short @ 0..126 => vec![0x80 | short as u8],
            long => [&[0x80 | 126][..], &(long as u16).to_be_bytes()].concat(),
        };
        [&[first][..], &length, &[0; 4], content].concat()
    };
    let (text, ping, close) = (masked(0x81, b"hello"), masked(0x89, b"?"), masked(0x88, &[3, 232]));
    let parts = [masked(0x01, b"he"), masked(0x80, b"llo"), masked(0x82, &[7; 300])].concat();
    let seeds = [text.clone(), ping.clone(), close.clone(), parts, [text, ping, close].concat()];
    let (mut left, mut refused) = (0, 0);
    fuzz("web-socket", &seeds, |bytes| {
        let mut socket = stream::socket(Sent { bytes: Cursor::new(bytes.to_vec()), answered: 0 });
        match stream::read_all(&mut socket) {
            Ok(has_left) => left += usize::from(has_left),
            Err(_) => refused += 1,
        }
        let _ = socket.flush();
        let answered = socket.get_ref().answered;
        assert!(answered <= 8 * bytes.len() + 200, "{answered} bytes are answered to {}", bytes.len());
    });
    assert!(left > 0 && refused > 0, "{left} left, {refused} refused");
}

#[test]
fn texts_of_the_game() {
    let texts = r##"-- texts
return { descriptions = { Joker = { x_owl = { name = "Owl", text = { "{C:mult}+#1#{} Mult", [[long]], {"a", 'b'}, } } },
    Edition = { e_foil = { name = "Foil", text = {"{C:chips}+#1#{} chips"} } } }, misc = { [7] = -1.5e3, on = true, f = g("}") .. "x" } }"##;
    let rules = "function Game:init()\n  self.P_CENTERS = {\n    x_owl = {config = {extra = 4}, pos = {x = 0, y = 1}},\n  }\nend";
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("localization")).unwrap();
    let catalogue = synth::practice::catalogue();
    let mut told = 0;
    fuzz("lua-tables", &[texts.into(), rules.into()], |bytes| {
        let is_rules = bytes.windows(9).any(|it| it == b"P_CENTERS");
        let (own, other) = if is_rules { (texts.as_bytes(), bytes) } else { (bytes, rules.as_bytes()) };
        fs::write(place.path().join("localization/en-us.lua"), own).unwrap();
        fs::write(place.path().join("game.lua"), other).unwrap();
        let read = Localisation::open(place.path(), "en-us");
        let lines = read.text("x_owl", &catalogue);
        told += usize::from(!lines.is_empty());
        assert!(lines.len() <= own.len(), "{} lines of {} bytes", lines.len(), own.len());
    });
    assert!(told > 0);
}
