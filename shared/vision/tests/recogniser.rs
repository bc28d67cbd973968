//! The whole way with a toy model, and what is said of models that are broken.

use std::collections::BTreeMap;

use lens_core::card_id::CardId;
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::pixels::{ChannelOrder, Pixels};
use serde_json::{Value, json};
use tempfile::TempDir;
use toy::onnx::{Element, Graph};
use vision::gallery::{Gallery, Prototype};
use vision::network::{Options, Precision};
use vision::providers::Provider;
use vision::recogniser::{OpenError, Recogniser};
use vision::runtime::Runtime;
use vision::stages::StageTimes;

mod toy;

fn options() -> Options {
    Options { threads: 1, ..Options::default() }
}

/// Whether the tests can run; says loudly when not.
fn have_runtime() -> bool {
    let runtime = Runtime::load();
    if let Err(error) = &runtime {
        eprintln!("SKIPPED: {error}");
    }
    runtime.is_ok()
}

fn open(
    manifest: &Value,
    files: &BTreeMap<&'static str, Vec<u8>>,
) -> (TempDir, Result<Recogniser, OpenError>) {
    let folder = tempfile::tempdir().unwrap();
    toy::write(folder.path(), manifest, files);
    let recogniser = Recogniser::open_with(folder.path(), toy::catalogue(), &options());
    (folder, recogniser)
}

fn toy_recogniser() -> Recogniser {
    let manifest = toy::manifest();
    open(&manifest, &toy::networks(&manifest)).1.unwrap()
}

