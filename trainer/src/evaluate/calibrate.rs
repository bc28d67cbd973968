//! From trained networks to a model that knows what it does not know: class centroids and
//! thresholds, measured on composed crops.
//!
//! * [`centroids`]: the mean embedding of each class.
//! * [`gallery`]: how alike captures of the same card are.
//! * [`measure`]: all of these for a run on composed images.
//! * [`signals`]: what the identifier says of an image.
//! * [`thresholds`]: when a card is said to be unknown.

pub mod centroids;
pub mod gallery;
pub mod measure;
pub mod signals;
pub mod thresholds;
