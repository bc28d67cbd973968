//! `overlay name`: asks which card it is, for the running overlay.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use lens_core::catalogue::Catalogue;

use super::inputs::parse_place;
use crate::name_window;

/// Ask for the name of a card and print its id; the overlay starts this
#[derive(Args, Clone, Debug)]
pub(crate) struct NameArgs {
    /// The cards that there are
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Ids of the cards that are likeliest
    #[arg(long, value_delimiter = ',')]
    guesses: Vec<String>,
    /// Where the window is to be
    #[arg(long, num_args = 2, value_names = ["X", "Y"], allow_negative_numbers = true, value_parser = parse_place)]
    at: Vec<f32>,
}

/// Asks, and prints what was chosen.
///
/// # Errors
/// When the catalogue cannot be read, or no window can be opened.
pub(crate) fn run(args: NameArgs) -> Result<()> {
    let catalogue = Catalogue::read(&args.catalogue)?;
    let at = <[f32; 2]>::try_from(args.at).ok();
    if let Some(id) = name_window::ask(catalogue, args.guesses, at)? {
        println!("{id}");
    }
    Ok(())
}
