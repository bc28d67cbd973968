//! The command line: each command parses its arguments, calls its domain, and prints.

pub mod arguments;
pub mod augment;
pub mod average;
pub mod bench;
pub mod calibrate;
pub mod embed;
pub mod evaluate;
pub mod export;
pub mod export_dataset;
pub mod import_art;
pub mod import_labels;
pub mod import_model;
pub mod predict;
pub mod preview;
mod process;
pub mod report;
pub mod retrain;
pub mod stats;
pub mod train;

use std::ffi::OsString;

use anyhow::Result;
use clap::{Parser, Subcommand};
use lens_core::causes;

/// Trains the recogniser's networks on composed images and exports them.
#[derive(Debug, Parser)]
#[command(name = "trainer", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copies the card textures out of your own copy of the game
    ImportArt(import_art::Arguments),
    /// Writes composed scenes and crops with their truth drawn on, to look at
    Scenes(preview::Arguments),
    /// Writes changed copies of labelled captures, so that rare cards are seen as often as others
    Augment(augment::Arguments),
    /// Trains the detector, the identifier, or both
    Train(Box<train::arguments::Arguments>),
    /// Averages the networks of several runs that began together
    Average(average::Arguments),
    /// Measures class centroids and thresholds for unknown cards, after training
    Calibrate(calibrate::Arguments),
    /// Measures a run's networks or an exported model on composed images and screenshots
    Evaluate(evaluate::Arguments),
    /// Measures whether the loader keeps the networks fed
    Bench(bench::Arguments),
    /// Writes data for trainings elsewhere: YOLO, COCO, Label Studio, tables, or a folder for each
    /// card
    ExportDataset(export_dataset::Arguments),
    /// Makes captures with names of what people labelled with YOLO, COCO, Label Studio, or in
    /// folders
    ImportLabels(import_labels::Arguments),
    /// Names the cards on images of single cards
    Predict(predict::Arguments),
    /// Writes what an identifier makes of labelled captures, as vectors and as a map
    Embed(embed::Arguments),
    /// Says what is in a labelled data set, what is missing, and what looks wrong
    Stats(stats::Arguments),
    /// Trains the installed model on newly labelled captures and installs the result where it is
    /// better
    Retrain(retrain::Arguments),
    /// Puts back the model that was replaced last
    Rollback(retrain::RollbackArguments),
    /// Makes one page of a run, with plots
    Report(report::Arguments),
    /// Writes a run's networks as a model for the overlay
    Export(export::Arguments),
    /// Makes a model of networks trained elsewhere: a detector (Ultralytics YOLO, RF-DETR, D-FINE,
    /// RT-DETR), a classifier of cards
    ImportModel(import_model::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is done.
    Done,
    /// It was asked to stop before the end.
    Stopped,
}

/// The exit code of a training that was asked to stop, and can go on.
const STOPPED: u8 = 3;

/// The program, but for the environment that it starts with: reads the words of the command line,
/// calls `prepare` where they make sense, does what they say, and answers the exit code.
pub fn main(words: impl IntoIterator<Item = OsString>, prepare: impl FnOnce()) -> u8 {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where it cannot be printed, the exit code still says it.
            let _ = error.print();
            return error.exit_code().try_into().unwrap_or(1);
        }
    };
    prepare();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    match run(arguments) {
        Ok(Ending::Done) => 0,
        Ok(Ending::Stopped) => STOPPED,
        Err(error) => {
            eprintln!("error: {}", causes::said_once(error.chain()));
            1
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// Says what went wrong, where, and what to do.
pub fn run(arguments: Arguments) -> Result<Ending> {
    let done = match arguments.command {
        Command::Train(arguments) => return train::run(&arguments),
        Command::Retrain(arguments) => return retrain::run(&arguments),
        Command::ImportArt(arguments) => import_art::run(&arguments),
        Command::Scenes(arguments) => preview::run(&arguments),
        Command::Augment(arguments) => augment::run(&arguments),
        Command::Average(arguments) => average::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::ExportDataset(arguments) => export_dataset::run(&arguments),
        Command::ImportLabels(arguments) => import_labels::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Rollback(arguments) => retrain::rollback(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::ImportModel(arguments) => import_model::run(&arguments),
    };
    done.map(|()| Ending::Done)
}

#[cfg(test)]
#[path = "../../xtask/tests/inputs/console.rs"]
mod console;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_makes_sense_and_asks_for_little() {
        Arguments::command().debug_assert();
        for line in
            ["trainer predict a.png", "trainer embed", "trainer embed --model practice", "trainer stats"]
        {
            assert!(Arguments::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in ["trainer evaluate", "trainer predict a.png --run a --model b"] {
            assert!(Arguments::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    /// Without `--data` it trains on composed images, so the help must not promise a folder.
    #[test]
    fn the_help_of_train_promises_no_default_data() {
        let mut command = Arguments::command();
        let train = command.find_subcommand_mut("train").expect("it is a command");
        let help = train.render_long_help().to_string();
        assert!(help.contains("--data <DIR>") && !help.contains("dataset_default"), "{help}");
    }

    #[test]
    fn the_commands_of_the_pages_are_understood() {
        let commands = console::commands("trainer");
        assert!(commands.len() >= 30, "only {} commands were found in the pages", commands.len());
        for (place, arguments) in commands {
            if let Err(error) = Arguments::try_parse_from(&arguments) {
                panic!("{place}: {error}");
            }
        }
    }
}
