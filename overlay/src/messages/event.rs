//! Everything that can wake the main thread.
//!
//! Events carry news, never frames or marks: those wait in a [`crate::messages::mailbox::Latest`] until the main thread is
//! ready, so that stale scenes never queue up.

use crate::collect::writer::Outcome;
use crate::desktop::target::{Placement, WindowInfo};
use crate::messages::command::Command;
use crate::settings::Settings;
use crate::settings::file::SettingsError;

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
    /// The settings file was changed, for better or worse.
    Settings(Box<Result<Settings, SettingsError>>),
    /// Files of the model in use were changed.
    ModelFiles,
    /// Another model runs; what it is waits in its mailbox.
    ModelRuns,
    /// A model cannot be used; the one that runs goes on. The text says why.
    ModelRefused(String),
    /// The windows that there are to choose from.
    Windows(Vec<WindowInfo>),
    /// Captures were saved, or could not be.
    Captured(Outcome),
    /// Something that a player should know.
    Notice(String),
    /// A worker cannot go on; the text says what happened and what helps.
    Failed(String),
}
