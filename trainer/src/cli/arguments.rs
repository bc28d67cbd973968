//! Arguments that several commands share: a recipe, art, captures, an identifier.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::{files, paths};
use synth::art::Sprites;

use crate::data::dataset::picture::image_files;
use crate::data::dataset::{AUGMENTED, DataSet};
use crate::data::synthetic::Material;
use crate::evaluate::classifier::Classifier;
use crate::model::model_folder;
use crate::recipe::{ArtSource, FILE_NAME, Recipe};
use crate::report::bar::Bar;

/// Where the images of the cards are.
#[derive(Clone, Debug, clap::Args)]
pub struct ArtArguments {
    /// Folder with the texture folders 1x and 2x [default: textures in BALATRO_LENS_ART, else
    /// data/art/GAME/textures]
    #[arg(long, value_name = "DIR")]
    pub art: Option<PathBuf>,
}

impl ArtArguments {
    /// The images that a recipe is trained on.
    ///
    /// # Errors
    /// When the catalogue or the textures cannot be read.
    pub fn sprites(&self, recipe: &Recipe) -> Result<Arc<Sprites>> {
        if recipe.art == ArtSource::Practice {
            let practice = &synth::practice::catalogue().game;
            if recipe.game != *practice {
                bail!(
                    "the art of the recipe is the practice deck's, but its `game` is {:?}\nhelp: `game = {practice:?}`, \
                     or `art = \"imported\"`",
                    recipe.game
                );
            }
            if self.art.is_some() {
                bail!(
                    "--art makes no sense for the practice deck, which the program draws\nhelp: leave it out"
                );
            }
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

/// The recipe of what is composed.
#[derive(Clone, Debug, clap::Args)]
pub struct RecipeArgument {
    /// Recipe [default: recipes/balatro.toml in the data folder]
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
}

impl RecipeArgument {
    /// Whether one was named.
    pub fn is_given(&self) -> bool {
        self.recipe.is_some()
    }

    /// The named one, else that of Balatro.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Recipe> {
        let shipped = || paths::data().join("recipes").join("balatro.toml");
        Ok(Recipe::read(&self.recipe.clone().unwrap_or_else(shipped))?)
    }
}

/// The JSON of a file that another command wrote.
///
/// # Errors
/// When it cannot be read or is no JSON.
pub fn read_json(path: &Path) -> Result<serde_json::Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(files::without_mark(&text))
        .map_err(|error| anyhow::anyhow!("{} is no JSON: {}", path.display(), files::reason(&error)))
}

/// A part of a whole: 0 or more, and less than 1.
///
/// # Errors
/// When it is no such number.
pub fn share(text: &str) -> Result<f64, String> {
    number(text, |it| (0.0..1.0).contains(&it), "a number from 0 to below 1")
}

/// A probability.
///
/// # Errors
/// When it is no number from 0 to 1.
pub fn probability(text: &str) -> Result<f64, String> {
    number(text, |it| (0.0..=1.0).contains(&it), "a probability from 0 to 1")
}

/// More than nothing, and not for ever.
///
/// # Errors
/// When it is no such number.
pub fn positive(text: &str) -> Result<f64, String> {
    number(text, |it| it > 0.0 && it < 1e9, "a number above 0")
}

/// How many threads: at least one, and as many as make sense.
///
/// # Errors
/// When it is no such number.
pub fn threads(text: &str) -> Result<usize, String> {
    let read = text.parse().ok().filter(|it| (1..=512).contains(it));
    read.ok_or_else(|| "a number of threads from 1 to 512 is understood".to_owned())
}

/// A whole number within these.
///
/// # Errors
/// When it is no such number.
pub fn count<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    let read = text.trim().parse().ok().filter(|it| (LEAST..=MOST).contains(it));
    read.ok_or_else(|| format!("a whole number from {LEAST} to {MOST} is understood"))
}

/// The type of a card, as labels write it.
///
/// # Errors
/// When it is no type.
pub fn card_type(text: &str) -> Result<CardType, String> {
    let found = CardType::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<&str> = CardType::ALL.into_iter().map(CardType::name).collect();
        format!("the types are {}", names.join(", "))
    })
}

/// A cosine.
///
/// # Errors
/// When it is no number from -1 to 1.
pub fn cosine(text: &str) -> Result<f32, String> {
    Ok(number(text, |it| (-1.0..=1.0).contains(&it), "a cosine from -1 to 1")? as f32)
}

