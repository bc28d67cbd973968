//! Training the identifier on labelled captures, epoch by epoch.
//!
//! ```text
//! dataset ─▶ task: batches, loss ─▶ fit: the loop ─▶ judge: validation ─▶ checkpoints, Watcher
//!                    ▲ start: weights of a run, an exported model, torchvision
//! ```
//!
//! * [`recipe`]: every choice as data; [`schedule`]: the rate over epochs and early stopping.
//! * [`task`]: batches of pictures by number, and the loss.
//! * [`start`]: what fits of known weights is taken, the rest is said.
//! * [`judge`]: how good the network is on held-out captures.
//! * [`fit`]: the loop. [`history`]: what an epoch was like, in files.

pub mod fit;
pub mod history;
pub mod judge;
pub mod recipe;
pub mod schedule;
pub mod start;
pub mod task;
