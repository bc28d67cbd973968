//! Everything a training needs to go on, in one file that is either old or new.
//!
//! The sample stream and the schedule are functions of the step, so the step is all the random
//! state there is.
//!
//! * [`progress`], [`optimiser_state`], [`scaler`]: what is kept beside the weights.
//!   [`safetensors`]: the file.
//! * [`retention`]: which checkpoints a run in epochs keeps. [`claim`]: one writer at a time.

pub mod claim;
pub mod optimiser_state;
pub mod progress;
pub mod retention;
pub mod safetensors;
pub mod scaler;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lens_core::atomic;
use lens_core::manifest::Head;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::model::network::torch::{Module, WeightError, Weights};
use crate::recipe::Recipe;
use optimiser_state::OptimiserState;
use progress::Progress;
use scaler::Scaler;

/// Version of the checkpoint that this code reads and writes.
pub const FORMAT: u32 = 1;
/// Key of [`Position`] in the file's texts.
const POSITION: &str = "position";

/// How long a training lasts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// So many steps.
    Steps(u64),
    /// So many seconds of training, loading and saving not counted.
    Seconds(f64),
}

/// Which of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The one that finds cards.
    Detector,
    /// The one that names them.
    Identifier,
}

impl Network {
    /// As in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::Identifier => "identifier",
        }
    }
}

/// How far a training has come, and what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Which network.
    pub network: Network,
    /// Steps done.
    pub step: u64,
    /// Seconds spent in steps.
    pub seconds: f64,
    /// How long it lasts.
    pub budget: Budget,
    /// The resolved recipe.
    pub recipe: Recipe,
    /// Digest of the catalogue that the classes come from.
    pub catalogue_digest: String,
    /// Names of the heads and their classes; empty for the detector.
    pub heads: Vec<Head>,
    /// How far a training in epochs is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<Progress>,
    /// What the loss is multiplied by, for 16-bit floats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaler: Option<Scaler>,
}

impl Position {
    /// Whether it is a training on labelled captures. A recipe may speak of them where its run is
    /// on composed images.
    pub fn is_labelled(&self) -> bool {
        self.epochs.is_some() && self.recipe.data.labelled().is_some()
    }

    /// Part of the budget that is spent, `0.0..=1.0`.
    pub fn progress(&self) -> f64 {
        match self.budget {
            Budget::Steps(steps) => self.step as f64 / steps.max(1) as f64,
            Budget::Seconds(seconds) => self.seconds / seconds.max(1e-9),
        }
        .min(1.0)
    }
}

/// A file with a training's position and numbers.
#[derive(Debug)]
pub struct Checkpoint {
    /// How far it has come.
    pub position: Position,
    /// Weights by name below `now/`, `average/`, `first/` and `second/`.
    tensors: Weights,
}

/// Why a checkpoint cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There is none.
    #[error("there is no checkpoint {path}\nhelp: train first: `trainer train {network}`")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to train.
        network: &'static str,
    },
    /// It cannot be read.
    #[error("cannot read the checkpoint {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error(
        "cannot write the checkpoint {path}: {source}\nhelp: free some space and train on with --resume; the last checkpoint is whole"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is damaged or of another version.
    #[error("the checkpoint {path} is not valid: {reason}\nhelp: start a new run in another folder")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Why runs cannot be averaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AverageError(String);

impl From<String> for AverageError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for AverageError {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl Checkpoint {
    /// The last of these checkpoints with the mean of all their averaged weights.
    ///
    /// # Errors
    /// When there is none, or they are of different networks or classes; the text says which.
    pub fn mean(mut checkpoints: Vec<Self>) -> Result<Self, AverageError> {
        let mut mean = checkpoints.pop().ok_or("there is nothing to average")?;
        let count = checkpoints.len() as f64 + 1.0;
        for (number, other) in checkpoints.iter().enumerate() {
            if other.position.heads != mean.position.heads {
                return Err(format!("run {} tells other classes apart than the last", number + 1).into());
            }
            let averaged = |name: &String| name.starts_with("average/");
            if !other
                .tensors
                .keys()
                .filter(|name| averaged(name))
                .eq(mean.tensors.keys().filter(|name| averaged(name)))
            {
                return Err(format!("run {} is of another network than the last", number + 1).into());
            }
        }
        for (name, tensor) in mean.tensors.iter_mut().filter(|(name, _)| name.starts_with("average/")) {
            let mut sum = tensor.copy();
            for other in &checkpoints {
                let other = &other.tensors[name];
                if other.size() != sum.size() {
                    return Err(format!(
                        "{name} is {:?} in one run and {:?} in another",
                        other.size(),
                        sum.size()
                    )
                    .into());
                }
                sum += other;
            }
            *tensor = sum / count;
        }
        Ok(mean)
    }

    /// The file of a network in a run's folder.
    pub fn path(run: &Path, network: Network) -> PathBuf {
        run.join(format!("{}.safetensors", network.name()))
    }

    /// The file of the best epoch of a network in a run's folder.
    pub fn best_path(run: &Path, network: Network) -> PathBuf {
        run.join(format!("{}.best.safetensors", network.name()))
    }

