//! Hotkeys that work while the game has the keyboard.
//!
//! [`HOTKEYS`] is the one table: name in the settings, what it does, chord, command. What is wrong with a chord is
//! found in `plan`, which is pure; whether the desktop gives it to us shows when it is registered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use global_hotkey::hotkey::{HotKey, Modifiers};
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};

use crate::messages::command::Command;
use crate::settings::Chord;

/// A hotkey as it comes.
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

/// All of them.
pub static HOTKEYS: [Hotkey; 12] = [
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
    hotkey("not_a_card", "What the pointer is on is no card.", "Ctrl+Shift+0", Command::Correct(0)),
    hotkey("labeller", "Open the labelling window.", "Ctrl+Shift+L", Command::OpenLabeller),
];

/// A chord that can be asked for.
#[derive(Debug)]
struct Planned {
    key: HotKey,
    index: usize,
}

/// The hotkeys that were given to us; let go when this is dropped.
pub struct Hotkeys {
    manager: GlobalHotKeyManager,
    held: Vec<HotKey>,
    commands: Commands,
}

/// What each registered chord asks for, by its id.
type Commands = Arc<Mutex<HashMap<u32, usize>>>;

/// Where commands go; answers whether anyone still listens.
pub type Send = Box<dyn Fn(Command) -> bool + core::marker::Send + Sync>;

impl Hotkeys {
    /// Starts listening; no chord is registered yet. Call it on the main thread.
    ///
    /// # Errors
    /// When this desktop has no global hotkeys; the text says what remains.
    pub fn open(send: Send) -> Result<Self, String> {
        #[cfg(target_os = "linux")]
        {
            // Without an X server everything seems to succeed and nothing works.
            crate::desktop::window::x11::Desktop::connect()
                .map_err(|error| format!("no hotkeys here: {error}"))?;
        }
        let manager = GlobalHotKeyManager::new().map_err(|error| {
            format!("no hotkeys here: {error}\nhelp: the tray and the local API do the same")
        })?;
        let commands = Commands::default();
        let theirs = Arc::clone(&commands);
        GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
            let commands = theirs.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(hotkey) = commands.get(&event.id()).map(|&index| &HOTKEYS[index]) else { return };
            let command = match event.state() {
                HotKeyState::Pressed => Some(&hotkey.pressed),
                HotKeyState::Released => hotkey.released.as_ref(),
            };
            if let Some(command) = command {
                send(command.clone());
            }
        }));
        Ok(Self { manager, held: Vec::new(), commands })
    }

    /// Asks the desktop for these chords instead of those before; answers what is wrong with some of them.
    pub fn register(&mut self, chords: &[Chord]) -> Vec<String> {
        for key in self.held.drain(..) {
            // One that is not ours any more need not be given back.
            let _ = self.manager.unregister(key);
        }
        let (planned, mut faults) = plan(chords);
        let mut commands = HashMap::new();
        for Planned { key, index } in planned {
            match self.manager.register(key) {
                Ok(()) => {
                    self.held.push(key);
                    commands.insert(key.id(), index);
                }
                Err(error) => faults.push(refused(&chords[index], index, &error)),
            }
        }
        *self.commands.lock().unwrap_or_else(PoisonError::into_inner) = commands;
        faults
    }
}

fn refused(chord: &Chord, index: usize, error: &global_hotkey::Error) -> String {
    let place = place(chord);
    let (keys, name) = (&chord.keys, HOTKEYS[index].name);
    match error {
        global_hotkey::Error::AlreadyRegistered(_) => {
            format!(
                "{keys} is taken by another program, so {name} has no hotkey{place}\nhelp: choose another chord"
            )
        }
        error => format!("{keys} cannot be a hotkey here: {error}{place}"),
    }
}

fn place(chord: &Chord) -> String {
    let name = crate::settings::file::NAME;
    chord.line.map_or_else(String::new, |line| format!(" ({name}, line {line})"))
}

