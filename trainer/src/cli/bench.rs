//! `trainer bench`: does the loader keep the network fed? Images a second with batches from the
//! loader, beside the same network on a batch that is there already.
//!
//! The small networks of the recipe compute on the processors that the loader composes on, so that
//! the loader costs what it takes; `ResNet18` at 224 pixels is what others train, and what
//! `scripts/resnet18_pytorch.py` measures too.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use lens_core::counted::counted;
use lens_core::paths;
use tch::Device;

use super::arguments::{ArtArguments, material};
use super::process::start_threads;
use crate::data::loader::Batches;
use crate::model::network::hardware::{Hardware, Place};
use crate::model::network::identifier::Backbone;
use crate::model::network::torch::{Mode, Module, Weights};
use crate::recipe::Recipe;
use crate::recipe::training::Training;
use crate::report::bar::Bar;
use crate::train::Task;
use crate::train::detector::DetectorTask;
use crate::train::identifier::IdentifierTask;
use crate::train::optimiser::Optimiser;

/// How often the measurement changes from one kind of batch to the other and back, at most.
const ROUNDS: u64 = 5;
/// Steps after a change that do not count: more than batches are kept ready, so that what lay ready
/// is used up.
const UNMEASURED: u64 = 8;

/// What `trainer bench` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Recipe [default: recipes/practice.toml in the data folder]
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Steps that are measured, of each kind
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    steps: u64,
    /// Measures ResNet18 as the identifier instead of the recipe's networks, on images of this
    /// width and height
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(32..=1024))]
    resnet18: Option<u32>,
    /// Images in a batch [default: the recipe's]
    #[arg(long, value_parser = super::arguments::count::<2, 4096>)]
    batch: Option<usize>,
    /// Where the network computes
    #[arg(long, value_enum, default_value_t = Place::Cpu)]
    device: Place,
    /// Threads for the network [default: all processors]
    #[arg(long, value_parser = super::arguments::threads)]
    threads: Option<usize>,
    /// Threads that compose images [default: one for four processors]
    #[arg(long, value_parser = super::arguments::threads)]
    loaders: Option<usize>,
    #[command(flatten)]
    art: ArtArguments,
}

/// Measures and prints a line for each network.
///
/// # Errors
/// When the recipe or the art cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    start_threads(arguments.threads.unwrap_or(processors))?;
    let loaders = arguments.loaders.unwrap_or_else(|| processors.div_ceil(4));
    let shipped = || paths::data().join("recipes").join("practice.toml");
    let mut recipe = Recipe::read(&arguments.recipe.clone().unwrap_or_else(shipped))?;
    if let Some(side) = arguments.resnet18 {
        recipe.identifier.shape.backbone = Backbone::Resnet18;
        recipe.identifier.shape.input = [i64::from(side); 2];
        recipe.scenes.crop.size = [side; 2];
    }
    for training in [&mut recipe.detector.training, &mut recipe.identifier.training] {
        training.batch = arguments.batch.unwrap_or(training.batch);
    }
    let material = material(&recipe, arguments.art.sprites(&recipe)?);
    let hardware = Hardware::best_on(arguments.device.device()?);
    say!(
        "{} for the network, {} for the loader, on {}",
        counted(tch::get_num_threads(), "thread"),
        counted(loaders, "thread"),
        if hardware.device == Device::Cpu { "the processor" } else { "an NVIDIA card" },
    );
    say!(
        "{:<12} {:>6} {:>6} {:>12} {:>12} {:>8}",
        "images/s",
        "batch",
        "steps",
        "resident",
        "from loader",
        ""
    );
    if arguments.resnet18.is_none() {
        let detector = DetectorTask::new(&recipe, material.clone())?;
        let weights = detector.initial_weights();
        measure(&detector, &recipe.detector.training, &weights, hardware, arguments.steps, loaders)?;
    }
    let identifier = IdentifierTask::new(&recipe, material)?;
    measure(
        &identifier,
        &recipe.identifier.training,
        &identifier.initial_weights()?,
        hardware,
        arguments.steps,
        loaders,
    )
}

fn measure<T: Task>(
    task: &T,
    training: &Training,
    weights: &Weights,
    hardware: Hardware,
    steps: u64,
    loaders: usize,
) -> Result<()> {
    let spec = task.spec();
    let module = Module::new(spec.graph, weights, hardware)?;
    let mut optimiser = Optimiser::new(spec.plan.optimiser, &module);
    let wanted = task.wanted();
    let mut number = 0;
    // The images of a step: more than samples, because an invented card is seen twice.
    let mut step = |batch: &T::Batch| -> Result<i64> {
        let input = task.input(batch);
        let outputs = module.forward(&input, &wanted, Mode::Train);
        optimiser.descend(&module, &task.loss(&outputs, batch).total, number, 1e-4)?;
        number += 1;
        Ok(input.size()[0])
    };
    let make = task.batches();
    let resident = make(0);
    let mut batches = Batches::start(loaders, 0, make).context("cannot start the loader")?;
    let mut next = || batches.next_batch().context("the loader has died");
    let reuse = training.reuse();
    let first = (reuse.uses * reuse.window).div_ceil(training.batch as u64);
    // A step at least in each.
    let rounds = ROUNDS.min(steps);
    let all = first + steps + rounds * 2 * UNMEASURED + 2 * steps;
    let bar = Bar::new(&format!("{}: batches", spec.network.name()), all as usize);
    // From here on a batch needs as many new images as any other of a long training.
    for _ in 0..first {
        next()?;
        bar.step();
    }
    // Meanwhile the next bank of cards is drawn, which a training does once in hundreds of steps.
    Speed::default().measure(steps, &bar, || step(&next()?))?;
    // By turns, because the machine itself is faster at times and slower at others.
    let (mut fed, mut alone) = (Speed::default(), Speed::default());
    for round in 0..rounds {
        let part = steps * (round + 1) / rounds - steps * round / rounds;
        Speed::default().measure(UNMEASURED, &bar, || step(&next()?))?;
        fed.measure(part, &bar, || step(&next()?))?;
        // The queues are full by the end of the first steps, so that the loader's threads sleep.
        Speed::default().measure(UNMEASURED, &bar, || step(&resident))?;
        alone.measure(part, &bar, || step(&resident))?;
    }
    drop(bar);
    let (name, batch, steps) = (spec.network.name(), alone.batch(), fed.steps);
    let (fed, alone) = (fed.per_second(), alone.per_second());
    say!("{name:<12} {batch:>6} {steps:>6} {alone:>12.1} {fed:>12.1} {:>6.1} %", 100.0 * fed / alone);
    Ok(())
}

/// Images and the time that the network took for them.
#[derive(Clone, Copy, Debug, Default)]
struct Speed {
    steps: u64,
    pictures: i64,
    seconds: f64,
}

impl Speed {
    /// Adds what `steps` times of this take; `step` returns how many images it was given.
    fn measure(&mut self, steps: u64, bar: &Bar, mut step: impl FnMut() -> Result<i64>) -> Result<()> {
        for _ in 0..steps {
            let begin = Instant::now();
            self.pictures += step()?;
            self.steps += 1;
            self.seconds += begin.elapsed().as_secs_f64();
            bar.step();
        }
        Ok(())
    }

    /// Images of a step, invented cards counted as often as they are seen.
    fn batch(self) -> i64 {
        self.pictures / self.steps.max(1) as i64
    }

    fn per_second(self) -> f64 {
        self.pictures as f64 / self.seconds
    }
}
