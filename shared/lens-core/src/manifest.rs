//! `model.json`: the contract between the trainer and the overlay.
//!
//! The same JSON is in each ONNX file's `metadata_props` under the key [`METADATA_KEY`]; a file
//! that another program made ([`external`]) stays as it was made, and is known by its digest alone.
//!
//! # Network contract
//! Unless their `kind` says otherwise, both networks take `image`, unsigned bytes, `[N, height/2,
//! width/2, 12]`: RGB packed two by two (see [`crate::preprocess::PACK`]), because a strided first
//! convolution on packed bytes is the fastest stem on CPUs and needs no conversion to floats
//! outside the network. The networks scale bytes by 1/255 themselves.
//!
//! *Detector*: input letterboxed with black bars, `N = 1`. Output `cells` `[1, height/8, width/8,
//! 36]`, floats: for each of the 2x2 sub-cells of a cell (index `2 * row + column`; so the grid's
//! stride is `stride` = 4 pixels) nine values: the logit of the detection score, then x and y of
//! the card's four corners relative to the sub-cell's centre, divided by `corner_scale` pixels.
//!
//! *Identifier*: for every head its logits `[N, classes]` under the head's name; `embedding` `[N,
//! dimensions]`, L2-normalised; and `similarity` `[N, classes]`, the cosine between the embedding
//! and the centroid of each identification class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalogue::{CardType, hex};
use external::{DetectorKind, IdentifierKind};

pub mod external;

/// Version of `model.json` that this code reads and writes.
pub const FORMAT: u32 = 1;
/// Key of the manifest in an ONNX file's `metadata_props`.
pub const METADATA_KEY: &str = "balatro_lens";
/// Name of the manifest in a model's folder.
pub const FILE_NAME: &str = "model.json";
/// Identification class of crops that show no card at all.
pub const NOT_A_CARD: &str = "_not_a_card";
/// Identification class of crops that show a card of no catalogue.
pub const UNKNOWN: &str = "_unknown";
/// Name of the head that says which card it is.
pub const IDENTIFICATION: &str = "identification";

/// A trained model: two networks, their classes and thresholds, and how good they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Name of the model, and of its folder.
    pub name: String,
    /// [`crate::catalogue::Catalogue::game`] of the catalogue it names cards of.
    pub catalogue: String,
    /// [`crate::catalogue::Catalogue::digest`] at training time.
    pub catalogue_digest: String,
    /// The network that finds cards.
    pub detector: Detector,
    /// The network that names them.
    pub identifier: Identifier,
    /// SHA-256 of every ONNX file, by file name.
    pub sha256: BTreeMap<String, String>,
    /// What was measured, on what: `{"composed": {"top1": ...}, ...}`.
    #[serde(default)]
    pub metrics: serde_json::Value,
    /// The resolved recipes that it was trained with.
    #[serde(default)]
    pub recipe: serde_json::Value,
}

/// The files of one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFiles {
    /// 32-bit floats: for GPUs, and the reference.
    pub float32: String,
    /// Static int8 (QDQ): for CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub int8: Option<String>,
}

/// The network that finds cards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// What goes in and comes out; this crate's contract when nothing is said.
    #[serde(default, skip_serializing_if = "DetectorKind::is_own")]
    pub kind: DetectorKind,
    /// Its ONNX files.
    pub files: NetworkFiles,
    /// Width and height of its input, in pixels.
    pub input_size: [u32; 2],
    /// Pixels of the input for one sub-cell of the output.
    pub stride: u32,
    /// Pixels of the input for 1.0 of a corner offset.
    pub corner_scale: f32,
    /// `(u, v)` of the point of the card whose cell answers for it.
    pub anchor: [f32; 2],
    /// Detection score from which a peak is a card.
    pub threshold: f32,
}

