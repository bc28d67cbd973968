//! Retraining a small installed model on captures with a card that no catalogue knows, as a player
//! would.

#[path = "small/ghosts.rs"]
mod ghosts;
mod small;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::path::Path;
use std::process::Output;

use dataset::labels::Labels;
use ghosts::label_ghost;
use lens_core::manifest::Manifest;
use trainer::checkpoint::Budget;
use trainer::data::dataset::composed::{Amount, write};
use trainer::evaluate::calibrate::thresholds;
use trainer::evaluate::run_model::manifest;
use trainer::model::export::{Source, export};
use trainer::model::network::hardware::Precision;
use trainer::model::onnx::writer::Batch;
use trainer::model::quantise::options::Options;
use trainer::train::detector::DetectorTask;
use trainer::train::identifier::IdentifierTask;
use trainer::train::warm_start::Known;
use trainer::train::{Session, Task};
use trainers::Wanted;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

/// A data folder with the practice catalogue and a model that has learned nothing yet.
fn install_untrained(data: &Path) {
    let recipe = small::recipe();
    let material = small::material(&recipe);
    let catalogue = std::sync::Arc::clone(material.sprites.catalogue());
    std::fs::create_dir_all(data.join("catalogues")).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/practice.json");
    std::fs::copy(shipped, data.join("catalogues/practice.json")).unwrap();
    let detector = DetectorTask::new(&recipe, material.clone()).unwrap();
    let identifier = IdentifierTask::new(&recipe, material).unwrap();
    let weights = (detector.initial_weights(), identifier.initial_weights().unwrap());
    let (budget, digest, precision) = (Budget::Steps(1), catalogue.digest(), Precision::Float32);
    let one = Session::new(&detector, &weights.0, budget, &recipe, digest, precision).unwrap();
    let other = Session::new(&identifier, &weights.1, budget, &recipe, digest, precision).unwrap();
    let open = thresholds::choose(&[], &[], 0.01, 0.9);
    let mut model = manifest("tiny", &catalogue, one.position(), other.position(), 0.5, open);
    model.recipe = serde_json::to_value(&recipe).unwrap();
    let pictures = |graph: &trainer::model::network::Graph| {
        let [channels, height, width] = graph.input;
        let kind = (tch::Kind::Float, tch::Device::Cpu);
        vec![(tch::Tensor::rand([2, channels, height, width], kind) * 255.0).to_kind(tch::Kind::Uint8)]
    };
    let options = Options::default();
    let graphs = (detector.spec().graph, identifier.spec().graph);
    let samples = (vec![pictures(&graphs.0)[0].narrow(0, 0, 1)], pictures(&graphs.1));
    let source =
        |graph, weights, batch, pictures| Source { graph, weights, batch, pictures, options: &options };
    let one = source(&graphs.0, &weights.0, Batch::Fixed(1), &samples.0);
    let other = source(&graphs.1, &weights.1, Batch::Dynamic, &samples.1);
    export(&data.join("models/tiny"), model, &one, &other).unwrap();
}

/// Captures of a few cards, and of one that is the first with its colours inverted.
fn label_captures(folder: &Path) {
    let mut recipe = small::recipe();
    (recipe.scenes.crop.cut, recipe.scenes.crop.covered) = (0.0, 0.0);
    let bank = small::material(&recipe).bank(9).unwrap();
    write(folder, &bank, &recipe.scenes, Amount { classes: 4, groups: 4, captures: 2 }, 3, &|_| true)
        .unwrap();
    label_ghost(folder, "ghost", image::imageops::invert);
}

fn output(data: &Path, arguments: &[&str]) -> Output {
    let words: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
    Wanted { words: &words, folder: data, data, memory: None }.output()
}

fn trainer(data: &Path, arguments: &[&str]) -> String {
    let output = output(data, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

const RETRAIN: [&str; 11] = [
    "retrain",
    "--model",
    "tiny",
    "--game",
    "practice",
    "--minutes",
    "1",
    "--steps",
    "100",
    "--threads",
    "1",
];

/// A data folder with an untrained model and labelled captures; none without ONNX Runtime.
fn prepared() -> Option<tempfile::TempDir> {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return None;
    }
    tch::set_num_threads(1);
    let place = tempfile::tempdir().unwrap();
    install_untrained(place.path());
    label_captures(&place.path().join("dataset_default"));
    Some(place)
}

/// A capture of a card that no catalogue knows.
fn capture(data: &Path, name: &str) -> String {
    let files = std::fs::read_dir(data.join("dataset_default")).unwrap().flatten();
    let mut files = files.map(|it| it.path().to_string_lossy().into_owned());
    files.find(|path| path.contains(&format!("/{name}_"))).unwrap()
}

#[test]
fn a_model_learns_a_new_card_and_can_go_back() {
    let Some(place) = prepared() else { return };
    let data = place.path();
    let folder = data.join("models/tiny");
    let old = Manifest::read(&folder).unwrap();

    // By its folder: a model of the same name among the installed ones would be another.
    let said = trainer(data, &RETRAIN.map(|word| if word == "tiny" { "models/tiny" } else { word }));
    assert!(said.contains("new cards: Ghost\n") && said.contains("is installed"), "{said}");
    assert!(said.contains("to go back: trainer rollback --model models/tiny\n"), "{said}");
    assert!(!said.contains("mod_ghost"), "an id is for programs: {said}");
    let new = Manifest::read(&folder).unwrap();
    assert_eq!(new.identifier.added["mod_ghost"].name, "Ghost");
    assert_eq!(new.identifier.heads[0].classes.len(), old.identifier.heads[0].classes.len() + 1);
    assert_eq!(new.sha256["detector.onnx"], old.sha256["detector.onnx"]);
    assert_ne!(new.sha256["identifier.onnx"], old.sha256["identifier.onnx"]);
    // The overlay's own code takes it.
    let catalogue = lens_core::catalogue::Catalogue::read(&data.join("catalogues/practice.json")).unwrap();
    vision::decide::Classifier::new(&new, &catalogue, 5).unwrap();
    // The model of the game is the one that is asked when nothing else is said.
    let read = trainer(data, &["predict", "--game", "tiny", "--json", &capture(data, "ghost")]);
    assert!(read.contains("mod_ghost"), "{read}");
    for folder in ["embeddings", "embeddings-2"] {
        let said = trainer(data, &["embed", "--game", "tiny"]);
        assert!(
            said.contains(&format!("written into {folder}: ")) && data.join(folder).join("map.png").is_file()
        );
    }
    assert!(trainer(data, &["stats", "--game", "tiny"]).contains("models/tiny sees them:"));

    trainer(data, &["rollback", "--model", "tiny"]);
    assert_eq!(Manifest::read(&folder).unwrap().sha256, old.sha256);
}

#[test]
fn labels_that_are_there_are_not_said_to_be_missing() {
    let Some(place) = prepared() else { return };
    let data = place.path();
    let labels = r#"{"gone.png": {"name": "Fox"}, "too.png": {"name": "Owl"}}"#;
    std::fs::write(data.join("dataset_default/labels.json"), labels).unwrap();
    let said = output(data, &RETRAIN);
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success() && text.contains("2 labelled images, of which none"), "{text}");
    assert!(text.contains("gone.png") && !text.contains("there is no labels.json"), "{text}");
}

