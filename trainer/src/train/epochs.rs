//! The loop over epochs: batches, loss, step; then judge, checkpoint, and perhaps stop.
//!
//! Prints nothing and writes nothing but checkpoints: whoever calls it gets [`Event`]s.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lens_core::manifest::Head;
use tch::Device;

use super::judge::{HeadReport, judge};
use super::recipe::{Freeze, LabelledRecipe};
use super::schedule::Progress;
use super::start::Start;
use super::task::{Costs, Order, Pictures, batches, input};
use crate::checkpoint::{Budget, Checkpoint, CheckpointError, FORMAT, Network, Position};
use crate::loader::Batches;
use crate::network::hardware::{Hardware, Precision};
use crate::network::identifier::Backbone;
use crate::network::torch::{Mode, Module, WeightError};
use crate::network::{Graph, Value};
use crate::recipe::Recipe;
use crate::train::TrainError;
use crate::train::optimiser::Optimiser;

/// Everything that a training is about.
pub struct Job {
    /// The resolved recipe; its `labelled` is this one.
    pub recipe: Recipe,
    /// How it is trained.
    pub labelled: LabelledRecipe,
    /// The network.
    pub graph: Graph,
    /// Its heads.
    pub heads: Vec<Head>,
    /// The captures.
    pub pictures: Arc<Pictures>,
    /// Those trained on.
    pub train: Vec<usize>,
    /// Those it is judged by.
    pub judged: Vec<usize>,
    /// Digest of the catalogue; empty without one.
    pub digest: String,
    /// Where it is trained.
    pub device: Device,
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is over.
    Step {
        /// The epoch, from one.
        epoch: u64,
        /// Steps done in it, and steps that it has.
        done: [u64; 2],
        /// The loss.
        loss: f64,
    },
    /// An epoch is over.
    Epoch(&'a EpochReport),
}

/// What an epoch was like.
#[derive(Clone, Debug)]
pub struct EpochReport {
    /// Which one, from one.
    pub epoch: u64,
    /// Learning rate of the heads in its last step.
    pub rate: f64,
    /// Loss in training, all heads together.
    pub train_loss: f64,
    /// Loss on held-out captures; none when nothing is held out.
    pub loss: Option<f64>,
    /// Whether it is the best epoch so far.
    pub better: bool,
    /// Each head.
    pub heads: Vec<HeadReport>,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of it spent waiting for pictures.
    pub waited: f64,
    /// Pictures trained on.
    pub images: usize,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs are done.
    Finished,
    /// The loss no longer fell.
    OutOfPatience,
    /// It was asked to stop; the checkpoint is that of the last whole epoch.
    Stopped,
}

/// A training in memory.
#[derive(Debug)]
pub struct Fit {
    module: Module,
    optimiser: Optimiser,
    position: Position,
    progress: Progress,
}

/// The best checkpoint of a run.
pub fn best_path(run: &Path) -> PathBuf {
    run.join("identifier.best.safetensors")
}

impl Job {
    fn wanted(&self) -> Vec<Value> {
        let value = |head: &Head| self.graph.value(&head.name).expect("every head is a node");
        self.heads.iter().map(value).collect()
    }

    fn size(&self) -> [u32; 2] {
        self.recipe.identifier.shape.input.map(|side| side as u32)
    }

    fn hardware(&self) -> Hardware {
        Hardware { device: self.device, precision: self.labelled.precision.on(self.device) }
    }

    /// The learning rate of a node beside that of the heads.
    fn rate_of(&self, node: &str) -> f64 {
        let backbone = &self.recipe.identifier.shape.backbone;
        match stage(backbone, node) {
            Some((stage, stages)) if is_frozen(self.labelled.freeze, stage, stages) => 0.0,
            Some(_) => self.labelled.backbone_rate / self.labelled.rate,
            None => 1.0,
        }
    }
}

impl Fit {
    /// With these weights, at the beginning.
    ///
    /// # Errors
    /// When the weights do not fit.
    pub fn new(job: &Job, start: &Start) -> Result<Self, WeightError> {
        let module = module(job, &start.weights, start.keeps_statistics)?;
        let state = Optimiser::new(job.labelled.settings(), &module).state().clone();
        let rate = |node: &str| job.rate_of(node);
        let optimiser = Optimiser::with_rates(job.labelled.settings(), module.trained(), state, &rate);
        let progress = Progress { keeps_statistics: start.keeps_statistics, ..Progress::default() };
        let position = Position {
            format: FORMAT,
            network: Network::Identifier,
            step: 0,
            seconds: 0.0,
            budget: Budget::Steps(1),
            recipe: job.recipe.clone(),
            catalogue_digest: job.digest.clone(),
            heads: job.heads.clone(),
            epochs: Some(progress),
            scaler: None,
        };
        Ok(Self { module, optimiser, position, progress })
    }

