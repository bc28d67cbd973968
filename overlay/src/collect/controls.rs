//! What a player sees of saving: cards that are lit for a moment, a line of words, and saving
//! without being asked.
//!
//! Time is an argument. The files are written by [`crate::collect::writer`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dataset::labels::Label;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use marks::scene::flash::Tone;
use tracking::frame::Frame;
use tracking::pipeline::Snapshot;
use tracking::track::Track;
use vision::reading::Guess;

use super::writer::{MAX_WAITING, SaveRequest, Writer};
use crate::messages::outcome::SaveOutcome;

/// How long a card is lit.
const FLASH_DURATION: Duration = Duration::from_millis(350);
/// How often cards are saved by themselves, at most.
const AUTOMATIC_INTERVAL: Duration = Duration::from_secs(1);

/// The writer of captures, and the cards that it spoke of last.
pub struct CaptureControls {
    writer: Writer,
    automatic: bool,
    last_automatic: Option<Instant>,
    /// Whether there is an image that was not saved from yet.
    is_due: bool,
    flashes: Vec<(u64, Tone, Instant)>,
    /// The guesses for cards that were corrected, as they were before: a correction teaches, and
    /// what was the second guess may be the first by then.
    corrected: BTreeMap<u64, Vec<Guess>>,
}

impl CaptureControls {
    /// Captures that go to this writer.
    pub fn new(writer: Writer) -> Self {
        Self {
            writer,
            automatic: false,
            last_automatic: None,
            is_due: false,
            flashes: Vec::new(),
            corrected: BTreeMap::new(),
        }
    }

    /// Whether cards are saved as they come.
    pub fn is_automatic(&self) -> bool {
        self.automatic
    }

    /// Takes in what the writer says; returns what a player should read of it.
    pub fn take_outcome(&mut self, outcome: &SaveOutcome, now: Instant) -> Option<String> {
        let SaveOutcome { saved, duplicates, corrected, unnamed, waiting, error } = outcome;
        let until = now + FLASH_DURATION;
        self.flashes.extend(saved.iter().map(|&track| (track, Tone::Saved, until)));
        self.flashes.extend(duplicates.iter().map(|&track| (track, Tone::Known, until)));
        if let Some(error) = error {
            return Some(match (corrected, unnamed, saved.len()) {
                (Some(name), ..) => format!("Corrected: {name}, for the next training only: {error}"),
                (None, Some(name), _) => format!("Saved, but not as {name}: {error}"),
                (None, None, 0) => format!("Not saved: {error}"),
                (None, None, count) => format!("{count} saved, the others not: {error}"),
            });
        }
        if let Some(name) = corrected {
            return Some(format!("Corrected: {name}"));
        }
        // Cards that are there already are no news while cards are saved by themselves.
        if saved.is_empty() && self.automatic {
            return None;
        }
        let parts = [(saved.len(), "saved"), (duplicates.len(), "there already"), (*waiting, "waiting")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        Some(parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", "))
    }

    /// The card with the guesses that its numbers stand for: once it was corrected, those from
    /// before.
    pub fn with_lasting_guesses(&self, mut card: Track) -> Track {
        if let Some(guesses) = self.corrected.get(&card.id) {
            card.guesses.clone_from(guesses);
        }
        card
    }

    /// The card is corrected now: its numbers go on standing for what they stand for.
    pub fn keep_guesses(&mut self, card: &Track) {
        self.corrected.entry(card.id).or_insert_with(|| card.guesses.clone());
    }

    /// Forgets what numbers stood for on cards that went, or that became others.
    pub fn forget_guesses(&mut self, tracks: &[Track]) {
        self.corrected.retain(|id, guesses| {
            let Some(track) = tracks.iter().find(|track| track.id == *id) else { return false };
            track.guesses.first().is_none_or(|best| guesses.iter().any(|guess| guess.id == best.id))
        });
    }

    /// The cards that are lit now.
    pub fn lit(&mut self, tracks: &[Track], now: Instant) -> Vec<(Quad<InFrame>, Tone)> {
        self.flashes.retain(|(_, _, until)| *until > now);
        let quad = |id: u64| tracks.iter().find(|track| track.id == id).map(|track| track.quad);
        self.flashes.iter().filter_map(|(track, tone, _)| Some((quad(*track)?, *tone))).collect()
    }

