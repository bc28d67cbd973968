//! Whole trainings, small enough for a test: they must learn, and stopping must change nothing.

mod small;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tch::Tensor;
use trainer::checkpoint::{Budget, Checkpoint, Network};
use trainer::model::network::Value;
use trainer::model::network::hardware::Precision;
use trainer::model::network::torch::{Module, Weights};
use trainer::recipe::Recipe;
use trainer::recipe::schedule::Scheduler;
use trainer::recipe::training::Freeze;
use trainer::train::detector::DetectorTask;
use trainer::train::epoch::{EpochReport, Validation};
use trainer::train::identifier::IdentifierTask;
use trainer::train::loss::Loss;
use trainer::train::{Event, Options, Outcome, Session, Task, TaskSpec};

fn options() -> Options {
    Options { loaders: 2, checkpoint_interval: Duration::from_secs(3600) }
}

/// Trains until the budget is spent, or until `stop_after` steps; returns the last loss parts.
fn train<T: Task>(
    task: &T,
    session: &mut Session,
    run: &Path,
    stop_after: u64,
) -> (Outcome, Vec<(String, f64)>) {
    let stop = AtomicBool::new(false);
    let mut last = Vec::new();
    let outcome = session
        .run(task, run, &options(), &stop, &mut |event| {
            if let Event::Step(report) = event {
                last.clone_from(&report.parts);
                stop.store(report.step >= stop_after, Ordering::Relaxed);
            }
        })
        .unwrap();
    (outcome, last)
}

fn begin<T: Task>(task: &T, weights: &Weights, steps: u64, recipe: &Recipe) -> Session {
    Session::new(task, weights, Budget::Steps(steps), recipe, "digest", Precision::Float32).unwrap()
}

/// Always the first batch.
struct FirstBatch<T>(T);

impl<T: Task> Task for FirstBatch<T> {
    type Batch = T::Batch;

    fn spec(&self) -> TaskSpec {
        self.0.spec()
    }

    fn wanted(&self) -> Vec<Value> {
        self.0.wanted()
    }

    fn batches(&self) -> impl Fn(u64) -> T::Batch + Send + Sync + 'static {
        let batches = self.0.batches();
        move |_| batches(0)
    }

    fn input(&self, batch: &T::Batch) -> Tensor {
        self.0.input(batch)
    }

    fn loss(&self, outputs: &[Tensor], batch: &T::Batch) -> Loss {
        self.0.loss(outputs, batch)
    }

    fn validate(&self, module: &Module) -> Validation {
        self.0.validate(module)
    }
}

#[track_caller]
fn check_below(parts: &[(String, f64)], limits: &[(&str, f64)]) {
    for (name, limit) in limits {
        let (_, value) = parts.iter().find(|(part, _)| part == name).unwrap();
        assert!(value < limit, "{name} is {value} after training, expected less than {limit}: {parts:?}");
    }
}

#[test]
fn the_detector_learns_eight_pictures_by_heart() {
    let mut recipe = small::recipe();
    recipe.detector.training.schedule.learning_rate = 1e-2;
    let folder = tempfile::tempdir().unwrap();
    let task = FirstBatch(DetectorTask::new(&recipe, small::material(&recipe)).unwrap());
    let mut session = begin(&task, &task.0.initial_weights(), 150, &recipe);
    let (outcome, parts) = train(&task, &mut session, folder.path(), u64::MAX);
    assert_eq!(outcome, Outcome::Finished);
    check_below(&parts, &[("heat", 0.25), ("corners", 0.06)]);
}

#[test]
fn the_identifier_learns_eight_crops_by_heart() {
    let mut recipe = small::recipe();
    recipe.identifier.training.schedule.learning_rate = 1e-2;
    let folder = tempfile::tempdir().unwrap();
    let task = FirstBatch(IdentifierTask::new(&recipe, small::material(&recipe)).unwrap());
    let mut session = begin(&task, &task.0.initial_weights().unwrap(), 80, &recipe);
    let (_, parts) = train(&task, &mut session, folder.path(), u64::MAX);
    let limits = ["identification", "edition", "enhancement", "seal", "debuffed", "stickers"];
    check_below(&parts, &limits.map(|name| (name, 0.05)));
}

