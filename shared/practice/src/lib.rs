//! The practice table: a deck of our own in motion, to try the overlay on without the game.
//!
//! A seed and the time decide everything: [`table::Table::at`] says where every card lies, and so
//! what is true of the image that [`paint::Painter`] draws. Nothing here knows recognition or the
//! overlay's marks.

pub mod art;
mod chance;
mod motion;
pub mod paint;
mod script;
mod stock;
pub mod table;
pub mod window;

/// Title of the table's window.
pub const TITLE: &str = "Balatro Lens practice table";
