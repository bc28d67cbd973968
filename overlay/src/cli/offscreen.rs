//! `overlay offscreen`: the whole way on the practice table, without a display.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use lens_core::atomic::{keep_former, keep_one_former};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;

use super::inputs::{open_model, parse_seconds, parse_size, parse_threads, with_threads};
use crate::run::offscreen;

/// Recognise the practice table without any display and write an annotated frame
#[derive(Args, Clone, Debug)]
pub(crate) struct OffscreenArgs {
    /// Name of a model, or its folder
    #[arg(long, default_value = "practice")]
    model: String,
    /// Another seed deals other cards
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width and height of the frame
    #[arg(long, default_value = "1280x720", value_parser = parse_size)]
    size: [u32; 2],
    /// How long to run
    #[arg(long, default_value_t = 4.0, value_parser = parse_seconds)]
    seconds: f32,
    /// Threads for recognition
    #[arg(long, value_parser = parse_threads)]
    threads: Option<usize>,
    /// Where to write the frame [default: runs/practice-annotated.png among the data]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the whole way without a display.
///
/// # Errors
/// When there is no usable model or nothing to draw with, or the frame cannot be written.
pub(crate) fn run(args: OffscreenArgs) -> Result<()> {
    let model = open_model(&args.model, &with_threads(args.threads))?;
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(args.seed, args.size, painter.catalogue());
    let catalogue = model.catalogue().clone();
    // Of the overlay's own image the last one is enough.
    let keep = if args.out.is_some() { keep_former } else { keep_one_former };
    let out = args.out.unwrap_or_else(|| lens_core::paths::data().join("runs/practice-annotated.png"));
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    keep(&out).with_context(|| format!("cannot keep {}", out.display()))?;
    let outcome = offscreen::run(&table, &mut painter, Box::new(model), &catalogue, args.seconds, &out)?;
    println!("{}\nwrote {}", outcome.summary(), out.display());
    Ok(())
}
