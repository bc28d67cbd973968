//! `trainer export`: a run's networks as a model for the overlay.

mod labelled;

use std::path::PathBuf;

use anyhow::{Context, Result};
use lens_core::paths;
use lens_core::preprocess::Letterboxer;
use rayon::prelude::*;
use serde_json::json;
use synth::scene;
use tch::Tensor;

use super::calibrate::evaluation_bank;
use super::{ArtArguments, DataArguments, material, read_recipe};
use crate::calibrate::Calibration;
use crate::checkpoint::Network;
use crate::evaluate::identification::compose;
use crate::evaluate::subject::{batch, unpacked};
use crate::export;
use crate::onnx::Batch;
use crate::quantise::Options;
use crate::train::composed::{Material, Purpose, seed_of};
use crate::trained::{Trained, manifest};

/// What `trainer export` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Name of the model [default: the recipe's]
    #[arg(long)]
    name: Option<String>,
    /// Folder of the model [default: data/models/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What was measured of it, for model.json: the output of `trainer evaluate`
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// For a run on labelled captures: folder or name of the installed model that gives the detector [default: that of the
    /// game]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    art: ArtArguments,
}

impl Arguments {
    /// Where the model goes.
    fn folder(&self, name: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| paths::model(name))
    }

    /// What was measured of it.
    fn measured(&self) -> Result<serde_json::Value> {
        let Some(path) = &self.metrics else { return Ok(serde_json::Value::Null) };
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
    }
}

/// Composed scenes, and batches of crops, that int8 is calibrated on.
const SCENES: usize = 96;
const BATCHES: usize = 24;
const CROPS: usize = 64;

/// Exports.
///
/// # Errors
/// When the run is not complete, or a file does not compute what libtorch does.
pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(checkpoint) = labelled::checkpoint(&arguments.run)? {
        return labelled::run(arguments, &checkpoint);
    }
    let recipe = read_recipe(None, Some(&arguments.run))?;
    let sprites = arguments.art.sprites(&recipe)?;
    let detector = Trained::read(&arguments.run, Network::Detector)?;
    let mut identifier = Trained::read(&arguments.run, Network::Identifier)?;
    let steps = [detector.position.step, identifier.position.step];
    let calibration = Calibration::read(&arguments.run, steps)?;
    identifier.calibrate(&calibration);
    let name = arguments.name.clone().unwrap_or_else(|| recipe.name.clone());
    let figures = &calibration.figures;
    let mut manifest = manifest(
        &name,
        sprites.catalogue(),
        &detector.position,
        &identifier.position,
        figures.detection,
        figures.thresholds,
    );
    let measured = arguments.measured()?;
    manifest.metrics = json!({ "calibration": figures.report, "evaluation": measured, "steps": steps });
    manifest.recipe = serde_json::to_value(&recipe)?;

    let (scenes, crops) = pictures(&material(&recipe, sprites), &manifest)?;
    let options = Options::default();
    let folder = arguments.folder(&name);
    let reports = export::export(
        &folder,
        manifest,
        &export::Source {
            graph: &detector.graph,
            weights: &detector.weights,
            batch: Batch::Fixed(1),
            pictures: &scenes,
            options: &options,
        },
        &export::Source {
            graph: &identifier.graph,
            weights: &identifier.weights,
            batch: Batch::Dynamic,
            pictures: &crops,
            options: &options,
        },
    )?;
    say!("{}", serde_json::to_string_pretty(&reports)?);
    say!("the model is in {}", folder.display());
    Ok(())
}

/// Scenes and batches of crops as the networks take them.
fn pictures(
    material: &Material,
    manifest: &lens_core::manifest::Manifest,
) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
    let bank = evaluation_bank(material)?;
    let size = manifest.detector.input_size;
    let seed = |number| seed_of(material.seed, Purpose::Evaluation, number);
    let packed: Vec<Vec<u8>> = (0..SCENES as u64)
        .into_par_iter()
        .map(|number| {
            let scene =
                scene::compose(&bank, &material.recipe, seed_of(seed(300), Purpose::Evaluation, number));
            let mut packed = vec![0; (3 * size[0] * size[1]) as usize];
            Letterboxer::new(size[0], size[1]).run(&(&scene.image).into(), &mut packed);
            packed
        })
        .collect();
    let scenes = packed.iter().map(|packed| unpacked(packed, size)).collect();
    let crops = compose(&bank, &material.recipe, seed(301), BATCHES * CROPS);
    let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
    let crops = pixels.chunks(CROPS).map(|part| batch(part, manifest.identifier.input_size)).collect();
    Ok((scenes, crops))
}