/// Opens the toy model after `change`, and looks for `parts` in the error.
#[track_caller]
fn check_error(change: impl FnOnce(&mut Value, &mut BTreeMap<&'static str, Vec<u8>>), parts: &[&str]) {
    if !have_runtime() {
        return;
    }
    let mut manifest = toy::manifest();
    let mut files = toy::networks(&manifest);
    change(&mut manifest, &mut files);
    let message = open(&manifest, &files).1.unwrap_err().to_string();
    for part in parts.iter().chain(&["help:"]) {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn cards_are_found_and_named() {
    if !have_runtime() {
        return;
    }
    let mut recogniser = toy_recogniser();
    let pixels = vec![90; 640 * 320 * 4];
    let frame = Pixels::new(&pixels, 640, 320, ChannelOrder::Bgrx).unwrap();
    let mut times = StageTimes::start();
    let cards = recogniser.recognise(&frame).unwrap();
    assert!(times.take().iter().all(|time| !time.is_zero()), "every stage has its span");
    let mut lefts: Vec<f32> = cards.iter().map(|card| card.detection.quad.bounds().left).collect();
    lefts.sort_by(f32::total_cmp);
    assert!(lefts.iter().zip(toy::CARDS).all(|(left, want)| (left - want * 10.0).abs() < 0.01), "{lefts:?}");
    for card in cards {
        assert!((card.detection.score - 0.9526).abs() < 1e-3);
        assert_eq!(card.reading.id().map(CardId::as_str), Some("j_one"));
        assert_eq!(card.reading.modifiers.edition, "foil");
        assert_eq!(card.reading.embedding, [0.6, 0.8]);
    }
    assert_eq!(recogniser.reports().map(|(file, _)| file), ["detector.onnx", "identifier.onnx"]);
    assert!(recogniser.reports().iter().all(|(_, report)| report.accepted.last() == Some(&Provider::Cpu)));
}

#[test]
fn more_quads_than_a_batch_are_all_read_in_order() {
    if !have_runtime() {
        return;
    }
    let mut recogniser = toy_recogniser();
    let pixels = vec![90; 640 * 320 * 4];
    let frame = Pixels::new(&pixels, 640, 320, ChannelOrder::Rgbx).unwrap();
    let quads: Vec<Quad<InFrame>> =
        (0..37).map(|index| Quad::from_rect(Rect::ltwh(index as f32 * 10.0, 20.0, 90.0, 120.0))).collect();
    let readings = recogniser.read(&frame, &quads).unwrap();
    assert_eq!(readings.len(), 37);
    assert!(readings.iter().flatten().all(|reading| reading.guesses[0].id == "j_one"));
}

/// A network of two classes, the second of which likes light, and a frame that is light to the
/// right of a card: crops that are cut elsewhere say something else.
#[test]
fn a_doubtful_card_is_named_by_the_mean_of_crops() {
    if !have_runtime() {
        return;
    }
    let mut manifest = toy::manifest();
    let head = &mut manifest["identifier"]["heads"][0];
    head["classes"] = json!(["j_one"]);
    let mut files = toy::networks(&manifest);
    let mut identifier = Graph::new([None, Some(6), Some(4), Some(12)], Element::U8);
    identifier.constant_output("identification", &[1], &[0.0]);
    identifier.constant_output("edition", &[2], &[1.0, 0.0]);
    identifier.constant_output("embedding", &[2], &[0.6, 0.8]);
    identifier.output("similarity", &[1], &[0.2], 0.004);
    files.insert("identifier.onnx", identifier.to_bytes(Some(&manifest.to_string())));
    manifest["identifier"]["thresholds"]["similarity"] = 0.99.into();
    let (_folder, recogniser) = open(&manifest, &files);
    let mut recogniser = recogniser.unwrap();
    let card = Quad::from_rect(Rect::ltwh(100.0, 20.0, 200.0, 240.0));
    let pixels: Vec<u8> =
        (0..640 * 320_u32).flat_map(|at| [if at % 640 < 295 { 20 } else { 220 }; 4]).collect();
    let frame = Pixels::new(&pixels, 640, 320, ChannelOrder::Rgbx).unwrap();
    let smaller = |dx: f32, dy: f32| card.scaled(0.97).shifted(dx, dy);
    let crops = [card, smaller(6.0, 0.0), smaller(-6.0, 0.0), smaller(0.0, 7.2), smaller(0.0, -7.2)];
    let mut similarities = Vec::new();
    recogniser.see(&frame, &crops, |_, logits, _| similarities.push(logits.similarity[0])).unwrap();
    let mean = similarities.iter().sum::<f32>() / 5.0;
    assert!((mean - similarities[0]).abs() > 0.02, "they differ: {similarities:?}");
    let read = |recogniser: &mut Recogniser| {
        let reading = recogniser.read(&frame, &[card]).unwrap()[0].clone().unwrap();
        (reading.id().is_some(), reading.similarity)
    };
    let (is_known, similarity) = read(&mut recogniser);
    assert!(!is_known && (similarity - mean).abs() < 1e-4, "{similarity} is not the mean {mean}");
    recogniser.look_once();
    assert_eq!(read(&mut recogniser), (false, similarities[0]));
}

#[test]
fn a_raised_threshold_finds_nothing() {
    if !have_runtime() {
        return;
    }
    let mut recogniser = toy_recogniser();
    recogniser.set_detection_threshold(0.99);
    let pixels = vec![90; 64 * 32 * 4];
    let frame = Pixels::new(&pixels, 64, 32, ChannelOrder::Rgbx).unwrap();
    assert!(recogniser.recognise(&frame).unwrap().is_empty());
}

#[test]
fn an_enrolled_card_is_named_at_once() {
    if !have_runtime() {
        return;
    }
    let mut manifest = toy::manifest();
    manifest["identifier"]["thresholds"]["similarity"] = 0.95.into();
    let (_folder, recogniser) = open(&manifest, &toy::networks(&manifest));
    let mut recogniser = recogniser.unwrap();
    let pixels = vec![90; 64 * 32 * 4];
    let frame = Pixels::new(&pixels, 64, 32, ChannelOrder::Rgbx).unwrap();
    assert!(recogniser.recognise(&frame).unwrap()[0].reading.id().is_none());
    let enrolled = Prototype {
        id: "x_mod".into(),
        name: "Modded".into(),
        embedding: vec![3.0, 4.0],
        capture: None,
        taught_at_millis: None,
    };
    recogniser.set_gallery(Gallery::new(vec![enrolled], 2).unwrap());
    let cards = recogniser.recognise(&frame).unwrap();
    assert_eq!(cards[0].reading.id().map(CardId::as_str), Some("x_mod"));
}

#[test]
fn a_changed_file_is_refused() {
    if !have_runtime() {
        return;
    }
    let manifest = toy::manifest();
    let (folder, _) = open(&manifest, &toy::networks(&manifest));
    let file = folder.path().join("identifier.onnx");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let message = Recogniser::open_with(folder.path(), toy::catalogue(), &options()).unwrap_err().to_string();
    assert!(message.contains("is not the file that the model was exported with"), "{message}");
}

#[test]
fn a_file_that_is_no_network_is_refused() {
    check_error(
        |_, files| drop(files.insert("detector.onnx", b"not a network".to_vec())),
        &["ONNX Runtime cannot run detector.onnx"],
    );
}

#[test]
fn a_network_of_another_shape_is_refused() {
    check_error(
        |manifest, files| {
            manifest["detector"]["input_size"] = vec![128, 32].into();
            *files = toy::networks(manifest);
        },
        &["detector.onnx disagrees with model.json", "\"image\" has the shape"],
    );
}

#[test]
fn a_network_without_one_of_the_heads_is_refused() {
    check_error(
        |manifest, _| manifest["identifier"]["heads"][1]["name"] = "seal".into(),
        &["identifier.onnx disagrees", "no output \"seal\""],
    );
}

#[test]
fn a_network_of_another_export_is_refused() {
    check_error(
        |manifest, _| manifest["detector"]["corner_scale"] = 16.0.into(),
        &["detector.onnx disagrees", "detector.corner_scale differs"],
    );
}

#[test]
fn another_catalogue_is_refused() {
    check_error(
        |manifest, _| manifest["catalogue_digest"] = "0123".into(),
        &["\"toy\" was trained on catalogue 0123", toy::catalogue().digest()],
    );
}

#[test]
fn a_class_of_no_card_is_named() {
    check_error(
        |manifest, _| manifest["identifier"]["heads"][0]["classes"][1] = "j_gone".into(),
        &["does not fit its catalogue", "\"j_gone\""],
    );
}

#[test]
fn int8_must_be_there_when_it_is_asked_for() {
    if !have_runtime() {
        return;
    }
    let manifest = toy::manifest();
    let (folder, _) = open(&manifest, &toy::networks(&manifest));
    let options = Options { precision: Precision::Int8, ..options() };
    let message = Recogniser::open_with(folder.path(), toy::catalogue(), &options).unwrap_err().to_string();
    assert!(message.contains("the detector has no int8 file"), "{message}");
}

#[test]
fn int8_is_taken_where_only_the_cpu_is_left() {
    if !have_runtime() {
        return;
    }
    let mut manifest = toy::manifest();
    manifest["detector"]["files"]["int8"] = "detector.int8.onnx".into();
    let mut files = toy::networks(&manifest);
    files.insert("detector.int8.onnx", files["detector.onnx"].clone());
    let folder = tempfile::tempdir().unwrap();
    toy::write(folder.path(), &manifest, &files);
    for (precision, file) in
        [(Precision::Automatic, "detector.int8.onnx"), (Precision::Float32, "detector.onnx")]
    {
        let options = Options { precision, providers: vec![Provider::Cpu], ..options() };
        let recogniser = Recogniser::open_with(folder.path(), toy::catalogue(), &options).unwrap();
        assert_eq!(recogniser.reports().map(|(file, _)| file), [file, "identifier.onnx"]);
    }
}

#[test]
fn what_ran_where_is_counted() {
    if !have_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = toy::manifest();
    toy::write(folder.path(), &manifest, &toy::networks(&manifest));
    let options =
        Options { profile: Some(folder.path().into()), providers: vec![Provider::Cpu], ..options() };
    let mut recogniser = Recogniser::open_with(folder.path(), toy::catalogue(), &options).unwrap();
    let pixels = vec![90; 64 * 32 * 4];
    let frame = Pixels::new(&pixels, 64, 32, ChannelOrder::Rgbx).unwrap();
    recogniser.recognise(&frame).unwrap();
    let assigned = recogniser.assigned().unwrap();
    assert!(
        assigned
            .iter()
            .all(|counts| counts.keys().eq(["CPUExecutionProvider"]) && counts.values().all(|&it| it > 1)),
        "{assigned:?}"
    );
}

#[test]
fn a_missing_model_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let message = Recogniser::open(folder.path(), &options()).unwrap_err().to_string();
    assert!(message.contains("model.json") && message.contains("help:"), "{message}");
}
