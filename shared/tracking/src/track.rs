//! Cards over time: which detection is which card, what several readings say together, who has
//! gone.
//!
//! Detections of a frame go in (`Seen`), the tracker says which of them are to be read, their
//! readings go in, and [`Track`]s come out. Pure: time is an argument.
//!
//! Cards are matched greedily by where they are expected, by the overlap of their quads and by
//! their appearance: neighbours in a fan overlap as much as a card that moves overlaps itself, but
//! do not look alike. Between detections they are followed by their own pixels
//! (`registration`). Read are those that are new, doubtful, look otherwise than when they were read
//! last, by their colours or by their face, or came to rest elsewhere; a card that lies still is
//! left alone.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;
use vision::reading::{Guess, Identity, Reading};

use appearance::Appearance;
use face::Face;
use motion::Course;
pub use motion::Velocity;
use readings::{Look, ReadSoFar, is_sure};
use registration::{Patch, Place};
pub(crate) use seen::Seen;
use votes::Votes;

mod appearance;
mod face;
mod grid;
mod hidden;
mod motion;
mod readings;
mod registration;
mod seen;
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
/// Frames on which a card on its way may be lost before only a detection finds it again.
const MAX_LOST: u32 = 2;
/// How long it is looked for in every direction, when nothing is known of its way.
const MAX_SOUGHT: Duration = Duration::from_millis(80);
/// Difference to a card, beside the one to another card that lies there, up to which it is not that
/// one.
const LESS_THAN_OTHER: f32 = 0.6;
/// Heights of a card between where its pixels were followed to and where it is detected, at most:
/// beyond, the detection is right. And the same where pixels stood still beneath another card,
/// whose they may be.
const MAX_APART: f32 = 0.06;
const MAX_APART_STILL: f32 = 0.02;
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
    /// How long after the frame it can be drawn as if it went on like that.
    pub lasts: Duration,
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
            track.quad = motion::moved(track.quad, track.velocity, since.min(track.lasts));
        }
        track
    };
    tracks.iter().map(glided).collect()
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
    /// Frames since then on which it was not found.
    lost_on: u32,
    course: Course,
    /// Where it was detected last.
    detected: Stop,
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

/// A place of a card, and how it came there.
#[derive(Clone, Copy, Debug)]
struct Stop {
    quad: Quad<InFrame>,
    at: Duration,
    course: Course,
}

impl Tracker {
    /// Follows the cards to a frame that was taken at `now`, whether or not it is recognised.
    /// Returns whether one of them is to be drawn elsewhere.
    pub(crate) fn follow(&mut self, frame: &Pixels<'_>, now: Duration) -> bool {
        let mut moved = false;
        let places: Vec<(u64, Quad<InFrame>)> = self
            .cards
            .iter()
            .filter(|card| card.missed_at.is_none())
            .map(|card| (card.id, card.expected(now)))
            .collect();
        for card in &mut self.cards {
            moved |= card.follow(frame, &places, now);
        }
        for at in 0..self.cards.len() {
            if self.cards[at].is_sought(now)
                && let Some(way) = self.way_of(at, frame, now)
            {
                moved |= self.cards[at].go(way, frame, &places, now);
            }
        }
        moved
    }

