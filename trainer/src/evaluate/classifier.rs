//! Names images of single cards, without a detector: a run's identifier in libtorch, or an exported
//! one in ONNX Runtime.
//!
//! Whether a card is known is decided by the rules that the overlay runs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use image::RgbaImage;
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::manifest::external::{DetectorKind, IdentifierKind};
use lens_core::manifest::{
    Activation, Added, Detector, FILE_NAME, FORMAT, Head, IDENTIFICATION, Identifier, Manifest, NOT_A_CARD,
    NetworkFiles, Thresholds, UNKNOWN,
};
use lens_core::paths;
use tch::Tensor;
use vision::decide::{self, Logits};
use vision::gallery::Gallery;
use vision::reading::Reading;

use super::metrics::{argmax, softmax};
use super::model_under_test::{Rows, batch, floats};
use super::tally::{Prediction, Verdict};
use crate::checkpoint::{Checkpoint, Network};
use crate::data::dataset::picture::crop;
use crate::model::export::session::OnnxSession;
use crate::model::network::hardware::Precision;
use crate::model::network::identifier::{EMBEDDING, SIMILARITY};
use crate::model::network::torch::Module;

/// An identifier that is ready.
pub struct Classifier {
    backend: Backend,
    /// Its heads; the first is the identification.
    pub heads: Vec<Head>,
    /// Width and height of its input.
    pub size: [u32; 2],
    /// What its classes mean, and when a card is unknown.
    manifest: Manifest,
    catalogue: Catalogue,
    rules: decide::Classifier,
}

/// Thresholds of a run that was not calibrated: what is likelier no card than a card is none.
const UNCALIBRATED: Thresholds =
    Thresholds { not_a_card: 0.5, unknown: 0.5, probability: 0.0, similarity: -1.0, gallery: 1.0 };
/// Guesses that the rules keep; the classifier has all.
const GUESSES: usize = 5;

enum Backend {
    Torch(Box<Module>),
    Onnx(OnnxSession),
}

/// What an identifier makes of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Logits of each head.
    pub heads: Vec<Vec<f32>>,
    /// Of length one.
    pub embedding: Vec<f32>,
    /// Cosine to the centroid of each identification class; zero in a run that was not calibrated.
    pub similarity: Vec<f32>,
}

/// Pictures in a batch.
const BATCH: usize = 64;

