//! `overlay hardware`: measures what a model runs on best here, and keeps it for the overlay.
//!
//! With `--provider` one provider is timed and nothing kept: the running overlay starts this
//! program so, to be safe from drivers that crash.

use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use clap::Args;
use marks::render::gpu;
use vision::providers::Provider;

use super::inputs::parse_threads;
use super::progress::Progress;
use crate::recognition::hardware::chooser::{State, ThisMachine};
use crate::recognition::hardware::{Record, Store, Timing, trial};
use crate::recognition::model;
use crate::recognition::pace::threads_beside_a_game;

/// Measure what recognition runs on best here, and keep it
#[derive(Args, Clone, Debug)]
pub(crate) struct HardwareArgs {
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// Threads that work on one network [default: as the overlay takes beside a game]
    #[arg(long, value_parser = parse_threads)]
    threads: Option<usize>,
    /// Time this one alone, and keep nothing
    #[arg(long)]
    provider: Option<Provider>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print the graphics cards and their drivers alone
    #[arg(long, hide = true)]
    drivers: bool,
}

/// Runs the command.
///
/// # Errors
/// When the model cannot be run, or what was measured cannot be kept.
pub(crate) fn run(args: &HardwareArgs) -> Result<()> {
    if args.drivers {
        println!("{}", gpu::drivers().join("; "));
        return Ok(());
    }
    let folder = model::folder(&args.model);
    let threads = args.threads.unwrap_or_else(threads_beside_a_game);
    if let Some(provider) = args.provider {
        let timing = trial::run(&folder, provider, threads)?;
        if args.json {
            println!("{}", serde_json::to_string(&timing)?);
        } else {
            println!("{}", line(&timing));
        }
        return Ok(());
    }
    let go_on = AtomicBool::new(false);
    let mut progress = Progress::new("measured");
    let state = State::now(&ThisMachine, &folder, threads, &go_on)?;
    let record = state.measure(&ThisMachine, &go_on, &mut |done, of| progress.tell(done, of))?;
    drop(progress);
    Store::installed().put(record.clone()).context("what was measured cannot be kept in the cache")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&record)?);
    } else {
        print(&record);
    }
    Ok(())
}

fn print(record: &Record) {
    println!("{}: recognition runs best on {}", record.model_name, record.chosen());
    for timing in &record.timings {
        println!("  {}", line(timing));
    }
    for refusal in &record.refused {
        println!("  not {}: {}", refusal.provider, refusal.reason);
    }
}

fn line(timing: &Timing) -> String {
    let stages: Vec<String> =
        timing.stages.iter().map(|(name, millis)| format!("{name} {millis:.2}")).collect();
    format!(
        "{:<9} {:.1} ms a frame, {:.1} ms of the processors ({}); opened in {:.0} ms; differs by {:.1e}",
        timing.provider.name(),
        timing.millis,
        timing.processor_millis,
        stages.join(", "),
        timing.opening_millis,
        timing.difference
    )
}
