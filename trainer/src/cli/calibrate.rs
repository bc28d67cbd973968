//! `trainer calibrate`: class centroids and thresholds, into the run's folder.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::arguments::{ArtArguments, material, read_recipe};
use crate::checkpoint::Network;
use crate::evaluate::calibrate::measure::{Options, calibrate};
use crate::evaluate::run_model::Trained;

/// What `trainer calibrate` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Share of known composed cards that may be said to be unknown; several times as many real
    /// ones will be
    #[arg(long, default_value_t = 0.005)]
    rejected: f64,
    /// Objectness from which a peak is a card, instead of the best one on composed scenes
    #[arg(long)]
    detection: Option<f32>,
    /// Composed crops of known cards, and a third as many of unknown ones
    #[arg(long, default_value_t = 6000)]
    crops: usize,
    /// Composed scenes
    #[arg(long, default_value_t = 200)]
    scenes: usize,
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
    let options = Options { rejected, detection, crops, scenes };
    let figures = calibrate(&arguments.run, &options, &detector, &mut identifier, &material, &sprites)?;
    say!("{}", serde_json::to_string_pretty(&figures)?);
    say!("written to {}", arguments.run.join(crate::evaluate::calibration::FILE_NAME).display());
    Ok(())
}
