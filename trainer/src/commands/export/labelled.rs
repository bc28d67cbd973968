//! `trainer export` of a run on labelled captures: its identifier beside the detector of an installed model.
//!
//! Centroids come from the captures that it was trained on; thresholds from those that were held out, and from cards of the
//! practice deck that it does not know, invented ones among them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::manifest::external::IdentifierKind;
use lens_core::manifest::{
    FORMAT, Head, IDENTIFICATION, Identifier, Manifest, NOT_A_CARD, NetworkFiles, Thresholds,
};
use lens_core::paths;
use serde_json::json;
use synth::recipe::SceneRecipe;
use tch::Tensor;

use super::Arguments;
use crate::calibrate::thresholds::{Signals, UnknownReport, choose, report};
use crate::calibrate::{gallery, signals};
use crate::checkpoint::{Checkpoint, CheckpointError, Network};
use crate::commands::calibrate::{OPEN, evaluation_bank};
use crate::commands::train::labelled::held_out;
use crate::dataset::{Sample, picture};
use crate::embedding;
use crate::evaluate::identification::compose;
use crate::evaluate::namer::{Namer, model_folder};
use crate::export::{Source, export_identifier};
use crate::labelled::fit::best_path;
use crate::labelled::task::Pictures;
use crate::network::Graph;
use crate::network::hardware::Precision;
use crate::network::identifier::SIMILARITY;
use crate::network::torch::{Module, Weights};
use crate::onnx::Batch;
use crate::quantise::Options;
use crate::retrain::captures::added_card;
use crate::train::composed::{Material, Purpose, seed_of};

/// Share of the held-out captures that may be said to be unknown. Who has seen few captures of few cards must doubt more
/// than who was trained on composed ones.
const REJECTED: f64 = 0.1;
/// Share of invented cards among the strangers.
const INVENTED: f32 = 0.4;
/// Cards in the bank that strangers are invented from, and crops of strangers.
const CARDS: usize = 400;
const STRANGERS: usize = 600;

