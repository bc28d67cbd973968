//! The desktop that the overlay runs on: windows, keys, the tray, its own entries there, and what
//! gives way to the game.

pub mod autostart;
#[cfg(target_os = "linux")]
pub mod desktop_entry;
pub mod hotkeys;
pub mod instance;
pub mod memory;
pub mod notify;
pub mod pointer;
pub mod priority;
pub mod target;
pub mod tray;
pub mod window;
pub mod window_list;
