//! How alike two captures of the same unknown card are, and of different ones: what teaching a card
//! by one capture rests on.

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;
use synth::bank::Bank;
use synth::crop;
use synth::recipe::SceneRecipe;

use crate::console::progress;
use crate::evaluate::metrics::Share;
use crate::evaluate::model_under_test::{batch, floats};
use crate::evaluate::ranking::{auroc, quantile};
use crate::model::network::identifier::EMBEDDING;
use crate::model::network::torch::Module;

/// Unknown cards that are compared.
const CARDS: usize = 80;
/// Captures of each; the first is the taught one.
const CAPTURES: usize = 5;
/// Part of the pairs of different cards that may be taken for the same.
const WRONG_PAIRS: f64 = 2e-2;
/// Below this two captures are never taken for the same card.
const MIN_THRESHOLD: f32 = 0.5;

/// How well a taught card is known again.
#[derive(Clone, Debug, Serialize)]
pub struct GalleryReport {
    /// Similarity from which a capture is the taught card.
    pub threshold: f32,
    /// Captures of a taught card that are known again.
    pub known_again: Share,
    /// Area under the curve of pairs of the same card against pairs of different ones.
    pub auroc: Option<f64>,
}

/// Compares captures of the bank's invented cards.
///
/// # Errors
/// When the network does not fit.
pub fn measure(module: &Module, bank: &Bank, recipe: &SceneRecipe) -> Result<GalleryReport> {
    let invented = bank.cards().iter().enumerate().filter(|(_, card)| card.truth.class == bank.unknown());
    // Every other one: two in a row are renderings of the same image.
    let cards: Vec<usize> = invented.map(|(index, _)| index).step_by(2).take(CARDS).collect();
    let mut captures: Vec<Vec<Vec<f32>>> = Vec::new();
    for &card in &cards {
        let crops: Vec<_> = (0..CAPTURES as u64)
            .into_par_iter()
            .map(|number| crop::compose_of(bank, recipe, card, number))
            .collect();
        let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
        let embedding = &module.outputs(&floats(&batch(&pixels, recipe.crop.size)))[EMBEDDING];
        progress::advance(CAPTURES);
        captures.push(Vec::<Vec<f32>>::try_from(embedding)?);
    }
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (one, taught) in captures.iter().enumerate() {
        for (other, seen) in captures.iter().enumerate() {
            let pairs = if one == other { &mut same } else { &mut different };
            pairs.extend(seen[1..].iter().map(|capture| cosine(&taught[0], capture)));
        }
    }
    let threshold = quantile(&different, 1.0 - WRONG_PAIRS).unwrap_or(MIN_THRESHOLD).max(MIN_THRESHOLD);
    let mut known_again = Share::default();
    same.iter().for_each(|&similarity| known_again.count(similarity >= threshold));
    Ok(GalleryReport { threshold, known_again, auroc: auroc(&same, &different) })
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
