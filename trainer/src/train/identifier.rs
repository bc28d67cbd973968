//! What the identifier learns from: composed crops, shifted a little and changed in colour.

use std::sync::{Arc, OnceLock};

use lens_core::catalogue::{Catalogue, ModifierArt};
use lens_core::manifest::{Activation, Head, IDENTIFICATION, NOT_A_CARD, UNKNOWN};
use rand::RngExt;
use synth::crop::{Crop, CropTruth};
use tch::Tensor;

use super::detector::{ColourChange, planes};
use super::epoch::Validation;
use super::loss::{self, IdentifierTarget, Loss};
use super::{Task, TaskSpec, freeze, held_out};
use crate::checkpoint::Network;
use crate::data::synthetic::{Material, Pictures};
use crate::model::network::detector::ShapeError;
use crate::model::network::identifier::UNIT_EMBEDDING;
use crate::model::network::resnet18::{PretrainedError, load_pretrained};
use crate::model::network::torch::{Module, Weights, initial_weights};
use crate::model::network::{Graph, Value};
use crate::random::{Stream, random, seed_of};
use crate::recipe::{BankRecipe, HeadWeights, IdentifierRecipe, Recipe};

/// Classes of the head `debuffed`.
pub const DEBUFFED: [&str; 2] = ["no", "yes"];

/// The identifier and its recipe.
#[derive(Debug)]
pub struct IdentifierTask {
    graph: Graph,
    heads: Vec<Head>,
    recipe: IdentifierRecipe,
    bank: BankRecipe,
    seed: u64,
    material: Material,
    crops: Arc<Pictures<Crop>>,
    /// Made when the training is validated for the first time.
    held_out: OnceLock<Vec<IdentifierBatch>>,
}

/// The samples of a step.
#[derive(Debug, Default)]
pub struct IdentifierBatch {
    pixels: Vec<u8>,
    changes: Vec<ColourChange>,
    truths: Vec<CropTruth>,
    /// Samples that show the same invented card.
    pairs: Vec<[usize; 2]>,
}

/// The heads that a catalogue needs: its classes and the two reserved ones, then its modifiers.
pub fn heads(catalogue: &Catalogue) -> Vec<Head> {
    let mut classes = catalogue.classes();
    classes.extend([NOT_A_CARD.to_owned(), UNKNOWN.to_owned()]);
    let words = &catalogue.modifiers;
    let of = |list: &[ModifierArt]| list.iter().map(|it| it.word.clone()).collect();
    let head = |name: &str, activation, classes| Head { name: name.to_owned(), activation, classes };
    let all = vec![
        head(IDENTIFICATION, Activation::Softmax, classes),
        head("edition", Activation::Softmax, words.editions.clone()),
        head("enhancement", Activation::Softmax, of(&words.enhancements)),
        head("seal", Activation::Softmax, of(&words.seals)),
        head("debuffed", Activation::Softmax, DEBUFFED.map(str::to_owned).to_vec()),
        head("stickers", Activation::Sigmoid, of(&words.stickers)),
    ];
    // Another game may lack a modifier; a head with one class has nothing to say.
    all.into_iter()
        .filter(|head| head.classes.len() > usize::from(head.activation == Activation::Softmax))
        .collect()
}

/// The targets of these crops.
pub fn targets(heads: &[Head], truths: &[CropTruth]) -> IdentifierTarget {
    let class = |name: &str, truth: &CropTruth| match (name, truth.card) {
        (IDENTIFICATION, _) => truth.class,
        ("edition", Some(card)) => card.edition,
        ("enhancement", Some(card)) => card.enhancement,
        ("seal", Some(card)) => card.seal,
        ("debuffed", Some(card)) => usize::from(card.debuffed),
        _ => 0,
    };
    let of_head = |head: &Head| match head.activation {
        Activation::Softmax => {
            let classes: Vec<i64> = truths.iter().map(|truth| class(&head.name, truth) as i64).collect();
            Tensor::from_slice(&classes)
        }
        Activation::Sigmoid => {
            let worn = |truth: &CropTruth| truth.card.map_or(0, |card| card.stickers);
            let bits = |stickers: u32| (0..head.classes.len()).map(move |bit| (stickers >> bit & 1) as f32);
            let all: Vec<f32> = truths.iter().map(worn).flat_map(bits).collect();
            Tensor::from_slice(&all).view([truths.len() as i64, -1])
        }
    };
    let known: Vec<f32> = truths.iter().map(|truth| if truth.card.is_some() { 1.0 } else { 0.0 }).collect();
    IdentifierTarget { heads: heads.iter().map(of_head).collect(), known: Tensor::from_slice(&known) }
}

impl IdentifierTask {
    /// The identifier of a recipe.
    ///
    /// # Errors
    /// When its shape does not fit.
    pub fn new(recipe: &Recipe, material: Material) -> Result<Self, ShapeError> {
        let heads = heads(material.sprites.catalogue());
        let reuse = recipe.identifier.training.reuse();
        Ok(Self {
            graph: recipe.identifier.shape.graph(&heads)?,
            heads,
            recipe: recipe.identifier.clone(),
            bank: recipe.bank,
            seed: recipe.seed,
            crops: Arc::new(Pictures::crops(material.clone(), recipe.bank.crops, reuse)),
            material,
            held_out: OnceLock::new(),
        })
    }

