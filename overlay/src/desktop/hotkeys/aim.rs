//! Which window's keys hotkeys are taken from, and why one may not be had. Data only.

use crate::messages::window::{Focus, WindowId};

/// Where chords are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// From no program: there is no window to follow.
    #[default]
    Nowhere,
    /// From one window, while it has the keyboard.
    Window {
        /// Its number.
        id: WindowId,
        /// Whether it has the keyboard now; X11 looks after that by itself.
        focus: Focus,
    },
    /// From every program: what is looked at is a part of the screen.
    Everywhere,
}

/// Why a chord is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Another program has it everywhere.
    #[error("taken")]
    Taken,
    /// The keyboard has no such key.
    #[cfg(target_os = "linux")]
    #[error("no key of this keyboard stands for it")]
    NoKey,
    /// The system says why.
    #[error("{0}")]
    System(String),
}
