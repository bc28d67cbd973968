//! A run's networks with their averaged weights, to measure, calibrate and export them.

use std::path::Path;

use lens_core::catalogue::Catalogue;
use lens_core::manifest::external::{DetectorKind, IdentifierKind};
use lens_core::manifest::{
    Detector, FORMAT, Head, IDENTIFICATION, Identifier, Manifest, NetworkFiles, Thresholds,
};

use crate::checkpoint::{Checkpoint, CheckpointError, Network, Position};
use crate::evaluate::calibration::Calibration;
use crate::model::detector_targets::{ANCHOR, CORNER_SCALE, STRIDE};
use crate::model::network::Graph;
use crate::model::network::detector::ShapeError;
use crate::model::network::hardware::Precision;
use crate::model::network::identifier::{EMBEDDING, SIMILARITY};
use crate::model::network::torch::{Module, WeightError, Weights};

/// A network of a run.
#[derive(Debug)]
pub struct Trained {
    /// How it was trained.
    pub position: Position,
    /// What it is.
    pub graph: Graph,
    /// The averaged weights; the class centroids are zero before calibration.
    pub weights: Weights,
}

/// Why a run's network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The recipe in the checkpoint.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The weights.
    #[error(transparent)]
    Weights(#[from] WeightError),
}

impl Trained {
    /// Reads a network from a run's folder: that of the best epoch where there is one.
    ///
    /// # Errors
    /// When there is no checkpoint, or it is damaged.
    pub fn read(run: &Path, network: Network) -> Result<Self, TrainedError> {
        Self::new(&Checkpoint::read_file(&Checkpoint::best_or_last_path(run, network), network)?)
    }

    /// The network of a checkpoint.
    ///
    /// # Errors
    /// When the weights are not those of its recipe.
    pub fn new(checkpoint: &Checkpoint) -> Result<Self, TrainedError> {
        let position = checkpoint.position.clone();
        let graph = match position.network {
            Network::Detector => position.recipe.detector.shape.graph()?,
            Network::Identifier => position.recipe.identifier.shape.graph(&position.heads)?,
        };
        // Through a module once, so that a misfit is found here and constants are there.
        let weights = Module::new(graph.clone(), &checkpoint.average(), Precision::Float32)?.weights();
        Ok(Self { position, graph, weights })
    }

    /// The network, ready to run.
    ///
    /// # Errors
    /// Never for weights that [`Trained::read`] gave.
    pub fn module(&self) -> Result<Module, WeightError> {
        Module::new(self.graph.clone(), &self.weights, Precision::Float32)
    }

    /// Takes the class centroids of a calibration.
    pub fn calibrate(&mut self, calibration: &Calibration) {
        self.weights.insert(format!("{SIMILARITY}.weight"), calibration.centroids.copy());
    }

    /// Name and classes of the identification head, for the identifier.
    pub fn identities(&self) -> &[String] {
        let head = self.position.heads.iter().find(|head| head.name == IDENTIFICATION);
        head.map_or(&[], |head| &head.classes)
    }
}

/// What the overlay has to know of a run's networks; digests come with the export.
pub fn manifest(
    name: &str,
    catalogue: &Catalogue,
    detector: &Position,
    identifier: &Position,
    detection: f32,
    thresholds: Thresholds,
) -> Manifest {
    let files = |network: Network| NetworkFiles {
        float32: format!("{}.onnx", network.name()),
        int8: Some(format!("{}.int8.onnx", network.name())),
    };
    let size = |input: [i64; 2]| input.map(|side| side as u32);
    let heads: Vec<Head> = identifier.heads.clone();
    debug_assert_eq!(EMBEDDING, "embedding", "the manifest documents this name");
    Manifest {
        format: FORMAT,
        name: name.to_owned(),
        catalogue: catalogue.game.clone(),
        catalogue_digest: catalogue.digest().to_owned(),
        detector: Detector {
            kind: DetectorKind::Grid,
            files: files(Network::Detector),
            input_size: size(detector.recipe.detector.shape.input),
            stride: STRIDE as u32,
            corner_scale: CORNER_SCALE,
            anchor: ANCHOR,
            threshold: detection,
        },
        identifier: Identifier {
            kind: IdentifierKind::Own,
            files: files(Network::Identifier),
            input_size: size(identifier.recipe.identifier.shape.input),
            widen: identifier.recipe.scenes.crop.widen,
            embedding: identifier.recipe.identifier.shape.embedding as u32,
            heads,
            thresholds,
            added: std::collections::BTreeMap::new(),
        },
        sha256: std::collections::BTreeMap::new(),
        metrics: serde_json::Value::Null,
        recipe: serde_json::Value::Null,
    }
}
