//! What is on the screen at this moment, and those who watch it.
//!
//! The main thread publishes and never waits: whoever reads too slowly is let go.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lens_client::api::{Cards, Event, FORMAT, State};
use lens_core::catalogue::Catalogue;

use super::dto;
use tracking::track::Track;

/// Moments that may wait for a reader: two seconds of a lively table.
const WAITING: usize = 64;

/// A handle to the board; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Board {
    shared: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    now: Cards,
    catalogue: Option<Arc<Catalogue>>,
    watchers: Vec<SyncSender<Arc<[Event]>>>,
    closed: bool,
}

/// A place among those who watch.
#[derive(Debug)]
pub struct Watcher {
    /// Everything as it was when watching began.
    pub snapshot: Cards,
    /// What happened since, moment by moment. It ends with the board, or when it was read too slowly.
    pub news: Receiver<Arc<[Event]>>,
}

impl Board {
    /// Makes these tracks the present moment and tells what is new.
    pub fn publish(&self, state: State, frame: [u32; 2], tracks: &[Track], catalogue: &Arc<Catalogue>) {
        let mut inner = self.lock();
        let mut next = dto::cards(state, frame, tracks, catalogue);
        next.sequence = inner.now.sequence + 1;
        let events = dto::events(&inner.now, &next);
        if events.is_empty() {
            next.sequence -= 1;
        }
        inner.now = next;
        if !inner.catalogue.as_ref().is_some_and(|it| Arc::ptr_eq(it, catalogue)) {
            inner.catalogue = Some(Arc::clone(catalogue));
        }
        if !events.is_empty() {
            let events: Arc<[Event]> = events.into();
            inner.watchers.retain(|watcher| watcher.try_send(Arc::clone(&events)).is_ok());
        }
    }

    /// The present moment.
    pub fn now(&self) -> Cards {
        let now = self.lock().now.clone();
        Cards { format: FORMAT, ..now }
    }

    /// Where cards are named from; none before the first moment.
    pub fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.lock().catalogue.clone()
    }

    /// Watches from now on; nothing is missed between the snapshot and the first news.
    pub fn watch(&self) -> Watcher {
        let (sender, news) = sync_channel(WAITING);
        let mut inner = self.lock();
        if !inner.closed {
            inner.watchers.push(sender);
        }
        Watcher { snapshot: Cards { format: FORMAT, ..inner.now.clone() }, news }
    }

    /// How many watch, as far as is known: those who left are noticed at the next news.
    pub fn watchers(&self) -> usize {
        self.lock().watchers.len()
    }

    /// Lets all go, now and later.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.watchers.clear();
    }

    // Whoever panicked while holding the lock left a whole moment.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::dto::tests::track;

    fn publish(board: &Board, left: f32) {
        let tracks = [track(1, "H_A", left)];
        board.publish(State::Watching, [640, 360], &tracks, &synth::practice::catalogue());
    }

    #[test]
    fn a_watcher_gets_the_snapshot_and_then_only_news() {
        let board = Board::default();
        publish(&board, 0.0);
        let watcher = board.watch();
        assert_eq!((watcher.snapshot.sequence, watcher.snapshot.cards.len()), (1, 1));
        publish(&board, 0.0);
        publish(&board, 5.0);
        let news = watcher.news.try_recv().unwrap();
        assert!(matches!(*news, [Event::Move { sequence: 2, track: 1, .. }]), "{news:?}");
        assert!(watcher.news.try_recv().is_err(), "a moment like the last one is no news");
    }

    #[test]
    fn a_slow_reader_is_let_go_and_the_others_stay() {
        let board = Board::default();
        let (slow, quick) = (board.watch(), board.watch());
        for step in 0..=WAITING {
            publish(&board, step as f32);
            assert!(quick.news.try_recv().is_ok());
        }
        assert_eq!(board.watchers(), 1);
        assert_eq!(slow.news.iter().count(), WAITING, "what waited is still read, then it ends");
        board.close();
        assert!(quick.news.recv().is_err());
        assert!(board.watch().news.recv().is_err(), "a closed board lets nobody in");
    }
}
