//! `trainer train`: the two networks on composed pictures, or the identifier on labelled captures, with a run's folder that a later command goes on from.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lens_core::atomic;
use synth::art::Sprites;

pub mod labelled;

use super::{ArtArguments, DataArguments, RECIPE, material, read_recipe, run_folder};
use crate::checkpoint::{Budget, Checkpoint, Network};
use crate::labelled::start::{Known, fill};
use crate::network::hardware::{Hardware, Place};
use crate::network::torch::Weights;
use crate::progress::{Console, duration};
use crate::recipe::Recipe;
use crate::train::detector::DetectorTask;
use crate::train::identifier::IdentifierTask;
use crate::train::{Options, Outcome, Session, Task};

/// What `trainer train` takes.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("data", |data| data.help(DATA)))]
pub struct Arguments {
    /// Which network
    #[arg(value_enum)]
    what: What,
    /// Recipe; with --resume the run's own is used
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Folder for checkpoints and metrics [default: data/runs/NAME]
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Go on where a stopped training left off
    #[arg(long)]
    resume: bool,
    /// Start from the averaged weights of another run; of another game's identifier what fits is taken
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    from: Option<PathBuf>,
    /// Steps in all, instead of the recipe's
    #[arg(long, conflicts_with = "minutes")]
    steps: Option<u64>,
    /// Minutes of training in all, instead of the recipe's steps (each network's, with `all`)
    #[arg(long)]
    minutes: Option<f64>,
    /// Highest learning rate of both networks, instead of the recipe's: lower for a run that starts --from another
    #[arg(long, conflicts_with = "resume")]
    rate: Option<f64>,
    /// Seed of everything, instead of the recipe's
    #[arg(long, conflicts_with = "resume")]
    seed: Option<u64>,
    /// Where to train
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
    /// Threads for the network [default: all processors]
    #[arg(long)]
    threads: Option<usize>,
    /// Threads that compose pictures [default: one for four processors]
    #[arg(long)]
    loaders: Option<usize>,
    /// Seconds between checkpoints
    #[arg(long, default_value_t = 120)]
    checkpoint_every: u64,
    #[command(flatten)]
    art: ArtArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    labelled: labelled::Options,
}

/// Other commands read labelled captures also when nobody says where they are.
const DATA: &str = "Train the identifier on the labelled captures of this folder, which has labels.json; on composed pictures otherwise";

impl Arguments {
    /// The recipe with what the command line says.
    fn changed(&self, mut recipe: Recipe) -> Result<Recipe> {
        recipe.seed = self.seed.unwrap_or(recipe.seed);
        if let Some(rate) = self.rate {
            if !(rate.is_finite() && rate > 0.0) {
                bail!("--rate {rate} is not positive");
            }
            recipe.detector.training.schedule.rate = rate;
            recipe.identifier.training.schedule.rate = rate;
        }
        Ok(recipe)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The network that finds cards
    Detector,
    /// The network that names them
    Identifier,
    /// Both, one after the other
    All,
}

/// Trains.
///
/// # Errors
/// When the recipe, the art or the run's folder cannot be used, or the training diverges.
pub fn run(arguments: &Arguments) -> Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let loaders = arguments.loaders.unwrap_or_else(|| processors.div_ceil(4));
    if arguments.data.data.is_some() {
        if arguments.what != What::Identifier || arguments.steps.is_some() || arguments.minutes.is_some() {
            bail!(
                "labelled captures train the identifier, for so many epochs\nhelp: `trainer train identifier --data DIR --epochs N`"
            );
        }
        start_threads(arguments.threads.unwrap_or(processors))?;
        let given = labelled::Given {
            data: &arguments.data,
            recipe: arguments.recipe.as_deref(),
            run: arguments.run.as_deref(),
            resume: arguments.resume,
            loaders,
            device: arguments.device.device()?,
        };
        return labelled::run(&given, &arguments.labelled);
    }
    let recipe = if arguments.resume {
        let run = match (&arguments.run, &arguments.recipe) {
            (Some(run), _) => run.clone(),
            (None, recipe) => run_folder(None, &read_recipe(recipe.as_deref(), None)?),
        };
        let own = read_recipe(None, Some(&run))?;
        if let Some(path) = &arguments.recipe
            && Recipe::read(path)? != own
        {
            bail!(
                "{} differs from the recipe that {run} was begun with\nhelp: leave --recipe out to go on with that \
                 one, or begin a new run with --from {run} --run OTHER",
                path.display(),
                run = run.display()
            );
        }
        own
    } else {
        arguments.changed(read_recipe(arguments.recipe.as_deref(), None)?)?
    };
    let run = run_folder(arguments.run.as_deref(), &recipe);
    start_threads(arguments.threads.unwrap_or(processors))?;
    let sprites = arguments.art.sprites(&recipe)?;
    prepare_folder(&run, &recipe, arguments)?;
    let stop = stop_on_signals()?;
    let options = Options {
        loaders,
        checkpoint_every: Duration::from_secs(arguments.checkpoint_every),
        hardware: Hardware::best_on(arguments.device.device()?),
    };
    let job = Job { arguments, recipe: &recipe, run: &run, options, stop: &stop };
    if arguments.what != What::Identifier && job.train_detector(&sprites)? == Outcome::Stopped {
        return Ok(());
    }
    if arguments.what != What::Detector {
        job.train_identifier(&sprites)?;
    }
    Ok(())
}

