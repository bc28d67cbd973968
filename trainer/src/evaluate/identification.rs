//! Are the cards named?

use anyhow::Result;
use rayon::prelude::*;
use scenes::bank::Bank;
use scenes::crop::{self, Crop};
use scenes::recipe::SceneRecipe;
use serde::Serialize;
use shared::catalogue::{CardType, Catalogue, id_of_class};
use shared::modifiers::Modifiers;
use vision::decide::Reading;

use super::Share;
use super::subject::Subject;
use crate::train::composed::{Purpose, seed_of};

/// How many crops were named rightly.
#[derive(Clone, Debug, Default, Serialize)]
pub struct IdentificationReport {
    /// Crops of known cards.
    pub known: usize,
    /// Known cards whose right name comes first, said to be known or not.
    pub top1: Share,
    /// Known cards that are said to be no card, or unknown.
    pub rejected: Share,
    /// Jokers whose right name comes first.
    pub top1_jokers: Share,
    /// Playing cards whose right name comes first.
    pub top1_playing: Share,
    /// All other cards.
    pub top1_others: Share,
    /// Editions of cards that can have one.
    pub edition: Share,
    /// Editions where it is not the plain one.
    pub edition_not_plain: Share,
    /// Enhancements of playing cards.
    pub enhancement: Share,
    /// Enhancements where there is one.
    pub enhancement_not_plain: Share,
    /// Seals of playing cards.
    pub seal: Share,
    /// Seals where there is one.
    pub seal_not_plain: Share,
    /// All stickers of jokers with some.
    pub stickers_not_plain: Share,
    /// Cards that are crossed out, said to be.
    pub debuffed: Share,
    /// Cards that are not crossed out, said not to be.
    pub not_debuffed: Share,
    /// Cards of no catalogue, said to be unknown or no card.
    pub unknown_flagged: Share,
    /// Crops of no card, said to be none.
    pub nothing_dropped: Share,
    /// Crops of no card, said to be a known card.
    pub nothing_named: Share,
}

/// Composes `count` crops and has them read.
///
/// # Errors
/// When the network cannot run.
pub fn measure(
    subject: &mut dyn Subject,
    bank: &Bank,
    recipe: &SceneRecipe,
    seed: u64,
    count: usize,
) -> Result<IdentificationReport> {
    let mut report = IdentificationReport::default();
    for crops in compose(bank, recipe, seed, count).chunks(256) {
        let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
        for (crop, reading) in crops.iter().zip(subject.read(&pixels)?) {
            report.add(crop, reading.as_ref(), bank);
        }
    }
    Ok(report)
}

/// Crops that nothing is trained on.
pub fn compose(bank: &Bank, recipe: &SceneRecipe, seed: u64, count: usize) -> Vec<Crop> {
    let numbers = (0..count as u64).into_par_iter();
    numbers.map(|number| crop::compose(bank, recipe, seed_of(seed, Purpose::Evaluation, number))).collect()
}

impl IdentificationReport {
    fn add(&mut self, crop: &Crop, reading: Option<&Reading>, bank: &Bank) {
        let said = reading.and_then(|reading| reading.id.as_deref());
        if crop.truth.class == bank.not_a_card() {
            self.nothing_dropped.count(reading.is_none());
            self.nothing_named.count(said.is_some());
            return;
        }
        let Some(card) = crop.truth.card.filter(|_| crop.truth.class != bank.unknown()) else {
            self.unknown_flagged.count(said.is_none());
            return;
        };
        self.known += 1;
        self.rejected.count(said.is_none());
        let wanted = id_of_class(&bank.classes()[crop.truth.class]);
        let best = reading.and_then(|reading| reading.top.first()).map(|(id, _)| &**id);
        let right = best.is_some_and(|best| is_same(bank.catalogue(), best, wanted));
        self.top1.count(right);
        match card.kind {
            CardType::Joker => self.top1_jokers.count(right),
            CardType::Playing => self.top1_playing.count(right),
            _ => self.top1_others.count(right),
        }
        let plain = Modifiers::default();
        let truth = card.modifiers(bank.catalogue());
        let found = reading.map_or(&plain, |reading| &reading.modifiers);
        let playing = card.kind == CardType::Playing;
        if playing || card.kind == CardType::Joker {
            count(
                &truth.edition,
                &found.edition,
                &plain.edition,
                &mut self.edition,
                &mut self.edition_not_plain,
            );
            let debuffed = if truth.debuffed { &mut self.debuffed } else { &mut self.not_debuffed };
            debuffed.count(truth.debuffed == found.debuffed);
        }
        if playing {
            let shares = (&mut self.enhancement, &mut self.enhancement_not_plain);
            count(&truth.enhancement, &found.enhancement, &plain.enhancement, shares.0, shares.1);
            count(&truth.seal, &found.seal, &plain.seal, &mut self.seal, &mut self.seal_not_plain);
        }
        if card.kind == CardType::Joker && !truth.stickers.is_empty() {
            self.stickers_not_plain.count(truth.stickers == found.stickers);
        }
    }
}

fn count(truth: &str, found: &str, plain: &str, all: &mut Share, not_plain: &mut Share) {
    all.count(truth == found);
    if truth != plain {
        not_plain.count(truth == found);
    }
}

/// Whether two ids are the same card, or look the same, or count as the same. `other` may also be the name of a group.
pub fn is_same(catalogue: &Catalogue, one: &str, other: &str) -> bool {
    let group = |id: &str| catalogue.card(id).and_then(|card| card.group.as_deref());
    if one == other || group(one) == Some(other) || group(one).is_some_and(|it| Some(it) == group(other)) {
        return true;
    }
    let is_twin =
        |a: &str, b: &str| catalogue.card(a).is_some_and(|card| card.twins.iter().any(|twin| twin == b));
    is_twin(one, other) || is_twin(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_that_cannot_be_told_apart_count_as_the_same() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
        let catalogue = Catalogue::read(&path).unwrap();
        let check =
            |one, other, wanted| assert_eq!(is_same(&catalogue, one, other), wanted, "{one} and {other}");
        check("j_joker", "j_joker", true);
        check("j_wee", "j_joker", true);
        check("p_arcana_normal_1", "p_arcana_normal_4", true);
        check("p_arcana_normal_1", "p_arcana_normal", true);
        check("p_arcana_normal_1", "p_arcana_mega_1", false);
        check("H_A", "S_A", false);
        check("no_such_card", "H_A", false);
    }
}
