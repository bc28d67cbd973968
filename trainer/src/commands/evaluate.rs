//! `trainer evaluate`: how good a run's networks or an exported model are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use shared::catalogue::Catalogue;
use shared::manifest::Manifest;
use shared::paths;
use vision::recogniser::Recogniser;
use vision::session::Options;

use super::calibrate::{OPEN, evaluation_bank};
use super::{ArtArguments, material, read_recipe};
use crate::calibrate::Calibration;
use crate::checkpoint::Network;
use crate::evaluate::subject::{Exported, Run, Subject};
use crate::evaluate::{detection, identification, screens};
use crate::recipe::Recipe;
use crate::train::composed::{Purpose, seed_of};
use crate::trained::{Trained, manifest};

/// What `trainer evaluate` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: What,
    /// Composed scenes, and twenty times as many crops
    #[arg(long, value_name = "N")]
    composed: Option<usize>,
    /// Screenshots with truth
    #[arg(long, value_name = "TRUTH.json")]
    screens: Option<PathBuf>,
    /// Says what is wrong on each screenshot
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    art: ArtArguments,
}

#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Folder of a run, whose networks are run by libtorch
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Folder or name of an exported model, run as the overlay runs it
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
}

/// Crops for each scene.
const CROPS_PER_SCENE: usize = 20;

/// Measures and prints JSON.
///
/// # Errors
/// When the run, the model or a file cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let (recipe, manifest, mut subject) = match (&arguments.what.run, &arguments.what.model) {
        (_, Some(model)) => open_model(model)?,
        (Some(run), None) => open_run(run, &arguments.art)?,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let mut result = serde_json::Map::new();
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
    println!("{}", serde_json::to_string_pretty(&result)?);
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
    let folder = if model.is_dir() { model.to_path_buf() } else { paths::data().join("models").join(model) };
    let recogniser = Recogniser::open(&folder, &Options::default())?;
    let manifest = recogniser.manifest().clone();
    let recipe: Recipe = serde_json::from_value(manifest.recipe.clone())?;
    Ok((recipe, manifest, Box::new(Exported::new(recogniser))))
}
