//! Files of trainings and of other tools that somebody damaged: read, or refused with a reason, but
//! no panic, no endless run and no memory without bound.

#[path = "../../shared/lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use std::fs;
use std::path::Path;

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::external::Normalise;
use lens_core::manifest::{Activation, Head};
use mutation::fuzz;
use trainer::checkpoint::progress::Progress;
use trainer::checkpoint::{Budget, Checkpoint, FORMAT, Network as Which, Position, safetensors};
use trainer::data::import::{coco, folders, label_studio, yaml, yolo};
use trainer::model::import::inspect::Network;
use trainer::model::import::{detector, identifier, labels};
use trainer::model::network::state_dict;
use trainer::model::network::torch::Weights;
use trainer::model::onnx::layout::reshape;
use trainer::model::onnx::proto::AttributeProto;
use trainer::model::onnx::writer::{Batch, GraphWriter};
use trainer::model::onnx::{external_data, read};
use trainer::recipe::Recipe;
use vision::runtime::Runtime;

#[test]
fn recipes() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes");
    let seeds = ["balatro.toml", "practice.toml"].map(|name| fs::read(data.join(name)).unwrap());
    fuzz("recipe", &seeds, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Ok(recipe) = Recipe::parse(text) {
            let written = toml::to_string(&recipe).expect("a recipe can be written");
            assert_eq!(Recipe::parse(&written).expect("what is written can be read"), recipe);
        }
    });
}

#[test]
fn checkpoints() {
    let weights = Weights::from([
        ("now/a.weight".to_owned(), tch::Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).view([2, 2])),
        ("now/a.bias".to_owned(), tch::Tensor::from_slice(&[0.5_f32])),
    ]);
    let texts = [("position".to_owned(), "{\"step\": 5}".to_owned())].into();
    fuzz("tensors", &[safetensors::encode(&texts, &weights)], |bytes| {
        let _ = safetensors::decode(bytes);
    });
}

/// Whole, as a training goes on from it.
#[test]
fn checkpoints_of_runs() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes/practice.toml");
    let recipe = Recipe::read(&data).unwrap();
    let position = Position {
        format: FORMAT,
        network: Which::Identifier,
        step: 7,
        seconds: 1.5,
        budget: Budget::Steps(9),
        recipe,
        catalogue_digest: "digest".into(),
        heads: vec![Head {
            name: "seal".into(),
            classes: vec!["none".into(), "red".into()],
            activation: Activation::Softmax,
        }],
        epochs: Some(Progress::default()),
        scaler: None,
    };
    let texts = [("position".to_owned(), serde_json::to_string(&position).unwrap())].into();
    let weights = Weights::from(
        ["now", "average", "first", "second"]
            .map(|group| (format!("{group}/a.weight"), tch::Tensor::from_slice(&[1.0_f32, 2.0]))),
    );
    let place = tempfile::tempdir().unwrap();
    let mut read = 0;
    fuzz("checkpoint", &[safetensors::encode(&texts, &weights)], |bytes| {
        let path = Checkpoint::path(place.path(), Which::Identifier);
        fs::write(&path, bytes).unwrap();
        match Checkpoint::read(place.path(), Which::Identifier) {
            Ok(checkpoint) => {
                read += 1;
                let progress = checkpoint.position.progress();
                assert!(progress <= 1.0 || progress.is_nan(), "{progress}");
                drop((checkpoint.now(), checkpoint.average()));
            }
            Err(error) => assert!(error.to_string().contains("help: "), "{error}"),
        }
    });
    assert!(read > 0);
}

#[test]
fn networks_of_others() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/models/practice");
    let mut seed = fs::read(data.join("identifier.int8.onnx")).unwrap();
    // The weights themselves are not what is parsed.
    seed.truncate(40_000);
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("w.data"), [7; 64]).unwrap();
    let external = {
        // graph { initializer { external_data {location w.data} external_data {length 16} EXTERNAL
        // } }
        let entry = |key: &str, value: &str| {
            let inside =
                [&[10, key.len() as u8], key.as_bytes(), &[18, value.len() as u8], value.as_bytes()].concat();
            [&[106, inside.len() as u8], inside.as_slice()].concat()
        };
        let tensor = [entry("location", "w.data"), entry("length", "16"), vec![112, 1]].concat();
        let graph = [&[42, tensor.len() as u8], tensor.as_slice()].concat();
        [&[58, graph.len() as u8], graph.as_slice()].concat()
    };
    assert!(external_data::inlined(&external, place.path()).unwrap().is_some());
    fuzz("onnx", &[seed, external], |bytes| {
        let _ = external_data::inlined(bytes, place.path());
        let _ = read::read(bytes);
    });
    let names =
        [r#"{0: 'joker', 1: "king's card", 2: "caf\u00e9"}"#, "['a', 'b']", "a\nb\n", r#"{"a": 0, "b": 1}"#];
    fuzz("names", &names.map(|it| it.as_bytes().to_vec()), |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let _ = (labels::parse_names(text), labels::parse_file(text));
    });
}

