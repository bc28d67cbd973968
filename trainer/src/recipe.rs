//! Every choice of a training as data: `data/recipes/*.toml`, and `recipe.toml` in the folder of
//! each run.
//!
//! * [`training`]: how a network is trained on composed images; [`labelled`]: on labelled captures.
//!   Both become a [`Plan`](training::Plan), which the training loop follows.
//! * [`schedule`], [`optimiser`]: their parts.
//!
//! No network and no file but the recipe's own is opened here.

pub mod labelled;
pub mod optimiser;
pub mod schedule;
pub mod training;

use std::io;
use std::path::{Path, PathBuf};

use lens_core::atomic::{self, keep_former};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use synth::recipe::SceneRecipe;

use labelled::LabelledRecipe;
use training::{InvalidRecipe, Training};

use crate::model::network::detector::{CELL, DetectorShape, ShapeError};
use crate::model::network::identifier::IdentifierShape;

/// Name of the recipe in a run's folder.
pub const FILE_NAME: &str = "recipe.toml";

/// What is trained, on what, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model, and of the run's folder.
    pub name: String,
    /// Name of the catalogue: `data/catalogues/<game>.json`.
    pub game: String,
    /// Where the images of the cards come from.
    pub art: ArtSource,
    /// Everything random is derived from it.
    pub seed: u64,
    /// The bank of drawn cards.
    pub bank: BankRecipe,
    /// How images are composed.
    #[serde(default)]
    pub scenes: SceneRecipe,
    /// The network that finds cards.
    pub detector: DetectorRecipe,
    /// The network that names them.
    pub identifier: IdentifierRecipe,
    /// What is learned from. Older recipes have the section `[labelled]` in its place.
    #[serde(default, alias = "labelled")]
    pub data: DataRecipe,
}

/// What is learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DataRecipe {
    /// Images composed by `scenes` of the cards of `bank`.
    #[default]
    Composed,
    /// Captures that people labelled, and how the identifier learns from them.
    Labelled(Box<LabelledRecipe>),
}

impl DataRecipe {
    /// How the identifier learns from labelled captures; none where it does not.
    pub fn labelled(&self) -> Option<&LabelledRecipe> {
        match self {
            Self::Composed => None,
            Self::Labelled(labelled) => Some(labelled),
        }
    }
}

impl<'de> Deserialize<'de> for DataRecipe {
    /// Without a `kind` it is the section `[labelled]` of an older recipe.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        match fields.remove("kind").as_ref().map(|kind| kind.as_str().unwrap_or_default()) {
            Some("composed") if fields.is_empty() => Ok(Self::Composed),
            Some("composed") => {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                Err(D::Error::custom(format!("data of the kind composed has no {}", names.join(", "))))
            }
            Some("labelled") | None => {
                let labelled = serde_json::from_value(fields.into()).map_err(D::Error::custom)?;
                Ok(Self::Labelled(Box::new(labelled)))
            }
            Some(other) => Err(D::Error::custom(format!("`kind` is {other:?}, not composed or labelled"))),
        }
    }
}

/// Where the images of the cards come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtSource {
    /// The player's own copy of the game.
    Imported,
    /// The practice deck, drawn by code.
    Practice,
}

/// The bank of drawn cards that images are composed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankRecipe {
    /// Cards drawn at a time.
    pub cards: usize,
    /// Scenes after which a new bank is drawn.
    pub scenes: u64,
    /// Crops after which a new bank is drawn.
    pub crops: u64,
}

/// The network that finds cards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorRecipe {
    /// What it is made of.
    pub shape: DetectorShape,
    /// How it is trained.
    pub training: Training,
    /// Width and height of the parts that are cut out of scenes.
    pub crop: [usize; 2],
    /// How much the parts are enlarged, lowest and highest.
    pub zoom: [f32; 2],
    /// Probability that a part is near a card.
    pub near_card: f32,
    /// Colour changes.
    pub jitter: Jitter,
}

/// The network that names cards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierRecipe {
    /// What it is made of.
    pub shape: IdentifierShape,
    /// How it is trained.
    pub training: Training,
    /// Pixels by which crops are shifted at most, in both directions.
    pub shift: i32,
    /// Colour changes.
    pub jitter: Jitter,
    /// How much the modifier heads count; the identification counts 1.
    pub weights: HeadWeights,
    /// How embeddings learn to tell one unknown card from another; not at all without it, or where
    /// `scenes.crop.paired` is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrast: Option<Contrast>,
    /// File of torchvision's `ResNet18` weights to start from, when the backbone is `resnet18`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<PathBuf>,
}

