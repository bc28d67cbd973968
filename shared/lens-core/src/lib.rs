//! The vocabulary of Balatro Lens.
//!
//! An image of the game flows through the program as these types:
//!
//! ```text
//! Pixels ──preprocess::Letterboxer──▶ detector ──▶ Quad<InFrame>
//!   └─────preprocess::Rectifier──▶ identifier ──▶ CardId, Modifiers
//! ```
//!
//! * [`geometry`]: points, quads and transforms; the space they live in is part of the type.
//! * [`pixels`]: a borrowed image of four bytes a pixel, as a screen gives it.
//! * [`preprocess`]: the only copy of the way from pixels to network input, used live and in
//!   training.
//! * [`card_id`]: which card of a game.
//! * [`catalogue`]: the card classes of a game, read from `data/catalogues/*.json`.
//! * [`modifiers`]: what can be true of a card beside its name.
//! * [`manifest`]: `model.json`, the contract between the trainer and the overlay.
//! * [`atomic`]: files that are either old or new, never half-written; [`replace`]: folders.
//! * [`files`]: locks, private folders. [`image_file`]: image files, upright.
//! * [`palette`]: the colours of card types. [`causes`]: errors, as people read them.
//! * [`paths`]: where data, models and downloaded runtimes live.
//! * [`font`]: the one font of everything that is drawn, and the system's for letters it lacks.
//! * [`retraining`]: what a retraining tells while it runs.
//!
//! Nothing here opens a window, runs a network or draws.
#![warn(missing_docs)]

pub mod atomic;
pub mod card_id;
pub mod catalogue;
pub mod causes;
pub mod counted;
pub mod files;
pub mod font;
pub mod geometry;
pub mod image_file;
pub mod manifest;
pub mod modifiers;
pub mod palette;
pub mod paths;
pub mod pixels;
pub mod preprocess;
pub mod replace;
pub mod retraining;