    /// Puts aside what a run's folder has of a network whose training begins again, under names
    /// that nothing has yet: its checkpoints, and what its steps and epochs were like. The last
    /// checkpoint stays as a copy, for the training may be stopped before it has one of its own.
    /// Returns the new names.
    ///
    /// # Errors
    /// When a file cannot be renamed or copied.
    pub fn put_aside(run: &Path, network: Network) -> std::io::Result<Vec<PathBuf>> {
        let last = Self::path(run, network);
        let is_own = |name: &str| {
            let rest = name.strip_prefix(network.name()).and_then(|it| it.strip_prefix('.'));
            rest.is_some_and(|rest| !rest.contains("former-") && !rest.ends_with(".tmp"))
        };
        let mut files: Vec<PathBuf> = std::fs::read_dir(run)?
            .flatten()
            .filter(|entry| is_own(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        let mut made = Vec::new();
        for from in files {
            let ending = from.extension().unwrap_or_default().to_string_lossy().into_owned();
            let stem = from.with_extension("").to_string_lossy().into_owned();
            let names = (1..).map(|number| PathBuf::from(format!("{stem}.former-{number}.{ending}")));
            let to = names.into_iter().find(|it| !it.exists()).expect("there is always a next number");
            if from == last {
                atomic::write(&to, &std::fs::read(&from)?)?;
            } else {
                std::fs::rename(&from, &to)?;
            }
            made.push(to);
        }
        Ok(made)
    }

    /// The file of a network that is evaluated and exported: its best epoch where the run has
    /// epochs.
    pub fn best_or_last_path(run: &Path, network: Network) -> PathBuf {
        let best = Self::best_path(run, network);
        if best.exists() { best } else { Self::path(run, network) }
    }

    /// Of a module and its optimiser.
    pub fn new(position: Position, module: &Module, state: &OptimiserState) -> Self {
        let vector = |values: &[f32]| Tensor::from_slice(values);
        let (trained, kept) = (module.trained(), module.kept());
        let groups = [
            ("now", trained.weights(&module.parameters())),
            ("now", kept.weights(&module.statistics())),
            ("average", trained.weights(&vector(&state.average))),
            ("average", kept.weights(&vector(&state.average_statistics))),
            ("first", trained.weights(&vector(&state.first))),
            ("second", trained.weights(&vector(&state.second))),
        ];
        let named = groups.into_iter().flat_map(|(group, weights)| {
            weights.into_iter().map(move |(name, tensor)| (format!("{group}/{name}"), tensor))
        });
        let position = Position { scaler: state.scaler, ..position };
        Self { position, tensors: named.collect() }
    }

    /// Reads a network's checkpoint from a run's folder.
    ///
    /// # Errors
    /// When it is missing, damaged, or of another version.
    pub fn read(run: &Path, network: Network) -> Result<Self, CheckpointError> {
        Self::read_file(&Self::path(run, network), network)
    }

    /// Reads a network's checkpoint from a file.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn read_file(path: &Path, network: Network) -> Result<Self, CheckpointError> {
        let path = path.to_path_buf();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CheckpointError::Missing { path, network: network.name() });
            }
            Err(source) => return Err(CheckpointError::Read { path, source }),
        };
        let invalid = |reason: String| CheckpointError::Invalid { path: path.clone(), reason };
        let (texts, tensors) = safetensors::decode(&bytes).map_err(|error| invalid(error.to_string()))?;
        let position = texts.get(POSITION).ok_or_else(|| invalid("it says nothing of a training".into()))?;
        let position: Position =
            serde_json::from_str(position).map_err(|error| invalid(error.to_string()))?;
        if position.format != FORMAT || position.network != network {
            return Err(invalid(format!("format {}, of the {}", position.format, position.network.name())));
        }
        Ok(Self { position, tensors })
    }

    /// Writes it into a run's folder.
    ///
    /// # Errors
    /// When the disk is full or the folder is read-only; the old checkpoint is whole then.
    pub fn write(&self, run: &Path) -> Result<(), CheckpointError> {
        self.write_file(&Self::path(run, self.position.network))
    }

    /// Writes it into a file.
    ///
    /// # Errors
    /// As [`Checkpoint::write`].
    pub fn write_file(&self, path: &Path) -> Result<(), CheckpointError> {
        let path = path.to_path_buf();
        let position = serde_json::to_string(&self.position)
            .map_err(|error| CheckpointError::Invalid { path: path.clone(), reason: error.to_string() })?;
        let bytes = safetensors::encode(&BTreeMap::from([(POSITION.to_owned(), position)]), &self.tensors);
        atomic::write(&path, &bytes).map_err(|source| CheckpointError::Write { path, source })
    }

    /// The weights that training goes on with.
    pub fn now(&self) -> Weights {
        self.group("now")
    }

    /// The averaged weights: what is evaluated and exported.
    pub fn average(&self) -> Weights {
        self.group("average")
    }

    /// The optimiser's state, for a module with the weights [`Checkpoint::now`].
    ///
    /// # Errors
    /// When the checkpoint is of another network.
    pub fn state(&self, module: &Module) -> Result<OptimiserState, WeightError> {
        let values = |tensor: Tensor| {
            let mut values = vec![0.0_f32; tensor.numel()];
            tensor.copy_data(&mut values, tensor.numel());
            values
        };
        let (trained, kept) = (module.trained(), module.kept());
        let average = self.average();
        Ok(OptimiserState {
            weights: values(module.parameters()),
            first: values(trained.vector(&self.group("first"))?),
            second: values(trained.vector(&self.group("second"))?),
            average: values(trained.vector(&average)?),
            average_statistics: values(kept.vector(&average)?),
            // The training may go on in another precision than it began.
            scaler: Scaler::new(module.hardware().precision).map(|new| self.position.scaler.unwrap_or(new)),
        })
    }

    fn group(&self, group: &str) -> Weights {
        let inside = |(name, tensor): (&String, &Tensor)| {
            let name = name.strip_prefix(group)?.strip_prefix('/')?;
            Some((name.to_owned(), tensor.shallow_clone()))
        };
        self.tensors.iter().filter_map(inside).collect()
    }
}
