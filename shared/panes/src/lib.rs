//! What the programs' own windows share: colours and shapes, letters of every script, sizes that
//! follow the window, and a place on the screen. Nothing is drawn here, and no window is opened.
#![warn(missing_docs)]

mod letters;
pub mod look;
mod sizes;

pub use letters::fonts_of_system;
pub use sizes::{fit_to_screen, growth, set_zoom};
