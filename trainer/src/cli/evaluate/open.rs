//! What `trainer evaluate` measures on composed scenes and screenshots: a run, a checkpoint, or an
//! exported model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::manifest::{Added, Manifest, NOT_A_CARD, UNKNOWN};
use lens_core::paths;
use vision::network::Options;
use vision::recogniser::Recogniser;

use crate::checkpoint::{Checkpoint, CheckpointError, Network};
use crate::cli::arguments::read_recipe;
use crate::evaluate::calibrate::measure::OPEN;
use crate::evaluate::calibration::Calibration;
use crate::evaluate::model_under_test::{Exported, ModelUnderTest, Pair, Run};
use crate::evaluate::run_model::{Trained, manifest};
use crate::model::model_folder;
use crate::recipe::{FILE_NAME, Recipe};
use crate::train::identifier::heads;

/// Something that can be measured.
pub(super) struct Opened {
    /// How it was trained: images are composed alike.
    pub(super) recipe: Recipe,
    /// Sizes, classes and thresholds.
    pub(super) manifest: Manifest,
    /// It.
    pub(super) subject: Box<dyn ModelUnderTest>,
    /// Width and height of the crops that it is given.
    pub(super) crop: [u32; 2],
    /// Whether it finds cards.
    pub(super) finds: bool,
    /// Whether it names them.
    pub(super) names: bool,
}

/// Objectness from which a peak is a card, for a detector that was not calibrated.
const DETECTION: f32 = 0.35;

/// An exported model.
pub(super) fn model(model: &Path) -> Result<Opened> {
    let (recipe, manifest, recogniser) = recogniser(model)?;
    let crop = crop(&manifest, &recipe);
    let subject = Box::new(Exported::with_crops(recogniser, crop));
    Ok(Opened { recipe, manifest, subject, crop, finds: true, names: true })
}

/// An exported model, with what it says of itself. What was made elsewhere is judged on images of
/// the game's own recipe.
pub(super) fn recogniser(model: &Path) -> Result<(Recipe, Manifest, Recogniser)> {
    let folder = model_folder(model)?;
    let recogniser = Recogniser::open(&folder, &Options::default())?;
    let manifest = recogniser.manifest().clone();
    let recipe = match manifest.recipe.get("imported") {
        Some(_) => Recipe::read(&of_recipe(&manifest.catalogue))?,
        None => serde_json::from_value(manifest.recipe.clone())
            .with_context(|| format!("{} does not say how it was trained", folder.display()))?,
    };
    Ok((recipe, manifest, recogniser))
}

/// A model whose identifier was made elsewhere; none for any other.
pub(super) fn external(model: &Path) -> Result<Option<Recogniser>> {
    let folder = model_folder(model)?;
    match Manifest::read(&folder)?.identifier.kind.is_own() {
        true => Ok(None),
        false => Ok(Some(Recogniser::open(&folder, &Options::default())?)),
    }
}

/// The shipped recipe of a game.
pub(super) fn of_recipe(game: &str) -> PathBuf {
    paths::data().join("recipes").join(format!("{game}.toml"))
}

/// Our own identifiers take crops as they are. One that was made elsewhere cuts whole cards, no
/// smaller than its input.
fn crop(manifest: &Manifest, recipe: &Recipe) -> [u32; 2] {
    let input = manifest.identifier.input_size;
    if manifest.identifier.kind.is_own() {
        return input;
    }
    let card = recipe.scenes.crop.size;
    let times = input[0].div_ceil(card[0]).max(input[1].div_ceil(card[1]));
    card.map(|side| side * times)
}

