//! The local API: what is on the screen, for other programs on this machine.
//!
//! ```text
//! App ─publish→ Broadcast ─bounded queues→ a thread for each connection ─HTTP, WebSocket→ programs
//!  ▲                                                │
//!  └────────────── AppEvent::Command ◀──────────────┘
//! ```
//!
//! * [`dto`]: tracks as they are told, and what differs between two moments. Pure.
//! * [`broadcast`]: the present moment, and those who watch it.
//! * [`request`], [`auth`], [`routes`]: bytes to a request, who may ask, what is answered. No
//!   sockets.
//! * [`server`], [`stream`]: the sockets.
//! * [`token`], [`page`]: the secret for commands, the page for OBS.
//!
//! Listens on the loopback interface only. `docs/api.md` is the description for those who use it.

pub mod auth;
pub mod broadcast;
pub mod dto;
pub mod page;
pub mod request;
pub mod routes;
pub mod server;
pub mod stream;
pub mod token;

use std::path::PathBuf;

/// How the API is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Whether it is.
    pub enabled: bool,
    /// The port that is taken when it is free, otherwise the next free one; zero takes any.
    pub port: u16,
    /// Web pages of other origins that may ask: `http://127.0.0.1:8080`.
    pub origins: Vec<String>,
    /// Where `api.json` and `api-token` are written.
    pub data: PathBuf,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            port: lens_client::api::DEFAULT_PORT,
            origins: Vec::new(),
            data: lens_core::paths::data(),
        }
    }
}
