//! Every choice of a training on labelled captures, as data.

use std::path::PathBuf;

use lens_core::manifest::IDENTIFICATION;
use serde::{Deserialize, Serialize};

use super::optimiser::{AdamW, OptimiserKind};
use super::schedule::{Schedule, Scheduler};
use super::training::{Epochs, Freeze, InvalidRecipe, MAX_BATCH, Plan, PrecisionChoice};
use crate::data::augment::sample::Level;

/// Learning rates and weight decays above this are slips: the weights would be gone at once.
const MAX_RATE: f64 = 10.0;

/// How the identifier is trained on labelled captures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelledRecipe {
    /// Folder of the captures and their labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Folder of their augmented copies; beside the other when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augmented: Option<PathBuf>,
    /// Fields of the labels that are learned, a head each.
    pub tasks: Vec<String>,
    /// Part of the originals of each card that is held out.
    pub validation: f64,
    /// How often every image is seen.
    pub epochs: u64,
    /// Images in a step.
    pub batch: usize,
    /// What is done to images on the fly.
    pub transforms: Level,
    /// Weights to start from: a run, a checkpoint, an exported model, or torchvision's `ResNet18`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// Which parts of the backbone are not trained.
    pub freeze: Freeze,
    /// Which optimiser.
    pub optimiser: OptimiserKind,
    /// Highest learning rate of the heads.
    #[serde(rename = "rate")]
    pub learning_rate: f64,
    /// Highest learning rate of the backbone.
    pub backbone_rate: f64,
    /// Part of the weights lost per step, times the learning rate.
    pub weight_decay: f64,
    /// Decay of the moving average of the weights, which is what is judged and exported; 0 for the
    /// weights themselves.
    pub average: f64,
    /// Steps until the learning rate is reached.
    pub warm_up: u64,
    /// How the learning rate changes from epoch to epoch.
    pub scheduler: Scheduler,
    /// Whether rare cards are drawn as often as frequent ones.
    pub weighted_sampler: bool,
    /// Whether rare classes count more in the loss.
    pub class_weights: bool,
    /// Label smoothing: part of the target that is spread over all classes (Szegedy et al., 2016).
    pub smoothing: f64,
    /// How much heads count beside the identification.
    pub other_heads: f64,
    /// What layers compute in.
    pub precision: PrecisionChoice,
    /// Epochs without a lower validation loss until the training ends; 0 for never.
    pub patience: u64,
    /// Epochs between checkpoints that are kept; 0 for none.
    pub checkpoint_interval: u64,
    /// How many of those are kept.
    pub keep: usize,
}

impl Default for LabelledRecipe {
    fn default() -> Self {
        Self {
            folder: None,
            augmented: None,
            tasks: vec![IDENTIFICATION.into(), "modifier".into()],
            validation: 0.2,
            epochs: 40,
            batch: 32,
            transforms: Level::Train,
            init: None,
            freeze: Freeze::None,
            optimiser: OptimiserKind::Adamw,
            learning_rate: 3e-3,
            backbone_rate: 1e-3,
            weight_decay: 1e-3,
            average: 0.98,
            warm_up: 20,
            scheduler: Scheduler::Cosine { floor: 0.02 },
            weighted_sampler: false,
            class_weights: false,
            smoothing: 0.0,
            other_heads: 0.5,
            precision: PrecisionChoice::Auto,
            patience: 12,
            checkpoint_interval: 10,
            keep: 3,
        }
    }
}

impl LabelledRecipe {
    /// What the loop follows, with so many steps in an epoch.
    pub fn plan(&self, steps: u64) -> Plan {
        Plan {
            optimiser: AdamW {
                weight_decay: self.weight_decay,
                average: self.average,
                kind: self.optimiser,
                clip: 20.0,
                ..AdamW::default()
            },
            schedule: Schedule { learning_rate: self.learning_rate, warm_up: self.warm_up, floor: 0.0 },
            scheduler: Some(self.scheduler),
            backbone_factor: self.backbone_rate / self.learning_rate,
            freeze: self.freeze,
            precision: self.precision,
            epochs: Some(Epochs {
                steps,
                count: Some(self.epochs),
                patience: self.patience,
                checkpoint_interval: self.checkpoint_interval,
                keep: self.keep,
            }),
        }
    }

    /// Whether it can be done; the error says what is impossible.
    ///
    /// # Errors
    /// When a number is out of its range.
    pub fn check(&self) -> Result<(), InvalidRecipe> {
        let part = |name: &str, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok::<(), InvalidRecipe>(()),
            false => Err(format!("`{name}` is {value}; it must be in 0..1").into()),
        };
        part("validation", self.validation)?;
        part("average", self.average)?;
        part("smoothing", self.smoothing)?;
        if self.batch > MAX_BATCH {
            return Err(format!("`batch` is {}; at most {MAX_BATCH} fit into a step", self.batch).into());
        }
        if self.epochs == 0 || self.batch < 2 || self.tasks.iter().any(|task| task.trim().is_empty()) {
            return Err("`epochs` must be at least 1, `batch` at least 2, and every task needs a name".into());
        }
        let rates = [self.learning_rate, self.backbone_rate, self.weight_decay, self.other_heads];
        if rates.iter().any(|rate| !(0.0..=MAX_RATE).contains(rate)) || self.learning_rate == 0.0 {
            return Err(
                "rates, `weight_decay` and `other_heads` must be in 0..=10, and `rate` not zero".into()
            );
        }
        if !self.scheduler.is_valid() {
            return Err(Scheduler::RANGES.into());
        }
        Ok(())
    }
}
