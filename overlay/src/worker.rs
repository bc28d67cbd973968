//! The only place that starts threads: named, and joined by whoever owns them.

use std::io;
use std::thread::{self, JoinHandle};

/// A running thread; dropping it waits for its end, so tell it to stop first.
#[derive(Debug)]
pub struct Worker {
    name: &'static str,
    handle: Option<JoinHandle<()>>,
}

/// A worker that panicked.
#[derive(Debug, thiserror::Error)]
#[error("the {0} thread stopped unexpectedly\nhelp: this is a bug; the lines above say where it happened")]
pub struct Panicked(pub &'static str);

/// Starts `work` on a thread of this name.
///
/// # Errors
/// When the system has no more threads to give.
pub fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> io::Result<Worker> {
    let handle = thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(Worker { name, handle: Some(handle) })
}

impl Worker {
    /// Waits for the thread's end.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(mut self) -> Result<(), Panicked> {
        self.handle.take().map_or(Ok(()), |handle| handle.join().map_err(|_| Panicked(self.name)))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            log::error!("{}", Panicked(self.name));
        }
    }
}
