//! The overlay: looks at the game's window, recognises its cards, draws over it.
//!
//! ```text
//! capture ─Latest<Frame>→ vision ─Latest<Vec<Track>>→ scene ─OverlayScene→ render
//! ```
//!
//! * [`capture`], [`frame`]: where pictures come from.
//! * [`sighting`], [`recognition`], [`track`]: which cards are on them, one by one and over time.
//! * [`scene`], [`render`]: what is shown, and how it is drawn.
//! * [`target`], [`window`]: the game's window and the desktop around it.
//! * [`pipeline`], [`app`]: the threads, and the main one. [`live`], [`offscreen`]: all of it put together.
//! * [`api`]: what other programs on this machine are told.
//! * [`source`]: what the player asked to look at.
//! * [`practice`]: a table to try it on without the game.
//! * [`recording`], [`replay`]: frames on disk, and what was seen on them.
//! * [`doctor`], [`crash`], [`anonymous`]: what helps when something does not work. [`instance`]: one overlay, not two.
//! * [`event`], [`command`], [`latest`], [`worker`]: how the threads speak with each other.
//!
//! Networks and their runtime are the `vision` crate's; nothing here knows them.

pub mod anonymous;
pub mod api;
pub mod app;
pub mod capture;
pub mod command;
pub mod crash;
pub mod doctor;
pub mod event;
pub mod frame;
pub mod instance;
pub mod latest;
pub mod live;
pub mod offscreen;
pub mod pipeline;
pub mod practice;
pub mod recognition;
pub mod recording;
pub mod render;
pub mod replay;
pub mod scene;
pub mod sighting;
pub mod source;
pub mod target;
pub mod track;
pub mod window;
pub mod worker;
