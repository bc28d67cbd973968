//! The practice table: a game-like table with a deck of our own, to try the overlay on without the game.
//!
//! Everything about it follows from a seed and the time: [`table::Table::at`] says where every card lies, and so what
//! is true of the picture that [`paint::Painter`] draws. Nothing here knows recognition or the overlay's marks.

pub mod art;
mod canvas;
mod chance;
mod motion;
pub mod paint;
mod script;
pub mod table;
pub mod window;

/// Title of the table's window.
pub const TITLE: &str = "Balatro Lens practice table";
