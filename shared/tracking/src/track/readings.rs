//! What the identifier said of a card so far, and whether it is to be asked again: it is where the
//! card looks otherwise than when it was read last, by its colours or by its face, where it has
//! come to rest elsewhere, and where its name is in doubt.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};
use vision::reading::{Identity, Reading};

use super::appearance::Appearance;
use super::face::Face;
use super::votes::Votes;

/// Probability of its name from which a reading is sure.
pub(super) const SURE_CONFIDENCE: f32 = 0.8;
/// Readings that a new card gets in any case.
const MIN_READINGS: u32 = 3;
/// Difference of appearances from which a card is read again, after a while.
const CHANGED: f32 = 12.0;
const CHANGED_INTERVAL: Duration = Duration::from_millis(120);
/// Difference from which it is read at once, because it is likely another card: flipped, replaced,
/// uncovered.
const REPLACED: f32 = 26.0;
/// Share of a card's face from which it is read again, though its colours are much the same, and
/// how much above what it shows by itself: some shimmer, some tilt.
const OTHER_FACE: f32 = 0.014;
const ABOVE_USUAL: f32 = 1.4;
/// Widths of a card from where it was read to where it lies still, from which it is read again:
/// where cards that look alike cross, one may have been taken for the other.
const ELSEWHERE: f32 = 0.4;
/// What counts as usual at most, and what is left of it after each reading.
const MAX_USUAL: f32 = 0.05;
const USUAL_DECAY: f32 = 0.9;
/// Readings that another face gets, when they are not sure, before it is left at that.
const MAX_UNSETTLED: u32 = 4;
/// How soon a doubtful card is read again; twice as long after each reading, up to the longest.
const DOUBT_INTERVAL: Duration = Duration::from_millis(150);
const MAX_DOUBT_INTERVAL: Duration = Duration::from_secs(2);
/// How soon any other card is read again: nothing is believed for ever.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
/// Readings in a row that must find no card before a card that was named is given up.
const MAX_REFUSALS: u32 = 3;

/// A card on one frame.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) quad: Quad<InFrame>,
    pub(super) appearance: &'a Appearance,
    /// Only of a card that rests: on its way it shows its face aslant, and its neighbours' as well.
    pub(super) face: Option<&'a Face>,
}

/// What the identifier said of a card, and when it is to be asked again.
#[derive(Debug, Default)]
pub(super) struct ReadSoFar {
    /// `None` before the first reading, and where there is no card.
    pub(super) votes: Option<Votes>,
    /// What the card looked like then.
    appearance: Option<Appearance>,
    face: Option<Face>,
    /// Where it lay then.
    quad: Quad<InFrame>,
    /// Readings in a row of another face that were not sure.
    unsettled: u32,
    /// How much its face changes while it stays the same card.
    usual: f32,
    count: u32,
    refusals: u32,
    at: Duration,
    pause: Duration,
}

impl ReadSoFar {
    /// Whether a card that looks so is to be read.
    pub(super) fn is_wanted(&self, look: Look<'_>, now: Duration) -> bool {
        let since = now.saturating_sub(self.at);
        self.appearance.is_none()
            || self.count < MIN_READINGS
            || self.change(look) > REPLACED
            || self.is_outdated(look) && since >= CHANGED_INTERVAL
            || since >= self.pause
    }

    /// Whether what was read is of another look or another place: it may be another card's.
    pub(super) fn is_outdated(&self, look: Look<'_>) -> bool {
        let is_other_face = look.face.is_some_and(|face| self.is_other_face(face));
        self.appearance.is_some() && (self.change(look) > CHANGED || is_other_face || self.is_elsewhere(look))
    }

    fn change(&self, look: Look<'_>) -> f32 {
        let before = self.appearance.as_ref();
        before.and_then(|before| before.difference(look.appearance)).unwrap_or(0.0)
    }

    /// Whether it rests, and not where it was read.
    fn is_elsewhere(&self, look: Look<'_>) -> bool {
        let distance = self.quad.centre().distance(look.quad.centre());
        look.face.is_some() && distance > ELSEWHERE * look.quad.width()
    }

    /// Remembers the face of a card that was read before it could be seen.
    pub(super) fn know_face(&mut self, face: &Face) {
        if self.count > 0 {
            self.face.get_or_insert_with(|| face.clone());
        }
    }

    /// Whether the face is another one than was read, by more than it changes by itself.
    fn is_other_face(&self, face: &Face) -> bool {
        self.change_of(face) > OTHER_FACE.max(ABOVE_USUAL * self.usual)
    }

    fn change_of(&self, face: &Face) -> f32 {
        self.face.as_ref().map_or(0.0, |before| before.difference(face))
    }

    /// Takes in what the identifier says of it; `None` when it is no card.
    pub(super) fn take(&mut self, reading: Option<&Reading>, look: Look<'_>, id: u64, now: Duration) {
        let is_other_face = look.face.is_some_and(|face| self.is_other_face(face));
        let change = look.face.map_or(0.0, |face| self.change_of(face));
        let is_sure = reading.is_some_and(is_sure);
        let may_be_another = is_other_face || self.is_elsewhere(look);
        let replaced = self.change(look) > REPLACED || may_be_another && is_sure;
        self.usual *= USUAL_DECAY;
        match (reading, &mut self.votes) {
            (None, votes) => {
                self.refusals += 1;
                if replaced || self.refusals >= MAX_REFUSALS {
                    *votes = None;
                }
            }
            (Some(reading), votes @ None) => {
                *votes = Some(Votes::new(reading));
                self.count = 0;
            }
            (Some(reading), Some(votes)) => {
                let id = reading.id();
                if replaced && id.is_some() && id != votes.id() {
                    // Another card lies there: the old one has no say in its name.
                    *votes = Votes::new(reading);
                    self.count = 0;
                    self.usual = 0.0;
                } else {
                    if is_other_face && id == votes.id() {
                        self.usual = self.usual.max(change).min(MAX_USUAL);
                    }
                    votes.add(reading);
                }
            }
        }
        if reading.is_some() {
            self.refusals = 0;
        }
        self.count += 1;
        self.appearance = Some(look.appearance.clone());
        self.quad = look.quad;
        // Another face that was not read for sure is looked at once more.
        self.unsettled = if is_other_face && !is_sure { self.unsettled + 1 } else { 0 };
        if self.unsettled == 0 || self.unsettled >= MAX_UNSETTLED {
            self.unsettled = 0;
            self.face = look.face.cloned();
        }
        self.at = now;
        let doubtful = self.votes.as_ref().is_none_or(Votes::is_doubtful);
        self.pause = match doubtful {
            true => (2 * self.pause).clamp(DOUBT_INTERVAL, MAX_DOUBT_INTERVAL),
            // Not all of them on the same frame.
            false => REFRESH_INTERVAL + Duration::from_millis(150 * (id % 12)),
        };
    }
}

/// Whether a card is shown at first sight by it.
pub(super) fn is_sure(reading: &Reading) -> bool {
    matches!(reading.identity, Identity::Known { confidence, .. } if confidence >= SURE_CONFIDENCE)
}