/// Without art nothing below the heads may change, and cards that nobody labelled must stay as
/// likely as they were.
#[test]
fn without_art_only_the_heads_are_trained() {
    let Some(place) = prepared() else { return };
    let data = place.path();
    let folder = data.join("models/tiny");
    // With art it learns to see first.
    trainer(data, &RETRAIN);
    label_ghost(&data.join("dataset_default"), "spectre", |picture| {
        picture.pixels_mut().for_each(|pixel| pixel.0.rotate_left(1));
    });
    let path = folder.join("model.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["recipe"]["art"] = "imported".into();
    std::fs::write(&path, manifest.to_string()).unwrap();
    let body = |folder: &Path| {
        let manifest = Manifest::read(folder).unwrap();
        let known = Known::from_model(folder, &manifest).unwrap();
        let head = |name: &str| manifest.identifier.heads.iter().any(|it| name.starts_with(&it.name));
        let mut weights = known.weights;
        weights.retain(|name, _| !head(name) && !name.starts_with("similarity"));
        weights
    };
    let before = body(&folder);
    // Heads alone take more steps, which cost less.
    let retrain = RETRAIN.map(|word| if word == "100" { "800" } else { word });
    let said = trainer(data, &retrain);
    assert!(said.contains("without composed images only the heads are trained"), "{said}");
    assert!(said.contains("is installed") && !said.contains("composed cards"), "{said}");
    let after = body(&folder);
    assert!(!before.is_empty() && before.keys().eq(after.keys()));
    for (name, weight) in &before {
        assert_eq!(*weight, after[name], "{name} has changed");
    }
    let read = trainer(data, &["predict", "--model", "tiny", "--json", &capture(data, "spectre")]);
    assert!(read.contains("mod_spectre"), "{read}");
}

/// What was trained on captures alone runs in the overlay, beside the detector of an installed
/// model.
#[test]
fn a_run_on_captures_becomes_a_model() {
    let Some(place) = prepared() else { return };
    let data = place.path();
    let recipe = toml::to_string(&small::recipe()).unwrap();
    std::fs::write(data.join("small.toml"), recipe).unwrap();
    let set = ["--data", "dataset_default", "--game", "practice"];
    let train = ["train", "identifier", "--recipe", "small.toml", "--run", "run", "--threads", "1"];
    let options =
        ["--epochs", "30", "--batch", "8", "--patience", "0", "--rate", "5e-3", "--backbone-rate", "5e-3"];
    trainer(data, &[&train[..], &set, &options].concat());
    let export = ["export", "--run", "run", "--base", "tiny", "--name", "own"];
    let said = trainer(data, &[&export[..], &set].concat());
    assert!(said.contains("with the detector of tiny"), "{said}");
    let (own, tiny) = (data.join("models/own"), data.join("models/tiny"));
    let (manifest, base) = (Manifest::read(&own).unwrap(), Manifest::read(&tiny).unwrap());
    assert_eq!(manifest.sha256["detector.int8.onnx"], base.sha256["detector.int8.onnx"]);
    assert_eq!(manifest.identifier.heads.len(), 2, "identification and modifier");
    assert_eq!(manifest.identifier.added["mod_ghost"].name, "Ghost");

    let mut recogniser = Recogniser::open(&own, &vision::network::Options::default()).unwrap();
    let (mut right, mut all) = (0, 0);
    for (file, label) in Labels::read(&data.join("dataset_default/labels.json")).unwrap().iter() {
        let picture = image::open(data.join("dataset_default").join(file)).unwrap().into_rgba8();
        let quad = dataset::captures::crop::quad_in_crop(picture.width(), picture.height());
        let said = vision::enrol::name_of(&mut recogniser, &(&picture).into(), quad).unwrap();
        right += usize::from(said.as_deref() == Some(label.class()));
        all += 1;
    }
    assert!(right * 10 >= all * 8, "{right} of {all} captures are named as they were labelled");
}
