//! The options of commands that read a run, of measuring, and of retraining. Nothing has to be
//! learned for most: the runs have networks as they are before the first step, of few cards.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use trainer::checkpoint::{Budget, Network};
use trainer::model::network::hardware::Precision;
use trainer::recipe::Recipe;
use trainer::train::Session;
use trainer::train::detector::DetectorTask;
use trainer::train::identifier::IdentifierTask;
use vision::runtime::Runtime;

use super::ghosts::label_ghost;
use super::place::Place;
use super::{changes_or_refuses, small};

/// As in the list of the others. Some lines are refused at their end, because they would take long:
/// an option that comes before is seen by what is refused instead.
pub(crate) const TRIED: [(&str, &str, &str); 32] = [
    ("average run third --run new", "run", "~new/below"),
    (CALIBRATE, "run", "~run/none"),
    (CALIBRATE, "art", "nowhere"),
    (EXPORT_CAPTURES, "metrics", "measured.json"),
    (EXPORT_CAPTURES, "json", ""),
    (EXPORT, "run", "~third"),
    (EXPORT, "out", "~set"),
    (EXPORT, "name", "../another"),
    (EXPORT, "base", "practice"),
    (EXPORT, "data", "set"),
    (EXPORT, "game", "practice"),
    (EXPORT, "art", "nowhere"),
    ("export --run run --name practice", "replace", ""),
    (REPORT, "run", "~third"),
    (REPORT, "out", "~new.page"),
    (REPORT, "art", "nowhere"),
    (REPORT, "evaluation", "~before.json"),
    (REPORT, "before", "before.json"),
    ("evaluate --run run --composed 1", "run", "~third"),
    ("evaluate --run run --composed 1", "base", "nope"),
    ("evaluate --run captures --data set --game practice --json", "all", ""),
    ("evaluate --run run --data set --game practice --json", "all", ""),
    ("bench --recipe imported.toml", "recipe", "~none.toml"),
    ("bench --recipe imported.toml", "art", "nowhere"),
    (RETRAIN, "model", "~nope"),
    (RETRAIN, "game", "~balatro"),
    (RETRAIN, "data", "~other"),
    (RETRAIN, "augmented", "more"),
    (RETRAIN, "augmented", "nowhere"),
    (RETRAIN, "steps", "~2"),
    (RETRAIN, "json", ""),
    (RETRAIN, "art", "nowhere"),
];

/// What measures before an option is seen.
pub(crate) const SLOW: [(&str, &str, &str); 9] = [
    (LEARNED, "rejected", "0.3"),
    (TUNE, "detection", "0.7"),
    (TUNE, "crops", "~600"),
    (TUNE, "scenes", "~20"),
    ("calibrate --run tuned --crops 300 --scenes 10", "json", ""),
    (BENCH, "steps", "~3"),
    (BENCH, "batch", "4"),
    (BENCH, "device", "cuda"),
    (BENCH, "resnet18", "32"),
];

/// Without an identifier.
const CALIBRATE: &str = "calibrate --run half";
const TUNE: &str = "calibrate --run tuned --crops 300 --scenes 10 --json";
/// Of a network that names some cards right: who names none has none to reject.
const LEARNED: &str = "calibrate --run learned --crops 300 --scenes 10 --json";
const EXPORT_CAPTURES: &str =
    "export --run captures --base practice --data set --game practice --name own --out new";
const BENCH: &str = "bench --recipe small.toml --steps 1 --threads 1 --loaders 1";
/// Of a run that was not calibrated.
const EXPORT: &str = "export --run run --out new";
const REPORT: &str = "report --run run --out new.html --evaluation measured.json";
/// Of a model whose art is not here: only its heads are trained.
const RETRAIN: &str = "retrain --model blind --game practice --data set --steps 1 --threads 1 --dry-run";

