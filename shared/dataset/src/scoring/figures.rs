//! Figures over many screenshots: counts that become ratios, and what was wrong.

use std::fmt;

use lens_core::catalogue::Catalogue;
use lens_core::modifiers::Modifiers;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::truth::{Screen, TrueCard, UnlistedCard};
use super::{Comparison, Recognised};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// The right ones.
    pub right: usize,
    /// All of them.
    pub of: usize,
}

impl Ratio {
    /// Counts one case.
    pub fn count(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.of += 1;
    }

    /// In `0.0..=1.0`; none when there was no case.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }
}

impl Serialize for Ratio {
    /// `{"right": 5, "of": 6, "ratio": 0.8333}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Ratio", 3)?;
        fields.serialize_field("right", &self.right)?;
        fields.serialize_field("of", &self.of)?;
        fields.serialize_field("ratio", &self.value().map(|value| (value * 1e4).round() / 1e4))?;
        fields.end()
    }
}

/// How often the words of one modifier are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ModifierRatio {
    /// On every card that was found.
    pub all: Ratio,
    /// On those where the truth is not the plain word: the figure that says something.
    pub not_plain: Ratio,
}

/// What was recognised on some screenshots, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Screenshots.
    pub pictures: usize,
    /// True cards that were found.
    pub recall: Ratio,
    /// Marks that are cards.
    pub precision: Ratio,
    /// Found cards with a sure truth whose name is right.
    pub names: Ratio,
    /// True cards that were found and whose name is right.
    pub found_and_named: Ratio,
    /// Found cards with a sure truth that are said to be unknown.
    pub withheld: Ratio,
    /// Editions.
    pub edition: ModifierRatio,
    /// Enhancements.
    pub enhancement: ModifierRatio,
    /// Seals.
    pub seal: ModifierRatio,
    /// Cards of no catalogue that were found.
    pub unlisted_found: Ratio,
    /// Those that were found and said to be unknown.
    pub unlisted_unknown: Ratio,
    /// Those with an id of their own that were found and are called by it.
    pub unlisted_named: Ratio,
    /// Screenshots without a card.
    pub blank_pictures: usize,
    /// Marks on them.
    pub blank_marks: usize,
    /// What is wrong, in the order of the screenshots.
    pub mistakes: Vec<Mistake>,
}

/// Something that was recognised wrongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The screenshot's name.
    pub screen: String,
    /// What is wrong.
    pub error: CardError,
}

/// What is wrong with one card.
#[derive(Clone, Debug, PartialEq)]
pub enum CardError {
    /// It was not found.
    Missed {
        /// What it is.
        label: String,
    },
    /// It is none: left, top, right and bottom in the image, and what it was taken for.
    Extra {
        /// Where.
        bounds: [i32; 4],
        /// The id; none when it was said to be unknown.
        taken_for: Option<String>,
    },
    /// Its name is wrong, or was withheld.
    Name {
        /// What it is.
        label: String,
        /// What it was taken for.
        taken_for: Option<String>,
        /// The likeliest ids.
        guesses: Vec<String>,
    },
    /// Its edition, enhancement or seal is wrong.
    Modifier {
        /// What it is.
        label: String,
        /// Which of the three.
        kind: &'static str,
        /// The true word.
        is: String,
        /// What was said.
        taken_for: String,
    },
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.screen, self.error)
    }
}

impl fmt::Display for CardError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |id: &Option<String>| id.clone().unwrap_or_else(|| "unknown".to_owned());
        match self {
            Self::Missed { label } => write!(formatter, "{label} missed"),
            Self::Extra { bounds: [left, top, right, bottom], taken_for } => {
                let taken_for = name(taken_for);
                write!(formatter, "no card at {left},{top} to {right},{bottom}, taken for {taken_for}")
            }
            Self::Name { label, taken_for, guesses } => {
                write!(formatter, "{label} as {} (guesses {})", name(taken_for), guesses.join(", "))
            }
            Self::Modifier { label, kind, is, taken_for } => {
                write!(formatter, "{label}: {kind} {is} as {taken_for}")
            }
        }
    }
}

