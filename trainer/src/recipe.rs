//! Every choice of a training as data: `data/recipes/*.toml`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use synth::recipe::SceneRecipe;

use crate::labelled::recipe::LabelledRecipe;
use crate::loader::Reuse;
use crate::network::detector::{CELL, DetectorShape, ShapeError};
use crate::network::identifier::IdentifierShape;
use crate::schedule::Schedule;
use crate::train::optimiser::AdamW;

/// What is trained, on what, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model, and of the run's folder.
    pub name: String,
    /// Name of the catalogue: `data/catalogues/<game>.json`.
    pub game: String,
    /// Where the pictures of the cards come from.
    pub art: ArtSource,
    /// Everything random is derived from it.
    pub seed: u64,
    /// The bank of drawn cards.
    pub bank: BankRecipe,
    /// How pictures are composed.
    #[serde(default)]
    pub scenes: SceneRecipe,
    /// The network that finds cards.
    pub detector: DetectorRecipe,
    /// The network that names them.
    pub identifier: IdentifierRecipe,
    /// How the identifier is trained on labelled captures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled: Option<LabelledRecipe>,
}

/// Where the pictures of the cards come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtSource {
    /// The player's own copy of the game.
    Imported,
    /// The practice deck, drawn by code.
    Practice,
}

/// The bank of drawn cards that pictures are composed from.
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

/// Steps, learning rate and optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Steps when the command line says nothing else.
    pub steps: u64,
    /// Pictures in a step.
    pub batch: usize,
    /// Samples cut from a composed picture, on average.
    pub uses: u64,
    /// Composed pictures alive at a time.
    pub window: u64,
    /// The learning rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// The optimiser.
    #[serde(default)]
    pub optimiser: AdamW,
}

impl Training {
    /// Which composed picture a sample is cut from.
    pub fn reuse(&self) -> Reuse {
        Reuse { uses: self.uses, window: self.window }
    }
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

/// The contrast of pairs, see [`crate::loss::contrast`].
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
        source: std::io::Error,
    },
    /// It is not a recipe.
    #[error("the recipe {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

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

    /// Parses and checks the text of a recipe; the error says what is wrong.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let recipe: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        recipe.check()?;
        Ok(recipe)
    }

    fn check(&self) -> Result<(), String> {
        let plain = |name: &str| {
            !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it))
        };
        if !plain(&self.name) || self.name.starts_with('.') {
            return Err(format!("`name` is {:?}; use letters, digits, -, _ and .", self.name));
        }
        for (name, training) in
            [("detector", self.detector.training), ("identifier", self.identifier.training)]
        {
            let Training { steps, batch, uses, window, schedule, optimiser } = training;
            if steps == 0 || batch < 2 || uses == 0 || window == 0 {
                let what = "`steps`, `uses` and `window` must be at least 1, `batch` at least 2";
                return Err(format!("{name}.training: {what}"));
            }
            let rates = [schedule.rate, optimiser.clip];
            if rates.iter().any(|rate| !rate.is_finite() || *rate <= 0.0) {
                return Err(format!("{name}.training: `rate` and `clip` must be positive"));
            }
            let decays = [optimiser.beta1, optimiser.beta2, optimiser.average];
            if decays.iter().any(|decay| !(0.0..1.0).contains(decay)) {
                return Err(format!("{name}.training: `beta1`, `beta2` and `average` must be in 0..1"));
            }
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
            return Err(format!("detector.crop: {crop:?} must be multiples of {side}"));
        }
        if !(zoom[0] > 0.0 && zoom[0] <= zoom[1]) {
            return Err(format!("detector.zoom: {zoom:?} must be [low, high], above 0"));
        }
        let shapes = |error: ShapeError| error.to_string();
        if let Some(labelled) = &self.labelled {
            labelled.check().map_err(|reason| format!("labelled: {reason}"))?;
        }
        self.detector.shape.graph().map_err(shapes)?;
        self.identifier.shape.graph(&[]).map_err(shapes)?;
        let input = self.identifier.shape.input.map(|side| side as u32);
        if self.scenes.crop.size != input {
            let crop = self.scenes.crop.size;
            return Err(format!("scenes.crop.size is {crop:?}, the identifier's input {input:?}"));
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
    fn mistakes_are_named() {
        let check = |from: &str, to: &str, wanted: &str| {
            let text = shipped("balatro.toml");
            assert!(text.contains(from), "the recipe no longer says {from:?}");
            let error = Recipe::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(wanted), "{from:?} -> {to:?} gives {error:?}");
        };
        check("seed = ", "sead = ", "sead");
        check("name = \"balatro\"", "name = \"../balatro\"", "`name`");
        check("crop = [320, 192]", "crop = [320, 200]", "multiples of 32");
        check("input = [640, 352]", "input = [640, 360]", "multiples of 32");
        check("input = [72, 96]", "input = [64, 96]", "scenes.crop.size");
        check("zoom = [0.8, 1.3]", "zoom = [1.3, 0.8]", "detector.zoom");
    }
}