/// Writes the folder of a run whose networks have not learned anything yet.
fn write_run(folder: &Path, recipe: &Recipe, networks: &[Network]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("recipe.toml"), toml::to_string(recipe).unwrap()).unwrap();
    let material = small::material(recipe);
    let digest = material.sprites.catalogue().digest().to_owned();
    let (budget, precision) = (Budget::Steps(1), Precision::Float32);
    for network in networks {
        let checkpoint = match network {
            Network::Detector => {
                let task = DetectorTask::new(recipe, material.clone()).unwrap();
                let weights = task.initial_weights();
                Session::new(&task, &weights, budget, recipe, &digest, precision).unwrap().checkpoint()
            }
            Network::Identifier => {
                let task = IdentifierTask::new(recipe, material.clone()).unwrap();
                let weights = task.initial_weights().unwrap();
                Session::new(&task, &weights, budget, recipe, &digest, precision).unwrap().checkpoint()
            }
        };
        checkpoint.write(folder).unwrap();
    }
}

/// A place with a small recipe, and the practice model as if its game's art were not here.
fn place() -> (Place, Recipe) {
    let place = Place::new();
    let mut recipe = small::recipe();
    recipe.bank.cards = 40;
    fs::write(place.path("small.toml"), toml::to_string(&recipe).unwrap()).unwrap();
    let (practice, blind) = (place.path("data/models/practice"), place.path("data/models/blind"));
    fs::create_dir(&blind).unwrap();
    for entry in fs::read_dir(practice).unwrap().flatten() {
        fs::copy(entry.path(), blind.join(entry.file_name())).unwrap();
    }
    let manifest = blind.join("model.json");
    let mut text: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    text["recipe"]["art"] = "imported".into();
    fs::write(manifest, text.to_string()).unwrap();
    (place, recipe)
}

