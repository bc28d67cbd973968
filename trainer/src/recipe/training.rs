//! How a network is trained: what the recipe says for composed images, and the [`Plan`] that every
//! training follows.

use serde::{Deserialize, Serialize};
use tch::Device;

use super::optimiser::AdamW;
use super::schedule::{Schedule, Scheduler};
use crate::data::loader::Reuse;
use crate::model::network::hardware::Precision;

/// The most images in a step: more need more memory than there is.
pub const MAX_BATCH: usize = 4096;
/// The most steps of a training.
const MAX_STEPS: u64 = 1_000_000_000;

/// What makes a recipe impossible, with the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRecipe(String);

impl From<String> for InvalidRecipe {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for InvalidRecipe {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// How a network is trained on composed images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Steps when the command line says nothing else.
    pub steps: u64,
    /// Images in a step.
    pub batch: usize,
    /// Samples cut from a composed image, on average.
    pub uses: u64,
    /// Composed images alive at a time.
    pub window: u64,
    /// Learning rate of the backbone; that of the heads when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone_rate: Option<f64>,
    /// Which parts of the backbone are not trained.
    #[serde(default)]
    pub freeze: Freeze,
    /// What layers compute in.
    #[serde(default)]
    pub precision: PrecisionChoice,
    /// Label smoothing; see [`LabelledRecipe`](super::labelled::LabelledRecipe).
    #[serde(default)]
    pub smoothing: f64,
    /// Steps after which the training is validated, where one of the next three needs it: composed
    /// images have no epochs of their own.
    #[serde(default = "default_epoch_steps")]
    pub epoch_steps: u64,
    /// Epochs without a lower validation loss until the training ends; 0 for never.
    #[serde(default)]
    pub patience: u64,
    /// Epochs between checkpoints that are kept; 0 for none.
    #[serde(default)]
    pub checkpoint_interval: u64,
    /// How many of those are kept.
    #[serde(default = "default_keep")]
    pub keep: usize,
    /// How the learning rate changes from epoch to epoch; without it, it falls step by step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<Scheduler>,
    /// The learning rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// The optimiser.
    #[serde(default)]
    pub optimiser: AdamW,
}

fn default_epoch_steps() -> u64 {
    250
}

fn default_keep() -> usize {
    3
}

/// Which parts of the backbone are not trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Freeze {
    /// None: everything learns.
    #[default]
    None,
    /// The lower half: middle and high layers learn.
    Mid,
    /// All but the two highest layers.
    High,
    /// All: only the heads learn.
    All,
}

/// What layers compute in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PrecisionChoice {
    /// 16-bit floats on a card, bfloat16 where the processor multiplies it in hardware
    #[default]
    Auto,
    /// 32-bit floats
    Float32,
    /// bfloat16
    Bfloat16,
    /// 16-bit floats, with scaled gradients
    Float16,
}

impl PrecisionChoice {
    /// On a device.
    pub fn on(self, device: Device) -> Precision {
        match self {
            Self::Auto => Precision::best_on(device),
            Self::Float32 => Precision::Float32,
            Self::Bfloat16 => Precision::Bfloat16,
            Self::Float16 => Precision::Float16,
        }
    }
}

/// What the training loop follows, whatever is learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The optimiser.
    pub optimiser: AdamW,
    /// The learning rate of the heads.
    pub schedule: Schedule,
    /// How it changes from epoch to epoch; without it, it falls step by step.
    pub scheduler: Option<Scheduler>,
    /// Learning rate of the backbone, as a part of that of the heads.
    pub backbone_factor: f64,
    /// Which parts of the backbone are not trained.
    pub freeze: Freeze,
    /// What layers compute in.
    pub precision: PrecisionChoice,
    /// When it is validated; never without.
    pub epochs: Option<Epochs>,
}

/// A training that is validated and saved after every epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// Steps in an epoch.
    pub steps: u64,
    /// Epochs in all; where it is none, the budget decides.
    pub count: Option<u64>,
    /// Epochs without a lower validation loss until the training ends; 0 for never.
    pub patience: u64,
    /// Epochs between checkpoints that are kept; 0 for none.
    pub checkpoint_interval: u64,
    /// How many of those are kept.
    pub keep: usize,
}

impl Training {
    /// Which composed image a sample is cut from.
    pub fn reuse(&self) -> Reuse {
        Reuse { uses: self.uses, window: self.window }
    }

    /// What the loop follows.
    pub fn plan(&self) -> Plan {
        let in_epochs = self.patience > 0
            || self.checkpoint_interval > 0
            || self.scheduler.is_some_and(|scheduler| scheduler != Scheduler::None);
        Plan {
            optimiser: self.optimiser,
            schedule: self.schedule,
            scheduler: self.scheduler,
            backbone_factor: self.backbone_rate.map_or(1.0, |rate| rate / self.schedule.learning_rate),
            freeze: self.freeze,
            precision: self.precision,
            epochs: in_epochs.then_some(Epochs {
                steps: self.epoch_steps,
                count: None,
                patience: self.patience,
                checkpoint_interval: self.checkpoint_interval,
                keep: self.keep,
            }),
        }
    }

    /// Whether it can be done; the error says what is impossible.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let Self { steps, batch, uses, window, schedule, optimiser, .. } = self;
        if *steps == 0 || *batch < 2 || *uses == 0 || *window == 0 || self.epoch_steps == 0 {
            return Err("`steps`, `uses`, `window` and `epoch_steps` must be at least 1, `batch` at least 2");
        }
        if *batch > MAX_BATCH || *steps > MAX_STEPS || self.epoch_steps > MAX_STEPS {
            return Err("`batch` is at most 4096, `steps` and `epoch_steps` a billion");
        }
        let positive = |it: f64| it.is_finite() && it > 0.0;
        if !positive(schedule.learning_rate) || !positive(optimiser.clip) {
            return Err("`rate` and `clip` must be positive");
        }
        if self.backbone_rate.is_some_and(|rate| !rate.is_finite() || rate < 0.0) {
            return Err("`backbone_rate` must not be negative");
        }
        let parts = [optimiser.beta1, optimiser.beta2, optimiser.average, self.smoothing];
        if parts.iter().any(|part| !(0.0..1.0).contains(part)) {
            return Err("`beta1`, `beta2`, `average` and `smoothing` must be in 0..1");
        }
        match self.scheduler {
            Some(Scheduler::Cosine { .. }) => {
                Err("a cosine falls step by step: leave `scheduler` out and set `floor` in `schedule`")
            }
            Some(scheduler) if !scheduler.is_valid() => Err(Scheduler::RANGES),
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// The learning rate of the heads in a step, when the part `progress` of the training is over.
    /// `factor` is what the scheduler makes of it in this epoch.
    pub fn learning_rate(&self, step: u64, progress: f64, factor: f64) -> f64 {
        match self.scheduler {
            None => self.schedule.learning_rate(step, progress),
            Some(_) => self.schedule.learning_rate * factor * self.schedule.warm(step),
        }
    }
}
