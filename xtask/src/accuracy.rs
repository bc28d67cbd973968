//! Holds the limits of recognition on real screenshots, which are not part of the project:
//! `BALATRO_LENS_ART` names their folder. `overlay score` does the counting.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{setup, workspace};

/// The limits on plain screenshots, a little below what the shipped model reaches.
const WANTED: [Wanted; 7] = [
    Wanted { what: "recall", at_least: 0.985, of: |figures| figures.recall },
    Wanted { what: "precision", at_least: 0.98, of: |figures| figures.precision },
    Wanted { what: "name, first choice", at_least: 0.97, of: |figures| figures.names },
    Wanted { what: "edition, where not base", at_least: 0.9, of: |figures| figures.edition.not_plain },
    Wanted {
        what: "enhancement, where not none",
        at_least: 0.85,
        of: |figures| figures.enhancement.not_plain,
    },
    Wanted { what: "seal, where not none", at_least: 2.0 / 3.0, of: |figures| figures.seal.not_plain },
    Wanted {
        what: "unknown cards said to be unknown",
        at_least: 0.75,
        of: |figures| figures.unlisted_unknown,
    },
];

/// And on images with cards strewn about.
const WANTED_STREWN: [Wanted; 2] = [
    Wanted { what: "recall, strewn cards", at_least: 0.87, of: |figures| figures.recall },
    Wanted { what: "name, first choice, strewn cards", at_least: 0.84, of: |figures| figures.names },
];

struct Wanted {
    what: &'static str,
    at_least: f64,
    of: fn(&Figures) -> Ratio,
}

/// What `overlay score --json` prints, as far as limits are held.
#[derive(Debug, Deserialize)]
struct Report {
    format: u32,
    plain: Figures,
    strewn: Option<Figures>,
}

/// The format of [`Report`] that is understood.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, Default, Deserialize)]
struct Figures {
    pictures: usize,
    recall: Ratio,
    precision: Ratio,
    names: Ratio,
    edition: ModifierRatio,
    enhancement: ModifierRatio,
    seal: ModifierRatio,
    unlisted_unknown: Ratio,
    mistakes: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct ModifierRatio {
    not_plain: Ratio,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
struct Ratio {
    right: usize,
    of: usize,
}

/// Files that say what the screenshots show; the first must be there.
const TRUTHS: [&str; 2] = ["truth.json", "truth-more.json"];

/// The folder with the screenshots, when there is one.
pub(crate) fn art() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("BALATRO_LENS_ART")?);
    folder.join(TRUTHS[0]).is_file().then_some(folder)
}

/// `cargo xtask accuracy`: fails when a figure is too low.
pub(crate) fn run(predictions: Option<&Path>, show: bool) -> Result<ExitCode> {
    let Some(art) = art() else {
        println!("SKIPPED: BALATRO_LENS_ART is not set to a folder with truth.json and screenshots");
        return Ok(ExitCode::SUCCESS);
    };
    let report = score(&art, predictions)?;
    let strewn = report.strewn.unwrap_or_default();
    if show {
        for line in report.plain.mistakes.iter().chain(&strewn.mistakes) {
            println!("{line}");
        }
    }
    println!(
        "{} screenshots, {} cards; strewn: {} screenshots, {} cards",
        report.plain.pictures, report.plain.recall.of, strewn.pictures, strewn.recall.of
    );
    let lines = [verdicts(&WANTED, &report.plain), verdicts(&WANTED_STREWN, &strewn)].concat();
    lines.iter().for_each(|(line, _)| println!("  {line}"));
    let is_good = lines.iter().all(|(_, is_enough)| *is_enough);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets the overlay score its own recognition, or a file of predictions, on all screenshots.
fn score(art: &Path, predictions: Option<&Path>) -> Result<Report> {
    setup::for_overlay()?;
    workspace::build(&["overlay"])?;
    let mut overlay = workspace::program("overlay");
    overlay.args(["score", "--json"]);
    let truths = TRUTHS.map(|name| art.join(name));
    overlay.args(truths.iter().filter(|path| path.is_file()));
    // Some truth files name their images without the folder that they lie in.
    let pictures = art.join("screens");
    if pictures.is_dir() {
        overlay.arg(pictures);
    }
    if let Some(path) = predictions {
        overlay.arg("--predictions").arg(path);
    }
    let output = overlay.stderr(Stdio::inherit()).output().context("cannot start overlay score")?;
    if !output.status.success() {
        bail!("overlay score ended with {}", output.status);
    }
    let report: Report =
        serde_json::from_slice(&output.stdout).context("overlay score printed something unexpected")?;
    if report.format != FORMAT {
        bail!("overlay score prints format {} where {FORMAT} is understood", report.format);
    }
    Ok(report)
}

/// A line for each figure and whether it is high enough. A figure without a single case says
/// nothing.
fn verdicts(wanted: &[Wanted], figures: &Figures) -> Vec<(String, bool)> {
    let verdict = |Wanted { what, at_least, of }: &Wanted| {
        let Ratio { right, of } = of(figures);
        let value = (of > 0).then(|| right as f64 / of as f64)?;
        // Ratios are compared as they are printed, so that 5 of 6 is not lost to rounding.
        let is_enough = value + 5e-5 >= *at_least;
        let verdict = if is_enough { "" } else { "  TOO LOW" };
        Some((format!("{what:<36} {value:.4}  wanted {at_least:.3}{verdict}"), is_enough))
    };
    wanted.iter().filter_map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_below_its_limit_is_too_low_and_one_without_a_case_says_nothing() {
        let figures = Figures {
            recall: Ratio { right: 97, of: 100 },
            precision: Ratio { right: 98, of: 100 },
            unlisted_unknown: Ratio { right: 9, of: 9 },
            ..Figures::default()
        };
        let lines = verdicts(&WANTED, &figures);
        let good: Vec<bool> = lines.iter().map(|(_, is_enough)| *is_enough).collect();
        assert_eq!(good, [false, true, true]);
        assert!(lines[0].0.starts_with("recall ") && lines[0].0.ends_with("TOO LOW"), "{}", lines[0].0);
    }
}