/// The networks of a run's folder, or that of a checkpoint. The detector is that of the model
/// `base` where one is given, or of the game where the run has none and `screens` are to be read.
/// What was not calibrated rejects nothing.
pub(super) fn run(run: &Path, base: Option<&Path>, screens: bool) -> Result<Opened> {
    let [detector, identifier] = checkpoints(run)?;
    let last = identifier.as_ref().or(detector.as_ref()).context("one of them is there")?.position.clone();
    let trained = |checkpoint: Option<Checkpoint>| checkpoint.as_ref().map(Trained::new).transpose();
    let (detector, mut identifier) = (trained(detector)?, trained(identifier)?);
    ensure!(
        identifier.is_some() || !screens,
        "{} names no cards, so it cannot read screenshots\nhelp: give the folder of a run with an identifier",
        run.display()
    );
    let recipe = match run.join(FILE_NAME).is_file() {
        true => read_recipe(None, Some(run))?,
        false => last.recipe.clone(),
    };
    let catalogue = Catalogue::read(&paths::catalogue(&recipe.game))?;
    let (mut detection, mut thresholds) = (DETECTION, OPEN);
    if let Some(identifier) = &mut identifier {
        match calibration(run, detector.as_ref(), identifier) {
            Ok(calibration) => {
                identifier.calibrate(&calibration);
                (detection, thresholds) = (calibration.figures.detection, calibration.figures.thresholds);
            }
            Err(error) => log::warn!("no card is said to be unknown: {error}"),
        }
    }
    let position = |own: &Option<Trained>| own.as_ref().map_or(&last, |it| &it.position).clone();
    let positions = [&detector, &identifier].map(position);
    let mut manifest =
        manifest(&recipe.name, &catalogue, &positions[0], &positions[1], detection, thresholds);
    match identifier {
        Some(_) => manifest.identifier.added = added(&manifest, &catalogue),
        None => manifest.identifier.heads = heads(&catalogue),
    }
    let other = match (base, &detector) {
        (None, None) if screens => Some(of_game(run, &recipe.game)?),
        (None, _) => None,
        (Some(base), _) => Some(model_folder(base)?),
    };
    let other = other.as_deref().map(finder).transpose()?;
    if let Some(other) = &other {
        manifest.detector = other.manifest().detector.clone();
        if last.is_labelled() {
            // Captures are cut as wide as the model that was running then looked at them.
            manifest.identifier.widen = other.manifest().identifier.widen;
        }
    }
    let (finds, names) = (detector.is_some() || other.is_some(), identifier.is_some());
    let module = |trained: Option<Trained>| trained.map(|it| it.module()).transpose();
    let own = Box::new(Run::new(module(detector)?, module(identifier)?, manifest.clone(), &catalogue)?);
    let subject: Box<dyn ModelUnderTest> = match other {
        Some(other) => Box::new(Pair { detector: Box::new(Exported::new(other)), identifier: own }),
        None => own,
    };
    let crop = manifest.identifier.input_size;
    Ok(Opened { recipe, manifest, subject, crop, finds, names })
}

/// The installed model of a game, which gives the detector that a run has not.
fn of_game(run: &Path, game: &str) -> Result<PathBuf> {
    model_folder(Path::new(game)).with_context(|| {
        format!(
            "{} has no detector, and no model {game} is installed that could give it\nhelp: --base names a model",
            run.display()
        )
    })
}

fn finder(folder: &Path) -> Result<Recogniser> {
    Recogniser::open(folder, &Options::default())
        .with_context(|| format!("cannot take the detector of {}", folder.display()))
}

/// The checkpoints of detector and identifier, of the best epoch where there is one.
fn checkpoints(run: &Path) -> Result<[Option<Checkpoint>; 2]> {
    if !run.is_dir() {
        return checkpoint(run);
    }
    let read =
        |network: Network| match Checkpoint::read_file(&Checkpoint::best_or_last_path(run, network), network)
        {
            Ok(checkpoint) => Ok(Some(checkpoint)),
            Err(CheckpointError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        };
    let found = [read(Network::Detector)?, read(Network::Identifier)?];
    if found.iter().all(Option::is_none) {
        bail!(
            "there is no checkpoint in {}\nhelp: --run takes the folder of a run or a checkpoint, --model an exported \
             model",
            run.display()
        );
    }
    Ok(found)
}

/// A single file, of either network.
fn checkpoint(file: &Path) -> Result<[Option<Checkpoint>; 2]> {
    match Checkpoint::read_file(file, Network::Identifier) {
        Ok(identifier) => Ok([None, Some(identifier)]),
        Err(error @ CheckpointError::Invalid { .. }) => {
            // What is neither is best told as what most files are.
            Ok([Some(Checkpoint::read_file(file, Network::Detector).map_err(|_| error)?), None])
        }
        Err(error) => Err(error.into()),
    }
}

/// Centroids and thresholds that were measured of exactly these networks.
fn calibration(run: &Path, detector: Option<&Trained>, identifier: &Trained) -> Result<Calibration> {
    let Some(detector) = detector else {
        bail!("an identifier without its detector has not been calibrated");
    };
    let steps = [detector.position.step, identifier.position.step];
    Ok(Calibration::read(run, steps)?)
}

/// Classes of no catalogue: cards that somebody labelled. What can be on them is not judged here.
fn added(manifest: &Manifest, catalogue: &Catalogue) -> BTreeMap<String, Added> {
    let ids = manifest.identifier.heads[0].classes.iter().map(|class| id_of_class(class));
    let strange = ids.filter(|id| ![NOT_A_CARD, UNKNOWN].contains(id) && catalogue.card(id).is_none());
    strange.map(|id| (id.to_owned(), Added { name: id.to_owned(), card_type: CardType::Joker })).collect()
}