    /// Where a checkpoint left off; the recipe is the job's.
    ///
    /// # Errors
    /// When the checkpoint is of another network.
    pub fn resume(job: &Job, checkpoint: &Checkpoint) -> Result<Self, WeightError> {
        let progress = checkpoint.position.epochs.unwrap_or_default();
        let module = module(job, &checkpoint.now(), progress.keeps_statistics)?;
        let state = checkpoint.state(&module)?;
        let rate = |node: &str| job.rate_of(node);
        let optimiser = Optimiser::with_rates(job.labelled.settings(), module.trained(), state, &rate);
        let position = Position { recipe: job.recipe.clone(), ..checkpoint.position.clone() };
        Ok(Self { module, optimiser, position, progress })
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Trains until the epochs are done, patience is at its end, or `stop` is set.
    ///
    /// # Errors
    /// When the training diverges, a checkpoint cannot be written, or a loader thread dies.
    pub fn run(
        &mut self,
        job: &Job,
        run: &Path,
        loaders: usize,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<Ending, TrainError> {
        let labelled = &job.labelled;
        let order = Order::new(labelled, &job.pictures, job.train.clone(), job.recipe.seed);
        let steps = order.steps();
        let costs = Costs::new(labelled, &job.pictures, &job.heads, &job.train);
        let make = batches(Arc::clone(&job.pictures), order, labelled.transforms);
        let mut batches =
            Batches::start(loaders, self.progress.epoch * steps, make).map_err(TrainError::Thread)?;
        let (wanted, size) = (job.wanted(), job.size());
        self.position.budget = Budget::Steps(labelled.epochs * steps);
        while self.progress.epoch < labelled.epochs {
            if self.progress.is_out_of_patience(labelled.patience) {
                return Ok(Ending::OutOfPatience);
            }
            let begin = Instant::now();
            let factor = self.progress.factor(labelled.scheduler, labelled.epochs);
            let mut epoch = Sums::default();
            for index in 0..steps {
                if stop.load(Ordering::Relaxed) {
                    return Ok(Ending::Stopped);
                }
                let waiting = Instant::now();
                let batch = batches.next_batch().ok_or(TrainError::Loader)?;
                epoch.waited += waiting.elapsed().as_secs_f64();
                let outputs = self.module.forward(&input(&batch.pixels, size), &wanted, Mode::Train);
                let loss = job.pictures.loss(&outputs, &batch.samples, &job.heads, &costs);
                let step = self.progress.epoch * steps + index;
                let warm = ((step + 1) as f64 / labelled.warm_up.max(1) as f64).min(1.0);
                epoch.rate = labelled.rate * factor * warm;
                self.optimiser.descend(&self.module, &loss.total, step, epoch.rate)?;
                epoch.add(loss.total.double_value(&[]), &loss.parts, batch.samples.len());
                let (number, done) = (self.progress.epoch + 1, [index + 1, steps]);
                tell(Event::Step { epoch: number, done, loss: epoch.total / epoch.steps });
            }
            let seconds = begin.elapsed().as_secs_f64();
            self.position.seconds += seconds;
            self.position.step = (self.progress.epoch + 1) * steps;
            // In the precision that it is exported in.
            let judged = Module::new(job.graph.clone(), &self.checkpoint().average(), Precision::Float32)?;
            let (heads, loss) = judge(&judged, &wanted, &job.pictures, &job.judged, &job.heads, &costs, size);
            let better = self.progress.observe(loss.unwrap_or(epoch.total / epoch.steps), labelled.scheduler);
            let report = epoch.report(self.progress.epoch, heads, loss, better, seconds);
            self.save(job, run, better, || tell(Event::Epoch(&report)))?;
        }
        Ok(Ending::Finished)
    }

    /// What a file keeps of it.
    pub fn checkpoint(&self) -> Checkpoint {
        let position = Position { epochs: Some(self.progress), ..self.position.clone() };
        Checkpoint::new(position, &self.module, self.optimiser.state())
    }

    /// The last checkpoint comes last: what came before it is done again when the program dies between them.
    fn save(&self, job: &Job, run: &Path, better: bool, told: impl FnOnce()) -> Result<(), CheckpointError> {
        let checkpoint = self.checkpoint();
        if better {
            checkpoint.write_file(&best_path(run))?;
        }
        let (epoch, labelled) = (self.progress.epoch, &job.labelled);
        if labelled.checkpoint_interval > 0 && epoch.is_multiple_of(labelled.checkpoint_interval) {
            let path = |epoch: u64| run.join(format!("identifier.epoch-{epoch:04}.safetensors"));
            checkpoint.write_file(&path(epoch))?;
            let gone = labelled.keep as u64 * labelled.checkpoint_interval;
            if let Some(old) = epoch.checked_sub(gone).filter(|old| *old > 0) {
                // One that is gone already needs no removing.
                let _ = std::fs::remove_file(path(old));
            }
        }
        told();
        checkpoint.write(run)
    }
}

/// Sums over an epoch.
#[derive(Default)]
struct Sums {
    total: f64,
    steps: f64,
    parts: Vec<(String, f64, f64)>,
    images: usize,
    waited: f64,
    rate: f64,
}

impl Sums {
    fn add(&mut self, total: f64, parts: &[(String, f64)], images: usize) {
        self.total += total;
        self.steps += 1.0;
        self.images += images;
        for (name, value) in parts {
            match self.parts.iter_mut().find(|(other, ..)| other == name) {
                Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1.0),
                None => self.parts.push((name.clone(), *value, 1.0)),
            }
        }
    }

    fn report(
        self,
        epoch: u64,
        mut heads: Vec<HeadReport>,
        loss: Option<f64>,
        better: bool,
        seconds: f64,
    ) -> EpochReport {
        for head in &mut heads {
            let part = self.parts.iter().find(|(name, ..)| *name == head.name);
            head.train_loss = part.map(|(_, sum, count)| sum / count);
        }
        let train_loss = self.total / self.steps.max(1.0);
        EpochReport {
            epoch,
            rate: self.rate,
            train_loss,
            loss,
            better,
            heads,
            seconds,
            waited: self.waited,
            images: self.images,
        }
    }
}

fn module(
    job: &Job,
    weights: &crate::network::torch::Weights,
    keeps_statistics: bool,
) -> Result<Module, WeightError> {
    let mut module = Module::new(job.graph.clone(), weights, job.hardware())?;
    module.hold(&|node| job.rate_of(node) == 0.0);
    if keeps_statistics {
        module.keep_statistics();
    }
    Ok(module)
}

/// Place of a node among the stages of the backbone, and how many there are; none for heads.
fn stage(backbone: &Backbone, node: &str) -> Option<(usize, usize)> {
    let first = node.split('.').next().unwrap_or(node);
    let (own, count) = match backbone {
        Backbone::Template { convolutions } => {
            let number = first.strip_prefix("conv").and_then(|it| it.parse().ok());
            (number, convolutions.len())
        }
        Backbone::Resnet18 => {
            let layer = first.strip_prefix("layer").and_then(|it| it.parse().ok());
            (layer.or(["conv1", "bn1"].contains(&first).then_some(0)), 5)
        }
    };
    let upper = ["hidden", "embedding"].iter().position(|it| *it == first).map(|place| count + place);
    own.or(upper).map(|stage| (stage, count + 2))
}

fn is_frozen(freeze: Freeze, stage: usize, stages: usize) -> bool {
    match freeze {
        Freeze::None => false,
        Freeze::Mid => stage < stages / 2,
        Freeze::High => stage + 2 < stages,
        Freeze::All => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::identifier::IdentifierShape;

    #[test]
    fn freezing_goes_from_the_bottom_to_the_top() {
        let check = |backbone: &Backbone, freeze, open: &[&str], held: &[&str]| {
            let frozen = |node: &str| stage(backbone, node).is_some_and(|(at, of)| is_frozen(freeze, at, of));
            open.iter().for_each(|node| assert!(!frozen(node), "{node} with {freeze:?}"));
            held.iter().for_each(|node| assert!(frozen(node), "{node} with {freeze:?}"));
        };
        let template = IdentifierShape::default().backbone;
        check(&template, Freeze::None, &["conv0.conv", "embedding.fc"], &[]);
        check(
            &template,
            Freeze::Mid,
            &["conv3.bn", "hidden.fc", "identification"],
            &["conv0.conv", "conv2.bn"],
        );
        check(&template, Freeze::High, &["hidden.fc", "embedding.bn", "edition"], &["conv3.conv"]);
        check(&template, Freeze::All, &["identification", "modifier"], &["conv0.bn", "embedding.fc"]);
        check(
            &Backbone::Resnet18,
            Freeze::Mid,
            &["layer3.0.conv1", "hidden.fc"],
            &["conv1", "bn1", "layer2.1.bn2"],
        );
    }
}
