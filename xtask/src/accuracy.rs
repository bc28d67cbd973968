//! Scores recognition on real screenshots, which are not part of the project: `BALATRO_LENS_ART` names their folder.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use fs_err::{self as fs, File};

use crate::{setup, workspace};
use score::{Predictions, Score, Truth};

mod score;

/// The goals on plain screenshots.
const WANTED: [Wanted; 7] = [
    Wanted { what: "recall", at_least: 0.98, of: |score| score.recall.ratio() },
    Wanted { what: "precision", at_least: 0.97, of: |score| score.precision.ratio() },
    Wanted { what: "name, first choice", at_least: 0.96, of: |score| score.top1.ratio() },
    Wanted { what: "edition, where not base", at_least: 0.80, of: |score| score.edition.hard.ratio() },
    Wanted {
        what: "enhancement, where not none",
        at_least: 0.85,
        of: |score| score.enhancement.hard.ratio(),
    },
    Wanted { what: "seal, where not none", at_least: 0.85, of: |score| score.seal.hard.ratio() },
    Wanted {
        what: "unknown cards said to be unknown",
        at_least: 5.0 / 6.0,
        of: |score| score.unknown.ratio(),
    },
];

/// And on pictures with cards strewn about.
const WANTED_UNDER_STRESS: [Wanted; 2] = [
    Wanted { what: "recall, strewn cards", at_least: 0.90, of: |score| score.recall.ratio() },
    Wanted { what: "name, first choice, strewn cards", at_least: 0.75, of: |score| score.top1.ratio() },
];

struct Wanted {
    what: &'static str,
    at_least: f64,
    of: fn(&Score) -> Option<f64>,
}

/// The folder with the screenshots, when there is one.
pub(crate) fn art() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("BALATRO_LENS_ART")?);
    folder.join("truth.json").is_file().then_some(folder)
}

/// `cargo xtask accuracy`: fails when a figure is too low.
pub(crate) fn run(predictions: Option<&Path>, show: bool) -> Result<ExitCode> {
    let Some(art) = art() else {
        println!("SKIPPED: BALATRO_LENS_ART is not set to a folder with truth.json and screenshots");
        return Ok(ExitCode::SUCCESS);
    };
    let truth = art.join("truth.json");
    let truth: Truth = read(&truth)?;
    let predictions: Predictions = match predictions {
        Some(path) => read(path)?,
        None => identify(&art, &truth)?,
    };
    let plain = score::score(truth.iter().filter(|(_, image)| !image.stress), &predictions)?;
    let stress = score::score(truth.iter().filter(|(_, image)| image.stress), &predictions)?;
    if show {
        for line in plain.lines.iter().chain(&stress.lines) {
            println!("{line}");
        }
    }
    println!(
        "{} pictures, {} cards; strewn: {} pictures, {} cards",
        plain.images, plain.recall.of, stress.images, stress.recall.of
    );
    let good = [report(&WANTED, &plain), report(&WANTED_UNDER_STRESS, &stress)];
    Ok(if good.iter().all(|&good| good) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets the overlay name the cards of every screenshot.
fn identify(art: &Path, truth: &Truth) -> Result<Predictions> {
    setup::for_overlay()?;
    workspace::build(&["overlay"])?;
    let folder = workspace::target().join("accuracy");
    fs::create_dir_all(&folder)?;
    let path = folder.join("predictions.json");
    let file = File::create(&path)?;
    let mut overlay = workspace::program("overlay");
    overlay.args(["identify", "--json"]).args(truth.values().map(|image| art.join(&image.path)));
    workspace::check(overlay.stdout(file.into_parts().0))?;
    read(&path)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path)?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not as expected", path.display()))
}

/// Prints a table; tells whether every figure is high enough. A figure without a single case says nothing.
fn report(wanted: &[Wanted], score: &Score) -> bool {
    let mut good = true;
    for Wanted { what, at_least, of } in wanted {
        let Some(value) = of(score) else { continue };
        // Ratios are compared as they are printed, so that 5 of 6 is not lost to rounding.
        let enough = value + 5e-5 >= *at_least;
        good &= enough;
        let verdict = if enough { "" } else { "  TOO LOW" };
        println!("  {what:<36} {value:.4}  wanted {at_least:.2}{verdict}");
    }
    good
}
