//! What recognition says about cards: the words in which everything after it speaks.
//!
//! A [`Detection`] is a card that was found, a [`Reading`] is what it turned out to be. Two steps,
//! because they cost differently: [`Recognise::detect`] searches the whole frame,
//! [`Recognise::identify`] takes one card each, and most cards of a frame were named before.

use lens_core::card_id::CardId;
use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;

use crate::network::RunError;

/// A card that was found on a frame, not named yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Detection {
    /// The whole card, also where something covers it.
    pub quad: Quad<InFrame>,
    /// How sure the detector is that there is a card, in `0.0..=1.0`.
    pub score: f32,
}

/// Which card it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// A card of the catalogue, or an enrolled one.
    Known {
        /// The card's id.
        id: CardId,
        /// How sure the identifier is, in `0.0..=1.0`.
        confidence: f32,
    },
    /// None that the model can name.
    Unknown {
        /// The id that comes nearest, as a hint for people.
        nearest: Option<CardId>,
    },
}

impl Identity {
    /// The card's id, when it is known.
    pub fn id(&self) -> Option<&CardId> {
        match self {
            Self::Known { id, .. } => Some(id),
            Self::Unknown { .. } => None,
        }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::Unknown { nearest: None }
    }
}

/// A name that a card could have.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The card's id.
    pub id: CardId,
    /// Its probability, in `0.0..=1.0`; the similarity of an enrolled card.
    pub probability: f32,
    /// What the number means: probabilities and similarities are two scales.
    pub source: GuessSource,
}

/// Who makes a guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuessSource {
    /// The network, by its classes.
    #[default]
    Model,
    /// The gallery, by a capture that was enrolled.
    Enrolled,
    /// A mod, by the card's sprite.
    Sprite,
}

/// What a card turned out to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Which card it is.
    pub identity: Identity,
    /// The likeliest names, best first, also of an unknown card.
    pub guesses: Vec<Guess>,
    /// What else is true of it.
    pub modifiers: Modifiers,
    /// Probability of the best card, also where that is not enough for a name; the similarity of
    /// an enrolled card.
    pub probability: f32,
    /// Cosine to the best card's centroid.
    pub similarity: f32,
    /// What the network made of the crop, of length one: for the gallery, and to tell one unknown
    /// card from another.
    pub embedding: Vec<f32>,
}

impl Reading {
    /// The card's id, when it is known.
    pub fn id(&self) -> Option<&CardId> {
        self.identity.id()
    }
}

/// A card that was found and read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecognisedCard {
    /// Where it is.
    pub detection: Detection,
    /// What it is.
    pub reading: Reading,
}

/// Whatever finds and names the cards of a frame: a model, or the truth in tests.
pub trait Recognise: Send {
    /// Where the cards of the frame are, best first.
    ///
    /// # Errors
    /// When the model cannot be run.
    fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError>;

    /// What these show, one reading each; `None` for what turns out to be no card.
    ///
    /// # Errors
    /// When the model cannot be run.
    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError>;
}
