//! Trains the recogniser's two networks on composed images or labelled captures, and exports them.
//!
//! ```text
//! recipe ─▶ data ─▶ train: one loop, four tasks ─▶ checkpoint ─▶ evaluate ─▶ model::export
//!          batches  network, loss, optimiser       run's folder   thresholds   ONNX
//! ```
//!
//! From the bottom up; a module knows those above it in this list:
//!
//! * [`random`]: seeded streams. [`console`]: lines that people read, and how far long work is.
//! * [`data`]: captures, composed images, batches.
//! * [`model`]: networks as data, libtorch, ONNX, int8, models made here and elsewhere.
//! * [`recipe`]: every choice as data. [`checkpoint`]: all that a training needs to go on.
//! * [`evaluate`]: how good a network is, and what it does not know.
//! * [`train`]: the one training loop, and what each network learns from.
//! * [`report`]: what people look at. [`cli`]: the command line.
//!
//! No window is opened, and no ONNX Runtime session in training.

#[macro_use]
pub mod console;

pub mod checkpoint;
pub mod cli;
pub mod data;
pub mod evaluate;
pub mod model;
pub mod random;
pub mod recipe;
pub mod report;
pub mod train;
