//! `trainer export`: a run's networks as a model for the overlay.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lens_core::catalogue::Catalogue;
use lens_core::manifest::Manifest;
use lens_core::paths;
use serde_json::{Map, Value, json};

use super::arguments::{ArtArguments, CaptureArguments, material, read_json, read_recipe};
use crate::checkpoint::{Checkpoint, Network};
use crate::evaluate::calibration::Calibration;
use crate::evaluate::calibration_images::{IMAGES, images};
use crate::evaluate::run_model::{Trained, manifest};
use crate::model::export::{NetworkReport, Source, export};
use crate::model::onnx::writer::Batch;
use crate::model::quantise::options::Options;
use crate::model::{Existing, NewModelError, model_folder, new_model_folder};
use crate::report::bar::Bar;
use crate::train::labelled;

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
    /// For a run on labelled captures: folder or name of the installed model that gives the
    /// detector [default: that of the game]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Put it in the place of a model that is there; `trainer rollback` goes back
    #[arg(long)]
    replace: bool,
    /// Print the figures of the comparison as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: CaptureArguments,
    #[command(flatten)]
    art: ArtArguments,
}

impl Arguments {
    /// Where the model goes.
    fn folder(&self, name: &str) -> Result<PathBuf, NewModelError> {
        let existing = if self.replace { Existing::Replaced } else { Existing::RefusedUnlessAsked };
        new_model_folder(name, self.out.as_deref(), existing)
    }

    /// Tells how the files compare with libtorch, and where the model is.
    fn tell(&self, reports: &[(&str, NetworkReport)], folder: &Path, beside: &str) -> Result<()> {
        if self.json {
            let reports: Map<String, Value> = reports
                .iter()
                .map(|(name, report)| Ok(((*name).to_owned(), serde_json::to_value(report)?)))
                .collect::<Result<_>>()?;
            say!("{}", serde_json::to_string_pretty(&reports)?);
            return Ok(());
        }
        for (name, report) in reports {
            say!("{name}: {}", report.in_short());
        }
        say!("the model is in {}{beside}", folder.display());
        Ok(())
    }

    /// What was measured of it.
    fn measured(&self) -> Result<Value> {
        let Some(path) = &self.metrics else { return Ok(Value::Null) };
        read_json(path)
    }
}

/// Exports.
///
/// # Errors
/// When the run is not complete, or a file does not compute what libtorch does.
pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(checkpoint) = labelled::export::checkpoint(&arguments.run)? {
        return run_labelled(arguments, &checkpoint);
    }
    let recipe = read_recipe(None, Some(&arguments.run))?;
    let name = arguments.name.clone().unwrap_or_else(|| recipe.name.clone());
    let folder = arguments.folder(&name)?;
    if arguments.base.is_some() || arguments.data.data.is_some() || arguments.data.game.is_some() {
        bail!(
            "this run has a detector of its own, and was not on captures\nhelp: leave --base, --data and --game out"
        );
    }
    let sprites = arguments.art.sprites(&recipe)?;
    let detector = Trained::read(&arguments.run, Network::Detector)?;
    let mut identifier = Trained::read(&arguments.run, Network::Identifier)?;
    let steps = [detector.position.step, identifier.position.step];
    let calibration = Calibration::read(&arguments.run, steps)?;
    identifier.calibrate(&calibration);
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

    let material = material(&recipe, sprites);
    let bar = Bar::listening("export", material.cards + IMAGES);
    let (scenes, crops) = images(&material, &manifest)?;
    let options = Options::default();
    let [detector, identifier] = export(
        &folder,
        manifest,
        &Source {
            graph: &detector.graph,
            weights: &detector.weights,
            batch: Batch::Fixed(1),
            pictures: &scenes,
            options: &options,
        },
        &Source {
            graph: &identifier.graph,
            weights: &identifier.weights,
            batch: Batch::Dynamic,
            pictures: &crops,
            options: &options,
        },
    )?;
    drop(bar);
    arguments.tell(&[("detector", detector), ("identifier", identifier)], &folder, "")
}

/// A run on labelled captures has no detector: an installed model gives it.
fn run_labelled(arguments: &Arguments, checkpoint: &Checkpoint) -> Result<()> {
    let game = Path::new(arguments.data.game());
    if arguments.art.art.is_some() {
        bail!("a run on captures was not on card art\nhelp: leave --art out");
    }
    let base = model_folder(arguments.base.as_deref().unwrap_or(game)).context(
        "a run on labelled captures has no detector of its own: --base names the model that gives it",
    )?;
    let from = Manifest::read(&base)?;
    let catalogue = Catalogue::read(&paths::catalogue(&from.catalogue))?;
    let name = arguments.name.clone().unwrap_or_else(|| checkpoint.position.recipe.name.clone());
    let folder = arguments.folder(&name)?;
    let bar = Bar::listening("export", 0);
    let report = labelled::export::export(labelled::export::Job {
        run: &arguments.run,
        checkpoint,
        samples: arguments.data.read()?.samples,
        base: &base,
        from: &from,
        catalogue: &catalogue,
        name: &name,
        folder: &folder,
        evaluation: arguments.measured()?,
    })?;
    drop(bar);
    arguments.tell(&[("identifier", report)], &folder, &format!(", with the detector of {}", from.name))
}
