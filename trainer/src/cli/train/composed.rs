//! `trainer train` on composed images: the detector, the identifier, or both.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lens_core::counted::counted;
use synth::art::Sprites;
use tch::Device;

use super::arguments::Arguments;
use super::options::What;
use crate::checkpoint::claim::Claim;
use crate::checkpoint::{Budget, Checkpoint, Network};
use crate::cli::Ending;
use crate::cli::arguments::{material, read_recipe, run_folder, typed};
use crate::cli::process::{start_threads, stop_on_signals};
use crate::model::network::hardware::Hardware;
use crate::model::network::settle::settle;
use crate::model::network::torch::Weights;
use crate::recipe::training::Training;
use crate::recipe::{DataRecipe, FILE_NAME, Recipe};
use crate::report::bar::Bar;
use crate::report::progress::Console;
use crate::report::words::duration;
use crate::train::detector::DetectorTask;
use crate::train::identifier::IdentifierTask;
use crate::train::warm_start::{Known, fill};
use crate::train::{Event, Options, Outcome, Session, Task, TaskSpec};

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
    check_folder(&run, &recipe, arguments)?;
    let stop = stop_on_signals()?;
    let seconds = arguments.checkpoint_every.unwrap_or(CHECKPOINT_INTERVAL);
    let options = Options { loaders, checkpoint_interval: Duration::from_secs(seconds) };
    let device = arguments.device.device()?;
    let job = Job { arguments, recipe: &recipe, run: &run, options, device, stop: &stop };
    // Both can begin, or nothing is written and nothing trained for hours before it fails.
    let detector = (arguments.what != What::Identifier).then(|| job.detector(&sprites)).transpose()?;
    let identifier = (arguments.what != What::Detector).then(|| job.identifier(&sprites)).transpose()?;
    if !arguments.resume {
        recipe.write(&run).with_context(|| format!("cannot write the recipe into {}", run.display()))?;
    }
    if let Some(detector) = detector
        && job.train(detector)? == Outcome::Stopped
    {
        return Ok(Ending::Stopped);
    }
    if let Some(identifier) = identifier
        && job.train(identifier)? == Outcome::Stopped
    {
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

/// A training of which is known that it can begin.
struct Ready<T> {
    task: T,
    start: Start,
    /// The weights that it begins with where it knows no others.
    initial: Weights,
    digest: String,
}

/// Where a training begins.
enum Start {
    /// Where it was stopped.
    Stopped(Box<Session>),
    /// At the beginning, with what fits of these weights.
    Anew(Option<Known>),
}

impl Job<'_> {
    fn detector(&self, sprites: &Arc<Sprites>) -> Result<Ready<DetectorTask>> {
        let task = DetectorTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        let initial = task.initial_weights();
        self.ready(task, initial, &|path| Ok(Known::read_detector(path)?), sprites.catalogue().digest())
    }

    fn identifier(&self, sprites: &Arc<Sprites>) -> Result<Ready<IdentifierTask>> {
        let task = IdentifierTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        let (initial, graph) = (task.initial_weights()?, task.spec().graph);
        // The other run may be of another game: what fits of it is taken.
        self.ready(task, initial, &|path| Ok(Known::read(path, &graph)?), sprites.catalogue().digest())
    }

    /// Reads all that a training begins with, and writes nothing.
    fn ready<T: Task>(
        &self,
        task: T,
        initial: Weights,
        known: &dyn Fn(&Path) -> Result<Known>,
        digest: &str,
    ) -> Result<Ready<T>> {
        let spec = task.spec();
        let start = if self.arguments.resume && Checkpoint::path(self.run, spec.network).exists() {
            let checkpoint = Checkpoint::read(self.run, spec.network)?;
            if checkpoint.position.is_labelled() {
                bail!(
                    "{} was trained on captures\nhelp: give their folder with --data to go on, or begin a new run with \
                     --init {0} --run OTHER",
                    self.run.display()
                );
            }
            if checkpoint.position.catalogue_digest != digest {
                bail!(
                    "the catalogue has changed since {} was begun\nhelp: begin a new run with --init {0} --run OTHER",
                    self.run.display()
                );
            }
            let session =
                Session::resume(&task, &checkpoint, self.budget(spec.network), self.hardware(&spec))
                    .with_context(|| {
                        format!(
                            "{} is of another network than the recipe beside it\nhelp: begin a new run with --run OTHER",
                            Checkpoint::path(self.run, spec.network).display()
                        )
                    })?;
            Start::Stopped(Box::new(session))
        } else {
            Start::Anew(self.arguments.options.init.as_deref().map(known).transpose()?)
        };
        Ok(Ready { task, start, initial, digest: digest.to_owned() })
    }

    fn hardware(&self, spec: &TaskSpec) -> Hardware {
        Hardware { device: self.device, precision: spec.plan.precision.on(self.device) }
    }

    /// What fits of known weights; an exported network gets the statistics of batches again.
    fn start_from<T: Task>(&self, task: &T, known: &Known) -> Result<Weights> {
        let spec = task.spec();
        let start = fill(&spec.graph, &spec.heads, self.recipe.seed, Some(known));
        start.report.iter().for_each(|line| say!("{line}"));
        if !start.frozen_batch_norm {
            return Ok(start.weights);
        }
        let what = format!("{}: cards drawn", spec.network.name());
        let _bar = Bar::listening(&what, self.recipe.bank.cards);
        let batches = task.batches();
        let inputs: Vec<_> = (0..SETTLING_BATCHES).map(|step| task.input(&batches(step))).collect();
        Ok(settle(&spec.graph, &start.weights, &inputs)?)
    }

    /// The session at its beginning. What the folder has of an earlier training is put aside.
    fn begin<T: Task>(
        &self,
        task: &T,
        initial: Weights,
        known: Option<&Known>,
        digest: &str,
    ) -> Result<Session> {
        let spec = task.spec();
        let aside = Checkpoint::put_aside(self.run, spec.network)
            .with_context(|| format!("cannot put the checkpoints in {} aside", self.run.display()))?;
        if !aside.is_empty() {
            let names: Vec<String> = aside.iter().map(|it| it.display().to_string()).collect();
            say!("{}: what was trained before is kept in {}", spec.network.name(), names.join(", "));
        }
        let weights = match known {
            Some(known) => self.start_from(task, known)?,
            None => initial,
        };
        let budget = self.budget(spec.network).unwrap_or(Budget::Steps(self.training(spec.network).steps));
        Ok(Session::new(task, &weights, budget, self.recipe, digest, self.hardware(&spec))?)
    }

    fn train<T: Task>(&self, ready: Ready<T>) -> Result<Outcome> {
        let Ready { task, start, initial, digest } = ready;
        let mut session = match start {
            Start::Stopped(session) => *session,
            Start::Anew(known) => self.begin(&task, initial, known.as_ref(), &digest)?,
        };
        let task = &task;
        let position = session.position();
        let network = position.network;
        if position.progress() >= 1.0 {
            let seconds = duration(position.seconds);
            say!("{}: finished after {} in {seconds}", network.name(), counted(position.step, "step"));
            return Ok(Outcome::Finished);
        }
        let mut console = Console::new(self.run, position)
            .with_context(|| format!("cannot write metrics into {}", self.run.display()))?;
        // Until the first step there is nothing to see but this.
        let mut drawing =
            Some(Bar::listening(&format!("{}: cards drawn", network.name()), self.recipe.bank.cards));
        let mut tell = |event: Event<'_>| {
            drop(drawing.take());
            console.show(&event);
        };
        let outcome = session.run(task, self.run, &self.options, self.stop, &mut tell)?;
        drop(console);
        let position = session.position();
        let (name, seconds) = (network.name(), duration(position.seconds));
        let steps = counted(position.step, "step");
        let file = Checkpoint::path(self.run, network);
        match outcome {
            Outcome::Finished => {
                say!("{name}: finished after {steps} in {seconds}: {}", file.display());
            }
            Outcome::OutOfPatience => say!(
                "{name}: stopped after {steps}, {} without a lower loss; the best is {}",
                counted(position.epochs.map_or(0, |progress| progress.waited), "epoch"),
                Checkpoint::best_path(self.run, network).display()
            ),
            Outcome::Stopped => say!(
                "{name}: stopped after {steps}, saved {}\nto go on: {}",
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
        let mut command = format!("trainer train {what} --run {} --resume", typed(self.run));
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

/// Whether a training may begin in the folder.
fn check_folder(run: &Path, recipe: &Recipe, arguments: &Arguments) -> Result<()> {
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
    Ok(())
}
