//! `trainer train`: the two networks on composed images, or the identifier on labelled captures.
//!
//! The run's folder is what a later command goes on from.

pub mod arguments;
mod composed;
mod labelled;
mod options;

use anyhow::{Result, bail};

use super::Ending;
use super::arguments::{CaptureArguments, DataArguments, read_recipe, run_folder};
use crate::recipe::{DataRecipe, Recipe};
use arguments::Arguments;
use options::What;

/// Trains.
///
/// # Errors
/// When the recipe, the art or the run's folder cannot be used, or the training diverges.
pub fn run(arguments: &Arguments) -> Result<Ending> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let loaders = arguments.loaders.unwrap_or_else(|| processors.div_ceil(4));
    let threads = arguments.threads.unwrap_or(processors);
    match captures(arguments)? {
        Some(data) => labelled::run(arguments, &data, threads, loaders),
        None => {
            for (given, option) in [
                (arguments.data.augmented.is_some(), "--augmented"),
                (arguments.data.captures.game.is_some(), "--game"),
            ] {
                if given {
                    bail!("{option} makes no sense for composed images\nhelp: --data trains on captures");
                }
            }
            composed::run(arguments, threads, loaders)
        }
    }
}

/// The captures that are trained on: those of the command line, else those that the recipe names.
fn captures(arguments: &Arguments) -> Result<Option<DataArguments>> {
    if arguments.data.captures.data.is_some() {
        return Ok(Some(arguments.data.clone()));
    }
    if arguments.what != What::Identifier {
        return Ok(None);
    }
    let recipe = match (arguments.resume, &arguments.run, &arguments.recipe) {
        (true, Some(run), _) => read_recipe(None, Some(run))?,
        (true, None, Some(recipe)) => read_recipe(None, Some(&run_folder(None, &Recipe::read(recipe)?)))?,
        (false, _, Some(recipe)) => Recipe::read(recipe)?,
        (_, _, None) => return Ok(None),
    };
    let DataRecipe::Labelled(labelled) = recipe.data else { return Ok(None) };
    let labelled = *labelled;
    let game = arguments.data.captures.game.clone().unwrap_or(recipe.game);
    Ok(labelled.folder.map(|folder| DataArguments {
        captures: CaptureArguments { data: Some(folder), game: Some(game) },
        augmented: arguments.data.augmented.clone().or(labelled.augmented),
    }))
}
