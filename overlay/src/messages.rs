//! How the threads speak with each other. Everything else may use this; it uses none of the other modules.

pub mod command;
pub mod event;
pub mod mailbox;
pub mod worker;