/// What an export says of itself is damaged, and its output has another shape; what of it ONNX
/// Runtime takes, is run.
#[test]
fn detectors_and_classifiers_of_others() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    const KEYS: [&str; 6] = ["task", "names", "stride", "imgsz", "kpt_shape", "args"];
    const SHAPES: [&[i64]; 8] =
        [&[6, 40], &[40, 6], &[7, 40], &[40, 7], &[18, 40], &[40, 18], &[4], &[1, 1, 1]];
    let network = |shape: &[i64], metadata: Vec<(String, String)>| {
        let mut writer = GraphWriter::new(Batch::Fixed(1));
        writer.float_input("images", &[3, 64, 96]);
        let axes = vec![AttributeProto::ints("axes", &[1, 2, 3]), AttributeProto::int("keepdims", 1)];
        writer.node("ReduceMax", &["images"], "brightest", axes);
        let count = shape.iter().product::<i64>() as usize;
        let ones = vec![1; shape.len()];
        reshape(&mut writer, "brightest", "bright", &[&[1], ones.as_slice()].concat());
        writer.floats("places", &[&[1], shape].concat(), &vec![0.5; count]);
        writer.node("Mul", &["places", "bright"], "output0", Vec::new());
        writer.output("output0", shape);
        writer.finish(&metadata)
    };
    let seeds = [
        "0\ndetect\n{0: 'joker', 1: 'button'}\n32\n[64, 96]\n\n{'nms': False}",
        "1\ndetect\n{0: 'joker', 1: 'button'}\n32\n[64, 96]\n\n{'nms': True}",
        "3\nobb\n{0: 'joker', 1: 'button'}\n32\n[64, 96]\n\n{'nms': True}",
        "5\npose\n{0: 'card'}\n32\n[64, 96]\n[4, 3]\n{'nms': True}",
        "6\nclassify\n{0: 'Joker', 1: 'Blueprint', 2: 'x', 3: 'y'}\n\n[64, 96]",
    ]
    .map(|it| it.as_bytes().to_vec());
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
    let catalogue = Catalogue::read(&data).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("network.onnx");
    let (mut taken, mut refused) = (0, 0);
    fuzz("import-model", &seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (shape, said) = text.split_once('\n').unwrap_or((&text, ""));
        let shape = shape.trim().parse().unwrap_or(0_usize) % SHAPES.len();
        let metadata = KEYS.iter().zip(said.split('\n')).filter(|(_, value)| !value.is_empty());
        let metadata = metadata.map(|(key, value)| ((*key).to_owned(), value.to_owned())).collect();
        fs::write(&path, network(SHAPES[shape], metadata)).unwrap();
        let mut opened = Network::open(&path).expect("the network itself is whole");
        let options = detector::Options { cards: Vec::new(), threshold: 0.25 };
        let finder = detector::detector(&mut opened, &options).map(drop);
        let options = identifier::Options {
            labels: None,
            unmapped: identifier::UnmappedLabels::Added(CardType::Joker),
            normalise: Normalise::Unit,
            fit: None,
            threshold: 0.5,
        };
        let namer = identifier::identifier(&mut opened, &options, &catalogue).map(drop);
        for result in [finder, namer] {
            match result {
                Ok(()) => taken += 1,
                Err(error) => {
                    refused += 1;
                    let said = error.to_string();
                    assert!(!said.is_empty() && said.len() < 4000, "{} bytes: {said}", said.len());
                }
            }
        }
    });
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
}

#[test]
fn weights_of_pytorch() {
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00aq\x02".to_vec();
    pickle
        .extend(b"ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
    pickle.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89h\x00)RtRs.");
    let magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.".to_vec();
    let keys = b"\x80\x02]X\x01\x00\x00\x000a.".to_vec();
    let numbers = [2_u64.to_le_bytes().to_vec(), vec![0; 8]].concat();
    let legacy = [magic, pickle.clone(), keys, numbers].concat();
    assert_eq!(state_dict::read(&legacy).unwrap().len(), 1);
    fuzz("pickle", &[legacy, pickle], |bytes| {
        let _ = state_dict::read(bytes);
    });
}

#[test]
fn labels_of_others() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("images")).unwrap();
    fs::create_dir_all(place.path().join("labels")).unwrap();
    image::RgbImage::new(20, 20).save(place.path().join("images/a.png")).unwrap();
    let yaml = "path: .\ntrain: images\nval: [images]\nkpt_shape: [4, 3]\nnames:\n  0: \"fox\"\n  1: 'owl'\n";
    let path = place.path().join("data.yaml");
    fs::write(place.path().join("labels/a.txt"), "0 0.5 0.5 0.2 0.2\n").unwrap();
    fuzz("data.yaml", &[yaml.into()], |bytes| {
        fs::write(&path, bytes).unwrap();
        let _ = yolo::read(&path);
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = yaml::parse(text);
        }
    });
    fs::write(&path, "train: images\nnames: [fox]\n").unwrap();
    let lines = "0 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9\n0 0.1 0.1 0.9 0.1 0.5 0.9\n";
    fuzz("labels.txt", &[lines.into()], |bytes| {
        fs::write(place.path().join("labels/a.txt"), bytes).unwrap();
        let _ = yolo::read(&path);
    });
    let coco_text = r#"{"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "fox"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 9, 9], "segmentation": [[1, 1, 9, 1, 9, 9]],
        "keypoints": [1, 1, 2, 9, 1, 2, 9, 9, 2, 1, 9, 2]}]}"#;
    let tasks = r#"[{"id": 1, "data": {"image": "/d/?d=a.png"}, "annotations": [{"result": [{"type": "rectanglelabels",
        "original_width": 20, "original_height": 20, "value": {"x": 1, "y": 2, "width": 30, "height": 40,
        "rotation": 10, "rectanglelabels": ["fox"]}}]}]}]"#;
    let json = place.path().join("images/labels.json");
    fuzz("coco", &[coco_text.into()], |bytes| {
        fs::write(&json, bytes).unwrap();
        let _ = coco::read(&json, None);
    });
    fuzz("tasks", &[tasks.into()], |bytes| {
        fs::write(&json, bytes).unwrap();
        let _ = label_studio::read(&json, None);
    });
    fuzz("folders", &[br#"{"a.png": {"name": "Fox", "id": "x", "card_group": 3}}"#.to_vec()], |bytes| {
        fs::write(&json, bytes).unwrap();
        let _ = folders::read(&place.path().join("images"));
    });
}
