//! Trains the recogniser's two networks on composed pictures and exports them.
//!
//! ```text
//! recipe ─▶ train::composed ─▶ loader ─▶ train (Task: detector | identifier) ─▶ checkpoint ─▶ calibrate ─▶ export
//!           scenes by number   batches    network::torch, loss, schedule         run's folder   thresholds   ONNX
//! ```
//!
//! The same network on captures that people labelled:
//!
//! ```text
//! dataset ─▶ augment ─▶ labelled: task ─▶ fit ─▶ checkpoint ─▶ evaluate, report, retrain ─▶ data/models
//! ```
//!
//! * [`dataset`]: which captures can be used, and which are held out; [`augment`]: changes that leave a card the same.
//! * [`labelled`]: training by epochs; [`retrain`]: from an installed model to a better one.
//! * [`metrics`], [`embedding`]: pure; [`plot`], [`report`], [`tensorboard`]: what people look at.
//! * [`exchange`]: data for trainings elsewhere.
//! * [`network`]: networks as data, and libtorch as one of their two interpreters; [`onnx`] is the other.
//! * [`recipe`]: every choice as data.
//! * [`train`]: the loop, and what each network learns from; [`loader`] makes batches ahead of it.
//! * [`targets`], [`loss`], [`schedule`]: pure.
//! * [`checkpoint`]: all that a training needs to go on.
//! * [`trained`]: what a run has made; [`calibrate`], [`evaluate`]: how good it is, and what it does not know.
//! * [`export`], [`quantise`]: a model for the overlay, also in int8; [`import`]: one of networks made elsewhere.
//! * [`commands`], [`progress`]: what people see.
//!
//! No window and no ONNX Runtime session is opened in training.

#[macro_use]
mod say;

pub mod augment;
pub mod calibrate;
pub mod checkpoint;
pub mod commands;
pub mod dataset;
pub mod embedding;
pub mod evaluate;
pub mod exchange;
pub mod export;
pub mod import;
pub mod labelled;
pub mod loader;
pub mod loss;
pub mod metrics;
pub mod network;
pub mod onnx;
pub mod plot;
pub mod priority;
pub mod progress;
pub mod quantise;
pub mod recipe;
pub mod report;
pub mod retrain;
pub mod schedule;
pub mod targets;
pub mod tensorboard;
pub mod train;
pub mod trained;
