//! `trainer evaluate`: how good a run's networks or an exported model are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::atomic;
use shared::catalogue::Catalogue;
use shared::manifest::Manifest;
use shared::paths;
use vision::recogniser::Recogniser;
use vision::session::Options;

use super::calibrate::{OPEN, evaluation_bank, held_out_bank};
use super::train::labelled::held_out;
use super::{ArtArguments, DataArguments, Which, material, read_recipe};
use crate::calibrate::Calibration;
use crate::checkpoint::Network;
use crate::evaluate::subject::{Exported, Run, Subject};
use crate::evaluate::{captures, detection, identification, screens, taught};
use crate::plot;
use crate::recipe::Recipe;
use crate::train::composed::{Purpose, seed_of};
use crate::trained::{Trained, manifest};

/// What `trainer evaluate` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: Which,
    /// Composed scenes, and twenty times as many crops
    #[arg(long, value_name = "N")]
    composed: Option<usize>,
    /// Teaches an exported model the cards that its recipe held out, from one view each, and looks for them on others
    #[arg(long, requires = "model")]
    taught: bool,
    /// Screenshots with truth
    #[arg(long, value_name = "TRUTH.json")]
    screens: Option<PathBuf>,
    /// Says what is wrong on each screenshot
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    data: DataArguments,
    /// All labelled captures, also those that the run was trained on
    #[arg(long, requires = "data")]
    all: bool,
    /// Writes misread captures into this folder, each beside what it was taken for
    #[arg(long, value_name = "DIR", requires = "data")]
    failures: Option<PathBuf>,
    /// Writes the figures into this file too, for `trainer report` and `trainer export --metrics`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    art: ArtArguments,
}

/// Crops for each scene.
const CROPS_PER_SCENE: usize = 20;

