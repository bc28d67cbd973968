//! Captured cards: what looks alike, what is a card seen before, and the file that remembers it.
//!
//! ```text
//! Frame, Quad ─crop─▶ image ─Hashing::hash─▶ Hashes ─Index─▶ Verdict
//!                                                            └─store─▶ image, seen_hashes.json
//! ```
//!
//! Three perceptual hashes of 64 bits each are compared; the largest of the three distances decides
//! (see [`Verdict`]), in which bits of the third count for less. Hashes see shapes in grey, so a
//! foil and a plain card, or two cards that differ by one small sign, may have the same: only
//! colours that agree as well, and the same modifiers, make a duplicate.
//!
//! [`store::Captures`] opens a folder for saving; [`store::read`] is for those who only look. A
//! capture is a [`record::Record`] and its image. Nothing here knows a network: what a model says
//! of a capture comes in as a [`record::CaptureContext`].

pub mod crop;
pub mod hashes;
pub mod index;
pub mod record;
pub mod store;

/// Distance up to which a capture is a duplicate, when its colours agree as well.
pub const DUPLICATE: u32 = 9;
/// Distance up to which it shows the same card.
pub const SAME_CARD: u32 = 12;
/// Distance up to which it belongs to the same cluster.
pub const SAME_CLUSTER: u32 = 25;

/// The captures' folder below the data.
pub const FOLDER: &str = "screenshots";

/// The captures' folder of this installation.
pub fn folder() -> std::path::PathBuf {
    lens_core::paths::data().join(FOLDER)
}

/// What a new capture is beside those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The record at this position shows the same: there is nothing to save.
    Duplicate(usize),
    /// Another image of the card of the record at this position.
    SameCard(usize),
    /// It looks a little like the record at this position.
    SameCluster(usize),
    /// Like nothing that is there.
    New,
}
