//! `trainer calibrate`: class centroids and thresholds, into the run's folder.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use lens_core::manifest::Thresholds;

use super::arguments::{ArtArguments, material, read_recipe};
use crate::checkpoint::Network;
use crate::checkpoint::claim::Claim;
use crate::evaluate::calibrate::measure::{Options, calibrate, work};
use crate::evaluate::calibration::FILE_NAME;
use crate::evaluate::run_model::Trained;
use crate::report::bar::Bar;

/// What `trainer calibrate` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Share of rightly named composed cards that may be said to be unknown; several times as many
    /// real ones will be
    #[arg(long, default_value_t = 0.005, value_parser = super::arguments::share)]
    rejected: f64,
    /// Objectness from which a peak is a card, instead of the best one on composed scenes
    #[arg(long, value_parser = super::arguments::probability)]
    detection: Option<f64>,
    /// Composed crops of known cards, and a third as many of unknown ones
    #[arg(long, default_value_t = 6000, value_parser = super::arguments::count::<300, 1_000_000>)]
    crops: usize,
    /// Composed scenes
    #[arg(long, default_value_t = 200, value_parser = super::arguments::count::<10, 100_000>)]
    scenes: usize,
    /// Print what was measured as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    art: ArtArguments,
}

/// Calibrates.
///
/// # Errors
/// When the run is not complete or the art cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let recipe = read_recipe(None, Some(&arguments.run))?;
    let sprites = arguments.art.sprites(&recipe)?;
    let material = material(&recipe, Arc::clone(&sprites));
    let detector = Trained::read(&arguments.run, Network::Detector)?;
    let mut identifier = Trained::read(&arguments.run, Network::Identifier)?;
    let Arguments { rejected, detection, crops, scenes, .. } = *arguments;
    let options = Options { rejected, detection: detection.map(|it| it as f32), crops, scenes };
    let claim = Claim::new(&arguments.run)?;
    let all = work(&options, &material, identifier.identities().len());
    let bar = Bar::listening("calibration", all);
    let figures = calibrate(&arguments.run, &options, &detector, &mut identifier, &material, &sprites)?;
    drop((bar, claim));
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&figures)?);
        return Ok(());
    }
    let Thresholds { unknown, probability, similarity, .. } = figures.thresholds;
    say!("a peak is a card from {:.2} on", figures.detection);
    say!(
        "a card is unknown below a probability of {probability:.2}, a similarity of {similarity:.2}, or from {unknown:.2} \
         for the class unknown"
    );
    say!("written to {}", arguments.run.join(FILE_NAME).display());
    Ok(())
}
