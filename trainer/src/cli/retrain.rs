//! `trainer retrain`: what a player runs between two games; and `trainer rollback`, which undoes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lens_core::catalogue::Catalogue;
use lens_core::manifest::{Added, Head, Manifest};
use lens_core::paths;
use serde_json::json;
use tch::Tensor;

use super::calibrate::evaluation_bank;
use super::train::{start_threads, stop_on_signals};
use super::{ArtArguments, DataArguments, material};
use crate::calibrate::{centroids, signals, thresholds};
use crate::checkpoint::{Budget, Network};
use crate::dataset::split::split;
use crate::dataset::{DataError, DataSet, Sample};
use crate::evaluate::Share;
use crate::evaluate::identification::{self, IdentificationReport, compose};
use crate::evaluate::namer::{Namer, model_folder};
use crate::evaluate::subject::{Run, batch};
use crate::export::previous::{keep, previous, put_back};
use crate::export::{Source, export_identifier};
use crate::labelled::recipe::LabelledRecipe;
use crate::labelled::start::{Known, fill};
use crate::labelled::task::{Costs, Order, Pictures};
use crate::network::Graph;
use crate::network::hardware::{Hardware, Place, Precision};
use crate::network::identifier::SIMILARITY;
use crate::network::torch::{Module, Weights};
use crate::onnx::Batch;
use crate::progress::Console;
use crate::quantise::Options as Int8;
use crate::recipe::Recipe;
use crate::retrain::captures::{grow, taught};
use crate::retrain::task::RetrainTask;
use crate::retrain::verdict::{Row, Weight, better, table};
use crate::schedule::Schedule;
use crate::train::composed::{Material, Purpose, seed_of};
use crate::train::identifier::{IdentifierTask, heads as composed_heads};
use crate::train::{Options, Session};

/// What `trainer retrain` takes: nothing has to be said.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder or name of the installed model [default: that of the game]
    #[arg(long)]
    model: Option<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    /// Minutes that it may take, most of them for training
    #[arg(long, default_value_t = 15.0)]
    minutes: f64,
    /// Steps of training, instead of as many as the minutes allow
    #[arg(long)]
    steps: Option<u64>,
    /// Threads for the network [default: all processors]
    #[arg(long)]
    threads: Option<usize>,
    /// Train and judge, but install nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    art: ArtArguments,
}

/// What `trainer rollback` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct RollbackArguments {
    /// Folder or name of the installed model
    #[arg(long, default_value = "balatro")]
    model: PathBuf,
}

/// Part of the time that is for training; the rest is for judging and exporting.
const TRAINING: f64 = 0.7;
/// Composed crops that both models are judged by, and that thresholds are chosen on: for a minute, fewest and most.
const CROPS: [f64; 3] = [200.0, 200.0, 3000.0];
/// Pictures in each half of a batch.
const BATCH: usize = 32;

/// Retrains.
///
/// # Errors
/// When there is nothing to learn from, or the model cannot be used; the installed model is untouched then.
pub fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.minutes > 0.0, "--minutes must be above 0");
    let begin = Instant::now();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    start_threads(arguments.threads.unwrap_or(processors))?;
    let folder = model_folder(arguments.model.as_deref().unwrap_or(Path::new(&arguments.data.game)))?;
    let job = Job::gather(arguments, &folder)?;
    let seconds =
        arguments.minutes * 60.0 * TRAINING - begin.elapsed().as_secs_f64().min(arguments.minutes * 20.0);
    let budget = arguments.steps.map_or(Budget::Seconds(seconds.max(1.0)), Budget::Steps);
    let Some(weights) = job.train(budget)? else {
        say!("stopped; the installed model is untouched");
        return Ok(());
    };
    let new = job.calibrated(weights)?;
    let rows = job.compare(&new)?;
    say!("{}", table(&rows));
    if let Err(reason) = better(&rows) {
        say!("{} stays as it is: {reason}", folder.display());
        return Ok(());
    }
    if arguments.dry_run {
        say!("the new model is better; nothing was installed, as you asked");
        return Ok(());
    }
    job.install(&folder, new, &rows)?;
    say!(
        "the new model is installed in {}; the old one is kept\nto go back: trainer rollback --model {}",
        folder.display(),
        folder.file_name().unwrap_or_default().to_string_lossy()
    );
    Ok(())
}

