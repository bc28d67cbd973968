//! The overlay's commands, each in a process of its own and without a display.

mod bad_input;
#[path = "../support/garden.rs"]
mod garden;
mod options;
mod place;
mod privacy;
