//! `trainer stats`: what is in a labelled data set, what is missing, and what looks wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::counted::counted;

use super::arguments::DataArguments;
use crate::data::dataset::Sample;
use crate::evaluate::classifier::Classifier;
use crate::evaluate::embedding::{Suspect, centroids, close_classes, of_samples, suspects};
use crate::model::model_folder;
use crate::report::bar::Bar;

/// What `trainer stats` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    /// Run, or folder or name of a model, that finds what looks alike and what looks mislabelled;
    /// `none` for neither [default: the model of the game]
    #[arg(long, value_name = "PATH|NAME|none")]
    by: Option<PathBuf>,
    /// Cosine above which two cards look too much alike
    #[arg(long, default_value_t = 0.9, value_parser = super::arguments::cosine, allow_negative_numbers = true)]
    close: f32,
    /// Cosine below which a capture is far from its card
    #[arg(long, default_value_t = 0.35, value_parser = super::arguments::cosine, allow_negative_numbers = true)]
    far: f32,
    /// Lines of each list
    #[arg(long, default_value_t = 12, value_parser = super::arguments::count::<1, 100_000>)]
    lines: usize,
}

/// Prints the statistics.
///
/// # Errors
/// When there are no labels, or the model cannot be used.
pub fn run(arguments: &Arguments) -> Result<()> {
    let set = arguments.data.read()?;
    let catalogue = arguments.data.captures.catalogue()?;
    let originals: Vec<Sample> =
        set.samples.iter().filter(|sample| !sample.is_augmented()).cloned().collect();
    let augmented = set.samples.len() - originals.len();
    say!(
        "{}, {augmented} augmented, {}",
        counted(originals.len(), "capture"),
        counted(set.problems.len(), "problem")
    );
    let list = |title: &str, counts: Vec<(String, usize)>| print_counts(title, &counts, arguments.lines);
    list("cards", tallied(originals.iter().map(|sample| sample.class.clone())));
    list("modifiers", tallied(originals.iter().map(|sample| sample.label.modifiers().edition)));
    let of_cluster = |sample: &Sample| sample.label.cluster.map(|cluster| format!("cluster {cluster}"));
    list("clusters", tallied(originals.iter().filter_map(of_cluster)));
    if let Some(catalogue) = &catalogue {
        coverage(&originals, catalogue, arguments.lines);
    }
    let by = match &arguments.by {
        Some(path) if path.as_os_str() == "none" => None,
        Some(path) if path.exists() => Some(path.clone()),
        Some(name) => Some(model_folder(name)?),
        None => {
            let installed = model_folder(Path::new(arguments.data.captures.game())).ok();
            if installed.is_none() {
                say!("\n{}", without_model(arguments.data.captures.game()));
            }
            installed
        }
    };
    if let (Some(path), false) = (by, originals.is_empty()) {
        say!("\nas {} sees them:", path.display());
        looks(&mut Classifier::open(&path)?, &originals, arguments)?;
    }
    Ok(())
}

/// Why nothing is said of how captures look.
fn without_model(game: &str) -> String {
    format!(
        "what looks alike or mislabelled is left out: no model {game} is installed (--by names a run or another model)"
    )
}

fn looks(classifier: &mut Classifier, originals: &[Sample], arguments: &Arguments) -> Result<()> {
    let bar = Bar::listening("captures", originals.len());
    let vectors = of_samples(classifier, originals)?;
    drop(bar);
    let close = close_classes(&centroids(&vectors, originals), arguments.close);
    say!("nearly the same (cosine above {}): {} of cards", arguments.close, counted(close.len(), "pair"));
    for (one, other, cosine) in close.iter().take(arguments.lines) {
        say!("  {cosine:.3}  {one}, {other}");
    }
    let (mislabelled, outliers) = suspects(&vectors, originals, arguments.far);
    let line = |suspect: &Suspect| {
        let sample = &originals[suspect.sample];
        let own = suspect.own.unwrap_or(0.0);
        let (nearest, cosine) = &suspect.nearest;
        say!("  {}: labelled {} ({own:.3}), most like {nearest} ({cosine:.3})", sample.file, sample.class);
    };
    say!("more like another card than their label says: {}", counted(mislabelled.len(), "capture"));
    mislabelled.iter().take(arguments.lines).for_each(line);
    say!(
        "like none of the others of their card (cosine below {}): {}",
        arguments.far,
        counted(outliers.len(), "capture")
    );
    outliers.iter().take(arguments.lines).for_each(line);
    Ok(())
}

/// Which cards of the catalogue, and which pairs of a card and an edition that it can have, were
/// never labelled.
fn coverage(originals: &[Sample], catalogue: &Catalogue, lines: usize) {
    let cards: BTreeSet<&str> = originals.iter().map(|sample| id_of_class(&sample.class)).collect();
    let pairs: BTreeSet<(&str, String)> = originals
        .iter()
        .map(|sample| (id_of_class(&sample.class), sample.label.modifiers().edition))
        .collect();
    let missing: Vec<&str> =
        catalogue.cards.iter().map(|card| card.id.as_str()).filter(|id| !cards.contains(id)).collect();
    say!(
        "\nlabelled: {} of {} of the catalogue",
        catalogue.cards.len() - missing.len(),
        counted(catalogue.cards.len(), "card")
    );
    print_names("missing", &missing, lines * 4);
    let has_editions = |kind: CardType| matches!(kind, CardType::Joker | CardType::Playing);
    let possible: Vec<(&str, &String)> = catalogue
        .cards
        .iter()
        .filter(|card| has_editions(card.card_type))
        .flat_map(|card| catalogue.modifiers.editions.iter().map(move |edition| (card.id.as_str(), edition)))
        .collect();
    let absent: Vec<String> = possible
        .iter()
        .filter(|(id, edition)| !pairs.contains(&(*id, (*edition).clone())))
        .map(|(id, edition)| format!("{id} {edition}"))
        .collect();
    say!(
        "labelled: {} of {} of a card and an edition",
        possible.len() - absent.len(),
        counted(possible.len(), "pair")
    );
    print_names("missing", &absent.iter().map(String::as_str).collect::<Vec<_>>(), lines);
}

fn tallied(values: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// The most frequent and the rarest.
fn print_counts(title: &str, counts: &[(String, usize)], lines: usize) {
    say!("\n{title}: {}", counts.len());
    let head = lines.div_ceil(2).min(counts.len());
    let tail = (lines / 2).min(counts.len() - head);
    counts[..head].iter().for_each(|(name, count)| say!("{count:>7}  {name}"));
    if head + tail < counts.len() {
        say!("    ...");
    }
    counts[counts.len() - tail..].iter().for_each(|(name, count)| say!("{count:>7}  {name}"));
}

fn print_names(title: &str, names: &[&str], most: usize) {
    if !names.is_empty() {
        let more =
            if names.len() > most { format!(" and {} more", names.len() - most) } else { String::new() };
        say!("  {title}: {}{more}", names.iter().take(most).copied().collect::<Vec<_>>().join(", "));
    }
}
