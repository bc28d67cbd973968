//! Hotkeys that work while the game has the keyboard: asks the desktop for the chords of the
//! settings.
//!
//! What is wrong with a chord is found in `plan`, which is pure; whether the desktop gives it to us
//! shows when it is registered. Which hotkeys there are is told in [`crate::settings::chords`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use global_hotkey::hotkey::{HotKey, Modifiers};
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};

#[cfg(target_os = "linux")]
use crate::desktop::window::DesktopError;
use crate::messages::event::{AppEvent, EventSink};
use crate::settings::chords::{Chord, HOTKEYS};

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

/// This desktop has no global hotkeys.
#[derive(Debug, thiserror::Error)]
pub enum HotkeysError {
    /// There is no X server.
    #[cfg(target_os = "linux")]
    #[error("no hotkeys here: {0}")]
    NoDisplay(#[from] DesktopError),
    /// The system has none, or keeps them to itself.
    #[error("no hotkeys here: {0}\nhelp: the tray and the local API do the same")]
    Refused(#[from] global_hotkey::Error),
}

impl Hotkeys {
    /// Starts listening; no chord is registered yet. Call it on the main thread.
    ///
    /// # Errors
    /// When this desktop has no global hotkeys.
    pub fn open(sink: EventSink) -> Result<Self, HotkeysError> {
        #[cfg(target_os = "linux")]
        {
            // Without an X server everything seems to succeed and nothing works.
            crate::desktop::window::x11::Desktop::connect()?;
        }
        let manager = GlobalHotKeyManager::new()?;
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
                // Nobody listens once the program ends.
                let _ = sink(AppEvent::Command(command.clone()));
            }
        }));
        Ok(Self { manager, held: Vec::new(), commands })
    }

    /// Asks the desktop for these chords instead of those before; returns what is wrong with some
    /// of them.
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
    fn the_chords_that_come_are_good() {
        let defaults: Vec<&str> = HOTKEYS.iter().map(|hotkey| hotkey.keys).collect();
        let (planned, faults) = plan(&chords(&defaults));
        assert_eq!((planned.len(), faults), (HOTKEYS.len(), Vec::new()));
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
