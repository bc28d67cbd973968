//! Which cards a player's Balatro mods add, read from the Mods folder, with their sprites.
//!
//! ```text
//! Mods folder ──read──▶ Library { Mod { Card } } ──sheets──▶ Sprite
//! ```
//!
//! [`folder::find`] says where the folder is, [`read`] what is in it, [`sheets`] gives the
//! images. Files are parsed first; a mod that leaves cards open is then run in a process of its
//! own behind the walls that the system has ([`Interpreter`]), for which a program calls
//! [`child_main`] before anything else. [`choice`] is what the player chose, [`known`] puts the
//! cards into the words of a catalogue. Absent: recognising the cards, and any image of the game.

mod cache;
mod cards;
pub mod choice;
mod declared;
mod discover;
pub mod folder;
pub mod known;
pub mod language;
mod library;
mod localisation;
mod lua;
mod metadata;
mod package;
mod parsed;
mod pictures;
mod prefixes;
mod read;
mod sandbox;
mod settings;

pub use library::{Card, Cell, LeftOut, Library, Mod, Origin, Place, Reading, State, Why};
pub use pictures::{PictureError, Sheets, Sprite};
pub use read::{Interpreter, Options, ReadError, read, sheets};
pub use sandbox::{child_main, is_shut};