pub(crate) fn start_threads(threads: usize) -> Result<()> {
    tch::set_num_threads(threads as i32);
    // A training's first bank is drawn by rayon, before there is anything to train on.
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start threads")
}

/// What both trainings have in common.
struct Job<'a> {
    arguments: &'a Arguments,
    recipe: &'a Recipe,
    run: &'a Path,
    options: Options,
    stop: &'a AtomicBool,
}

impl Job<'_> {
    fn train_detector(&self, sprites: &Arc<Sprites>) -> Result<Outcome> {
        let task = DetectorTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        let initial = || match &self.arguments.from {
            Some(other) => Ok(Checkpoint::read(other, Network::Detector)?.average()),
            None => Ok(task.initial_weights()),
        };
        self.train(&task, initial, sprites.catalogue().digest())
    }

    fn train_identifier(&self, sprites: &Arc<Sprites>) -> Result<Outcome> {
        let task = IdentifierTask::new(self.recipe, material(self.recipe, Arc::clone(sprites)))?;
        // The other run may be of another game: what fits of it is taken.
        let initial = || match &self.arguments.from {
            Some(other) => {
                let known = Known::read(other, task.graph())?;
                let start = fill(task.graph(), task.heads(), self.recipe.seed, Some(&known));
                start.said.iter().for_each(|line| say!("{line}"));
                Ok(start.weights)
            }
            None => Ok(task.initial_weights()?),
        };
        self.train(&task, initial, sprites.catalogue().digest())
    }

    fn train<T: Task>(
        &self,
        task: &T,
        initial: impl FnOnce() -> Result<Weights>,
        digest: &str,
    ) -> Result<Outcome> {
        let network = task.network();
        let hardware = self.options.hardware;
        let mut session = if self.arguments.resume && Checkpoint::path(self.run, network).exists() {
            let checkpoint = Checkpoint::read(self.run, network)?;
            if checkpoint.position.catalogue_digest != digest {
                bail!(
                    "the catalogue has changed since {} was begun\nhelp: begin a new run with --from {0} --run OTHER",
                    self.run.display()
                );
            }
            Session::resume(task, &checkpoint, self.budget(), hardware)?
        } else {
            let budget = self.budget().unwrap_or(Budget::Steps(task.training().steps));
            Session::new(task, &initial()?, budget, self.recipe, digest, hardware)?
        };
        let position = session.position();
        if position.progress() >= 1.0 {
            let seconds = duration(position.seconds);
            say!("{}: finished after {} steps in {seconds}", network.name(), position.step);
            return Ok(Outcome::Finished);
        }
        let mut console = Console::new(self.run, network, task.training().batch, position.step)
            .with_context(|| format!("cannot write metrics into {}", self.run.display()))?;
        let mut report = |it: &crate::train::Report| console.show(it);
        let outcome = session.run(task, self.run, &self.options, self.stop, &mut report)?;
        drop(console);
        let position = session.position();
        let (name, step, seconds) = (network.name(), position.step, duration(position.seconds));
        let file = Checkpoint::path(self.run, network);
        match outcome {
            Outcome::Finished => {
                say!("{name}: finished after {step} steps in {seconds}: {}", file.display());
            }
            Outcome::Stopped => say!(
                "{name}: stopped after {step} steps, saved {}\nto go on: {}",
                file.display(),
                self.resume_command()
            ),
        }
        Ok(outcome)
    }

    fn budget(&self) -> Option<Budget> {
        let minutes = self.arguments.minutes.map(|minutes| Budget::Seconds(60.0 * minutes));
        self.arguments.steps.map(Budget::Steps).or(minutes)
    }

    /// The command that goes on: the same one, with `--resume` and without what is in the checkpoint.
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
    let path = run.join(RECIPE);
    if path.exists() && Recipe::read(&path)? != *recipe {
        bail!("{} was begun with another recipe\nhelp: give another folder with --run", run.display());
    }
    std::fs::create_dir_all(run).with_context(|| format!("cannot make {}", run.display()))?;
    let text = toml::to_string(recipe).context("cannot write the recipe as TOML")?;
    atomic::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// A flag that Ctrl-C and SIGTERM set.
pub(crate) fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Asked twice: the last checkpoint has to do.
            std::process::exit(130);
        }
        eprintln!("stopping after this step; again to stop at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
