//! `trainer import-model`: networks trained elsewhere as a model for the overlay, checked on
//! images.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::Manifest;
use lens_core::manifest::external::{Fit, Normalise};
use lens_core::paths;

use super::arguments::{card_type, images, share, typed};
use crate::model::export::install::stage;
use crate::model::import::describe::describe;
use crate::model::import::error::{FileError, ImportError};
use crate::model::import::identifier::UnmappedLabels;
use crate::model::import::inspect::Network;
use crate::model::import::trial::{composed, read, try_out};
use crate::model::import::{Imported, Parts, assemble, detector, identifier, labels, origin};
use crate::model::{Existing, NewModelError, model_folder, new_model_folder};
use crate::report::bar::Bar;

/// What `trainer import-model` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    networks: Networks,
    /// The classifier's labels in the order of its output: one a line, or JSON [default: those in
    /// its metadata]
    #[arg(long, value_name = "FILE", requires = "identifier")]
    labels: Option<PathBuf>,
    /// How the classifier wants its images: from 0 to 1, or as torchvision's networks, by mean
    /// and deviation of ImageNet
    #[arg(long, value_enum, default_value_t = Levels::Unit, requires = "identifier")]
    normalise: Levels,
    /// How a card comes to have the shape of the classifier's input [default: centre for square
    /// ones of Ultralytics, else stretch]
    #[arg(long, value_enum, requires = "identifier")]
    fit: Option<Shape>,
    /// Refuse a classifier with a label that is no card of the catalogue
    #[arg(long, requires = "identifier", conflicts_with = "added")]
    strict: bool,
    /// Type of the cards that the catalogue does not have, for example Tarot
    #[arg(long, value_name = "TYPE", default_value = "Joker", value_parser = card_type, requires = "identifier")]
    added: CardType,
    /// Probability of its best name below which a card is unknown
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.5, requires = "identifier", value_parser = share)]
    unknown_below: f64,
    /// The detector's classes that are cards, with commas between them [default: all]
    #[arg(long, value_name = "CLASSES", value_delimiter = ',', requires = "detector")]
    cards: Vec<String>,
    /// Probability from which the detector's box is a card
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.25, requires = "detector", value_parser = share)]
    threshold: f64,
    /// Folder or name of an installed model, which gives the catalogue and the network that is not
    /// imported
    #[arg(long, value_name = "MODEL", default_value = "balatro")]
    base: PathBuf,
    /// Name of the new model
    #[arg(long)]
    name: String,
    /// Folder of the new model [default: data/models/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Images of whole screens, or folders of them, to try it on [default: composed scenes of the
    /// practice deck]
    #[arg(long, value_name = "IMAGE|DIR", num_args = 1..)]
    sample: Vec<PathBuf>,
}

/// What is imported.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Networks {
    /// An export of Ultralytics YOLO (v8 to v12, 26): detect, obb, or pose with four corners; or
    /// of RF-DETR, or of D-FINE or RT-DETR by way of transformers
    #[arg(long, value_name = "FILE")]
    detector: Option<PathBuf>,
    /// A classifier of whole cards
    #[arg(long, value_name = "FILE")]
    identifier: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Levels {
    Unit,
    Imagenet,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    Stretch,
    Centre,
}

/// Imports.
///
/// # Errors
/// When a network is not what can be used, or the model is there already; nothing is installed
/// then.
pub fn run(arguments: &Arguments) -> Result<()> {
    let out = target(arguments)?;
    let base = model_folder(&arguments.base)?;
    let manifest = Manifest::read(&base)?;
    let catalogue = Catalogue::read(&paths::catalogue(&manifest.catalogue))?;
    let parts = parts(arguments, &catalogue)?;
    describe(&parts, &manifest, &catalogue).iter().for_each(|line| say!("{line}"));
    let files = assemble(&arguments.name, &base, parts)?;
    let paths = images(&arguments.sample)?;
    let bar = Bar::listening("images to try it on", 0);
    let samples = if arguments.sample.is_empty() { composed()? } else { read(&paths)? };
    drop(bar);
    let bar = Bar::listening("tried", 0);
    let cannot = || {
        format!("cannot write {}\nhelp: make the folder above it writable or free some space", out.display())
    };
    // Tried where it is written: what a kill leaves goes when the next one is begun.
    let staging = stage(&out, &files).with_context(cannot)?;
    try_out(staging.path(), &samples, &mut |line| bar.aside(|| say!("{line}")))?;
    drop(bar);
    // It may have been made while this one was tried.
    target(arguments)?;
    staging.publish().with_context(cannot)?;
    let model = arguments.out.as_deref().unwrap_or(Path::new(&arguments.name));
    say!("the model is in {}\nto use it: overlay --model {}", out.display(), typed(model));
    Ok(())
}

/// Where the model goes: nowhere yet. One is never overwritten: it may be the only copy.
fn target(arguments: &Arguments) -> Result<PathBuf, NewModelError> {
    new_model_folder(&arguments.name, arguments.out.as_deref(), Existing::Refused)
}

fn parts(arguments: &Arguments, catalogue: &Catalogue) -> Result<Parts> {
    let detector = arguments.networks.detector.as_deref().map(|path| {
        let options =
            detector::Options { cards: arguments.cards.clone(), threshold: arguments.threshold as f32 };
        imported(path, |network| detector::detector(network, &options))
    });
    let identifier = arguments.networks.identifier.as_deref().map(|path| {
        let options = identifier::Options {
            labels: arguments.labels.as_deref().map(read_labels).transpose()?,
            unmapped: match arguments.strict {
                true => UnmappedLabels::Refused,
                false => UnmappedLabels::Added(arguments.added),
            },
            normalise: match arguments.normalise {
                Levels::Unit => Normalise::Unit,
                Levels::Imagenet => Normalise::Imagenet,
            },
            fit: arguments.fit.map(|fit| match fit {
                Shape::Stretch => Fit::Stretch,
                Shape::Centre => Fit::Centre,
            }),
            threshold: arguments.unknown_below as f32,
        };
        imported(path, |network| identifier::identifier(network, &options, catalogue))
    });
    Ok(Parts { detector: detector.transpose()?, identifier: identifier.transpose()? })
}

fn imported<T>(
    path: &Path,
    describe: impl FnOnce(&mut Network) -> Result<T, ImportError>,
) -> Result<Imported<T>> {
    let mut network = Network::open(path)?;
    let contract = describe(&mut network).map_err(FileError::in_file(path))?;
    let origin = origin(path, &network);
    Ok(Imported { contract, bytes: network.bytes, origin })
}

fn read_labels(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the labels in {}", path.display()))?;
    labels::parse_file(&text).map_err(|reason| {
        anyhow::anyhow!(
            "{} has no labels that can be read: {reason}\nhelp: one label a line, a JSON list, or a JSON dictionary",
            path.display()
        )
    })
}
