//! What the detector learns from: parts of composed scenes, enlarged a little and changed in
//! colour.

use std::sync::{Arc, OnceLock};

use lens_core::geometry::{InFrame, InModel, Point, Quad, Rect, Transform};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use synth::resize::Cutter;
use synth::scene::Scene;
use tch::{Kind, Tensor};

use super::epoch::Validation;
use super::loss::{self, DetectorTarget, Loss};
use super::{Task, TaskSpec, freeze, held_out};
use crate::checkpoint::Network;
use crate::data::synthetic::{Material, Pictures};
use crate::model::detector_targets::{Card, Target};
use crate::model::network::detector::{CELLS, DetectorShape, ShapeError};
use crate::model::network::torch::{Module, Weights, initial_weights};
use crate::model::network::{Graph, Value};
use crate::random::{Stream, normal, random, seed_of};
use crate::recipe::{BankRecipe, DetectorRecipe, Jitter, Recipe};

/// The detector and its recipe.
#[derive(Debug)]
pub struct DetectorTask {
    graph: Graph,
    recipe: DetectorRecipe,
    bank: BankRecipe,
    seed: u64,
    material: Material,
    scenes: Arc<Pictures<Scene>>,
    /// Made when the training is validated for the first time.
    held_out: OnceLock<Vec<DetectorBatch>>,
}

/// The samples of a step.
#[derive(Debug)]
pub struct DetectorBatch {
    pixels: Vec<u8>,
    changes: Vec<ColourChange>,
    targets: Vec<Target>,
}

/// What is done to the colours of a sample: factors of red, green and blue, and a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourChange([f32; 4]);

impl ColourChange {
    /// By the recipe.
    pub fn sample(jitter: Jitter, random: &mut ChaCha8Rng) -> Self {
        if random.random::<f32>() >= jitter.share {
            return Self([1.0, 1.0, 1.0, 0.0]);
        }
        let mut gain = || (1.0 + jitter.gain * normal(random)).clamp(0.5, 1.6);
        let gains = [gain(), gain(), gain()];
        Self([gains[0], gains[1], gains[2], jitter.offset * normal(random)])
    }
}

/// A batch `[n, 3, height, width]` of `0.0..=1.0` from rows of red, green, blue and a byte that is
/// ignored.
pub fn planes(pixels: &[u8], [width, height]: [usize; 2], changes: &[ColourChange]) -> Tensor {
    let shape = [changes.len() as i64, height as i64, width as i64, 4];
    let bytes = Tensor::from_data_size(pixels, &shape, Kind::Uint8);
    let changes: Vec<f32> = changes.iter().flat_map(|change| change.0).collect();
    let changes = Tensor::from_slice(&changes).view([-1, 1, 1, 4]);
    let floats = bytes.narrow(3, 0, 3).to_kind(Kind::Float) * (changes.narrow(3, 0, 3) / 255.0);
    (floats + changes.narrow(3, 3, 1)).clamp_(0.0, 1.0).permute([0, 3, 1, 2])
}

impl DetectorTask {
    /// The detector of a recipe.
    ///
    /// # Errors
    /// When its shape does not fit.
    pub fn new(recipe: &Recipe, material: Material) -> Result<Self, ShapeError> {
        let reuse = recipe.detector.training.reuse();
        Ok(Self {
            graph: recipe.detector.shape.graph()?,
            recipe: recipe.detector.clone(),
            bank: recipe.bank,
            seed: recipe.seed,
            scenes: Arc::new(Pictures::scenes(material.clone(), recipe.bank.scenes, reuse)),
            material,
            held_out: OnceLock::new(),
        })
    }

    /// Weights to start from.
    pub fn initial_weights(&self) -> Weights {
        let seed = seed_of(self.seed, Stream::Weights, 0);
        let mut weights = initial_weights(&self.graph, seed);
        weights.insert(format!("{CELLS}.bias"), Tensor::from_slice(&DetectorShape::initial_bias()));
        weights
    }
}

impl Task for DetectorTask {
    type Batch = DetectorBatch;

    fn spec(&self) -> TaskSpec {
        let plan = self.recipe.training.plan();
        TaskSpec {
            network: Network::Detector,
            graph: self.graph.clone(),
            heads: Vec::new(),
            plan,
            learning_rates: freeze::detector(&self.graph, &self.recipe.shape, &plan),
            frozen_batch_norm: false,
        }
    }

    fn wanted(&self) -> Vec<Value> {
        vec![self.graph.value(CELLS).expect("every detector has cells")]
    }