/// Goes back.
///
/// # Errors
/// When no model was kept.
pub fn rollback(arguments: &RollbackArguments) -> Result<()> {
    let folder = model_folder(&arguments.model)?;
    ensure!(
        previous(&folder).is_dir(),
        "no model was kept for {}\nhelp: `trainer retrain` keeps one when it installs another",
        folder.display()
    );
    put_back(&folder).with_context(|| format!("cannot exchange {}", folder.display()))?;
    say!("{} is the model before; the command again goes forth", folder.display());
    Ok(())
}

/// Everything that a retraining is about.
struct Job {
    manifest: Manifest,
    catalogue: Catalogue,
    known: Known,
    recipe: Recipe,
    heads: Vec<Head>,
    added: BTreeMap<String, Added>,
    /// Composed pictures; none without art.
    material: Option<Material>,
    samples: Vec<Sample>,
    train: Vec<usize>,
    judged: Vec<usize>,
    /// Composed crops to judge by.
    crops: usize,
}

/// A network with its manifest.
struct New {
    graph: Graph,
    weights: Weights,
    manifest: Manifest,
}

impl Job {
    fn gather(arguments: &Arguments, folder: &Path) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        let known = Known::of_model(folder, &manifest).map_err(anyhow::Error::msg)?;
        let recipe: Recipe = serde_json::from_value(manifest.recipe.clone())
            .with_context(|| format!("{} does not say how it was trained", folder.display()))?;
        let catalogue = Catalogue::read(&paths::catalogue(&manifest.catalogue))?;
        if catalogue.digest() != manifest.catalogue_digest {
            bail!("the catalogue {:?} has changed since {} was made", manifest.catalogue, folder.display());
        }
        let set = read(&arguments.data, &catalogue)?;
        let mut samples = set.as_ref().map_or_else(Vec::new, |set| set.samples.clone());
        let places = [arguments.data.folder(), paths::data().join("screenshots")];
        let (mut more, gone) = taught(folder, &samples, &places);
        if !more.is_empty() {
            say!("{} taught captures are used as if they were labelled", more.len());
            samples.append(&mut more);
        }
        if !gone.is_empty() {
            say!(
                "the captures of these taught cards are gone, teach them again afterwards: {}",
                gone.join(", ")
            );
        }
        if samples.is_empty() {
            let folder = arguments.data.folder();
            return Err(match set {
                Some(set) => set.nothing_usable(&folder),
                None => DataError::NoLabels { folder },
            }
            .into());
        }
        let contract = &manifest.identifier;
        let (heads, added) = grow(&contract.heads, &contract.added, &mut samples, &catalogue);
        let new: Vec<&str> =
            heads[0].classes[contract.heads[0].classes.len()..].iter().map(String::as_str).collect();
        if !new.is_empty() {
            say!("new cards: {}", new.join(", "));
        }
        let material = match arguments.art.sprites(&recipe) {
            // The heads of composed crops are the first classes of the model's.
            Ok(sprites) if is_prefix(&composed_heads(sprites.catalogue()), &heads) => Some(Material {
                seed: seed_of(recipe.seed, Purpose::LabelledSample, 1),
                ..material(&recipe, sprites)
            }),
            Ok(_) => None,
            Err(error) => {
                say!("without composed pictures only the heads are trained: {error}");
                None
            }
        };
        let mut parts = split(&samples, 0.2, recipe.seed);
        let near = parts.judge_near_duplicates(&samples);
        if !near.is_empty() {
            say!("judged by captures that are nearly the same as those trained on: {}", near.join(", "));
        }
        let judged = parts.judged(&samples);
        let [for_a_minute, fewest, most] = CROPS;
        let crops = (arguments.minutes * for_a_minute).clamp(fewest, most) as usize;
        say!("{} captures to learn from, {} held out to judge by", parts.train.len(), judged.len());
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

