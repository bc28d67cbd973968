//! Bytes to a request, and an answer to bytes. No sockets: the bytes come as a slice.
//!
//! As much of HTTP/1.1 (RFC 9112) as programs on the same machine need: no chunked bodies, one
//! request for each connection.

/// Longest head of a request.
pub const MAX_HEAD: usize = 8 << 10;
/// Longest body of a request.
pub const MAX_BODY: usize = 16 << 10;
/// Most header lines.
const MAX_HEADERS: usize = 48;

/// A request, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path without the query, decoded.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request that is not read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRequest {
    /// Status of the answer.
    pub status: u16,
    /// What is wrong.
    pub reason: &'static str,
}

impl Request {
    /// Reads a request; `None` while more bytes are needed.
    ///
    /// # Errors
    /// When it never will be one that is understood.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, BadRequest> {
        let wrong = |status, reason| Err(BadRequest { status, reason });
        let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut lines);
        let head = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if bytes.len() >= MAX_HEAD => {
                return wrong(431, "the head of the request is too long");
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return wrong(431, "there are too many headers"),
            Err(_) => return wrong(400, "this is no HTTP request"),
        };
        if head > MAX_HEAD {
            return wrong(431, "the head of the request is too long");
        }
        let mut headers = Vec::new();
        for header in parsed.headers.iter() {
            let Ok(value) = std::str::from_utf8(header.value) else {
                return wrong(400, "a header is not text");
            };
            headers.push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (method, target) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
        let Some((path, query)) = parse_target(target) else {
            return wrong(400, "the path of the request makes no sense");
        };
        let mut request = Self { method: method.to_owned(), path, query, headers, body: Vec::new() };
        if request.header("transfer-encoding").is_some() {
            return wrong(411, "send the body with a Content-Length");
        }
        let length = match request.all("content-length").collect::<Vec<_>>()[..] {
            [] => Some(0),
            // `parse` alone would take "+5".
            [length] => length.parse().ok().filter(|_| length.bytes().all(|byte| byte.is_ascii_digit())),
            _ => None,
        };
        match length {
            None => wrong(400, "the Content-Length makes no sense"),
            Some(length) if length > MAX_BODY => wrong(413, "the body is too long"),
            Some(length) if bytes.len() - head < length => Ok(None),
            Some(length) => {
                request.body = bytes[head..head + length].to_vec();
                Ok(Some(request))
            }
        }
    }

    /// A header, when it is there exactly once.
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut all = self.all(name);
        let first = all.next();
        first.filter(|_| all.next().is_none())
    }

    /// Every value of a header.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

type Target = (String, Vec<(String, String)>);

fn parse_target(target: &str) -> Option<Target> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = decoded(path)?;
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
    };
    let query = query.split('&').filter(|it| !it.is_empty()).map(pair).collect::<Option<_>>()?;
    path.starts_with('/').then_some((path, query))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// `200` and so on.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON.
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("what is told consists of plain structs");
        Self { status, headers: vec![("Content-Type", "application/json".into())], body }
    }

    /// A refusal that says why.
    pub fn refusal(status: u16, error: impl Into<String>) -> Self {
        Self::json(status, &lens_client::api::Refused { error: error.into() })
    }

    /// As it is sent. The body ends with the connection.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = head(self.status, &self.headers);
        bytes.extend(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend(&self.body);
        bytes
    }
}

/// The first lines of an answer, without the empty line that ends them.
pub fn head(status: u16, headers: &[(&'static str, String)]) -> Vec<u8> {
    let reason = match status {
        101 => "Switching Protocols",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Other",
    };
    let mut text = format!("HTTP/1.1 {status} {reason}\r\nServer: {}\r\n", lens_client::api::SERVER);
    if status != 101 {
        // Other origins may neither read this nor guess what it is.
        text += "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
                 Cross-Origin-Resource-Policy: same-origin\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, want: Result<Option<&str>, u16>) {
        let answer = Request::parse(bytes.as_bytes());
        let path = answer.as_ref().map(|it| it.as_ref().map(|it| it.path.as_str()));
        assert_eq!(path.map_err(|error| error.status), want, "{bytes}");
    }

    #[test]
    fn requests_are_whole_unfinished_or_refused() {
        check("GET /v1/cards HTTP/1.1\r\nHost: x\r\n\r\n", Ok(Some("/v1/cards")));
        check("GET /a%20b?c=%C3%A4 HTTP/1.1\r\n\r\n", Ok(Some("/a b")));
        check("GET / HTTP/1.1\r\nHost", Ok(None));
        check("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", Ok(None));
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", Ok(Some("/")));
        check("POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", Err(400));
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", Err(400));
        check("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", Err(413));
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Err(411));
        check("GET /%zz HTTP/1.1\r\n\r\n", Err(400));
        check("GET /%ff HTTP/1.1\r\n\r\n", Err(400));
        check("GET /%+1 HTTP/1.1\r\n\r\n", Err(400));
        check("GET http://elsewhere/ HTTP/1.1\r\n\r\n", Err(400));
        check("\u{16}\u{3}\u{1}\u{2}", Err(400));
        check(&format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(MAX_HEAD)), Err(431));
        check(&format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(MAX_HEADERS + 1)), Err(431));
    }
}