/// Measures and prints JSON.
///
/// # Errors
/// When the run, the model or a file cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut result = serde_json::Map::new();
    if arguments.data.data.is_some() {
        result.insert("labelled".into(), labelled(arguments)?);
    }
    if arguments.taught {
        result.insert("taught".into(), taught(arguments)?);
    }
    let nothing_else = arguments.data.data.is_none() && !arguments.taught;
    if nothing_else || arguments.composed.is_some() || arguments.screens.is_some() {
        composed_and_screens(arguments, &mut result)?;
    }
    let text = serde_json::to_string_pretty(&result)?;
    if let Some(path) = &arguments.out {
        atomic::write(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("{text}");
    Ok(())
}

/// On labelled captures: those held out of the run where it has such, else all originals.
fn labelled(arguments: &Arguments) -> Result<Value> {
    let mut namer = arguments.what.open()?;
    let mut samples = arguments.data.read_originals()?.samples;
    let held_out = arguments.what.run.as_deref().map(held_out).transpose()?.flatten();
    if let (Some(held_out), false) = (held_out, arguments.all) {
        samples.retain(|sample| held_out.contains(&sample.file));
        eprintln!("{} captures were held out of this run; --all takes the others too", samples.len());
    }
    ensure!(
        !samples.is_empty(),
        "there are no captures to evaluate on\nhelp: --all takes those trained on too"
    );
    let report = captures::measure(&mut namer, &samples)?;
    if let Some(folder) = &arguments.failures {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for (name, picture) in captures::failures(&report, &samples) {
            let path = folder.join(name).with_extension("png");
            picture.save(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        plot::confusion(&report.confusion).save(folder.join("confusion.png"))?;
        eprintln!("{} misread captures are in {}", report.failures.len(), folder.display());
    }
    Ok(serde_json::to_value(&report)?)
}

/// What one capture of a card that the model has never seen is worth.
fn taught(arguments: &Arguments) -> Result<Value> {
    let name = arguments.what.model.as_deref().expect("the command line asks for it");
    let (recipe, _, mut recogniser) = read_model(name)?;
    let sprites = arguments.art.sprites(&recipe)?;
    let material = material(&recipe, Arc::clone(&sprites));
    let (strangers, shown) = held_out_bank(&material, &sprites)?.context(
        "the recipe of this model held no card out\nhelp: train one with `held_out` below [scenes], and export it",
    )?;
    Ok(serde_json::to_value(taught::measure(
        &mut recogniser,
        &strangers,
        &evaluation_bank(&material)?,
        &shown,
    )?)?)
}

fn composed_and_screens(arguments: &Arguments, result: &mut serde_json::Map<String, Value>) -> Result<()> {
    let (recipe, manifest, mut subject) = match (&arguments.what.run, &arguments.what.model) {
        (_, Some(model)) => open_model(model)?,
        (Some(run), None) => open_run(run, &arguments.art)?,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let count = arguments.composed.or(arguments.screens.is_none().then_some(100));
    if let Some(count) = count {
        let material = material(&recipe, arguments.art.sprites(&recipe)?);
        let bank = evaluation_bank(&material)?;
        let seed = |number| seed_of(material.seed, Purpose::Evaluation, number);
        let threshold = manifest.detector.threshold;
        let (scenes, crops) = (&material.recipe, count * CROPS_PER_SCENE);
        let found = detection::measure(&mut *subject, &bank, scenes, seed(200), count, Some(threshold))?;
        let named = identification::measure(&mut *subject, &bank, scenes, seed(201), crops)?;
        result.insert("composed".into(), json!({ "detection": found, "identification": named }));
    }
    if let Some(truth) = &arguments.screens {
        let catalogue = Catalogue::read(&paths::catalogue(&recipe.game))?;
        let contract = &manifest.identifier;
        let [plain, stress] = screens::measure(
            &mut *subject,
            &catalogue,
            contract.input_size,
            contract.widen,
            manifest.detector.threshold,
            truth,
        )?;
        if arguments.show {
            plain.mistakes.iter().chain(&stress.mistakes).for_each(|mistake| eprintln!("{mistake}"));
        }
        result.insert("screens".into(), json!({ "screens": plain, "stress": stress }));
    }
    Ok(())
}

type Opened = (Recipe, Manifest, Box<dyn Subject>);

/// The networks of a run; one that was not calibrated rejects nothing.
fn open_run(run: &Path, art: &ArtArguments) -> Result<Opened> {
    let recipe = read_recipe(None, Some(run))?;
    let catalogue = Arc::clone(art.sprites(&recipe)?.catalogue());
    let detector = Trained::read(run, Network::Detector)?;
    let mut identifier = Trained::read(run, Network::Identifier)?;
    let steps = [detector.position.step, identifier.position.step];
    let (detection, thresholds) = match Calibration::read(run, steps) {
        Ok(calibration) => {
            identifier.calibrate(&calibration);
            (calibration.figures.detection, calibration.figures.thresholds)
        }
        Err(error) => {
            log::warn!("no card is said to be unknown: {error}");
            (0.35, OPEN)
        }
    };
    let manifest =
        manifest(&recipe.name, &catalogue, &detector.position, &identifier.position, detection, thresholds);
    let modules = (detector.module()?, identifier.module()?);
    let subject = Run::new(Some(modules.0), Some(modules.1), manifest.clone(), &catalogue)?;
    Ok((recipe, manifest, Box::new(subject)))
}

fn open_model(model: &Path) -> Result<Opened> {
    let (recipe, manifest, recogniser) = read_model(model)?;
    Ok((recipe, manifest, Box::new(Exported::new(recogniser))))
}

fn read_model(model: &Path) -> Result<(Recipe, Manifest, Recogniser)> {
    let folder = if model.is_dir() { model.to_path_buf() } else { paths::data().join("models").join(model) };
    let recogniser = Recogniser::open(&folder, &Options::default())?;
    let manifest = recogniser.manifest().clone();
    let recipe: Recipe = serde_json::from_value(manifest.recipe.clone())
        .with_context(|| format!("{} does not say how it was trained", folder.display()))?;
    Ok((recipe, manifest, recogniser))
}
