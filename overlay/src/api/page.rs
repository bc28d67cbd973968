//! The page that OBS shows as a browser source, and the description for programs. Plain files;
//! nothing is loaded from elsewhere.

use super::request::Response;

/// The page; its look is chosen by the query, which its script reads.
const PAGE: &str = include_str!("../../assets/obs.html");
/// The page's script.
const SCRIPT: &str = include_str!("../../assets/obs.js");
/// OpenAPI 3.1.
const OPENAPI: &str = include_str!("../../assets/openapi.json");

/// Only its own script, its own style and its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// The file of a path.
pub fn file(path: &str) -> Option<Response> {
    let (kind, text) = match path {
        "/overlay" => ("text/html; charset=utf-8", PAGE),
        "/overlay.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "/openapi.json" => ("application/json", OPENAPI),
        _ => return None,
    };
    let headers = vec![
        ("Content-Type", kind.to_owned()),
        ("Content-Security-Policy", POLICY.to_owned()),
        ("Referrer-Policy", "no-referrer".to_owned()),
    ];
    Some(Response { status: 200, headers, body: text.as_bytes().to_vec() })
}
