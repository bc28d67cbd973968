//! Answers of a server that is no overlay, or a broken one: an error, but no panic, no endless wait
//! and no memory without bound.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use lens_client::Client;
use lens_client::api::PortFile;
use mutation::fuzz;

const CARD: &str = r#"{"track": 7, "id": "j_blueprint", "name": "Blueprint", "type": "Joker", "rarity": "Rare",
    "mod": {"id": "garden", "name": "Garden", "kind": "Plant"}, "confidence": 0.99,
    "modifiers": {"edition": "foil", "stickers": ["eternal"], "debuffed": false},
    "quad": [[1, 2], [30, 2], [30, 40], [1.5, 40]], "guesses": [{"id": "j_joker", "name": "Joker", "probability": 0.1}]}"#;

/// Answers each connection with the next bytes, whatever it is asked.
fn server(listener: &TcpListener, answers: &Receiver<Vec<u8>>) {
    for bytes in answers {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
            head.push(byte[0]);
        }
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        // Until the client has read it.
        let _ = stream.read_to_end(&mut head);
    }
}

#[test]
fn answers() {
    let head = |status: &str| {
        format!("HTTP/1.1 {status}\r\nServer: balatro-lens\r\nContent-Type: application/json\r\n\r\n")
    };
    let card = CARD.replace('\n', " ");
    let cards =
        format!(r#""format": 1, "sequence": 7, "state": "watching", "frame": [640, 360], "cards": [{card}]"#);
    let events = [
        format!(r#"{{"event": "snapshot", {cards}}}"#),
        format!(r#"{{"event": "appear", "sequence": 8, "card": {card}}}"#),
        r#"{"event": "leave", "sequence": 9, "track": 7, "id": "j_blueprint"}"#.to_owned(),
    ];
    let displayed = format!(
        r#"{{"id": "j_blueprint", "name": "Blueprint", "displayed": true, "state": "watching", "cards": [{card}]}}"#
    );
    let seeds = [
        head("200 OK") + &format!("{{{cards}}}"),
        head("200 OK") + &displayed,
        head("200 OK") + &events.join("\n") + "\n",
        head("404 Not Found") + r#"{"error": "no such card"}"#,
        "HTTP/1.1 200 OK\r\nServer: another\r\n\r\nhello".to_owned(),
    ]
    .map(String::into_bytes);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, answers): (SyncSender<Vec<u8>>, _) = sync_channel(1);
    let serving = thread::spawn(move || server(&listener, &answers));
    let place = tempfile::tempdir().unwrap();
    let client = Client::at(address, place.path());
    let (mut count, mut understood) = (0, 0);
    fuzz("answer", &seeds, |bytes| {
        answer.send(bytes.to_vec()).unwrap();
        count += 1;
        let begun = Instant::now();
        understood += usize::from(match (count - 1) % 3 {
            0 => client.cards().is_ok(),
            1 => client.displayed("j_joker").is_ok(),
            _ => client.watch().is_ok_and(|events| {
                // Lines that are no events do not end it; the connection does.
                events.take(1000).filter(Result::is_ok).count() > 0
            }),
        });
        assert!(begun.elapsed() < Duration::from_secs(4), "it waits for what never comes");
    });
    drop(answer);
    serving.join().unwrap();
    assert!(understood >= 3 && understood < count, "{understood} of {count} understood");
}

#[test]
fn port_files() {
    let place = tempfile::tempdir().unwrap();
    let path = PortFile::path(place.path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let seeds = [br#"{"format": 1, "port": 4000, "pid": 17, "version": "0.1.0"}"#.to_vec(), b"{}".to_vec()];
    fuzz("port-file", &seeds, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let _ = Client::find_in(place.path());
    });
}
