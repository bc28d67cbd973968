//! What is learned from: labelled captures and synthetic images, as samples and batches.
//!
//! * [`dataset`]: which captures can be used, and which are held out. [`augment`]: changes that
//!   leave a card the same.
//! * [`synthetic`]: composed images by number. [`loader`] makes batches ahead of the training;
//!   [`priority`]: politely.
//! * [`formats`]: data for trainings elsewhere.
//!
//! No network is known here.

pub mod augment;
pub mod dataset;
pub mod formats;
pub mod loader;
pub mod priority;
pub mod synthetic;