    /// When a card ceases to be lit, or the next ones are to be saved.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let dark = self.flashes.iter().map(|(_, _, until)| *until).filter(|until| *until > now).min();
        let is_waiting = self.automatic && self.is_due;
        let save = self.last_automatic.filter(|_| is_waiting).map(|last| last + AUTOMATIC_INTERVAL);
        [dark, save.filter(|save| *save > now)].into_iter().flatten().min()
    }

    /// Starts or stops saving cards as they come; returns what a player should read.
    pub fn toggle_automatic(&mut self) -> &'static str {
        self.automatic = !self.automatic;
        if self.automatic { "Saving cards as they come" } else { "Saving stopped" }
    }

    /// There is a new image to save from.
    pub fn expect(&mut self) {
        self.is_due = true;
    }

    /// The image and the cards that are to be saved now without being asked for; a steady image
    /// is saved from once.
    pub fn due(&mut self, snapshot: &Snapshot, now: Instant) -> Option<(Frame, Vec<Track>)> {
        let is_time = self.last_automatic.is_none_or(|last| now - last >= AUTOMATIC_INTERVAL);
        if !self.automatic || !self.is_due || !is_time {
            return None;
        }
        let frame = snapshot.picture.clone()?;
        // Cards that still appear, or lie covered at the edge of being seen, are not worth keeping;
        // where one that was not found was, something else may lie.
        let is_whole = |track: &&Track| track.opacity == 1.0 && track.is_found;
        let cards: Vec<Track> = snapshot.tracks.iter().filter(is_whole).cloned().collect();
        if cards.is_empty() {
            return None;
        }
        // Those that still appear come with the next look.
        self.is_due = cards.len() < snapshot.tracks.len();
        self.last_automatic = Some(now);
        Some((frame, cards))
    }

    /// Hands cards over to the writer.
    ///
    /// # Errors
    /// When too many images wait already.
    pub fn save(&self, request: SaveRequest) -> Result<(), SaveError> {
        if self.writer.save(request) { Ok(()) } else { Err(SaveError::Full) }
    }
}

/// Why nothing was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// Every card has a name that is sure.
    #[error("No unknown card on screen")]
    NothingDoubtful,
    /// The pointer is elsewhere.
    #[error("No card under the pointer")]
    NoCard,
    /// It is drawn still, but the latest frame does not show it.
    #[error("That card has gone, or moves\nhelp: try again when it lies still")]
    NotFound,
    /// Nothing was captured yet.
    #[error("There is no frame")]
    NoPicture,
    /// The model had fewer guesses.
    #[error("There is no guess number {0}")]
    NoGuess(u8),
    /// The disk is slower than the player.
    #[error("Not saved: {MAX_WAITING} frames wait already\nhelp: is the disk very slow?")]
    Full,
}

/// The label of a card that a player says is the guess of this number, from one; 0 is no card at
/// all.
///
/// # Errors
/// When there is no such guess.
pub fn correction(card: &Track, number: u8, catalogue: &Catalogue) -> Result<Label, SaveError> {
    Ok(match number.checked_sub(1) {
        None => Label { source: Some(SOURCE.into()), ..Label::not_a_card() },
        Some(guess) => {
            let guess = card.guesses.get(usize::from(guess)).ok_or(SaveError::NoGuess(number))?;
            label_as(&guess.id, &card.modifiers, catalogue)
        }
    })
}

/// A card that the latest frame shows.
///
/// # Errors
/// When it was not found there: where it was, something else may lie.
pub fn found(card: &Track) -> Result<&Track, SaveError> {
    if card.is_found { Ok(card) } else { Err(SaveError::NotFound) }
}

/// Who says so, in labels.
const SOURCE: &str = "overlay";

