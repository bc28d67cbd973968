//! What the programs' own windows share: colours and shapes, letters of every script, headings,
//! sizes that follow the window, a place on the screen, and the desktop's dialog that chooses a
//! file. No window of ours is opened here.
#![warn(missing_docs)]

pub mod file_dialog;
mod heading;
mod letters;
pub mod look;
mod sizes;

pub use heading::{heading, large_heading};
pub use letters::fonts_of_system;
pub use sizes::{fit_to_screen, growth, set_zoom};
