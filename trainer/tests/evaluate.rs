//! `trainer evaluate` on whatever there is: a run on captures, its checkpoints, a detector, an
//! exported model.

mod small;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use synth::scene;
use trainer::checkpoint::{Budget, Network};
use trainer::data::dataset::composed::{Amount, write};
use trainer::model::network::hardware::Precision;
use trainer::model::onnx::proto::AttributeProto;
use trainer::model::onnx::writer::Batch;
use trainer::model::onnx::writer::GraphWriter;
use trainer::recipe::labelled::LabelledRecipe;
use trainer::recipe::training::PrecisionChoice;
use trainer::recipe::{DataRecipe, Recipe};
use trainer::train::Session;
use trainer::train::detector::DetectorTask;
use trainers::{Wanted, words};
use vision::runtime::Runtime;

fn recipe() -> Recipe {
    let mut recipe = small::recipe();
    recipe.data = DataRecipe::Labelled(Box::new(LabelledRecipe {
        tasks: vec!["identification".into()],
        epochs: 1,
        batch: 8,
        precision: PrecisionChoice::Float32,
        checkpoint_interval: 0,
        ..LabelledRecipe::default()
    }));
    recipe
}

fn trainer(line: &str, folder: &Path) -> (bool, String, String) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let output = Wanted { words: &words(line), folder, data: &data, memory: None }.output();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn evaluate(options: &str, folder: &Path) -> Value {
    let (success, out, err) = trainer(&format!("evaluate --json {options}"), folder);
    assert!(success, "{options}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{options}: {error}: {out}"))
}

/// Whether exported models can run; says loudly when not.
fn have_runtime() -> bool {
    let runtime = Runtime::load();
    if let Err(error) = &runtime {
        eprintln!("SKIPPED: {error}");
    }
    runtime.is_ok()
}

fn files(folder: &Path, begin: &str) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(begin)).count()
}

/// All files with their bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.append(&mut contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

/// Everything that the name head is judged by.
#[track_caller]
fn check_names(names: &Value) {
    for key in
        ["top1_interval", "calibration", "worst_pairs", "top3", "top5", "known", "unknown", "unknown_auroc"]
    {
        assert!(names.get(key).is_some(), "{key} is missing: {names}");
    }
    assert_eq!(names["calibration"]["bins"].as_array().unwrap().len(), 10, "{names}");
}

#[test]
fn a_run_on_captures_is_judged_everywhere() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let recipe = recipe();
    let material = small::material(&recipe);
    let bank = material.bank(3).unwrap();
    let amount = Amount { classes: 6, groups: 4, captures: 2 };
    write(&folder.join("data"), &bank, &recipe.scenes, amount, 5, &|_| true).unwrap();
    // A screenshot with its truth.
    let scene = scene::compose(&bank, &recipe.scenes, 8);
    let cards = scene.cards.iter().filter(|card| card.truth.class < bank.not_a_card());
    let cards = cards.map(|card| {
        let bounds = card.quad.bounds();
        let label = lens_core::catalogue::id_of_class(&bank.classes()[card.truth.class]);
        json!({ "box": [bounds.left, bounds.top, bounds.right, bounds.bottom], "label": label })
    });
    let truth = json!({ "one": { "path": "one.png", "width": scene.image.width(), "cards": cards.collect::<Vec<_>>() } });
    scene.image.save(folder.join("one.png")).unwrap();
    std::fs::write(folder.join("truth.json"), truth.to_string()).unwrap();
    std::fs::write(folder.join("small.toml"), toml::to_string(&recipe).unwrap()).unwrap();
    let options = "train identifier --data data --game practice --recipe small.toml --threads 1 --run run";
    let (success, out, err) = trainer(options, folder);
    assert!(success, "{out}{err}");

    let labelled = evaluate("--run run --data data --game practice --failures labelled", folder);
    check_names(&labelled["labelled"]);
    assert!(folder.join("labelled/confusion.png").is_file());
    // Composed crops need no detector; it knows six cards, all others are unknown to it.
    let composed = evaluate("--run run --composed 3 --failures composed", folder);
    assert_eq!(composed["composed"].get("detection"), None);
    let names = &composed["composed"]["identification"];
    check_names(names);
    assert!(names["unknown"].as_u64() > names["known"].as_u64(), "{names}");
    assert!(files(&folder.join("composed"), "composed-") > 0);
    // A checkpoint says the same as the run that it is the best one of.
    let checkpoint = evaluate("--run run/identifier.best.safetensors --composed 3", folder);
    assert_eq!(checkpoint["composed"]["identification"]["top1"], names["top1"]);
    assert_eq!(checkpoint["composed"]["identification"]["calibration"], names["calibration"]);
    if !have_runtime() {
        return;
    }
    // On screenshots another model finds the cards: that of the game, or the one that is named.
    for (folder_of, base) in [("screens", ""), ("others", " --base practice")] {
        let options = format!("--run run --screens truth.json --failures {folder_of}{base}");
        let screens = evaluate(&options, folder);
        let report = &screens["screens"]["screens"];
        check_names(&report["names"]);
        assert!(report["recall"].as_f64().unwrap() > 0.3, "{report}");
        assert!(folder.join(folder_of).join("confusion-screens.png").is_file());
    }
}

