//! Frame in, named cards out.
//!
//! ```text
//! Pixels ─letterbox─▶ detector ─decode─▶ Detection { quad }
//!   └────rectify─▶ identifier ─decide─▶ Reading { identity, modifiers }
//! ```
//!
//! * [`recogniser`]: the whole way; start here.
//! * [`reading`]: what comes out.
//! * [`runtime`]: finds and loads ONNX Runtime.
//! * [`providers`]: which hardware a network runs on, and why not on other. [`plugins`]: providers
//!   that lie beside ONNX Runtime.
//! * [`network`]: a network with its tensors, checked against the model's manifest.
//! * [`decode`]: the detector's output to quads, pure.
//! * [`decide`]: logits to a card, its modifiers, or *unknown*, pure.
//! * [`gallery`]: cards enrolled from one capture each. [`sprites`]: cards of the player's mods.
//!   [`enrol`]: adds to both; [`embeddings`] searches them.
//! * [`stages`]: how long each step takes.
//!
//! No window, no capture, no clock, and once a model is open no threads beside those of ONNX
//! Runtime: whoever calls decides when. Once sizes have settled, a frame allocates nothing here.
#![warn(missing_docs)]

pub mod decide;
pub mod decode;
mod detect;
pub mod embeddings;
pub mod enrol;
pub mod gallery;
mod identify;
pub mod network;
pub mod plugins;
pub mod providers;
pub mod reading;
pub mod recogniser;
pub mod runtime;
mod second_look;
pub mod sprites;
pub mod stages;
