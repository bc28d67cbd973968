//! Captures and labels on disk: what the overlay saves, what people say it shows, and what
//! trainings read.
//!
//! * [`captures`]: images of single cards, what looks alike among them, and the file that
//!   remembers it.
//! * [`labels`]: `labels.json`, what people say that captures show.
//! * [`scoring`]: recognised cards against the truth of screenshots.
//! * [`file_name`]: what captured images are called. [`disk`]: what a failed write means, in
//!   plain words.
//!
//! Captures know of labels, for a new one must not get a number that a label speaks of; labels do
//! not know of captures. Nothing here opens a window, runs a network or draws.

pub mod captures;
pub mod disk;
pub mod file_name;
pub mod labels;
pub mod scoring;
