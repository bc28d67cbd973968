//! Which mods the overlay reads: the folder, whether their code may be run, and those left out.

pub use ::mods::choice::{Choice as Mods, ModsPlace};
