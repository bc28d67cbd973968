//! Saving and correcting cards at a player's word, and saying what came of it.

use dataset::labels::Label;
use lens_core::geometry::{InFrame, Quad};

use super::*;
use crate::saving::{ModelInUse, Outcome, QUEUE, Request, Writer, is_doubtful};
use marks::scene::flash::Tone;
use tracking::frame::Frame;

/// How long a card is lit.
const FLASH_STAYS: Duration = Duration::from_millis(350);
/// How often cards are saved by themselves, at most.
const AUTOMATIC_EVERY: Duration = Duration::from_secs(1);

/// Which cards to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that are unknown or doubtful.
    Doubtful,
    /// The one under the pointer.
    UnderPointer,
}

/// The writer of captures, and the cards that it spoke of last.
pub struct Captures {
    writer: Writer,
    automatic: bool,
    last_automatic: Option<Instant>,
    /// Whether there is a picture that was not saved from yet.
    is_due: bool,
    flashes: Vec<(u64, Tone, Instant)>,
}

impl Captures {
    /// Captures that go to this writer.
    pub fn new(writer: Writer) -> Self {
        Self { writer, automatic: false, last_automatic: None, is_due: false, flashes: Vec::new() }
    }

    /// Whether cards are saved as they come.
    pub(super) fn is_automatic(&self) -> bool {
        self.automatic
    }

