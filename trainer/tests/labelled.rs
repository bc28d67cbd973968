//! Trainings on labelled captures of the practice deck: they learn, and stopping, even by force,
//! changes nothing.

mod small;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dataset::labels::{Label, Labels};
use trainer::checkpoint::{Checkpoint, Network};
use trainer::data::dataset::DataSet;
use trainer::data::dataset::composed::{Amount, write};
use trainer::data::dataset::split::SplitFile;
use trainer::recipe::labelled::LabelledRecipe;
use trainer::recipe::training::PrecisionChoice;
use trainer::recipe::{DataRecipe, Recipe};
use trainer::report::history;
use trainer::train::epoch::EpochReport;
use trainer::train::labelled::{Begin, Prepared, Source, prepare};
use trainer::train::{Event, Options, Outcome};
use trainers::{Trainer, Wanted};

/// Time between two looks at how far a training is.
const LOOK: Duration = Duration::from_millis(2);

/// Captures of a few cards that look much as they are drawn.
fn captures(folder: &Path, classes: usize) -> DataSet {
    let mut recipe = small::recipe();
    recipe.scenes.crop.cut = 0.0;
    recipe.scenes.crop.covered = 0.0;
    let bank = small::material(&recipe).bank(3).unwrap();
    let amount = Amount { classes, groups: 4, captures: 2 };
    write(folder, &bank, &recipe.scenes, amount, 5, &|_| true).unwrap();
    let set = DataSet::read(folder, None, Some(bank.catalogue())).unwrap();
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    set
}

fn recipe(epochs: u64) -> Recipe {
    let mut recipe = small::recipe();
    recipe.data = DataRecipe::Labelled(Box::new(LabelledRecipe {
        epochs,
        batch: 8,
        precision: PrecisionChoice::Float32,
        average: 0.9,
        patience: 0,
        checkpoint_interval: 2,
        keep: 1,
        warm_up: 4,
        learning_rate: 5e-3,
        validation: 0.25,
        backbone_rate: 5e-3,
        ..LabelledRecipe::default()
    }));
    recipe
}

fn prepared(set: &DataSet, run: &Path, begin: Begin) -> Prepared {
    let recipe = recipe(8);
    let source = Source { recipe: &recipe, set: set.clone(), folder: Path::new("data"), catalogue: None };
    prepare(source, run, begin, tch::Device::Cpu).unwrap()
}

/// Trains, and stops after the epoch `until`.
fn train(prepared: Prepared, run: &Path, until: u64) -> (Outcome, Vec<EpochReport>) {
    let stop = AtomicBool::new(false);
    let mut reports = Vec::new();
    let Prepared { task, mut session, .. } = prepared;
    let options = Options { loaders: 2, checkpoint_interval: Duration::MAX };
    let outcome = session.run(&task, run, &options, &stop, &mut |event| {
        if let Event::Epoch(report) = event {
            reports.push(report.clone());
            stop.store(report.epoch >= until, Ordering::Relaxed);
        }
    });
    (outcome.unwrap(), reports)
}

#[test]
fn a_few_captures_are_learned_and_resuming_changes_nothing() {
    // Threads that wait for each other cost more than they give on networks of this size.
    tch::set_num_threads(1);
    let place = tempfile::tempdir().unwrap();
    let set = captures(&place.path().join("data"), 6);
    let (whole, parted) = (place.path().join("whole"), place.path().join("parted"));

    let (outcome, reports) = train(prepared(&set, &whole, Begin::Anew), &whole, u64::MAX);
    assert_eq!((outcome, reports.len()), (Outcome::Finished, 8));
    let last = reports.last().unwrap();
    let top1 = last.heads[0].top1.value().unwrap();
    assert!(top1 >= 0.6, "{top1} of {:?} after 8 epochs", last.heads[0].top1);
    assert!(
        last.train_loss < 0.5 * reports[0].train_loss,
        "{} then {}",
        reports[0].train_loss,
        last.train_loss
    );
    let best = Checkpoint::best_path(&whole, Network::Identifier);
    assert!(best.exists() && whole.join("identifier.epoch-0008.safetensors").exists());
    assert!(!whole.join("identifier.epoch-0006.safetensors").exists(), "old checkpoints go");

    let (outcome, mut curve) = train(prepared(&set, &parted, Begin::Anew), &parted, 3);
    assert_eq!((outcome, curve.len()), (Outcome::Stopped, 3));
    let (_, rest) = train(prepared(&set, &parted, Begin::Resume), &parted, u64::MAX);
    curve.extend(rest);
    for (one, other) in reports.iter().zip(&curve) {
        assert!((one.train_loss - other.train_loss).abs() < 1e-5, "epoch {}", one.epoch);
        assert!((one.loss.unwrap() - other.loss.unwrap()).abs() < 1e-5, "epoch {}", one.epoch);
    }
    let read = |folder: &Path| Checkpoint::read(folder, Network::Identifier).unwrap();
    for (name, tensor) in read(&whole).average() {
        let difference = (tensor - &read(&parted).average()[&name]).abs().max().double_value(&[]);
        assert!(difference < 1e-5, "{name} differs by {difference}");
    }
}

fn start(arguments: &[&str], folder: &Path) -> Trainer {
    let words: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    Wanted { words: &words, folder, data: &data, memory: None }.start()
}

