//! `overlay bench-capture`: how long capturing a window takes, each way that works here.

use anyhow::{Context as _, Result};
use clap::Args;

use super::inputs::parse_count;
use crate::capture::source::{CaptureError, FrameSource};
use crate::capture::timing::measure;
use crate::capture::{open_window, xcap};
use crate::desktop::target::{Query, choose};
use crate::desktop::window;

/// Measure how long capturing a window takes
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchCaptureArgs {
    /// Part of the window's title [default: the game's window]
    #[arg(long)]
    title: Option<String>,
    /// How many frames to take
    #[arg(long, default_value_t = 100, value_parser = parse_count::<1_000_000>)]
    count: usize,
}

/// Captures a window again and again, each way that works here.
///
/// # Errors
/// When there is no such window, or it shows nothing.
pub(crate) fn run(args: BenchCaptureArgs) -> Result<()> {
    let query = args.title.map_or(Query::Game, Query::Title);
    let windows = window::list()?;
    let found = choose(&windows, &query).with_context(|| format!("{query} was not found"))?;
    let way = |name: &str, source: Result<Box<dyn FrameSource>, CaptureError>| match source
        .and_then(|mut source| measure(&mut *source, args.count))
    {
        Ok(timings) => println!("{name:<14} {timings}"),
        Err(error) => println!("{name:<14} {error}"),
    };
    way("overlay", open_window(found.id));
    way("xcap", xcap::WindowSource::open(found.id).map(|it| Box::new(it) as Box<dyn FrameSource>));
    Ok(())
}
