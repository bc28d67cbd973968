//! Cards over time: which sighting is which card, what several frames say together, who has gone.
//!
//! Pure: time is an argument. Cards are matched greedily by the overlap of their quads, with a bonus for the same
//! name, because neighbours in a fan overlap as much as a card that moves overlaps itself.

use std::time::Duration;

use shared::geometry::{InFrame, Quad};
use shared::modifiers::Modifiers;

use crate::sighting::{Guess, Identity, Sighting};
use votes::Votes;

mod votes;

/// Overlap from which a sighting can be the same card.
const SAME_FROM: f32 = 0.25;
/// What the same name is worth, in overlap.
const SAME_NAME: f32 = 0.35;
/// Frames that a card must be seen on before it is shown.
const CONFIRMED_FROM: u32 = 2;
/// How long a card that is no longer seen stays as it was: detectors blink.
const PATIENCE: Duration = Duration::from_millis(120);
/// How long appearing and going take.
const FADE: Duration = Duration::from_millis(160);
/// Corners that move less than this share of the card's height stay where they were: detections tremble.
const STILL_BELOW: f32 = 0.012;

/// A card on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Stays with the card as long as it is followed.
    pub id: u64,
    /// Where it is.
    pub quad: Quad<InFrame>,
    /// Which card it is, by the votes of several frames.
    pub identity: Identity,
    /// What else is true of it, by the votes of several frames.
    pub modifiers: Modifiers,
    /// The likeliest names on the last frame, best first.
    pub guesses: Vec<Guess>,
    /// From 0.0 (not drawn) to 1.0.
    pub opacity: f32,
}

/// Follows the cards of one source.
#[derive(Debug, Default)]
pub struct Tracker {
    cards: Vec<Card>,
    next_id: u64,
}

#[derive(Debug)]
struct Card {
    id: u64,
    quad: Quad<InFrame>,
    votes: Votes,
    guesses: Vec<Guess>,
    seen: u32,
    first_shown: Option<Duration>,
    last_seen: Duration,
}

