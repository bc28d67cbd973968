//! From images to tracks: the two threads, and the models that are swapped under them while they
//! run.
//!
//! [`threads::Threads`] captures from a source and puts snapshots of the tracks into a mailbox;
//! [`pace`] says how often. [`models`] opens another model in the background, [`swap`] is how it
//! takes over, and [`modded`] reads the player's mods; [`hardware`] finds out what a model runs on
//! best. What is seen is decided in the `vision` crate ([`model`] speaks to it), what becomes of it
//! over time in `tracking`.

pub mod hardware;
pub mod modded;
pub mod model;
pub mod models;
pub mod pace;
pub mod swap;
pub mod threads;