    /// Takes in what the writer says; answers what a player should read of it.
    fn heard(&mut self, outcome: &Outcome, now: Instant) -> Option<String> {
        let Outcome { saved, duplicates, corrected, waiting, error } = outcome;
        let until = now + FLASH_STAYS;
        self.flashes.extend(saved.iter().map(|&track| (track, Tone::Saved, until)));
        self.flashes.extend(duplicates.iter().map(|&track| (track, Tone::Known, until)));
        if let Some(error) = error {
            return Some(match (corrected, saved.len()) {
                (Some(name), _) => format!("Corrected: {name}, for the next training only: {error}"),
                (None, 0) => format!("Not saved: {error}"),
                (None, count) => format!("{count} saved, the others not: {error}"),
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

    /// The cards that are lit now.
    pub(super) fn lit(&mut self, tracks: &[Track], now: Instant) -> Vec<(Quad<InFrame>, Tone)> {
        self.flashes.retain(|(_, _, until)| *until > now);
        let quad = |id: u64| tracks.iter().find(|track| track.id == id).map(|track| track.quad);
        self.flashes.iter().filter_map(|(track, tone, _)| Some((quad(*track)?, *tone))).collect()
    }

    /// When a card ceases to be lit, or the next ones are to be saved.
    pub(super) fn next_change(&self, now: Instant) -> Option<Instant> {
        let dark = self.flashes.iter().map(|(_, _, until)| *until).min();
        let is_waiting = self.automatic && self.is_due;
        let save = self.last_automatic.filter(|_| is_waiting).map(|last| last + AUTOMATIC_EVERY);
        [dark, save.filter(|save| *save > now)].into_iter().flatten().min()
    }
}

impl App {
    /// The writer has something to say.
    pub(super) fn captured(&mut self, outcome: &Outcome) {
        let now = Instant::now();
        if let Some(text) = self.captures.heard(outcome, now) {
            self.notices.say(text, now);
        }
        if outcome.corrected.is_some() && outcome.error.is_none() {
            // What was taught counts at once, not when the watcher comes by.
            self.model_files();
        }
        self.rebuild();
    }

    pub(super) fn capture(&mut self, which: Which) {
        let cards: Vec<Track> = match which {
            Which::Doubtful => self.snapshot.tracks.iter().filter(|it| is_doubtful(it)).cloned().collect(),
            Which::UnderPointer => self.card_under_pointer().into_iter().collect(),
        };
        let text = match (self.snapshot.picture.clone(), cards.is_empty(), which) {
            (Some(frame), false, _) => {
                if self.save(frame, cards, None) {
                    return;
                }
                full()
            }
            (_, _, Which::Doubtful) => "No unknown card on screen".to_owned(),
            (_, _, Which::UnderPointer) => "No card under the pointer".to_owned(),
        };
        self.notices.say(text, Instant::now());
    }

    pub(super) fn toggle_automatic(&mut self) {
        self.captures.automatic = !self.captures.automatic;
        let text = if self.captures.automatic { "Saving cards as they come" } else { "Saving stopped" };
        self.notices.say(text, Instant::now());
        self.capture_by_itself();
    }

    /// There is a new picture to save from.
    pub(super) fn expect_capture(&mut self) {
        self.captures.is_due = true;
    }

    /// Saves the cards of the latest picture, when it is time to; a steady one is saved from once.
    pub(super) fn capture_by_itself(&mut self) {
        let now = Instant::now();
        let is_time = self.captures.last_automatic.is_none_or(|last| now - last >= AUTOMATIC_EVERY);
        if !self.captures.automatic || !self.captures.is_due || !is_time {
            return;
        }
        // Cards that still appear, or lie covered at the edge of being seen, are not worth keeping.
        let whole = |track: &&Track| track.opacity == 1.0;
        let cards: Vec<Track> = self.snapshot.tracks.iter().filter(whole).cloned().collect();
        if let (Some(frame), false) = (self.snapshot.picture.clone(), cards.is_empty()) {
            // Those that still appear come with the next look.
            self.captures.is_due = cards.len() < self.snapshot.tracks.len();
            self.captures.last_automatic = Some(now);
            // A full queue means that the disk is slow: the next picture comes in a second.
            self.save(frame, cards, None);
        }
    }

    pub(super) fn correct(&mut self, number: u8) {
        let text = match self.correction(number) {
            Ok((frame, card, label)) => {
                if self.save(frame, vec![card], Some(Box::new(label))) {
                    return;
                }
                full()
            }
            Err(reason) => reason,
        };
        self.notices.say(text, Instant::now());
    }

    fn correction(&self, number: u8) -> Result<(Frame, Track, Label), String> {
        let card = self.card_under_pointer().ok_or("No card under the pointer")?;
        let frame = self.snapshot.picture.clone().ok_or("There is no picture")?;
        let mut label = match number.checked_sub(1) {
            None => Label::not_a_card(),
            Some(guess) => {
                let guess = card.guesses.get(usize::from(guess));
                let guess = guess.ok_or_else(|| format!("There is no guess number {number}"))?;
                let listed = self.running.catalogue.card(&guess.id);
                listed.map_or_else(
                    || Label {
                        name: guess.id.to_string(),
                        id: Some(guess.id.to_string()),
                        ..Label::default()
                    },
                    |listed| Label::new(listed, &card.modifiers),
                )
            }
        };
        label.source = Some("overlay".into());
        Ok((frame, card, label))
    }

    /// Hands cards over to the writer; answers whether that worked.
    fn save(&self, frame: Frame, cards: Vec<Track>, label: Option<Box<Label>>) -> bool {
        let Running { name, folder, .. } = &self.running;
        let model = folder.as_ref().map(|folder| ModelInUse { name: name.clone(), folder: folder.clone() });
        self.captures.writer.save(Request { frame, cards, label, model })
    }

    fn card_under_pointer(&self) -> Option<Track> {
        let view = View { window: self.canvas.as_ref()?.size(), frame: self.snapshot.frame_size() };
        under_pointer(&self.snapshot.tracks, self.placement, view).cloned()
    }
}

fn full() -> String {
    format!("Not saved: {QUEUE} pictures wait already\nhelp: is the disk very slow?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saving::Folders;
    use crate::teaching::Teacher;
    use crate::threads::Report;

    #[test]
    fn a_line_says_what_was_saved_and_cards_are_lit_for_a_moment() {
        let folders = Folders { captures: "nowhere".into(), labels: "nowhere".into() };
        let deaf: Report = Box::new(|_| true);
        let writer = Writer::start(folders, Box::new(Teacher::default()), deaf).unwrap();
        let mut captures = Captures::new(writer);
        let now = Instant::now();
        let saved = Outcome { saved: vec![1, 2], duplicates: vec![3], waiting: 1, ..Outcome::default() };
        assert_eq!(captures.heard(&saved, now).unwrap(), "2 saved, 1 there already, 1 waiting");
        let failed = Outcome { error: Some("the disk is full".into()), ..Outcome::default() };
        assert_eq!(captures.heard(&failed, now).unwrap(), "Not saved: the disk is full");
        let some = Outcome { saved: vec![4], ..failed.clone() };
        assert_eq!(captures.heard(&some, now).unwrap(), "1 saved, the others not: the disk is full");
        let label = Outcome { corrected: Some("Fox".into()), ..failed };
        let text = captures.heard(&label, now).unwrap();
        assert_eq!(text, "Corrected: Fox, for the next training only: the disk is full");
        assert_eq!(captures.next_change(now), Some(now + FLASH_STAYS));
        assert!(captures.lit(&[], now + FLASH_STAYS).is_empty() && captures.next_change(now).is_none());
        captures.automatic = true;
        (captures.is_due, captures.last_automatic) = (true, Some(now));
        let later = now + AUTOMATIC_EVERY;
        assert_eq!(captures.next_change(now), Some(later), "the last picture is saved from, too");
        assert_eq!(captures.next_change(later), None, "nothing waits for what is over");
        let known = Outcome { duplicates: vec![3], ..Outcome::default() };
        assert_eq!(captures.heard(&known, now), None, "no news");
    }
}
