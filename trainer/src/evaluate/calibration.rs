//! What a calibration has measured of a run, and its file in the run's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lens_core::atomic::{self, keep_one_former};
use lens_core::manifest::Thresholds;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::checkpoint::safetensors;
use crate::model::network::torch::Weights;

/// Name of the file in a run's folder.
pub const FILE_NAME: &str = "calibration.safetensors";
/// Key of [`Figures`] in the file's texts.
const FIGURES: &str = "figures";
/// Name of the centroids in the file.
const CENTROIDS: &str = "centroids";

/// What was measured, and of which checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Steps of the detector and of the identifier that it was measured on.
    pub steps: [u64; 2],
    /// Objectness from which a peak is a card.
    pub detection: f32,
    /// When a card is said to be unknown.
    pub thresholds: Thresholds,
    /// How well that works.
    pub report: serde_json::Value,
}

/// A calibration.
#[derive(Debug)]
pub struct Calibration {
    /// What was measured.
    pub figures: Figures,
    /// One row of length one for each identification class; zero for classes without crops.
    pub centroids: Tensor,
}

/// Why a calibration cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// There is none, or it is damaged.
    #[error("cannot use the calibration {path}: {reason}\nhelp: run `trainer calibrate --run` with this run")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be written.
    #[error("cannot write the calibration {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Calibration {
    /// Writes it into a run's folder.
    ///
    /// # Errors
    /// When the disk is full or the folder is read-only.
    pub fn write(&self, run: &Path) -> Result<(), CalibrationError> {
        let path = run.join(FILE_NAME);
        let write = |source| CalibrationError::Write { path: path.clone(), source };
        let figures = serde_json::to_string(&self.figures).map_err(|error| write(error.into()))?;
        let texts = BTreeMap::from([(FIGURES.to_owned(), figures)]);
        let tensors = Weights::from([(CENTROIDS.to_owned(), self.centroids.shallow_clone())]);
        keep_one_former(&path).map_err(write)?;
        atomic::write(&path, &safetensors::encode(&texts, &tensors)).map_err(write)
    }

    /// Reads it from a run's folder and checks that it was measured on these steps of detector and
    /// identifier.
    ///
    /// # Errors
    /// When there is none, or the networks were trained on since.
    pub fn read(run: &Path, steps: [u64; 2]) -> Result<Self, CalibrationError> {
        let path = run.join(FILE_NAME);
        let error = |reason: String| CalibrationError::Read { path: path.clone(), reason };
        let bytes = std::fs::read(&path).map_err(|it| error(it.to_string()))?;
        let (texts, mut tensors) = safetensors::decode(&bytes).map_err(|it| error(it.to_string()))?;
        let figures = texts.get(FIGURES).ok_or_else(|| error("it has no figures".into()))?;
        let figures: Figures = serde_json::from_str(figures).map_err(|it| error(it.to_string()))?;
        if figures.steps != steps {
            let measured = figures.steps;
            return Err(error(format!("it is of steps {measured:?}, the networks are at {steps:?}")));
        }
        let centroids = tensors.remove(CENTROIDS).ok_or_else(|| error("it has no centroids".into()))?;
        Ok(Self { figures, centroids })
    }
}
