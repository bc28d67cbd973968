//! `trainer train`: the two networks on composed images, or the identifier on labelled captures.
//!
//! The run's folder is what a later command goes on from.

mod composed;
mod labelled;
mod options;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use super::{ArtArguments, DataArguments, read_recipe, run_folder};
use crate::model::network::hardware::Place;
use crate::recipe::{DataRecipe, Recipe};
use options::RecipeOptions;

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
    /// Steps in all, instead of the recipe's
    #[arg(long, conflicts_with = "minutes")]
    steps: Option<u64>,
    /// Minutes of training in all, instead of the recipe's steps (each network's, with `all`)
    #[arg(long)]
    minutes: Option<f64>,
    /// Where to train
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
    /// Threads for the network [default: all processors]
    #[arg(long)]
    threads: Option<usize>,
    /// Threads that compose pictures [default: one for four processors]
    #[arg(long)]
    loaders: Option<usize>,
    /// Seconds between checkpoints of a training without epochs [default: 120]
    #[arg(long)]
    checkpoint_every: Option<u64>,
    #[command(flatten)]
    art: ArtArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    options: RecipeOptions,
}

/// Other commands read labelled captures also when nobody says where they are.
const DATA: &str = "Train the identifier on the labelled captures of this folder, which has labels.json; without it on \
                    those that the recipe names, or on composed images";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
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
    let threads = arguments.threads.unwrap_or(processors);
    match captures(arguments)? {
        Some(data) => labelled::run(arguments, &data, threads, loaders),
        None => composed::run(arguments, threads, loaders),
    }
}

/// The captures that are trained on: those of the command line, else those that the recipe names.
fn captures(arguments: &Arguments) -> Result<Option<DataArguments>> {
    if arguments.data.data.is_some() {
        return Ok(Some(arguments.data.clone()));
    }
    if arguments.what != What::Identifier {
        return Ok(None);
    }
    let recipe = match (arguments.resume, &arguments.run, &arguments.recipe) {
        (true, Some(run), _) => read_recipe(None, Some(run))?,
        (true, None, Some(recipe)) => read_recipe(None, Some(&run_folder(None, &Recipe::read(recipe)?)))?,
        (false, _, Some(recipe)) => Recipe::read(recipe)?,
        (_, _, None) => return Ok(None),
    };
    let DataRecipe::Labelled(labelled) = recipe.data else { return Ok(None) };
    Ok(labelled.folder.map(|folder| DataArguments {
        data: Some(folder),
        augmented: arguments.data.augmented.clone().or(labelled.augmented),
        game: recipe.game,
    }))
}

pub(crate) fn start_threads(threads: usize) -> Result<()> {
    tch::set_num_threads(threads as i32);
    // A training's first bank is drawn by rayon, before there is anything to train on.
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start threads")
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
