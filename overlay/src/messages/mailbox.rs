//! A mailbox with one slot, as a watch channel has: the newest value wins, older ones are dropped
//! and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handle to the mailbox; clones share it.
#[derive(Debug)]
pub struct Mailbox<T> {
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
    woken: bool,
}

/// The result of waiting for a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// A value arrived.
    Value(T),
    /// None arrived in time.
    TimedOut,
    /// The mailbox is closed: nothing will arrive any more.
    Closed,
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let slot = Mutex::new(Slot { value: None, closed: false, woken: false });
        Self { shared: Arc::new(Shared { slot, changed: Condvar::new(), dropped: AtomicU64::new(0) }) }
    }
}

impl<T> Mailbox<T> {
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

    /// Puts a value in the slot unless one waits there; it is less worth than any other.
    pub fn offer(&self, value: T) {
        let mut slot = self.lock();
        if !slot.closed && slot.value.is_none() {
            slot.value = Some(value);
            self.shared.changed.notify_one();
        }
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

    /// Waits for a value or a [`Mailbox::wake`], which counts as a time out.
    pub fn take_or_wake(&self) -> Taken<T> {
        self.take_until(None)
    }

    /// Ends the waiting of the other side: something else wants its attention.
    pub fn wake(&self) {
        self.lock().woken = true;
        self.shared.changed.notify_all();
    }

    /// Waits for a value, at most as long as `timeout`.
    pub fn take_within(&self, timeout: Duration) -> Taken<T> {
        self.take_until(Some(Instant::now() + timeout))
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
            if std::mem::take(&mut slot.woken) {
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

    // A worker that panicked while holding the lock left a whole value or none: both are fine to go
    // on with.
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_wins_and_drops_are_counted() {
        let mailbox = Mailbox::default();
        (0..3).for_each(|value| mailbox.put(value));
        assert_eq!((mailbox.try_take(), mailbox.try_take(), mailbox.dropped()), (Some(2), None, 2));
    }

    #[test]
    fn what_is_only_offered_replaces_nothing() {
        let mailbox = Mailbox::default();
        (0..3).for_each(|value| mailbox.offer(value));
        assert_eq!((mailbox.try_take(), mailbox.dropped()), (Some(0), 0));
        mailbox.close();
        mailbox.offer(7);
        assert_eq!(mailbox.try_take(), None);
    }

    #[test]
    fn closing_wakes_the_one_who_waits() {
        let mailbox = Mailbox::<u32>::default();
        let waiting = mailbox.clone();
        let worker =
            crate::messages::worker::spawn("waiting", move || assert_eq!(waiting.take(), None)).unwrap();
        mailbox.close();
        worker.join().unwrap();
        mailbox.put(1);
        assert_eq!(mailbox.take_within(Duration::ZERO), Taken::Closed);
    }

    #[test]
    fn waking_ends_waiting_once() {
        let mailbox = Mailbox::<u32>::default();
        mailbox.wake();
        assert_eq!(mailbox.take_or_wake(), Taken::TimedOut);
        mailbox.put(1);
        mailbox.wake();
        assert_eq!(mailbox.take_or_wake(), Taken::Value(1), "a value comes first");
    }

    #[test]
    fn waiting_times_out() {
        assert_eq!(Mailbox::<u32>::default().take_within(Duration::from_millis(1)), Taken::TimedOut);
    }
}
