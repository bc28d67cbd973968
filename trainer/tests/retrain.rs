//! Retraining a small installed model on captures with a card that no catalogue knows, as a player would.

mod small;

use std::path::Path;
use std::process::Command;

use shared::labels::{Label, Labels};
use shared::manifest::Manifest;
use trainer::calibrate::thresholds;
use trainer::checkpoint::Budget;
use trainer::dataset::composed::{Amount, write};
use trainer::export::{Source, export};
use trainer::network::torch::Precision;
use trainer::onnx::Batch;
use trainer::quantise::Options;
use trainer::train::detector::DetectorTask;
use trainer::train::identifier::IdentifierTask;
use trainer::train::{Session, Task};
use trainer::trained::manifest;
use vision::runtime::Runtime;

/// A data folder with the practice catalogue and a model that has learned nothing yet.
fn install_untrained(data: &Path) {
    let recipe = small::recipe();
    let material = small::material(&recipe);
    let catalogue = material.sprites.catalogue().clone();
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
    let pictures = |graph: &trainer::network::Graph| {
        let [channels, height, width] = graph.input;
        let kind = (tch::Kind::Float, tch::Device::Cpu);
        vec![(tch::Tensor::rand([2, channels, height, width], kind) * 255.0).to_kind(tch::Kind::Uint8)]
    };
    let options = Options::default();
    let samples = (vec![pictures(detector.graph())[0].narrow(0, 0, 1)], pictures(identifier.graph()));
    let source =
        |graph, weights, batch, pictures| Source { graph, weights, batch, pictures, options: &options };
    let one = source(detector.graph(), &weights.0, Batch::Fixed(1), &samples.0);
    let other = source(identifier.graph(), &weights.1, Batch::Dynamic, &samples.1);
    export(&data.join("models/tiny"), model, &one, &other).unwrap();
}

/// Captures of a few cards, and of one that is the first with its colours inverted.
fn label_captures(folder: &Path) {
    let mut recipe = small::recipe();
    (recipe.scenes.crop.cut, recipe.scenes.crop.covered) = (0.0, 0.0);
    let bank = small::material(&recipe).bank(9).unwrap();
    write(folder, &bank, &recipe.scenes, Amount { classes: 4, groups: 4, captures: 2 }, 3, &|_| true)
        .unwrap();
    let path = folder.join("labels.json");
    let mut labels = Labels::read(&path).unwrap();
    let first = labels.iter().next().unwrap().1.class().to_owned();
    let ghosts: Vec<(String, Label)> =
        labels.iter().filter(|(_, it)| it.class() == first).map(|(file, it)| (file.to_owned(), it)).collect();
    for (file, label) in ghosts {
        let mut picture = image::open(folder.join(&file)).unwrap().into_rgb8();
        image::imageops::invert(&mut picture);
        let ghost = format!("ghost_{file}");
        picture.save(folder.join(&ghost)).unwrap();
        let group = label.card_group.map(|group| group + 1000);
        let id = Some("mod_ghost".to_owned());
        labels.set(&ghost, &Label { name: "Ghost".into(), id, card_group: group, cluster: None, ..label });
    }
    labels.write(&path).unwrap();
}

fn trainer(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(arguments)
        .current_dir(data)
        .env("BALATRO_LENS_DATA", data)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_model_learns_a_new_card_and_can_go_back() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    tch::set_num_threads(1);
    let place = tempfile::tempdir().unwrap();
    let data = place.path();
    install_untrained(data);
    label_captures(&data.join("dataset_default"));
    let folder = data.join("models/tiny");
    let old = Manifest::read(&folder).unwrap();

    let options = [
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
    let said = trainer(data, &options);
    assert!(said.contains("new cards: mod_ghost") && said.contains("is installed"), "{said}");
    let new = Manifest::read(&folder).unwrap();
    assert_eq!(new.identifier.added["mod_ghost"].name, "Ghost");
    assert_eq!(new.identifier.heads[0].classes.len(), old.identifier.heads[0].classes.len() + 1);
    assert_eq!(new.sha256["detector.onnx"], old.sha256["detector.onnx"]);
    assert_ne!(new.sha256["identifier.onnx"], old.sha256["identifier.onnx"]);
    // The overlay's own code takes it.
    let catalogue = shared::catalogue::Catalogue::read(&data.join("catalogues/practice.json")).unwrap();
    vision::decide::Rules::new(&new, &catalogue, 5).unwrap();
    let ghost = std::fs::read_dir(data.join("dataset_default")).unwrap().flatten();
    let ghost = ghost.map(|it| it.path()).find(|path| path.to_string_lossy().contains("ghost_")).unwrap();
    let read = trainer(data, &["predict", "--model", "tiny", "--json", &ghost.to_string_lossy()]);
    assert!(read.contains("mod_ghost"), "{read}");

    trainer(data, &["rollback", "--model", "tiny"]);
    assert_eq!(Manifest::read(&folder).unwrap().sha256, old.sha256);
}
