//! From trained weights to a model's folder that the overlay accepts.
//!
//! Each network is written in floats and in int8, run with ONNX Runtime beside libtorch on the same
//! images, and only when both agree is the folder replaced. How good the networks are is not
//! judged here.
//!
//! * [`session`]: runs a file as the overlay will.
//! * [`agreement`]: how far its results are from libtorch's.
//! * [`previous`]: the model before, to go back to.
//! * [`install`](mod@install): replaces the folder as a whole.

pub mod agreement;
pub mod install;
pub mod previous;
pub mod session;

use std::path::{Path, PathBuf};

use lens_core::catalogue::hex;
use lens_core::manifest::{FILE_NAME, METADATA_KEY, Manifest, ManifestError, NetworkFiles};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tch::{Kind, TchError, Tensor};

use crate::console::progress;
use crate::model::export::agreement::{Agreement, Agreements, compare};
use crate::model::export::install::install;
use crate::model::export::session::{OnnxSession, SessionError};
use crate::model::network::Graph;
use crate::model::network::arrays::Arrays;
use crate::model::network::fold::{Folded, fold};
use crate::model::network::hardware::Precision;
use crate::model::network::shape::GraphError;
use crate::model::network::torch::{Module, WeightError, Weights};
use crate::model::onnx::writer::Batch;
use crate::model::onnx::{self, Stored};
use crate::model::quantise;
use crate::model::quantise::calibration::Calibration;
use crate::model::quantise::options::Options;

/// How far a float file may be from libtorch, as a share of its largest result (at least 1).
pub const TOLERANCE: f64 = 1e-4;
/// How far the same file with weights of 16 bits may be, on average.
const HALF_TOLERANCE: f64 = 0.01;
/// How far an int8 file may be, on average: beyond it something is broken, not merely rounded.
const INT8_TOLERANCE: f64 = 0.5;
/// Batches that both run; all others only calibrate.
const COMPARED: usize = 8;

/// A trained network, and images of the kind that it will see.
#[derive(Debug)]
pub struct Source<'a> {
    /// What it is.
    pub graph: &'a Graph,
    /// Its weights.
    pub weights: &'a Weights,
    /// Its batch in the exported file.
    pub batch: Batch,
    /// Batches of composed images, bytes `[n, 3, height, width]`.
    pub pictures: &'a [Tensor],
    /// How it is quantised.
    pub options: &'a Options,
}

/// Files of a model: name and content.
pub type Files = Vec<(String, Vec<u8>)>;

/// What the export of a network was like.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkReport {
    /// Size of the float file in bytes.
    pub float32_bytes: usize,
    /// How far the float file is from libtorch.
    pub float32: Agreements,
    /// Size of the int8 file in bytes.
    pub int8_bytes: Option<usize>,
    /// How far the int8 file is from libtorch.
    pub int8: Option<Agreements>,
}

impl NetworkReport {
    /// Sizes, and how far the results are from libtorch's at most.
    pub fn in_short(&self) -> String {
        let kilobytes = |bytes: usize| format!("{} kB", bytes.div_ceil(1000));
        let apart = |all: &Agreements| all.values().map(Agreement::relative).fold(0.0, f64::max) * 100.0;
        let floats = format!(
            "floats {}, {:.2} % apart from libtorch",
            kilobytes(self.float32_bytes),
            apart(&self.float32)
        );
        match (&self.int8_bytes, &self.int8) {
            (Some(bytes), Some(int8)) => {
                format!("{floats}; int8 {}, {:.2} % apart", kilobytes(*bytes), apart(int8))
            }
            _ => floats,
        }
    }
}