    /// The new weights; none when it was asked to stop.
    fn train(&self, budget: Budget) -> Result<Option<Weights>> {
        let graph = self.graph(&self.heads)?;
        let start = fill(&graph, &self.heads, self.recipe.seed, Some(&self.known));
        let labelled = LabelledRecipe { batch: BATCH, weighted_sampler: true, ..LabelledRecipe::default() };
        let pictures = Arc::new(Pictures::new(self.samples.clone(), &self.heads, self.size()));
        let order = Order::new(&labelled, &pictures, self.train.clone(), self.recipe.seed);
        let mut costs = Costs::new(&labelled, &pictures, &self.heads, &self.train);
        let mut recipe = self.recipe.clone();
        let training = &mut recipe.identifier.training;
        training.batch = BATCH;
        training.schedule = Schedule { rate: 1e-3, warm_up: 30, floor: 0.02 };
        training.optimiser.average = 0.99;
        let composed = match &self.material {
            Some(material) => Some(IdentifierTask::new(&recipe, material.clone())?),
            None => {
                recipe.identifier.training.optimiser.weight_decay = 0.0;
                costs = costs.only_present(&pictures, &self.heads, &self.train);
                None
            }
        };
        let training = recipe.identifier.training;
        let (heads, size) = (self.heads.clone(), self.size());
        let task = RetrainTask { graph, heads, training, pictures, order, costs, composed, size };
        let digest = self.catalogue.digest();
        let hardware = Hardware::best_on(Place::Auto.device()?);
        let mut session = Session::new(&task, &start.weights, budget, &recipe, digest, hardware)?;
        let run = paths::data().join("runs").join("retrain");
        std::fs::create_dir_all(&run).with_context(|| format!("cannot make {}", run.display()))?;
        let mut console = Console::new(&run, Network::Identifier, 2 * BATCH, 0)?;
        let stop = stop_on_signals()?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let options =
            Options { loaders: processors.div_ceil(4), checkpoint_every: Duration::from_secs(600), hardware };
        let outcome = session.run(&task, &run, &options, &stop, &mut |report| console.show(report))?;
        drop(console);
        say!("trained for {} steps", session.position().step);
        Ok((outcome == crate::train::Outcome::Finished).then(|| session.checkpoint().average()))
    }

