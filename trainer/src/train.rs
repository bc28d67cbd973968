//! The training loop: batch, forward, loss, step, report; and after an epoch validation and
//! checkpoints.
//!
//! There is one loop. What differs between trainings is a [`Task`]:
//!
//! * [`detector`], [`identifier`]: on composed images. [`labelled`]: on captures that people
//!   labelled.
//! * [`retrain`]: from an installed model to a better one, on both.
//!
//! Its parts: [`optimiser`], [`loss`], [`freeze`] (which layers learn), [`warm_start`] (weights to
//! begin with), [`epoch`] (what steps and epochs were like), [`held_out`] (validation on composed
//! images).
//!
//! A training without epochs has no end but its budget and is saved now and then; one in epochs is
//! saved after each, and what came after the last epoch is done again. The loop prints nothing:
//! whoever calls it gets [`Event`]s.

pub mod detector;
pub mod epoch;
pub mod freeze;
pub mod held_out;
pub mod identifier;
pub mod labelled;
pub mod loss;
mod narrow;
pub mod optimiser;
pub mod retrain;
pub mod warm_start;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lens_core::manifest::Head;
use tch::Tensor;

use crate::checkpoint::optimiser_state::OptimiserState;
use crate::checkpoint::progress::Progress;
use crate::checkpoint::retention::{Action, actions};
use crate::checkpoint::{Budget, Checkpoint, CheckpointError, FORMAT, Network, Position};
use crate::data::loader::Batches;
use crate::model::network::hardware::{Hardware, Precision};
use crate::model::network::torch::{Mode, Module, WeightError, Weights};
use crate::model::network::{Graph, Value};
use crate::recipe::Recipe;
use crate::recipe::schedule::Scheduler;
use crate::recipe::training::{Epochs, Plan};
use epoch::{EpochReport, EpochSums, StepReport, Validation};
use loss::Loss;
use optimiser::{Diverged, Optimiser};

/// What the loop has to know of a task.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    /// Which network it is.
    pub network: Network,
    /// Its operations.
    pub graph: Graph,
    /// Its heads; none for the detector.
    pub heads: Vec<Head>,
    /// How it is trained.
    pub plan: Plan,
    /// Learning rate of nodes as a part of that of the heads, where it is another. Nodes at 0 are
    /// frozen.
    pub learning_rates: BTreeMap<String, f64>,
    /// Whether batch normalisation keeps its statistics in training.
    pub frozen_batch_norm: bool,
}

/// A network and what it learns from.
pub trait Task {
    /// The samples of a step.
    type Batch: Send + 'static;

    /// What the loop has to know.
    fn spec(&self) -> TaskSpec;
    /// The values that the loss reads.
    fn wanted(&self) -> Vec<Value>;
    /// Makes the batch of a step, the same one whenever it is asked.
    fn batches(&self) -> impl Fn(u64) -> Self::Batch + Send + Sync + 'static;
    /// The network's input `[n, 3, height, width]`.
    fn input(&self, batch: &Self::Batch) -> Tensor;
    /// What is minimised.
    fn loss(&self, outputs: &[Tensor], batch: &Self::Batch) -> Loss;
    /// Judges a module after an epoch, on what nothing is trained on.
    fn validate(&self, module: &Module) -> Validation;
}

/// What happens in a training.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is over.
    Step(&'a StepReport),
    /// The network is validated.
    Validation,
    /// An epoch is over.
    Epoch(&'a EpochReport),
}

/// How a training is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that make batches.
    pub loaders: usize,
    /// Time between checkpoints of a training without epochs.
    pub checkpoint_interval: Duration,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its budget is spent.
    Finished,
    /// The validation loss no longer fell.
    OutOfPatience,
    /// It was asked to stop; the checkpoint is whole.
    Stopped,
}

/// Why a training ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The checkpoint cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of another network.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// The loss became infinite.
    #[error(transparent)]
    Diverged(#[from] Diverged),
    /// A loader thread cannot be started.
    #[error("cannot start a thread that makes batches: {0}")]
    Thread(std::io::Error),
    /// A loader thread has died.
    #[error("a thread that makes batches has died; what it said is above")]
    Loader,
}

