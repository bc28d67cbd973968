//! `trainer train identifier --data`: on captures that people labelled.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lens_core::{atomic, paths};
use tch::Device;

use super::stop_on_signals;
use crate::augment::thrown::Level;
use crate::checkpoint::{Checkpoint, Network};
use crate::commands::{DataArguments, RECIPE, read_recipe};
use crate::dataset::Sample;
use crate::dataset::fields::heads;
use crate::dataset::split::{SplitFile, split_again};
use crate::evaluate::Share;
use crate::labelled::fit::{Ending, EpochReport, Event, Fit, Job, best_path};
use crate::labelled::history::History;
use crate::labelled::recipe::{Choice, Freeze, LabelledRecipe};
use crate::labelled::schedule::Scheduler;
use crate::labelled::start::{Known, fill};
use crate::labelled::task::Pictures;
use crate::network::identifier::{Backbone, IdentifierShape};
use crate::recipe::Recipe;
use crate::train::composed::{Purpose, seed_of};
use crate::train::optimiser::Kind;

/// What a training on labelled captures takes: each option replaces what the recipe says.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "With --data")]
pub struct Options {
    /// Fields of the labels that are learned, a head each: identification,modifier,seal or any other
    #[arg(long, value_delimiter = ',', requires = "data")]
    tasks: Vec<String>,
    /// The network below the heads
    #[arg(long, value_enum, requires = "data")]
    backbone: Option<BackboneName>,
    /// Weights to start from: a run, a checkpoint, a model's folder, or torchvision's resnet18
    #[arg(long, value_name = "PATH", requires = "data")]
    init: Option<PathBuf>,
    /// Which parts of the backbone are not trained
    #[arg(long, value_enum, requires = "data")]
    freeze: Option<Freeze>,
    /// Which optimiser
    #[arg(long, value_enum, requires = "data")]
    optimizer: Option<Kind>,
    /// Learning rate of the heads
    #[arg(long, requires = "data")]
    rate: Option<f64>,
    /// Learning rate of the backbone
    #[arg(long, requires = "data")]
    backbone_rate: Option<f64>,
    /// Weight decay
    #[arg(long, requires = "data")]
    weight_decay: Option<f64>,
    /// How the learning rate changes over epochs
    #[arg(long, value_enum, requires = "data")]
    scheduler: Option<SchedulerName>,
    /// Epochs of a step (step), or without a fall of the loss (plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_epochs: Option<u64>,
    /// What the rate is multiplied by (step, plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_factor: Option<f64>,
    /// What is left of the rate in the end (cosine, plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_floor: Option<f64>,
    /// Draw rare cards as often as frequent ones
    #[arg(long, requires = "data", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    weighted_sampler: Option<bool>,
    /// Let rare classes count more in the loss
    #[arg(long, requires = "data", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    class_weights: Option<bool>,
    /// Label smoothing
    #[arg(long, requires = "data")]
    smoothing: Option<f64>,
    /// What layers compute in
    #[arg(long, value_enum, requires = "data")]
    precision: Option<Choice>,
    /// Epochs without a lower validation loss until the training ends; 0 for never
    #[arg(long, requires = "data")]
    patience: Option<u64>,
    /// Epochs between checkpoints that are kept; 0 for none
    #[arg(long, requires = "data")]
    checkpoint_interval: Option<u64>,
    /// How often every picture is seen
    #[arg(long, requires = "data")]
    epochs: Option<u64>,
    /// Pictures in a step
    #[arg(long, requires = "data")]
    batch: Option<usize>,
    /// Everything random is derived from it
    #[arg(long, requires = "data")]
    seed: Option<u64>,
    /// What is done to pictures on the fly
    #[arg(long, value_enum, requires = "data")]
    transforms: Option<Level>,
    /// Part of the originals of each card that is held out
    #[arg(long, requires = "data")]
    validation: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum BackboneName {
    /// Convolutions and a template match, as in the recipe
    Idlite,
    /// ResNet18
    Resnet18,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum SchedulerName {
    None,
    Step,
    Plateau,
    Cosine,
}

/// Everything else that the command line says.
pub(super) struct Given<'a> {
    pub(super) data: &'a DataArguments,
    pub(super) recipe: Option<&'a Path>,
    pub(super) run: Option<&'a Path>,
    pub(super) resume: bool,
    pub(super) loaders: usize,
    pub(super) device: Device,
}

/// Name of the run when neither a run nor a recipe is given.
const NAME: &str = "labelled";
/// File with what is trained on and what is held out.
const SPLIT: &str = "split.json";

/// The captures that a run held out; none for a run that was not on captures.
///
/// # Errors
/// When its file cannot be read.
pub(crate) fn held_out(run: &Path) -> Result<Option<BTreeSet<String>>> {
    Ok(sides(run)?.map(|split| split.validation.into_iter().collect()))
}

/// The sides on which a run has its captures; none for a run that was not on captures.
fn sides(run: &Path) -> Result<Option<SplitFile>> {
    let path = run.join(SPLIT);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let split = serde_json::from_slice(&text).with_context(|| {
        format!("{} is not what a training writes\nhelp: begin another run with --run", path.display())
    })?;
    Ok(Some(split))
}

/// Trains.
pub(super) fn run(given: &Given<'_>, options: &Options) -> Result<()> {
    let run = match (given.run, given.recipe) {
        (Some(run), _) => run.to_path_buf(),
        (None, Some(recipe)) => super::run_folder(None, &Recipe::read(recipe)?),
        (None, None) => paths::data().join("runs").join(NAME),
    };
    let recipe = options.resolve(base_recipe(given, &run)?)?;
    let labelled = recipe.labelled.clone().unwrap_or_default();
    let set = given.data.read()?;
    let folder = given.data.folder();
    set.check_trainable(&folder)?;
    let catalogue = given.data.catalogue();
    let heads = heads(&set.samples, &labelled.tasks, catalogue.as_ref()).map_err(anyhow::Error::msg)?;
    let graph = recipe.identifier.shape.graph(&heads)?;
    // Whoever goes on must not be judged by what was learned before.
    let before = if given.resume { sides(&run)? } else { None };
    let split =
        split_again(&set.samples, labelled.validation, recipe.seed, &before.clone().unwrap_or_default());
    let judged = split.judged(&set.samples);
    let classes = heads[0].classes.len();
    say!(
        "{} captures and {} augmented ones of {classes} cards from {}; {} are held out",
        set.samples.iter().filter(|sample| !sample.is_augmented()).count(),
        set.samples.iter().filter(|sample| sample.is_augmented()).count(),
        folder.display(),
        judged.len()
    );
    if let Some(before) = &before {
        say_new(&set.samples, &judged, before);
    }
    if judged.is_empty() {
        eprintln!(
            "warning: nothing can be held out: the captures of every card are in one card group. The training loss \
             decides what is best\nhelp: capture cards again on another occasion"
        );
    }
    let checkpoint = prepare(&run, given.resume)?;
    let write = |name: &str, text: String| {
        let path = run.join(name);
        atomic::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    };
    write(RECIPE, toml::to_string(&recipe).context("cannot write the recipe as TOML")?)?;
    let mut file = split.file(&set.samples, recipe.seed);
    file.remember(&before.unwrap_or_default());
    write(SPLIT, serde_json::to_string_pretty(&file)? + "\n")?;
    let size = recipe.identifier.shape.input.map(|side| side as u32);
    let pictures = Arc::new(Pictures::new(set.samples, &heads, size));
    let digest = catalogue.map(|it| it.digest().to_owned()).unwrap_or_default();
    let job = Job {
        recipe,
        labelled,
        graph,
        heads,
        pictures,
        train: split.train,
        judged,
        digest,
        device: given.device,
    };
    let mut fit = begin(&job, checkpoint)?;
    if fit.progress().epoch >= job.labelled.epochs {
        say!("finished after {} epochs\nhelp: give more --epochs", fit.progress().epoch);
        return Ok(());
    }
    let mut history = History::open(&run, fit.progress().epoch)
        .with_context(|| format!("cannot write into {}", run.display()))?;
    let table = Table::new(&job);
    let stop = stop_on_signals()?;
    let ending = fit.run(&job, &run, given.loaders, &stop, &mut |event| match event {
        Event::Step { epoch, done, loss } => table.step(epoch, done, loss),
        Event::Epoch(report) => {
            table.epoch(report);
            if let Err(error) = history.add(report) {
                log::warn!("what epoch {} was like is not written: {error}", report.epoch);
            }
        }
    })?;
    let progress = *fit.progress();
    say!("{}", ending_text(ending, &progress, &run));
    Ok(())
}

/// Says what came since the run was begun.
fn say_new(samples: &[Sample], judged: &[usize], before: &SplitFile) {
    let files = before.files();
    let is_new = |sample: &Sample| !sample.is_augmented() && !files.contains(sample.file.as_str());
    let new = samples.iter().filter(|sample| is_new(sample)).count();
    let held = judged.iter().filter(|&&index| is_new(&samples[index])).count();
    if new > 0 {
        say!(
            "{new} captures are new to this run, of which {held} are held out; all others stay on their side"
        );
    }
}

fn ending_text(ending: Ending, progress: &crate::labelled::schedule::Progress, run: &Path) -> String {
    let best = format!("the best epoch is {}: {}", progress.best_epoch, best_path(run).display());
    match ending {
        Ending::Finished => format!("finished after {} epochs; {best}", progress.epoch),
        Ending::OutOfPatience => {
            format!(
                "stopped after {} epochs, {} without a lower loss; {best}",
                progress.epoch, progress.waited
            )
        }
        Ending::Stopped => format!(
            "stopped after {} whole epochs\nto go on: the same command with --run {} --resume",
            progress.epoch,
            run.display()
        ),
    }
}

fn base_recipe(given: &Given<'_>, run: &Path) -> Result<Recipe> {
    if given.resume {
        return read_recipe(None, Some(run));
    }
    if let Some(path) = given.recipe {
        return Ok(Recipe::read(path)?);
    }
    let game = &given.data.game;
    let shipped = paths::data().join("recipes").join(format!("{game}.toml"));
    Ok(Recipe { name: NAME.into(), ..Recipe::read(&shipped)? })
}

/// The checkpoint to go on from; an error when there is one that nobody asked to go on from.
fn prepare(run: &Path, resume: bool) -> Result<Option<Checkpoint>> {
    let path = Checkpoint::path(run, Network::Identifier);
    std::fs::create_dir_all(run).with_context(|| format!("cannot make {}", run.display()))?;
    match (path.exists(), resume) {
        (true, true) => Ok(Some(Checkpoint::read(run, Network::Identifier)?)),
        (true, false) => bail!(
            "{} is there already\nhelp: go on with --resume, give another folder with --run, or delete it",
            path.display()
        ),
        (false, _) => Ok(None),
    }
}

/// Goes on from the checkpoint where it has the same heads; takes what fits of it, or of known weights, otherwise.
fn begin(job: &Job, checkpoint: Option<Checkpoint>) -> Result<Fit> {
    let seed = seed_of(job.recipe.seed, Purpose::Weights, 2);
    let known = match (checkpoint, &job.labelled.init) {
        (Some(checkpoint), _) if checkpoint.position.heads == job.heads => {
            return Ok(Fit::resume(job, &checkpoint)?);
        }
        (Some(checkpoint), _) => {
            say!("the heads or classes have changed: the training begins again with what fits");
            let heads = checkpoint.position.heads.clone();
            Some(Known { from: "the checkpoint".into(), weights: checkpoint.average(), heads, folded: false })
        }
        (None, Some(path)) => Some(Known::read(path, &job.graph)?),
        (None, None) => None,
    };
    let start = fill(&job.graph, &job.heads, seed, known.as_ref());
    start.said.iter().for_each(|line| say!("{line}"));
    Ok(Fit::new(job, &start)?)
}

impl Options {
    /// The recipe with what the command line says instead.
    fn resolve(&self, mut recipe: Recipe) -> Result<Recipe> {
        let mut labelled = recipe.labelled.take().unwrap_or_default();
        fn set<T: Clone>(to: &mut T, given: &Option<T>) {
            if let Some(value) = given {
                to.clone_from(value);
            }
        }
        let LabelledRecipe { tasks, init, scheduler, .. } = &mut labelled;
        if !self.tasks.is_empty() {
            tasks.clone_from(&self.tasks);
        }
        if self.init.is_some() {
            init.clone_from(&self.init);
        }
        if let Some(name) = self.scheduler {
            *scheduler = self.scheduler(name);
        }
        set(&mut labelled.freeze, &self.freeze);
        set(&mut labelled.optimiser, &self.optimizer);
        set(&mut labelled.rate, &self.rate);
        set(&mut labelled.backbone_rate, &self.backbone_rate);
        set(&mut labelled.weight_decay, &self.weight_decay);
        set(&mut labelled.weighted_sampler, &self.weighted_sampler);
        set(&mut labelled.class_weights, &self.class_weights);
        set(&mut labelled.smoothing, &self.smoothing);
        set(&mut labelled.precision, &self.precision);
        set(&mut labelled.patience, &self.patience);
        set(&mut labelled.checkpoint_interval, &self.checkpoint_interval);
        set(&mut labelled.epochs, &self.epochs);
        set(&mut labelled.batch, &self.batch);
        set(&mut labelled.transforms, &self.transforms);
        set(&mut labelled.validation, &self.validation);
        set(&mut recipe.seed, &self.seed);
        match self.backbone {
            Some(BackboneName::Resnet18) => recipe.identifier.shape.backbone = Backbone::Resnet18,
            Some(BackboneName::Idlite) if recipe.identifier.shape.backbone == Backbone::Resnet18 => {
                recipe.identifier.shape.backbone = IdentifierShape::default().backbone;
            }
            _ => {}
        }
        labelled.check().map_err(anyhow::Error::msg)?;
        recipe.labelled = Some(labelled);
        Ok(recipe)
    }

