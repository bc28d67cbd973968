//! What a player can ask of the running overlay.
//!
//! A signal, a hotkey, the tray and the local API all speak in these; none of them acts on its own.

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Shows the marks when they are hidden, and the other way round; recognition goes on.
    Toggle,
    /// Stops looking at the game, or starts again.
    Pause,
    /// Saves every card on screen that is unknown or doubtful.
    Snapshot,
    /// Saves the card under the pointer.
    SnapshotPointer,
    /// Saves cards by itself while the picture changes, or stops to.
    ToggleAutomatic,
    /// Says what the card under the pointer is: the first, second or third guess, or with 0 no card at all.
    Correct(u8),
    /// Ends the program.
    Quit,
}
