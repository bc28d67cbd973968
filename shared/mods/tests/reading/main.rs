//! Mods folders with small mods of our own, one for every form in which mods declare cards, read by
//! parsing and by running.

mod cache;
mod folders;
mod forms;
mod garden;
mod sandbox;
