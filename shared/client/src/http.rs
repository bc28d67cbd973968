//! The little of HTTP that a client of the overlay needs: one request for each connection, an
//! answer that ends with it or has a length.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long the overlay may take to answer.
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
    pub(super) body: BufReader<TcpStream>,
}

/// Asks once; the server closes the connection after its answer.
pub(super) fn ask(
    mut stream: TcpStream,
    address: SocketAddr,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> io::Result<Answer> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
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
    stream.write_all(request.as_bytes())?;
    let mut body = BufReader::new(stream);
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
    use super::*;

    #[test]
    fn nothing_in_an_id_can_leave_its_path() {
        assert_eq!(encoded("j_blueprint"), "j_blueprint");
        assert_eq!(encoded("a/../b?c d\r\n"), "a%2F..%2Fb%3Fc%20d%0D%0A");
        assert_eq!(encoded("ä"), "%C3%A4");
    }
}
