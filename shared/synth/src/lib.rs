//! Card art in, composed images with their truth out.
//!
//! ```text
//! art::Sprites ─bank::Bank::render─▶ Bank ─┬─ scene::compose ─▶ Scene: image, quads, truth
//!  (recipe, seed)                          └─ crop::compose ──▶ Crop: input, class
//! ```
//!
//! * [`art`]: a game's sheets cut into cells; taking them out of a player's own copy.
//! * [`practice`]: a deck of our own, drawn by code.
//! * [`recipe`]: every probability and range, as data.
//! * [`card`], [`bank`]: cards with their modifiers, drawn once for a run; invented ones among
//!   them.
//! * [`scene`]: whole images for the detector. [`crop`]: single cards for the identifier.
//! * [`canvas`]: drawing by the processor: shapes, text, cards in perspective.
//! * [`single`]: one card as it is asked for.
//! * [`preview`]: the truth drawn over an image, for people.
//!
//! Everything is a function of a seed: the same on any number of threads. There is no clock, no
//! file but art, and no network here.

pub mod art;
pub mod bank;
pub mod canvas;
pub mod card;
pub mod crop;
pub mod practice;
pub mod preview;
pub mod recipe;
pub mod resize;
pub mod scene;
pub mod single;

mod background;
mod colour;
pub mod dice;
pub mod edition;
mod interface;
mod invented;
mod reskin;
mod screen_effects;
mod wave;
