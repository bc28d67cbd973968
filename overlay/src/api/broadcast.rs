//! The cards on the screen at this moment, and those who subscribed to what happens to them.
//!
//! The main thread publishes and never waits: a subscriber that reads too slowly is dropped.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lens_client::api::{Cards, Event, FORMAT, State};
use lens_core::catalogue::Catalogue;

use super::dto;
use tracking::track::Track;

/// Moments that may wait for a subscriber: two seconds of a lively table.
const MAX_WAITING: usize = 64;

/// A handle; clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct Broadcast {
    shared: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    now: Cards,
    catalogue: Option<Arc<Catalogue>>,
    subscribers: Vec<SyncSender<Arc<[Event]>>>,
    closed: bool,
}

/// What a subscriber gets.
#[derive(Debug)]
pub struct Subscriber {
    /// Everything as it was at the beginning.
    pub snapshot: Cards,
    /// What happened since, moment by moment. It ends with the broadcast, or when it was read too
    /// slowly.
    pub events: Receiver<Arc<[Event]>>,
}

impl Broadcast {
    /// Makes these tracks the present moment and sends what is new.
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
            inner.subscribers.retain(|subscriber| subscriber.try_send(Arc::clone(&events)).is_ok());
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

    /// Nothing is missed between the snapshot and the first event.
    pub fn subscribe(&self) -> Subscriber {
        let (sender, events) = sync_channel(MAX_WAITING);
        let mut inner = self.lock();
        if !inner.closed {
            inner.subscribers.push(sender);
        }
        Subscriber { snapshot: Cards { format: FORMAT, ..inner.now.clone() }, events }
    }

    /// How many there are, as far as is known: those who left are noticed at the next event.
    pub fn subscribers(&self) -> usize {
        self.lock().subscribers.len()
    }

    /// Drops all subscribers, now and later.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.subscribers.clear();
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

    fn publish(broadcast: &Broadcast, left: f32) {
        let tracks = [track(1, "H_A", left)];
        broadcast.publish(State::Watching, [640, 360], &tracks, &synth::practice::catalogue());
    }

    #[test]
    fn a_subscriber_gets_the_snapshot_and_then_only_events() {
        let broadcast = Broadcast::default();
        publish(&broadcast, 0.0);
        let subscriber = broadcast.subscribe();
        assert_eq!((subscriber.snapshot.sequence, subscriber.snapshot.cards.len()), (1, 1));
        publish(&broadcast, 0.0);
        publish(&broadcast, 5.0);
        let events = subscriber.events.try_recv().unwrap();
        assert!(matches!(*events, [Event::Move { sequence: 2, track: 1, .. }]), "{events:?}");
        assert!(subscriber.events.try_recv().is_err(), "a moment like the last one is no news");
    }

    #[test]
    fn a_slow_reader_is_let_go_and_the_others_stay() {
        let broadcast = Broadcast::default();
        let (slow, quick) = (broadcast.subscribe(), broadcast.subscribe());
        for step in 0..=MAX_WAITING {
            publish(&broadcast, step as f32);
            assert!(quick.events.try_recv().is_ok());
        }
        assert_eq!(broadcast.subscribers(), 1);
        assert_eq!(slow.events.iter().count(), MAX_WAITING, "what waited is still read, then it ends");
        broadcast.close();
        assert!(quick.events.recv().is_err());
        assert!(broadcast.subscribe().events.recv().is_err(), "a closed broadcast lets nobody in");
    }
}