impl Classifier {
    /// A model's folder, a run's folder (its best epoch where it has one), or a checkpoint.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn open(path: &Path) -> Result<Self> {
        if path.join(FILE_NAME).is_file() {
            return Self::open_model(path);
        }
        let file = match path.is_dir() {
            true => Checkpoint::best_or_last_path(path, Network::Identifier),
            false => path.to_path_buf(),
        };
        let checkpoint = Checkpoint::read_file(&file, Network::Identifier)?;
        let recipe = &checkpoint.position.recipe;
        let shape = &recipe.identifier.shape;
        let heads = checkpoint.position.heads.clone();
        let module = Module::new(shape.graph(&heads)?, &checkpoint.average(), Precision::Float32)?;
        let size = shape.input.map(|side| side as u32);
        // Without a catalogue every class is a card that somebody added.
        let catalogue = Catalogue::read(&paths::catalogue(&recipe.game)).unwrap_or_else(|error| {
            log::warn!("the types of cards are unknown: {error}");
            no_catalogue()
        });
        let manifest = identifier_manifest(&heads, size, UNCALIBRATED, &catalogue);
        Self::new(Backend::Torch(Box::new(module)), manifest, catalogue)
    }

    /// A network in memory; the classes that `catalogue` does not list are cards that somebody
    /// added.
    ///
    /// # Errors
    /// When none of the classes is a card.
    pub fn from_module(
        module: Module,
        heads: &[Head],
        size: [u32; 2],
        thresholds: Thresholds,
        catalogue: &Catalogue,
    ) -> Result<Self> {
        let manifest = identifier_manifest(heads, size, thresholds, catalogue);
        Self::new(Backend::Torch(Box::new(module)), manifest, catalogue.clone())
    }

    fn open_model(folder: &Path) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        if !manifest.identifier.kind.is_own() {
            bail!(
                "the identifier of {} was made elsewhere, so it is not one of those that can be compared here\nhelp: \
                 `overlay identify` names cards with it",
                folder.display()
            );
        }
        let file = manifest.read_network(folder, &manifest.identifier.files.float32)?;
        let catalogue = Catalogue::read(&paths::catalogue(&manifest.catalogue))?;
        Self::new(Backend::Onnx(OnnxSession::load(&file, 2)?), manifest, catalogue)
    }

    fn new(backend: Backend, manifest: Manifest, catalogue: Catalogue) -> Result<Self> {
        let rules = decide::Classifier::new(&manifest, &catalogue, GUESSES)?;
        let (heads, size) = (manifest.identifier.heads.clone(), manifest.identifier.input_size);
        Ok(Self { backend, heads, size, manifest, catalogue, rules })
    }

    /// Says that a card is unknown when its name is less probable than this, whatever the model's
    /// own threshold is.
    ///
    /// # Errors
    /// Never: the rules were made of the same classes before.
    pub fn set_min_probability(&mut self, probability: f32) -> Result<()> {
        self.manifest.identifier.thresholds.probability = probability;
        self.rules = decide::Classifier::new(&self.manifest, &self.catalogue, GUESSES)?;
        Ok(())
    }

    /// Pictures of whole cards.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn read(&mut self, pictures: &[RgbaImage]) -> Result<Vec<Answer>> {
        let crops: Vec<Vec<u8>> = pictures.iter().map(|picture| crop(picture, self.size)).collect();
        self.read_crops(&crops.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Crops of the input's size: rows of red, green, blue and a byte that is ignored.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn read_crops(&mut self, crops: &[&[u8]]) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(crops.len());
        for part in crops.chunks(BATCH) {
            let bytes = batch(part, self.size);
            let outputs: BTreeMap<String, Tensor> = match &mut self.backend {
                Backend::Torch(module) => module.outputs(&floats(&bytes)),
                Backend::Onnx(session) => session.run(&bytes)?,
            };
            let rows = |name: &str| {
                Rows::new(outputs.get(name).with_context(|| format!("there is no output {name}"))?)
            };
            let heads = self.heads.iter().map(|head| rows(&head.name)).collect::<Result<Vec<_>>>()?;
            let (embedding, similarity) = (rows(EMBEDDING)?, rows(SIMILARITY)?);
            for index in 0..part.len() {
                answers.push(Answer {
                    heads: heads.iter().map(|rows| rows.row(index).to_vec()).collect(),
                    embedding: embedding.row(index).to_vec(),
                    similarity: similarity.row(index).to_vec(),
                });
            }
        }
        Ok(answers)
    }

    /// The cards in the order of their probability; looks of one card are added up. What is no card
    /// comes under its reserved name.
    pub fn cards(&self, answer: &Answer) -> Vec<(String, f32)> {
        let mut sums: BTreeMap<&str, f32> = BTreeMap::new();
        for (class, probability) in self.heads[0].classes.iter().zip(softmax(&answer.heads[0])) {
            *sums.entry(id_of_class(class)).or_default() += probability;
        }
        let mut cards: Vec<(String, f32)> = sums.into_iter().map(|(id, sum)| (id.to_owned(), sum)).collect();
        cards.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        cards
    }

    /// What comes of an image, by the rules that the overlay runs. `cards` are those of
    /// [`Classifier::cards`].
    pub fn predict<'a>(&mut self, answer: &Answer, cards: &'a [(String, f32)]) -> Prediction<'a> {
        let heads: Vec<&[f32]> = answer.heads.iter().map(Vec::as_slice).collect();
        let logits = Logits { heads: &heads, embedding: &answer.embedding, similarity: &answer.similarity };
        let mut reading = Reading::default();
        let is_card = self.rules.classify(&logits, None, &Gallery::default(), &mut reading);
        let named = reading.id().and_then(|id| cards.iter().find(|(card, _)| *card == **id));
        let verdict = match named {
            _ if !is_card => Verdict::Dropped,
            Some((id, _)) => Verdict::Named(id),
            None => Verdict::Unknown,
        };
        let guesses: Vec<(&str, f32)> =
            cards.iter().filter(|(id, _)| !is_reserved(id)).map(|(id, it)| (id.as_str(), *it)).collect();
        let similarity = guesses.first().map_or(-1.0, |(id, _)| self.similarity(answer, id));
        Prediction { verdict, similarity, guesses }
    }

    /// The best cosine among the looks of a card.
    fn similarity(&self, answer: &Answer, id: &str) -> f32 {
        let looks = self.heads[0].classes.iter().zip(&answer.similarity);
        let looks = looks.filter(|(class, _)| id_of_class(class) == id);
        looks.map(|(_, it)| *it).fold(-1.0, f32::max)
    }

    /// What the other heads say: the likeliest word, or all that are likelier than not.
    pub fn words(&self, answer: &Answer) -> BTreeMap<String, String> {
        let heads = self.heads.iter().zip(&answer.heads).filter(|(head, _)| head.name != IDENTIFICATION);
        heads
            .map(|(head, logits)| {
                let words = match head.activation {
                    Activation::Softmax => head.classes[argmax(logits)].clone(),
                    Activation::Sigmoid => {
                        let worn = head.classes.iter().zip(logits).filter(|(_, logit)| **logit > 0.0);
                        worn.map(|(class, _)| class.as_str()).collect::<Vec<_>>().join(", ")
                    }
                };
                (head.name.clone(), words)
            })
            .collect()
    }
}

