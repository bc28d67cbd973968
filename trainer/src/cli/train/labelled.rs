//! `trainer train identifier --data`: on captures that people labelled.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lens_core::counted::counted;
use lens_core::paths;

use super::arguments::Arguments;
use super::options::What;
use crate::checkpoint::claim::Claim;
use crate::checkpoint::progress::Progress;
use crate::checkpoint::{Checkpoint, Network};
use crate::cli::Ending;
use crate::cli::arguments::{DataArguments, read_recipe, run_folder, typed};
use crate::cli::process::{start_threads, stop_on_signals};
use crate::recipe::labelled::LabelledRecipe;
use crate::recipe::{DataRecipe, Recipe};
use crate::report::progress::Console;
use crate::train::labelled::{Begin, Source, prepare};
use crate::train::{Options, Outcome};

/// Name of the run when neither a run nor a recipe is given.
const NAME: &str = "labelled";

/// Trains on the captures `data`.
pub(super) fn run(
    arguments: &Arguments,
    data: &DataArguments,
    threads: usize,
    loaders: usize,
) -> Result<Ending> {
    if arguments.what != What::Identifier || arguments.steps.is_some() || arguments.minutes.is_some() {
        bail!(
            "labelled captures train the identifier, for so many epochs\nhelp: `trainer train identifier --data DIR \
             --epochs N`"
        );
    }
    if arguments.checkpoint_every.is_some() {
        bail!(
            "--checkpoint-every makes no sense here: a training on captures is saved after every epoch\nhelp: \
             --checkpoint-interval says after how many epochs a checkpoint is kept"
        );
    }
    if arguments.art.art.is_some() {
        bail!("--art makes no sense here: captures are trained on as they are\nhelp: leave it out");
    }
    if arguments.resume && arguments.options.init.is_some() {
        bail!(
            "--init makes no sense with --resume, which goes on from the run's own weights\nhelp: leave it out"
        );
    }
    start_threads(threads)?;
    let run = match (&arguments.run, &arguments.recipe) {
        (Some(run), _) => run.clone(),
        (None, Some(recipe)) => run_folder(None, &Recipe::read(recipe)?),
        (None, None) => paths::data().join("runs").join(NAME),
    };
    let recipe = arguments.options.labelled(base_recipe(arguments, data, &run)?)?;
    let recipe = with_folders(recipe, data);
    let set = data.read()?;
    let source = Source {
        recipe: &recipe,
        set,
        folder: &data.captures.folder(),
        catalogue: data.captures.catalogue()?,
    };
    let _claim = Claim::new(&run)?;
    let begin = if arguments.resume { Begin::Resume } else { Begin::Anew };
    let prepared = prepare(source, &run, begin, arguments.device.device()?)?;
    prepared.messages.iter().for_each(|message| say!("{message}"));
    if let Some(warning) = &prepared.warning {
        eprintln!("warning: {warning}");
    }
    let (task, mut session) = (prepared.task, prepared.session);
    let progress = session.position().epochs.unwrap_or_default();
    if progress.epoch >= task.labelled().epochs {
        say!("finished after {}\nhelp: give more --epochs", counted(progress.epoch, "epoch"));
        return Ok(Ending::Done);
    }
    let mut console = Console::new(&run, session.position())
        .with_context(|| format!("cannot write into {}", run.display()))?;
    let stop = stop_on_signals()?;
    // Saved after every epoch, whatever the time.
    let options = Options { loaders, checkpoint_interval: Duration::MAX };
    let outcome = session.run(&task, &run, &options, &stop, &mut |event| console.show(&event))?;
    drop(console);
    let progress = session.position().epochs.unwrap_or_default();
    say!("{}", ending(outcome, &progress, &run));
    Ok(if outcome == Outcome::Stopped { Ending::Stopped } else { Ending::Done })
}

fn base_recipe(arguments: &Arguments, data: &DataArguments, run: &Path) -> Result<Recipe> {
    if arguments.resume {
        return read_recipe(None, Some(run));
    }
    if let Some(path) = &arguments.recipe {
        return Ok(Recipe::read(path)?);
    }
    let shipped = paths::data().join("recipes").join(format!("{}.toml", data.captures.game()));
    Ok(Recipe { name: NAME.into(), ..Recipe::read(&shipped)? })
}

/// The recipe with the folders that are trained on, so that it describes the run whole.
fn with_folders(recipe: Recipe, data: &DataArguments) -> Recipe {
    let labelled = recipe.data.labelled().cloned().unwrap_or_default();
    let (folder, augmented) = (Some(data.captures.folder()), data.augmented.clone());
    let labelled = Box::new(LabelledRecipe { folder, augmented, ..labelled });
    Recipe { data: DataRecipe::Labelled(labelled), ..recipe }
}

fn ending(outcome: Outcome, progress: &Progress, run: &Path) -> String {
    let path = Checkpoint::best_path(run, Network::Identifier);
    let best = format!("the best epoch is {}: {}", progress.best_epoch, path.display());
    match outcome {
        Outcome::Finished => format!("finished after {}; {best}", counted(progress.epoch, "epoch")),
        Outcome::OutOfPatience => {
            let (epochs, waited) = (counted(progress.epoch, "epoch"), progress.waited);
            format!("stopped after {epochs}, {waited} without a lower loss; {best}")
        }
        Outcome::Stopped => format!(
            "stopped after {}\nto go on: the same command with --run {} --resume",
            counted(progress.epoch, "whole epoch"),
            typed(run)
        ),
    }
}
