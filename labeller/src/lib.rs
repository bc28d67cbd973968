//! The labelling window: names captured cards, by keyboard.
//!
//! ```text
//! seen_hashes.json, labels.json ─▶ session (pure) ─Vec<Change>─▶ desk: journal, pictures, teaching
//!                                     ▲  │
//!                              Action │  ▼
//!                                    view (egui) ◀─ thumbnails, networks, references (threads of their own)
//! ```
//!
//! * [`session`]: groups, what is to be done next, what an action changes; no file and no window.
//! * [`form`], [`completion`]: what is being said of a card. [`verify`], [`coverage`]: what has been said so far.
//! * [`desk`]: puts changes on the disk, also those that come from the overlay; read-only when another window is open.
//! * [`thumbnails`], [`networks`], [`references`]: pictures and guesses, made away from the window's thread.
//! * [`view`], [`window`], [`root`]: what is seen, and the keys.

pub mod completion;
pub mod coverage;
pub mod repository;
pub mod form;
pub mod inference;
pub mod card_art;
pub mod app;
pub mod session;
pub mod thumbnails;
pub mod verify;
pub mod view;
pub mod window;
