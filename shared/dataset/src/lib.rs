//! Captures and labels on disk: what the overlay saves, what people say it shows, and what trainings read.
//!
//! * [`captures`]: pictures of single cards, what looks alike among them, and the file that remembers it.
//! * [`labels`]: `labels.json`, what people say that captures show.
//! * [`scoring`]: recognised cards against the truth of screenshots.
//!
//! Nothing here opens a window, runs a network or draws.

pub mod captures;
pub mod labels;
pub mod scoring;
