//! A retraining: gathers what can be learned from, trains, calibrates, compares and installs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result};
use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::manifest::{Added, Head, Manifest};
use lens_core::paths;
use serde_json::json;
use synth::crop::Crop;
use tch::Tensor;

use super::captures::{grow, names, taught};
use super::comparison::{Figures, rows};
use super::takeover::{REJECTED, Unseen};
use super::task::RetrainTask;
use super::verdict::Row;
use crate::checkpoint::Budget;
use crate::data::dataset::coverage::Coverage;
use crate::data::dataset::split::split;
use crate::data::dataset::{DataError, DataSet, Sample};
use crate::data::synthetic::Material;
use crate::evaluate::calibrate::measure::{OPEN, evaluation_bank};
use crate::evaluate::calibrate::{centroids, signals, thresholds};
use crate::evaluate::classifier::Classifier;
use crate::evaluate::identification::{self, compose};
use crate::evaluate::metrics::Share;
use crate::evaluate::model_under_test::{Run, batch};
use crate::evaluate::{captures, embedding};
use crate::model::export::{Source as ExportSource, export_identifier};
use crate::model::network::Graph;
use crate::model::network::hardware::{Hardware, Place, Precision};
use crate::model::network::identifier::SIMILARITY;
use crate::model::network::torch::{Module, Weights};
use crate::model::onnx::writer::Batch;
use crate::model::quantise::options::Options as Int8;
use crate::random::{Stream, seed_of};
use crate::recipe::Recipe;
use crate::recipe::labelled::LabelledRecipe;
use crate::recipe::schedule::Schedule;
use crate::train::identifier::{IdentifierTask, heads as composed_heads};
use crate::train::labelled::pictures::{Costs, Order, Pictures};
use crate::train::warm_start::{Known, fill};
use crate::train::{Event, Options, Outcome, Session};

/// Composed crops that both models are judged by: for a minute, fewest and most. With 8000 the
/// share of right names is known to within half a point, nineteen times of twenty.
const CROPS: [f64; 3] = [600.0, 200.0, 8000.0];
/// At most so many of them are read again and again, and when a file is tried out.
const FEWER_CROPS: usize = 3000;
/// Images in each half of a batch.
const BATCH: usize = 32;
/// Of the heads and of what lies below; the installed model was trained to its end already.
const LEARNING_RATE: f64 = 3e-4;
/// The first step whose batch judges how much of the training is taken over, and how many there
/// are.
const UNSEEN_STEP: u64 = 1 << 32;
const UNSEEN_STEPS: u64 = 48;

/// Everything that a retraining is about.
#[derive(Debug)]
pub struct Job {
    manifest: Manifest,
    catalogue: Catalogue,
    known: Known,
    recipe: Recipe,
    heads: Vec<Head>,
    added: BTreeMap<String, Added>,
    /// Composed images; none without art.
    material: Option<Material>,
    samples: Vec<Sample>,
    train: Vec<usize>,
    judged: Vec<usize>,
    /// Composed crops to judge by.
    crops: usize,
}

/// What a retraining is gathered from.
#[derive(Debug)]
pub struct Source<'a> {
    /// Folder of the installed model.
    pub folder: &'a Path,
    /// The captures.
    pub data: Captures<'a>,
    /// The model's manifest.
    pub manifest: Manifest,
    /// How it was trained.
    pub recipe: Recipe,
    /// Its catalogue.
    pub catalogue: Catalogue,
    /// Composed images of the cards; why not, where there is no art.
    pub material: Result<Material>,
    /// Minutes that all may take.
    pub minutes: f64,
}

/// Labelled captures.
#[derive(Debug)]
pub struct Captures<'a> {
    /// Their folder.
    pub folder: &'a Path,
    /// What is in it.
    pub set: Result<DataSet, DataError>,
}

/// Weights before and after a training.
#[derive(Debug)]
pub struct Trained {
    task: RetrainTask,
    before: Weights,
    after: Weights,
}

/// A network with its manifest.
#[derive(Debug)]
pub struct NewModel {
    graph: Graph,
    weights: Weights,
    manifest: Manifest,
}

