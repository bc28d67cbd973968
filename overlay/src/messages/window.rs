//! Windows of the desktop as the threads speak of them: number, title, place.

use std::fmt;

use lens_core::geometry::{OnScreen, Rect};

/// The system's number of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowId(pub u64);

impl fmt::Display for WindowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

/// One window of the desktop.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowInfo {
    /// Its number.
    pub id: WindowId,
    /// What its title bar says.
    pub title: String,
    /// The program behind it: window class, program name, or both.
    pub program: String,
}

/// Where the game's window is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// On the screen; the area is its inside, without title bar and frame.
    Shown {
        /// Its number.
        window: WindowId,
        /// On the screen.
        area: Rect<OnScreen>,
    },
    /// Minimised, or on another workspace.
    Hidden {
        /// Its number.
        window: WindowId,
    },
    /// There is no such window.
    Absent,
}

impl Placement {
    /// The window, while it is on the screen.
    pub fn shown(self) -> Option<WindowId> {
        match self {
            Self::Shown { window, .. } => Some(window),
            Self::Hidden { .. } | Self::Absent => None,
        }
    }

    /// The window, when there is one.
    pub fn window(self) -> Option<WindowId> {
        match self {
            Self::Shown { window, .. } | Self::Hidden { window } => Some(window),
            Self::Absent => None,
        }
    }
}

/// Whether the followed window has the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// It has: the player plays.
    Here,
    /// Another window has, or none.
    #[default]
    Elsewhere,
}

/// Whether the overlay can lie below windows that cover the game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stacking {
    /// It lies directly above the game's window, wherever that is.
    #[default]
    Holds,
    /// It lies above all windows, whatever the game's does.
    AlwaysOnTop,
}

/// Whether a compositor runs; without one, transparent windows are opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compositor {
    /// Marks can be see-through.
    Running,
    /// The overlay's window has to be cut to the marks.
    Absent,
}
