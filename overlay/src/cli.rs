//! The command line: arguments in, one call into the library, words and an exit code out.

mod ask;
mod autostart;
mod bench;
mod bench_capture;
#[cfg(target_os = "linux")]
mod desktop_entry;
mod doctor;
mod hardware;
mod identify;
mod inputs;
mod live;
mod mods;
mod name;
mod offscreen;
mod practice;
mod progress;
mod recordings;
mod score;
mod settings;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use lens_core::causes;

use crate::desktop::window::DesktopError;
use ask::{DisplayedArgs, ReportArgs, TellArgs, WatchArgs};
use autostart::AutostartArgs;
use bench::BenchArgs;
use bench_capture::BenchCaptureArgs;
#[cfg(target_os = "linux")]
use desktop_entry::DesktopEntryArgs;
use doctor::DoctorArgs;
use hardware::HardwareArgs;
use identify::IdentifyArgs;
use live::LiveArgs;
use mods::ModsArgs;
use name::NameArgs;
use offscreen::OffscreenArgs;
use practice::PracticeArgs;
use recordings::{RecordArgs, ReplayArgs};
use score::ScoreArgs;
use settings::SettingsArgs;

/// Names the cards on screen and draws over them
#[derive(Debug, Parser)]
#[command(name = "overlay", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(flatten)]
    live: LiveArgs,
    #[command(subcommand)]
    command: Option<Subcommand>,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Displayed(DisplayedArgs),
    Watch(WatchArgs),
    Tell(TellArgs),
    Report(ReportArgs),
    Record(RecordArgs),
    Replay(ReplayArgs),
    Doctor(DoctorArgs),
    Hardware(HardwareArgs),
    Autostart(AutostartArgs),
    #[cfg(target_os = "linux")]
    DesktopEntry(DesktopEntryArgs),
    Identify(IdentifyArgs),
    Score(ScoreArgs),
    Bench(BenchArgs),
    Mods(ModsArgs),
    BenchCapture(BenchCaptureArgs),
    Practice(PracticeArgs),
    Offscreen(OffscreenArgs),
    Settings(SettingsArgs),
    #[command(hide = true)]
    Name(NameArgs),
}

/// Exit code when there is no display, so that scripts can fall back to `overlay offscreen`.
const NO_DISPLAY: u8 = 3;

/// Runs the program with the arguments of its process.
pub fn main() -> ExitCode {
    let started_at = Instant::now();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    crate::diagnostics::panic_hook::install(
        crate::diagnostics::panic_hook::folder(&lens_core::paths::data()),
    );
    match run(Cli::parse(), started_at) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("overlay: {}", causes::said_once(error.chain()));
            #[cfg(windows)]
            wait_for_a_reader();
            match error.downcast_ref() {
                Some(DesktopError::NoDisplay(_)) => ExitCode::from(NO_DISPLAY),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Keeps the console's window open that a click on the program opened: it would take the error with
/// it.
#[cfg(windows)]
fn wait_for_a_reader() {
    if crate::desktop::window::windows::has_own_console() {
        eprintln!("\nPress Enter to close this window");
        // Whoever cannot press it closes the window.
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}

fn run(cli: Cli, started_at: Instant) -> Result<ExitCode> {
    match cli.command {
        // Yes, no, or not to be known: none of them is a failure of this program.
        Some(Subcommand::Displayed(args)) => return Ok(ask::displayed(&args)),
        Some(Subcommand::Watch(args)) => ask::watch(&args),
        Some(Subcommand::Tell(args)) => ask::tell(&args),
        Some(Subcommand::Report(ReportArgs {})) => ask::report(),
        Some(Subcommand::Record(args)) => recordings::record(&args),
        Some(Subcommand::Replay(args)) => recordings::replay(&args),
        Some(Subcommand::Doctor(args)) => doctor::run(&args),
        Some(Subcommand::Hardware(args)) => hardware::run(&args),
        Some(Subcommand::Autostart(args)) => autostart::run(args),
        #[cfg(target_os = "linux")]
        Some(Subcommand::DesktopEntry(args)) => desktop_entry::run(args),
        None => live::run(cli.live, started_at),
        Some(Subcommand::Identify(args)) => identify::run(args),
        Some(Subcommand::Score(args)) => score::run(&args),
        Some(Subcommand::Bench(args)) => bench::run(args),
        Some(Subcommand::Mods(args)) => mods::run(&args),
        Some(Subcommand::BenchCapture(args)) => bench_capture::run(args),
        Some(Subcommand::Practice(args)) => practice::run(args),
        Some(Subcommand::Offscreen(args)) => offscreen::run(args),
        Some(Subcommand::Settings(args)) => settings::run(args),
        Some(Subcommand::Name(args)) => name::run(args),
    }
    .map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
#[path = "../../xtask/tests/inputs/console.rs"]
mod console;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound_and_its_examples_are_understood() {
        Cli::command().debug_assert();
        for line in ["overlay --or-practice --seconds 3", "overlay practice --size 1100x660 --still 3"] {
            Cli::try_parse_from(line.split(' ')).unwrap();
        }
        let error = Cli::try_parse_from(["overlay", "practice", "--size", "wide"]).unwrap_err();
        assert!(error.to_string().contains("write WIDTHxHEIGHT, for example 1280x720"), "{error}");
        assert!(Cli::try_parse_from(["overlay", "--seconds", "3", "doctor"]).is_err(), "which is meant?");
    }

    #[test]
    fn the_commands_of_the_pages_are_understood() {
        let commands = console::commands("overlay");
        assert!(commands.len() >= 25, "only {} commands were found in the pages", commands.len());
        // That command puts the overlay into the menus of Linux.
        let is_here = |arguments: &[String]| {
            cfg!(target_os = "linux") || arguments.iter().all(|it| it != "desktop-entry")
        };
        for (place, arguments) in commands.into_iter().filter(|(_, arguments)| is_here(arguments)) {
            if let Err(error) = Cli::try_parse_from(&arguments) {
                panic!("{place}: {error}");
            }
        }
    }
}
