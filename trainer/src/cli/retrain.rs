//! `trainer retrain`: what a player runs between two games; and `trainer rollback`, which undoes
//! it.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use lens_core::retraining::{self as said, Outcome, Phase};
use lens_core::{atomic, paths};
use voice::{Steps, Voice};

use super::Ending;
use super::arguments::{ArtArguments, DataArguments, material, typed};
use super::process::{start_threads, stop_on_signals};
use crate::checkpoint::claim::Claim;
use crate::checkpoint::{Budget, Network};
use crate::data::dataset::DataSet;
use crate::model::export::previous::{previous, put_back};
use crate::model::model_folder;
use crate::recipe::Recipe;
use crate::report::bar::Bar;
use crate::report::page::COMPARISON;
use crate::report::progress::Console;
use crate::train::Event;
use crate::train::retrain::job::{Captures, Job, Source};
use crate::train::retrain::verdict::better;

mod voice;

/// What `trainer retrain` takes: nothing has to be said.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder or name of the installed model [default: that of the game]
    #[arg(long)]
    model: Option<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    /// Minutes that it may take, most of them for training
    #[arg(long, default_value_t = 15.0, value_parser = super::arguments::positive)]
    minutes: f64,
    /// Steps of training, instead of as many as the minutes allow
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// Threads for the network [default: all processors]
    #[arg(long, value_parser = super::arguments::threads)]
    threads: Option<usize>,
    /// Train and judge, but install nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a line of JSON for each thing that happens, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    art: ArtArguments,
}

/// What `trainer rollback` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct RollbackArguments {
    /// Folder or name of the installed model
    #[arg(long, default_value = "balatro")]
    model: PathBuf,
}

/// Part of the time that is for training; the rest is for judging and exporting.
const TRAINING: f64 = 0.7;

/// Retrains.
///
/// # Errors
/// When there is nothing to learn from, or the model cannot be used; the installed model is
/// untouched then.
pub fn run(arguments: &Arguments) -> Result<Ending> {
    let begin = Instant::now();
    let voice = if arguments.json { Voice::Json } else { Voice::Words };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    start_threads(arguments.threads.unwrap_or(processors))?;
    let stop = stop_on_signals()?;
    let model = arguments.model.as_deref().unwrap_or(Path::new(arguments.data.captures.game()));
    let folder = model_folder(model)?;
    voice.begin(Phase::Gathering);
    let mut messages = Vec::new();
    let job = gather(arguments, &folder, &mut messages);
    messages.into_iter().for_each(|text| voice.tell(&said::Event::Message { text }));
    let job = job?;
    let seconds =
        arguments.minutes * 60.0 * TRAINING - begin.elapsed().as_secs_f64().min(arguments.minutes * 20.0);
    let budget = arguments.steps.map_or(Budget::Seconds(seconds.max(1.0)), Budget::Steps);
    let run = paths::data().join("runs").join("retrain");
    let _claim = Claim::new(&run)?;
    let mut console = Console::of_steps(&run, Network::Identifier, 0)?;
    voice.begin(Phase::Training);
    let mut steps = Steps::new(voice);
    // Until the first step there is nothing to see but this.
    let mut drawing = Some(Bar::listening("cards drawn", job.work_of_drawing()));
    let trained = job.train(budget, &run, &stop, &mut |event| {
        drop(drawing.take());
        if let Event::Step(report) = &event {
            steps.tell(report);
        }
        console.show(&event);
    })?;
    drop((console, drawing));
    voice.tell(&said::Event::Message { text: format!("trained for {}", counted(steps.done, "step")) });
    // A training that has come to its end is stopped by the same signal: nothing is installed after
    // it.
    let is_stopped = || stop.load(Ordering::Relaxed);
    let Some(trained) = trained.filter(|_| !is_stopped()) else { return Ok(voice.stopped()) };
    voice.begin(Phase::Calibrating);
    let bar = Bar::listening("calibration", job.work_of_calibration());
    let new = job.calibrated(trained)?;
    drop(bar);
    if is_stopped() {
        return Ok(voice.stopped());
    }
    voice.begin(Phase::Comparing);
    let bar = Bar::listening("comparison", job.work_of_comparison());
    let rows = job.compare(&new)?;
    drop(bar);
    voice.compared(&rows);
    let verdict = match better(&rows) {
        Ok(()) => "The new model is better.".to_owned(),
        Err(reason) => format!("The model before stays: {reason}."),
    };
    let text = serde_json::to_vec_pretty(&serde_json::json!({ "rows": rows, "verdict": verdict }))?;
    let path = run.join(COMPARISON);
    atomic::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    if let Err(reason) = better(&rows) {
        let outcome = Outcome::Refused { reason: reason.to_string(), help: reason.help().to_owned() };
        voice
            .end(outcome, &format!("{} stays as it is: {reason}\nhelp: {}", folder.display(), reason.help()));
        return Ok(Ending::Done);
    }
    if arguments.dry_run {
        voice.end(Outcome::OnlyTried, "the new model is better; nothing was installed, as you asked");
        return Ok(Ending::Done);
    }
    if is_stopped() {
        return Ok(voice.stopped());
    }
    voice.begin(Phase::Installing);
    let bar = Bar::listening("export", 0);
    job.install(&folder, new, &rows)?;
    drop(bar);
    let text = format!(
        "the new model is installed in {}; the old one is kept\nto go back: trainer rollback --model {}",
        folder.display(),
        typed(model)
    );
    voice.end(Outcome::Installed, &text);
    Ok(Ending::Done)
}

