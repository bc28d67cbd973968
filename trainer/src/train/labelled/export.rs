//! Exports a run on labelled captures: its identifier beside the detector of an installed model.
//!
//! Centroids come from the captures that it was trained on. Thresholds come from those that were
//! held out, and from cards of the practice deck that it does not know, invented ones among them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use image::RgbaImage;
use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::manifest::external::IdentifierKind;
use lens_core::manifest::{
    Added, FORMAT, Head, IDENTIFICATION, Identifier, Manifest, NOT_A_CARD, NetworkFiles, Thresholds,
};
use serde_json::{Value, json};
use synth::recipe::SceneRecipe;
use tch::Tensor;

use super::held_out;
use super::pictures::Pictures;
use crate::checkpoint::{Checkpoint, CheckpointError, Network};
use crate::data::dataset::{Sample, picture};
use crate::data::synthetic::Material;
use crate::evaluate::calibrate::measure::{OPEN, evaluation_bank};
use crate::evaluate::calibrate::thresholds::{Signals, UnknownReport, choose, report, split_by_name};
use crate::evaluate::calibrate::{gallery, signals};
use crate::evaluate::classifier::Classifier;
use crate::evaluate::embedding;
use crate::evaluate::identification::compose;
use crate::model::export::{NetworkReport, Source, export_identifier};
use crate::model::network::Graph;
use crate::model::network::hardware::Precision;
use crate::model::network::identifier::SIMILARITY;
use crate::model::network::torch::{Module, Weights};
use crate::model::onnx::writer::Batch;
use crate::model::quantise::options::Options;
use crate::random::{Stream, seed_of};

/// Share of the held-out captures that may be said to be unknown. Who has seen few captures of few
/// cards must doubt more than who was trained on composed ones.
const REJECTED: f64 = 0.1;
/// Share of invented cards among the strangers.
const INVENTED: f32 = 0.4;
/// Cards in the bank that strangers are invented from, and crops of strangers.
const CARDS: usize = 400;
const STRANGERS: usize = 600;