impl Tracker {
    /// Takes in the sightings of a frame that was taken at `now` (any clock that only goes forward).
    pub fn update(&mut self, sightings: &[Sighting], now: Duration) {
        let mut pairs = Vec::new();
        for (at, card) in self.cards.iter().enumerate() {
            for (index, sighting) in sightings.iter().enumerate() {
                let overlap = card.quad.iou(sighting.quad);
                if overlap >= SAME_FROM {
                    let named = sighting.identity.id().is_some_and(|id| card.votes.id() == Some(id));
                    pairs.push((overlap + if named { SAME_NAME } else { 0.0 }, at, index));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut card_taken = vec![false; self.cards.len()];
        let mut sighting_taken = vec![false; sightings.len()];
        for (_, at, index) in pairs {
            if !card_taken[at] && !sighting_taken[index] {
                (card_taken[at], sighting_taken[index]) = (true, true);
                self.cards[at].see(&sightings[index], now);
            }
        }
        for (sighting, _) in sightings.iter().zip(sighting_taken).filter(|(_, taken)| !taken) {
            self.cards.push(Card::new(self.next_id, sighting, now));
            self.next_id += 1;
        }
        self.cards.retain(|card| {
            let missing = now.saturating_sub(card.last_seen);
            missing.is_zero() || (card.seen >= CONFIRMED_FROM && missing < PATIENCE + FADE)
        });
    }

    /// The cards to draw at `now`, from left to right and top to bottom as they were first seen.
    pub fn tracks(&self, now: Duration) -> Vec<Track> {
        self.cards
            .iter()
            .filter_map(|card| {
                let (identity, modifiers) = (card.votes.identity(), card.votes.modifiers());
                let opacity = card.opacity(now)?;
                let guesses = card.guesses.clone();
                Some(Track { id: card.id, quad: card.quad, identity, modifiers, guesses, opacity })
            })
            .collect()
    }

    /// Whether another look at the same picture would change nothing: then nothing needs to run.
    pub fn is_settled(&self, now: Duration) -> bool {
        self.cards.iter().all(|card| card.last_seen == now && card.opacity(now) == Some(1.0))
    }

    /// Forgets everything: another window, or nothing to see.
    pub fn clear(&mut self) {
        self.cards.clear();
    }
}

impl Card {
    fn new(id: u64, sighting: &Sighting, now: Duration) -> Self {
        let votes = Votes::of(sighting);
        let guesses = sighting.guesses.clone();
        Self { id, quad: sighting.quad, votes, guesses, seen: 1, first_shown: None, last_seen: now }
    }

    fn see(&mut self, sighting: &Sighting, now: Duration) {
        let moved = self.quad.largest_corner_shift(sighting.quad);
        if moved > STILL_BELOW * self.quad.height() {
            self.quad = sighting.quad;
        }
        self.votes.add(sighting);
        self.guesses.clone_from(&sighting.guesses);
        self.seen += 1;
        self.last_seen = now;
        if self.seen >= CONFIRMED_FROM {
            self.first_shown.get_or_insert(now);
        }
    }

    /// `None` while it is not shown.
    fn opacity(&self, now: Duration) -> Option<f32> {
        let share = |time: Duration| (time.as_secs_f32() / FADE.as_secs_f32()).min(1.0);
        // The first picture already shows something, so that fast cards do not stay bare.
        let coming = 0.5 + 0.5 * share(now.saturating_sub(self.first_shown?));
        let missing = now.saturating_sub(self.last_seen);
        Some(coming * (1.0 - share(missing.saturating_sub(PATIENCE))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::geometry::Rect;

    fn card(left: f32, id: &str) -> Sighting {
        Sighting {
            quad: Quad::from_rect(Rect::ltwh(left, 100.0, 100.0, 134.0)),
            score: 0.9,
            identity: Identity::Known { id: id.into(), confidence: 0.9 },
            modifiers: Modifiers::default(),
            guesses: Vec::new(),
        }
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Runs frames 40 ms apart; answers the ids and names shown at the end.
    fn run(frames: &[Vec<Sighting>]) -> Vec<(u64, String)> {
        let mut tracker = Tracker::default();
        let mut now = Duration::ZERO;
        for frame in frames {
            now += millis(40);
            tracker.update(frame, now);
        }
        let name = |track: &Track| track.identity.id().unwrap_or("?").to_owned();
        tracker.tracks(now).iter().map(|track| (track.id, name(track))).collect()
    }

    #[test]
    fn one_sighting_is_not_shown_and_two_are() {
        assert_eq!(run(&[vec![card(0.0, "a")]]), []);
        assert_eq!(run(&[vec![card(0.0, "a")], vec![card(3.0, "a")]]), [(0, "a".into())]);
    }

    #[test]
    fn a_fan_that_slides_by_one_card_keeps_its_ids() {
        let fan = |shift: f32| {
            ["a", "b", "c"].iter().zip([0.0, 40.0, 80.0]).map(|(id, x)| card(x + shift, id)).collect()
        };
        let shown = run(&[fan(0.0), fan(0.0), fan(40.0)]);
        assert_eq!(shown, [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
    }

    #[test]
    fn one_wrong_name_in_a_row_of_right_ones_is_outvoted() {
        let names = ["a", "a", "a", "b"];
        assert_eq!(run(&names.map(|id| vec![card(0.0, id)])), [(0, "a".into())]);
        let changed = ["a", "b", "b", "b", "b"];
        assert_eq!(run(&changed.map(|id| vec![card(0.0, id)])), [(0, "b".into())]);
    }

    #[test]
    fn a_card_that_goes_lingers_fades_and_is_forgotten() {
        let mut tracker = Tracker::default();
        for now in [0, 40, 400] {
            tracker.update(&[card(0.0, "a")], millis(now));
        }
        assert!(tracker.is_settled(millis(400)));
        let mut opacity = |now: u64| {
            tracker.update(&[], millis(now));
            tracker.tracks(millis(now)).first().map_or(0.0, |track| track.opacity)
        };
        assert_eq!(opacity(450), 1.0, "a blink");
        let half = opacity(600);
        assert!(half > 0.2 && half < 0.8, "{half}");
        assert_eq!(opacity(700), 0.0);
        assert!(tracker.is_settled(millis(700)), "nothing is left to wait for");
    }

    #[test]
    fn trembling_corners_stay_still() {
        let mut tracker = Tracker::default();
        for (now, left) in [(0, 0.0), (40, 1.0), (80, 0.5)] {
            tracker.update(&[card(left, "a")], millis(now));
        }
        assert_eq!(tracker.tracks(millis(80))[0].quad.corners[0].x, 0.0);
    }
}
