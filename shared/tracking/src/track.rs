//! Cards over time: which detection is which card, what several readings say together, who has
//! gone.
//!
//! Detections of a frame go in (`Seen`), the tracker says which of them are to be read, their
//! readings go in, and [`Track`]s come out. Pure: time is an argument.
//!
//! Cards are matched greedily by where they are expected, by the overlap of their quads and by
//! their appearance: neighbours in a fan overlap as much as a card that moves overlaps itself, but
//! do not look alike. Between detections they are followed by their own pixels
//! (`registration`). Read are those that are new, doubtful, or look otherwise than when they were
//! read last, by their colours or by their face; a card that lies still is left alone.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;
use vision::reading::{Detection, Guess, Identity, Reading};

use appearance::Appearance;
use face::Face;
pub use motion::Velocity;
use readings::{ReadSoFar, is_sure};
use registration::{Patch, Place};

mod appearance;
mod face;
mod motion;
mod readings;
mod registration;
mod votes;

/// Overlap (intersection over union) from which a detection can be the same card, whatever it looks
/// like.
const MIN_OVERLAP: f32 = 0.25;
/// How far away, in heights of the card, a detection can be the same card when it looks the same.
const MAX_DISTANCE: f32 = 1.2;
/// How alike it must look then, from 0.0 to 1.0.
const MIN_LIKENESS: f32 = 0.6;
/// Difference of appearances from which two cards are not alike at all.
const MAX_DIFFERENCE: f32 = 32.0;
/// What looking the same and being near are worth, in overlap.
const APPEARANCE_WEIGHT: f32 = 1.0;
const DISTANCE_WEIGHT: f32 = 0.3;
/// Frames that a card must be seen on before it is shown, unless it is read for sure.
const MIN_SIGHTINGS: u32 = 2;
/// Detection score from which a card with a sure name is shown at first sight.
const SURE_SCORE: f32 = 0.4;
/// How long a card that is no longer seen stays as it was, at least until it is missed once:
/// detectors blink.
const MISSING_TIMEOUT: Duration = Duration::from_millis(120);
/// How long appearing and going take.
const FADE: Duration = Duration::from_millis(160);
/// Corners that move less than this share of the card's height stay where they were: detections
/// tremble.
const MAX_TREMBLE: f32 = 0.012;

/// How long after its last place a card is looked for by its pixels.
const MAX_FOLLOWED: Duration = Duration::from_millis(450);
/// How much the pace of a card on its way may change from frame to frame: in shares of it, and in
/// heights of the card a second. What changes more is another card that crosses it.
const MAX_CHANGE: f32 = 1.0;
const MAX_PUSH: f32 = 4.0;
/// Heights of a card between where its pixels were followed to and where it is detected, at most:
/// beyond, the detection is right.
const MAX_APART: f32 = 0.06;
/// Widths of a card between two cards, at least: what was nearer to another was that one.
const MIN_APART: f32 = 0.4;

/// A card on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Stays with the card as long as it is followed.
    pub id: u64,
    /// Where it is.
    pub quad: Quad<InFrame>,
    /// How fast it moves.
    pub velocity: Velocity,
    /// Which card it is, by the votes of several frames.
    pub identity: Identity,
    /// What else is true of it, by the votes of several frames.
    pub modifiers: Modifiers,
    /// The likeliest names on the last reading, best first.
    pub guesses: Vec<Guess>,
    /// From 0.0 (not drawn) to 1.0.
    pub opacity: f32,
    /// Whether it was found on the latest frame; a card that was not stays for a moment where it
    /// was.
    pub is_found: bool,
}

impl Track {
    /// Whether it moves so fast that it has to be drawn anew between two frames.
    pub fn glides(&self) -> bool {
        motion::is_gliding(self.velocity, self.quad.height())
    }
}

/// The tracks as they are `since` after the frame was taken; those that only sway stay where they
/// are.
pub fn glide(tracks: &[Track], since: Duration) -> Vec<Track> {
    let glided = |track: &Track| {
        let mut track = track.clone();
        if track.glides() {
            track.quad = motion::moved(track.quad, track.velocity, since);
        }
        track
    };
    tracks.iter().map(glided).collect()
}

/// A detection and what it looks like.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) detection: Detection,
    appearance: Appearance,
    patch: Patch,
    face: Face,
}

impl Seen {
    /// A detection with its appearance on the frame.
    pub(crate) fn new(frame: &Pixels<'_>, detection: Detection) -> Self {
        let quad = detection.quad;
        let (appearance, face) = (Appearance::new(frame, quad), Face::new(frame, quad));
        Self { detection, appearance, face, patch: Patch::new(frame, quad) }
    }
}

