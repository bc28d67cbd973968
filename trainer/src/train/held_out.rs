//! Validation on composed images: batches that nothing is trained on, of cards drawn for them
//! alone.

use std::collections::BTreeMap;

use tch::no_grad;

use super::Task;
use super::epoch::{HeadReport, Validation};
use crate::console::progress;
use crate::data::synthetic::Material;
use crate::model::network::torch::{Mode, Module};
use crate::random::{Stream, seed_of};

/// Batches that a network is validated on.
const BATCHES: u64 = 8;
/// Cards drawn for them at most.
const MAX_CARDS: usize = 400;

/// The material of the held-out images.
pub(super) fn material(material: &Material) -> Material {
    Material {
        seed: seed_of(material.seed, Stream::Evaluation, 61),
        cards: material.cards.min(MAX_CARDS),
        ..material.clone()
    }
}

/// Makes the batches; `batch` gives that of a step, with so many `images`.
pub(super) fn batches<B>(batch: impl Fn(u64) -> B, images: usize) -> Vec<B> {
    progress::expect(BATCHES as usize * images);
    let made = |step| {
        let batch = batch(step);
        progress::advance(images);
        batch
    };
    (0..BATCHES).map(made).collect()
}

/// The mean loss on these batches, and that of each of its parts.
pub(super) fn validate<T: Task>(task: &T, module: &Module, batches: &[T::Batch]) -> Validation {
    let wanted = task.wanted();
    let mut total = 0.0;
    let mut parts: BTreeMap<String, f64> = BTreeMap::new();
    progress::expect(batches.len());
    for batch in batches {
        let loss = no_grad(|| {
            let outputs = module.forward(&task.input(batch), &wanted, Mode::Evaluate);
            task.loss(&outputs, batch)
        });
        total += loss.total.double_value(&[]);
        for (name, value) in loss.parts {
            *parts.entry(name).or_default() += value;
        }
        progress::advance(1);
    }
    let count = batches.len() as f64;
    let heads = parts
        .into_iter()
        .map(|(name, sum)| HeadReport { name, loss: Some(sum / count), ..HeadReport::default() })
        .collect();
    Validation { heads, loss: (!batches.is_empty()).then(|| total / count) }
}