/// The network that names cards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// What goes in and comes out; this crate's contract when nothing is said.
    #[serde(default, skip_serializing_if = "IdentifierKind::is_own")]
    pub kind: IdentifierKind,
    /// Its ONNX files.
    pub files: NetworkFiles,
    /// Width and height of its input, in pixels.
    pub input_size: [u32; 2],
    /// How much the quad is widened about its centre before it is rectified.
    pub widen: f32,
    /// Length of the embedding; zero for an external classifier, which can enrol nothing.
    pub embedding: u32,
    /// The classification heads; the first is [`IDENTIFICATION`].
    pub heads: Vec<Head>,
    /// When a card is said to be unknown.
    pub thresholds: Thresholds,
    /// Cards of no catalogue that it names all the same, by class: those that a player labelled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub added: BTreeMap<String, Added>,
}

/// A card of no catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// Name for people.
    pub name: String,
    /// What it is: decides what can be on it.
    #[serde(rename = "type")]
    pub card_type: CardType,
}

/// A classification head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Name of the field of the labels, and of the ONNX output.
    pub name: String,
    /// How its logits are read.
    pub activation: Activation,
    /// Classes in the order of the logits.
    pub classes: Vec<String>,
}

/// How logits are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Exactly one class is true.
    Softmax,
    /// Each class is true or not on its own.
    Sigmoid,
}

/// When a detection is dropped, and when a card is said to be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Probability of [`NOT_A_CARD`] from which a detection is dropped.
    pub not_a_card: f32,
    /// Probability of [`UNKNOWN`] from which a card is unknown.
    pub unknown: f32,
    /// Probability of the best card below which it is unknown.
    pub probability: f32,
    /// Similarity to the best card's centroid below which it is unknown.
    pub similarity: f32,
    /// Similarity to an enrolled card's prototype from which it is that card.
    pub gallery: f32,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ManifestError {
    /// A file of the model cannot be read.
    #[error(
        "cannot read {path} of the model: {source}\nhelp: the model is incomplete; install it again or choose another"
    )]
    Read { path: PathBuf, source: std::io::Error },
    /// `model.json` is not what this version expects.
    #[error("{path} is not valid: {reason}\nhelp: run `trainer export` again with this version")]
    Invalid { path: PathBuf, reason: String },
    /// A file changed after it was exported.
    #[error(
        "{path} is not the file that the model was exported with (sha256 {found}, expected {wanted})\nhelp: install the model again or choose another"
    )]
    Digest { path: PathBuf, wanted: String, found: String },
}