/// Every number of the checkpoint must be the same, whether the training was stopped and resumed or
/// not.
#[test]
fn stopping_and_resuming_changes_nothing() {
    let recipe = small::recipe();
    let task = || DetectorTask::new(&recipe, small::material(&recipe)).unwrap();
    let (whole, parted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = task();
    let mut session = begin(&one, &one.initial_weights(), 14, &recipe);
    assert_eq!(train(&one, &mut session, whole.path(), u64::MAX).0, Outcome::Finished);

    let first = task();
    let mut session = begin(&first, &first.initial_weights(), 14, &recipe);
    assert_eq!(train(&first, &mut session, parted.path(), 6).0, Outcome::Stopped);
    let checkpoint = Checkpoint::read(parted.path(), Network::Detector).unwrap();
    assert_eq!((checkpoint.position.step, checkpoint.position.progress()), (6, 6.0 / 14.0));
    let second = task();
    let mut session = Session::resume(&second, &checkpoint, None, Precision::Float32).unwrap();
    assert_eq!(train(&second, &mut session, parted.path(), u64::MAX).0, Outcome::Finished);

    let read = |folder: &Path| Checkpoint::read(folder, Network::Detector).unwrap();
    let (whole, parted) = (read(whole.path()), read(parted.path()));
    assert_eq!(whole.position.step, 14);
    assert_eq!(whole.position.recipe, parted.position.recipe);
    let mut moved = 0.0_f64;
    for (one, other) in [(whole.now(), parted.now()), (whole.average(), parted.average())] {
        for (name, tensor) in &one {
            let difference = (tensor - &other[name]).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{name} differs by {difference}");
        }
    }
    let initial = task().initial_weights();
    for (name, tensor) in whole.now() {
        moved = moved.max((tensor - &initial[&name]).abs().max().double_value(&[]));
    }
    assert!(moved > 1e-3, "nothing was trained, so nothing was compared");
}

/// A training in epochs, until the epoch `until` is over.
fn train_epochs<T: Task>(
    task: &T,
    session: &mut Session,
    run: &Path,
    until: u64,
) -> (Outcome, Vec<EpochReport>) {
    let stop = AtomicBool::new(false);
    let mut reports = Vec::new();
    let outcome = session
        .run(task, run, &options(), &stop, &mut |event| {
            if let Event::Epoch(report) = event {
                reports.push(report.clone());
                stop.store(report.epoch >= until, Ordering::Relaxed);
            }
        })
        .unwrap();
    (outcome, reports)
}

/// Composed images have the options of captures: epochs, validation, checkpoints, and layers that
/// do not learn.
#[test]
fn composed_images_are_trained_in_epochs_and_resuming_changes_nothing() {
    let mut recipe = small::recipe();
    let training = &mut recipe.identifier.training;
    (training.epoch_steps, training.checkpoint_interval, training.keep) = (3, 1, 2);
    (training.freeze, training.smoothing) = (Freeze::Mid, 0.1);
    training.scheduler = Some(Scheduler::Step { every: 2, factor: 0.5 });
    training.schedule.warm_up = 0;
    let task = || IdentifierTask::new(&recipe, small::material(&recipe)).unwrap();
    let (whole, parted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = task();
    let initial = one.initial_weights().unwrap();
    let mut session = begin(&one, &initial, 12, &recipe);
    let (outcome, reports) = train_epochs(&one, &mut session, whole.path(), u64::MAX);
    assert_eq!((outcome, reports.len()), (Outcome::Finished, 4));
    let rate = recipe.identifier.training.schedule.learning_rate;
    let rates: Vec<f64> = reports.iter().map(|report| report.learning_rate / rate).collect();
    assert_eq!(rates, [1.0, 1.0, 0.5, 0.5]);
    assert!(reports.iter().all(|report| report.loss.is_some_and(f64::is_finite)), "{reports:?}");
    let names: Vec<bool> =
        (1..=4).map(|n| whole.path().join(format!("identifier.epoch-{n:04}.safetensors")).exists()).collect();
    assert_eq!(names, [false, false, true, true]);
    assert!(Checkpoint::best_path(whole.path(), Network::Identifier).exists());

    let mut session = begin(&one, &initial, 12, &recipe);
    assert_eq!(train_epochs(&one, &mut session, parted.path(), 2).0, Outcome::Stopped);
    let checkpoint = Checkpoint::read(parted.path(), Network::Identifier).unwrap();
    let other = task();
    let mut session = Session::resume(&other, &checkpoint, None, Precision::Float32).unwrap();
    let (outcome, rest) = train_epochs(&other, &mut session, parted.path(), u64::MAX);
    assert_eq!((outcome, rest.len()), (Outcome::Finished, 2));
    for (one, other) in reports[2..].iter().zip(&rest) {
        assert!((one.loss.unwrap() - other.loss.unwrap()).abs() < 1e-5, "{one:?} {other:?}");
    }
    let last = Checkpoint::read(whole.path(), Network::Identifier).unwrap().now();
    let moved = |node: &str| {
        let moved = |name: &&String| name.starts_with(node);
        let distance = |name| (&last[name] - &initial[name]).abs().max().double_value(&[]);
        last.keys().filter(moved).map(distance).fold(0.0, f64::max)
    };
    assert_eq!(moved("conv0."), 0.0, "the lower half of the backbone is frozen");
    assert!(moved("hidden.") > 0.0 && moved("identification.") > 0.0);
}

#[test]
fn patience_ends_a_training_on_composed_images() {
    let mut recipe = small::recipe();
    (recipe.detector.training.epoch_steps, recipe.detector.training.patience) = (1, 2);
    // So slow that the loss soon stays, once the statistics of batch normalisation have settled.
    recipe.detector.training.schedule.learning_rate = 1e-12;
    let folder = tempfile::tempdir().unwrap();
    let task = DetectorTask::new(&recipe, small::material(&recipe)).unwrap();
    let mut session = begin(&task, &task.initial_weights(), 50, &recipe);
    let (outcome, reports) = train_epochs(&task, &mut session, folder.path(), u64::MAX);
    let best = session.position().epochs.unwrap().best_epoch;
    assert_eq!((outcome, reports.len() as u64), (Outcome::OutOfPatience, best + 2));
    let names: Vec<&str> = reports[0].heads.iter().map(|head| head.name.as_str()).collect();
    assert_eq!(names, ["corners", "heat"]);
}

#[test]
fn a_damaged_checkpoint_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Checkpoint::read(folder.path(), Network::Detector).unwrap_err().to_string();
    assert!(missing.contains("trainer train detector"), "{missing}");
    std::fs::write(Checkpoint::path(folder.path(), Network::Detector), b"not a checkpoint at all").unwrap();
    let damaged = Checkpoint::read(folder.path(), Network::Detector).unwrap_err().to_string();
    assert!(damaged.contains("is not valid") && damaged.contains("help:"), "{damaged}");
}

#[test]
fn the_mean_of_two_runs_lies_between_them() {
    let recipe = small::recipe();
    let task = IdentifierTask::new(&recipe, small::material(&recipe)).unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let read = |number: usize| Checkpoint::read(folders[number].path(), Network::Identifier).unwrap();
    for (folder, steps) in folders.iter().zip([2, 5]) {
        let mut session = begin(&task, &task.initial_weights().unwrap(), steps, &recipe);
        train(&task, &mut session, folder.path(), u64::MAX);
    }
    let mean = Checkpoint::mean(vec![read(0), read(1)]).unwrap();
    assert_eq!(mean.position, read(1).position);
    let (one, other, mean) = (read(0).average(), read(1).average(), mean.average());
    let mut moved = 0.0_f64;
    for (name, tensor) in &mean {
        let wanted = (&one[name] + &other[name]) / 2.0;
        assert!((tensor - wanted).abs().max().double_value(&[]) < 1e-6, "{name}");
        moved = moved.max((&one[name] - &other[name]).abs().max().double_value(&[]));
    }
    assert!(moved > 1e-4, "the runs are the same, so nothing was averaged");
    let mut other_classes = read(0);
    other_classes.position.heads.pop();
    let refused = Checkpoint::mean(vec![other_classes, read(1)]).unwrap_err();
    assert!(refused.to_string().contains("run 1 tells other classes apart"), "{refused}");
    assert!(Checkpoint::mean(Vec::new()).is_err());
}
