//! `cargo xtask`: set-up, run, checks and measurements of the workspace.
//!
//! Small on purpose: it is the first thing that a newcomer compiles, so it depends on no other
//! crate of the workspace and on nothing that draws or computes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod accuracy;
mod bench;
mod desktops;
mod gate;
mod gpu_check;
mod images;
mod kill;
mod package;
mod platforms;
mod run;
mod setup;
mod windows_tests;
mod wine;
mod workspace;

/// The one file of `shared` that set-up needs; the crate itself would bring image decoding with it.
#[path = "../../shared/lens-core/src/paths.rs"]
#[expect(dead_code, unreachable_pub, reason = "written for another crate")]
mod paths;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Set-up, run, checks and measurements")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is needed, build, and start the overlay: over the game, else over the practice
    /// table
    Run {
        /// Passed on to the overlay as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// The gate: everything that has to hold before a change goes in
    Test(gate::Options),
    /// Measure the pipeline on this machine, or the trainer
    Bench(bench::Options),
    /// Check all that a graphics card does: recognition, drawing, training; without one, what needs
    /// it is skipped
    GpuCheck(gpu_check::Options),
    /// Install system packages, ONNX Runtime and, for the trainer, libtorch
    Setup(setup::Options),
    /// Make a folder and a zip file that run on another machine, and try them out
    Package(package::Options),
    /// Type-check for Windows and macOS
    CheckPlatforms {
        /// Which
        #[arg(value_enum, default_value = "both")]
        which: platforms::Which,
    },
    /// Try the overlay on every desktop that is installed here, and write the table of them
    Desktops(desktops::Options),
    /// Make the images of the README and the pages anew
    Images(images::Options),
    /// Kill what writes, at random moments, very often
    Kill(kill::Options),
    /// Score recognition on real screenshots, in the folder that BALATRO_LENS_ART names
    Accuracy {
        /// Score this file, as printed by `overlay identify --json`, rather than running the
        /// overlay
        #[arg(long)]
        predictions: Option<PathBuf>,
        /// List what is wrong in each screenshot
        #[arg(long)]
        show: bool,
    },
}

fn main() -> ExitCode {
    if let Some(code) = gate::compiler::called() {
        return code;
    }
    let result = match Arguments::parse().task {
        Task::Run { arguments } => run::run(&arguments),
        Task::Test(options) => gate::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::GpuCheck(options) => gpu_check::run(&options),
        Task::Setup(options) => setup::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Package(options) => package::run(&options).map(|()| ExitCode::SUCCESS),
        Task::CheckPlatforms { which } => platforms::run(which).map(|_| ExitCode::SUCCESS),
        Task::Desktops(options) => desktops::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Images(options) => images::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Kill(options) => kill::run(&options).map(|()| ExitCode::SUCCESS),
        Task::Accuracy { predictions, show } => accuracy::run(predictions.as_deref(), show),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
#[path = "../tests/inputs/console.rs"]
mod console;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_the_pages_are_understood() {
        let commands = console::commands("xtask");
        assert!(commands.len() >= 6, "only {} commands were found in the pages", commands.len());
        for (place, arguments) in commands {
            if let Err(error) = Arguments::try_parse_from(&arguments) {
                panic!("{place}: {error}");
            }
        }
    }
}