/// Follows the cards of one source.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    cards: Vec<Card>,
    next_id: u64,
    /// The card of each detection of the last frame.
    assigned: Vec<u64>,
}

#[derive(Debug)]
struct Card {
    id: u64,
    /// What is shown: stands still while detections tremble.
    quad: Quad<InFrame>,
    /// What was detected last, shifted to where the card went since.
    measured: Quad<InFrame>,
    /// When it was there.
    placed_at: Duration,
    /// By the last two places; `None` while there is but one.
    pace: Option<Velocity>,
    /// Where it was before its pixels were followed to the last place.
    followed_from: Option<FollowedFrom>,
    /// By which the card is drawn from now on.
    velocity: Velocity,
    appearance: Appearance,
    /// What to look for on the next frame.
    patch: Patch,
    face: Face,
    /// Of the last detection.
    score: f32,
    seen: u32,
    first_shown: Option<Duration>,
    last_seen: Duration,
    /// The first image since then, on which it was not.
    missed_at: Option<Duration>,
    reading: ReadSoFar,
}

/// A place of a card, and how it went on there.
#[derive(Clone, Copy, Debug)]
struct FollowedFrom {
    quad: Quad<InFrame>,
    at: Duration,
    pace: Option<Velocity>,
}

impl Tracker {
    /// Follows the cards to a frame that was taken at `now`, whether or not it is recognised.
    /// Returns whether one of them is to be drawn elsewhere.
    pub(crate) fn follow(&mut self, frame: &Pixels<'_>, now: Duration) -> bool {
        let mut moved = false;
        for card in &mut self.cards {
            moved |= card.follow(frame, now);
        }
        moved
    }