/// The checkpoint of a run on labelled captures: of its best epoch. None for another run.
///
/// # Errors
/// When it is damaged.
pub fn checkpoint(run: &Path) -> Result<Option<Checkpoint>, CheckpointError> {
    let file = Checkpoint::best_or_last_path(run, Network::Identifier);
    match Checkpoint::read_file(&file, Network::Identifier) {
        Ok(checkpoint) => Ok(Some(checkpoint).filter(|it| it.position.is_labelled())),
        // Whoever exports the run says which of its networks is missing.
        Err(CheckpointError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is exported, and whereto.
#[derive(Debug)]
pub struct Job<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub checkpoint: &'a Checkpoint,
    /// Captures, those of the run among them.
    pub samples: Vec<Sample>,
    /// Folder of the model that gives the detector.
    pub base: &'a Path,
    /// The manifest of that model.
    pub from: &'a Manifest,
    /// Its catalogue.
    pub catalogue: &'a Catalogue,
    /// Name of the new model.
    pub name: &'a str,
    /// Its folder.
    pub folder: &'a Path,
    /// What was measured of the run.
    pub evaluation: Value,
}

/// Exports.
///
/// # Errors
/// When the run has not learned names, or a file does not compute what libtorch does.
pub fn export(job: Job<'_>) -> Result<NetworkReport> {
    let Job { run, checkpoint, samples, base, from, catalogue, name, folder, evaluation } = job;
    let recipe = &checkpoint.position.recipe;
    let learned = Learned::new(run, samples, checkpoint, catalogue)?;
    let (weights, thresholds, told) = learned.calibrated()?;
    let manifest = Manifest {
        format: FORMAT,
        name: name.to_owned(),
        catalogue: from.catalogue.clone(),
        catalogue_digest: from.catalogue_digest.clone(),
        detector: from.detector.clone(),
        identifier: Identifier {
            kind: IdentifierKind::Own,
            files: NetworkFiles {
                float32: "identifier.onnx".to_owned(),
                int8: Some("identifier.int8.onnx".to_owned()),
            },
            input_size: learned.size(),
            // Captures are cut as wide as the model that was running then looked at them.
            widen: from.identifier.widen,
            embedding: recipe.identifier.shape.embedding as u32,
            heads: learned.heads.clone(),
            thresholds,
            added: learned.added(),
        },
        sha256: BTreeMap::new(),
        metrics: json!({ "told_apart": told, "evaluation": evaluation, "steps": checkpoint.position.step }),
        recipe: serde_json::to_value(recipe)?,
    };
    let pictures = Pictures::new(learned.samples.clone(), &learned.heads, learned.size()).batches();
    let source = Source {
        graph: &learned.graph,
        weights: &weights,
        batch: Batch::Dynamic,
        pictures: &pictures,
        options: &Options::default(),
    };
    Ok(export_identifier(folder, base, manifest, &source)?)
}

/// An identifier and the captures that it has learned from.
struct Learned<'a> {
    checkpoint: &'a Checkpoint,
    catalogue: &'a Catalogue,
    graph: Graph,
    heads: Vec<Head>,
    samples: Vec<Sample>,
    /// Indices of samples.
    trained: Vec<usize>,
    judged: Vec<usize>,
}

impl<'a> Learned<'a> {
    fn new(
        run: &Path,
        mut samples: Vec<Sample>,
        checkpoint: &'a Checkpoint,
        catalogue: &'a Catalogue,
    ) -> Result<Self> {
        let heads = checkpoint.position.heads.clone();
        ensure!(
            heads.first().is_some_and(|head| head.name == IDENTIFICATION),
            "{} has not learned which card is which, so the overlay has no use for it\nhelp: train with --tasks \
             {IDENTIFICATION} and what else you like",
            run.display()
        );
        samples.retain(|sample| heads[0].classes.contains(&sample.class));
        ensure!(
            !samples.is_empty(),
            "none of the captures shows a card that {} was trained on\nhelp: give their folder with --data",
            run.display()
        );
        let held_out = held_out(run)?.unwrap_or_default();
        let (judged, trained): (Vec<usize>, Vec<usize>) =
            (0..samples.len()).partition(|&index| held_out.contains(&samples[index].file));
        let graph = checkpoint.position.recipe.identifier.shape.graph(&heads)?;
        Ok(Self { checkpoint, catalogue, graph, heads, samples, trained, judged })
    }

    fn size(&self) -> [u32; 2] {
        self.checkpoint.position.recipe.identifier.shape.input.map(|side| side as u32)
    }

    fn of(&self, indices: &[usize]) -> Vec<Sample> {
        indices.iter().map(|&index| self.samples[index].clone()).collect()
    }

    /// Cards that the catalogue does not list.
    fn added(&self) -> BTreeMap<String, Added> {
        let is_strange = |sample: &&Sample| {
            sample.class != NOT_A_CARD && self.catalogue.card(id_of_class(&sample.class)).is_none()
        };
        let strange = self.samples.iter().filter(is_strange);
        strange.map(|sample| (sample.class.clone(), sample.added_card())).collect()
    }

    /// The weights with centroids, the thresholds that fit them, and how well they tell known cards
    /// from unknown ones.
    fn calibrated(&self) -> Result<(Weights, Thresholds, UnknownReport)> {
        let mut weights = self.checkpoint.average();
        let module = |weights: &Weights| Module::new(self.graph.clone(), weights, Precision::Float32);
        let classifier = |module: Module| Classifier::from_module(module, &self.heads, self.size(), OPEN);
        let mut bare = classifier(module(&weights)?);
        let trained = self.of(if self.trained.is_empty() { &self.judged } else { &self.trained });
        let centroids = embedding::centroids(&embedding::of_samples(&mut bare, &trained)?, &trained);
        let classes = &self.heads[0].classes;
        let width = self.checkpoint.position.recipe.identifier.shape.embedding as usize;
        let row = |class: &String| centroids.get(class).cloned().unwrap_or_else(|| vec![0.0; width]);
        let rows: Vec<f32> = classes.iter().flat_map(row).collect();
        weights.insert(
            format!("{SIMILARITY}.weight"),
            Tensor::from_slice(&rows).view([classes.len() as i64, width as i64]),
        );
        let module = module(&weights)?;
        let (strange, gallery) = self.strangers(&module)?;
        let mut classifier = classifier(module);
        let judged = if self.judged.is_empty() { &self.trained } else { &self.judged };
        let mut read = |pictures: &[RgbaImage]| -> Result<Vec<Signals>> {
            let answers = classifier.read(pictures)?;
            Ok(answers.iter().map(|it| signals::from_logits(classes, &it.heads[0], &it.similarity)).collect())
        };
        let open = |sample: &Sample| {
            let read = picture::read(&sample.path).map(|picture| picture.image);
            read.map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))
        };
        let pictures = self.of(judged).iter().map(open).collect::<Result<Vec<_>>>()?;
        let (known, strange) = (read(&pictures)?, read(&strange)?);
        let (half, other) = strange.split_at(strange.len() / 2);
        let labelled: Vec<_> = self.of(judged).into_iter().zip(known.iter().copied()).collect();
        let (named, mut others) = split_by_name(&labelled, |sample, said| {
            id_of_class(&sample.class) == id_of_class(&classes[said])
        });
        others.extend(half);
        let thresholds = choose(&named, &others, REJECTED, gallery);
        Ok((weights, thresholds, report(&known, other, &[], &thresholds)))
    }

    /// Images of cards that nobody knows, and the similarity from which two of them are the same
    /// card.
    fn strangers(&self, module: &Module) -> Result<(Vec<RgbaImage>, f32)> {
        let mut scenes = SceneRecipe::default();
        scenes.crop.size = self.size();
        (scenes.crop.not_a_card, scenes.crop.unknown) = (0.0, INVENTED);
        let sprites = Arc::new(synth::practice::sprites());
        let seed = self.checkpoint.position.recipe.seed;
        let material = Material { sprites, recipe: scenes.clone(), cards: CARDS, seed };
        let bank = evaluation_bank(&material)?;
        let gallery = gallery::measure(module, &bank, &scenes)?.threshold;
        let [width, height] = self.size();
        let mut crops = compose(&bank, &scenes, seed_of(seed, Stream::Evaluation, 41), STRANGERS);
        crops.retain(|crop| !self.heads[0].classes.contains(&bank.classes()[crop.truth.class]));
        let picture = |pixels: Vec<u8>| {
            RgbaImage::from_raw(width, height, pixels).expect("a crop has its recipe's size")
        };
        Ok((crops.into_iter().map(|crop| picture(crop.pixels)).collect(), gallery))
    }
}
