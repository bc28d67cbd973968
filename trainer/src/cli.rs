//! The command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use lens_core::catalogue::Catalogue;
use lens_core::paths;
use synth::art::Sprites;

use crate::data::dataset::{AUGMENTED, DataSet};
use crate::data::synthetic::Material;
use crate::evaluate::classifier::Classifier;
use crate::model::model_folder;
use crate::recipe::{ArtSource, FILE_NAME, Recipe};

pub mod augment;
pub mod average;
pub mod bench;
pub mod calibrate;
pub mod embed;
pub mod evaluate;
pub mod export;
pub mod export_dataset;
pub mod import_art;
pub mod import_model;
pub mod predict;
pub mod preview;
pub mod report;
pub mod retrain;
pub mod stats;
pub mod train;

/// Trains the recogniser's networks on composed pictures and exports them.
#[derive(Debug, Parser)]
#[command(name = "trainer", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copies the card textures out of your own copy of the game
    ImportArt(import_art::Arguments),
    /// Writes composed scenes and crops with their truth drawn on, to look at
    Scenes(preview::Arguments),
    /// Writes changed copies of labelled captures, so that rare cards are seen as often as others
    Augment(augment::Arguments),
    /// Trains the detector, the identifier, or both
    Train(Box<train::Arguments>),
    /// Averages the identifiers of several runs that began together
    Average(average::Arguments),
    /// Measures class centroids and thresholds for unknown cards, after training
    Calibrate(calibrate::Arguments),
    /// Measures a run's networks or an exported model on composed pictures and screenshots
    Evaluate(evaluate::Arguments),
    /// Measures whether the loader keeps the networks fed
    Bench(bench::Arguments),
    /// Writes data for trainings elsewhere: YOLO, COCO, Label Studio, or a folder for each card
    ExportDataset(export_dataset::Arguments),
    /// Names the cards on pictures of single cards
    Predict(predict::Arguments),
    /// Writes what an identifier makes of labelled captures, as vectors and as a map
    Embed(embed::Arguments),
    /// Says what is in a labelled data set, what is missing, and what looks wrong
    Stats(stats::Arguments),
    /// Trains the installed model on newly labelled captures and installs the result where it is better
    Retrain(retrain::Arguments),
    /// Puts back the model that the last `retrain` replaced
    Rollback(retrain::RollbackArguments),
    /// Makes one page of a run, with plots
    Report(report::Arguments),
    /// Writes a run's networks as a model for the overlay
    Export(export::Arguments),
    /// Makes a model of networks trained elsewhere: an Ultralytics YOLO detector, a classifier of cards
    ImportModel(import_model::Arguments),
}

/// Does what the command line says.
///
/// # Errors
/// Says what went wrong, where, and what to do.
pub fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::ImportArt(arguments) => import_art::run(&arguments),
        Command::Scenes(arguments) => preview::run(&arguments),
        Command::Augment(arguments) => augment::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Average(arguments) => average::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::ExportDataset(arguments) => export_dataset::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Retrain(arguments) => retrain::run(&arguments),
        Command::Rollback(arguments) => retrain::rollback(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::ImportModel(arguments) => import_model::run(&arguments),
    }
}

/// Where the pictures of the cards are.
#[derive(Clone, Debug, clap::Args)]
pub struct ArtArguments {
    /// Folder with the texture folders 1x and 2x [default: $BALATRO_LENS_ART/textures, else data/art/GAME/textures]
    #[arg(long, value_name = "DIR")]
    art: Option<PathBuf>,
}

impl ArtArguments {
    /// The pictures that a recipe is trained on.
    ///
    /// # Errors
    /// When the catalogue or the textures cannot be read.
    pub fn sprites(&self, recipe: &Recipe) -> Result<Arc<Sprites>> {
        if recipe.art == ArtSource::Practice {
            return Ok(Arc::new(synth::practice::sprites()));
        }
        let catalogue = Arc::new(Catalogue::read(&paths::catalogue(&recipe.game))?);
        let from_environment = || {
            let folder = PathBuf::from(std::env::var_os("BALATRO_LENS_ART")?);
            Some(folder.join("textures"))
        };
        let folder = self
            .art
            .clone()
            .or_else(from_environment)
            .unwrap_or_else(|| paths::art(&recipe.game).join("textures"));
        if !folder.is_dir() {
            let game = &recipe.game;
            bail!(
                "there are no textures in {}\nhelp: run `trainer import-art PATH --game {game}` with the path of \
                 your own copy of the game, or give --art",
                folder.display()
            );
        }
        Ok(Arc::new(Sprites::from_folder(catalogue, &folder)?))
    }
}

/// Which identifier.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Folder of a run (its best epoch where it has one), or a checkpoint
    #[arg(long, value_name = "PATH")]
    pub run: Option<PathBuf>,
    /// Folder or name of an exported model
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
}