fn output(arguments: &[&str], folder: &Path) -> String {
    let output = start(arguments, folder).output();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn losses(run: &Path) -> Vec<(u64, f64, f64)> {
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
    let lines = history::read(run, Network::Identifier).unwrap();
    lines
        .iter()
        .map(|it| (it["epoch"].as_u64().unwrap(), number(&it["train_loss"]), number(&it["loss"])))
        .collect()
}

/// Killed in the middle of an epoch.
#[test]
fn a_killed_training_goes_on_as_if_nothing_had_happened() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    captures(&folder.join("data"), 6);
    std::fs::write(folder.join("small.toml"), toml::to_string(&recipe(8)).unwrap()).unwrap();
    let options = [
        "train",
        "identifier",
        "--data",
        "data",
        "--game",
        "practice",
        "--recipe",
        "small.toml",
        "--threads",
        "1",
        "--run",
    ];
    let of = |run: &'static str| options.iter().copied().chain([run]).collect::<Vec<_>>();
    let whole = output(&of("whole"), folder);
    assert!(whole.contains("finished after 8 epochs") && whole.contains("identification"), "{whole}");

    let mut child = start(&of("killed"), folder);
    let killed = folder.join("killed");
    while losses(&killed).len() < 3 {
        assert!(!child.is_over(LOOK), "the training ended before it could be killed");
    }
    child.kill();
    let done = losses(&killed).len();
    assert!(done < 8, "it was too late to kill it");
    let resume = |more: &[&str]| {
        let begin = "train identifier --data data --game practice --run killed --resume".split(' ');
        output(&begin.chain(more.iter().copied()).collect::<Vec<_>>(), folder)
    };
    // As many threads as before: others add up in another order, and bfloat16 makes more of the
    // difference.
    let resumed = resume(&["--threads", "1"]);
    assert!(resumed.contains("finished after 8 epochs"), "{resumed}");
    let (one, other) = (losses(&folder.join("whole")), losses(&killed));
    assert_eq!(one.len(), other.len(), "{one:?}\n{other:?}");
    for (one, other) in one.iter().zip(&other) {
        assert!(
            one.0 == other.0 && (one.1 - other.1).abs() < 1e-4 && (one.2 - other.2).abs() < 1e-4,
            "{one:?} {other:?}"
        );
    }
    check_tensorboard(&killed, &one);
    check_new_captures(folder, &killed);

    // Another head set: what fits is taken over, the rest is said.
    let changed = resume(&["--tasks", "rarity", "--epochs", "1"]);
    assert!(changed.contains("begins again with what fits"), "{changed}");
    assert!(changed.contains("rarity: new") && changed.contains("identification: 6 of 6"), "{changed}");
}

/// Captures that come after a training leave all others on their side; those of a known card group
/// follow it.
fn check_new_captures(folder: &Path, run: &Path) {
    let read =
        || -> SplitFile { serde_json::from_slice(&std::fs::read(run.join("split.json")).unwrap()).unwrap() };
    let before = read();
    let path = folder.join("data/labels.json");
    let old = Labels::read(&path).unwrap();
    // The new ones come first, so that a new split would be another one.
    let mut labels = Labels::default();
    for (number, (file, label)) in old.iter().enumerate() {
        let new = format!("new_{file}");
        std::fs::copy(folder.join("data").join(file), folder.join("data").join(&new)).unwrap();
        let card_group = if number % 2 == 0 { label.card_group } else { Some(1000 + number as u64) };
        labels.set(&new, &Label { card_group, ..label });
    }
    old.iter().for_each(|(file, label)| labels.set(file, &label));
    labels.write(&path).unwrap();
    let line = ["train", "identifier", "--data", "data", "--game", "practice", "--run", "killed", "--resume"];
    let said = output(&[&line[..], &["--epochs", "9", "--threads", "1"]].concat(), folder);
    assert!(said.contains(&format!("{} captures are new to this run", old.len())), "{said}");
    assert!(said.contains("finished after 9 epochs"), "{said}");
    let after = read();
    assert_eq!(after.files().len(), 2 * old.len(), "{after:?}");
    for (was, is) in [(&before.train, &after.train), (&before.validation, &after.validation)] {
        assert!(was.iter().all(|file| is.contains(file)), "{was:?} {is:?}");
        let followers = old.files().step_by(2).filter(|file| was.iter().any(|it| it == file));
        followers.for_each(|file| assert!(is.contains(&format!("new_{file}")), "{file} {is:?}"));
    }
    assert!(after.validation.len() > before.validation.len(), "{before:?} {after:?}");
}

/// Reads the events back with TensorBoard's own package: each epoch once, with the loss, and a
/// image.
fn check_tensorboard(run: &Path, wanted: &[(u64, f64, f64)]) {
    let python = || {
        let mut python = Command::new("python3");
        if let Some(folder) = std::env::var_os("BALATRO_LENS_TENSORBOARD") {
            python.env("PYTHONPATH", folder);
        }
        python
    };
    let script = "
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
for it in events.Scalars('loss/validation'):
    print(it.step, it.value)
image = events.Images('identification/confusion')[-1]
assert image.encoded_image_string[:4] == b'\\x89PNG' and image.width > 10, image
";
    let found = python().args(["-c", "import tensorboard"]).output();
    if !found.is_ok_and(|it| it.status.success()) {
        eprintln!(
            "SKIPPED: python3 has no package tensorboard; set BALATRO_LENS_TENSORBOARD to the folder of one"
        );
        return;
    }
    let output = python().arg("-c").arg(script).arg(run.join("tensorboard")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Vec<(u64, f64)> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(step, value)| (step.parse().unwrap(), value.parse().unwrap()))
        .collect();
    assert_eq!(found.len(), wanted.len(), "{text}");
    for ((step, value), wanted) in found.iter().zip(wanted) {
        assert!(*step == wanted.0 && (value - wanted.2).abs() < 1e-4, "{step} {value} {wanted:?}");
    }
}
