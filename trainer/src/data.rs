//! What is learned from: labelled captures and composed images, as samples and batches.
//!
//! * [`dataset`]: which captures can be used, and which are held out. [`augment`]: changes that
//!   leave a card the same.
//! * [`synthetic`]: composed images by number. [`loader`] makes batches ahead of the training;
//!   [`priority`]: politely.
//! * [`export`]: data for trainings elsewhere, in the [`formats`] of other tools.
//! * [`import`]: labels of other tools, as captures.
//!
//! No network is known here.

pub mod augment;
pub mod dataset;
pub mod export;
pub mod formats;
pub mod import;
pub mod loader;
pub mod priority;
pub mod synthetic;