fn number(text: &str, is_right: impl Fn(f64) -> bool, what: &str) -> Result<f64, String> {
    let read = text.trim().parse().ok().filter(|it: &f64| it.is_finite() && is_right(*it));
    read.ok_or_else(|| format!("{what} is understood"))
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
pub struct CaptureArguments {
    /// Folder with labels.json and its images; a command that is nothing without takes
    /// `data/dataset_default`
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Catalogue that names are looked up in [default: balatro]
    #[arg(long)]
    pub game: Option<String>,
}

/// Where labelled captures and their augmented copies are.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DataArguments {
    #[command(flatten)]
    pub captures: CaptureArguments,
    /// Folder with augmented.json and its images [default: augmented, beside the other]
    #[arg(long, value_name = "DIR")]
    pub augmented: Option<PathBuf>,
}

impl CaptureArguments {
    /// The folder of the originals.
    pub fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| paths::data().join("dataset_default"))
    }

    /// The game.
    pub fn game(&self) -> &str {
        self.game.as_deref().unwrap_or("balatro")
    }

    /// The catalogue; none, which is said, when it cannot be read and nobody named the game, or a
    /// model of that name is installed.
    ///
    /// # Errors
    /// When it was named and cannot be read, and no model has the name.
    pub fn catalogue(&self) -> Result<Option<Catalogue>> {
        match Catalogue::read(&paths::catalogue(self.game())) {
            Ok(catalogue) => Ok(Some(catalogue)),
            Err(error) if self.game.is_none() || model_folder(Path::new(self.game())).is_ok() => {
                log::warn!("names are taken as they are written: {error}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The originals; what is wrong with them is printed.
    ///
    /// # Errors
    /// When there are no labels.
    pub fn read(&self) -> Result<DataSet> {
        self.read_with(None)
    }

    fn read_with(&self, augmented: Option<&Path>) -> Result<DataSet> {
        let bar = Bar::listening("captures looked at", 0);
        let set = DataSet::read(&self.folder(), augmented, self.catalogue()?.as_ref())?;
        drop(bar);
        for problem in &set.problems {
            eprintln!("{problem}");
        }
        Ok(set)
    }
}

impl DataArguments {
    /// The folder of the augmented images.
    pub fn augmented(&self) -> PathBuf {
        let beside = || self.captures.folder().parent().unwrap_or(Path::new(".")).join("augmented");
        self.augmented.clone().unwrap_or_else(beside)
    }

    /// The same where there are such images.
    ///
    /// # Errors
    /// When there are none where somebody said they are.
    pub fn augmented_if_any(&self) -> Result<Option<PathBuf>> {
        let augmented = self.augmented();
        let is_there = augmented.join(AUGMENTED).is_file();
        if self.augmented.is_some() && !is_there {
            bail!("there is no {AUGMENTED} in {}\nhelp: `trainer augment` makes it", augmented.display());
        }
        Ok(Some(augmented).filter(|_| is_there))
    }

    /// Originals and, where there are some, augmented images; what is wrong with them is printed.
    ///
    /// # Errors
    /// When there are no labels, or no augmented images where somebody said they are.
    pub fn read(&self) -> Result<DataSet> {
        self.captures.read_with(self.augmented_if_any()?.as_deref())
    }
}

/// The images and the composer's settings of a recipe.
pub(crate) fn material(recipe: &Recipe, sprites: Arc<Sprites>) -> Material {
    Material { sprites, recipe: recipe.scenes.clone(), cards: recipe.bank.cards, seed: recipe.seed }
}

/// Files as they are, and the image files of folders in order of their names.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn images(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let inside = image_files(std::slice::from_ref(path));
        files.append(&mut inside.with_context(|| {
            format!("cannot read {}\nhelp: make the folder readable, or name another", path.display())
        })?);
    }
    Ok(files)
}

/// A path as somebody types it after a command.
pub(crate) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    match text.contains(char::is_whitespace) {
        true => format!("\"{text}\""),
        false => text,
    }
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

    #[test]
    fn what_is_to_be_typed_stays_one_word() {
        let check = |path: &str, wanted: &str| assert_eq!(typed(Path::new(path)), wanted);
        check("models/mine", "models/mine");
        check("my models/mine", "\"my models/mine\"");
    }

    #[test]
    fn types_of_cards_are_named_as_in_labels() {
        assert_eq!(card_type("playing card"), Ok(CardType::Playing));
        assert!(card_type("card").unwrap_err().contains("Joker, Playing Card"));
    }
}
