//! Everything that can wake the main thread.
//!
//! An event says only that something happened. Frames, tracks, settings and models wait in a
//! [`crate::messages::mailbox::Mailbox`] until the main thread fetches them, so that stale ones
//! never queue up.

use std::sync::Arc;

use vision::providers::Provider;

use super::command::Command;
use super::outcome::SaveOutcome;
use super::window::{Compositor, Focus, Placement, Stacking, WindowInfo};

/// Where a thread sends its news; returns whether anyone still listens.
pub type EventSink = Arc<dyn Fn(AppEvent) -> bool + Send + Sync>;

/// One piece of news for the main thread.
#[derive(Clone, Debug, PartialEq)]
pub enum AppEvent {
    /// New tracks wait in their mailbox.
    TracksReady,
    /// The game's window appeared, moved, was resized, hidden or closed.
    Placement(Placement),
    /// The followed window got the keyboard, or another did.
    Focus(Focus),
    /// How the overlay lies among other windows on this desktop.
    Stacking(Stacking),
    /// A compositor started or stopped.
    Compositor(Compositor),
    /// A player asked for something.
    Command(Command),
    /// The settings file was changed; what it says now waits in its mailbox.
    SettingsChanged,
    /// Files of the model in use were changed.
    ModelFilesChanged,
    /// The player's mods were read; what they hold waits in its mailbox.
    ModsRead,
    /// Another model runs; its name and catalogue wait in their mailbox.
    ModelSwapped,
    /// What the model runs on best is known; it waits in its mailbox.
    HardwareMeasured,
    /// A provider failed, and the processor went on.
    HardwareFailed {
        /// Which.
        provider: Provider,
        /// What it said.
        reason: String,
    },
    /// A model cannot be used; the one that runs goes on. The text says why.
    ModelRefused(String),
    /// The windows that a player can choose from.
    Windows(Vec<WindowInfo>),
    /// The window that asked for a card's name has closed.
    Named {
        /// Which one.
        naming: u32,
        /// The card's id, nothing where the player gave up, or why it could not be asked for.
        answer: Result<Option<String>, String>,
    },
    /// Captures were saved, or could not be.
    Saved(SaveOutcome),
    /// Something that a player should know.
    Notice(String),
    /// A worker cannot go on; the text says what happened and what helps.
    Failed(String),
}