impl Which {
    /// The identifier, ready to name images of single cards.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self) -> Result<Classifier> {
        match (&self.run, &self.model) {
            (Some(run), _) => Classifier::open(run),
            (None, Some(model)) => Classifier::open(&model_folder(model)?),
            (None, None) => unreachable!("the command line asks for one of them"),
        }
    }
}

/// Which identifier; the installed one when nothing is said.
#[derive(Clone, Debug, clap::Args)]
#[group(multiple = false)]
pub struct WhichOrInstalled {
    /// Folder of a run (its best epoch where it has one), or a checkpoint
    #[arg(long, value_name = "PATH")]
    run: Option<PathBuf>,
    /// Folder or name of an exported model [default: that of the game]
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
}

impl WhichOrInstalled {
    /// The identifier, ready to name images of single cards.
    ///
    /// # Errors
    /// When it cannot be read, or nothing was said and `game` has no model.
    pub fn open(&self, game: &str) -> Result<Classifier> {
        match (&self.run, &self.model) {
            (Some(run), _) => Classifier::open(run),
            (None, Some(model)) => Classifier::open(&model_folder(model)?),
            (None, None) => {
                let folder = model_folder(Path::new(game)).context(
                    "neither --run nor --model says which identifier, and the game has none installed",
                )?;
                Classifier::open(&folder)
            }
        }
    }
}

/// Where labelled captures are.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DataArguments {
    /// Folder with labels.json and its pictures; a command that is nothing without takes data/dataset_default
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder with augmented.json and its pictures [default: augmented, beside the other]
    #[arg(long, value_name = "DIR")]
    pub augmented: Option<PathBuf>,
    /// Catalogue that names are looked up in
    #[arg(long, default_value = "balatro")]
    pub game: String,
}

impl DataArguments {
    /// The folder of the originals.
    pub fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| paths::data().join("dataset_default"))
    }

    /// The folder of the augmented pictures.
    pub fn augmented(&self) -> PathBuf {
        let beside = || self.folder().parent().unwrap_or(Path::new(".")).join("augmented");
        self.augmented.clone().unwrap_or_else(beside)
    }

    /// The catalogue; none when the game has none, which is said.
    pub fn catalogue(&self) -> Option<Catalogue> {
        match Catalogue::read(&paths::catalogue(&self.game)) {
            Ok(catalogue) => Some(catalogue),
            Err(error) => {
                log::warn!("names are taken as they are written: {error}");
                None
            }
        }
    }

    /// The originals; what is wrong with them is printed.
    ///
    /// # Errors
    /// When there are no labels.
    pub fn read_originals(&self) -> Result<DataSet> {
        self.read_with(None)
    }

    /// Originals and, where there are some, augmented pictures; what is wrong with them is printed.
    ///
    /// # Errors
    /// When there are no labels.
    pub fn read(&self) -> Result<DataSet> {
        let augmented = self.augmented();
        self.read_with(augmented.join(AUGMENTED).is_file().then_some(augmented.as_path()))
    }

    fn read_with(&self, augmented: Option<&Path>) -> Result<DataSet> {
        let set = DataSet::read(&self.folder(), augmented, self.catalogue().as_ref())?;
        for problem in &set.problems {
            eprintln!("{problem}");
        }
        Ok(set)
    }
}

/// The pictures and the composer's settings of a recipe.
pub(crate) fn material(recipe: &Recipe, sprites: Arc<Sprites>) -> Material {
    Material { sprites, recipe: recipe.scenes.clone(), cards: recipe.bank.cards, seed: recipe.seed }
}

/// The folder of a run: as given, else `data/runs/<name of the recipe>`.
pub(crate) fn run_folder(given: Option<&Path>, recipe: &Recipe) -> PathBuf {
    given.map_or_else(|| paths::data().join("runs").join(&recipe.name), Path::to_path_buf)
}

/// Reads a recipe, or that of a run.
pub(crate) fn read_recipe(recipe: Option<&Path>, run: Option<&Path>) -> Result<Recipe> {
    match (recipe, run) {
        (Some(path), _) => Ok(Recipe::read(path)?),
        (None, Some(run)) => Recipe::read(&run.join(FILE_NAME))
            .with_context(|| format!("{} is not the folder of a run", run.display())),
        (None, None) => bail!(
            "say what to train\nhelp: --recipe data/recipes/balatro.toml, or --run with the folder of a run"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_makes_sense_and_asks_for_little() {
        Arguments::command().debug_assert();
        for line in
            ["trainer predict a.png", "trainer embed", "trainer embed --model practice", "trainer stats"]
        {
            assert!(Arguments::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in ["trainer evaluate", "trainer predict a.png --run a --model b"] {
            assert!(Arguments::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    /// Without `--data` it trains on composed pictures, so the help must not promise a folder.
    #[test]
    fn the_help_of_train_promises_no_default_data() {
        let mut command = Arguments::command();
        let train = command.find_subcommand_mut("train").expect("it is a command");
        let help = train.render_long_help().to_string();
        assert!(help.contains("--data <DIR>") && !help.contains("dataset_default"), "{help}");
    }
}
