//! Chooses the limits from which a sprite entry is a name, on the sprites themselves.
//!
//! Each sprite is laid on the table small and off its place, as a screenshot shows it, and is
//! searched for twice: among all entries, where its own card should be found, and among those of
//! the other mods, where nothing should. Of all limits that name few of the latter, those are taken
//! that name most of the former.

use std::ops::Range;

use lens_core::geometry::Point;
use lens_core::pixels::Pixels;

use super::{Sprite, on_table};
use crate::enrol::EnrolError;
use crate::recogniser::Recogniser;
use crate::sprites::limits::Limits;
use crate::sprites::{Drawn, Found, Query, Search, SpriteEntries};

/// Size of the cards that are searched for.
const CARD: [u32; 2] = [88, 118];
/// By how many pixels the quad misses each corner.
const MISSES: [[f32; 2]; 4] = [[1.5, 1.5], [-1.5, 1.5], [-1.5, 0.0], [1.5, -1.5]];
/// Cosine below which nothing is looked at.
const LEAST: f32 = 0.4;
/// Limits that are tried.
const SIMILARITIES: [f32; 9] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9];
/// As above, of images.
const PIXELS: [f32; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
/// Share of the sprites that may lose their names for a stricter limit: screens vary more than
/// sprites, so that the loosest limits of the best are taken.
const EVEN: f32 = 0.002;

/// What was measured of one sprite.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Among all entries.
    pub own: Option<Found>,
    /// Whether that is its own card.
    pub is_right: bool,
    /// Among those of other mods.
    pub other: Option<Found>,
    /// Cosine to the nearest class of the model's own.
    pub class: f32,
}

/// Limits and what they come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// What was chosen.
    pub limits: Limits,
    /// Sprites that it was chosen on.
    pub sprites: usize,
    /// Share of them that are named by their own card.
    pub named: f32,
    /// Share of them that are named by a card of another mod when their own is taken away.
    pub false_names: f32,
}

impl Measured {
    /// Searches for a sprite of the mod that has the cards `own` of the entries.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn of(
        recogniser: &mut Recogniser,
        entries: &SpriteEntries,
        sprite: &Sprite,
        own: &Range<usize>,
    ) -> Result<Self, EnrolError> {
        let (frame, quad) = on_table(&sprite.plain, CARD);
        let width = recogniser.manifest().identifier.input_size[0] as usize;
        let mut missed = quad;
        for (corner, [x, y]) in missed.corners.iter_mut().zip(MISSES) {
            *corner = Point::new(corner.x + x, corner.y + y);
        }
        let mut measured = Self::default();
        let mut search = Search::default();
        recogniser.see(&Pixels::from(&frame), &[missed], |_, logits, crop| {
            let query = Query { embedding: logits.embedding, crop, width, least: LEAST, drawn: Drawn::Plain };
            measured.own = entries.find(&mut search, &query, |_| true);
            let id = measured.own.map(|found| &entries.cards()[found.card].id);
            measured.is_right = id == Some(&sprite.card.id);
            measured.class = logits.similarity.iter().copied().fold(-1.0, f32::max);
            measured.other = entries.find(&mut search, &query, |card| !own.contains(&card));
        })?;
        Ok(measured)
    }
}

/// The limits that name most sprites by their own card, where at most the share `allowed` is named
/// by another mod's when its own is taken away; none where no limits do that.
pub fn calibrate(measured: &[Measured], allowed: f32) -> Option<Calibration> {
    let share = |count: usize| count as f32 / measured.len().max(1) as f32;
    // Sprites that are like a card of the game are no reason to rename the game's.
    let lead = Limits::default().lead;
    let outcome = |similarity: f32, pixels: f32| {
        let limits = Limits { similarity, pixels, lead };
        let is_name = |found: Option<Found>, class: f32| {
            let least = similarity.max(class + lead);
            found.is_some_and(|it| it.similarity >= least && it.pixels >= pixels)
        };
        let named = measured.iter().filter(|it| it.is_right && is_name(it.own, it.class)).count();
        let false_names = measured.iter().filter(|it| is_name(it.other, it.class)).count();
        let (named, false_names) = (share(named), share(false_names));
        Calibration { limits, sprites: measured.len(), named, false_names }
    };
    let tried =
        SIMILARITIES.into_iter().flat_map(|similarity| PIXELS.map(|pixels| outcome(similarity, pixels)));
    let allowed: Vec<Calibration> = tried.filter(|it| it.sprites > 0 && it.false_names <= allowed).collect();
    let best = allowed.iter().map(|it| it.named).max_by(f32::total_cmp)?;
    let is_even = |it: &&Calibration| it.named > 0.0 && it.named >= best - EVEN;
    let strictness = |it: &&Calibration| it.limits.similarity + it.limits.pixels;
    allowed.iter().filter(is_even).min_by(|a, b| strictness(a).total_cmp(&strictness(b))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_let_few_strangers_in_and_keep_the_own() {
        let found = |similarity, pixels| Some(Found { card: 0, similarity, pixels });
        let sprite = |own, other| Measured { own, is_right: true, other, class: 0.0 };
        let mut measured = vec![sprite(found(0.95, 0.93), found(0.72, 0.6)); 90];
        measured.extend(vec![sprite(found(0.93, 0.82), found(0.88, 0.74)); 10]);
        let chosen = calibrate(&measured, 0.05).unwrap();
        assert_eq!(chosen.named, 1.0);
        assert!(chosen.false_names <= 0.05, "{chosen:?}");
        let strict = calibrate(&measured, 0.0).unwrap();
        assert!(strict.limits.pixels > 0.74 || strict.limits.similarity > 0.88, "{strict:?}");
        assert_eq!((strict.named, strict.false_names), (1.0, 0.0));
        let near = Measured { class: 0.9, ..sprite(found(0.95, 0.95), None) };
        let like_the_game = calibrate(&[near, sprite(found(0.95, 0.95), None)], 0.05).unwrap();
        assert_eq!(like_the_game.named, 0.5, "a class of the model is nearly as near");
        assert_eq!(calibrate(&[], 0.05), None);
        let hopeless = vec![sprite(found(0.9, 0.9), found(1.0, 1.0)); 10];
        assert_eq!(calibrate(&hopeless, 0.05), None, "nothing keeps these apart");
    }
}