/// A training in memory: a module, its optimiser, and how far they are.
#[derive(Debug)]
pub struct Session {
    module: Module,
    optimiser: Optimiser,
    position: Position,
    plan: Plan,
    graph: Graph,
}

impl Session {
    /// From these weights, with everything else at its beginning.
    ///
    /// # Errors
    /// When the weights do not fit.
    pub fn new<T: Task>(
        task: &T,
        weights: &Weights,
        budget: Budget,
        recipe: &Recipe,
        catalogue_digest: &str,
        hardware: impl Into<Hardware>,
    ) -> Result<Self, WeightError> {
        let spec = task.spec();
        let module = module(&spec, weights, hardware.into())?;
        let state = Optimiser::new(spec.plan.optimiser, &module).state().clone();
        let progress = Progress { frozen_batch_norm: spec.frozen_batch_norm, ..Progress::default() };
        let position = Position {
            format: FORMAT,
            network: spec.network,
            step: 0,
            seconds: 0.0,
            budget,
            recipe: recipe.clone(),
            catalogue_digest: catalogue_digest.to_owned(),
            heads: spec.heads.clone(),
            epochs: spec.plan.epochs.map(|_| progress),
            scaler: None,
        };
        Ok(Self::from_parts(spec, module, state, position))
    }

    /// Where a checkpoint left off; a `budget` replaces its own.
    ///
    /// # Errors
    /// When the checkpoint is of another network.
    pub fn resume<T: Task>(
        task: &T,
        checkpoint: &Checkpoint,
        budget: Option<Budget>,
        hardware: impl Into<Hardware>,
    ) -> Result<Self, WeightError> {
        let spec = task.spec();
        let module = module(&spec, &checkpoint.now(), hardware.into())?;
        let state = checkpoint.state(&module)?;
        let mut position = checkpoint.position.clone();
        position.budget = budget.unwrap_or(position.budget);
        if spec.plan.epochs.is_some() {
            position.epochs.get_or_insert_default();
        }
        Ok(Self::from_parts(spec, module, state, position))
    }

    fn from_parts(spec: TaskSpec, module: Module, state: OptimiserState, mut position: Position) -> Self {
        let factor = |node: &str| spec.learning_rates.get(node).copied().unwrap_or(1.0);
        let settings = spec.plan.optimiser;
        let optimiser = Optimiser::with_learning_rates(settings, module.trained(), state, &factor);
        if let Some(Epochs { steps, count: Some(count), .. }) = spec.plan.epochs {
            // Captures may have come since the checkpoint, and with them steps in an epoch.
            position.budget = Budget::Steps(count * steps);
            position.step = position.epochs.map_or(0, |it| it.epoch) * steps;
        }
        Self { module, optimiser, position, plan: spec.plan, graph: spec.graph }
    }

    /// Goes on with another recipe, which its checkpoints keep from now on.
    pub fn set_recipe(&mut self, recipe: &Recipe) {
        self.position.recipe = recipe.clone();
    }