/// A place with all that the lines name.
fn furnished() -> Place {
    let (place, recipe) = place();
    let write = |name: &str, text: String| fs::write(place.path(name), text).unwrap();
    let text = toml::to_string(&recipe).unwrap();
    write("imported.toml", text.replacen("art = \"practice\"", "art = \"imported\"", 1));
    let both = [Network::Detector, Network::Identifier];
    write_run(&place.path("run"), &recipe, &both);
    write_run(&place.path("tuned"), &recipe, &both);
    write_run(&place.path("half"), &recipe, &[Network::Detector]);
    let other = Recipe { seed: 7, name: "third".into(), ..recipe };
    write_run(&place.path("third"), &other, &both);
    for (name, top1) in [("measured", 0.9), ("before", 0.8)] {
        let text = format!(r#"{{"composed": {{"identification": {{"known": 10, "top1": {top1}}}}}}}"#);
        write(&format!("{name}.json"), text);
    }
    place.good("scenes --recipe small.toml --labelled other --classes 2 --groups 3 --captures 2 --seed 3");
    place.good("augment --game practice --data set --augmented more --per-image 1");
    let captures = "train identifier --recipe small.toml --data set --game practice --epochs 1 --batch 2";
    place.good(&format!("{captures} --run captures --threads 1"));
    place
}

/// Whether models can be judged; says loudly when not.
fn have_runtime() -> bool {
    let runtime = Runtime::load();
    if let Err(error) = &runtime {
        eprintln!("SKIPPED: {error}");
    }
    runtime.is_ok()
}

#[test]
fn every_option_of_what_reads_a_run_changes_what_is_done_or_is_refused() {
    try_all(&TRIED);
}

#[test]
fn every_option_of_what_measures_changes_what_is_done_or_is_refused() {
    try_all(&SLOW);
}

fn try_all(lines: &[(&'static str, &'static str, &'static str)]) {
    if !have_runtime() {
        return;
    }
    let place = furnished();
    if lines.iter().any(|(line, ..)| *line == LEARNED) {
        place.good("train identifier --recipe small.toml --run learned --steps 250 --threads 1");
        fs::copy(place.path("run/detector.safetensors"), place.path("learned/detector.safetensors")).unwrap();
    }
    changes_or_refuses(&place, lines);
}

/// Captures of a card that no catalogue knows, among others: the first one with its colours
/// inverted.
fn label_ghosts(place: &Place) {
    place.good("scenes --recipe small.toml --labelled ghosts --classes 3 --groups 4 --captures 2 --seed 9");
    label_ghost(&place.path("ghosts"), "ghost", image::imageops::invert);
}

#[test]
fn a_dry_run_installs_nothing() {
    if !have_runtime() {
        return;
    }
    let (place, _) = place();
    label_ghosts(&place);
    let models = || -> BTreeMap<PathBuf, u64> {
        let mut files = place.files();
        files.retain(|path, _| path.starts_with(place.path("data/models")));
        files
    };
    let before = models();
    let said =
        place.good("retrain --model blind --game practice --data ghosts --steps 60 --threads 1 --dry-run");
    assert!(said.contains("the new model is better; nothing was installed, as you asked"), "{said}");
    assert!(models() == before, "a dry run has changed a model");
}

#[test]
fn a_retraining_takes_the_minutes_that_it_is_given() {
    if !have_runtime() {
        return;
    }
    let (place, _) = place();
    // A second at least, and three to six of nine: what the rest takes is not known before.
    let steps = ["0.01", "0.15"].map(|minutes| -> u64 {
        let line = "retrain --model blind --game practice --data set --threads 1 --dry-run --minutes";
        let said = place.good(&format!("{line} {minutes}"));
        let told = said.lines().find_map(|line| line.strip_prefix("trained for "));
        let digits = told.unwrap_or_else(|| panic!("{said}")).chars().filter(char::is_ascii_digit);
        digits.collect::<String>().parse().unwrap()
    });
    assert!(steps[0] > 0 && steps[1] > 3 * steps[0] / 2, "{steps:?}");
}

/// The most threads that a trainer has at a time: those that make batches, and all others.
#[cfg(target_os = "linux")]
fn most_threads(place: &Place, line: &str) -> [usize; 2] {
    let mut trainer = place.start(line, None);
    let threads = Path::new("/proc").join(trainer.id().to_string()).join("task");
    let (mut most, mut before) = ([0; 2], [0; 2]);
    while !trainer.is_over(std::time::Duration::from_millis(10)) {
        let entries = fs::read_dir(&threads).into_iter().flatten().flatten();
        let names = entries.filter_map(|it| fs::read_to_string(it.path().join("comm")).ok());
        let (loaders, others): (Vec<_>, Vec<_>) = names.partition(|name| name.starts_with("loader "));
        let now = [loaders.len(), others.len()];
        // A new thread has the name of the one that started it for a moment: two looks must agree.
        most = std::array::from_fn(|kind| now[kind].min(before[kind]).max(most[kind]));
        before = now;
    }
    let output = trainer.output();
    assert!(output.status.success(), "trainer {line}: {}", super::place::said(&output));
    most
}

/// Libtorch has more threads where more are asked for, and so has what composes images for it. The
/// loaders of one network end while those of the next begin, so that the most is no exact number.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes three minutes on two cores, which is more than it tells"]
fn threads_are_as_many_as_were_asked_for() {
    if !have_runtime() {
        return;
    }
    let (place, _) = place();
    let bench =
        |options: &str| most_threads(&place, &format!("bench --recipe small.toml --steps 1 {options}"));
    let [loaders, others] = bench("--threads 1 --loaders 1");
    assert!((1..=2).contains(&loaders), "{loaders} loaders where one was asked for");
    let more = bench("--threads 4 --loaders 3");
    assert!(more[0] >= 3, "{} loaders where three were asked for", more[0]);
    assert!(more[1] >= others + 3, "{} other threads, {others} of them with one for libtorch", more[1]);
    let retrain = |threads: usize| {
        let line = "retrain --model blind --game practice --data set --steps 20 --dry-run --threads";
        most_threads(&place, &format!("{line} {threads}"))[1]
    };
    let (one, four) = (retrain(1), retrain(4));
    assert!(four >= one + 3, "{four} threads where {one} are with one for libtorch");
}
