//! Everything that can wake the main thread.
//!
//! Events carry news, never frames or marks: those wait in a [`crate::latest::Latest`] until the main thread is
//! ready, so that stale scenes never queue up.

use crate::command::Command;
use crate::snapshot::Outcome;
use crate::target::Placement;

/// One piece of news for the main thread.
#[derive(Clone, Debug, PartialEq)]
pub enum AppEvent {
    /// New tracks wait in their mailbox.
    TracksReady,
    /// The game's window appeared, moved, was resized, was hidden or went.
    Target(Placement),
    /// A compositor started or stopped: without one, transparent windows are opaque.
    Compositor(bool),
    /// A player asked for something.
    Command(Command),
    /// Captures were saved, or could not be.
    Captured(Outcome),
    /// A worker cannot go on; the text says what happened and what helps.
    Failed(String),
}