/// The contrast of pairs, see [`crate::train::loss::contrast`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// How much it counts; the identification counts 1.
    pub weight: f64,
    /// Divides the cosines.
    pub temperature: f64,
}

/// How much the modifier heads count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadWeights {
    /// Foil, holographic and so on.
    pub edition: f64,
    /// Glass, steel and so on.
    pub enhancement: f64,
    /// The wax seal.
    pub seal: f64,
    /// Crossed out or not.
    pub debuffed: f64,
    /// Eternal, rental and so on.
    pub stickers: f64,
}

/// Colour changes: each channel is multiplied, then all are shifted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jitter {
    /// Probability of a change.
    pub share: f32,
    /// Deviation of the factor of each channel from one.
    pub gain: f32,
    /// Deviation of the shift, of 1.0.
    pub offset: f32,
}

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// It cannot be read.
    #[error(
        "cannot read the recipe {path}: {source}\nhelp: the recipes that come with the trainer are in data/recipes"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a recipe.
    #[error("the recipe {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: InvalidRecipe,
    },
}

/// A recipe with every default has four thousand bytes; what has far more is something else.
const MAX_BYTES: usize = 65_536;

impl Recipe {
    /// Reads and checks a recipe.
    ///
    /// # Errors
    /// When it cannot be read, names something unknown, or asks for the impossible.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RecipeError::Read { path: path.to_path_buf(), source })?;
        Self::parse(&text).map_err(|reason| RecipeError::Invalid { path: path.to_path_buf(), reason })
    }

    /// Writes it into the folder of a run that begins, where a later command finds it. A recipe
    /// that is there in other words, with comments perhaps, is kept beside it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, run: &Path) -> io::Result<()> {
        self.write_unless(run, |_| false)
    }

    /// The same for a run that goes on: a recipe in the words of a training is that of the run's
    /// beginning, and is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_again(&self, run: &Path) -> io::Result<()> {
        let words_of = |text: &str| toml::to_string(&Self::parse(text).ok()?).ok();
        self.write_unless(run, |there| words_of(there).is_some_and(|it| it == there))
    }

    /// Writes it, and keeps what is there unless that is of no worth.
    fn write_unless(&self, run: &Path, is_worthless: impl Fn(&str) -> bool) -> io::Result<()> {
        let path = run.join(FILE_NAME);
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        if there == text {
            return Ok(());
        }
        if !is_worthless(&there) {
            keep_former(&path)?;
        }
        atomic::write(&path, text.as_bytes())
    }

    /// Parses and checks the text of a recipe; the error says what is wrong.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    pub fn parse(text: &str) -> Result<Self, InvalidRecipe> {
        if text.len() > MAX_BYTES {
            return Err(format!("it has {} bytes, a recipe at most {MAX_BYTES}", text.len()).into());
        }
        let recipe: Self =
            toml::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Whether it can be done; the error says what is impossible.
    ///
    /// # Errors
    /// When a number is out of its range, or sizes do not fit.
    pub fn check(&self) -> Result<(), InvalidRecipe> {
        let is_plain = |name: &str| {
            !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it))
        };
        if !is_plain(&self.name) || self.name.starts_with('.') {
            return Err(format!("`name` is {:?}; use letters, digits, -, _ and .", self.name).into());
        }
        for (name, training) in
            [("detector", self.detector.training), ("identifier", self.identifier.training)]
        {
            training.check().map_err(|reason| format!("{name}.training: {reason}"))?;
        }
        if self.detector.training.smoothing > 0.0 {
            return Err("detector.training: the detector has no classes to smooth".into());
        }
        if self.bank.cards == 0 || self.bank.scenes == 0 || self.bank.crops == 0 {
            return Err("bank: every number must be at least 1".into());
        }
        if self.identifier.contrast.is_some_and(|it| !(it.weight >= 0.0 && it.temperature > 0.0)) {
            return Err("identifier.contrast: `weight` must be at least 0, `temperature` above 0".into());
        }
        let DetectorRecipe { crop, zoom, .. } = &self.detector;
        // The coarsest level of the network halves the cells twice more.
        let side = 4 * CELL as usize;
        if crop.iter().any(|&it| it == 0 || !it.is_multiple_of(side)) {
            return Err(format!("detector.crop: {crop:?} must be multiples of {side}").into());
        }
        if !(zoom[0] > 0.0 && zoom[0] <= zoom[1]) {
            return Err(format!("detector.zoom: {zoom:?} must be [low, high], above 0").into());
        }
        let shapes = |error: ShapeError| error.to_string();
        if let DataRecipe::Labelled(labelled) = &self.data {
            labelled.check().map_err(|reason| format!("data: {reason}"))?;
        }
        self.detector.shape.graph().map_err(shapes)?;
        self.identifier.shape.graph(&[]).map_err(shapes)?;
        let input = self.identifier.shape.input.map(|side| side as u32);
        if self.scenes.crop.size != input {
            let crop = self.scenes.crop.size;
            return Err(format!("scenes.crop.size is {crop:?}, the identifier's input {input:?}").into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes").join(name);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_shipped_recipes_are_valid_and_survive_writing() {
        for name in ["balatro.toml", "practice.toml"] {
            let recipe = Recipe::parse(&shipped(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Recipe::parse(&toml::to_string(&recipe).unwrap()).unwrap(), recipe, "{name}");
        }
    }

    #[test]
    fn a_recipe_that_is_there_in_other_words_is_kept() {
        let run = tempfile::tempdir().unwrap();
        let [path, former] = ["recipe.toml", "recipe.former.toml"].map(|name| run.path().join(name));
        let text = shipped("practice.toml") + "# mine\n";
        let recipe = Recipe::parse(&text).unwrap();
        std::fs::write(&path, &text).unwrap();
        recipe.write(run.path()).unwrap();
        // It is there already; then a training goes on in another way.
        for recipe in [&recipe, &Recipe { seed: 77, ..recipe.clone() }] {
            recipe.write_again(run.path()).unwrap();
            assert_eq!(Recipe::read(&path).unwrap(), *recipe);
            assert_eq!(std::fs::read_to_string(&former).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 2);
        // What is written by hand another time is kept too.
        std::fs::write(&path, "# not done yet\n").unwrap();
        recipe.write_again(run.path()).unwrap();
        let kept = ["recipe.former.toml", "recipe-2.former.toml"]
            .map(|name| std::fs::read_to_string(run.path().join(name)).unwrap());
        assert_eq!(kept, [text.as_str(), "# not done yet\n"]);
        // And where a run begins, so is one without a comment.
        let other = Recipe { seed: 77, ..recipe.clone() };
        other.write(run.path()).unwrap();
        assert_eq!(Recipe::read(&run.path().join("recipe-3.former.toml")).unwrap(), recipe);
    }

    #[test]
    fn recipes_of_older_runs_are_read() {
        let text = shipped("practice.toml");
        assert_eq!(Recipe::parse(&text).unwrap().data, DataRecipe::Composed);
        let old = Recipe::parse(&format!("{text}\n[labelled]\nepochs = 7\nrate = 1\n")).unwrap();
        let labelled = LabelledRecipe { epochs: 7, learning_rate: 1.0, ..LabelledRecipe::default() };
        assert_eq!(old.data, DataRecipe::Labelled(Box::new(labelled)));
        let new = toml::to_string(&old).unwrap();
        assert!(new.contains("[data]") && new.contains("kind = \"labelled\"") && !new.contains("[labelled]"));
        assert_eq!(Recipe::parse(&new).unwrap(), old);
        let json: Recipe = serde_json::from_value(serde_json::to_value(&old).unwrap()).unwrap();
        assert_eq!(json, old);
        let check = |section: &str, wanted: &str| {
            let error = Recipe::parse(&format!("{text}\n{section}\n")).unwrap_err();
            assert!(error.to_string().contains(wanted), "{section:?} gives {error:?}");
        };
        check("[labelled]\nepoch = 7", "epoch");
        check("[data]\nkind = \"composed\"\nepochs = 7", "epochs");
        check("[data]\nkind = \"downloaded\"", "downloaded");
        check("[data]\nkind = \"labelled\"\nvalidation = 2.0", "data: `validation`");
    }

    #[test]
    fn mistakes_are_named() {
        let check = |from: &str, to: &str, wanted: &str| {
            let text = shipped("balatro.toml");
            assert!(text.contains(from), "the recipe no longer says {from:?}");
            let error = Recipe::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(wanted), "{from:?} -> {to:?} gives {error:?}");
        };
        check("seed = ", "sead = ", "sead");
        check("name = \"balatro\"", "name = \"../balatro\"", "`name`");
        check("crop = [320, 192]", "crop = [320, 200]", "multiples of 32");
        check("input = [640, 352]", "input = [640, 360]", "multiples of 32");
        check("input = [72, 96]", "input = [64, 96]", "scenes.crop.size");
        check("zoom = [0.8, 1.3]", "zoom = [1.3, 0.8]", "detector.zoom");
    }
}
