//! What the identifier says of images, as far as it matters for thresholds.

use std::collections::HashMap;

use anyhow::Result;
use lens_core::catalogue::id_of_class;
use lens_core::manifest::{Manifest, NOT_A_CARD, UNKNOWN};
use synth::crop::Crop;

use super::thresholds::Signals;
use crate::console::progress;
use crate::evaluate::model_under_test::{Outputs, batch};
use crate::model::network::torch::Module;

/// Of composed crops.
///
/// # Errors
/// When the network does not fit.
pub fn of_crops(
    module: &Module,
    manifest: &Manifest,
    classes: &[String],
    crops: &[Crop],
) -> Result<Vec<Signals>> {
    let mut all = Vec::with_capacity(crops.len());
    for crops in crops.chunks(64) {
        let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
        let outputs = Outputs::compute(module, manifest, &batch(&pixels, manifest.identifier.input_size))?;
        progress::advance(crops.len());
        let rows = |index| (outputs.heads[0].row(index), outputs.similarity.row(index));
        all.extend(
            (0..crops.len()).map(rows).map(|(logits, similarity)| from_logits(classes, logits, similarity)),
        );
    }
    Ok(all)
}

/// As the overlay computes them: looks of a card are added up, and the best look's similarity
/// counts. A reserved class that the network does not have is never likely.
pub fn from_logits(classes: &[String], logits: &[f32], similarity: &[f32]) -> Signals {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let total: f32 = exponentials.iter().sum();
    let reserved = [NOT_A_CARD, UNKNOWN];
    let of_cards = classes.iter().zip(&exponentials).filter(|(class, _)| !reserved.contains(&class.as_str()));
    let energy = highest + of_cards.map(|(_, exponential)| exponential).sum::<f32>().ln();
    let mut signals =
        Signals { best: 0, not_a_card: 0.0, unknown: 0.0, probability: 0.0, similarity: -1.0, energy };
    let mut by_card: HashMap<&str, (usize, f32, f32)> = HashMap::new();
    for (index, ((class, exponential), similarity)) in
        classes.iter().zip(&exponentials).zip(similarity).enumerate()
    {
        let probability = exponential / total;
        match class.as_str() {
            NOT_A_CARD => signals.not_a_card = probability,
            UNKNOWN => signals.unknown = probability,
            _ => {
                let (_, sum, best) = by_card.entry(id_of_class(class)).or_insert((index, 0.0, -1.0));
                *sum += probability;
                *best = best.max(*similarity);
            }
        }
    }
    if let Some(best) = by_card.into_values().max_by(|a, b| a.1.total_cmp(&b.1)) {
        (signals.best, signals.probability, signals.similarity) = best;
    }
    signals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_add_up_and_reserved_classes_may_be_missing() {
        let classes = ["a", "b", "c@1", "c@2"].map(str::to_owned);
        let logits = [0.1_f32, 0.2, 0.3, 0.4].map(f32::ln);
        let found = from_logits(&classes, &logits, &[0.9, 0.8, 0.5, 0.6]);
        assert_eq!((found.not_a_card, found.unknown, found.similarity), (0.0, 0.0, 0.6));
        assert_eq!(found.best, 2, "the first look of c");
        assert!((found.probability - 0.7).abs() < 1e-6, "{found:?}");
        assert!(found.energy.abs() < 1e-6, "all are cards, and their logits' exponentials add up to one");
        let classes = ["a", NOT_A_CARD, UNKNOWN, "b"].map(str::to_owned);
        let found = from_logits(&classes, &logits, &[0.9, 0.0, 0.0, 0.6]);
        assert!((found.not_a_card - 0.2).abs() < 1e-6 && (found.unknown - 0.3).abs() < 1e-6, "{found:?}");
        assert!((found.energy - 0.5_f32.ln()).abs() < 1e-6, "{found:?}");
        assert!((found.probability - 0.4).abs() < 1e-6 && found.similarity == 0.6, "{found:?}");
    }
}