#[test]
fn a_detector_finds_cards_and_names_none() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let recipe = recipe();
    let task = DetectorTask::new(&recipe, small::material(&recipe)).unwrap();
    let weights = task.initial_weights();
    let session =
        Session::new(&task, &weights, Budget::Steps(1), &recipe, "digest", Precision::Float32).unwrap();
    session.checkpoint().write(folder).unwrap();
    let file = format!("{}.safetensors", Network::Detector.name());
    let found = evaluate(&format!("--run {file} --composed 2"), folder);
    assert!(found["composed"]["detection"]["recall"].is_number(), "{found}");
    assert_eq!(found["composed"].get("identification"), None);
    let (success, _, err) = trainer(&format!("evaluate --run {file} --screens truth.json"), folder);
    assert!(!success && err.contains("names no cards"), "{err}");
    let (success, _, err) = trainer("evaluate --run nowhere", folder);
    assert!(!success && err.contains("nowhere") && err.contains("help:"), "{err}");
}

#[test]
fn an_exported_model_shows_what_it_misread() {
    if !have_runtime() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let found = evaluate("--model practice --composed 4 --failures misread", place.path());
    check_names(&found["composed"]["identification"]);
    assert!(found["composed"]["detection"]["millis"].as_f64().unwrap() > 0.0);
    let folder = place.path().join("misread");
    assert!(files(&folder, "composed-") > 0 && folder.join("confusion-composed.png").is_file());
    // Once more it is refused, before anything is measured.
    let before = contents(place.path());
    let again = "evaluate --model practice --composed 100000 --failures misread --out figures.json";
    let (success, _, err) = trainer(again, place.path());
    assert!(!success && err.contains("misread is there and not empty\nhelp: give a new folder"), "{err}");
    assert_eq!(contents(place.path()), before);
    let (success, _, err) = trainer("evaluate --model practice --base practice", place.path());
    assert!(!success && err.contains("--base"), "{err}");
}

#[test]
fn figures_are_not_lost_for_what_cannot_be_written() {
    if !have_runtime() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    // Somebody puts a file where the misread images are to appear.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let line = "evaluate --model practice --composed 8 --failures misread --out figures.json";
    let words = words(line);
    let disturbed = |disturb: &dyn Fn(&Path)| {
        let mut running = Wanted { words: &words, folder, data: &data, memory: None }.start();
        let begun = loop {
            let entries = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
            let mut hidden = entries.filter(|it| it.to_string_lossy().ends_with(".new"));
            if let Some(begun) = hidden.next() {
                break begun;
            }
            assert!(!running.is_over(Duration::from_millis(5)), "it has ended before it began");
        };
        disturb(&begun);
        let output = running.output();
        let [said, error] =
            [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
        assert!(!output.status.success() && said.contains("right name"), "{said}{error}");
        let figures = folder.join("figures.json");
        let read: Value = serde_json::from_slice(&std::fs::read(&figures).unwrap()).unwrap();
        check_names(&read["composed"]["identification"]);
        std::fs::remove_file(figures).unwrap();
        error
    };
    // The images themselves cannot be written either.
    let error = disturbed(&|begun| {
        std::fs::remove_dir(begun).unwrap();
        std::fs::write(begun, "in the way").unwrap();
    });
    assert!(error.contains("error: cannot write into misread: ") && !error.contains(".new"), "{error}");
    contents(folder).into_keys().for_each(|path| std::fs::remove_file(path).unwrap());
    let error = disturbed(&|_| {
        std::fs::create_dir(folder.join("misread")).unwrap();
        std::fs::write(folder.join("misread/mine.png"), "mine").unwrap();
    });
    assert!(error.contains("cannot write misread"), "{error}");
    assert_eq!(contents(&folder.join("misread")).len(), 1);
    // What cannot be written is printed.
    let (success, said, error) =
        trainer("evaluate --model practice --composed 2 --out none/figures.json", folder);
    assert!(!success && error.contains("cannot write none/figures.json"), "{error}");
    let printed: Value = serde_json::from_str(&said).unwrap();
    check_names(&printed["composed"]["identification"]);
}

#[test]
fn a_page_that_is_there_is_kept_beside_the_new_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::create_dir(folder.join("run")).unwrap();
    std::fs::write(folder.join("page.html"), "mine").unwrap();
    let line = "report --run run --evaluation measured.json --out page.html";
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    // The second time it is the first page that is kept, and not in the place of what was there.
    for top1 in [0.9, 0.8] {
        let measured = json!({ "composed": { "identification": { "known": 10, "top1": top1 } } });
        std::fs::write(folder.join("measured.json"), measured.to_string()).unwrap();
        let (success, out, err) = trainer(line, folder);
        assert!(success, "{out}{err}");
        assert!(read("page.html").contains("<html"));
        assert_eq!(read("page.former.html"), "mine");
    }
    assert!(read("page-2.former.html").contains("<html"));
    // Of a run's own page there is one, and the one before.
    for _ in 0..3 {
        let (success, out, err) = trainer("report --run run --evaluation measured.json", folder);
        assert!(success, "{out}{err}");
    }
    let pages = contents(&folder.join("run")).into_keys();
    let pages: Vec<PathBuf> = pages.filter(|it| it.extension().is_some_and(|it| it == "html")).collect();
    assert_eq!(pages, ["report.former.html", "report.html"].map(|name| folder.join("run").join(name)));
}

