//! `trainer predict`: what an identifier makes of pictures of single cards.

use std::path::PathBuf;

use anyhow::{Result, bail};
use lens_core::manifest::{NOT_A_CARD, UNKNOWN};
use serde_json::json;

use super::WhichOrInstalled;
use crate::dataset::picture;

/// What `trainer predict` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Pictures of single cards, or folders of them (whole screens: `overlay identify`)
    #[arg(required = true, value_name = "IMAGE|DIR")]
    pictures: Vec<PathBuf>,
    #[command(flatten)]
    which: WhichOrInstalled,
    /// Game whose installed model is asked when nothing else is said
    #[arg(long, default_value = "balatro")]
    game: String,
    /// How many guesses
    #[arg(long, default_value_t = 3)]
    top: usize,
    /// Probability below which a card is said to be unknown [default: the model's thresholds]
    #[arg(long)]
    threshold: Option<f32>,
    /// A JSON line for each picture
    #[arg(long)]
    json: bool,
}

/// Predicts.
///
/// # Errors
/// When the network or all pictures cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut namer = arguments.which.open(&arguments.game)?;
    let mut read = 0;
    for path in files(&arguments.pictures)? {
        let picture = match picture::read(&path) {
            Ok(picture) => picture.image,
            Err(fault) => {
                eprintln!("{}: {fault}; {}", path.display(), fault.help());
                continue;
            }
        };
        read += 1;
        let answer = namer.read(&[picture])?.remove(0);
        let cards: Vec<(String, f32)> = namer.cards(&answer).into_iter().take(arguments.top.max(1)).collect();
        let verdict = Verdict::of(&cards, namer.is_known(&answer, arguments.threshold));
        let words = namer.words(&answer);
        if arguments.json {
            let top: Vec<_> = cards.iter().map(|(id, it)| json!({ "id": id, "probability": it })).collect();
            let known = verdict == Verdict::Known;
            let name = known.then(|| cards[0].0.as_str());
            say!("{}", json!({ "file": path, "card": name, "known": known, "top": top, "heads": words }));
        } else {
            let guesses: Vec<String> =
                cards.iter().map(|(id, probability)| format!("{id} {:.1} %", 100.0 * probability)).collect();
            let words: Vec<String> = words.iter().map(|(head, word)| format!("{head} {word}")).collect();
            let said = verdict.words();
            say!("{}: {said}{} ({})", path.display(), guesses.join(", "), words.join(", "));
        }
    }
    if read == 0 {
        bail!("none of these is a picture that can be read");
    }
    Ok(())
}

/// What is said of a picture, beside the guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Known,
    Unknown,
    NotACard,
}

impl Verdict {
    /// Of the guesses, best first, and whether the thresholds let the card pass. A reserved name that comes first is no
    /// card's, whatever they say.
    fn of(cards: &[(String, f32)], known: bool) -> Self {
        match cards.first().map(|card| card.0.as_str()) {
            Some(NOT_A_CARD) => Self::NotACard,
            Some(UNKNOWN) | None => Self::Unknown,
            Some(_) if known => Self::Known,
            Some(_) => Self::Unknown,
        }
    }

    /// What stands before the guesses.
    fn words(self) -> &'static str {
        match self {
            Self::Known => "",
            Self::Unknown => "unknown; ",
            Self::NotACard => "not a card; ",
        }
    }
}

/// Files as they are, and the files of folders in order of their names.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    const PICTURES: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
        inside.retain(|path| {
            let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_lowercase();
            PICTURES.contains(&extension.as_str())
        });
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_name_that_comes_first_is_no_card() {
        let check = |first: &str, known: bool, wanted: Verdict| {
            let cards = [(first.to_owned(), 0.4), ("j_joker".to_owned(), 0.3)];
            assert_eq!(Verdict::of(&cards, known), wanted, "{first}, {known}");
        };
        check("j_dna", true, Verdict::Known);
        check("j_dna", false, Verdict::Unknown);
        check(UNKNOWN, true, Verdict::Unknown);
        check(NOT_A_CARD, true, Verdict::NotACard);
        check(NOT_A_CARD, false, Verdict::NotACard);
    }
}
