//! A keyboard whose keys are pressed by their place, whatever is written on them.

use x11rb::connection::Connection as _;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ConnectionExt as _, GrabMode, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// A key by what it bears on an American keyboard; the number is the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Key {
    Digit1 = 10,
    P = 33,
    S = 39,
    H = 43,
    L = 46,
    Semicolon = 47,
    M = 58,
}

const CONTROL: u8 = 37;
const SHIFT: u8 = 50;

impl Key {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

pub(crate) struct Keyboard {
    connection: RustConnection,
    root: Window,
}

impl Keyboard {
    pub(crate) fn connect() -> Self {
        let (connection, number) = x11rb::connect(None).expect("the display is there");
        let root = connection.setup().roots[number].root;
        connection.xkb_use_extension(1, 0).unwrap().reply().unwrap();
        Self { connection, root }
    }

    /// Presses Ctrl, Shift and a key, and lets them go.
    pub(crate) fn press_chord(&self, key: Key) {
        let keys = [CONTROL, SHIFT, key.code()];
        let down = keys.into_iter().map(|key| (KEY_PRESS_EVENT, key));
        let up = keys.into_iter().rev().map(|key| (KEY_RELEASE_EVENT, key));
        for (kind, key) in down.chain(up) {
            self.connection.xtest_fake_input(kind, key, 0, self.root, 0, 0, 0).unwrap().check().unwrap();
        }
    }

    /// Whether another program has Ctrl+Shift with this key on a window or everywhere.
    pub(crate) fn is_taken(&self, window: Window, key: Key) -> bool {
        let modifiers = ModMask::CONTROL | ModMask::SHIFT;
        [window, self.root].into_iter().any(|window| {
            let mode = GrabMode::ASYNC;
            let asked = self.connection.grab_key(false, window, modifiers, key.code(), mode, mode).unwrap();
            let is_taken = asked.check().is_err();
            self.connection.ungrab_key(key.code(), window, modifiers).unwrap().check().unwrap();
            is_taken
        })
    }

    /// Makes another of the layouts that are set the active one.
    pub(crate) fn lock_group(&self, group: u8) {
        let none = ModMask::default();
        let group = xkb::Group::from(group);
        let keyboard = xkb::ID::USE_CORE_KBD.into();
        let asked = self.connection.xkb_latch_lock_state(keyboard, none, none, true, group, none, false, 0);
        asked.unwrap().check().unwrap();
    }
}