#[test]
fn embeddings_that_are_there_are_kept_beside_the_new_ones() {
    if !have_runtime() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let set = "scenes --recipe small.toml --labelled set --classes 3 --groups 1 --captures 2";
    std::fs::write(folder.join("small.toml"), toml::to_string(&small::recipe()).unwrap()).unwrap();
    let (success, _, err) = trainer(set, folder);
    assert!(success, "{err}");
    let names = ["embeddings.npy", "embeddings.csv", "map.png"];
    std::fs::create_dir(folder.join("mine")).unwrap();
    names.iter().for_each(|name| std::fs::write(folder.join("mine").join(name), name).unwrap());
    // The second time another file is kept, and not in the place of the first.
    for _ in 0..2 {
        let (success, _, err) =
            trainer("embed --data set --game practice --model practice --out mine", folder);
        assert!(success, "{err}");
    }
    for name in names {
        let path = folder.join("mine").join(name);
        assert_eq!(std::fs::read(lens_core::atomic::former(&path)).unwrap(), name.as_bytes());
        assert_ne!(std::fs::read(&path).unwrap(), name.as_bytes());
    }
    assert!(image::open(folder.join("mine/map.png")).is_ok());
}

/// Ten times the mean of red, green and blue.
fn classifier() -> Vec<u8> {
    let mut writer = GraphWriter::new(Batch::Dynamic);
    writer.float_input("input", &[3, 24, 24]);
    writer.node("GlobalAveragePool", &["input"], "mean", Vec::new());
    writer.node("Flatten", &["mean"], "flat", vec![AttributeProto::int("axis", 1)]);
    writer.floats("ten", &[], &[10.0]);
    writer.node("Mul", &["flat", "ten"], "output", Vec::new());
    writer.output("output", &[3]);
    writer.finish(&[])
}

#[test]
fn a_classifier_made_elsewhere_is_judged_too() {
    if !have_runtime() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::write(folder.join("names.onnx"), classifier()).unwrap();
    std::fs::write(folder.join("labels.txt"), "x_fox\nx_owl\n_not_a_card\n").unwrap();
    let colour = |name: &str, colour: [u8; 4]| {
        image::RgbaImage::from_pixel(72, 96, image::Rgba(colour))
            .save(folder.join("data").join(name))
            .unwrap();
    };
    std::fs::create_dir(folder.join("data")).unwrap();
    let label = |id: &str| json!({ "name": id, "id": id });
    let mut labels = serde_json::Map::new();
    for (name, red, green, blue, id) in [
        ("one.png", 255, 0, 0, "x_fox"),
        ("two.png", 255, 0, 0, "x_owl"),
        ("three.png", 0, 255, 0, "x_owl"),
        ("four.png", 0, 0, 255, "_not_a_card"),
    ] {
        colour(name, [red, green, blue, 255]);
        labels.insert(name.to_owned(), label(id));
    }
    std::fs::write(folder.join("data/labels.json"), Value::Object(labels).to_string()).unwrap();
    let import =
        "import-model --identifier names.onnx --labels labels.txt --base practice --name new --out new";
    let (success, out, err) = trainer(import, folder);
    assert!(success, "{out}{err}");
    let found = evaluate("--model new --data data --game practice --composed 1 --failures misread", folder);
    let labelled = &found["labelled"];
    check_names(labelled);
    assert_eq!((&labelled["top1"], &labelled["nothing_dropped"]), (&json!(0.6667), &json!(1.0)));
    assert!(folder.join("misread/two.png").is_file());
    check_names(&found["composed"]["identification"]);
}
