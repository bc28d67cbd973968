//! Training the identifier on captures that people labelled.
//!
//! ```text
//! captures, labels ─▶ split ─▶ images: batches, loss ─▶ task ─▶ the training loop ─▶ export
//!                        ▲                                 ▲ warm_start: a run, a model, others
//!                  split.json of the run
//! ```
//!
//! * [`pictures`]: batches by number, and the loss. [`task`]: these as a [`Task`](super::Task).
//!   [`validate`]: its validation.
//! * [`export`]: the trained identifier beside the detector of an installed model.

pub mod export;
pub mod pictures;
pub mod task;
pub mod validate;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use lens_core::atomic::{self, keep_former};
use lens_core::catalogue::Catalogue;
use tch::Device;

use super::Session;
use super::warm_start::{Known, fill};
use crate::checkpoint::{Budget, Checkpoint, Network};
use crate::data::dataset::coverage::Coverage;
use crate::data::dataset::fields::heads;
use crate::data::dataset::split::{SplitFile, split_again};
use crate::data::dataset::{DataSet, Sample};
use crate::model::network::hardware::Hardware;
use crate::random::{Stream, seed_of};
use crate::recipe::{DataRecipe, Recipe};
use pictures::Pictures;
use task::{LabelledTask, Sides};

/// File with what is trained on and what is held out.
const SPLIT: &str = "split.json";

/// A training that is ready to run.
#[derive(Debug)]
pub struct Prepared {
    /// What is learned.
    pub task: LabelledTask,
    /// The training, at its beginning or where it was stopped.
    pub session: Session,
    /// What a person should know of it.
    pub messages: Vec<String>,
    /// What is not as it should be.
    pub warning: Option<String>,
}

/// What a training is prepared from.
#[derive(Debug)]
pub struct Source<'a> {
    /// The resolved recipe.
    pub recipe: &'a Recipe,
    /// The captures.
    pub set: DataSet,
    /// Where they are from, for messages.
    pub folder: &'a Path,
    /// The catalogue that names are looked up in; none where there is none.
    pub catalogue: Option<Catalogue>,
}

/// Whether there may be a checkpoint in the run's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// There must be none.
    Anew,
    /// It goes on from it where there is one.
    Resume,
}

/// The captures that a run held out; none for a run that was not on captures.
///
/// # Errors
/// When its file cannot be read.
pub fn held_out(run: &Path) -> Result<Option<BTreeSet<String>>> {
    Ok(sides(run)?.map(|split| split.validation.into_iter().collect()))
}

/// The sides on which a run has its captures; none for a run that was not on captures.
fn sides(run: &Path) -> Result<Option<SplitFile>> {
    let path = run.join(SPLIT);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let split = serde_json::from_slice(&text).with_context(|| {
        format!("{} is not what a training writes\nhelp: begin another run with --run", path.display())
    })?;
    Ok(Some(split))
}

/// Splits the captures, writes recipe and split into the run's folder, and makes or resumes the
/// training.
///
/// # Errors
/// When nothing can be trained on, or the run's folder cannot be used.
pub fn prepare(source: Source<'_>, run: &Path, begin: Begin, device: Device) -> Result<Prepared> {
    let Source { recipe, set, folder, catalogue } = source;
    set.check_trainable(folder)?;
    let labelled = recipe.data.labelled().cloned().unwrap_or_default();
    let heads = heads(&set.samples, &labelled.tasks, catalogue.as_ref())?;
    let graph = recipe.identifier.shape.graph(&heads)?;
    // Whoever goes on must not be judged by what was learned before.
    let before = if begin == Begin::Resume { sides(run)? } else { None };
    let split =
        split_again(&set.samples, labelled.validation, recipe.seed, &before.clone().unwrap_or_default());
    let judged = split.judged(&set.samples);
    let count = |augmented: bool| set.samples.iter().filter(|it| it.is_augmented() == augmented).count();
    let mut messages = vec![format!(
        "{} captures and {} augmented ones of {} cards from {}; {} are held out",
        count(false),
        count(true),
        heads[0].classes.len(),
        folder.display(),
        judged.len()
    )];
    messages.extend(before.as_ref().and_then(|before| new_captures(&set.samples, &judged, before)));
    let warning = (judged.is_empty() && labelled.validation > 0.0).then(|| {
        "nothing can be held out: the captures of every card are in one card group. The training loss decides what \
         is best\nhelp: capture cards again on another occasion"
            .to_owned()
    });
    if labelled.validation == 0.0 {
        messages.push("nothing is held out, as you asked: the training loss decides what is best".to_owned());
    }
    let recipe = &with_batch(recipe, split.train.len(), &mut messages);
    let checkpoint = checkpoint(run, begin)?;
    let mut file = split.file(&set.samples, recipe.seed);
    file.remember(&before.unwrap_or_default());
    let size = recipe.identifier.shape.input.map(|side| side as u32);
    let coverage = Coverage::of(&recipe.game, &set.samples, &split.train, &judged);
    let pictures = Arc::new(Pictures::new(set.samples, &heads, size));
    let digest = catalogue.map(|it| it.digest().to_owned()).unwrap_or_default();
    let task = LabelledTask::new(recipe, graph, heads, pictures, Sides { train: split.train, judged });
    let (task, session) = session(task, &digest, checkpoint, device, &mut messages)?;
    // Nothing is written before it is known that the training can begin.
    if session.position().step == 0 {
        let aside = Checkpoint::put_aside(run, Network::Identifier)
            .with_context(|| format!("cannot put the checkpoints in {} aside", run.display()))?;
        let names: Vec<String> = aside.iter().map(|it| it.display().to_string()).collect();
        if !names.is_empty() {
            messages.push(format!("what was trained before is kept in {}", names.join(", ")));
        }
    }
    let write = |name: &str, text: String| {
        let path = run.join(name);
        atomic::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    };
    let written = match begin {
        Begin::Anew => recipe.write(run).and_then(|()| keep_former(&run.join(SPLIT))),
        Begin::Resume => recipe.write_again(run),
    };
    written.with_context(|| format!("cannot write the recipe into {}", run.display()))?;
    write(SPLIT, serde_json::to_string_pretty(&file)? + "\n")?;
    coverage.write(run).with_context(|| format!("cannot write into {}", run.display()))?;
    Ok(Prepared { task, session, messages, warning })
}

