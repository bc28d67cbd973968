//! Cards kept for labelling: written to disk, and enrolled in the model's gallery when a player
//! names one.

pub mod controls;
pub mod enrol;
pub mod writer;
