//! What several frames say about one card: newer frames count more, one slip does not count.

use lens_core::card_id::CardId;
use lens_core::modifiers::Modifiers;
use vision::reading::{Guess, Identity, Reading};

/// What an older vote is worth after each frame.
const DECAY: f32 = 0.75;
/// How much stronger a challenger must be: names that swap on every frame cannot be read.
const MIN_LEAD: f32 = 1.25;
/// Confidence below which a name is looked at again.
const MIN_CONFIDENCE: f32 = 0.6;
/// Share of the votes below which a name is looked at again.
const MIN_SHARE: f32 = 0.75;

/// Votes on everything that recognition says about a card.
#[derive(Clone, Debug)]
pub(super) struct Votes {
    identity: Ballot<Option<CardId>>,
    nearest: Option<CardId>,
    confidence: f32,
    edition: Ballot<String>,
    enhancement: Ballot<String>,
    seal: Ballot<String>,
    stickers: Ballot<Vec<String>>,
    debuffed: Ballot<bool>,
    last: Reading,
}

impl Votes {
    pub(super) fn new(reading: &Reading) -> Self {
        let Modifiers { edition, enhancement, seal, stickers, debuffed } = reading.modifiers.clone();
        let mut votes = Self {
            identity: Ballot::new(reading.id().cloned()),
            nearest: None,
            confidence: 0.0,
            edition: Ballot::new(edition),
            enhancement: Ballot::new(enhancement),
            seal: Ballot::new(seal),
            stickers: Ballot::new(stickers),
            debuffed: Ballot::new(debuffed),
            last: reading.clone(),
        };
        votes.note(reading);
        votes
    }

    pub(super) fn add(&mut self, reading: &Reading) {
        self.count(reading);
        self.last.clone_from(reading);
    }

    fn count(&mut self, reading: &Reading) {
        let weight = match reading.identity {
            Identity::Known { confidence, .. } => confidence.clamp(0.2, 1.0),
            Identity::Unknown { .. } => 0.5,
        };
        let Modifiers { edition, enhancement, seal, stickers, debuffed } = &reading.modifiers;
        self.identity.add(&reading.id().cloned(), weight);
        self.edition.add(edition, 1.0);
        self.enhancement.add(enhancement, 1.0);
        self.seal.add(seal, 1.0);
        self.stickers.add(stickers, 1.0);
        self.debuffed.add(debuffed, 1.0);
        self.note(reading);
    }

    /// The last reading holds for another frame: nothing changed.
    pub(super) fn repeat(&mut self) {
        let last = std::mem::take(&mut self.last);
        self.count(&last);
        self.last = last;
    }

    /// The card's id so far.
    pub(super) fn id(&self) -> Option<&CardId> {
        self.identity.leader.as_ref()
    }

    /// The likeliest names on the last reading.
    pub(super) fn guesses(&self) -> &[Guess] {
        &self.last.guesses
    }

    /// Whether another reading could change the name: it is unknown, unsure, or readings disagree.
    pub(super) fn is_doubtful(&self) -> bool {
        self.id().is_none() || self.confidence < MIN_CONFIDENCE || self.identity.share() < MIN_SHARE
    }

    pub(super) fn identity(&self) -> Identity {
        match &self.identity.leader {
            Some(id) => Identity::Known { id: id.clone(), confidence: self.confidence },
            None => Identity::Unknown { nearest: self.nearest.clone() },
        }
    }

    pub(super) fn modifiers(&self) -> Modifiers {
        Modifiers {
            edition: self.edition.leader.clone(),
            enhancement: self.enhancement.leader.clone(),
            seal: self.seal.leader.clone(),
            stickers: self.stickers.leader.clone(),
            debuffed: self.debuffed.leader,
        }
    }

    /// Keeps what is shown beside the leader: its confidence, smoothed, or its nearest card.
    fn note(&mut self, reading: &Reading) {
        match &reading.identity {
            Identity::Known { id, confidence } if self.id() == Some(id) => {
                let first = self.confidence == 0.0;
                self.confidence = if first { *confidence } else { 0.7 * self.confidence + 0.3 * confidence };
            }
            Identity::Known { .. } => {}
            Identity::Unknown { nearest } => self.nearest.clone_from(nearest),
        }
    }
}

/// Votes on one question.
#[derive(Clone, Debug)]
struct Ballot<T> {
    leader: T,
    weights: Vec<(T, f32)>,
}

impl<T: Clone + PartialEq> Ballot<T> {
    fn new(first: T) -> Self {
        Self { weights: vec![(first.clone(), 1.0)], leader: first }
    }

    fn add(&mut self, choice: &T, weight: f32) {
        self.weights.iter_mut().for_each(|(_, sum)| *sum *= DECAY);
        match self.weights.iter_mut().find(|(it, _)| it == choice) {
            Some((_, sum)) => *sum += weight,
            None => self.weights.push((choice.clone(), weight)),
        }
        self.weights.retain(|(_, sum)| *sum > 0.02);
        if self.weight(choice) > MIN_LEAD * self.weight(&self.leader) {
            self.leader = choice.clone();
        }
    }

    fn weight(&self, choice: &T) -> f32 {
        self.weights.iter().find(|(it, _)| it == choice).map_or(0.0, |(_, sum)| *sum)
    }

    /// What the leader has of all votes.
    fn share(&self) -> f32 {
        self.weight(&self.leader) / self.weights.iter().map(|(_, sum)| sum).sum::<f32>().max(1e-6)
    }
}
