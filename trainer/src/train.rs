//! The training loop: batch, forward, loss, step, report, and now and then a checkpoint.
//!
//! What differs between the two networks is a [`Task`]. The loop knows no clock beyond the seconds it has spent, and
//! prints nothing: whoever calls it gets [`Report`]s.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lens_core::manifest::Head;
use tch::Tensor;

use crate::checkpoint::{Budget, Checkpoint, CheckpointError, FORMAT, Network, Position};
use crate::loader::Batches;
use crate::loss::Loss;
use crate::network::hardware::Hardware;
use crate::network::torch::{Mode, Module, WeightError, Weights};
use crate::network::{Graph, Value};
use crate::recipe::{Recipe, Training};
use crate::train::optimiser::{Diverged, Optimiser, State};

pub mod composed;
pub mod detector;
pub mod identifier;
pub mod optimiser;
pub mod scaler;

/// A network and what it learns from.
pub trait Task {
    /// The samples of a step.
    type Batch: Send + 'static;

    /// Which network it is.
    fn network(&self) -> Network;
    /// The network.
    fn graph(&self) -> &Graph;
    /// Its heads; none for the detector.
    fn heads(&self) -> &[Head];
    /// How it is trained.
    fn training(&self) -> Training;
    /// Whether a node is not trained.
    fn holds(&self, _node: &str) -> bool {
        false
    }
    /// Whether batch normalisation keeps its statistics in training.
    fn keeps_statistics(&self) -> bool {
        false
    }
    /// The values that the loss reads.
    fn wanted(&self) -> Vec<Value>;
    /// Makes the batch of a step, the same one whenever it is asked.
    fn batches(&self) -> impl Fn(u64) -> Self::Batch + Send + Sync + 'static;
    /// The network's input `[n, 3, height, width]`.
    fn input(&self, batch: &Self::Batch) -> Tensor;
    /// What there is to make small.
    fn loss(&self, outputs: &[Tensor], batch: &Self::Batch) -> Loss;
}

/// What happened in a step.
#[derive(Clone, Debug)]
pub struct Report {
    /// Steps done, this one included.
    pub step: u64,
    /// Part of the training that is over.
    pub progress: f64,
    /// Learning rate of the step.
    pub rate: f64,
    /// Length of the gradient; zero in a step that was passed over.
    pub gradient: f64,
    /// The loss and its parts.
    pub parts: Vec<(String, f64)>,
    /// Seconds that the step took.
    pub seconds: f64,
    /// Seconds of it spent waiting for pictures.
    pub waited: f64,
}

/// How a training is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that make batches.
    pub loaders: usize,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Where, and in what precision.
    pub hardware: Hardware,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its budget is spent.
    Finished,
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
        let module = module(task, weights, hardware.into())?;
        let state = Optimiser::new(task.training().optimiser, &module).state().clone();
        let optimiser = optimiser(task, &module, state);
        let position = Position {
            format: FORMAT,
            network: task.network(),
            step: 0,
            seconds: 0.0,
            budget,
            recipe: recipe.clone(),
            catalogue_digest: catalogue_digest.to_owned(),
            heads: task.heads().to_vec(),
            epochs: None,
            scaler: None,
        };
        Ok(Self { module, optimiser, position })
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
        let module = module(task, &checkpoint.now(), hardware.into())?;
        let state = checkpoint.state(&module)?;
        let optimiser = optimiser(task, &module, state);
        let mut position = checkpoint.position.clone();
        position.budget = budget.unwrap_or(position.budget);
        Ok(Self { module, optimiser, position })
    }

    /// How far it is.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// What a file keeps of it.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.position.clone(), &self.module, self.optimiser.state())
    }

    /// Trains until the budget is spent or `stop` is set; saves into `run` now and then, and at the end.
    ///
    /// # Errors
    /// When the training diverges, a checkpoint cannot be written, or a loader thread dies.
    pub fn run<T: Task>(
        &mut self,
        task: &T,
        run: &Path,
        options: &Options,
        stop: &AtomicBool,
        report: &mut dyn FnMut(&Report),
    ) -> Result<Outcome, TrainError> {
        let wanted = task.wanted();
        let schedule = task.training().schedule;
        let mut batches = Batches::start(options.loaders, self.position.step, task.batches())
            .map_err(TrainError::Thread)?;
        let mut saved = Instant::now();
        while self.position.progress() < 1.0 && !stop.load(Ordering::Relaxed) {
            let begin = Instant::now();
            let batch = batches.next_batch().ok_or(TrainError::Loader)?;
            let waited = begin.elapsed().as_secs_f64();
            let outputs = self.module.forward(&task.input(&batch), &wanted, Mode::Train);
            let loss = task.loss(&outputs, &batch);
            let rate = schedule.rate(self.position.step, self.position.progress());
            let length = self.optimiser.descend(&self.module, &loss.total, self.position.step, rate)?;
            let seconds = begin.elapsed().as_secs_f64();
            self.position.step += 1;
            self.position.seconds += seconds;
            report(&Report {
                step: self.position.step,
                progress: self.position.progress(),
                rate,
                gradient: length,
                parts: loss.parts,
                seconds,
                waited,
            });
            if saved.elapsed() >= options.checkpoint_every {
                self.checkpoint().write(run)?;
                saved = Instant::now();
            }
        }
        self.checkpoint().write(run)?;
        Ok(if self.position.progress() < 1.0 { Outcome::Stopped } else { Outcome::Finished })
    }
}

fn module<T: Task>(task: &T, weights: &Weights, hardware: Hardware) -> Result<Module, WeightError> {
    let mut module = Module::new(task.graph().clone(), weights, hardware)?;
    module.hold(&|node| task.holds(node));
    if task.keeps_statistics() {
        module.keep_statistics();
    }
    Ok(module)
}

fn optimiser<T: Task>(task: &T, module: &Module, state: State) -> Optimiser {
    let rate = |node: &str| if task.holds(node) { 0.0 } else { 1.0 };
    Optimiser::with_rates(task.training().optimiser, module.trained(), state, &rate)
}
