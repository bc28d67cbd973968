//! `trainer train` on composed images: the detector, the identifier, or both.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lens_core::atomic;
use synth::art::Sprites;
use tch::Device;

use super::arguments::Arguments;
use super::options::What;
use crate::checkpoint::claim::Claim;
use crate::checkpoint::{Budget, Checkpoint, Network};
use crate::cli::Ending;
use crate::cli::arguments::{material, read_recipe, run_folder};
use crate::cli::process::{start_threads, stop_on_signals};
use crate::model::network::hardware::Hardware;
use crate::model::network::settle::settle;
use crate::model::network::torch::Weights;
use crate::recipe::training::Training;
use crate::recipe::{DataRecipe, FILE_NAME, Recipe};
use crate::report::progress::{Console, duration};
use crate::train::detector::DetectorTask;
use crate::train::identifier::IdentifierTask;
use crate::train::warm_start::{Known, fill};
use crate::train::{Event, Options, Outcome, Session, Task};

/// Seconds between checkpoints when nothing is said.
const CHECKPOINT_INTERVAL: u64 = 120;

/// Batches on which the statistics of an exported network are measured.
const SETTLING_BATCHES: u64 = 8;

/// Trains.
pub(super) fn run(arguments: &Arguments, threads: usize, loaders: usize) -> Result<Ending> {
    let recipe = if arguments.resume { resumed_recipe(arguments)? } else { new_recipe(arguments)? };
    let run = run_folder(arguments.run.as_deref(), &recipe);
    start_threads(threads)?;
    let sprites = arguments.art.sprites(&recipe)?;
    let _claim = Claim::new(&run)?;
    prepare_folder(&run, &recipe, arguments)?;
    let stop = stop_on_signals()?;
    let seconds = arguments.checkpoint_every.unwrap_or(CHECKPOINT_INTERVAL);
    let options = Options { loaders, checkpoint_interval: Duration::from_secs(seconds) };
    let device = arguments.device.device()?;
    let job = Job { arguments, recipe: &recipe, run: &run, options, device, stop: &stop };
    if arguments.what != What::Identifier && job.train_detector(&sprites)? == Outcome::Stopped {
        return Ok(Ending::Stopped);
    }
    if arguments.what != What::Detector && job.train_identifier(&sprites)? == Outcome::Stopped {
        return Ok(Ending::Stopped);
    }
    Ok(Ending::Done)
}

fn new_recipe(arguments: &Arguments) -> Result<Recipe> {
    let recipe = read_recipe(arguments.recipe.as_deref(), None)?;
    arguments.options.composed(recipe, arguments.what)
}

/// The recipe that the run was begun with.
fn resumed_recipe(arguments: &Arguments) -> Result<Recipe> {
    if !arguments.options.keeps_recipe() {
        bail!(
            "a training goes on with the recipe that it was begun with\nhelp: leave the options that change it out, or \
             begin a new run with --init RUN --run OTHER"
        );
    }
    let composed = |recipe: Recipe| Recipe { data: DataRecipe::Composed, ..recipe };
    let run: PathBuf = match (&arguments.run, &arguments.recipe) {
        (Some(run), _) => run.clone(),
        (None, recipe) => run_folder(None, &read_recipe(recipe.as_deref(), None)?),
    };
    let own = composed(read_recipe(None, Some(&run))?);
    if let Some(path) = &arguments.recipe
        && composed(Recipe::read(path)?) != own
    {
        bail!(
            "{} differs from the recipe that {run} was begun with\nhelp: leave --recipe out to go on with that one, or \
             begin a new run with --init {run} --run OTHER",
            path.display(),
            run = run.display()
        );
    }
    Ok(own)
}

/// What both trainings have in common.
struct Job<'a> {
    arguments: &'a Arguments,
    recipe: &'a Recipe,
    run: &'a Path,
    options: Options,
    device: Device,
    stop: &'a AtomicBool,
}

