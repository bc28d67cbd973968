//! The options of commands that read a run, and of retraining. Nothing has to be learned for them:
//! the runs have networks as they are before the first step, of few cards.

use std::fs;
use std::path::Path;

use trainer::checkpoint::{Budget, Network};
use trainer::model::network::hardware::Precision;
use trainer::recipe::Recipe;
use trainer::train::Session;
use trainer::train::detector::DetectorTask;
use trainer::train::identifier::IdentifierTask;
use vision::runtime::Runtime;

use super::place::Place;
use super::{changes_or_refuses, outcome, small};

/// As in the list of the others. What would take minutes is refused at its end, so that an option
/// that comes before is seen by what is refused instead.
pub(crate) const TRIED: [(&str, &str, &str); 29] = [
    ("average run third --run new", "run", "~new/below"),
    (CALIBRATE, "run", "~run/none"),
    (CALIBRATE, "art", "nowhere"),
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

/// Without an identifier.
const CALIBRATE: &str = "calibrate --run half";
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

/// A place with all that the lines name.
fn furnished() -> Place {
    let place = Place::new();
    let mut recipe = small::recipe();
    recipe.bank.cards = 40;
    let write = |name: &str, text: String| fs::write(place.path(name), text).unwrap();
    let text = toml::to_string(&recipe).unwrap();
    write("imported.toml", text.replacen("art = \"practice\"", "art = \"imported\"", 1));
    write("small.toml", text);
    let both = [Network::Detector, Network::Identifier];
    write_run(&place.path("run"), &recipe, &both);
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
    // The practice model, as if it were of a game whose art is not here.
    let (practice, blind) = (place.path("data/models/practice"), place.path("data/models/blind"));
    fs::create_dir(&blind).unwrap();
    for entry in fs::read_dir(practice).unwrap().flatten() {
        fs::copy(entry.path(), blind.join(entry.file_name())).unwrap();
    }
    let manifest = blind.join("model.json");
    let mut text: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    text["recipe"]["art"] = "imported".into();
    fs::write(manifest, text.to_string()).unwrap();
    place
}

#[test]
fn every_option_of_what_reads_a_run_changes_what_is_done_or_is_refused() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    changes_or_refuses(&furnished(), &TRIED, |place, line| {
        let (first, again) = (outcome(place, line), outcome(place, line));
        assert_eq!(first, again, "trainer {line} differs by itself");
        first
    });
}
