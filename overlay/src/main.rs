//! The overlay's command line.

mod commands;
mod start;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use overlay::window::DesktopError;

use commands::bench::BenchArgs;
use commands::identify::IdentifyArgs;
use start::{BenchCaptureArgs, LiveArgs, OffscreenArgs, PracticeArgs};

/// Names the cards on screen and draws over them
#[derive(Debug, Parser)]
#[command(name = "overlay", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    live: LiveArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Identify(IdentifyArgs),
    Bench(BenchArgs),
    BenchCapture(BenchCaptureArgs),
    Practice(PracticeArgs),
    Offscreen(OffscreenArgs),
}

/// Exit code when there is no display, so that scripts can fall back to `overlay offscreen`.
const NO_DISPLAY: u8 = 3;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overlay: {error:#}");
            match error.downcast_ref() {
                Some(DesktopError::NoDisplay(_)) => ExitCode::from(NO_DISPLAY),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        None => start::live(cli.live),
        Some(Command::Identify(args)) => commands::identify::run(args),
        Some(Command::Bench(args)) => commands::bench::run(args),
        Some(Command::BenchCapture(args)) => start::bench_capture(args),
        Some(Command::Practice(args)) => start::practice(args),
        Some(Command::Offscreen(args)) => start::offscreen(args),
    }
}
