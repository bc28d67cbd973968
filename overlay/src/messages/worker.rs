//! The only place that starts threads: named, and joined by whoever owns them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::{self, JoinHandle};

use super::event::{AppEvent, EventSink};

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

/// As [`spawn`], for a thread with news; a panic of `work` is sent as [`AppEvent::Failed`], so that
/// nobody goes on waiting for it.
///
/// # Errors
/// When the system has no more threads to give.
pub fn spawn_reporting(
    name: &'static str,
    sink: EventSink,
    work: impl FnOnce(&EventSink) + Send + 'static,
) -> io::Result<Worker> {
    spawn(name, move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(&sink))) {
            sink(AppEvent::Failed(Panicked(name).to_string()));
            resume_unwind(panic);
        }
    })
}

impl Worker {
    /// Waits for the thread's end.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(mut self) -> Result<(), Panicked> {
        self.handle.take().map_or(Ok(()), |handle| handle.join().map_err(|_| Panicked(self.name)))
    }

    /// Lets the thread go on by itself: it waits for what may outlive this program.
    pub fn leave(mut self) {
        self.handle = None;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_panic_is_sent() {
        let (sender, events) = sync_channel(1);
        let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
        let worker = spawn_reporting("clumsy", sink, |_| panic!("a test wants it")).unwrap();
        let AppEvent::Failed(text) = events.recv().unwrap() else { panic!("it is a failure") };
        assert!(text.contains("the clumsy thread stopped unexpectedly"), "{text}");
        assert!(worker.join().is_err());
    }
}