    /// The network with centroids, and thresholds that fit it.
    fn calibrated(&self, mut weights: Weights) -> Result<New> {
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
        let mut namer = Namer::of_module(bare, &self.heads, self.size(), super::calibrate::OPEN);
        let learned: Vec<Sample> = self.train.iter().map(|&index| self.samples[index].clone()).collect();
        let vectors = crate::embedding::of_samples(&mut namer, &learned)?;
        for (class, centroid) in crate::embedding::centroids(&vectors, &learned) {
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
                compose(&bank, &recipe, seed_of(material.seed, Purpose::Evaluation, seed), count)
            };
            let mut invented = crops(0.0, 1.0, 12, self.crops / 4);
            invented.retain(|crop| crop.truth.class == bank.unknown());
            let read = |crops: &[synth::crop::Crop]| signals::of_crops(&module, &manifest, classes, crops);
            let (known, strange) = (read(&crops(0.0, 0.0, 11, self.crops / 2))?, read(&invented)?);
            let gallery = manifest.identifier.thresholds.gallery;
            manifest.identifier.thresholds = thresholds::choose(&known, &strange, 0.01, gallery);
        }
        Ok(New { graph, weights, manifest })
    }

    /// Both models on the same pictures.
    fn compare(&self, new: &New) -> Result<Vec<Row>> {
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
        let mut namer =
            Namer::of_module(module()?, &contract.heads, contract.input_size, contract.thresholds);
        let mut figures = Figures::default();
        let judged: Vec<Sample> = self.judged.iter().map(|&index| self.samples[index].clone()).collect();
        if !judged.is_empty() {
            let report = crate::evaluate::captures::measure(&mut namer, &judged)?;
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
            let seed = seed_of(material.seed, Purpose::Evaluation, 21);
            let bank = evaluation_bank(material)?;
            let classes = &contract.heads[0].classes;
            figures.composed =
                identification::measure(&mut subject, classes, &bank, &material.recipe, seed, self.crops)?;
        }
        Ok(figures)
    }

    fn install(&self, folder: &Path, new: New, rows: &[Row]) -> Result<()> {
        let pictures: Vec<Tensor> = match &self.material {
            Some(material) => {
                let seed = seed_of(material.seed, Purpose::Evaluation, 31);
                let crops =
                    compose(&evaluation_bank(material)?, &material.recipe, seed, (self.crops / 2).max(64));
                let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
                pixels.chunks(64).map(|part| batch(part, self.size())).collect()
            }
            None => Pictures::new(self.samples.clone(), &self.heads, self.size()).batches(),
        };
        let mut manifest = new.manifest;
        manifest.metrics = json!({ "retrained": rows, "before": self.manifest.metrics });
        keep(folder).with_context(|| format!("cannot keep the model in {}", folder.display()))?;
        let source = Source {
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

/// What is compared.
#[derive(Default)]
struct Figures {
    captures: Share,
    new_cards: Share,
    said: Share,
    heads: BTreeMap<String, Share>,
    composed: IdentificationReport,
}

/// What is compared; what no picture says anything of is left out.
fn rows(heads: &[Head], old: &Figures, new: &Figures) -> Vec<Row> {
    let row = |what: &str, weight, of: &dyn Fn(&Figures) -> Share| Row {
        what: what.to_owned(),
        old: of(old),
        new: of(new),
        weight,
    };
    let mut rows = vec![
        row("your captures: right name", Weight::Gain, &|it| it.captures),
        row("  of these, new cards", Weight::Shown, &|it| it.new_cards),
        // A right name is of no use to the player when the overlay says that the card is unknown.
        row("  said to be known", Weight::Guard, &|it| it.said),
    ];
    for head in heads.iter().skip(1) {
        let of = |it: &Figures| it.heads.get(&head.name).copied().unwrap_or_default();
        rows.push(row(&format!("  {}", head.name), Weight::Shown, &of));
    }
    rows.push(row("composed cards: right name", Weight::Guard, &|it| it.composed.names.top1));
    rows.push(row("  edition", Weight::Guard, &|it| it.composed.edition));
    rows.push(row("  said to be unknown or none", Weight::Shown, &|it| it.composed.names.rejected));
    rows.push(row("invented cards: said to be unknown", Weight::Shown, &|it| {
        it.composed.names.unknown_flagged
    }));
    rows.retain(|row| row.old.whole > 0 || row.weight == Weight::Gain);
    rows
}

/// Labelled captures; none where there are no labels.
fn read(data: &DataArguments, catalogue: &Catalogue) -> Result<Option<DataSet>> {
    let augmented = data.augmented();
    let augmented = augmented.join(crate::dataset::AUGMENTED).is_file().then_some(augmented);
    match DataSet::read(&data.folder(), augmented.as_deref(), Some(catalogue)) {
        Ok(set) => {
            set.problems.iter().for_each(|problem| eprintln!("{problem}"));
            Ok(Some(set))
        }
        Err(DataError::NoLabels { .. }) => Ok(None),
        Err(error) => Err(error.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_rejects_everything_is_not_installed() {
        let figures = |right: usize, said: usize| Figures {
            captures: Share { part: right, whole: 20 },
            said: Share { part: said, whole: 20 },
            ..Figures::default()
        };
        let check = |new: Figures| better(&rows(&[], &figures(16, 19), &new));
        assert_eq!(check(figures(18, 19)), Ok(()));
        assert_eq!(check(figures(20, 0)).unwrap_err(), "said to be known has become worse");
    }
}