fn is_reserved(id: &str) -> bool {
    [NOT_A_CARD, UNKNOWN].contains(&id)
}

fn no_catalogue() -> Catalogue {
    let text = serde_json::json!({
        "format": lens_core::catalogue::FORMAT,
        "game": "",
        "title": "",
        "card_size": [1, 1],
        "sheets": {},
        "modifiers": { "editions": [], "enhancements": [], "seals": [], "stickers": [] },
        "cards": [],
    });
    Catalogue::parse(&text.to_string()).expect("a catalogue may be empty")
}

/// A manifest of nothing but an identifier. Classes that the catalogue does not list are added
/// jokers: what can be on them is not judged here.
fn identifier_manifest(
    heads: &[Head],
    size: [u32; 2],
    thresholds: Thresholds,
    catalogue: &Catalogue,
) -> Manifest {
    let files = NetworkFiles { float32: String::new(), int8: None };
    let ids = heads.iter().take(1).flat_map(|head| &head.classes).map(|class| id_of_class(class));
    let strange = ids.filter(|id| !is_reserved(id) && catalogue.card(id).is_none());
    let added = |id: &str| (id.to_owned(), Added { name: id.to_owned(), card_type: CardType::Joker });
    Manifest {
        format: FORMAT,
        name: String::new(),
        catalogue: catalogue.game.clone(),
        catalogue_digest: catalogue.digest().to_owned(),
        detector: Detector {
            kind: DetectorKind::Grid,
            files: files.clone(),
            input_size: size,
            stride: 1,
            corner_scale: 1.0,
            anchor: [0.5; 2],
            threshold: 1.0,
        },
        identifier: Identifier {
            kind: IdentifierKind::Own,
            files,
            input_size: size,
            widen: 1.0,
            embedding: 0,
            heads: heads.to_vec(),
            thresholds,
            added: strange.map(added).collect(),
        },
        sha256: BTreeMap::new(),
        metrics: serde_json::Value::Null,
        recipe: serde_json::Value::Null,
    }
}
