//! Are the cards named?

use std::time::Instant;

use anyhow::Result;
use image::RgbaImage;
use lens_core::catalogue::{CardType, id_of_class};
use lens_core::modifiers::Modifiers;
use rayon::prelude::*;
use serde::Serialize;
use synth::bank::Bank;
use synth::crop::{self, Crop};
use synth::recipe::SceneRecipe;
use vision::reading::Reading;

use super::failures::Misread;
use super::metrics::Share;
use super::model_under_test::ModelUnderTest;
use super::tally::{NamesReport, Prediction, Tally, ids, listed};
use crate::console::progress;
use crate::random::{Stream, seed_of};

/// How many crops were named rightly.
#[derive(Clone, Debug, Default, Serialize)]
pub struct IdentificationReport {
    /// The names; numbers of images are those of the crops. Cards that the identifier has no
    /// class for are unknown.
    #[serde(flatten)]
    pub names: NamesReport,
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
    /// Milliseconds for a crop, composing it not counted.
    pub millis: f64,
}

/// Composes `count` crops and has them read by an identifier with these `classes`.
///
/// # Errors
/// When the network cannot run.
pub fn measure(
    subject: &mut dyn ModelUnderTest,
    classes: &[String],
    bank: &Bank,
    recipe: &SceneRecipe,
    seed: u64,
    count: usize,
) -> Result<IdentificationReport> {
    let mut report = IdentificationReport::default();
    let ids = ids(classes);
    let mut tally = Tally::new(&ids);
    let mut spent = 0.0;
    for (part, crops) in compose(bank, recipe, seed, count).chunks(PART).enumerate() {
        let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
        let begin = Instant::now();
        let readings = subject.read(&pixels)?;
        spent += begin.elapsed().as_secs_f64();
        progress::advance(crops.len());
        for (at, (crop, reading)) in crops.iter().zip(&readings).enumerate() {
            let truth = listed(&ids, bank.catalogue(), shown(crop, bank));
            let said = Prediction::from_reading(reading.as_ref(), truth, bank.catalogue());
            tally.add(part * PART + at, truth, &said);
            if ids.iter().any(|id| id == truth) {
                report.add(
                    crop,
                    reading.as_ref(),
                    said.guesses.first().is_some_and(|it| it.0 == truth),
                    bank,
                );
            }
        }
    }
    Ok(IdentificationReport { names: tally.finish(), millis: 1e3 * spent / count.max(1) as f64, ..report })
}

/// Crops that are read at once.
const PART: usize = 256;

/// Crops that nothing is trained on.
pub fn compose(bank: &Bank, recipe: &SceneRecipe, seed: u64, count: usize) -> Vec<Crop> {
    progress::expect(count);
    let numbers = (0..count as u64).into_par_iter();
    numbers.map(|number| compose_one(bank, recipe, seed, number)).collect()
}

fn compose_one(bank: &Bank, recipe: &SceneRecipe, seed: u64, number: u64) -> Crop {
    progress::advance(1);
    crop::compose(bank, recipe, seed_of(seed, Stream::Evaluation, number))
}

/// The misread crops of a report, composed again.
pub fn misread<'a>(
    report: &'a IdentificationReport,
    bank: &'a Bank,
    recipe: &'a SceneRecipe,
    seed: u64,
) -> impl Iterator<Item = Misread> + 'a {
    let [width, height] = recipe.crop.size;
    report.names.failures.iter().map(move |(number, taken_for)| {
        let crop = compose_one(bank, recipe, seed, *number as u64);
        Misread {
            name: format!("composed-{number:05}"),
            is: bank.classes()[crop.truth.class].clone(),
            picture: RgbaImage::from_raw(width, height, crop.pixels).expect("a crop has the recipe's size"),
            taken_for: taken_for.clone(),
            other: None,
        }
    })
}

/// The card that a crop shows.
fn shown<'a>(crop: &Crop, bank: &'a Bank) -> &'a str {
    let is_card = crop.truth.card.is_some() || crop.truth.class == bank.not_a_card();
    id_of_class(&bank.classes()[if is_card { crop.truth.class } else { bank.unknown() }])
}

impl IdentificationReport {
    /// Counts a crop of a known card, beside its name.
    fn add(&mut self, crop: &Crop, reading: Option<&Reading>, right: bool, bank: &Bank) {
        let Some(card) = crop.truth.card.filter(|_| crop.truth.class != bank.unknown()) else { return };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::model_under_test::Scored;

    /// Says that nothing is a card, and keeps what it was shown.
    struct Blind(Vec<Vec<u8>>);

    impl ModelUnderTest for Blind {
        fn detect(&mut self, _: &RgbaImage, _: f32) -> Result<Vec<Scored>> {
            Ok(Vec::new())
        }

        fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>> {
            self.0.extend(crops.iter().map(|crop| crop.to_vec()));
            Ok(vec![None; crops.len()])
        }
    }

    #[test]
    fn misread_crops_are_composed_again_as_they_were_read() {
        let recipe = SceneRecipe::default();
        let bank = Bank::render(&synth::practice::sprites(), &recipe, 1, 60, &|_| true).unwrap();
        let known = bank.classes().to_vec();
        let mut blind = Blind(Vec::new());
        let report = measure(&mut blind, &known, &bank, &recipe, 3, 40).unwrap();
        let names = &report.names;
        assert_eq!(names.known + names.unknown + names.nothing_dropped.whole, 40);
        assert_eq!((names.rejected.part, names.rejected.value()), (names.known, Some(1.0)));
        assert_eq!((names.top1.part, names.failures.len()), (0, names.known));
        assert_eq!(names.nothing_dropped.part, names.nothing_dropped.whole);
        let by_type = [report.top1_jokers, report.top1_playing, report.top1_others];
        assert_eq!(by_type.iter().map(|share| share.whole).sum::<usize>(), names.known);
        let shown: Vec<Misread> = misread(&report, &bank, &recipe, 3).collect();
        for (misread, (number, _)) in shown.iter().zip(&names.failures) {
            assert_eq!(misread.picture.as_raw(), &blind.0[*number], "{}", misread.name);
        }
        assert_eq!(shown.len(), names.known);
    }

    #[test]
    fn a_card_that_it_has_no_class_for_is_unknown() {
        let recipe = SceneRecipe::default();
        let bank = Bank::render(&synth::practice::sprites(), &recipe, 1, 60, &|_| true).unwrap();
        let few = &bank.classes()[..5];
        let report = measure(&mut Blind(Vec::new()), few, &bank, &recipe, 3, 40).unwrap();
        let all = measure(&mut Blind(Vec::new()), bank.classes(), &bank, &recipe, 3, 40).unwrap();
        assert!(report.names.known < all.names.known);
        assert_eq!(report.names.known + report.names.unknown, all.names.known + all.names.unknown);
        assert_eq!(report.names.unknown_flagged.whole, report.names.unknown);
    }
}