/// The checkpoint of a run on labelled captures: of its best epoch. None for another run.
pub(super) fn checkpoint(run: &Path) -> Result<Option<Checkpoint>> {
    let best = best_path(run);
    let file = if best.exists() { best } else { Checkpoint::path(run, Network::Identifier) };
    match Checkpoint::read_file(&file, Network::Identifier) {
        Ok(checkpoint) => Ok(Some(checkpoint).filter(|it| it.position.epochs.is_some())),
        // Whoever exports the run says which of its networks is missing.
        Err(CheckpointError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Exports.
pub(super) fn run(arguments: &Arguments, checkpoint: &Checkpoint) -> Result<()> {
    let game = Path::new(&arguments.data.game);
    let base = model_folder(arguments.base.as_deref().unwrap_or(game)).context(
        "a run on labelled captures has no detector of its own: --base names the model that gives it",
    )?;
    let from = Manifest::read(&base)?;
    let catalogue = Catalogue::read(&paths::catalogue(&from.catalogue))?;
    let recipe = &checkpoint.position.recipe;
    let name = arguments.name.clone().unwrap_or_else(|| recipe.name.clone());
    let learned = Learned::new(&arguments.run, arguments.data.read_originals()?.samples, checkpoint)?;
    let (weights, thresholds, told) = learned.calibrated()?;
    let manifest = Manifest {
        format: FORMAT,
        name: name.clone(),
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
            added: learned.strange_to(&catalogue),
        },
        sha256: BTreeMap::new(),
        metrics: json!({ "told_apart": told, "evaluation": arguments.measured()?, "steps": checkpoint.position.step }),
        recipe: serde_json::to_value(recipe)?,
    };
    let folder = arguments.folder(&name);
    let pictures = Pictures::new(learned.samples.clone(), &learned.heads, learned.size()).batches();
    let source = Source {
        graph: &learned.graph,
        weights: &weights,
        batch: Batch::Dynamic,
        pictures: &pictures,
        options: &Options::default(),
    };
    let report = export_identifier(&folder, &base, manifest, &source)?;
    say!("{}", serde_json::to_string_pretty(&report)?);
    say!("the model is in {}, with the detector of {}", folder.display(), from.name);
    Ok(())
}

/// An identifier and the captures that it has learned from.
struct Learned<'a> {
    checkpoint: &'a Checkpoint,
    graph: Graph,
    heads: Vec<Head>,
    samples: Vec<Sample>,
    /// Indices of samples.
    trained: Vec<usize>,
    judged: Vec<usize>,
}

impl<'a> Learned<'a> {
    fn new(run: &Path, mut samples: Vec<Sample>, checkpoint: &'a Checkpoint) -> Result<Self> {
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
        Ok(Self { checkpoint, graph, heads, samples, trained, judged })
    }

    fn size(&self) -> [u32; 2] {
        self.checkpoint.position.recipe.identifier.shape.input.map(|side| side as u32)
    }

    fn of(&self, indices: &[usize]) -> Vec<Sample> {
        indices.iter().map(|&index| self.samples[index].clone()).collect()
    }

    /// Cards that the catalogue does not list.
    fn strange_to(&self, catalogue: &Catalogue) -> BTreeMap<String, lens_core::manifest::Added> {
        let is_strange = |sample: &&Sample| {
            sample.class != NOT_A_CARD && catalogue.card(id_of_class(&sample.class)).is_none()
        };
        let strange = self.samples.iter().filter(is_strange);
        strange.map(|sample| (sample.class.clone(), added_card(sample))).collect()
    }

    /// The weights with centroids, the thresholds that fit them, and how well they tell known cards from unknown ones.
    fn calibrated(&self) -> Result<(Weights, Thresholds, UnknownReport)> {
        let mut weights = self.checkpoint.average();
        let module = |weights: &Weights| Module::new(self.graph.clone(), weights, Precision::Float32);
        let mut namer = Namer::of_module(module(&weights)?, &self.heads, self.size(), OPEN);
        let trained = self.of(if self.trained.is_empty() { &self.judged } else { &self.trained });
        let centroids = embedding::centroids(&embedding::of_samples(&mut namer, &trained)?, &trained);
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
        let mut namer = Namer::of_module(module, &self.heads, self.size(), OPEN);
        let judged = if self.judged.is_empty() { &self.trained } else { &self.judged };
        let mut read = |pictures: &[image::RgbaImage]| -> Result<Vec<Signals>> {
            let answers = namer.read(pictures)?;
            Ok(answers.iter().map(|it| signals::of(classes, &it.heads[0], &it.similarity)).collect())
        };
        let open = |sample: &Sample| {
            let read = picture::read(&sample.path).map(|picture| picture.image);
            read.map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))
        };
        let pictures = self.of(judged).iter().map(open).collect::<Result<Vec<_>>>()?;
        let (known, strange) = (read(&pictures)?, read(&strange)?);
        let (half, other) = strange.split_at(strange.len() / 2);
        let thresholds = choose(&known, half, REJECTED, gallery);
        Ok((weights, thresholds, report(&known, other, &[], &thresholds)))
    }

    /// Pictures of cards that nobody knows, and the similarity from which two of them are the same card.
    fn strangers(&self, module: &Module) -> Result<(Vec<image::RgbaImage>, f32)> {
        let mut scenes = SceneRecipe::default();
        scenes.crop.size = self.size();
        (scenes.crop.not_a_card, scenes.crop.unknown) = (0.0, INVENTED);
        let sprites = std::sync::Arc::new(synth::practice::sprites());
        let seed = self.checkpoint.position.recipe.seed;
        let material = Material { sprites, recipe: scenes.clone(), cards: CARDS, seed };
        let bank = evaluation_bank(&material)?;
        let gallery = gallery::measure(module, &bank, &scenes)?.threshold;
        let [width, height] = self.size();
        let mut crops = compose(&bank, &scenes, seed_of(seed, Purpose::Evaluation, 41), STRANGERS);
        crops.retain(|crop| !self.heads[0].classes.contains(&bank.classes()[crop.truth.class]));
        let picture = |pixels: Vec<u8>| {
            image::RgbaImage::from_raw(width, height, pixels).expect("a crop has its recipe's size")
        };
        Ok((crops.into_iter().map(|crop| picture(crop.pixels)).collect(), gallery))
    }
}
