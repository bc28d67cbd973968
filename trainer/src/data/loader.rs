//! Makes batches ahead of the training loop, on threads of its own.
//!
//! Every batch is a pure function of its number, so any number of threads gives the same training,
//! and a resumed run goes on with the batch it would have had. The only state is a cache of what is
//! costly to make.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use crate::data::priority::give_way;

/// Batches in order.
#[derive(Debug)]
pub struct Batches<B> {
    queues: Vec<Receiver<B>>,
    threads: Vec<JoinHandle<()>>,
    /// How many have been taken: says whose turn it is.
    taken: u64,
}

/// Batches that each thread keeps ready.
const AHEAD: usize = 3;

impl<B: Send + 'static> Batches<B> {
    /// Starts `threads` threads that make the batches `first`, `first + 1` and so on.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        threads: usize,
        first: u64,
        make: impl Fn(u64) -> B + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let make = Arc::new(make);
        let count = threads.max(1) as u64;
        let mut batches = Self { queues: Vec::new(), threads: Vec::new(), taken: 0 };
        for index in 0..count {
            let (sender, receiver) = sync_channel(AHEAD);
            let make = Arc::clone(&make);
            let work = move || {
                give_way();
                let mut number = first + index;
                while sender.send(make(number)).is_ok() {
                    number += count;
                }
            };
            batches.queues.push(receiver);
            batches.threads.push(std::thread::Builder::new().name(format!("loader {index}")).spawn(work)?);
        }
        Ok(batches)
    }

    /// The next batch; `None` when a thread has died (it has printed why).
    pub fn next_batch(&mut self) -> Option<B> {
        let queue = (self.taken % self.queues.len() as u64) as usize;
        self.taken += 1;
        self.queues[queue].recv().ok()
    }
}

impl<B> Drop for Batches<B> {
    fn drop(&mut self) {
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // A panic was printed when it happened; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// Numbered things that are made when first asked for, once, and forgotten when they are old.
#[derive(Debug)]
pub struct Cache<T> {
    made: Mutex<BTreeMap<u64, Arc<OnceLock<Arc<T>>>>>,
    count: AtomicU64,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { made: Mutex::default(), count: AtomicU64::new(0) }
    }
}

impl<T> Cache<T> {
    /// Thing `number`; another thread that asks for it waits instead of making it too.
    pub fn get(&self, number: u64, make: impl FnOnce() -> T) -> Arc<T> {
        let slot = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(number).or_default())
        };
        let make = || {
            self.count.fetch_add(1, Ordering::Relaxed);
            Arc::new(make())
        };
        Arc::clone(slot.get_or_init(make))
    }

    /// Forgets everything numbered below `oldest`; it is made again if asked for.
    pub fn forget_before(&self, oldest: u64) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *made = made.split_off(&oldest);
    }

    /// How many things have been made.
    pub fn made(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// Which composed image a sample is cut from: each is used about `uses` times, over `window`
/// images' time.
///
/// Composing costs more than cutting and jittering, so images are used more than once, but far
/// apart. The choice needs no memory: sample `n` draws from the window that begins at image `n /
/// uses`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// Samples cut from an image, on average.
    pub uses: u64,
    /// Images alive at a time.
    pub window: u64,
}

impl Reuse {
    /// The image of sample `n`, given 64 random bits of that sample.
    pub fn picture(self, n: u64, bits: u64) -> u64 {
        self.oldest(n) + bits % self.window.max(1)
    }

    /// No sample from `n` on uses an image before this one.
    pub fn oldest(self, n: u64) -> u64 {
        n / self.uses.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_come_in_order_from_any_number_of_threads() {
        for threads in [1, 2, 5] {
            let mut batches = Batches::start(threads, 7, |number| number * 10).unwrap();
            let got: Vec<u64> = (0..20).filter_map(|_| batches.next_batch()).collect();
            assert_eq!(got, (7..27).map(|number| number * 10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_thread_that_dies_ends_the_batches() {
        let mut batches = Batches::start(1, 0, |number| {
            assert!(number < 2, "batch {number} cannot be made (this message is part of the test)");
            number
        })
        .unwrap();
        assert_eq!(
            [batches.next_batch(), batches.next_batch(), batches.next_batch()],
            [Some(0), Some(1), None]
        );
    }

    #[test]
    fn pictures_are_reused_and_forgotten() {
        let reuse = Reuse { uses: 4, window: 16 };
        let cache = Cache::default();
        for n in 0..4000_u64 {
            let bits = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let picture = reuse.picture(n, bits);
            assert_eq!(*cache.get(picture, || picture * 2), picture * 2);
            cache.forget_before(reuse.oldest(n));
        }
        let made = cache.made();
        assert!((950..=1020).contains(&made), "{made} images for 4000 samples, about 1000 expected");
        assert!(cache.made.lock().unwrap().len() <= 17);
    }
}
