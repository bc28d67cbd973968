//! The overlay's command line.

mod commands;
mod start;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use overlay::window::DesktopError;

use commands::ask::{DisplayedArgs, TellArgs, WatchArgs};
use commands::autostart::AutostartArgs;
use commands::bench::BenchArgs;
#[cfg(target_os = "linux")]
use commands::desktop_entry::DesktopEntryArgs;
use commands::doctor::DoctorArgs;
use commands::identify::IdentifyArgs;
use commands::recordings::{RecordArgs, ReplayArgs};
use commands::score::ScoreArgs;
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
    Displayed(DisplayedArgs),
    Watch(WatchArgs),
    Tell(TellArgs),
    Record(RecordArgs),
    Replay(ReplayArgs),
    Doctor(DoctorArgs),
    Autostart(AutostartArgs),
    #[cfg(target_os = "linux")]
    DesktopEntry(DesktopEntryArgs),
    Identify(IdentifyArgs),
    Score(ScoreArgs),
    Bench(BenchArgs),
    BenchCapture(BenchCaptureArgs),
    Practice(PracticeArgs),
    Offscreen(OffscreenArgs),
}

/// Exit code when there is no display, so that scripts can fall back to `overlay offscreen`.
const NO_DISPLAY: u8 = 3;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    overlay::crash::install(overlay::crash::folder(&lens_core::paths::data()));
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("overlay: {error:#}");
            match error.downcast_ref() {
                Some(DesktopError::NoDisplay(_)) => ExitCode::from(NO_DISPLAY),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        // A question has three answers, and the third is no failure of this program.
        Some(Command::Displayed(args)) => return Ok(commands::ask::displayed(&args)),
        Some(Command::Watch(args)) => commands::ask::watch(&args),
        Some(Command::Tell(args)) => commands::ask::tell(&args),
        Some(Command::Record(args)) => commands::recordings::record(&args),
        Some(Command::Replay(args)) => commands::recordings::replay(&args),
        Some(Command::Doctor(args)) => commands::doctor::run(&args),
        Some(Command::Autostart(args)) => commands::autostart::run(args),
        #[cfg(target_os = "linux")]
        Some(Command::DesktopEntry(args)) => commands::desktop_entry::run(args),
        None => start::live(cli.live),
        Some(Command::Identify(args)) => commands::identify::run(args),
        Some(Command::Score(args)) => commands::score::run(&args),
        Some(Command::Bench(args)) => commands::bench::run(args),
        Some(Command::BenchCapture(args)) => start::bench_capture(args),
        Some(Command::Practice(args)) => start::practice(args),
        Some(Command::Offscreen(args)) => start::offscreen(args),
    }
    .map(|()| ExitCode::SUCCESS)
}
