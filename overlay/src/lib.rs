//! The overlay: looks at the game's window, recognises its cards, draws over it.
//!
//! ```text
//! capture ─Latest<Frame>→ vision ─Latest<Vec<Track>>→ scene ─OverlayScene→ render
//! ```
//!
//! * [`capture`], [`frame`]: where pictures come from.
//! * [`sighting`], [`recognition`], [`track`]: which cards are on them, one by one and over time.
//! * [`scene`], [`render`]: what is shown, and how it is drawn.
//! * [`snapshot`], [`teaching`]: cards kept for labelling, and what a correction teaches.
//! * [`target`], [`window`]: the game's window and the desktop around it.
//! * [`pipeline`], [`app`]: the threads, and the main one. [`live`], [`offscreen`]: all of it put together.
//! * [`source`]: what the player asked to look at.
//! * [`practice`]: a table to try it on without the game.
//! * [`event`], [`command`], [`latest`], [`worker`]: how the threads speak with each other.
//!
//! Networks and their runtime are the `vision` crate's; nothing here knows them.

pub mod app;
pub mod capture;
pub mod command;
pub mod event;
pub mod frame;
pub mod latest;
pub mod live;
pub mod offscreen;
pub mod pipeline;
pub mod practice;
pub mod recognition;
pub mod render;
pub mod scene;
pub mod sighting;
pub mod snapshot;
pub mod source;
pub mod target;
pub mod teaching;
pub mod track;
pub mod window;
pub mod worker;
