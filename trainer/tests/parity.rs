//! Every network says the same in libtorch and in ONNX Runtime, in floats and nearly so in int8.

use lens_core::manifest::external::{DetectorKind, IdentifierKind};
use lens_core::manifest::{
    Activation, Detector, FORMAT, Head, IDENTIFICATION, Identifier, METADATA_KEY, Manifest, NetworkFiles,
    Thresholds,
};
use tch::{Device, Kind, Tensor};
use trainer::model::export::session::OnnxSession;
use trainer::model::export::{NetworkReport, Source, export, export_network};
use trainer::model::network::Graph;
use trainer::model::network::arrays::Arrays;
use trainer::model::network::detector::DetectorShape;
use trainer::model::network::identifier::{Backbone, IdentifierShape};
use trainer::model::onnx::Stored;
use trainer::model::onnx::writer::Batch;
use trainer::model::quantise::options::Options;
use vision::runtime::Runtime;

/// Error of int8 beside the spread of a result, with weights that were never trained.
const INT8_ERROR: f64 = 0.06;

fn runtime_is_missing() -> bool {
    match Runtime::load() {
        Ok(_) => false,
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            true
        }
    }
}

fn heads() -> Vec<Head> {
    let head = |name: &str, count: usize| Head {
        name: name.into(),
        activation: Activation::Softmax,
        classes: (0..count).map(|class| format!("{name}{class}")).collect(),
    };
    vec![head(IDENTIFICATION, 40), head("modifier", 5), head("seal", 5)]
}

/// Soft blobs with grain, as bytes.
fn pictures(graph: &Graph, batches: usize, batch: i64) -> Vec<Tensor> {
    let [channels, height, width] = graph.input;
    let kind = (Kind::Float, Device::Cpu);
    (0..batches)
        .map(|_| {
            let blobs = Tensor::rand([batch, channels, 8, 8], kind);
            let blobs = blobs.upsample_bilinear2d([height, width], false, None, None);
            let grain = Tensor::rand([batch, channels, height, width], kind);
            ((blobs * 0.8 + grain * 0.2) * 255.0).round().clamp(0.0, 255.0).to_kind(Kind::Uint8)
        })
        .collect()
}

fn files(name: &str) -> NetworkFiles {
    NetworkFiles { float32: format!("{name}.onnx"), int8: Some(format!("{name}.int8.onnx")) }
}

/// [`export_network`] itself fails beyond the tolerance for floats.
#[track_caller]
fn check(name: &str, graph: &Graph, batch: Batch, pictures_in_batch: i64) -> NetworkReport {
    tch::manual_seed(5);
    let weights = Arrays::arbitrary(graph, 7).to_tensors();
    let pictures = pictures(graph, 3, pictures_in_batch);
    let options = Options::default();
    let source = Source { graph, weights: &weights, batch, pictures: &pictures, options: &options };
    let (report, written) = export_network(&source, &files(name), &[]).unwrap();
    for (output, agreement) in report.int8.as_ref().expect("an int8 file was asked for") {
        println!("{name} {output}: float {}; int8 {agreement}", report.float32[output]);
        assert!(agreement.relative() < INT8_ERROR, "{name} {output}: {agreement}");
        assert!(agreement.largest > 0.0, "{name} {output} is exactly the same in int8: it was not quantised");
    }
    let (floats, int8) = (written[0].1.len(), written[1].1.len());
    assert!(int8 * 3 / 2 < floats, "int8 takes {int8} bytes, weights of 16 bits {floats}");
    let folded = trainer::model::network::fold::fold(graph, &Arrays::arbitrary(graph, 7)).unwrap();
    let exact = trainer::model::onnx::write(&folded, batch, &[], Stored::Floats).unwrap();
    assert!(floats < exact.len() * 11 / 20, "{floats} of {} bytes", exact.len());
    report
}

#[test]
fn the_detector_agrees() {
    if runtime_is_missing() {
        return;
    }
    check("detector", &DetectorShape::default().graph().unwrap(), Batch::Fixed(1), 1);
}

#[test]
fn the_identifier_agrees_and_takes_any_batch() {
    if runtime_is_missing() {
        return;
    }
    let graph = IdentifierShape::default().graph(&heads()).unwrap();
    let report = check("identifier", &graph, Batch::Dynamic, 6);
    assert_eq!(report.float32.len(), heads().len() + 2);
    let arrays = Arrays::arbitrary(&graph, 7);
    let folded = trainer::model::network::fold::fold(&graph, &arrays).unwrap();
    let file = trainer::model::onnx::write(&folded, Batch::Dynamic, &[], Stored::Floats).unwrap();
    let mut session = OnnxSession::load(&file, 1).unwrap();
    let together = pictures(&graph, 1, 4).remove(0);
    let all = session.run(&together).unwrap();
    for index in 0..4 {
        for (name, alone) in session.run(&together.narrow(0, index, 1)).unwrap() {
            let difference = (alone - all[&name].narrow(0, index, 1)).abs().max().double_value(&[]);
            assert!(difference < 1e-4, "{name} of image {index} depends on its batch: {difference}");
        }
    }
}

#[test]
fn resnet18_agrees() {
    if runtime_is_missing() {
        return;
    }
    let shape = IdentifierShape { backbone: Backbone::Resnet18, ..IdentifierShape::default() };
    check("resnet18", &shape.graph(&heads()).unwrap(), Batch::Dynamic, 3);
}

#[test]
fn an_exported_model_is_what_its_manifest_says() {
    if runtime_is_missing() {
        return;
    }
    tch::manual_seed(6);
    let detector = DetectorShape::default().graph().unwrap();
    let identifier = IdentifierShape::default().graph(&heads()).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        name: "try".into(),
        catalogue: "none".into(),
        catalogue_digest: String::new(),
        detector: Detector {
            kind: DetectorKind::Grid,
            files: files("detector"),
            input_size: [640, 352],
            stride: 4,
            corner_scale: 32.0,
            anchor: [0.25, 0.5],
            threshold: 0.35,
        },
        identifier: Identifier {
            kind: IdentifierKind::Own,
            files: files("identifier"),
            input_size: [72, 96],
            widen: 1.03,
            embedding: 128,
            heads: heads(),
            thresholds: Thresholds {
                not_a_card: 0.5,
                unknown: 0.5,
                probability: 0.3,
                similarity: 0.5,
                gallery: 0.8,
            },
            added: std::collections::BTreeMap::default(),
        },
        sha256: std::collections::BTreeMap::default(),
        metrics: serde_json::Value::default(),
        recipe: serde_json::Value::default(),
    };
    let options = Options::default();
    let weights = [&detector, &identifier].map(|graph| Arrays::arbitrary(graph, 8).to_tensors());
    let pictures = [&detector, &identifier].map(|graph| pictures(graph, 1, 1));
    let source = |index: usize, graph, batch| Source {
        graph,
        weights: &weights[index],
        batch,
        pictures: &pictures[index],
        options: &options,
    };
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("try");
    let (one, two) = (source(0, &detector, Batch::Fixed(1)), source(1, &identifier, Batch::Dynamic));
    export(&target, manifest, &one, &two).unwrap();

    let manifest = Manifest::read(&target).unwrap();
    assert_eq!(manifest.sha256.len(), 4);
    for file in manifest.sha256.keys() {
        let content = manifest.read_network(&target, file).unwrap();
        OnnxSession::load(&content, 1).unwrap();
        let text = String::from_utf8_lossy(&content);
        assert!(text.contains(METADATA_KEY) && text.contains("corner_scale"), "{file} carries no manifest");
    }
    let sizes: u64 =
        std::fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("{sizes} bytes in all");
}
