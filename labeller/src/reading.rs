//! What the model says of an image, and which name may be taken of it without looking. Pure.
//!
//! Two scales stay apart: the *probability* that the model gives one of its own classes, and the
//! *similarity* to a capture that somebody taught. They are never compared with each other.

use dataset::captures::record::{CaptureContext, SURE};
use lens_core::catalogue::Catalogue;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;

/// Probability from which the model's best guess stands in the form.
pub const MIN_PREFILLED: f32 = 0.8;
/// Similarity from which a taught card stands in the form.
pub const MIN_TAUGHT: f32 = 0.9;

/// Who makes a guess, and so what its number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The model by itself; the number is a probability.
    Model,
    /// A capture that was taught; the number is a similarity.
    Taught,
}

/// A name that it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub id: String,
    pub number: f32,
    pub origin: Origin,
}

/// What the model says of an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Best first.
    pub guesses: Vec<Guess>,
    /// What is on it, where that was looked at.
    pub modifiers: Option<Modifiers>,
    /// What the model names it: nothing where it is unknown to it.
    pub known: Option<String>,
}

impl Reading {
    /// What was read when the image was captured; nothing when no model looked.
    pub fn of_capture(context: &CaptureContext) -> Option<Self> {
        if context.guesses.is_empty() && context.card.is_none() && context.modifiers.is_none() {
            return None;
        }
        let origin = |id: &str| {
            if context.enrolled.iter().any(|it| it == id) { Origin::Taught } else { Origin::Model }
        };
        let guess =
            |(id, number): &(String, f32)| Guess { id: id.clone(), number: *number, origin: origin(id) };
        Some(Self {
            guesses: context.guesses.iter().map(guess).collect(),
            modifiers: context.modifiers.clone(),
            known: context.card.clone(),
        })
    }

    /// The first guess of one kind.
    pub fn best(&self, origin: Origin) -> Option<&Guess> {
        self.guesses.iter().find(|guess| guess.origin == origin)
    }

    /// The first guess, the model's own before a taught one where that is sure.
    pub fn first(&self) -> Option<&Guess> {
        let own = self.best(Origin::Model);
        own.filter(|it| it.number >= SURE).or_else(|| self.guesses.first())
    }

    /// What the model is sure of by itself.
    pub fn sure(&self) -> Option<&str> {
        let own = self.best(Origin::Model).filter(|it| it.number >= SURE)?;
        let is_named = self.known.as_ref() == Some(&own.id);
        (is_named || self.known_by_teaching()).then_some(own.id.as_str())
    }

    fn known_by_teaching(&self) -> bool {
        let taught = self.best(Origin::Taught);
        self.known.as_ref().zip(taught).is_some_and(|(known, taught)| *known == taught.id)
    }

    /// The name that may be taken without looking: nothing where the model and what was taught
    /// disagree, or neither is sure.
    pub fn named(&self, catalogue: &Catalogue) -> Option<&str> {
        let own = self.best(Origin::Model);
        let taught = self.best(Origin::Taught);
        if let Some(taught) = taught {
            let agrees = own.is_some_and(|own| is_same(catalogue, &own.id, &taught.id));
            let speaks_against = !agrees && own.is_some_and(|own| own.number >= SURE);
            if taught.number >= MIN_TAUGHT && !speaks_against {
                return Some(&taught.id);
            }
            if !agrees {
                return None;
            }
        }
        let own = own?;
        let least = if own.id == NOT_A_CARD { SURE } else { MIN_PREFILLED };
        let is_known = self.known.as_ref() == Some(&own.id);
        (own.number >= least && is_known).then_some(own.id.as_str())
    }
}

/// Whether two classes are one card to the eye.
pub fn is_same(catalogue: &Catalogue, one: &str, other: &str) -> bool {
    one == other || catalogue.is_same(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(known: Option<&str>, guesses: &[(&str, f32, Origin)]) -> Reading {
        let guess = |(id, number, origin): &(&str, f32, Origin)| Guess {
            id: (*id).into(),
            number: *number,
            origin: *origin,
        };
        let guesses = guesses.iter().map(guess).collect();
        Reading { guesses, modifiers: None, known: known.map(str::to_owned) }
    }

    #[test]
    fn only_what_agrees_is_named_without_looking() {
        use Origin::{Model, Taught};
        let catalogue = synth::practice::catalogue();
        let check = |known: Option<&str>, guesses: &[(&str, f32, Origin)], want: Option<&str>| {
            assert_eq!(reading(known, guesses).named(&catalogue), want, "{known:?} {guesses:?}");
        };
        check(Some("H_A"), &[("H_A", 0.99, Model)], Some("H_A"));
        check(Some("H_A"), &[("H_A", 0.6, Model)], None);
        check(None, &[("H_A", 0.85, Model)], None);
        check(Some("new"), &[("new", 0.95, Taught), ("H_A", 0.3, Model)], Some("new"));
        // A taught name never wins over what the model itself is sure of.
        check(Some("new"), &[("new", 0.99, Taught), ("H_A", 1.0, Model)], None);
        check(Some("new"), &[("new", 0.85, Taught), ("H_A", 1.0, Model)], None);
        check(Some("H_A"), &[("H_A", 0.85, Taught), ("H_A", 0.99, Model)], Some("H_A"));
        check(Some("new"), &[("new", 0.8, Taught), ("H_A", 0.3, Model)], None);
        check(Some(NOT_A_CARD), &[(NOT_A_CARD, 0.85, Model)], None);
        check(None, &[], None);
    }

    #[test]
    fn what_was_taught_over_it_does_not_hide_what_the_model_is_sure_of() {
        use Origin::{Model, Taught};
        let overruled = reading(Some("new"), &[("new", 0.95, Taught), ("H_A", 0.99, Model)]);
        assert_eq!(overruled.sure(), Some("H_A"));
        assert_eq!(overruled.first().map(|it| it.id.as_str()), Some("H_A"));
        assert_eq!(reading(None, &[("H_A", 0.4, Model)]).sure(), None);
    }
}