impl Job {
    /// Gathers what can be learned from. What a person should know of it comes as messages.
    ///
    /// # Errors
    /// When there is nothing to learn from, or the model cannot be used.
    pub fn gather(source: Source<'_>, messages: &mut Vec<String>) -> Result<Self> {
        let Source { folder, data, manifest, recipe, catalogue, material, minutes } = source;
        let known = Known::from_model(folder, &manifest)?;
        let set = match data.set {
            Ok(set) => Some(set),
            Err(DataError::NoLabels { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let mut samples = set.as_ref().map_or_else(Vec::new, |set| set.samples.clone());
        let places = [data.folder.to_path_buf(), paths::data().join("screenshots")];
        let (mut more, gone) = taught(folder, &samples, &places);
        if !more.is_empty() {
            messages.push(format!("{} taught captures are used as if they were labelled", more.len()));
            samples.append(&mut more);
        }
        if !gone.is_empty() {
            messages.push(format!(
                "the captures of these taught cards are gone, teach them again afterwards: {}",
                gone.join(", ")
            ));
        }
        if samples.is_empty() {
            let folder = data.folder.to_path_buf();
            return Err(match set {
                Some(set) => set.nothing_usable(&folder),
                None => DataError::NoLabels { folder },
            }
            .into());
        }
        let contract = &manifest.identifier;
        let (heads, added) = grow(&contract.heads, &contract.added, &mut samples, &catalogue);
        let new = &heads[0].classes[contract.heads[0].classes.len()..];
        if !new.is_empty() {
            messages.push(format!("new cards: {}", names(new, &catalogue, &added)));
        }
        let material = match material {
            // The heads of composed crops are the first classes of the model's.
            Ok(material) if is_prefix(&composed_heads(material.sprites.catalogue()), &heads) => {
                Some(Material { seed: seed_of(recipe.seed, Stream::LabelledSample, 1), ..material })
            }
            Ok(_) => None,
            Err(error) => {
                messages.push(format!("without composed images only the heads are trained: {error}"));
                None
            }
        };
        let mut parts = split(&samples, 0.2, recipe.seed);
        let near = parts.judge_near_duplicates(&samples);
        if !near.is_empty() {
            messages.push(format!(
                "judged by captures that are nearly the same as those trained on: {}",
                names(&near, &catalogue, &added)
            ));
        }
        let judged = parts.judged(&samples);
        let [for_a_minute, fewest, most] = CROPS;
        let crops = (minutes * for_a_minute).clamp(fewest, most) as usize;
        let (learned, held) = (parts.train.len(), judged.len());
        messages.push(format!("{learned} captures to learn from, {held} held out to judge by"));
        Ok(Self {
            manifest,
            catalogue,
            known,
            recipe,
            heads,
            added,
            material,
            samples,
            train: parts.train,
            judged,
            crops,
        })
    }

    fn size(&self) -> [u32; 2] {
        self.manifest.identifier.input_size
    }

    fn graph(&self, heads: &[Head]) -> Result<Graph> {
        Ok(self.recipe.identifier.shape.graph(heads)?)
    }

    /// About how many cards are drawn before the first step.
    pub fn work_of_drawing(&self) -> usize {
        self.material.as_ref().map_or(0, |material| material.cards)
    }

    /// The new weights; none when it was asked to stop.
    ///
    /// # Errors
    /// When the training diverges, or the run's folder cannot be written.
    pub fn train(
        &self,
        budget: Budget,
        run: &Path,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<Trained>> {
        let graph = self.graph(&self.heads)?;
        let mut start = fill(&graph, &self.heads, self.recipe.seed, Some(&self.known)).weights;
        self.imprint(&mut start)?;
        let labelled = LabelledRecipe { batch: BATCH, weighted_sampler: true, ..LabelledRecipe::default() };
        let pictures = Arc::new(Pictures::new(self.samples.clone(), &self.heads, self.size()));
        let order = Order::new(&labelled, &pictures, self.train.clone(), self.recipe.seed);
        let mut costs = Costs::new(&labelled, &pictures, &self.heads, &self.train);
        let mut recipe = self.recipe.clone();
        let training = &mut recipe.identifier.training;
        training.batch = BATCH;
        training.schedule = Schedule { learning_rate: LEARNING_RATE, warm_up: 30, floor: 0.02 };
        training.optimiser.average = 0.99;
        let composed = match &self.material {
            Some(material) => Some(IdentifierTask::new(&recipe, material.clone())?),
            None => {
                recipe.identifier.training.optimiser.weight_decay = 0.0;
                costs = costs.only_present(&pictures, &self.heads, &self.train);
                None
            }
        };
        let plan = recipe.identifier.training.plan();
        let (heads, size) = (self.heads.clone(), self.size());
        let task = RetrainTask { graph, heads, plan, pictures, order, costs, composed, size };
        let digest = self.catalogue.digest();
        let hardware = Hardware::best_on(Place::Auto.device()?);
        let mut session = Session::new(&task, &start, budget, &recipe, digest, hardware)?;
        std::fs::create_dir_all(run).with_context(|| format!("cannot make {}", run.display()))?;
        let coverage = Coverage::of(&self.recipe.game, &self.samples, &self.train, &self.judged);
        coverage.write(run).with_context(|| format!("cannot write into {}", run.display()))?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let options =
            Options { loaders: processors.div_ceil(4), checkpoint_interval: Duration::from_secs(600) };
        let outcome = session.run(&task, run, &options, stop, tell)?;
        if outcome != Outcome::Finished {
            return Ok(None);
        }
        Ok(Some(Trained { after: session.checkpoint().average(), before: start, task }))
    }

    /// Gives classes that the installed model does not have a row of the identification's weights:
    /// the mean embedding of their captures, as long as the other rows are (weight imprinting, Qi
    /// and others, 2018, arXiv:1712.07136). The card is known from the first step on, and what lies
    /// between these weights and the trained ones means something.
    fn imprint(&self, weights: &mut Weights) -> Result<()> {
        let first = self.manifest.identifier.heads[0].classes.len() as i64;
        let classes = &self.heads[0].classes;
        let is_new = |it: &&Sample| !self.manifest.identifier.heads[0].classes.contains(&it.class);
        let learned = self.train.iter().map(|&index| &self.samples[index]);
        let new: Vec<Sample> = learned.filter(is_new).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let bare = Module::new(self.graph(&self.heads)?, weights, Precision::Float32)?;
        let mut classifier = Classifier::from_module(bare, &self.heads, self.size(), OPEN);
        let vectors = embedding::of_samples(&mut classifier, &new)?;
        let name = &self.heads[0].name;
        let rows = weights[&format!("{name}.weight")].copy();
        let biases = weights[&format!("{name}.bias")].copy();
        let known = rows.narrow(0, 0, first);
        let norm = known.square().sum_dim_intlist([1_i64].as_slice(), false, None).sqrt().mean(None);
        let bias = biases.narrow(0, 0, first).mean(None);
        for (class, centroid) in embedding::centroids(&vectors, &new) {
            let row = classes.iter().position(|it| *it == class).expect("every capture has a class") as i64;
            rows.get(row).copy_(&(Tensor::from_slice(&centroid) * &norm));
            biases.get(row).copy_(&bias);
        }
        weights.insert(format!("{name}.weight"), rows);
        weights.insert(format!("{name}.bias"), biases);
        Ok(())
    }

    /// The weights between those before and after the training that forget nothing.
    fn taken_over(&self, trained: Trained) -> Result<Weights> {
        let Trained { task, before, after } = trained;
        let Some(material) = &self.material else { return Ok(after) };
        // Far beyond any training: nothing was trained on these.
        let captures: Vec<_> =
            (UNSEEN_STEP..UNSEEN_STEP + UNSEEN_STEPS).map(task.capture_batches()).collect();
        // Nor on these drawings of the cards, which are those that both models are compared on.
        let bank = evaluation_bank(material)?;
        let crops = |unknown: f32, seed: u64, count: usize| {
            let mut recipe = material.recipe.clone();
            (recipe.crop.not_a_card, recipe.crop.unknown) = (0.0, unknown);
            compose(&bank, &recipe, seed_of(material.seed, Stream::Evaluation, seed), count)
        };
        let [composed, mut invented] =
            [crops(0.0, 51, self.crops_between()), crops(1.0, 52, self.crops_between() / 2)];
        invented.retain(|crop| crop.truth.class == bank.unknown());
        let known = self.manifest.identifier.heads[0].classes.len();
        Unseen::new(&task, &self.catalogue, [&composed, &invented], &captures, known).best(&before, &after)
    }

    /// Composed crops of known cards that weights between those before and after are tried on; of
    /// invented cards there are half as many.
    fn crops_between(&self) -> usize {
        self.crops.min(FEWER_CROPS)
    }

    /// Whether two classes are of cards that count as the same.
    fn is_same_card(&self, one: &str, other: &str) -> bool {
        self.catalogue.is_same_card(id_of_class(one), id_of_class(other))
    }

    /// About how many things [`Job::calibrated`] says are done.
    pub fn work_of_calibration(&self) -> usize {
        let composed = |material: &Material| {
            let crops = self.crops / 2 + self.crops / 4;
            let between = self.crops_between() + self.crops_between() / 2;
            let captures = UNSEEN_STEPS as usize * BATCH;
            let tried = material.cards + between + Unseen::work(between, captures);
            tried + 4 * material.cards + centroids::work(self.heads[0].classes.len()) + 2 * crops
        };
        self.train.len() + self.material.as_ref().map_or(0, composed)
    }

    /// The same of [`Job::compare`].
    pub fn work_of_comparison(&self) -> usize {
        let composed = |material: &Material| material.cards + 2 * self.crops;
        2 * (self.judged.len() + self.material.as_ref().map_or(0, composed))
    }

    /// The network with as much of the training as forgets nothing, with centroids, and thresholds
    /// that fit it.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn calibrated(&self, trained: Trained) -> Result<NewModel> {
        let mut weights = self.taken_over(trained)?;
        let graph = self.graph(&self.heads)?;
        let classes = &self.heads[0].classes;
        let name = format!("{SIMILARITY}.weight");
        let width = self.recipe.identifier.shape.embedding;
        let bare = Module::new(graph.clone(), &weights, Precision::Float32)?;
        let rows = Tensor::zeros([classes.len() as i64, width], (tch::Kind::Float, tch::Device::Cpu));
        let measured = match &self.material {
            Some(material) => Some(centroids::centroids(&bare, material, classes.len(), self.size())?),
            // Nothing below the heads was trained: the old ones are still right.
            None => self.known.weights.get(&name).map(Tensor::copy),
        };
        if let Some(measured) = measured {
            rows.narrow(0, 0, measured.size()[0]).copy_(&measured);
        }
        let mut classifier = Classifier::from_module(bare, &self.heads, self.size(), OPEN);
        let learned: Vec<Sample> = self.train.iter().map(|&index| self.samples[index].clone()).collect();
        let vectors = embedding::of_samples(&mut classifier, &learned)?;
        for (class, centroid) in embedding::centroids(&vectors, &learned) {
            let row = classes.iter().position(|it| *it == class).expect("every capture has a class");
            let own = rows.get(row as i64);
            if own.square().sum(tch::Kind::Float).double_value(&[]) < 0.5 {
                rows.get(row as i64).copy_(&Tensor::from_slice(&centroid));
            }
        }
        weights.insert(name, rows);
        let mut manifest = self.manifest.clone();
        manifest.identifier.heads.clone_from(&self.heads);
        manifest.identifier.added.clone_from(&self.added);
        if let Some(material) = &self.material {
            let module = Module::new(graph.clone(), &weights, Precision::Float32)?;
            let bank = evaluation_bank(material)?;
            let crops = |nothing: f32, unknown: f32, seed: u64, count: usize| {
                let mut recipe = material.recipe.clone();
                (recipe.crop.not_a_card, recipe.crop.unknown) = (nothing, unknown);
                compose(&bank, &recipe, seed_of(material.seed, Stream::Evaluation, seed), count)
            };
            let mut invented = crops(0.0, 1.0, 12, self.crops / 4);
            invented.retain(|crop| crop.truth.class == bank.unknown());
            let read = |crops: &[Crop]| signals::of_crops(&module, &manifest, classes, crops);
            let known = crops(0.0, 0.0, 11, self.crops / 2);
            let known: Vec<_> = known.iter().map(|crop| crop.truth.class).zip(read(&known)?).collect();
            let (named, mut others) = thresholds::split_by_name(&known, |&shown, said| {
                self.is_same_card(&bank.classes()[shown], &classes[said])
            });
            others.extend(read(&invented)?);
            let gallery = manifest.identifier.thresholds.gallery;
            manifest.identifier.thresholds = thresholds::choose(&named, &others, REJECTED, gallery);
        }
        Ok(NewModel { graph, weights, manifest })
    }

    /// Both models on the same images.
    ///
    /// # Errors
    /// When a network cannot run.
    pub fn compare(&self, new: &NewModel) -> Result<Vec<Row>> {
        let old_heads = &self.manifest.identifier.heads;
        let graph = self.graph(old_heads)?;
        let mut start = fill(&graph, old_heads, 0, Some(&self.known)).weights;
        let similarity = format!("{SIMILARITY}.weight");
        if let Some(centroids) = self.known.weights.get(&similarity) {
            start.insert(similarity, centroids.copy());
        }
        let old = self.figures(&graph, &start, &self.manifest)?;
        let new = self.figures(&new.graph, &new.weights, &new.manifest)?;
        Ok(rows(&self.heads, &old, &new))
    }

    fn figures(&self, graph: &Graph, weights: &Weights, manifest: &Manifest) -> Result<Figures> {
        let module = || Module::new(graph.clone(), weights, Precision::Float32);
        let contract = &manifest.identifier;
        let mut classifier =
            Classifier::from_module(module()?, &contract.heads, contract.input_size, contract.thresholds);
        let mut figures = Figures::default();
        let judged: Vec<Sample> = self.judged.iter().map(|&index| self.samples[index].clone()).collect();
        if !judged.is_empty() {
            let report = captures::measure(&mut classifier, &judged)?;
            // A card that a model has no class for is not named rightly by it.
            let names = &report.names;
            let wrong: Vec<usize> = names.failures.iter().map(|(index, _)| *index).collect();
            let has_class = |sample: &Sample| contract.heads[0].classes.contains(&sample.class);
            let was_known =
                |sample: &Sample| self.manifest.identifier.heads[0].classes.contains(&sample.class);
            for (index, sample) in judged.iter().enumerate() {
                let right = has_class(sample) && !wrong.contains(&index);
                figures.captures.count(right);
                if !was_known(sample) {
                    figures.new_cards.count(right);
                }
            }
            // Captures of no card are not asked this.
            let whole = names.rejected.whole + names.unknown_flagged.whole;
            figures.said = Share { part: whole - names.rejected.part - names.unknown_flagged.part, whole };
            figures.heads = report.heads.into_iter().map(|(name, (share, _))| (name, share)).collect();
        }
        if let Some(material) = &self.material {
            let mut subject = Run::new(None, Some(module()?), manifest.clone(), &self.catalogue)?;
            let seed = seed_of(material.seed, Stream::Evaluation, 21);
            let bank = evaluation_bank(material)?;
            let classes = &contract.heads[0].classes;
            figures.composed =
                identification::measure(&mut subject, classes, &bank, &material.recipe, seed, self.crops)?;
        }
        Ok(figures)
    }

    /// Installs the new model in the place of the old one, which is kept.
    ///
    /// # Errors
    /// When the folder cannot be written, or a file does not compute what libtorch does.
    pub fn install(&self, folder: &Path, new: NewModel, rows: &[Row]) -> Result<()> {
        let pictures: Vec<Tensor> = match &self.material {
            Some(material) => {
                let seed = seed_of(material.seed, Stream::Evaluation, 31);
                let crops = compose(
                    &evaluation_bank(material)?,
                    &material.recipe,
                    seed,
                    (self.crops.min(FEWER_CROPS) / 2).max(64),
                );
                let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
                pixels.chunks(64).map(|part| batch(part, self.size())).collect()
            }
            None => Pictures::new(self.samples.clone(), &self.heads, self.size()).batches(),
        };
        let mut manifest = new.manifest;
        manifest.metrics = json!({ "retrained": rows, "before": self.manifest.metrics });
        let source = ExportSource {
            graph: &new.graph,
            weights: &new.weights,
            batch: Batch::Dynamic,
            pictures: &pictures,
            options: &Int8::default(),
        };
        export_identifier(folder, folder, manifest, &source)?;
        Ok(())
    }
}

/// Whether the first classes of each head are those.
fn is_prefix(composed: &[Head], heads: &[Head]) -> bool {
    let starts = |(one, other): (&Head, &Head)| {
        one.name == other.name
            && other.classes.starts_with(&one.classes)
            && one.activation == other.activation
    };
    composed.len() == heads.len() && composed.iter().zip(heads).all(starts)
}