    fn batches(&self) -> impl Fn(u64) -> DetectorBatch + Send + Sync + 'static {
        batches(self.recipe.clone(), Arc::clone(&self.scenes), self.seed)
    }

    fn input(&self, batch: &DetectorBatch) -> Tensor {
        planes(&batch.pixels, self.recipe.crop, &batch.changes)
    }

    fn loss(&self, outputs: &[Tensor], batch: &DetectorBatch) -> Loss {
        loss::detector(&outputs[0], &tensors(&batch.targets))
    }

    fn validate(&self, module: &Module) -> Validation {
        let batches = self.held_out.get_or_init(|| {
            let material = held_out::material(&self.material);
            let (seed, reuse) = (material.seed, self.recipe.training.reuse());
            let scenes = Arc::new(Pictures::scenes(material, self.bank.scenes, reuse));
            held_out::batches(batches(self.recipe.clone(), scenes, seed), self.recipe.training.batch)
        });
        held_out::validate(self, module, batches)
    }
}

/// Makes the batch of a step, of the scenes' parts.
fn batches(
    recipe: DetectorRecipe,
    scenes: Arc<Pictures<Scene>>,
    seed: u64,
) -> impl Fn(u64) -> DetectorBatch + Send + Sync + 'static {
    move |step| {
        let count = recipe.training.batch as u64;
        // Other threads may still be a few batches behind.
        scenes.forget_before_sample(step.saturating_sub(32) * count);
        let [width, height] = recipe.crop;
        let mut cutter = Cutter::new(recipe.crop.map(|side| side as u32));
        let mut batch = DetectorBatch { pixels: Vec::new(), changes: Vec::new(), targets: Vec::new() };
        for n in step * count..(step + 1) * count {
            let mut random = random(seed, Stream::DetectorSample, n);
            let scene = scenes.of_sample(n, &mut random);
            let region = sample_region(&recipe, &scene, &mut random);
            batch.pixels.extend(cutter.cut(&scene.image, region));
            batch.changes.push(ColourChange::sample(recipe.jitter, &mut random));
            batch.targets.push(Target::encode(&cards_in(&scene, region, width), width, height));
        }
        batch
    }
}

/// The targets of a batch as tensors.
pub fn tensors(targets: &[Target]) -> DetectorTarget {
    let stack = |plane: fn(&Target) -> &[f32]| {
        let all: Vec<f32> = targets.iter().flat_map(|target| plane(target).iter().copied()).collect();
        let (columns, rows) = (targets[0].columns as i64, targets[0].rows as i64);
        Tensor::from_slice(&all).view([targets.len() as i64, -1, rows, columns])
    };
    DetectorTarget {
        cells: stack(|target| &target.cells),
        weight: stack(|target| &target.weight),
        counted: stack(|target| &target.counted),
    }
}

/// Chooses the part of a scene that becomes a sample.
fn sample_region(recipe: &DetectorRecipe, scene: &Scene, random: &mut ChaCha8Rng) -> Rect<InFrame> {
    let [low, high] = recipe.zoom;
    let zoom = low * (high / low).powf(random.random::<f32>());
    let frame = [scene.image.width() as f32, scene.image.height() as f32];
    let [crop_width, crop_height] = recipe.crop.map(|side| side as f32);
    // The whole scene when the part would be larger.
    let zoom = zoom.max(crop_width / frame[0]).max(crop_height / frame[1]);
    let size = [crop_width / zoom, crop_height / zoom];
    let near = (!scene.cards.is_empty() && random.random::<f32>() < recipe.near_card)
        .then(|| scene.cards[random.random_range(0..scene.cards.len())].quad.centre());
    let mut corner = |axis: usize| {
        let room = frame[axis] - size[axis];
        let at = random.random::<f32>();
        match near {
            Some(centre) => ([centre.x, centre.y][axis] - at * size[axis]).clamp(0.0, room.max(0.0)),
            None => at * room,
        }
    };
    let (left, top) = (corner(0), corner(1));
    Rect::ltwh(left, top, size[0], size[1])
}

/// Where the cards are in a part of a scene that is drawn `width` pixels wide.
fn cards_in(scene: &Scene, region: Rect<InFrame>, width: usize) -> Vec<Card> {
    let scale = width as f32 / region.width();
    let to_sample: Transform<InFrame, InModel> =
        Transform::new(scale, Point::new(-region.left * scale, -region.top * scale));
    let card = |quad: Quad<InFrame>, visible| Card { quad: to_sample.quad(quad), visible };
    scene.cards.iter().map(|placed| card(placed.quad, placed.visible)).collect()
}
