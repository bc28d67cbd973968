//! Opens a model for the game: its folder, the player's thresholds, and what other models were
//! taught.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lens_core::{image_file, manifest};
use vision::enrol;
use vision::network::Options;
use vision::providers::{Provider, Report};
use vision::recogniser::Recogniser;

/// A model's folder: `model` itself when it is one, otherwise the folder of that name among the
/// data.
pub fn folder(model: &str) -> PathBuf {
    let as_given = PathBuf::from(model);
    if as_given.join(manifest::FILE_NAME).is_file() { as_given } else { lens_core::paths::model(model) }
}

/// Opens the model of a folder.
///
/// # Errors
/// When the model, its catalogue or ONNX Runtime is missing or does not fit.
pub fn open(folder: &Path, options: &Options) -> anyhow::Result<Recogniser> {
    Recogniser::open(folder, options).with_context(|| format!("cannot use the model in {}", folder.display()))
}

/// What a network runs on where that is none of the providers that were named, and why; `None`
/// where all run as was asked for.
pub fn not_as_named(reports: &[(&str, &Report)], named: &[Provider]) -> Option<String> {
    if named.is_empty() {
        return None;
    }
    reports.iter().find_map(|(file, report)| {
        let used = report.accepted.first().filter(|used| !named.contains(used))?;
        let named: Vec<&str> = named.iter().map(|it| it.name()).collect();
        Some(format!("{file} runs on {used}, not on {} ({})", named.join(" or "), reasons(report)))
    })
}

/// Why the providers that were tried in vain are not used.
pub fn reasons(report: &Report) -> String {
    let reasons = report.refused.iter().map(|it| format!("{}: {}", it.provider, it.reason));
    reasons.collect::<Vec<_>>().join("; ")
}

/// Enrols what other models of its game were taught, from the images in these folders; returns
/// how many cards.
///
/// # Errors
/// When the model cannot be run or its gallery cannot be written.
pub fn carry_over(recogniser: &mut Recogniser, folder: &Path, pictures: &[PathBuf]) -> anyhow::Result<usize> {
    let picture = |file: &str| {
        let mut found = pictures.iter().filter_map(|folder| image_file::open(&folder.join(file)).ok());
        found.next()
    };
    Ok(enrol::carry_over(recogniser, folder, &picture)?)
}

/// Takes a player's thresholds instead of the model's own: the score from which there is a card,
/// and the probability below which a name is not given.
pub fn set_thresholds(recogniser: &mut Recogniser, detection: Option<f32>, name: f32) {
    let own = recogniser.manifest().detector.threshold;
    recogniser.set_detection_threshold(detection.unwrap_or(own));
    recogniser.set_name_threshold(name);
}
