//! A chord that can be asked for.

use global_hotkey::hotkey::HotKey;

/// A chord that is understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) key: HotKey,
    /// In [`crate::settings::chords::HOTKEYS`].
    pub(super) index: usize,
}
