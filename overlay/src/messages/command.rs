//! What a player can ask of the running overlay.
//!
//! A signal, a hotkey, the tray and the local API all speak in these; none of them acts on its own.

use super::window::WindowId;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Shows the marks, and looks at the game again when that was paused.
    Show,
    /// Shows the marks when they are hidden, and the other way round; recognition goes on.
    Toggle,
    /// Stops looking at the game, or starts again.
    Pause,
    /// Goes on to the next model of the data folder.
    NextModel,
    /// Recognises with this model: a name or a folder.
    Model(String),
    /// Looks at this window, or at whatever was asked for at the start.
    Follow(Option<WindowId>),
    /// Looks at the window with this title or number; `auto` is whatever was asked for at the
    /// start.
    FollowNamed(String),
    /// Says what the card under the pointer does.
    ShowInformation,
    /// Says it no longer.
    HideInformation,
    /// Saves every card on screen that is unknown or doubtful.
    Snapshot,
    /// Saves the card under the pointer.
    SnapshotPointer,
    /// Saves cards by itself while the image changes, or stops to.
    ToggleAutomatic,
    /// Says what the card under the pointer is: the first, second or third guess, or with 0 no card
    /// at all.
    Correct(u8),
    /// Asks for the name of the card under the pointer.
    AskName,
    /// Starts with the desktop from now on, or no longer.
    ToggleAutostart,
    /// Packs what is seen at this moment into a file, for a bug report.
    Report,
    /// Reads the cards of the player's mods, or no longer.
    ToggleMods,
    /// Opens the page on which mods are chosen.
    OpenMods,
    /// Opens the labelling window.
    OpenLabeller,
    /// Opens the data folder.
    OpenData,
    /// Opens the window with the settings.
    OpenSettings,
    /// Says which version this is.
    About,
    /// Ends the program.
    Quit,
}
