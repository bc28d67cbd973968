//! Hotkeys of the game's window: takes the chords of the settings while that window has the
//! keyboard. At all other times every program gets every key.
//!
//! What is wrong with a chord is found in `plan`, which is pure; whether the desktop gives it to us
//! shows when it is taken. Which hotkeys there are is told in [`crate::settings::chords`].

pub mod aim;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(target_os = "linux")]
mod layout;
mod planned;
#[cfg(not(target_os = "linux"))]
mod system;
#[cfg(target_os = "linux")]
mod x11;

use std::path::Path;

use global_hotkey::hotkey::{HotKey, Modifiers};

use crate::messages::event::EventSink;
use crate::settings::chords::{Chord, HOTKEYS};
use aim::{Aim, Refusal};
use planned::Planned;
#[cfg(not(target_os = "linux"))]
use system::{Grabber, GrabberError};
#[cfg(target_os = "linux")]
use x11::{Grabber, GrabberError};

/// The hotkeys; let go when this is dropped.
pub struct Hotkeys {
    grabber: Grabber,
}

/// This desktop has no hotkeys.
#[derive(Debug, thiserror::Error)]
#[error("no hotkeys here: {0}\nhelp: the tray and the local API do the same")]
pub struct HotkeysError(String);

impl Hotkeys {
    /// Starts listening; no chord is taken yet. Call it on the main thread.
    ///
    /// # Errors
    /// When this desktop has no hotkeys.
    pub fn open(sink: EventSink) -> Result<Self, HotkeysError> {
        let opened: Result<Grabber, GrabberError> = Grabber::open(sink);
        Ok(Self { grabber: opened.map_err(|error| HotkeysError(error.to_string()))? })
    }

    /// Takes these chords instead of those before; returns what is wrong with some of them. `file`
    /// is where they are written.
    pub fn register(&mut self, chords: &[Chord], file: Option<&Path>) -> Vec<String> {
        let (planned, mut faults) = plan(chords, file);
        let refusals = self.grabber.take(planned);
        faults.extend(refusals.iter().map(|(index, why)| refused(&chords[*index], *index, why, file)));
        faults
    }

    /// Takes the chords from there instead.
    pub fn aim(&mut self, aim: Aim) {
        self.grabber.aim(aim);
    }
}

fn refused(chord: &Chord, index: usize, why: &Refusal, file: Option<&Path>) -> String {
    let place = place(chord, file);
    let (keys, name) = (&chord.keys, HOTKEYS[index].name);
    match why {
        Refusal::Taken => {
            format!(
                "{keys} is taken by another program, so {name} has no hotkey{place}\nhelp: choose another chord"
            )
        }
        why => format!("{keys} cannot be a hotkey here: {why}{place}\nhelp: choose another chord"),
    }
}

fn place(chord: &Chord, file: Option<&Path>) -> String {
    let name = file.and_then(Path::file_name).unwrap_or(crate::settings::file::NAME.as_ref());
    chord.line.map_or_else(String::new, |line| format!(" ({}, line {line})", name.display()))
}

/// Which chords to ask for, and what is wrong with the others.
fn plan(chords: &[Chord], file: Option<&Path>) -> (Vec<Planned>, Vec<String>) {
    let (mut planned, mut faults) = (Vec::<Planned>::new(), Vec::new());
    for (index, chord) in chords.iter().enumerate().filter(|(_, chord)| !chord.keys.trim().is_empty()) {
        let (keys, place) = (&chord.keys, place(chord, file));
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
        let (planned, faults) = plan(&chords(&defaults), None);
        assert_eq!((planned.len(), faults), (HOTKEYS.len(), Vec::new()));
    }

    #[test]
    fn a_wrong_chord_is_named_with_its_line_and_the_others_work() {
        let (planned, faults) = plan(
            &chords(&["Ctrl+Shft+H", "Ctrl+Shift+P", "", "Ctrl+A+B", "Ctrl+"]),
            Some("own.toml".as_ref()),
        );
        assert_eq!(planned.iter().map(|it| it.index).collect::<Vec<_>>(), [1]);
        assert_eq!(faults.len(), 3);
        assert!(faults[0].contains("own.toml, line 70") && faults[0].contains("\"Shft\""), "{}", faults[0]);
        assert!(faults[1].contains("line 73") && faults[1].contains("\"A\" must come last"), "{}", faults[1]);
        assert!(faults[2].contains("line 74"), "{}", faults[2]);
    }

    #[test]
    fn chords_that_swallow_a_key_of_the_game_and_double_ones_are_named() {
        let (planned, faults) = plan(&chords(&["Shift+R", "Ctrl+Shift+P", "Shift+Ctrl+p", "Alt+X"]), None);
        assert_eq!(planned.len(), 3, "the swallowing one is registered all the same");
        assert!(faults[0].contains("Shift+R never reaches the game"), "{faults:?}");
        assert!(faults[1].contains("both pause and model"), "{faults:?}");
    }
}
