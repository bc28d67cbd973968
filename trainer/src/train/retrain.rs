//! From an installed model and newly labelled captures to a better one.
//!
//! Half of each batch is captures, the other half composed crops where there is art: so the new cards are learned and the
//! old ones are not forgotten. Without art only the heads are trained, and only among the cards that were labelled.
//!
//! * [`captures`]: what can be learned from, and what it makes of the model's classes.
//! * [`task`]: the batches and the loss.
//! * [`verdict`]: whether the new model is better.

pub mod captures;
pub mod task;
pub mod verdict;
