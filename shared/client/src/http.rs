//! The little of HTTP that a client of the overlay needs: one request for each connection, an
//! answer that ends with it or has a length.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long the overlay may take to answer, from the first attempt to connect to the last byte.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest head of an answer.
const MAX_HEAD: u64 = 16 << 10;

#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    Get,
    Post,
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) server: Option<String>,
    pub(super) body: BufReader<Connection>,
}

/// A connection whose answer must be here in time. One deadline for all of it: bytes that trickle
/// in do not move it.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    deadline: Option<Instant>,
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let deadline = Some(Instant::now() + TIMEOUT);
        Ok(Self { stream: TcpStream::connect_timeout(&address, TIMEOUT)?, deadline })
    }

    /// From now on nothing has to come: events may be hours apart.
    pub(super) fn wait_for_ever(&mut self) {
        self.deadline = None;
    }

    /// The time that is left; `None` is any time.
    fn left(&self) -> io::Result<Option<Duration>> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write_all(bytes).map_err(late)
    }
}

impl Read for Connection {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into).map_err(late)
    }
}

/// Unix says of a time that has passed that something would block.
fn late(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Asks once; the server closes the connection after its answer.
pub(super) fn ask(
    mut connection: Connection,
    address: SocketAddr,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> io::Result<Answer> {
    let method = match method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if let Some(token) = token {
        // A line break in the token would be a header of its own.
        let plain: String = token.chars().filter(char::is_ascii_graphic).collect();
        request += &format!("Authorization: Bearer {plain}\r\n");
    }
    if !body.is_empty() {
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body;
    connection.send(request.as_bytes())?;
    let mut body = BufReader::new(connection);
    let mut head = (&mut body).take(MAX_HEAD);
    let mut next = || -> io::Result<String> {
        let mut line = String::new();
        head.read_line(&mut line)?;
        if line.ends_with('\n') { Ok(line.trim_end().to_owned()) } else { Err(wrong("it ended too early")) }
    };
    let first = next()?;
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let status = status.ok_or_else(|| wrong("it is not HTTP/1.1"))?;
    let mut server = None;
    loop {
        let line = next()?;
        if line.is_empty() {
            return Ok(Answer { status, server, body });
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("server")
        {
            server = Some(value.trim().to_owned());
        }
    }
}

/// Text as a part of a path.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let piece = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(piece).collect()
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer makes no sense: {what}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_answer_that_trickles_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            // Each byte comes well within any time limit of its own.
            while stream.write_all(b"H").is_ok() {
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let begin = Instant::now();
        let connection = Connection::open(address).unwrap();
        let error = ask(connection, address, Method::Get, "/v1", None, "").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
        assert!(begin.elapsed() < TIMEOUT * 2, "{:?}", begin.elapsed());
        server.join().unwrap();
    }

    #[test]
    fn nothing_in_an_id_can_leave_its_path() {
        assert_eq!(encoded("j_blueprint"), "j_blueprint");
        assert_eq!(encoded("a/../b?c d\r\n"), "a%2F..%2Fb%3Fc%20d%0D%0A");
        assert_eq!(encoded("ä"), "%C3%A4");
    }
}