    /// How far a card has gone of which nothing but its place is known; not to where another lies,
    /// which may look the same.
    fn way_of(&self, at: usize, frame: &Pixels<'_>, now: Duration) -> Option<[f32; 2]> {
        let card = &self.cards[at];
        let (Place::Shifted([x, y]), difference) = card.patch.find_around(frame, false) else { return None };
        let mut others = self.cards.iter().filter(|other| other.id != card.id);
        let there = card.measured.shifted(x, y);
        (!others.any(|other| card.is_like(other, other.expected(now), there, difference))).then_some([x, y])
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
        let beside = |index: usize| {
            let others = seen.iter().enumerate().filter(move |(other, _)| *other != index);
            seen[index].patch.clone().beside(others.map(|(_, other)| other.detection.quad))
        };
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
                let mut others = seen.iter().enumerate().filter(|(other, _)| *other != index);
                let is_beneath = others.any(|(_, other)| self.cards[at].is_near(other.detection.quad, 1.0));
                self.cards[at].see(&seen[index], beside(index), is_beneath, now);
            }
        }
        self.assigned.clear();
        for (index, owner) in owner.into_iter().enumerate() {
            let id = owner.unwrap_or_else(|| {
                let id = self.next_id;
                self.next_id += 1;
                let mut card = Card::new(id, &seen[index], now);
                card.patch = beside(index);
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
        let Some(id) = self.assigned.get_mut(index) else { return };
        if let Some(name) = reading.filter(|reading| is_sure(reading)).and_then(Reading::id) {
            *id = hidden::come_out(&mut self.cards, *id, name, now).unwrap_or(*id);
        }
        let id = *id;
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == id) {
            let mut so_far = std::mem::take(&mut card.reading);
            so_far.take(reading, card.look(), id, now);
            card.reading = so_far;
            if card.score >= SURE_SCORE && reading.is_some_and(is_sure) {
                card.first_shown.get_or_insert(now);
            }
        }
    }

    /// The last frame once more at `now`: what was said of it counts again. Returns which of its
    /// detections were not read as they are.
    pub(crate) fn repeat(&mut self, seen: &[Seen], now: Duration) -> Vec<usize> {
        let wanted = self.locate(seen, None, now);
        for votes in self
            .cards
            .iter_mut()
            .filter(|card| card.last_seen == now)
            .filter_map(|card| card.reading.votes.as_mut())
        {
            votes.repeat();
        }
        let is_outdated = |id: u64| self.cards.iter().any(|card| card.id == id && card.is_outdated());
        wanted.into_iter().filter(|&index| is_outdated(self.assigned[index])).collect()
    }

    /// The cards to draw at `now`, from left to right and top to bottom as they were first seen.
    pub(crate) fn tracks(&self, now: Duration) -> Vec<Track> {
        let track = |card: &Card| {
            let votes = card.reading.votes.as_ref()?;
            let since = now.saturating_sub(card.placed_at);
            Some(Track {
                id: card.id,
                quad: motion::moved(card.quad, card.velocity, since.min(card.course.lasts())),
                velocity: card.velocity,
                lasts: card.course.lasts().saturating_sub(since),
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
            card.last_seen == now && shown && card.velocity == [0.0; 2] && !card.is_outdated()
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
            lost_on: 0,
            course: Course::default(),
            detected: Stop { quad: seen.detection.quad, at: now, course: Course::default() },
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
        let since = now.saturating_sub(self.placed_at);
        motion::moved(self.measured, self.course.ahead(since), since)
    }

    fn follow(&mut self, frame: &Pixels<'_>, places: &[(u64, Quad<InFrame>)], now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.placed_at);
        if elapsed.is_zero() || elapsed > MAX_FOLLOWED {
            return false;
        }
        // One on its way that is lost for longer is covered: what looks like it is something else.
        let glides = self.course.pace.is_some_and(|pace| motion::is_gliding(pace, self.quad.height()));
        if glides && self.lost_on >= MAX_LOST {
            return false;
        }
        self.lost_on += 1;
        let (from, to) = (self.measured.centre(), self.expected(now).centre());
        let change = self.course.largest_change(self.quad.height(), elapsed, self.lost_on);
        let reach = change.map_or(f32::MAX, |change| change * elapsed.as_secs_f32());
        let stops = match self.patch.find(frame, [to.x - from.x, to.y - from.y], reach) {
            Place::Shifted(way) if self.can_go(way, elapsed) => return self.go(way, frame, places, now),
            Place::Same if self.can_go([0.0; 2], elapsed) => !self.may_be_covered(places),
            // It may stop dead where what is seen there cannot be another card's.
            _ => !self.has_another_there(places) && self.patch.is_here(frame),
        };
        let moved = stops && motion::is_gliding(self.velocity, self.quad.height());
        if stops {
            self.stand(now);
        }
        moved
    }

    /// Its pixels went this way; returns whether it is to be drawn elsewhere.
    fn go(
        &mut self,
        [x, y]: [f32; 2],
        frame: &Pixels<'_>,
        places: &[(u64, Quad<InFrame>)],
        now: Duration,
    ) -> bool {
        let before = self.measured;
        self.measured = before.shifted(x, y);
        let others = places.iter().filter(|(id, _)| *id != self.id);
        self.patch = Patch::new(frame, self.measured).beside(others.map(|(_, quad)| *quad));
        self.go_on(before, now.saturating_sub(self.placed_at), now);
        if x.hypot(y) <= MAX_TREMBLE * self.quad.height() {
            self.velocity = [0.0; 2];
        }
        self.show_at(self.measured)
    }

    /// Whether it was seen but once, and another card lies there: the pixels may be that one's.
    fn may_be_covered(&self, places: &[(u64, Quad<InFrame>)]) -> bool {
        self.course.pace.is_none() && self.has_another_there(places)
    }

    fn has_another_there(&self, places: &[(u64, Quad<InFrame>)]) -> bool {
        places.iter().any(|(id, quad)| *id != self.id && self.is_near(*quad, MIN_APART))
    }

    /// Whether another card lies less than so many widths away.
    fn is_near(&self, other: Quad<InFrame>, widths: f32) -> bool {
        other.centre().distance(self.measured.centre()) < widths * self.measured.width()
    }

    /// Whether nothing is known of it but where it was seen a moment ago.
    fn is_sought(&self, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.placed_at);
        self.course.pace.is_none() && !elapsed.is_zero() && elapsed <= MAX_SOUGHT
    }

    /// Whether it can have gone this way since its last place.
    fn can_go(&self, way: [f32; 2], elapsed: Duration) -> bool {
        self.course.can_go(way, self.quad.height(), elapsed, self.lost_on)
    }

    /// Whether what was found `there` is as well another card, which lies at `place`.
    fn is_like(&self, other: &Self, place: Quad<InFrame>, there: Quad<InFrame>, difference: f32) -> bool {
        place.centre().distance(there.centre()) < MIN_APART * there.width()
            && difference > LESS_THAN_OTHER * self.patch.difference(&other.patch)
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
        let (before, difference) = match self.patch.find_around(frame, true) {
            // What covers it lies still: that says nothing.
            (Place::Same, _) => (self.measured, f32::MAX),
            (Place::Shifted([x, y]), difference) => (self.measured.shifted(x, y), difference),
            (Place::Lost, _) => return,
        };
        if !others.iter().any(|other| self.is_like(other, other.measured, before, difference)) {
            self.course = Course::default();
            self.go_on(before, elapsed, self.placed_at);
            self.course = self.course.rough();
            self.detected.course = self.course;
        }
    }

    /// It is where it was.
    fn stand(&mut self, now: Duration) {
        self.course = Course::stood(now.saturating_sub(self.placed_at));
        self.velocity = [0.0; 2];
        (self.placed_at, self.lost_on) = (now, 0);
    }

    /// It went from `before` to where it is now.
    fn go_on(&mut self, before: Quad<InFrame>, elapsed: Duration, now: Duration) {
        self.course = self.course.gone_on(before, self.measured, elapsed);
        self.velocity = self.course.velocity();
        (self.placed_at, self.lost_on) = (now, 0);
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

    /// It was detected; where another may lie on it, that one may be what stood still.
    fn see(&mut self, seen: &Seen, patch: Patch, is_beneath: bool, now: Duration) {
        // Which end of a card on its side is up may change from one detection to the next.
        let quad = seen.detection.quad.way_up_of(self.measured);
        let still = MAX_TREMBLE * self.quad.height();
        let elapsed = now.saturating_sub(self.placed_at);
        let expected = self.expected(now);
        self.show_at(quad);
        let before = std::mem::replace(&mut self.measured, quad);
        // What was followed knows its pace better than detections do, unless pixels of what covers
        // it, or of one like it, were taken for its own.
        let apart = expected.centre().distance(quad.centre()) / quad.height().max(1.0);
        let stood = self.course.pace == Some([0.0; 2]);
        let is_misled = apart > if stood && is_beneath { MAX_APART_STILL } else { MAX_APART };
        let since = now.saturating_sub(self.detected.at);
        if is_misled && self.placed_at > self.detected.at {
            self.course = self.detected.course;
            self.go_on(self.detected.quad, since, now);
        } else if !elapsed.is_zero() {
            if before.largest_corner_shift(quad) <= still {
                self.stand(now);
            } else {
                self.go_on(before, elapsed, now);
            }
        }
        self.detected = Stop { quad, at: now, course: self.course };
        self.patch = patch;
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

    fn look(&self) -> Look<'_> {
        let face = self.rests().then_some(&self.face);
        Look { quad: self.measured, appearance: &self.appearance, face }
    }

    fn wants_reading(&self, now: Duration) -> bool {
        self.reading.is_wanted(self.look(), now)
    }

    /// Whether what was read is not of the card as it is seen now.
    fn is_outdated(&self) -> bool {
        self.reading.is_outdated(self.look())
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