    /// How far it is.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// What a file keeps of it.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.position.clone(), &self.module, self.optimiser.state())
    }

    /// Trains until the budget is spent, patience is at its end, or `stop` is set; saves into
    /// `run`.
    ///
    /// # Errors
    /// When the training diverges, a checkpoint cannot be written, or a loader thread dies.
    pub fn run<T: Task>(
        &mut self,
        task: &T,
        run: &Path,
        options: &Options,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, TrainError> {
        let wanted = task.wanted();
        let mut batches = Batches::start(options.loaders, self.position.step, task.batches())
            .map_err(TrainError::Thread)?;
        let mut saved = Instant::now();
        let mut epoch = EpochSums::begin();
        while self.position.progress() < 1.0 {
            if epoch.steps() == 0 && self.is_out_of_patience() {
                return Ok(Outcome::OutOfPatience);
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let report = self.step(task, &wanted, &mut batches)?;
            epoch.add(&report);
            tell(Event::Step(&report));
            match self.plan.epochs {
                Some(epochs) if epoch.steps() < epochs.steps && report.progress < 1.0 => {}
                Some(epochs) => {
                    let sums = std::mem::replace(&mut epoch, EpochSums::begin());
                    self.end_epoch(task, &epochs, sums, run, tell)?;
                    epoch = EpochSums::begin();
                }
                None if saved.elapsed() >= options.checkpoint_interval => {
                    self.checkpoint().write(run)?;
                    saved = Instant::now();
                }
                None => {}
            }
        }
        if self.plan.epochs.is_none() {
            self.checkpoint().write(run)?;
        }
        Ok(if self.position.progress() < 1.0 { Outcome::Stopped } else { Outcome::Finished })
    }

    fn step<T: Task>(
        &mut self,
        task: &T,
        wanted: &[Value],
        batches: &mut Batches<T::Batch>,
    ) -> Result<StepReport, TrainError> {
        let begin = Instant::now();
        let batch = batches.next_batch().ok_or(TrainError::Loader)?;
        let waited = begin.elapsed().as_secs_f64();
        let input = task.input(&batch);
        let outputs = self.module.forward(&input, wanted, Mode::Train);
        let loss = task.loss(&outputs, &batch);
        let step = self.position.step;
        let learning_rate = self.plan.learning_rate(step, self.position.progress(), self.factor());
        let gradient_norm = self.optimiser.descend(&self.module, &loss.total, step, learning_rate)?;
        let seconds = begin.elapsed().as_secs_f64();
        self.position.step += 1;
        self.position.seconds += seconds;
        Ok(StepReport {
            step: self.position.step,
            progress: self.position.progress(),
            learning_rate,
            gradient_norm,
            loss: loss.total.double_value(&[]),
            parts: loss.parts,
            images: input.size()[0] as usize,
            seconds,
            waited,
        })
    }

    /// The last checkpoint comes last: what came before it is done again when the program dies
    /// between them.
    fn end_epoch<T: Task>(
        &mut self,
        task: &T,
        epochs: &Epochs,
        sums: EpochSums,
        run: &Path,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), TrainError> {
        let sums = sums.end();
        // In the precision that it is exported in.
        let averaged = Module::new(self.graph.clone(), &self.checkpoint().average(), Precision::Float32)?;
        tell(Event::Validation);
        let validation = task.validate(&averaged);
        let progress = self.position.epochs.get_or_insert_default();
        let loss = validation.loss.unwrap_or(sums.mean_loss());
        let is_best = progress.observe(loss, self.plan.scheduler.unwrap_or(Scheduler::None));
        let report = sums.report(progress.epoch, validation, is_best);
        let checkpoint = self.checkpoint();
        for action in actions(run, self.position.network, epochs, report.epoch, is_best) {
            match action {
                Action::Write(path) => checkpoint.write_file(&path)?,
                Action::Remove(path) => drop(std::fs::remove_file(path)),
            }
        }
        tell(Event::Epoch(&report));
        Ok(checkpoint.write(run)?)
    }

    /// What the scheduler makes of the learning rate in this epoch.
    fn factor(&self) -> f64 {
        match (self.plan.scheduler, &self.position.epochs) {
            (Some(scheduler), Some(progress)) => {
                let count = self.plan.epochs.and_then(|epochs| epochs.count).unwrap_or(1);
                progress.factor(scheduler, count)
            }
            _ => 1.0,
        }
    }

    fn is_out_of_patience(&self) -> bool {
        let patience = self.plan.epochs.map_or(0, |epochs| epochs.patience);
        self.position.epochs.is_some_and(|progress| progress.is_out_of_patience(patience))
    }
}

fn module(spec: &TaskSpec, weights: &Weights, hardware: Hardware) -> Result<Module, WeightError> {
    let mut module = Module::new(spec.graph.clone(), weights, hardware)?;
    module.freeze(&|node| spec.learning_rates.get(node) == Some(&0.0));
    if spec.frozen_batch_norm {
        module.freeze_batch_norm();
    }
    Ok(module)
}
