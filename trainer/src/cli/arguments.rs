//! Arguments that several commands share: a recipe, art, captures, an identifier.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use lens_core::catalogue::Catalogue;
use lens_core::paths;
use synth::art::Sprites;

use crate::data::dataset::{AUGMENTED, DataSet};
use crate::data::synthetic::Material;
use crate::evaluate::classifier::Classifier;
use crate::model::model_folder;
use crate::recipe::{ArtSource, FILE_NAME, Recipe};

/// Where the pictures of the cards are.
#[derive(Clone, Debug, clap::Args)]
pub struct ArtArguments {
    /// Folder with the texture folders 1x and 2x [default: textures in BALATRO_LENS_ART, else
    /// data/art/GAME/textures]
    #[arg(long, value_name = "DIR")]
    pub art: Option<PathBuf>,
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
    /// Folder with labels.json and its pictures; a command that is nothing without takes
    /// `data/dataset_default`
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