impl Serialize for Mistake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Guesses that a mistake names.
const MAX_GUESSES: usize = 3;

impl Figures {
    /// Counts a screenshot.
    pub fn add(
        &mut self,
        screen: &Screen,
        comparison: &Comparison<'_>,
        cards: &[Recognised<'_>],
        catalogue: &Catalogue,
    ) {
        self.pictures += 1;
        for &(card, at) in &comparison.found {
            self.recall.count(true);
            self.precision.count(true);
            let is_right = self.add_name(screen, card, &cards[at], catalogue);
            self.found_and_named.count(is_right);
            if !card.is_face_down {
                self.add_modifiers(screen, card, cards[at].modifiers);
            }
        }
        for card in &comparison.missed {
            self.recall.count(false);
            self.found_and_named.count(false);
            self.note(screen, CardError::Missed { label: card.label.clone() });
        }
        for &(card, at) in &comparison.unlisted {
            self.add_unlisted(screen, card, &cards[at]);
        }
        for card in &comparison.missed_unlisted {
            self.unlisted_found.count(false);
            self.note(screen, CardError::Missed { label: card.label() });
        }
        for &at in &comparison.extra {
            self.precision.count(false);
            let Recognised { bounds, id, .. } = &cards[at];
            let bounds = [bounds.left, bounds.top, bounds.right, bounds.bottom].map(|it| it.round() as i32);
            self.note(screen, CardError::Extra { bounds, taken_for: id.map(str::to_owned) });
        }
        if screen.is_blank() {
            self.blank_pictures += 1;
            self.blank_marks += comparison.extra.len();
        }
    }

    /// Returns whether the name counts and is right.
    fn add_name(
        &mut self,
        screen: &Screen,
        card: &TrueCard,
        recognised: &Recognised<'_>,
        catalogue: &Catalogue,
    ) -> bool {
        if !card.is_name_sure() {
            return false;
        }
        let is_right = recognised.id.is_some_and(|id| catalogue.is_same_card(id, &card.label));
        self.names.count(is_right);
        self.withheld.count(recognised.id.is_none());
        if !is_right {
            let error = name_error(card.label.clone(), recognised);
            self.note(screen, error);
        }
        is_right
    }

    fn add_modifiers(&mut self, screen: &Screen, card: &TrueCard, said: &Modifiers) {
        let plain = Modifiers::default();
        for (ratio, kind, is, said, plain) in [
            (&mut self.edition, "edition", &card.edition, &said.edition, &plain.edition),
            (&mut self.enhancement, "enhancement", &card.enhancement, &said.enhancement, &plain.enhancement),
            (&mut self.seal, "seal", &card.seal, &said.seal, &plain.seal),
        ] {
            let Some(is) = is else { continue };
            ratio.all.count(is == said);
            if is != plain {
                ratio.not_plain.count(is == said);
            }
            if is != said {
                let (label, is, taken_for) = (card.label.clone(), is.clone(), said.clone());
                let error = CardError::Modifier { label, kind, is, taken_for };
                self.mistakes.push(Mistake { screen: screen.name.clone(), error });
            }
        }
    }

    fn add_unlisted(&mut self, screen: &Screen, card: &UnlistedCard, recognised: &Recognised<'_>) {
        self.unlisted_found.count(true);
        self.unlisted_unknown.count(recognised.id.is_none());
        let is_named = card.id.is_some() && recognised.id == card.id.as_deref();
        if card.id.is_some() {
            self.unlisted_named.count(is_named);
        }
        if recognised.id.is_some() && !is_named {
            self.note(screen, name_error(card.label(), recognised));
        }
    }

    fn note(&mut self, screen: &Screen, error: CardError) {
        self.mistakes.push(Mistake { screen: screen.name.clone(), error });
    }
}

fn name_error(label: String, recognised: &Recognised<'_>) -> CardError {
    let guesses = recognised.guesses.iter().take(MAX_GUESSES).map(|id| (*id).to_owned()).collect();
    CardError::Name { label, taken_for: recognised.id.map(str::to_owned), guesses }
}
