//! Saving and correcting cards at a player's word.

use std::sync::Arc;
use std::time::Instant;

use dataset::labels::Label;
use tracking::frame::Frame;
use tracking::track::Track;

use super::App;
use super::naming::Naming;
use crate::collect::controls::{SaveError, correction, found, label_as};
use crate::collect::writer::{ModelInUse, SaveRequest, is_doubtful};
use crate::messages::outcome::SaveOutcome;

/// Which cards to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that are unknown or doubtful.
    Doubtful,
    /// The one under the pointer.
    UnderPointer,
}

impl App {
    /// The writer has something to say.
    pub(super) fn saved(&mut self, outcome: &SaveOutcome) {
        let now = Instant::now();
        if let Some(text) = self.services.captures.take_outcome(outcome, now) {
            self.notices.say(text, now);
        }
        if outcome.corrected.is_some() && outcome.error.is_none() {
            // What was taught counts at once, not when the file watcher comes by.
            self.reload_model();
        }
        self.rebuild();
    }

    pub(super) fn capture(&mut self, which: Which) {
        let cards = match which {
            Which::Doubtful => {
                let wanted = |it: &&Track| it.is_found && is_doubtful(it);
                let cards: Vec<Track> = self.snapshot.tracks.iter().filter(wanted).cloned().collect();
                if cards.is_empty() { Err(SaveError::NothingDoubtful) } else { Ok(cards) }
            }
            Which::UnderPointer => self.card_under_pointer().map(|card| vec![card]),
        };
        self.say_unsaved(cards.and_then(|cards| self.save(self.frame()?, cards, None)));
    }

    pub(super) fn toggle_automatic(&mut self) {
        let text = self.services.captures.toggle_automatic();
        self.notices.say(text, Instant::now());
        self.capture_by_itself();
    }

    /// Saves cards of the latest image without being asked, when it is time to.
    pub(super) fn capture_by_itself(&mut self) {
        if let Some((frame, cards)) = self.services.captures.due(&self.snapshot, Instant::now()) {
            // A full queue means that the disk is slow: the next image comes in a second.
            let _ = self.save(frame, cards, None);
        }
    }

    /// The card under the pointer is the guess of this number, from one; 0 is no card at all.
    pub(super) fn correct(&mut self, number: u8) {
        let saved = self.label_of(number).and_then(|(frame, card, label)| {
            self.services.captures.keep_guesses(&card);
            self.save(frame, vec![card], Some(Box::new(label)))
        });
        self.say_unsaved(saved);
    }

    /// Asks for the name of the card under the pointer.
    pub(super) fn ask_name(&mut self) {
        let asked = self.card_under_pointer().and_then(|card| Ok((self.frame()?, card)));
        let (frame, card) = match asked {
            Ok(asked) => asked,
            Err(error) => return self.say_unsaved(Err(error)),
        };
        let (catalogue, at) = (&self.model.running.catalogue, self.target.pointer());
        match Naming::open(frame, card, catalogue, at, Arc::clone(&self.services.sink)) {
            // A window that is open still is closed: its card is another.
            Ok(naming) => self.naming = Some(naming),
            Err(error) => self.say(error.to_string()),
        }
    }

    /// The name was typed; without one the card stays as it is. The answer of a window that was
    /// closed for another is of no use any more.
    pub(super) fn take_name(&mut self, naming: u32, answer: Result<Option<String>, String>) {
        let Some(naming) = self.naming.take_if(|it| it.number == naming) else { return };
        let id = match answer {
            Ok(Some(id)) => id,
            Ok(None) => return,
            Err(reason) => {
                return self.say(format!("The card's name cannot be asked for: {reason}"));
            }
        };
        let (frame, card) = (naming.frame.clone(), naming.card.clone());
        let label = label_as(&id, &card.modifiers, &self.model.running.catalogue);
        self.services.captures.keep_guesses(&card);
        let saved = self.save(frame, vec![card], Some(Box::new(label)));
        self.say_unsaved(saved);
    }

    fn label_of(&self, number: u8) -> Result<(Frame, Track, Label), SaveError> {
        let (card, frame) = (self.card_under_pointer()?, self.frame()?);
        let label = correction(&card, number, &self.model.running.catalogue)?;
        Ok((frame, card, label))
    }

    pub(super) fn save(
        &self,
        frame: Frame,
        cards: Vec<Track>,
        label: Option<Box<Label>>,
    ) -> Result<(), SaveError> {
        let running = &self.model.running;
        let folder = running.folder.clone();
        let model = folder.map(|folder| ModelInUse { name: running.name.clone(), folder });
        self.services.captures.save(SaveRequest { frame, cards, label, model })
    }

    pub(super) fn say_unsaved(&mut self, saved: Result<(), SaveError>) {
        if let Err(error) = saved {
            self.notices.say(error.to_string(), Instant::now());
        }
    }

    /// The latest frame.
    fn frame(&self) -> Result<Frame, SaveError> {
        self.snapshot.picture.clone().ok_or(SaveError::NoPicture)
    }

    /// The card to save or to name. One that was not found on the latest frame is not there: where
    /// it was, something else may lie.
    fn card_under_pointer(&self) -> Result<Track, SaveError> {
        let frame = self.snapshot.frame_size();
        let window = self.output.size();
        let card = self.target.card_under_pointer(&self.snapshot.tracks, frame, window);
        let card = card.ok_or(SaveError::NoCard)?;
        let card = found(card)?.clone();
        Ok(self.services.captures.with_lasting_guesses(card))
    }
}
