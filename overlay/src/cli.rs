//! The command line: arguments in, one call into the library, words and an exit code out.

mod annotate;
mod ask;
mod autostart;
mod bench;
#[cfg(target_os = "linux")]
mod desktop_entry;
mod doctor;
mod identify;
mod inputs;
mod live;
mod recordings;

use std::process::ExitCode;

use crate::desktop::window::DesktopError;
use anyhow::Result;
use clap::{Parser, Subcommand};

use ask::{DisplayedArgs, TellArgs, WatchArgs};
use autostart::AutostartArgs;
use bench::BenchArgs;
#[cfg(target_os = "linux")]
use desktop_entry::DesktopEntryArgs;
use doctor::DoctorArgs;
use identify::IdentifyArgs;
use live::{BenchCaptureArgs, LiveArgs, OffscreenArgs, PracticeArgs};
use recordings::{RecordArgs, ReplayArgs};

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
    Bench(BenchArgs),
    BenchCapture(BenchCaptureArgs),
    Practice(PracticeArgs),
    Offscreen(OffscreenArgs),
}

/// Exit code when there is no display, so that scripts can fall back to `overlay offscreen`.
const NO_DISPLAY: u8 = 3;

/// Runs the program with the arguments of its process.
pub fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    crate::diagnostics::panic_hook::install(
        crate::diagnostics::panic_hook::folder(&lens_core::paths::data()),
    );
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
        Some(Command::Displayed(args)) => return Ok(ask::displayed(&args)),
        Some(Command::Watch(args)) => ask::watch(&args),
        Some(Command::Tell(args)) => ask::tell(&args),
        Some(Command::Record(args)) => recordings::record(&args),
        Some(Command::Replay(args)) => recordings::replay(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Autostart(args)) => autostart::run(args),
        #[cfg(target_os = "linux")]
        Some(Command::DesktopEntry(args)) => desktop_entry::run(args),
        None => live::live(cli.live),
        Some(Command::Identify(args)) => identify::run(args),
        Some(Command::Bench(args)) => bench::run(args),
        Some(Command::BenchCapture(args)) => live::bench_capture(args),
        Some(Command::Practice(args)) => live::practice(args),
        Some(Command::Offscreen(args)) => live::offscreen(args),
    }
    .map(|()| ExitCode::SUCCESS)
}
