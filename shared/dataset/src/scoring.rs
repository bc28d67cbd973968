//! Scores recognised cards against the truth of screenshots, the same way for everybody who reports
//! figures.
//!
//! ```text
//! truth.json ─Truth::read─▶ Screen ┐
//!                                  ├ Screen::compare ─▶ Comparison ─Figures::add─▶ Figures
//! recognised cards of its image ─┘
//! ```
//!
//! A recognised card matches a true one where the bounding boxes' intersection over union is at
//! least [`pairing::MIN_OVERLAP`], one to one, best first. What is doubtful, face down or a stone
//! card has no sure name: it counts for detection, and is never counted as named. Which names count
//! as the same is the catalogue's to say.
//!
//! Nothing here runs a network or opens an image. `docs/scoring.md` describes the truth file.

pub mod figures;
pub mod pairing;
pub mod truth;

use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Rect};
use lens_core::modifiers::Modifiers;

pub use figures::{Figures, Mistake, Ratio};
pub use truth::{Screen, TrueCard, Truth, TruthError, UnlistedCard};

/// A card as a recogniser tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised<'a> {
    /// Its bounding box, in pixels of the image.
    pub bounds: Rect<InFrame>,
    /// Its id; none when it is said to be unknown.
    pub id: Option<&'a str>,
    /// The likeliest ids, best first, said to be known or not.
    pub guesses: Vec<&'a str>,
    /// What is said to be on it.
    pub modifiers: &'a Modifiers,
}

/// Which recognised card is which true one. Positions are those of the recognised cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison<'a> {
    /// True cards and where they were found.
    pub found: Vec<(&'a TrueCard, usize)>,
    /// True cards that were not.
    pub missed: Vec<&'a TrueCard>,
    /// Cards of no catalogue and where they were found.
    pub unlisted: Vec<(&'a UnlistedCard, usize)>,
    /// Cards of no catalogue that were not.
    pub missed_unlisted: Vec<&'a UnlistedCard>,
    /// Marks where there is no card.
    pub extra: Vec<usize>,
}

impl Screen {
    /// Pairs the cards that were recognised on an image of this width and height with the true
    /// ones.
    pub fn compare<'a>(&'a self, size: [u32; 2], cards: &[Recognised<'_>]) -> Comparison<'a> {
        let boxes: Vec<Rect<InFrame>> = cards.iter().map(|card| self.scaled(card.bounds, size)).collect();
        let all: Vec<usize> = (0..cards.len()).collect();
        let places = |cards: &[TrueCard]| cards.iter().map(|card| card.bounds).collect::<Vec<_>>();
        let unlisted: Vec<_> = self.unlisted.iter().map(|it| it.bounds).collect();
        let known = pairing::pair(&places(&self.cards), &boxes, &all);
        let other = pairing::pair(&unlisted, &boxes, &known.rest);
        let is_ignored = |at: &usize| self.ignored.iter().any(|&it| pairing::lies_in(boxes[*at], it));
        Comparison {
            found: known.pairs.iter().map(|&(card, at)| (&self.cards[card], at)).collect(),
            missed: known.missed.iter().map(|&card| &self.cards[card]).collect(),
            unlisted: other.pairs.iter().map(|&(card, at)| (&self.unlisted[card], at)).collect(),
            missed_unlisted: other.missed.iter().map(|&card| &self.unlisted[card]).collect(),
            extra: other.rest.into_iter().filter(|at| !is_ignored(at)).collect(),
        }
    }

    /// From the image's pixels to those that the truth was measured in.
    fn scaled(&self, bounds: Rect<InFrame>, [width, height]: [u32; 2]) -> Rect<InFrame> {
        let Some([true_width, true_height]) = self.size else { return bounds };
        let (x, y) = (true_width / width as f32, true_height / height as f32);
        Rect::ltrb(bounds.left * x, bounds.top * y, bounds.right * x, bounds.bottom * y)
    }
}

/// Compares the cards of a screenshot's image and counts them in one step.
pub fn score<'a>(
    figures: &mut Figures,
    screen: &'a Screen,
    size: [u32; 2],
    cards: &[Recognised<'_>],
    catalogue: &Catalogue,
) -> Comparison<'a> {
    let comparison = screen.compare(size, cards);
    figures.add(screen, &comparison, cards, catalogue);
    comparison
}

#[cfg(test)]
mod tests;
