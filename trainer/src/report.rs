//! What people look at: progress on the console, plots, TensorBoard's events, and one page of a
//! run.
//!
//! Reads what the training loop reports and what a run's folder holds; changes no training.

pub mod bar;
pub mod history;
pub mod page;
pub(crate) mod plot;
pub mod progress;
pub mod summaries;
pub mod tensorboard;
pub(crate) mod words;