    /// Weights to start from.
    ///
    /// # Errors
    /// When the recipe names a file of weights that does not fit.
    pub fn initial_weights(&self) -> Result<Weights, PretrainedError> {
        let mut weights = initial_weights(&self.graph, seed_of(self.seed, Stream::Weights, 1));
        if let Some(path) = &self.recipe.pretrained {
            load_pretrained(path, &mut weights)?;
        }
        Ok(weights)
    }
}

impl Task for IdentifierTask {
    type Batch = IdentifierBatch;

    fn spec(&self) -> TaskSpec {
        let plan = self.recipe.training.plan();
        TaskSpec {
            network: Network::Identifier,
            graph: self.graph.clone(),
            heads: self.heads.clone(),
            plan,
            learning_rates: freeze::identifier(&self.graph, &self.recipe.shape, &plan),
            frozen_batch_norm: false,
        }
    }

    fn wanted(&self) -> Vec<Value> {
        let value =
            |name: &str| self.graph.value(name).expect("every head is a node, and so is the embedding");
        self.heads.iter().map(|head| value(&head.name)).chain([value(UNIT_EMBEDDING)]).collect()
    }

    fn batches(&self) -> impl Fn(u64) -> IdentifierBatch + Send + Sync + 'static {
        batches(&self.recipe, Arc::clone(&self.crops), self.seed)
    }

    fn input(&self, batch: &IdentifierBatch) -> Tensor {
        planes(&batch.pixels, self.recipe.shape.input.map(|side| side as usize), &batch.changes)
    }

    fn loss(&self, outputs: &[Tensor], batch: &IdentifierBatch) -> Loss {
        let target = targets(&self.heads, &batch.truths);
        let weight = |head: &str| weight(&self.recipe.weights, head);
        let smoothing = self.recipe.training.smoothing;
        let mut loss = loss::identifier(outputs, &self.heads, &target, smoothing, weight);
        if let Some(contrast) = self.recipe.contrast {
            let pairs = loss::contrast(&outputs[self.heads.len()], &batch.pairs, contrast.temperature);
            loss.parts.push(("contrast".to_owned(), pairs.double_value(&[])));
            loss.total += pairs * contrast.weight;
        }
        loss
    }

    fn validate(&self, module: &Module) -> Validation {
        let batches = self.held_out.get_or_init(|| {
            let material = held_out::material(&self.material);
            let (seed, reuse) = (material.seed, self.recipe.training.reuse());
            let crops = Arc::new(Pictures::crops(material, self.bank.crops, reuse));
            held_out::batches(batches(&self.recipe, crops, seed), self.recipe.training.batch)
        });
        held_out::validate(self, module, batches)
    }
}

/// Makes the batch of a step, of the crops.
fn batches(
    recipe: &IdentifierRecipe,
    crops: Arc<Pictures<Crop>>,
    seed: u64,
) -> impl Fn(u64) -> IdentifierBatch + Send + Sync + use<> {
    let [width, height] = recipe.shape.input.map(|side| side as usize);
    let (count, most, jitter) = (recipe.training.batch as u64, recipe.shift, recipe.jitter);
    move |step| {
        crops.forget_before_sample(step.saturating_sub(32) * count);
        let mut batch = IdentifierBatch::default();
        for n in step * count..(step + 1) * count {
            let mut random = random(seed, Stream::IdentifierSample, n);
            let crop = crops.of_sample(n, &mut random);
            if crop.again.is_some() {
                batch.pairs.push([batch.truths.len(), batch.truths.len() + 1]);
            }
            for pixels in [Some(&crop.pixels), crop.again.as_ref()].into_iter().flatten() {
                let mut shift = || random.random_range(-most..=most);
                shifted(pixels, [width, height], [shift(), shift()], &mut batch.pixels);
                batch.changes.push(ColourChange::sample(jitter, &mut random));
                batch.truths.push(crop.truth);
            }
        }
        batch
    }
}

fn weight(weights: &HeadWeights, head: &str) -> f64 {
    match head {
        "edition" => weights.edition,
        "enhancement" => weights.enhancement,
        "seal" => weights.seal,
        "debuffed" => weights.debuffed,
        "stickers" => weights.stickers,
        _ => 0.0,
    }
}

/// Appends the crop moved by whole pixels; its edge is repeated.
fn shifted(pixels: &[u8], [width, height]: [usize; 2], [dx, dy]: [i32; 2], to: &mut Vec<u8>) {
    let from = |at: usize, by: i32, count: usize| (at as i32 - by).clamp(0, count as i32 - 1) as usize;
    for y in 0..height {
        let row = &pixels[from(y, dy, height) * width * 4..][..width * 4];
        for x in 0..width {
            to.extend_from_slice(&row[from(x, dx, width) * 4..][..4]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifting_repeats_the_edge() {
        let pixels: Vec<u8> = (0..6).flat_map(|value| [value, 0, 0, 255]).collect();
        let check = |by: [i32; 2], wanted: [u8; 6]| {
            let mut moved = Vec::new();
            shifted(&pixels, [3, 2], by, &mut moved);
            let reds: Vec<u8> = moved.chunks_exact(4).map(|pixel| pixel[0]).collect();
            assert_eq!(reds, wanted, "by {by:?}");
        };
        check([0, 0], [0, 1, 2, 3, 4, 5]);
        check([1, 0], [0, 0, 1, 3, 3, 4]);
        check([-2, 0], [2, 2, 2, 5, 5, 5]);
        check([0, -1], [3, 4, 5, 3, 4, 5]);
    }
}
