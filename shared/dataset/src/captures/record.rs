//! What is remembered of a capture.

use serde::{Deserialize, Serialize};

use super::hashes::Hashes;
use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;

/// One capture. Fields of other tools are not kept: `labels.json` is what people work on, this file
/// is the program's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The crop, beside this file, see [`crate::file_name`].
    pub filename: String,
    /// Number of the cluster of captures that look alike.
    pub cluster: u64,
    /// Number of the group of captures that show the same card.
    pub card_group: u64,
    /// What it looks like.
    pub hashes: Hashes,
    /// Where, when and how sure.
    #[serde(default, rename = "sight")]
    pub context: CaptureContext,
}

/// What was known when a card was captured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureContext {
    /// The card in its frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quad: Option<Quad<InFrame>>,
    /// The whole frame: a file below the captures' folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<String>,
    /// SHA-256 of the file that a person opened as that frame: so it is known when it is opened
    /// again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Width and height of the window that it was captured from.
    pub window: [u32; 2],
    /// When, in milliseconds since 1970.
    pub taken_at_millis: u64,
    /// Name of the model that recognised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The card's id by the votes of several frames; none when it was unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// The likeliest ids and their probabilities, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guesses: Vec<(String, f32)>,
    /// Those of the guesses whose number is the similarity of an enrolled card.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enrolled: Vec<String>,
    /// What was recognised on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiers: Option<Modifiers>,
}

/// Probability from which a reading is sure: two captures that are read as two cards are never
/// called one, however much they look alike.
pub const SURE: f32 = 0.9;

impl CaptureContext {
    /// The card that the model read and was sure of, by itself.
    pub fn sure_card(&self) -> Option<&str> {
        let card = self.card.as_deref()?;
        let is_sure = |(id, probability): &(String, f32)| id == card && *probability >= SURE;
        let by_itself = !self.enrolled.iter().any(|it| it == card);
        (by_itself && self.guesses.iter().any(is_sure)).then_some(card)
    }

    /// Whether no sure reading speaks against both showing one card.
    pub fn may_be_same_card(&self, other: &Self) -> bool {
        self.sure_card().zip(other.sure_card()).is_none_or(|(one, other)| one == other)
    }

    /// Whether both can be the same card: what is known of both is equal.
    pub fn agrees(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            a.zip(b).is_none_or(|(a, b)| a == b)
        }
        same(self.card.as_ref(), other.card.as_ref())
            && same(self.modifiers.as_ref(), other.modifiers.as_ref())
    }

    /// How unsure the model was, from 0.0 (certain) to 1.0: what has most to teach comes first.
    pub fn doubt(&self) -> f32 {
        let best = self.guesses.first().map_or(0.0, |(_, probability)| *probability);
        if self.card.is_some() { 1.0 - best } else { 1.0 + (1.0 - best) * 0.5 }.clamp(0.0, 1.5) / 1.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_tells_nothing_apart() {
        let named = |card: &str| CaptureContext { card: Some(card.into()), ..CaptureContext::default() };
        assert!(named("j_one").agrees(&CaptureContext::default()) && named("j_one").agrees(&named("j_one")));
        assert!(!named("j_one").agrees(&named("j_two")));
    }

    #[test]
    fn two_sure_readings_are_two_cards_and_a_similarity_is_no_sure_reading() {
        let read = |card: &str, best: f32| CaptureContext {
            card: Some(card.into()),
            guesses: vec![(card.into(), best)],
            ..CaptureContext::default()
        };
        assert!(!read("C_7", 0.99).may_be_same_card(&read("C_8", 0.99)));
        assert!(read("C_7", 0.99).may_be_same_card(&read("C_8", 0.6)), "one of them is in doubt");
        assert!(read("C_7", 0.99).may_be_same_card(&CaptureContext::default()));
        let taught = CaptureContext { enrolled: vec!["C_8".into()], ..read("C_8", 0.99) };
        assert!(read("C_7", 0.99).may_be_same_card(&taught));
    }

    #[test]
    fn unknown_cards_are_more_doubtful_than_known_ones() {
        let context = |card: Option<&str>, best: f32| CaptureContext {
            card: card.map(str::to_owned),
            guesses: vec![("j_one".into(), best)],
            ..CaptureContext::default()
        };
        let doubts = [
            context(Some("j_one"), 0.9),
            context(Some("j_one"), 0.4),
            context(None, 0.8),
            context(None, 0.1),
        ]
        .map(|context| context.doubt());
        assert!(doubts.is_sorted(), "{doubts:?}");
    }
}
