//! Hotkeys on Windows and macOS, where a chord is taken from every program or from none: they are
//! registered while the followed window has the keyboard, and given back otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use global_hotkey::hotkey::HotKey;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};

use super::aim::{Aim, Refusal};
use super::planned::Planned;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::Focus;
use crate::settings::chords::HOTKEYS;

/// Takes chords, and listens to them.
pub(super) struct Grabber {
    manager: GlobalHotKeyManager,
    wanted: Vec<Planned>,
    held: Vec<HotKey>,
    is_on: bool,
    commands: Commands,
}

/// What each chord asks for, by its id.
type Commands = Arc<Mutex<HashMap<u32, usize>>>;

/// The system has no hotkeys for us.
pub(super) type GrabberError = global_hotkey::Error;

impl Grabber {
    /// Starts listening; nothing is taken yet. Call it on the main thread.
    ///
    /// # Errors
    /// When the system keeps hotkeys to itself.
    pub(super) fn open(sink: EventSink) -> Result<Self, GrabberError> {
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
        Ok(Self { manager, wanted: Vec::new(), held: Vec::new(), is_on: false, commands })
    }

    /// Takes these chords instead of those before; returns which of them cannot be had, and why.
    pub(super) fn take(&mut self, wanted: Vec<Planned>) -> Vec<(usize, Refusal)> {
        let commands = wanted.iter().map(|planned| (planned.key.id(), planned.index)).collect();
        *self.commands.lock().unwrap_or_else(PoisonError::into_inner) = commands;
        self.wanted = wanted;
        self.release();
        // Tried also while none is to be taken: the player learns now, not in the game.
        let refusals = self.register();
        if !self.is_on {
            self.release();
        }
        refusals
    }

    /// Takes the chords from there instead.
    pub(super) fn aim(&mut self, aim: Aim) {
        let is_on = matches!(aim, Aim::Everywhere | Aim::Window { focus: Focus::Here, .. });
        if is_on == self.is_on {
            return;
        }
        self.is_on = is_on;
        self.release();
        if is_on {
            for (index, refusal) in self.register() {
                log::debug!("{}: {refusal}", HOTKEYS[index].name);
            }
        }
    }

    fn register(&mut self) -> Vec<(usize, Refusal)> {
        let mut refusals = Vec::new();
        for planned in &self.wanted {
            match self.manager.register(planned.key) {
                Ok(()) => self.held.push(planned.key),
                Err(global_hotkey::Error::AlreadyRegistered(_)) => {
                    refusals.push((planned.index, Refusal::Taken));
                }
                Err(error) => refusals.push((planned.index, Refusal::System(error.to_string()))),
            }
        }
        refusals
    }

    fn release(&mut self) {
        for key in self.held.drain(..) {
            // One that is not ours any more need not be given back.
            let _ = self.manager.unregister(key);
        }
    }
}
