//! From an installed model and newly labelled captures to a better one.
//!
//! Half of each batch is captures, the other half composed crops where there is art: so the new
//! cards are learned and the old ones are not forgotten. Without art only the heads are trained,
//! and only among the cards that were labelled.
//!
//! * [`job`]: the whole way.
//! * [`captures`]: what can be learned from, and what it makes of the model's classes.
//! * [`task`]: the batches and the loss.
//! * `takeover`: which weights between before and after are best on unseen images; `blend`: the
//!   rule.
//! * `comparison`: figures of both models. [`verdict`]: whether the new model is better.

mod blend;
pub mod captures;
mod comparison;
pub mod job;
mod takeover;
pub mod task;
pub mod verdict;
