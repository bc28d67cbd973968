//! How good a network is, on composed images, labelled captures and screenshots with known truth.
//!
//! * [`model_under_test`]: a run's networks in libtorch, or an exported model as the overlay runs
//!   it. [`run_model`]: the networks of a run. [`classifier`]: an identifier alone, on images of
//!   single cards.
//! * [`detection`]: are the cards found? [`identification`]: are they named? [`screens`]: both, on
//!   screenshots. [`captures`]: are labelled ones named rightly? [`few_shot`]: are cards known that
//!   were enrolled from one view?
//! * [`tally`]: names beside the truth, counted the same everywhere. [`failures`]: what was
//!   misread, to look at.
//! * [`calibrate`]: class centroids and thresholds for unknown cards. [`calibration_images`]: for
//!   int8.
//! * [`metrics`], [`ranking`], [`embedding`]: pure.
//!
//! Nothing is trained here.

pub mod calibrate;
pub mod calibration;
pub mod calibration_images;
pub mod captures;
pub mod classifier;
pub mod detection;
pub mod embedding;
pub mod failures;
pub mod few_shot;
pub mod identification;
pub mod metrics;
pub mod model_under_test;
pub mod ranking;
pub mod run_model;
pub mod screens;
pub mod tally;