    /// Takes in the detections of a frame that was taken at `now` (any clock that only goes
    /// forward); cards that are new are looked for on the frame `before`, to know how they move.
    /// Returns which of them are to be read.
    pub(crate) fn locate(
        &mut self,
        seen: &[Seen],
        before: Option<(Pixels<'_>, Duration)>,
        now: Duration,
    ) -> Vec<usize> {
        let mut pairs = Vec::new();
        for (at, card) in self.cards.iter().enumerate() {
            let expected = card.expected(now);
            for (index, seen) in seen.iter().enumerate() {
                if let Some(likeness) = card.likeness(expected, seen) {
                    pairs.push((likeness, at, index));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut taken = vec![false; self.cards.len()];
        let mut owner: Vec<Option<u64>> = vec![None; seen.len()];
        for (_, at, index) in pairs {
            if !taken[at] && owner[index].is_none() {
                taken[at] = true;
                owner[index] = Some(self.cards[at].id);
                self.cards[at].see(&seen[index], now);
            }
        }
        self.assigned.clear();
        for (owner, seen) in owner.into_iter().zip(seen) {
            let id = owner.unwrap_or_else(|| {
                let id = self.next_id;
                self.next_id += 1;
                let mut card = Card::new(id, seen, now);
                if let Some((frame, taken_at)) = before {
                    card.look_back(&frame, taken_at, &self.cards);
                }
                self.cards.push(card);
                id
            });
            self.assigned.push(id);
        }
        for card in self.cards.iter_mut().filter(|card| card.last_seen != now) {
            card.missed_at.get_or_insert(now);
        }
        self.cards
            .retain(|card| card.last_seen == now || (card.seen >= MIN_SIGHTINGS && card.overdue(now) < FADE));
        let wants = |id: u64| self.cards.iter().any(|card| card.id == id && card.wants_reading(now));
        (0..seen.len()).filter(|&index| wants(self.assigned[index])).collect()
    }

    /// Takes in what the identifier says of a detection of the last frame; `None` when it is no
    /// card.
    pub(crate) fn read(&mut self, index: usize, reading: Option<&Reading>, now: Duration) {
        let Some(&id) = self.assigned.get(index) else { return };
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == id) {
            let face = card.rests().then_some(&card.face);
            card.reading.take(reading, &card.appearance, face, id, now);
            if card.score >= SURE_SCORE && reading.is_some_and(is_sure) {
                card.first_shown.get_or_insert(now);
            }
        }
    }

    /// The last frame once more at `now`: what was said of it counts again.
    pub(crate) fn repeat(&mut self, seen: &[Seen], now: Duration) {
        self.locate(seen, None, now);
        for votes in self
            .cards
            .iter_mut()
            .filter(|card| card.last_seen == now)
            .filter_map(|card| card.reading.votes.as_mut())
        {
            votes.repeat();
        }
    }

    /// The cards to draw at `now`, from left to right and top to bottom as they were first seen.
    pub(crate) fn tracks(&self, now: Duration) -> Vec<Track> {
        let track = |card: &Card| {
            let votes = card.reading.votes.as_ref()?;
            let since = now.saturating_sub(card.placed_at);
            Some(Track {
                id: card.id,
                quad: motion::moved(card.quad, card.velocity, since),
                velocity: card.velocity,
                identity: votes.identity(),
                modifiers: votes.modifiers(),
                guesses: votes.guesses().to_vec(),
                opacity: card.opacity(now)?,
                is_found: card.placed_at == now,
            })
        };
        self.cards.iter().filter_map(track).collect()
    }

    /// Whether a card was seen that is not shown yet: the next frame decides.
    pub(crate) fn awaits_confirmation(&self) -> bool {
        self.cards.iter().any(|card| card.first_shown.is_none())
    }

    /// Whether another look at the same image would change nothing: then nothing needs to run.
    pub(crate) fn is_settled(&self, now: Duration) -> bool {
        self.cards.iter().all(|card| {
            let shown = card.reading.votes.is_none() || card.opacity(now) == Some(1.0);
            card.last_seen == now && shown && card.velocity == [0.0; 2]
        })
    }

    /// Forgets everything: another window, or nothing to see.
    pub(crate) fn clear(&mut self) {
        self.cards.clear();
        self.assigned.clear();
    }

    /// Forgets what was read, not where the cards are: another model reads from now on.
    pub(crate) fn forget_readings(&mut self) {
        self.cards.iter_mut().for_each(|card| card.reading = ReadSoFar::default());
    }
}

impl Card {
    fn new(id: u64, seen: &Seen, now: Duration) -> Self {
        Self {
            id,
            quad: seen.detection.quad,
            measured: seen.detection.quad,
            placed_at: now,
            pace: None,
            followed_from: None,
            velocity: [0.0; 2],
            appearance: seen.appearance.clone(),
            patch: seen.patch.clone(),
            face: seen.face.clone(),
            score: seen.detection.score,
            seen: 1,
            first_shown: None,
            last_seen: now,
            missed_at: None,
            reading: ReadSoFar::default(),
        }
    }

    fn expected(&self, now: Duration) -> Quad<InFrame> {
        motion::moved(self.measured, self.velocity, now.saturating_sub(self.placed_at))
    }

    fn follow(&mut self, frame: &Pixels<'_>, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.placed_at);
        if elapsed.is_zero() || elapsed > MAX_FOLLOWED {
            return false;
        }
        let here = FollowedFrom { quad: self.measured, at: self.placed_at, pace: self.pace };
        let (from, to) = (self.measured.centre(), self.expected(now).centre());
        match self.patch.find(frame, [to.x - from.x, to.y - from.y]) {
            Place::Same => {
                let stops = motion::is_gliding(self.velocity, self.quad.height());
                self.followed_from = Some(here);
                self.stand(now);
                stops
            }
            Place::Shifted([x, y]) if !self.can_go([x, y], elapsed) => false,
            Place::Shifted([x, y]) => {
                let before = self.measured;
                self.followed_from = Some(here);
                self.measured = before.shifted(x, y);
                self.patch = Patch::new(frame, self.measured);
                self.go_on(before, elapsed, now);
                if x.hypot(y) <= MAX_TREMBLE * self.quad.height() {
                    self.velocity = [0.0; 2];
                }
                self.show_at(self.measured)
            }
            Place::Lost => false,
        }
    }

    /// Whether it can have gone this way: a card that moves does not turn back or leap within a
    /// frame. Out of rest it may go anywhere.
    fn can_go(&self, way: [f32; 2], elapsed: Duration) -> bool {
        let Some(pace) = self.pace.filter(|&pace| motion::is_gliding(pace, self.quad.height())) else {
            return true;
        };
        let seconds = elapsed.as_secs_f32();
        let change = (way[0] / seconds - pace[0]).hypot(way[1] / seconds - pace[1]);
        change <= MAX_CHANGE * pace[0].hypot(pace[1]) + MAX_PUSH * self.quad.height()
    }

    /// Shows it there, unless that is no more than a tremble; returns whether it is elsewhere now.
    fn show_at(&mut self, quad: Quad<InFrame>) -> bool {
        let moves = self.quad.largest_corner_shift(quad) > MAX_TREMBLE * self.quad.height();
        if moves {
            self.quad = quad;
        }
        moves
    }

    /// Where it was on the frame before its first; not where one of the `others` lies, which may
    /// look the same.
    fn look_back(&mut self, frame: &Pixels<'_>, taken_at: Duration, others: &[Self]) {
        let elapsed = self.placed_at.saturating_sub(taken_at);
        let before = match self.patch.find_before(frame) {
            Place::Same => self.measured,
            Place::Shifted([x, y]) => self.measured.shifted(x, y),
            Place::Lost => return,
        };
        let is_there =
            |other: &Self| other.measured.centre().distance(before.centre()) < MIN_APART * before.width();
        if !others.iter().any(is_there) {
            self.go_on(before, elapsed, self.placed_at);
        }
    }

    /// It is where it was.
    fn stand(&mut self, now: Duration) {
        (self.pace, self.velocity) = (Some([0.0; 2]), [0.0; 2]);
        self.placed_at = now;
    }

    /// It went from `before` to where it is now.
    fn go_on(&mut self, before: Quad<InFrame>, elapsed: Duration, now: Duration) {
        let pace = motion::pace(before, self.measured, elapsed);
        self.velocity = self.pace.map_or(pace, |before| motion::ahead(before, pace, elapsed));
        self.pace = Some(pace);
        self.placed_at = now;
    }

    /// How well a detection fits; `None` when it cannot be this card.
    fn likeness(&self, expected: Quad<InFrame>, seen: &Seen) -> Option<f32> {
        let quad = seen.detection.quad;
        let distance = |from: Quad<InFrame>| from.centre().distance(quad.centre()) / quad.height().max(1.0);
        let near = 1.0 - distance(expected).min(distance(self.measured)) / MAX_DISTANCE;
        if near <= 0.0 {
            return None;
        }
        let overlap = expected.iou(quad).max(self.measured.iou(quad));
        let difference = self.appearance.difference(&seen.appearance);
        let alike = difference.map_or(0.0, |difference| (1.0 - difference / MAX_DIFFERENCE).max(0.0));
        let fits = overlap >= MIN_OVERLAP || alike >= MIN_LIKENESS;
        fits.then_some(overlap + APPEARANCE_WEIGHT * alike + DISTANCE_WEIGHT * near)
    }

    fn see(&mut self, seen: &Seen, now: Duration) {
        // Which end of a card on its side is up may change from one detection to the next.
        let quad = seen.detection.quad.way_up_of(self.measured);
        let still = MAX_TREMBLE * self.quad.height();
        let elapsed = now.saturating_sub(self.placed_at);
        self.show_at(quad);
        let before = std::mem::replace(&mut self.measured, quad);
        // What was followed to this very frame knows its pace better than detections do, unless
        // pixels of what covers it, or of one like it, were taken for its own.
        let followed_from = self.followed_from.take();
        let misled = |_: &FollowedFrom| before.centre().distance(quad.centre()) > MAX_APART * quad.height();
        if !elapsed.is_zero() {
            if before.largest_corner_shift(quad) <= still {
                self.stand(now);
            } else {
                self.go_on(before, elapsed, now);
            }
        } else if let Some(from) = followed_from.filter(misled) {
            self.pace = from.pace;
            self.go_on(from.quad, now.saturating_sub(from.at), now);
        }
        self.patch.clone_from(&seen.patch);
        self.score = seen.detection.score;
        self.appearance.clone_from(&seen.appearance);
        self.face.clone_from(&seen.face);
        if self.rests() {
            self.reading.know_face(&seen.face);
        }
        self.seen += 1;
        self.last_seen = now;
        self.missed_at = None;
        if self.seen >= MIN_SIGHTINGS {
            self.first_shown.get_or_insert(now);
        }
    }

    /// Whether it lies still, but for what the game stirs. A card on its way shows its face aslant,
    /// and its neighbours' as well.
    fn rests(&self) -> bool {
        !motion::is_gliding(self.velocity, self.quad.height())
    }

    fn wants_reading(&self, now: Duration) -> bool {
        let face = self.rests().then_some(&self.face);
        self.reading.is_wanted(&self.appearance, face, now)
    }

    /// `None` while it is not shown.
    fn opacity(&self, now: Duration) -> Option<f32> {
        let share = |time: Duration| (time.as_secs_f32() / FADE.as_secs_f32()).min(1.0);
        // The first image already shows something, so that fast cards do not stay bare.
        let coming = 0.5 + 0.5 * share(now.saturating_sub(self.first_shown?));
        Some(coming * (1.0 - share(self.overdue(now))))
    }

    /// For how long it has been missing beyond the timeout; where frames are rare, being missed
    /// once is no reason yet.
    fn overdue(&self, now: Duration) -> Duration {
        let missed_at = self.missed_at.unwrap_or(now);
        now.saturating_sub(missed_at.max(self.last_seen + MISSING_TIMEOUT))
    }
}

#[cfg(test)]
mod tests;
