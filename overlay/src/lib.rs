//! The overlay: looks at the game's window, recognises its cards, draws over it.
//!
//! ```text
//! capture ─Latest<Frame>→ vision ─Latest<Vec<Track>>→ scene ─OverlayScene→ render
//! ```
//!
//! * [`capture`], [`frame`]: where pictures come from.
//! * [`sighting`], [`recognition`], [`track`]: which cards are on them, one by one and over time.
//! * [`scene`], [`render`]: what is shown, and how it is drawn.
//! * [`saving`], [`teaching`]: cards kept for labelling, and what a correction teaches.
//! * [`target`], [`window`]: the game's window and the desktop around it.
//! * [`pipeline`], [`priority`], [`app`]: the threads, and the main one. [`live`], [`offscreen`]: all of it put together.
//! * [`api`]: what other programs on this machine are told.
//! * [`source`], [`settings`]: what the player asked for. [`models`], [`watch`]: what can change while it runs.
//! * [`hotkeys`], [`tray`]: how the player asks. [`autostart`], `desktop_entry`: being there without being asked, and in the menu.
//! * [`information`]: what a card does.
//! * [`practice`]: a table to try it on without the game.
//! * [`recording`], [`replay`]: frames on disk, and what was seen on them.
//! * [`doctor`], [`crash`], [`anonymous`]: what helps when something does not work. [`instance`]: one overlay, not two.
//! * [`event`], [`command`], [`latest`], [`worker`]: how the threads speak with each other.
//!
//! Networks and their runtime are the `vision` crate's; nothing here knows them.

pub mod anonymous;
pub mod api;
pub mod app;
pub mod autostart;
pub mod capture;
pub mod command;
pub mod crash;
#[cfg(target_os = "linux")]
pub mod desktop_entry;
pub mod doctor;
pub mod event;
pub mod hotkeys;
pub mod information;
pub mod instance;
pub mod latest;
pub mod live;
pub mod models;
pub mod offscreen;
pub mod priority;
pub mod recognition;
pub mod recording;
pub mod replay;
pub mod saving;
pub mod settings;
pub mod source;
pub mod target;
pub mod teaching;
pub mod threads;
pub mod tray;
pub mod watch;
pub mod window;
pub mod worker;