    fn scheduler(&self, name: SchedulerName) -> Scheduler {
        let epochs = |usual| self.scheduler_epochs.unwrap_or(usual);
        let factor = |usual| self.scheduler_factor.unwrap_or(usual);
        let floor = |usual| self.scheduler_floor.unwrap_or(usual);
        match name {
            SchedulerName::None => Scheduler::None,
            SchedulerName::Step => Scheduler::Step { every: epochs(10), factor: factor(0.3) },
            SchedulerName::Plateau => {
                Scheduler::Plateau { wait: epochs(4), factor: factor(0.5), floor: floor(0.01) }
            }
            SchedulerName::Cosine => Scheduler::Cosine { floor: floor(0.02) },
        }
    }
}

/// A line for each epoch, and a bar within it.
struct Table {
    bar: Option<ProgressBar>,
}

impl Table {
    fn new(job: &Job) -> Self {
        let mut line = format!("{:>6}  {:>8}  {:>8}", "epoch", "train", "held out");
        for head in &job.heads {
            line += &format!("  {:>15} {:>6}", head.name, "top 3");
        }
        say!("{line}  {:>8}  {:>9}  {:>8}", "rate", "images/s", "waiting");
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {msg}").expect("the template is valid");
            ProgressBar::new(1).with_style(style)
        });
        Self { bar }
    }

    fn step(&self, epoch: u64, done: [u64; 2], loss: f64) {
        if let Some(bar) = &self.bar {
            bar.set_length(done[1]);
            bar.set_position(done[0]);
            bar.set_message(format!("epoch {epoch}, step {} of {}, loss {loss:.4}", done[0], done[1]));
        }
    }

    fn epoch(&self, report: &EpochReport) {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        let share = |share: Option<Share>| {
            share.and_then(Share::value).map_or_else(|| "-".to_owned(), |it| format!("{:.1} %", 100.0 * it))
        };
        let mut line = format!(
            "{:>6}{} {:>8}  {:>8}",
            report.epoch,
            if report.better { "*" } else { " " },
            number(Some(report.train_loss)),
            number(report.loss)
        );
        for head in &report.heads {
            line += &format!("  {:>15} {:>6}", share(Some(head.top1)), share(head.top3));
        }
        let speed = report.images as f64 / report.seconds.max(1e-9);
        let waiting = 100.0 * report.waited / report.seconds.max(1e-9);
        line += &format!("  {:>8.1e}  {speed:>9.0}  {waiting:>6.1} %", report.rate);
        match &self.bar {
            Some(bar) => bar.println(&line),
            None => say!("{line}"),
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
