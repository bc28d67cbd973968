//! The labelling window: names captured cards, by keyboard.
//!
//! ```text
//! seen_hashes.json, labels.json ─▶ session (pure) ─Vec<Change>─▶ repository: journal, images
//!                                     ▲  │
//!                              Action │  ▼
//!             window ◀─Intent─ view (egui) ◀─ thumbnails, inference, card_art (on threads)
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`app`] | the program in its window: an open data set, or a damaged one |
//! | [`intent`] | what a person can want |
//! | [`window`] | the state of the window; carries out intents |
//! | [`view`] | draws the pages; keys and clicks become intents |
//! | [`session`] | groups, what is to be done next, what an action changes; no file, no window |
//! | [`frame`] | a whole frame whose cards are put right by hand |
//! | [`reading`] | what the model says of an image, and what may be taken of it without looking |
//! | [`form`], [`completion`] | what is being said of a card |
//! | [`verify`], [`coverage`] | what has been said so far: what is odd, what is missing |
//! | [`knowledge`] | what the model knows, and was to forget |
//! | [`training`] | the trainer as a child process |
//! | [`repository`] | the disk: writes changes, reads those of the overlay; or only reads |
//! | [`cutting`] | cuts cards out of a frame, on a thread |
//! | [`inference`] | the model on its thread: guesses, and enrols what was named |
//! | [`modded`] | the player's mods, on threads |
//! | [`pictures`] | images that threads make |
//! | [`thumbnails`], [`card_art`] | those of captures, and of the catalogue |

#![allow(missing_docs, reason = "only this program and its tests use it: names that speak need no words")]
#![expect(
    missing_debug_implementations,
    reason = "handles to threads, windows and devices have nothing to print"
)]

pub mod app;
pub mod card_art;
pub mod completion;
pub mod coverage;
pub mod cutting;
pub mod form;
pub mod frame;
pub mod inference;
pub mod intent;
pub mod knowledge;
pub mod modded;
pub mod pictures;
pub mod reading;
pub mod repository;
pub mod session;
pub mod thumbnails;
pub mod training;
pub mod verify;
pub mod view;
pub mod window;
