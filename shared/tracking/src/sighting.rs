//! What recognition says about one card on one frame, and who says it.
//!
//! In two steps, because they cost differently: [`Recognise::detect`] looks at the whole frame, [`Recognise::identify`]
//! at one card each, and most cards of a frame were named before.

use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;

/// Which card it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// A card of the catalogue, or one that was taught.
    Known {
        /// The card's id.
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

/// A card that was found on a frame, not named yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// The whole card, also where something covers it.
    pub quad: Quad<InFrame>,
    /// How sure the detector is that there is a card, in `0.0..=1.0`.
    pub score: f32,
}

/// What a card turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Which card it is.
    pub identity: Identity,
    /// What else is true of it.
    pub modifiers: Modifiers,
    /// The likeliest names, best first, also of an unknown card.
    pub guesses: Vec<Guess>,
}

/// One card on one frame: found and read.
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
    /// Where the cards of the frame are.
    ///
    /// # Errors
    /// When the model cannot be run; the text says what happened and what helps.
    fn detect(&mut self, frame: &Pixels<'_>) -> anyhow::Result<Vec<Detection>>;

    /// What these show, one answer for each; `None` for what turns out to be no card.
    ///
    /// # Errors
    /// As [`Recognise::detect`].
    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> anyhow::Result<Vec<Option<Reading>>>;

    /// All cards of the frame, each of them read.
    ///
    /// # Errors
    /// As [`Recognise::detect`].
    fn recognise(&mut self, frame: &Pixels<'_>) -> anyhow::Result<Vec<Sighting>> {
        let detections = self.detect(frame)?;
        let readings = self.identify(frame, &detections)?;
        let sighting = |(detection, reading): (Detection, Option<Reading>)| {
            let Reading { identity, modifiers, guesses } = reading?;
            Some(Sighting { quad: detection.quad, score: detection.score, identity, modifiers, guesses })
        };
        Ok(detections.into_iter().zip(readings).filter_map(sighting).collect())
    }
}
