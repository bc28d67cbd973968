//! From pictures to tracks: the two threads, and the models that are swapped under them while they run.

pub mod model;
pub mod models;
pub mod threads;
