//! The overlay: looks at the game's window, recognises its cards, draws over it.
//!
//! ```text
//! capture ─Mailbox<Frame>→ recognition ─Mailbox<Snapshot>→ app ─OverlayScene→ marks
//! ```
//!
//! * [`cli`]: the commands: arguments in, a call, words out. [`run`]: all parts put together, live
//!   or without a window.
//! * [`app`]: the main thread: what is on the screen, and what happens when something is asked for.
//! * [`capture`]: where images come from, and recordings of them.
//! * [`recognition`]: the threads between an image and its tracks, and the models that can be
//!   swapped under them.
//! * [`desktop`]: the game's window, hotkeys, the tray, and the overlay's place on this machine.
//! * [`settings`]: what the player chose; [`settings_window`] changes it. [`tooltips`]: what a card
//!   does.
//! * [`collect`]: cards kept for labelling, and what a correction teaches. [`name_window`]: a name
//!   that is typed.
//! * [`api`]: what other programs on this machine are told.
//! * [`diagnostics`]: what helps when something does not work.
//! * [`messages`]: how the threads speak with each other; it uses no other module.
//!
//! What is drawn is the `marks` crate's, tracking is `tracking`'s, and networks are `vision`'s.

#![expect(
    missing_debug_implementations,
    reason = "handles to threads, windows and devices have nothing to print"
)]

pub mod api;
pub mod app;
pub mod capture;
pub mod cli;
pub mod collect;
pub mod desktop;
pub mod diagnostics;
pub mod messages;
pub mod name_window;
pub mod recognition;
pub mod run;
pub mod settings;
pub mod settings_window;
pub mod tooltips;

#[cfg(test)]
#[path = "../../shared/marks/tests/support/track.rs"]
mod test_track;
