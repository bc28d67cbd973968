//! Networks that were trained elsewhere, as a model for the overlay.
//!
//! A network's file stays as it is. What it takes and gives is found out by looking at it and
//! running it once, and written into the manifest; what it does not give (our detector, or our
//! identifier with its modifiers and gallery) is taken from a model that is installed.
//!
//! * [`inspect`]: what a file says of itself, and one run of it.
//! * [`labels`]: names of classes as others write them, and which cards they are.
//! * [`detector`], [`identifier`]: the manifest of each, or why it cannot be used.
//! * [`error`]: what can be wrong.
//! * [`describe`]: what was understood, in words. [`trial`]: runs the model before it is installed.

pub mod describe;
pub mod detector;
mod detr;
pub mod error;
pub mod identifier;
pub mod inspect;
pub mod labels;
pub mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use lens_core::catalogue::hex;
use lens_core::manifest::{Detector, FILE_NAME, FORMAT, Identifier, Manifest, ManifestError, NetworkFiles};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::export::Files;
use error::FileError;
use inspect::Network;

/// A network to import: what the manifest says of it, and its file.
#[derive(Debug)]
pub struct Imported<T> {
    /// For the manifest.
    pub contract: T,
    /// Its file, as it was given.
    pub bytes: Vec<u8>,
    /// Where it came from, for the manifest's `recipe`.
    pub origin: Value,
}

/// The networks to import; what is missing comes from the base.
#[derive(Debug, Default)]
pub struct Parts {
    /// The one that finds cards.
    pub detector: Option<Imported<Detector>>,
    /// The one that names them.
    pub identifier: Option<Imported<Identifier>>,
}

/// Names of the imported files in a model's folder.
pub(crate) fn file_name(network: &str) -> NetworkFiles {
    NetworkFiles { float32: format!("{network}.onnx"), int8: None }
}

/// What is kept of where a network came from: the name of its file, its digest, and what it says of
/// its making. No folder, because a model may be given to others.
pub fn origin(path: &Path, network: &Network) -> Value {
    // Not its description, in which Ultralytics names the folder of the training images.
    const SAID: [&str; 5] = ["author", "license", "version", "date", "task"];
    let said: BTreeMap<&str, &String> =
        SAID.iter().filter_map(|&key| Some((key, network.description.metadata.get(key)?))).collect();
    json!({
        "file": path.file_name().unwrap_or_default().to_string_lossy(),
        "sha256": hex(&Sha256::digest(&network.bytes)),
        "said": said,
    })
}

/// The files of a model called `name`, made of the imported parts and, for the rest, of the model
/// in the folder `base`.
///
/// # Errors
/// When a file of the base is missing or changed.
pub fn assemble(name: &str, base: &Path, parts: Parts) -> Result<Files, FileError> {
    let from = Manifest::read(base)?;
    let mut files = Files::new();
    let mut origins = json!({ "base": from.name });
    let mut take = |network: &str, contract: &NetworkFiles, given: Option<(Vec<u8>, Value)>| match given {
        Some((bytes, origin)) => {
            origins[network] = origin;
            files.push((contract.float32.clone(), bytes));
            Ok(())
        }
        None => std::iter::once(&contract.float32).chain(&contract.int8).try_for_each(|file| {
            files.push((file.clone(), from.read_network(base, file)?));
            Ok::<(), ManifestError>(())
        }),
    };
    let (detector, given) = split(parts.detector, &from.detector);
    take("detector", &detector.files, given)?;
    let (identifier, given) = split(parts.identifier, &from.identifier);
    take("identifier", &identifier.files, given)?;
    let manifest = Manifest {
        format: FORMAT,
        name: name.to_owned(),
        catalogue: from.catalogue.clone(),
        catalogue_digest: from.catalogue_digest.clone(),
        detector,
        identifier,
        sha256: files.iter().map(|(name, bytes)| (name.clone(), hex(&Sha256::digest(bytes)))).collect(),
        metrics: Value::Null,
        recipe: json!({ "imported": origins }),
    };
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest has only text keys") + "\n";
    files.push((FILE_NAME.to_owned(), text.into_bytes()));
    Ok(files)
}

fn split<T: Clone>(imported: Option<Imported<T>>, base: &T) -> (T, Option<(Vec<u8>, Value)>) {
    match imported {
        Some(it) => (it.contract, Some((it.bytes, it.origin))),
        None => (base.clone(), None),
    }
}
