//! `trainer predict`: what an identifier makes of images of single cards.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::json;

use super::arguments::{WhichOrInstalled, images};
use crate::data::dataset::picture;
use crate::evaluate::tally::Verdict;
use crate::report::bar::Bar;

/// What `trainer predict` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Images of single cards, or folders of them (whole screens: `overlay identify`)
    #[arg(required = true, value_name = "IMAGE|DIR")]
    pictures: Vec<PathBuf>,
    #[command(flatten)]
    which: WhichOrInstalled,
    /// Game whose installed model is asked when nothing else is said
    #[arg(long, default_value = "balatro", conflicts_with_all = ["run", "model"])]
    game: String,
    /// How many guesses
    #[arg(long, default_value_t = 3, value_parser = super::arguments::count::<1, 1000>)]
    top: usize,
    /// Probability below which a card is said to be unknown [default: the model's thresholds]
    #[arg(long, value_parser = super::arguments::probability)]
    threshold: Option<f64>,
    /// A JSON line for each image
    #[arg(long)]
    json: bool,
}

/// Predicts.
///
/// # Errors
/// When the network or all images cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut classifier = arguments.which.open(&arguments.game)?;
    if let Some(threshold) = arguments.threshold {
        classifier.thresholds.probability = threshold as f32;
    }
    let mut read = 0;
    let files = images(&arguments.pictures)?;
    let bar = Bar::new("images", files.len());
    for path in files {
        bar.step();
        let picture = match picture::read(&path) {
            Ok(picture) => picture.image,
            Err(fault) => {
                bar.aside(|| eprintln!("{}: {fault}; {}", path.display(), fault.help()));
                continue;
            }
        };
        read += 1;
        let answer = classifier.read(&[picture])?.remove(0);
        let mut cards = classifier.cards(&answer);
        let all = cards.clone();
        let verdict = classifier.predict(&answer, &all).verdict;
        cards.truncate(arguments.top.max(1));
        let heads = classifier.words(&answer);
        if arguments.json {
            let top: Vec<_> = cards.iter().map(|(id, it)| json!({ "id": id, "probability": it })).collect();
            let name = match verdict {
                Verdict::Named(id) => Some(id),
                Verdict::Unknown | Verdict::Dropped => None,
            };
            let known = name.is_some();
            // A name that is no Unicode cannot be in JSON as it is.
            let file = path.display().to_string();
            let line = json!({ "file": file, "card": name, "known": known, "top": top, "heads": heads });
            bar.aside(|| say!("{line}"));
        } else {
            let guesses: Vec<String> =
                cards.iter().map(|(id, probability)| format!("{id} {:.1} %", 100.0 * probability)).collect();
            let heads: Vec<String> = heads.iter().map(|(head, word)| format!("{head} {word}")).collect();
            let words = words(verdict);
            let (guesses, heads) = (guesses.join(", "), heads.join(", "));
            bar.aside(|| say!("{}: {words}{guesses} ({heads})", path.display()));
        }
    }
    if read == 0 {
        bail!("none of these is an image that can be read");
    }
    Ok(())
}

/// What stands before the guesses.
fn words(verdict: Verdict<'_>) -> &'static str {
    match verdict {
        Verdict::Named(_) => "",
        Verdict::Unknown => "unknown; ",
        Verdict::Dropped => "not a card; ",
    }
}
