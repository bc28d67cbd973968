//! The cards on the screen at this moment, and those who subscribed to what happens to them.
//!
//! The main thread publishes and never waits: a subscriber that reads too slowly is dropped.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lens_client::api::{Cards, Event, FORMAT, State};
use lens_core::catalogue::Catalogue;

use super::dto;
use crate::tooltips::Localisation;
use tracking::track::Track;

/// Moments that may wait for a subscriber: two seconds of a lively table.
const MAX_WAITING: usize = 64;

/// A handle; clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct Broadcast {
    shared: Arc<Mutex<Inner>>,
}

/// A folder with the art of games, and a language.
type Source = (PathBuf, String);

#[derive(Debug, Default)]
struct Inner {
    now: Cards,
    catalogue: Option<Arc<Catalogue>>,
    subscribers: Vec<SyncSender<Arc<[Event]>>>,
    closed: bool,
    /// Where what cards do is read from, and in which language; nowhere, and nothing is told.
    source: Option<Source>,
    /// What was read, of which game and from where.
    texts: Option<(String, Source, Localisation)>,
}

impl Inner {
    /// Makes this the present moment and sends what is new.
    fn tell(&mut self, mut next: Cards) {
        next.sequence = self.now.sequence + 1;
        let events = dto::events(&self.now, &next);
        if events.is_empty() {
            next.sequence -= 1;
        }
        self.now = next;
        if !events.is_empty() {
            let events: Arc<[Event]> = events.into();
            self.subscribers.retain(|subscriber| subscriber.try_send(Arc::clone(&events)).is_ok());
        }
    }
}

/// What a subscriber gets.
#[derive(Debug)]
pub struct Subscriber {
    /// Everything as it was at the beginning.
    pub snapshot: Cards,
    /// What happened since, moment by moment. It ends with the broadcast, or when it was read too
    /// slowly.
    pub events: Receiver<Arc<[Event]>>,
    /// Where it is from.
    pub broadcast: Broadcast,
}

impl Broadcast {
    /// Tells from now on what cards do as well, in this language, from the folder with the art of
    /// games.
    pub fn explain(&self, art: &Path, language: &str) {
        self.lock().source = Some((art.to_path_buf(), language.to_owned()));
    }

    /// Reads what cards do, where that is not done, and tells it of the cards that are there.
    ///
    /// Whoever asks reads: neither the main thread nor a player who asks nothing waits for it.
    pub fn read_texts(&self) {
        let (catalogue, source) = {
            let inner = self.lock();
            let (Some(catalogue), Some(source)) = (&inner.catalogue, &inner.source) else { return };
            if inner.texts.as_ref().is_some_and(|(game, of, _)| *game == catalogue.game && of == source) {
                return;
            }
            (Arc::clone(catalogue), source.clone())
        };
        let texts = Localisation::open(&source.0.join(&catalogue.game), &source.1);
        let mut inner = self.lock();
        let is_wanted = inner.source.as_ref() == Some(&source)
            && inner.catalogue.as_ref().is_some_and(|it| Arc::ptr_eq(it, &catalogue));
        if !is_wanted {
            // Something else is, by now; it is read when the next one asks.
            return;
        }
        let mut next = inner.now.clone();
        dto::explain(&mut next.cards, &[], &catalogue, &texts);
        inner.texts = Some((catalogue.game.clone(), source, texts));
        inner.tell(next);
    }

    /// Makes these tracks the present moment and sends what is new.
    pub fn publish(&self, state: State, frame: [u32; 2], tracks: &[Track], catalogue: &Arc<Catalogue>) {
        let mut inner = self.lock();
        let mut next = dto::cards(state, frame, tracks, catalogue);
        if let Some((game, _, texts)) = &inner.texts
            && *game == catalogue.game
        {
            dto::explain(&mut next.cards, &inner.now.cards, catalogue, texts);
        }
        if !inner.catalogue.as_ref().is_some_and(|it| Arc::ptr_eq(it, catalogue)) {
            inner.catalogue = Some(Arc::clone(catalogue));
        }
        inner.tell(next);
    }

    /// The present moment.
    pub fn now(&self) -> Cards {
        self.read_texts();
        let now = self.lock().now.clone();
        Cards { format: FORMAT, ..now }
    }

    /// Where cards are named from; none before the first moment.
    pub fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.lock().catalogue.clone()
    }

    /// Nothing is missed between the snapshot and the first event.
    pub fn subscribe(&self) -> Subscriber {
        self.read_texts();
        let (sender, events) = sync_channel(MAX_WAITING);
        let mut inner = self.lock();
        if !inner.closed {
            inner.subscribers.push(sender);
        }
        let snapshot = Cards { format: FORMAT, ..inner.now.clone() };
        Subscriber { snapshot, events, broadcast: self.clone() }
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
    fn what_cards_do_is_told_to_whoever_asks() {
        let place = tempfile::tempdir().unwrap();
        let texts = place.path().join("practice/localization");
        std::fs::create_dir_all(&texts).unwrap();
        let write = |language: &str, text: &str| {
            let text = format!(
                "return {{ descriptions = {{ Joker = {{ x_owl = {{ name = \"Owl\", text = {{ {text} }} }} }} }} }}"
            );
            std::fs::write(texts.join(format!("{language}.lua")), text).unwrap();
        };
        write("en-us", r##""{C:mult}+4{} Mult", "at #1# o'clock""##);
        write("de", "\"+4 Multi\"");
        let broadcast = Broadcast::default();
        broadcast.explain(place.path(), "en-us");
        let show = |left: f32| {
            let tracks = [track(1, "x_owl", left), track(2, "H_A", left)];
            broadcast.publish(State::Watching, [640, 360], &tracks, &synth::practice::catalogue());
        };
        // A reader that was there before the game.
        let early = broadcast.subscribe();
        show(0.0);
        assert!(broadcast.lock().now.cards[0].text.is_empty(), "nobody has asked");
        let subscriber = broadcast.subscribe();
        let lines = ["+4 Mult", "at \u{2026} o'clock"];
        assert_eq!(subscriber.snapshot.cards[0].text, lines);
        assert!(subscriber.snapshot.cards[1].text.is_empty(), "of playing cards the game says nothing");
        let events = early.events.try_iter().flat_map(|it| it.to_vec()).collect::<Vec<_>>();
        let Some(Event::Change { card, sequence: 2 }) = events.last() else { panic!("{events:?}") };
        assert_eq!(card.text, lines, "readers of before are told as well");
        show(5.0);
        assert_eq!(broadcast.now().cards[0].text, lines, "also when it has moved");
        broadcast.explain(place.path(), "de");
        assert_eq!(broadcast.now().cards[0].text, ["+4 Multi"], "and in another language");
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
