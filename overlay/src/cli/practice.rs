//! `overlay practice`: the practice table in a window of its own.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use practice::window::Show;

use super::inputs::{parse_moment, parse_rate, parse_seconds, parse_shown, parse_size, read_picture};
use crate::desktop::window;

/// Show the practice table: a game-like animated table with a deck of our own
#[derive(Args, Clone, Debug)]
pub(crate) struct PracticeArgs {
    /// Another seed deals other cards
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width and height of the window
    #[arg(long, default_value = "1280x720", value_parser = parse_size)]
    size: [u32; 2],
    /// Stand still at this moment, in seconds; several take turns
    #[arg(long, value_name = "SECONDS", value_parser = parse_moment)]
    still: Vec<f32>,
    /// How long each of several moments is shown, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = parse_shown)]
    each: f32,
    /// Let the background go on while the cards stand still, as the game's does
    #[arg(long, requires = "still")]
    swirl: bool,
    /// Show this image instead of the table
    #[arg(long, value_name = "FILE", conflicts_with = "still")]
    image: Option<PathBuf>,
    /// Title of the window
    #[arg(long, default_value = practice::TITLE)]
    title: String,
    /// Frames a second, at most
    #[arg(long, default_value_t = 30.0, value_parser = parse_rate)]
    fps: f32,
    /// End after this many seconds
    #[arg(long, value_parser = parse_seconds)]
    seconds: Option<f32>,
}

/// Shows the table, or an image.
///
/// # Errors
/// When there is no display or nothing to draw with, or the image cannot be read.
pub(crate) fn run(args: PracticeArgs) -> Result<()> {
    let (show, size) = match args.image {
        Some(path) => {
            let picture = read_picture(&path)?;
            let size = picture.dimensions();
            (Show::Picture(picture), [size.0, size.1])
        }
        None => {
            let painter = Box::new(Painter::new(CardArt::new(synth::practice::sprites())));
            let table = Table::new(args.seed, args.size, painter.catalogue());
            let each = Duration::from_secs_f32(args.each);
            (Show::Table { table, painter, still: args.still, each, swirls: args.swirl }, args.size)
        }
    };
    window::need_display()?;
    practice::window::run(show, &args.title, size, args.fps, args.seconds)
}
