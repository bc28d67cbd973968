//! The hotkeys that there are, and the chords that the settings give them. To add one, add a line
//! to [`HOTKEYS`].
//!
//! Data only: `desktop::hotkeys` asks the desktop for them.

use crate::messages::command::Command;

/// The keys of a hotkey as they are written; the desktop may refuse them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chord {
    /// `Ctrl+Shift+H`; empty for none.
    pub keys: String,
    /// The line of the file, for messages; `None` for a chord that is not in it.
    pub line: Option<usize>,
}

/// One hotkey, as it is before the settings say otherwise.
#[derive(Debug)]
pub struct Hotkey {
    /// Its key in the settings.
    pub name: &'static str,
    /// What it does, for the settings file.
    pub what: &'static str,
    /// Its chord, unless the settings say otherwise.
    pub keys: &'static str,
    /// What it asks for when it is pressed.
    pub pressed: Command,
    /// What it asks for when it is let go.
    pub released: Option<Command>,
}

const fn hotkey(name: &'static str, what: &'static str, keys: &'static str, pressed: Command) -> Hotkey {
    Hotkey { name, what, keys, pressed, released: None }
}

/// Every hotkey: its key in the settings, what it does, its chord, and its command.
pub static HOTKEYS: [Hotkey; 15] = [
    hotkey("toggle", "Show or hide the marks.", "Ctrl+Shift+H", Command::Toggle),
    hotkey("pause", "Stop looking at the game, or start again.", "Ctrl+Shift+P", Command::Pause),
    hotkey("model", "Go on to the next model.", "Ctrl+Shift+M", Command::NextModel),
    Hotkey {
        name: "information",
        what: "While it is held: what the card under the pointer does.",
        keys: "Ctrl+Shift+I",
        pressed: Command::ShowInformation,
        released: Some(Command::HideInformation),
    },
    hotkey("snapshot", "Save every card that is unknown or doubtful.", "Ctrl+Shift+S", Command::Snapshot),
    hotkey("snapshot_pointer", "Save the card under the pointer.", "Ctrl+Shift+D", Command::SnapshotPointer),
    hotkey("automatic", "Save cards as they come, or stop.", "Ctrl+Shift+A", Command::ToggleAutomatic),
    hotkey(
        "correct_1",
        "The card under the pointer is the first guess.",
        "Ctrl+Shift+1",
        Command::Correct(1),
    ),
    hotkey("correct_2", "It is the second guess.", "Ctrl+Shift+2", Command::Correct(2)),
    hotkey("correct_3", "It is the third guess.", "Ctrl+Shift+3", Command::Correct(3)),
    hotkey("name", "Type the name of the card under the pointer.", "Ctrl+Shift+N", Command::AskName),
    hotkey("not_a_card", "What the pointer is on is no card.", "Ctrl+Shift+0", Command::Correct(0)),
    hotkey("settings", "Open the window with the settings.", "Ctrl+Shift+O", Command::OpenSettings),
    hotkey("report", "Pack what is seen at this moment, for a bug report.", "Ctrl+Shift+R", Command::Report),
    hotkey("labeller", "Open the labelling window.", "Ctrl+Shift+L", Command::OpenLabeller),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_stands_for_one_hotkey() {
        let mut names: Vec<&str> = HOTKEYS.iter().map(|hotkey| hotkey.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HOTKEYS.len());
    }
}
