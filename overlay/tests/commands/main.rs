//! The overlay's commands, each in a process of its own and without a display.

mod bad_input;
#[path = "../support/garden.rs"]
mod garden;
mod kept;
#[path = "../../../shared/lens-core/tests/commands/lines.rs"]
mod lines;
mod options;
mod place;
mod privacy;
