//! `overlay name`: asks which card it is, for the running overlay.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use lens_core::catalogue::{Card, Catalogue};

use super::inputs::parse_place;
use crate::name_window;

/// Ask for the name of a card and print its id; the overlay starts this
#[derive(Args, Clone, Debug)]
pub(crate) struct NameArgs {
    /// The cards that there are
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Cards that the catalogue has not, those of mods, as its cards are written; - reads standard
    /// input
    #[arg(long, value_name = "FILE")]
    more: Option<PathBuf>,
    /// Ids of the cards that are likeliest
    #[arg(long, value_delimiter = ',')]
    guesses: Vec<String>,
    /// Where the window is to be, in pixels of the screen (on macOS in points)
    #[arg(long, num_args = 2, value_names = ["X", "Y"], allow_negative_numbers = true, value_parser = parse_place)]
    at: Vec<f32>,
}

/// Asks, and prints what was chosen.
///
/// # Errors
/// When the catalogue cannot be read, or no window can be opened.
pub(crate) fn run(args: NameArgs) -> Result<()> {
    let mut catalogue = Catalogue::read(&args.catalogue)?;
    if let Some(file) = args.more {
        catalogue.add_cards(cards(&file)?);
    }
    let at = <[f32; 2]>::try_from(args.at).ok();
    if let Some(id) = name_window::ask(catalogue, args.guesses, at)? {
        println!("{id}");
    }
    Ok(())
}

/// Cards as JSON, of a file or of standard input.
fn cards(file: &Path) -> Result<Vec<Card>> {
    let text = match file == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    text.map_err(anyhow::Error::from).and_then(|text| Ok(serde_json::from_str(&text)?)).with_context(|| {
        format!("{} has no cards\nhelp: write a list of cards as in a catalogue", file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cards_are_found_as_those_of_the_catalogue() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("more.json");
        let mut catalogue = (*synth::practice::catalogue()).clone();
        let mut rose = catalogue.cards[0].clone();
        (rose.id, rose.name) = ("j_gd_rose".into(), "Red Rose".to_owned());
        std::fs::write(&file, serde_json::to_vec(&[rose]).unwrap()).unwrap();
        catalogue.add_cards(cards(&file).unwrap());
        let found = name_window::search::find(&catalogue, "rose", &[]);
        assert_eq!(found[0].id, "j_gd_rose");
        let guessed = name_window::search::find(&catalogue, "", &["j_gd_rose".to_owned()]);
        assert_eq!(guessed[0].name, "Red Rose");
        std::fs::write(&file, "{").unwrap();
        let error = format!("{:#}", cards(&file).unwrap_err());
        assert!(error.contains("more.json") && error.contains("help: "), "{error}");
    }
}
