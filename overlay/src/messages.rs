//! How the threads speak with each other. Everything else may use this; it uses none of the other
//! modules.
//!
//! [`event::AppEvent`] is news for the main thread, sent through an [`event::EventSink`]; what is
//! large or goes stale waits in a [`mailbox::Mailbox`]. [`worker`] starts the threads.

pub mod command;
pub mod event;
pub mod mailbox;
pub mod outcome;
pub mod window;
pub mod worker;
