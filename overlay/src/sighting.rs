//! What recognition says about one card on one frame, and who says it.
//!
//! The pipeline is written against [`Recognise`], so that it is tested without a model.

use shared::geometry::{InFrame, Quad};
use shared::modifiers::Modifiers;
use shared::pixels::Pixels;

use crate::snapshot::ModelInUse;

/// Which card it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// A card of the catalogue.
    Known {
        /// Its id.
        id: String,
        /// How sure the identifier is, in `0.0..=1.0`.
        confidence: f32,
    },
    /// None that the model can name.
    Unknown {
        /// The id that comes nearest, as a hint for people.
        nearest: Option<String>,
    },
}

impl Identity {
    /// The card's id, when it is known.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known { id, .. } => Some(id),
            Self::Unknown { .. } => None,
        }
    }
}

/// A name that it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The card's id.
    pub id: String,
    /// Its probability, in `0.0..=1.0`.
    pub probability: f32,
}

/// One card on one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The whole card, also where something covers it.
    pub quad: Quad<InFrame>,
    /// How sure the detector is that there is a card, in `0.0..=1.0`.
    pub score: f32,
    /// Which card it is.
    pub identity: Identity,
    /// What else is true of it.
    pub modifiers: Modifiers,
    /// The likeliest names, best first, also of an unknown card.
    pub guesses: Vec<Guess>,
}

/// Whatever finds and names the cards of a frame.
pub trait Recognise: Send {
    /// All cards of the frame.
    ///
    /// # Errors
    /// When the model cannot be run; the text says what happened and what helps.
    fn recognise(&mut self, frame: &Pixels<'_>) -> anyhow::Result<Vec<Sighting>>;

    /// The model that names cards, when it is one that can be taught.
    fn model(&self) -> Option<ModelInUse> {
        None
    }
}
