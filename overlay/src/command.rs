//! What a player can ask of the running overlay.
//!
//! A signal, a hotkey, the tray and the local API all speak in these; none of them acts on its own.

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Shows the marks, and looks at the game again when that was paused.
    Show,
    /// Shows the marks when they are hidden, and the other way round; recognition goes on.
    Toggle,
    /// Stops looking at the game, or starts again.
    Pause,
    /// Ends the program.
    Quit,
}
