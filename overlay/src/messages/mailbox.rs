//! A mailbox with one slot: the newest value wins, older ones are dropped and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handle to the mailbox; clones share it.
#[derive(Debug)]
pub struct Latest<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    slot: Mutex<Slot<T>>,
    changed: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    closed: bool,
    nudged: bool,
}

/// What waiting for a value came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// A value arrived.
    Value(T),
    /// None arrived in time.
    TimedOut,
    /// The mailbox is closed: nothing will arrive any more.
    Closed,
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        let slot = Mutex::new(Slot { value: None, closed: false, nudged: false });
        Self { shared: Arc::new(Shared { slot, changed: Condvar::new(), dropped: AtomicU64::new(0) }) }
    }
}

impl<T> Latest<T> {
    /// Puts a value in the slot; one that still waits there is dropped. Does nothing once closed.
    pub fn put(&self, value: T) {
        let mut slot = self.lock();
        if slot.closed {
            return;
        }
        if slot.value.replace(value).is_some() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.shared.changed.notify_one();
    }

    /// Takes what waits there now.
    pub fn try_take(&self) -> Option<T> {
        self.lock().value.take()
    }

    /// Waits for a value; `None` once the mailbox is closed.
    pub fn take(&self) -> Option<T> {
        loop {
            match self.take_until(None) {
                Taken::Value(value) => return Some(value),
                Taken::Closed => return None,
                Taken::TimedOut => {}
            }
        }
    }

    /// Waits for a value or a [`Latest::nudge`], which counts as a time out.
    pub fn take_or_nudge(&self) -> Taken<T> {
        self.take_until(None)
    }

    /// Ends the waiting of the other side: something else wants its attention.
    pub fn nudge(&self) {
        self.lock().nudged = true;
        self.shared.changed.notify_all();
    }

    /// Waits for a value, `patience` long at most.
    pub fn take_within(&self, patience: Duration) -> Taken<T> {
        self.take_until(Some(Instant::now() + patience))
    }

    /// Closes the mailbox for both sides: waiting ends, later values are ignored.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    /// How many values were replaced before anyone took them.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn take_until(&self, deadline: Option<Instant>) -> Taken<T> {
        let mut slot = self.lock();
        loop {
            if slot.closed {
                return Taken::Closed;
            }
            if let Some(value) = slot.value.take() {
                return Taken::Value(value);
            }
            if std::mem::take(&mut slot.nudged) {
                return Taken::TimedOut;
            }
            slot = match deadline {
                None => self.shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Taken::TimedOut;
                    }
                    let waited = self.shared.changed.wait_timeout(slot, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    // A worker that panicked while holding the lock left a whole value or none: both are fine to go on with.
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_wins_and_drops_are_counted() {
        let mailbox = Latest::default();
        (0..3).for_each(|value| mailbox.put(value));
        assert_eq!((mailbox.try_take(), mailbox.try_take(), mailbox.dropped()), (Some(2), None, 2));
    }

    #[test]
    fn closing_wakes_the_one_who_waits() {
        let mailbox = Latest::<u32>::default();
        let waiting = mailbox.clone();
        let worker =
            crate::messages::worker::spawn("waiting", move || assert_eq!(waiting.take(), None)).unwrap();
        mailbox.close();
        worker.join().unwrap();
        mailbox.put(1);
        assert_eq!(mailbox.take_within(Duration::ZERO), Taken::Closed);
    }

    #[test]
    fn a_nudge_ends_waiting_once() {
        let mailbox = Latest::<u32>::default();
        mailbox.nudge();
        assert_eq!(mailbox.take_or_nudge(), Taken::TimedOut);
        mailbox.put(1);
        mailbox.nudge();
        assert_eq!(mailbox.take_or_nudge(), Taken::Value(1), "a value comes first");
    }

    #[test]
    fn patience_runs_out() {
        assert_eq!(Latest::<u32>::default().take_within(Duration::from_millis(1)), Taken::TimedOut);
    }
}
