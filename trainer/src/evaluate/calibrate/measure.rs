//! Calibrates a run's networks on composed images: centroids, thresholds, and how well they work.

use std::path::Path;

use anyhow::Result;
use lens_core::catalogue::{Card, id_of_class};
use lens_core::manifest::Thresholds;
use serde_json::json;
use synth::art::Sprites;
use synth::bank::Bank;
use synth::crop::Crop;
use synth::recipe::SceneRecipe;

use super::thresholds::{Signals, choose, report, split_by_name};
use super::{centroids, gallery, signals};
use crate::console::progress;
use crate::data::synthetic::Material;
use crate::evaluate::calibration::{Calibration, Figures};
use crate::evaluate::detection;
use crate::evaluate::identification::compose;
use crate::evaluate::model_under_test::Run;
use crate::evaluate::run_model::{Trained, manifest};
use crate::random::{Stream, seed_of};

/// What a calibration is measured with.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Share of rightly named composed cards that may be said to be unknown.
    pub rejected: f64,
    /// Objectness from which a peak is a card, instead of the best one on composed scenes.
    pub detection: Option<f32>,
    /// Composed crops of known cards, and a third as many of unknown ones.
    pub crops: usize,
    /// Composed scenes.
    pub scenes: usize,
}

/// Thresholds before they are measured: nothing is rejected.
pub const OPEN: Thresholds =
    Thresholds { not_a_card: 1.1, unknown: 1.1, probability: 0.0, similarity: -1.0, gallery: 1.0 };

/// Cards that are drawn of those that the recipe held out.
const HELD_OUT_CARDS: usize = 400;

/// About how many things [`calibrate`] says are done.
pub fn work(options: &Options, material: &Material, classes: usize) -> usize {
    let held_out = !material.recipe.held_out.is_empty() && !material.recipe.held_out_as_unknown;
    let banks = 4 * material.cards + usize::from(held_out) * HELD_OUT_CARDS;
    // Known crops and three kinds of others, each composed and read.
    banks + centroids::work(classes) + 2 * (options.crops + options.crops / 3 * 3) + options.scenes
}

/// Measures, and writes the calibration into the run's folder; one that is there is kept beside it.
///
/// # Errors
/// When a network cannot run, or the folder cannot be written.
pub fn calibrate(
    run: &Path,
    options: &Options,
    detector: &Trained,
    identifier: &mut Trained,
    material: &Material,
    sprites: &Sprites,
) -> Result<Figures> {
    let catalogue = sprites.catalogue();
    let open = manifest("", catalogue, &detector.position, &identifier.position, 0.5, OPEN);
    let size = open.identifier.input_size;
    let centroids =
        centroids::centroids(&identifier.module()?, material, identifier.identities().len(), size)?;
    let figures = Figures {
        steps: [detector.position.step, identifier.position.step],
        detection: 0.5,
        thresholds: OPEN,
        report: serde_json::Value::Null,
    };
    let mut calibration = Calibration { figures, centroids };
    identifier.calibrate(&calibration);
    let module = identifier.module()?;

    let bank = evaluation_bank(material)?;
    let only = |nothing: f32, unknown: f32| {
        let mut recipe = material.recipe.clone();
        (recipe.crop.not_a_card, recipe.crop.unknown) = (nothing, unknown);
        recipe
    };
    let seed = |number| seed_of(material.seed, Stream::Evaluation, number);
    let read = |crops: &[Crop]| signals::of_crops(&module, &open, identifier.identities(), crops);
    let known = compose(&bank, &only(0.0, 0.0), seed(101), options.crops);
    let known: Vec<_> = known.iter().map(|crop| crop.truth.class).zip(read(&known)?).collect();
    let nothing = read(&compose(&bank, &only(1.0, 0.0), seed(102), options.crops / 3))?;
    let mut invented = compose(&bank, &only(0.0, 1.0), seed(103), options.crops / 3);
    invented.retain(|crop| crop.truth.class == bank.unknown());
    let invented = read(&invented)?;
    let held_out = match held_out_bank(material, sprites)? {
        Some((bank, recipe)) => read(&compose(&bank, &recipe, seed(104), options.crops / 3))?,
        None => Vec::new(),
    };
    let taught = gallery::measure(&module, &bank, &material.recipe)?;

    // Real cards that were never trained on are the better judges; invented ones stand in where
    // there are none.
    let strangers = if held_out.is_empty() { &invented } else { &held_out };
    let classes = identifier.identities();
    let (known, unseen) = known.split_at(known.len() / 2);
    let (named, mut others) = split_by_name(known, |&shown, said| {
        catalogue.is_same_card(id_of_class(&bank.classes()[shown]), id_of_class(&classes[said]))
    });
    others.extend(&strangers[..strangers.len() / 2]);
    let thresholds = choose(&named, &others, options.rejected, taught.threshold);
    let unseen: Vec<_> = unseen.iter().map(|(_, signals)| *signals).collect();
    let of = |group: &[Signals]| report(&unseen, &group[group.len() / 2..], &nothing, &thresholds);
    let mut subject = Run::new(Some(detector.module()?), None, open, catalogue)?;
    let found = detection::measure(
        &mut subject,
        &bank,
        &material.recipe,
        seed(105),
        options.scenes,
        options.detection,
    )?;
    calibration.figures.detection = found.threshold;
    calibration.figures.thresholds = thresholds;
    calibration.figures.report = json!({
        "invented": of(&invented),
        "held_out": (!held_out.is_empty()).then(|| of(&held_out)),
        "gallery": taught,
        "detection": found,
    });
    calibration.write(run)?;
    Ok(calibration.figures)
}

/// Cards that no training has seen in this rendering.
///
/// # Errors
/// When the recipe leaves no card.
pub fn evaluation_bank(material: &Material) -> Result<Bank> {
    Ok(material.bank(seed_of(material.seed, Stream::Evaluation, 100))?)
}

/// The recipe's held-out cards, which the network must not know; `None` when there are none.
///
/// # Errors
/// When the recipe leaves no card.
pub fn held_out_bank(material: &Material, sprites: &Sprites) -> Result<Option<(Bank, SceneRecipe)>> {
    let held_out = &material.recipe.held_out;
    if held_out.is_empty() || material.recipe.held_out_as_unknown {
        return Ok(None);
    }
    let mut recipe = SceneRecipe { held_out: Vec::new(), ..material.recipe.clone() };
    recipe.cards.unknown = 0.0;
    (recipe.crop.not_a_card, recipe.crop.unknown) = (0.0, 0.0);
    let seed = seed_of(material.seed, Stream::Evaluation, 106);
    let is_held_out = |card: &Card| held_out.iter().any(|id| *id == card.id);
    progress::expect(HELD_OUT_CARDS);
    let tell = || progress::advance(1);
    let bank = Bank::render_telling(sprites, &recipe, seed, HELD_OUT_CARDS, &is_held_out, &tell)?;
    Ok(Some((bank, recipe)))
}