fn gather(arguments: &Arguments, folder: &Path, messages: &mut Vec<String>) -> Result<Job> {
    let manifest = Manifest::read(folder)?;
    if let (Some(model), Some(game)) = (&arguments.model, &arguments.data.captures.game)
        && *game != manifest.catalogue
    {
        let (model, catalogue) = (model.display(), &manifest.catalogue);
        bail!(
            "--game {game} makes no sense: the model {model} names the cards of {catalogue:?}\nhelp: leave one of them out"
        );
    }
    let recipe: Recipe = serde_json::from_value(manifest.recipe.clone())
        .with_context(|| format!("{} does not say how it was trained", folder.display()))?;
    let catalogue = Catalogue::read(&paths::catalogue(&manifest.catalogue))?;
    if catalogue.digest() != manifest.catalogue_digest {
        bail!("the catalogue {:?} has changed since {} was made", manifest.catalogue, folder.display());
    }
    let captures = arguments.data.captures.folder();
    let augmented = arguments.data.augmented_if_any()?;
    let sprites = arguments.art.sprites(&recipe);
    let sprites = match arguments.art.art {
        // Without art it can do less; without the art that somebody named, not what was asked for.
        Some(_) => Ok(sprites?),
        None => sprites,
    };
    let bar = Bar::listening("captures looked at", 0);
    let set = DataSet::read(&captures, augmented.as_deref(), Some(&catalogue));
    drop(bar);
    set.iter().flat_map(|set| &set.problems).for_each(|problem| eprintln!("{problem}"));
    let material = sprites.map(|sprites| material(&recipe, sprites));
    let data = Captures { folder: &captures, set };
    let minutes = arguments.minutes;
    Job::gather(Source { folder, data, manifest, recipe, catalogue, material, minutes }, messages)
}

/// Goes back.
///
/// # Errors
/// When no model was kept.
pub fn rollback(arguments: &RollbackArguments) -> Result<()> {
    let folder = model_folder(&arguments.model)?;
    ensure!(
        previous(&folder).is_dir(),
        "no model was kept for {}\nhelp: `trainer retrain` and `trainer export --replace` keep one when they install another",
        folder.display()
    );
    put_back(&folder).with_context(|| format!("cannot exchange {}", folder.display()))?;
    say!("{} is the model before; the command again goes forth", folder.display());
    Ok(())
}
