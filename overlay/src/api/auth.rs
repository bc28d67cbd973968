//! Who may ask, and how often.
//!
//! Any web page can send requests to this machine. What keeps it out: the address that the browser
//! thinks it speaks to (`Host`, against names that are rebound to the loopback address), the page
//! that asks (`Origin`), and for commands a secret that only programs of the same user can read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::request::{Request, Response};

/// Commands that may come at once.
const BURST: f32 = 8.0;
/// Commands a second in the long run.
const RATE: f32 = 4.0;

/// Who may ask one server, and how often.
#[derive(Debug)]
pub struct Auth {
    port: u16,
    origins: Vec<String>,
    token: Option<String>,
    rate_limit: Mutex<RateLimit>,
}

#[derive(Debug)]
struct RateLimit {
    left: f32,
    counted: Instant,
}

impl Auth {
    /// For a server on this port; without a token no command is allowed.
    pub fn new(port: u16, origins: Vec<String>, token: Option<String>) -> Self {
        Self {
            port,
            origins,
            token,
            rate_limit: Mutex::new(RateLimit { left: BURST, counted: Instant::now() }),
        }
    }

    /// The origin to name in the answer, when a web page asks.
    ///
    /// # Errors
    /// The refusal, when the request must not be answered.
    pub fn admit(&self, request: &Request) -> Result<Option<String>, Response> {
        let host = request.header("host").unwrap_or_default();
        if !self.is_own(host) {
            let port = self.port;
            return Err(Response::refusal(403, format!("ask for http://127.0.0.1:{port}, not for {host:?}")));
        }
        // A page can load a script or a frame without naming itself; browsers say where it is from.
        let site = request.header("sec-fetch-site").unwrap_or("none");
        match request.all("origin").collect::<Vec<_>>()[..] {
            [] if ["none", "same-origin"].contains(&site) => Ok(None),
            [origin] if self.is_admitted(origin) => Ok(Some(origin.to_owned())),
            _ => Err(Response::refusal(
                403,
                "pages of this origin may not ask; add it to `origins` under [api] in overlay.toml",
            )),
        }
    }

    /// Whether a command may be given now.
    ///
    /// # Errors
    /// The refusal, when it may not.
    pub fn admit_command(&self, request: &Request, now: Instant) -> Result<(), Response> {
        let Some(token) = &self.token else {
            return Err(Response::refusal(403, "commands are off: the token could not be written"));
        };
        let given = request.header("authorization").and_then(|it| it.strip_prefix("Bearer ")).unwrap_or("");
        if !is_same(given.as_bytes(), token.as_bytes()) {
            return Err(Response::refusal(
                401,
                "commands need the header `Authorization: Bearer TOKEN`; the token is in data/api-token",
            ));
        }
        let mut rate_limit = self.rate_limit.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(rate_limit.counted);
        rate_limit.left = (rate_limit.left + passed.as_secs_f32() * RATE).min(BURST);
        rate_limit.counted = now;
        if rate_limit.left < 1.0 {
            return Err(Response::refusal(429, format!("at most {RATE} commands a second")));
        }
        rate_limit.left -= 1.0;
        Ok(())
    }

    fn is_own(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            // Programs that speak to port 80 leave it out; nothing of ours is there.
            _ => (host, None),
        };
        port == Some(self.port) && ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    }

    fn is_admitted(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.is_own(host))
            || self.origins.iter().any(|it| it == origin)
    }
}

/// Takes equally long wherever the first difference is.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// How long a whole request may take to arrive.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn auth() -> Auth {
        Auth::new(4000, vec!["https://widgets.example".into()], Some("secret".into()))
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Request { headers, ..Request::default() }
    }

    #[track_caller]
    fn check(headers: &[(&str, &str)], want: Result<Option<&str>, u16>) {
        let answer = auth().admit(&request(headers));
        assert_eq!(answer.map_err(|it| it.status), want.map(|it| it.map(str::to_owned)), "{headers:?}");
    }

    #[test]
    fn only_this_machine_and_chosen_pages_may_ask() {
        let host = ("host", "127.0.0.1:4000");
        check(&[host], Ok(None));
        check(&[("host", "localhost:4000")], Ok(None));
        for wrong in ["", "127.0.0.1", "127.0.0.1:80", "evil.example:4000", "127.0.0.1.evil.example:4000"] {
            check(&[("host", wrong)], Err(403));
        }
        check(&[], Err(403));
        check(&[host, host], Err(403));
        check(&[host, ("origin", "http://127.0.0.1:4000")], Ok(Some("http://127.0.0.1:4000")));
        check(&[host, ("origin", "https://widgets.example")], Ok(Some("https://widgets.example")));
        for wrong in ["null", "http://127.0.0.1:4001", "https://127.0.0.1:4000", "https://evil.example"] {
            check(&[host, ("origin", wrong)], Err(403));
        }
        for (site, want) in [("none", Ok(None)), ("same-origin", Ok(None)), ("cross-site", Err(403))] {
            check(&[host, ("sec-fetch-site", site)], want);
        }
        check(&[host, ("sec-fetch-site", "same-site")], Err(403));
        let chosen = ("origin", "https://widgets.example");
        check(&[host, chosen, ("sec-fetch-site", "cross-site")], Ok(Some(chosen.1)));
        let twice = ("origin", "http://127.0.0.1:4000");
        check(&[host, twice, twice], Err(403));
    }

    #[test]
    fn commands_need_the_token_and_patience() {
        let (auth, now) = (auth(), Instant::now());
        let status = |token: &str, now| {
            let answer = auth.admit_command(&request(&[("authorization", token)]), now);
            answer.err().map_or(0, |it| it.status)
        };
        for wrong in ["", "secret", "Bearer secre", "Bearer secrets", "Basic secret"] {
            assert_eq!(status(wrong, now), 401);
        }
        let flood: Vec<u16> = (0..20).map(|_| status("Bearer secret", now)).collect();
        assert_eq!(flood.iter().filter(|status| **status == 0).count(), BURST as usize);
        assert_eq!(flood.last(), Some(&429));
        assert_eq!(status("Bearer secret", now + Duration::from_secs(1)), 0, "a little later it is let in");
    }
}