/// Which chords to ask for, and what is wrong with the others.
fn plan(chords: &[Chord]) -> (Vec<Planned>, Vec<String>) {
    let (mut planned, mut faults) = (Vec::<Planned>::new(), Vec::new());
    for (index, chord) in chords.iter().enumerate().filter(|(_, chord)| !chord.keys.trim().is_empty()) {
        let (keys, place) = (&chord.keys, place(chord));
        let Ok(key) = keys.parse::<HotKey>() else {
            faults.push(format!(
                "{keys:?} is no chord{place}: {}\nhelp: write it as in \"Ctrl+Shift+H\"",
                wrong_part(keys)
            ));
            continue;
        };
        if let Some(other) = planned.iter().find(|it| it.key.id() == key.id()) {
            let (first, second) = (HOTKEYS[other.index].name, HOTKEYS[index].name);
            faults.push(format!("{keys} stands for both {first} and {second}: only {first} has it{place}"));
            continue;
        }
        if !key.mods.intersects(Modifiers::CONTROL | Modifiers::ALT | Modifiers::META) {
            faults.push(format!(
                "{keys} never reaches the game while the overlay runs{place}: add Ctrl or Alt"
            ));
        }
        planned.push(Planned { key, index });
    }
    (planned, faults)
}

/// What of a chord cannot be understood.
fn wrong_part(keys: &str) -> String {
    let parts: Vec<&str> = keys.split('+').map(str::trim).collect();
    let is_modifier = |part: &str| format!("{part}+A").parse::<HotKey>().is_ok();
    let is_key = |part: &str| part.parse::<HotKey>().is_ok();
    let (last, before) = parts.split_last().expect("a split has a part");
    if let Some(unknown) = parts.iter().find(|part| !is_modifier(part) && !is_key(part)) {
        return format!("there is no key {unknown:?}");
    }
    match before.iter().find(|part| !is_modifier(part)) {
        Some(key) => format!("{key:?} must come last, and only one key can"),
        None => format!("{last:?} is only held, there must be a key after it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chords(keys: &[&str]) -> Vec<Chord> {
        keys.iter()
            .enumerate()
            .map(|(at, keys)| Chord { keys: (*keys).into(), line: Some(70 + at) })
            .collect()
    }

    #[test]
    fn the_chords_that_come_are_good_and_names_are_unique() {
        let defaults: Vec<&str> = HOTKEYS.iter().map(|hotkey| hotkey.keys).collect();
        let (planned, faults) = plan(&chords(&defaults));
        assert_eq!((planned.len(), faults), (HOTKEYS.len(), Vec::new()));
        let mut names: Vec<&str> = HOTKEYS.iter().map(|hotkey| hotkey.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HOTKEYS.len());
    }

    #[test]
    fn a_wrong_chord_is_named_with_its_line_and_the_others_work() {
        let (planned, faults) = plan(&chords(&["Ctrl+Shft+H", "Ctrl+Shift+P", "", "Ctrl+A+B", "Ctrl+"]));
        assert_eq!(planned.iter().map(|it| it.index).collect::<Vec<_>>(), [1]);
        assert_eq!(faults.len(), 3);
        assert!(faults[0].contains("line 70") && faults[0].contains("\"Shft\""), "{}", faults[0]);
        assert!(faults[1].contains("line 73") && faults[1].contains("\"A\" must come last"), "{}", faults[1]);
        assert!(faults[2].contains("line 74"), "{}", faults[2]);
    }

    #[test]
    fn chords_that_swallow_a_key_of_the_game_and_double_ones_are_named() {
        let (planned, faults) = plan(&chords(&["Shift+R", "Ctrl+Shift+P", "Shift+Ctrl+p", "Alt+X"]));
        assert_eq!(planned.len(), 3, "the swallowing one is registered all the same");
        assert!(faults[0].contains("Shift+R never reaches the game"), "{faults:?}");
        assert!(faults[1].contains("both pause and model"), "{faults:?}");
    }
}
