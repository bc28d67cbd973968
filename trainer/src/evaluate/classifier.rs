//! Names images of single cards, without a detector: a run's identifier in libtorch, or an exported
//! one in ONNX Runtime.
//!
//! Whether a card is known is decided where the overlay decides it: by vision.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use image::RgbaImage;
use lens_core::catalogue::id_of_class;
use lens_core::manifest::{
    Activation, FILE_NAME, Head, IDENTIFICATION, Manifest, NOT_A_CARD, Thresholds, UNKNOWN,
};
use tch::Tensor;
use vision::decide::{Evidence, Verdict as Decision};

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
    /// When a card is unknown.
    pub thresholds: Thresholds,
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classifier").finish_non_exhaustive()
    }
}

/// Thresholds of a run that was not calibrated: what is likelier no card than a card is none.
const UNCALIBRATED: Thresholds =
    Thresholds { not_a_card: 0.5, unknown: 0.5, probability: 0.0, similarity: -1.0, gallery: 1.0 };

enum Backend {
    Torch(Box<Module>),
    Onnx(OnnxSession),
}

/// What an identifier makes of an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Logits of each head.
    pub heads: Vec<Vec<f32>>,
    /// Of length one.
    pub embedding: Vec<f32>,
    /// Cosine to the centroid of each identification class; zero in a run that was not calibrated.
    pub similarity: Vec<f32>,
}

/// Images in a batch.
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
        Ok(Self { backend: Backend::Torch(Box::new(module)), heads, size, thresholds: UNCALIBRATED })
    }

    /// A network in memory.
    pub fn from_module(module: Module, heads: &[Head], size: [u32; 2], thresholds: Thresholds) -> Self {
        Self { backend: Backend::Torch(Box::new(module)), heads: heads.to_vec(), size, thresholds }
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
        let contract = &manifest.identifier;
        let file = manifest.read_network(folder, &contract.files.float32)?;
        Ok(Self {
            backend: Backend::Onnx(OnnxSession::load(&file, 2)?),
            heads: contract.heads.clone(),
            size: contract.input_size,
            thresholds: contract.thresholds,
        })
    }

    /// Images of whole cards.
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

    /// What comes of an image. `cards` are those of [`Classifier::cards`].
    pub fn predict<'a>(&self, answer: &Answer, cards: &'a [(String, f32)]) -> Prediction<'a> {
        let guesses: Vec<(&str, f32)> =
            cards.iter().filter(|(id, _)| !is_reserved(id)).map(|(id, it)| (id.as_str(), *it)).collect();
        let best = guesses.first().copied();
        let reserved = |id: &str| cards.iter().find(|card| card.0 == id).map_or(0.0, |card| card.1);
        let evidence = Evidence {
            not_a_card: reserved(NOT_A_CARD),
            unknown: reserved(UNKNOWN),
            probability: best.map_or(0.0, |(_, probability)| probability),
            similarity: best.map_or(-1.0, |(id, _)| self.similarity(answer, id)),
        };
        let verdict = match (evidence.verdict(&self.thresholds), best) {
            (Decision::NotACard, _) => Verdict::Dropped,
            (Decision::Known, Some((id, _))) => Verdict::Named(id),
            (Decision::Known | Decision::Unknown, _) => Verdict::Unknown,
        };
        Prediction { verdict, similarity: evidence.similarity, guesses }
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