/// A step takes each capture once at most: more in a batch would only cost memory.
fn with_batch(recipe: &Recipe, captures: usize, messages: &mut Vec<String>) -> Recipe {
    let mut recipe = recipe.clone();
    if let DataRecipe::Labelled(labelled) = &mut recipe.data
        && labelled.batch > captures.max(2)
    {
        messages
            .push(format!("a step takes {} captures, for there are no more to train on", captures.max(2)));
        labelled.batch = captures.max(2);
    }
    recipe
}

/// Says what came since the run was begun.
fn new_captures(samples: &[Sample], judged: &[usize], before: &SplitFile) -> Option<String> {
    let files = before.files();
    let is_new = |sample: &Sample| !sample.is_augmented() && !files.contains(sample.file.as_str());
    let new = samples.iter().filter(|sample| is_new(sample)).count();
    let held = judged.iter().filter(|&&index| is_new(&samples[index])).count();
    (new > 0).then(|| {
        format!(
            "{new} captures are new to this run, of which {held} are held out; all others stay on their side"
        )
    })
}

/// The checkpoint to go on from; an error when there is one that nobody asked to go on from.
fn checkpoint(run: &Path, begin: Begin) -> Result<Option<Checkpoint>> {
    let path = Checkpoint::path(run, Network::Identifier);
    std::fs::create_dir_all(run).with_context(|| format!("cannot make {}", run.display()))?;
    match (path.exists(), begin) {
        (true, Begin::Resume) => Ok(Some(Checkpoint::read(run, Network::Identifier)?)),
        (true, Begin::Anew) => bail!(
            "{} is there already\nhelp: go on with --resume, give another folder with --run, or delete it",
            path.display()
        ),
        (false, _) => Ok(None),
    }
}

/// Goes on from the checkpoint where it has the same heads; takes what fits of it, or of known
/// weights, otherwise.
fn session(
    task: LabelledTask,
    digest: &str,
    checkpoint: Option<Checkpoint>,
    device: Device,
    messages: &mut Vec<String>,
) -> Result<(LabelledTask, Session)> {
    let hardware = Hardware { device, precision: task.labelled().precision.on(device) };
    let known = match (checkpoint, &task.labelled().init) {
        (Some(checkpoint), _) if !checkpoint.position.is_labelled() => bail!(
            "the identifier of this run was trained on composed images\nhelp: go on without --data, or begin a new run \
             with --init RUN --run OTHER"
        ),
        (Some(checkpoint), _) if checkpoint.position.heads == task.heads() => {
            let progress = checkpoint.position.epochs.unwrap_or_default();
            let task = task.with_frozen_batch_norm(progress.frozen_batch_norm);
            let mut session = Session::resume(&task, &checkpoint, None, hardware).context(
                "the checkpoint is of another network\nhelp: leave --backbone out, or begin a new run with --run",
            )?;
            session.set_recipe(task.recipe());
            return Ok((task, session));
        }
        (Some(checkpoint), _) => {
            messages.push(
                "the heads or classes have changed: the training begins again with what fits".to_owned(),
            );
            let heads = checkpoint.position.heads.clone();
            Some(Known { from: "the checkpoint".into(), weights: checkpoint.average(), heads, folded: false })
        }
        (None, Some(path)) => Some(Known::read(path, task.graph())?),
        (None, None) => None,
    };
    let seed = seed_of(task.recipe().seed, Stream::Weights, 2);
    let start = fill(task.graph(), task.heads(), seed, known.as_ref());
    messages.extend(start.report);
    let task = task.with_frozen_batch_norm(start.frozen_batch_norm);
    // The loop counts the steps of all epochs.
    let budget = Budget::Steps(1);
    let session = Session::new(&task, &start.weights, budget, task.recipe(), digest, hardware)?;
    Ok((task, session))
}
