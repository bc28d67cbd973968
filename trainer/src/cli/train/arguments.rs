//! What `trainer train` takes.

use std::path::PathBuf;

use super::options::{RecipeOptions, What};
use crate::cli::arguments::{ArtArguments, DataArguments, positive, threads};
use crate::model::network::hardware::Place;

/// What `trainer train` takes.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("data", |data| data.help(DATA)))]
pub struct Arguments {
    /// Which network
    #[arg(value_enum)]
    pub(super) what: What,
    /// Recipe; with --resume the run's own is used
    #[arg(long, value_name = "FILE")]
    pub(super) recipe: Option<PathBuf>,
    /// Folder for checkpoints and metrics [default: data/runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) run: Option<PathBuf>,
    /// Go on where a stopped training left off
    #[arg(long)]
    pub(super) resume: bool,
    /// Steps in all, instead of the recipe's
    #[arg(long, conflicts_with = "minutes", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(super) steps: Option<u64>,
    /// Minutes of training in all, instead of the recipe's steps (each network's, with `all`)
    #[arg(long, value_parser = positive)]
    pub(super) minutes: Option<f64>,
    /// Where to train
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    pub(super) device: Place,
    /// Threads for the network [default: all processors]
    #[arg(long, value_parser = threads)]
    pub(super) threads: Option<usize>,
    /// Threads that compose images [default: one for four processors]
    #[arg(long, value_parser = threads)]
    pub(super) loaders: Option<usize>,
    /// Seconds between checkpoints of a training without epochs [default: 120]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) checkpoint_every: Option<u64>,
    #[command(flatten)]
    pub(super) art: ArtArguments,
    #[command(flatten)]
    pub(super) data: DataArguments,
    #[command(flatten)]
    pub(super) options: RecipeOptions,
}

/// Other commands read labelled captures also when nobody says where they are.
const DATA: &str = "Train the identifier on the labelled captures of this folder, which has labels.json; without it on \
                    those that the recipe names, or on composed images";
