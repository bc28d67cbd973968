//! Events to one reader: over a WebSocket, or as lines of JSON that any program can read.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use lens_client::api::Event;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};
use tungstenite::{Message, WebSocket};

use super::broadcast::Subscriber;
use super::request;
use super::routes::Streaming;

/// How often a reader that hears nothing is asked whether it is still there.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// What readers may send; nobody listens to it.
const MAX_MESSAGE: usize = 4 << 10;

/// Sends what happens until the reader leaves, is too slow, or the overlay ends.
///
/// # Errors
/// When the connection breaks; most readers leave that way.
pub fn run(stream: TcpStream, subscriber: Subscriber, streaming: &Streaming) -> io::Result<()> {
    let mut reader = Reader::greet(stream, streaming)?;
    let Subscriber { snapshot, events: news, broadcast } = subscriber;
    reader.send(&[Event::Snapshot(snapshot)])?;
    let mut looked = Instant::now();
    loop {
        match news.recv_timeout(CHECK_INTERVAL) {
            Ok(events) if streaming.moves => reader.send(&events)?,
            Ok(events) => {
                let names: Vec<Event> =
                    events.iter().filter(|event| !matches!(event, Event::Move { .. })).cloned().collect();
                reader.send(&names)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return reader.end(),
        }
        if looked.elapsed() >= CHECK_INTERVAL {
            looked = Instant::now();
            // The game may be another one than at the beginning.
            broadcast.read_texts();
            if reader.has_left()? {
                return Ok(());
            }
        }
    }
}

enum Reader {
    Socket(Box<WebSocket<TcpStream>>),
    Lines(TcpStream),
}

impl Reader {
    fn greet(mut stream: TcpStream, streaming: &Streaming) -> io::Result<Self> {
        let mut headers = Vec::new();
        let status = match &streaming.socket_key {
            Some(key) => {
                headers.push(("Upgrade", "websocket".to_owned()));
                headers.push(("Connection", "Upgrade".to_owned()));
                headers.push(("Sec-WebSocket-Accept", derive_accept_key(key.as_bytes())));
                101
            }
            None => {
                headers.push(("Content-Type", "application/x-ndjson".to_owned()));
                headers
                    .extend(streaming.origin.clone().map(|origin| ("Access-Control-Allow-Origin", origin)));
                200
            }
        };
        let mut head = request::head(status, &headers);
        head.extend(b"\r\n");
        stream.write_all(&head)?;
        if streaming.socket_key.is_none() {
            return Ok(Self::Lines(stream));
        }
        Ok(Self::Socket(Box::new(socket(stream))))
    }

    fn send(&mut self, events: &[Event]) -> io::Result<()> {
        let json = |event: &Event| serde_json::to_string(event).map_err(io::Error::other);
        match self {
            Self::Lines(stream) => {
                let mut text = String::new();
                for event in events {
                    text += &json(event)?;
                    text.push('\n');
                }
                stream.write_all(text.as_bytes())
            }
            Self::Socket(socket) => {
                for event in events {
                    socket.write(Message::text(json(event)?)).map_err(broken)?;
                }
                socket.flush().map_err(broken)
            }
        }
    }

    /// Reads what the reader sent, which matters to nobody, to find out whether it is still there.
    fn has_left(&mut self) -> io::Result<bool> {
        match self {
            Self::Lines(stream) => {
                stream.set_nonblocking(true)?;
                let peeked = stream.peek(&mut [0]);
                stream.set_nonblocking(false)?;
                match peeked {
                    Ok(0) => Ok(true),
                    // It has nothing to say: whoever talks on is no reader.
                    Ok(_) => Err(io::Error::other("the reader sends what nobody asked for")),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
                    Err(error) => Err(error),
                }
            }
            Self::Socket(socket) => {
                socket.get_ref().set_nonblocking(true)?;
                let read = read_all(socket);
                socket.get_ref().set_nonblocking(false)?;
                let has_left = read?;
                if !has_left {
                    socket.flush().map_err(broken)?;
                }
                Ok(has_left)
            }
        }
    }

    fn end(mut self) -> io::Result<()> {
        if let Self::Socket(socket) = &mut self {
            let reason = "the overlay ends, or you read too slowly".into();
            socket.close(Some(CloseFrame { code: CloseCode::Away, reason })).map_err(broken)?;
            socket.flush().map_err(broken)?;
        }
        Ok(())
    }
}

/// The server's end of a WebSocket over this stream.
pub fn socket<S: Read + Write>(stream: S) -> WebSocket<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(MAX_MESSAGE)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    WebSocket::from_raw_socket(stream, Role::Server, Some(config))
}

/// Reads what is there to be read, over a stream that does not wait. Returns whether the reader has
/// said goodbye.
///
/// # Errors
/// When the connection is broken, what comes is no WebSocket, or it has no end.
pub fn read_all<S: Read + Write>(socket: &mut WebSocket<S>) -> io::Result<bool> {
    // A flood of messages does not keep this thread for ever.
    match (0..64).try_for_each(|_| socket.read().map(drop)) {
        Ok(()) => Err(io::Error::other("the reader sends what nobody asked for")),
        Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(tungstenite::Error::ConnectionClosed) => Ok(true),
        Err(error) => Err(broken(error)),
    }
}

fn broken(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