/// Why a model cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The graph is malformed or does not fit its weights.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The weights do not fit libtorch's module.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// The detector that stays is damaged.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// libtorch failed.
    #[error("libtorch failed: {0}")]
    Torch(#[from] TchError),
    /// ONNX Runtime failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The file does not compute what the network does.
    #[error(
        "{file} does not compute what the trained network does: {reason}\nhelp: this is a fault of the exporter; the model that was there is untouched"
    )]
    Disagrees {
        /// The file.
        file: String,
        /// What differs.
        reason: String,
    },
    /// There is nothing to compare or calibrate with.
    #[error("{0} has no images to check and calibrate with\nhelp: compose some first")]
    NoPictures(String),
    /// The folder cannot be written.
    #[error(
        "cannot write the model {folder}: {source}\nhelp: the model that was there is untouched; make the folder writable or free some space"
    )]
    Write {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes the model's folder; the digests in `manifest` are filled in.
///
/// # Errors
/// When a network cannot be written, a file does not agree with libtorch, or the folder cannot be
/// replaced.
pub fn export(
    folder: &Path,
    mut manifest: Manifest,
    detector: &Source<'_>,
    identifier: &Source<'_>,
) -> Result<[NetworkReport; 2], ExportError> {
    manifest.sha256.clear();
    // Inside the files there are no digests: a file cannot contain its own.
    let inside = vec![(METADATA_KEY.to_owned(), json(&manifest))];
    let mut files = Files::new();
    let mut network = |source, names: &NetworkFiles| -> Result<NetworkReport, ExportError> {
        let (report, written) = export_network(source, names, &inside)?;
        files.extend(written);
        Ok(report)
    };
    let reports =
        [network(detector, &manifest.detector.files)?, network(identifier, &manifest.identifier.files)?];
    manifest.sha256 =
        files.iter().map(|(name, content)| (name.clone(), hex(&Sha256::digest(content)))).collect();
    files.push((FILE_NAME.to_owned(), (json(&manifest) + "\n").into_bytes()));
    install(folder, &files).map_err(|source| ExportError::Write { folder: folder.to_owned(), source })?;
    Ok(reports)
}

/// Writes a model's folder with a new identifier and the detector of the model `base`, which may be
/// the same folder; the digests in `manifest` are filled in.
///
/// # Errors
/// As [`export`], and when the detector of `base` is damaged.
pub fn export_identifier(
    folder: &Path,
    base: &Path,
    mut manifest: Manifest,
    identifier: &Source<'_>,
) -> Result<NetworkReport, ExportError> {
    let from = Manifest::read(base)?;
    let mut files = Files::new();
    for name in std::iter::once(&from.detector.files.float32).chain(&from.detector.files.int8) {
        files.push((name.clone(), from.read_network(base, name)?));
    }
    manifest.sha256.clear();
    let inside = vec![(METADATA_KEY.to_owned(), json(&manifest))];
    let (report, written) = export_network(identifier, &manifest.identifier.files, &inside)?;
    files.extend(written);
    manifest.sha256 =
        files.iter().map(|(name, content)| (name.clone(), hex(&Sha256::digest(content)))).collect();
    files.push((FILE_NAME.to_owned(), (json(&manifest) + "\n").into_bytes()));
    install(folder, &files).map_err(|source| ExportError::Write { folder: folder.to_owned(), source })?;
    Ok(report)
}

/// One network in floats and, where a file for it is named, in int8.
///
/// # Errors
/// As [`export`].
pub fn export_network(
    source: &Source<'_>,
    names: &NetworkFiles,
    metadata: &[(String, String)],
) -> Result<(NetworkReport, Files), ExportError> {
    let Some(first) = source.pictures.first() else {
        return Err(ExportError::NoPictures(names.float32.clone()));
    };
    let folded = fold(source.graph, &Arrays::from_tensors(source.weights)?)?;
    let module = Module::new(source.graph.clone(), source.weights, Precision::Float32)?;
    let mut compared: Vec<Tensor> =
        source.pictures.iter().take(COMPARED).map(Tensor::shallow_clone).collect();
    compared.push(noise(first));

    // What the exporter writes is checked to the last digit first; the file that is kept differs by
    // rounding alone.
    let exact = onnx::write(&folded, source.batch, metadata, Stored::Floats)?;
    for (name, it) in agree(&module, &exact, &names.float32, &compared)? {
        if it.largest > TOLERANCE * it.scale.max(1.0) {
            return Err(disagrees(&names.float32, format!("{name}: {it}")));
        }
    }
    let float32 = onnx::write(&folded, source.batch, metadata, Stored::Halves)?;
    let typical = &compared[..compared.len() - 1];
    let agreement = agree(&module, &float32, &names.float32, typical)?;
    for (name, it) in &agreement {
        if it.exceeds(HALF_TOLERANCE) {
            return Err(disagrees(&names.float32, format!("{name}: {it}")));
        }
    }
    let mut report =
        NetworkReport { float32_bytes: float32.len(), float32: agreement, int8_bytes: None, int8: None };
    let mut files = vec![(names.float32.clone(), float32)];
    if let Some(file) = &names.int8 {
        let calibration = calibrate(&folded, &module, source.pictures)?;
        let int8 = quantise::write(&folded, &calibration, source.options, source.batch, metadata)?;
        let agreement = agree(&module, &int8, file, typical)?;
        for (name, it) in &agreement {
            if it.exceeds(INT8_TOLERANCE) {
                return Err(disagrees(file, format!("{name}: {it}")));
            }
        }
        report.int8_bytes = Some(int8.len());
        report.int8 = Some(agreement);
        files.push((file.clone(), int8));
    }
    Ok((report, files))
}

/// What the network's values look like on all `pictures`.
///
/// # Errors
/// When libtorch fails.
pub fn calibrate(folded: &Folded, module: &Module, pictures: &[Tensor]) -> Result<Calibration, TchError> {
    progress::expect(pictures.len());
    let mut calibration = Calibration::new(folded);
    for batch in pictures {
        calibration.observe(&module.forward_all(&planes(batch)))?;
        progress::advance(1);
    }
    Ok(calibration)
}

fn agree(module: &Module, file: &[u8], name: &str, pictures: &[Tensor]) -> Result<Agreements, ExportError> {
    let mut session = OnnxSession::load(file, 2)?;
    progress::expect(pictures.len());
    let mut agreements = Agreements::new();
    for batch in pictures {
        compare(&mut agreements, &session.run(batch)?, &module.outputs(&planes(batch)))
            .map_err(|error| disagrees(name, error.to_string()))?;
        progress::advance(1);
    }
    Ok(agreements)
}

fn disagrees(file: &str, reason: String) -> ExportError {
    ExportError::Disagrees { file: file.to_owned(), reason }
}

/// Bytes as the floats that libtorch's networks take.
fn planes(bytes: &Tensor) -> Tensor {
    bytes.to_kind(Kind::Float) / 255.0
}

/// Bytes without any order, like no image.
fn noise(like: &Tensor) -> Tensor {
    let mut state = 1_u32;
    let bytes: Vec<u8> = (0..like.numel())
        .map(|_| {
            // The generator of Park and Miller needs no crate, and quality does not matter here.
            state = (u64::from(state) * 48_271 % 0x7fff_ffff) as u32;
            (state >> 16) as u8
        })
        .collect();
    Tensor::from_slice(&bytes).view(like.size().as_slice())
}

fn json(manifest: &Manifest) -> String {
    serde_json::to_string_pretty(manifest).expect("a manifest has only text keys")
}