/// The label of a card that a player says is this one.
pub fn label_as(id: &str, modifiers: &Modifiers, catalogue: &Catalogue) -> Label {
    let label = match catalogue.card(id) {
        Some(listed) => Label::new(listed, modifiers),
        None => Label { name: id.to_owned(), id: Some(id.to_owned()), ..Label::default() },
    };
    Label { source: Some(SOURCE.into()), ..label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;
    use std::sync::Arc;
    use vision::reading::GuessSource;

    use crate::collect::enrol::Teacher;
    use crate::collect::writer::Folders;
    use crate::messages::event::EventSink;

    #[test]
    fn numbers_stand_for_the_same_names_until_the_card_becomes_another() {
        let folders = Folders { captures: "nowhere".into(), labels: "nowhere".into() };
        let deaf: EventSink = Arc::new(|_| true);
        let mut captures =
            CaptureControls::new(Writer::start(folders, Box::new(Teacher::default()), deaf).unwrap());
        let card = |ids: &[&str]| {
            let guess = |id: &&str| Guess { id: (*id).into(), probability: 0.5, source: GuessSource::Model };
            let quad = Quad::from_rect(Rect::ltwh(0.0, 0.0, 71.0, 95.0));
            let track = crate::test_track::track(7, crate::test_track::known(ids[0], 0.9), quad);
            Track { guesses: ids.iter().map(guess).collect(), ..track }
        };
        let first = |captures: &CaptureControls, card: Track| {
            captures.with_lasting_guesses(card).guesses[0].id.to_string()
        };
        captures.keep_guesses(&card(&["H_4", "D_4", "H_5"]));
        // The second guess was taught by mistake, and is the first by now.
        let taught = card(&["D_4", "H_4", "H_5"]);
        captures.forget_guesses(std::slice::from_ref(&taught));
        assert_eq!(first(&captures, taught), "H_4");
        let other = card(&["S_K", "D_4"]);
        captures.forget_guesses(std::slice::from_ref(&other));
        assert_eq!(first(&captures, other), "S_K");
    }

    /// What lay elsewhere on the image was saved under the name of a card that had just left.
    #[test]
    fn a_card_that_is_not_on_the_image_is_not_saved() {
        let folders = Folders { captures: "nowhere".into(), labels: "nowhere".into() };
        let deaf: EventSink = Arc::new(|_| true);
        let mut captures =
            CaptureControls::new(Writer::start(folders, Box::new(Teacher::default()), deaf).unwrap());
        captures.toggle_automatic();
        captures.expect();
        let now = Instant::now();
        let bytes = Arc::new(vec![0_u8; 8 * 8 * 4]);
        let picture = Frame::new(0, now, 8, 8, lens_core::pixels::ChannelOrder::Rgbx, bytes).unwrap();
        let card = |id: u64, is_found: bool| {
            let quad = Quad::from_rect(Rect::ltwh(0.0, 0.0, 4.0, 6.0));
            let track = crate::test_track::track(id, crate::test_track::known("S_K", 0.9), quad);
            Track { is_found, ..track }
        };
        let mut snapshot =
            Snapshot { tracks: vec![card(1, false)], picture: Some(picture), recognition: None };
        assert!(captures.due(&snapshot, now).is_none());
        snapshot.tracks.push(card(2, true));
        let (_, saved) = captures.due(&snapshot, now).expect("one is there");
        assert_eq!(saved.iter().map(|it| it.id).collect::<Vec<_>>(), [2]);
        // Nor is it, or what lies there now, saved or named by hand.
        let by_hand = |card: &Track| found(card).is_ok();
        assert_eq!([1, 2].map(|id| by_hand(&card(id, id == 2))), [false, true]);
    }

    #[test]
    fn a_line_says_what_was_saved_and_cards_are_lit_for_a_moment() {
        let folders = Folders { captures: "nowhere".into(), labels: "nowhere".into() };
        let deaf: EventSink = Arc::new(|_| true);
        let writer = Writer::start(folders, Box::new(Teacher::default()), deaf).unwrap();
        let mut captures = CaptureControls::new(writer);
        let now = Instant::now();
        let saved =
            SaveOutcome { saved: vec![1, 2], duplicates: vec![3], waiting: 1, ..SaveOutcome::default() };
        assert_eq!(captures.take_outcome(&saved, now).unwrap(), "2 saved, 1 there already, 1 waiting");
        let failed = SaveOutcome { error: Some("the disk is full".into()), ..SaveOutcome::default() };
        assert_eq!(captures.take_outcome(&failed, now).unwrap(), "Not saved: the disk is full");
        let some = SaveOutcome { saved: vec![4], ..failed.clone() };
        assert_eq!(captures.take_outcome(&some, now).unwrap(), "1 saved, the others not: the disk is full");
        let unnamed = SaveOutcome { unnamed: Some("Fox".into()), ..some };
        assert_eq!(captures.take_outcome(&unnamed, now).unwrap(), "Saved, but not as Fox: the disk is full");
        let label = SaveOutcome { corrected: Some("Fox".into()), ..failed };
        let text = captures.take_outcome(&label, now).unwrap();
        assert_eq!(text, "Corrected: Fox, for the next training only: the disk is full");
        assert_eq!(captures.next_change(now), Some(now + FLASH_DURATION));
        assert_eq!(captures.next_change(now + FLASH_DURATION), None, "nothing waits for what is over");
        assert!(captures.lit(&[], now + FLASH_DURATION).is_empty() && captures.next_change(now).is_none());
        captures.automatic = true;
        (captures.is_due, captures.last_automatic) = (true, Some(now));
        let later = now + AUTOMATIC_INTERVAL;
        assert_eq!(captures.next_change(now), Some(later), "the last frame is saved from, too");
        assert_eq!(captures.next_change(later), None);
        let known = SaveOutcome { duplicates: vec![3], ..SaveOutcome::default() };
        assert_eq!(captures.take_outcome(&known, now), None, "no news");
    }
}