impl Job<'_> {
    fn train_detector(&self, sprites: &Arc<Sprites>) -> Result<Outcome> {
        let task = DetectorTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        let initial = || match &self.arguments.options.init {
            Some(other) => self.start_from(&task, &Known::read_detector(other)?),
            None => Ok(task.initial_weights()),
        };
        self.train(&task, initial, sprites.catalogue().digest())
    }

    fn train_identifier(&self, sprites: &Arc<Sprites>) -> Result<Outcome> {
        let task = IdentifierTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        // The other run may be of another game: what fits of it is taken.
        let initial = || match &self.arguments.options.init {
            Some(other) => self.start_from(&task, &Known::read(other, &task.spec().graph)?),
            None => Ok(task.initial_weights()?),
        };
        self.train(&task, initial, sprites.catalogue().digest())
    }

    /// What fits of known weights; an exported network gets the statistics of batches again.
    fn start_from<T: Task>(&self, task: &T, known: &Known) -> Result<Weights> {
        let spec = task.spec();
        let start = fill(&spec.graph, &spec.heads, self.recipe.seed, Some(known));
        start.report.iter().for_each(|line| say!("{line}"));
        if !start.frozen_batch_norm {
            return Ok(start.weights);
        }
        let batches = task.batches();
        let inputs: Vec<_> = (0..SETTLING_BATCHES).map(|step| task.input(&batches(step))).collect();
        Ok(settle(&spec.graph, &start.weights, &inputs)?)
    }

    fn train<T: Task>(
        &self,
        task: &T,
        initial: impl FnOnce() -> Result<Weights>,
        digest: &str,
    ) -> Result<Outcome> {
        let spec = task.spec();
        let network = spec.network;
        let hardware = Hardware { device: self.device, precision: spec.plan.precision.on(self.device) };
        let mut session = if self.arguments.resume && Checkpoint::path(self.run, network).exists() {
            let checkpoint = Checkpoint::read(self.run, network)?;
            if checkpoint.position.catalogue_digest != digest {
                bail!(
                    "the catalogue has changed since {} was begun\nhelp: begin a new run with --init {0} --run OTHER",
                    self.run.display()
                );
            }
            Session::resume(task, &checkpoint, self.budget(network), hardware)?
        } else {
            let budget = self.budget(network).unwrap_or(Budget::Steps(self.training(network).steps));
            Session::new(task, &initial()?, budget, self.recipe, digest, hardware)?
        };
        let position = session.position();
        if position.progress() < 1.0 {
            eprintln!(
                "{}: the first {} cards are drawn, then it begins",
                network.name(),
                self.recipe.bank.cards
            );
        }
        if position.progress() >= 1.0 {
            let seconds = duration(position.seconds);
            say!("{}: finished after {} steps in {seconds}", network.name(), position.step);
            return Ok(Outcome::Finished);
        }
        let mut console = Console::new(self.run, position)
            .with_context(|| format!("cannot write metrics into {}", self.run.display()))?;
        let mut tell = |event: Event<'_>| console.show(&event);
        let outcome = session.run(task, self.run, &self.options, self.stop, &mut tell)?;
        drop(console);
        let position = session.position();
        let (name, step, seconds) = (network.name(), position.step, duration(position.seconds));
        let file = Checkpoint::path(self.run, network);
        match outcome {
            Outcome::Finished => {
                say!("{name}: finished after {step} steps in {seconds}: {}", file.display());
            }
            Outcome::OutOfPatience => say!(
                "{name}: stopped after {step} steps, {} epochs without a lower loss; the best is {}",
                position.epochs.map_or(0, |progress| progress.waited),
                Checkpoint::best_path(self.run, network).display()
            ),
            Outcome::Stopped => say!(
                "{name}: stopped after {step} steps, saved {}\nto go on: {}",
                file.display(),
                self.resume_command()
            ),
        }
        Ok(outcome)
    }

    fn training(&self, network: Network) -> &Training {
        match network {
            Network::Detector => &self.recipe.detector.training,
            Network::Identifier => &self.recipe.identifier.training,
        }
    }

    fn budget(&self, network: Network) -> Option<Budget> {
        let epochs = self.arguments.options.steps(self.training(network));
        let minutes = self.arguments.minutes.map(|minutes| Budget::Seconds(60.0 * minutes));
        self.arguments.steps.or(epochs).map(Budget::Steps).or(minutes)
    }

    /// The command that goes on: the same one, with `--resume` and without what is in the
    /// checkpoint.
    fn resume_command(&self) -> String {
        let what = match self.arguments.what {
            What::Detector => "detector",
            What::Identifier => "identifier",
            What::All => "all",
        };
        let mut command = format!("trainer train {what} --run {} --resume", self.run.display());
        if let (What::All, Some(minutes)) = (self.arguments.what, self.arguments.minutes) {
            command += &format!(" --minutes {minutes}");
        }
        if let (What::All, Some(steps)) = (self.arguments.what, self.arguments.steps) {
            command += &format!(" --steps {steps}");
        }
        if let Some(art) = &self.arguments.art.art {
            command += &format!(" --art {}", art.display());
        }
        command
    }
}

/// Makes the folder and writes the resolved recipe into it, unless it is there already.
fn prepare_folder(run: &Path, recipe: &Recipe, arguments: &Arguments) -> Result<()> {
    if arguments.resume {
        return Ok(());
    }
    let trained = [(Network::Detector, What::Identifier), (Network::Identifier, What::Detector)];
    for (network, other) in trained {
        let path = Checkpoint::path(run, network);
        if arguments.what != other && path.exists() {
            bail!(
                "{} is there already\nhelp: go on with --resume, give another folder with --run, or delete it",
                path.display()
            );
        }
    }
    let path = run.join(FILE_NAME);
    if path.exists() && Recipe::read(&path)? != *recipe {
        bail!("{} was begun with another recipe\nhelp: give another folder with --run", run.display());
    }
    let text = toml::to_string(recipe).context("cannot write the recipe as TOML")?;
    atomic::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
