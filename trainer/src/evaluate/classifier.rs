//! Names single pictures of cards, without a detector: a run's identifier in libtorch, or an exported one in ONNX Runtime.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use image::RgbaImage;
use lens_core::catalogue::id_of_class;
use lens_core::manifest::{
    Activation, FILE_NAME, Head, IDENTIFICATION, Manifest, NOT_A_CARD, Thresholds, UNKNOWN,
};
use tch::Tensor;

use super::naming::{Said, Verdict};
use super::subject::{Rows, batch, floats};
use crate::checkpoint::{Checkpoint, Network};
use crate::export::session::OnnxSession;
use crate::labelled::fit::best_path;
use crate::labelled::task::crop;
use crate::metrics::{argmax, softmax};
use crate::network::hardware::Precision;
use crate::network::identifier::{EMBEDDING, SIMILARITY};
use crate::network::torch::Module;

/// An identifier that is ready.
pub struct Namer {
    backend: Backend,
    /// Its heads; the first is the identification.
    pub heads: Vec<Head>,
    /// Width and height of its input.
    pub size: [u32; 2],
    /// When an exported one says that a card is unknown.
    pub thresholds: Option<Thresholds>,
}

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

impl Namer {
    /// A model's folder, a run's folder (its best epoch where it has one), or a checkpoint.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn open(path: &Path) -> Result<Self> {
        if path.join(FILE_NAME).is_file() {
            return Self::open_model(path);
        }
        let file: PathBuf = match path.is_dir() {
            true if best_path(path).exists() => best_path(path),
            true => Checkpoint::path(path, Network::Identifier),
            false => path.to_path_buf(),
        };
        let checkpoint = Checkpoint::read_file(&file, Network::Identifier)?;
        let shape = &checkpoint.position.recipe.identifier.shape;
        let heads = checkpoint.position.heads.clone();
        let module = Module::new(shape.graph(&heads)?, &checkpoint.average(), Precision::Float32)?;
        let size = shape.input.map(|side| side as u32);
        Ok(Self { backend: Backend::Torch(Box::new(module)), heads, size, thresholds: None })
    }

    /// A network in memory.
    pub fn of_module(module: Module, heads: &[Head], size: [u32; 2], thresholds: Thresholds) -> Self {
        let backend = Backend::Torch(Box::new(module));
        Self { backend, heads: heads.to_vec(), size, thresholds: Some(thresholds) }
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
            thresholds: Some(contract.thresholds),
        })
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
                Rows::of(outputs.get(name).with_context(|| format!("there is no output {name}"))?)
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

    /// The cards in the order of their probability; looks of one card are added up. What is no card comes under its
    /// reserved name.
    pub fn cards(&self, answer: &Answer) -> Vec<(String, f32)> {
        let mut sums: BTreeMap<&str, f32> = BTreeMap::new();
        for (class, probability) in self.heads[0].classes.iter().zip(softmax(&answer.heads[0])) {
            *sums.entry(id_of_class(class)).or_default() += probability;
        }
        let mut cards: Vec<(String, f32)> = sums.into_iter().map(|(id, sum)| (id.to_owned(), sum)).collect();
        cards.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        cards
    }

    /// Whether a card is known: by the model's thresholds, or from the probability `least` on.
    pub fn is_known(&self, answer: &Answer, least: Option<f32>) -> bool {
        let cards = self.cards(answer);
        let best = cards.iter().find(|(id, _)| !is_reserved(id));
        let Some((id, best)) = best else { return false };
        let open =
            Thresholds { not_a_card: 0.5, unknown: 0.5, probability: 0.0, similarity: -1.0, gallery: 1.0 };
        let limits = self.thresholds.unwrap_or(open);
        probability(&cards, NOT_A_CARD) < limits.not_a_card
            && probability(&cards, UNKNOWN) < limits.unknown
            && *best >= least.unwrap_or(limits.probability)
            && self.similarity(answer, id) >= limits.similarity
    }

    /// What comes of a picture: in the overlay by the model's thresholds, without any by what is likeliest. `cards` are
    /// those of [`Namer::cards`].
    pub fn said<'a>(&self, answer: &Answer, cards: &'a [(String, f32)]) -> Said<'a> {
        let guesses: Vec<(&str, f32)> =
            cards.iter().filter(|(id, _)| !is_reserved(id)).map(|(id, it)| (id.as_str(), *it)).collect();
        let best = guesses.first().map(|(id, _)| *id);
        let is_first = |id: &str| cards.first().is_some_and(|card| card.0 == id);
        let (dropped, unknown) = match self.thresholds {
            Some(limits) => (probability(cards, NOT_A_CARD) >= limits.not_a_card, false),
            None => (is_first(NOT_A_CARD), is_first(UNKNOWN)),
        };
        let verdict = match best {
            _ if dropped => Verdict::Dropped,
            Some(id) if !unknown && self.is_known(answer, None) => Verdict::Named(id),
            _ => Verdict::Unknown,
        };
        Said { verdict, similarity: best.map_or(-1.0, |id| self.similarity(answer, id)), guesses }
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

fn probability(cards: &[(String, f32)], id: &str) -> f32 {
    cards.iter().find(|card| card.0 == id).map_or(0.0, |card| card.1)
}

/// The folder of a model, given by name or folder.
pub fn model_folder(model: &Path) -> Result<PathBuf> {
    let named = lens_core::paths::data().join("models").join(model);
    match [model.to_path_buf(), named].into_iter().find(|folder| folder.join(FILE_NAME).is_file()) {
        Some(folder) => Ok(folder),
        None => bail!("there is no model {}\nhelp: models are in data/models", model.display()),
    }
}