impl Manifest {
    /// Reads and checks `model.json` in a model's folder; the ONNX files are read with
    /// [`Manifest::read_network`].
    ///
    /// # Errors
    /// When the file is missing, malformed, of another format, or inconsistent.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE_NAME);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| ManifestError::Invalid { path: path.clone(), reason: error.to_string() })?;
        manifest.check().map_err(|reason| ManifestError::Invalid { path, reason })?;
        Ok(manifest)
    }

    /// Reads an ONNX file of the model and checks its digest.
    ///
    /// # Errors
    /// When the file is missing or is not the one that was exported.
    pub fn read_network(&self, folder: &Path, file: &str) -> Result<Vec<u8>, ManifestError> {
        let path = folder.join(file);
        let bytes =
            std::fs::read(&path).map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        let found = hex(&Sha256::digest(&bytes));
        match self.sha256.get(file) {
            Some(wanted) if *wanted == found => Ok(bytes),
            wanted => Err(ManifestError::Digest { path, wanted: wanted.cloned().unwrap_or_default(), found }),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("format {} where {FORMAT} is understood", self.format));
        }
        let sizes = [self.detector.input_size, self.identifier.input_size];
        if sizes.iter().flatten().any(|&side| side == 0 || side > 4096) || self.detector.stride == 0 {
            return Err("an input size or stride is out of range".into());
        }
        match self.identifier.heads.first() {
            Some(head) if head.name == IDENTIFICATION && !head.classes.is_empty() => {}
            _ => return Err(format!("the first head must be {IDENTIFICATION:?} with classes")),
        }
        let identifier = &self.identifier;
        let kinds = self.detector.kind.check();
        let kinds = kinds.and_then(|()| identifier.kind.check(identifier.heads.len(), identifier.embedding));
        kinds.map_err(|error| error.to_string())?;
        let plain = |file: &str| Path::new(file).components().count() == 1 && !file.contains(['/', '\\']);
        for files in [&self.detector.files, &self.identifier.files] {
            for file in std::iter::once(&files.float32).chain(&files.int8) {
                if !plain(file) {
                    return Err(format!("{file:?} must be a file name without a folder"));
                }
                if !self.sha256.contains_key(file) {
                    return Err(format!("{file:?} has no sha256"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As every version wrote it before there were kinds.
    fn own() -> Value {
        json!({
            "format": 1, "name": "toy", "catalogue": "toy", "catalogue_digest": "0",
            "detector": {"files": {"float32": "d.onnx"}, "input_size": [64, 32], "stride": 4, "corner_scale": 32.0,
                "anchor": [0.25, 0.5], "threshold": 0.5},
            "identifier": {"files": {"float32": "i.onnx"}, "input_size": [8, 12], "widen": 1.0, "embedding": 2,
                "heads": [{"name": "identification", "activation": "softmax", "classes": ["j_one", "j_two"]}],
                "thresholds": {"not_a_card": 0.5, "unknown": 0.5, "probability": 0.5, "similarity": 0.5, "gallery": 0.5}},
            "sha256": {"d.onnx": "0", "i.onnx": "0"}, "metrics": null, "recipe": null,
        })
    }

    /// With two external networks.
    fn external() -> Value {
        let mut manifest = own();
        manifest["detector"]["kind"] = json!({"yolo": {"input": "images", "output": "output0", "boxes": 8400,
            "classes": ["card", "button"], "cards": ["card"]}});
        manifest["identifier"]["kind"] = json!({"classifier": {"input": "input", "output": "logits", "batch": 4,
            "scores": "probabilities", "normalise": "imagenet", "fit": "centre"}});
        manifest["identifier"]["embedding"] = 0.into();
        manifest
    }

    fn read(manifest: &Value) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), manifest.to_string()).unwrap();
        Manifest::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_manifest_without_kinds_is_of_our_own_networks_and_is_written_without_them() {
        let manifest = read(&own()).unwrap();
        assert!(manifest.detector.kind.is_own() && manifest.identifier.kind.is_own());
        assert_eq!(serde_json::to_value(&manifest).unwrap(), own());
    }

    #[test]
    fn external_networks_come_back_as_they_were_written() {
        let manifest = read(&external()).unwrap();
        assert_eq!(
            read(&serde_json::to_value(&manifest).unwrap()).unwrap().detector.kind,
            manifest.detector.kind
        );
        let mut plain = external();
        plain["identifier"]["kind"] =
            json!({"classifier": {"input": "input", "output": "logits", "scores": "logits"}});
        let kind = read(&plain).unwrap().identifier.kind;
        assert_eq!(serde_json::to_value(kind).unwrap(), plain["identifier"]["kind"]);
    }

    #[test]
    fn networks_that_cannot_be_run_are_refused() {
        let check = |pointer: &str, value: Value, part: &str| {
            let mut manifest = external();
            *manifest.pointer_mut(pointer).unwrap() = value;
            let message = read(&manifest).unwrap_err();
            assert!(message.contains(part), "{part:?} is not in: {message}");
        };
        check("/detector/kind/yolo/classes", json!([]), "no classes");
        check("/detector/kind/yolo/boxes", json!(0), "boxes");
        check("/detector/kind/yolo/cards", json!(["joker"]), "\"joker\"");
        check("/identifier/kind/classifier/batch", json!(0), "batch");
        check("/identifier/embedding", json!(128), "embedding");
        check("/detector/kind", json!({"ssd": {}}), "ssd");
        check("/identifier/kind/classifier/scores", json!("percent"), "percent");
    }
}
