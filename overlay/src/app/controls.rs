//! Hotkeys and the tray: by what the player asks, and what the tray's menu shows.

use std::path::Path;
use std::sync::Arc;

use crate::desktop::hotkeys::aim::Aim;
use crate::desktop::hotkeys::{Hotkeys, HotkeysError};
use crate::desktop::tray::{MenuState, Tray};
use crate::desktop::window_list::WindowList;
use crate::messages::event::EventSink;
use crate::messages::window::WindowInfo;
use crate::settings::chords::Chord;

/// What is open of them; where there are none, the overlay runs without.
#[derive(Default)]
pub(super) struct Controls {
    hotkeys: Option<Hotkeys>,
    tray: Option<Tray>,
    window_list: Option<WindowList>,
    /// The windows that the tray lists.
    pub(super) windows: Vec<WindowInfo>,
}

impl Controls {
    /// Starts listening for hotkeys; none is registered yet.
    pub(super) fn open_hotkeys(&mut self, sink: &EventSink) -> Result<(), HotkeysError> {
        self.hotkeys = Some(Hotkeys::open(Arc::clone(sink))?);
        Ok(())
    }

    /// Takes these chords, which are written in `file`; returns what is wrong with some of them.
    pub(super) fn register(&mut self, chords: &[Chord], file: Option<&Path>) -> Vec<String> {
        self.hotkeys.as_mut().map_or_else(Vec::new, |hotkeys| hotkeys.register(chords, file))
    }

    /// Takes them from there.
    pub(super) fn aim(&mut self, aim: Aim) {
        if let Some(hotkeys) = &mut self.hotkeys {
            hotkeys.aim(aim);
        }
    }

    /// Puts the icon up. Many desktops have no tray: worth a line in the log, not one on the game.
    pub(super) fn open_tray(&mut self, sink: &EventSink) {
        match Tray::open(Arc::clone(sink)) {
            Ok(tray) => {
                self.tray = Some(tray);
                let list = WindowList::start(Arc::clone(sink));
                self.window_list =
                    list.inspect_err(|error| log::warn!("the tray lists no windows: {error}")).ok();
            }
            Err(error) => log::warn!("{error}"),
        }
    }

    /// Changes the tray's menu; `state` is asked for only where there is a tray.
    pub(super) fn show_menu(&mut self, state: impl FnOnce(&[WindowInfo]) -> MenuState) {
        if let Some(tray) = &mut self.tray {
            tray.show(&state(&self.windows));
        }
    }
}
