//! What is counted of captures, by hand.

use super::*;
use dataset::labels::Label;
use image::Rgba;
use lens_core::manifest::{Head, NOT_A_CARD, Thresholds};
use tch::Tensor;

use crate::evaluate::metrics::Bin;
use crate::model::network::hardware::Precision;
use crate::model::network::identifier::{EMBEDDING, SIMILARITY, UNIT_EMBEDDING};
use crate::model::network::torch::{Module, Weights};
use crate::model::network::{Builder, Op};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const SIDE: u32 = 8;

/// A network that takes what is red for the fox, what is green for the owl and what is blue for no
/// card: the logits are four times the mean of a channel.
fn classifier() -> Classifier {
    let heads = [Head {
        name: IDENTIFICATION.into(),
        activation: Activation::Softmax,
        classes: ["x_fox", "x_owl", NOT_A_CARD].map(str::to_owned).to_vec(),
    }];
    let mut net = Builder::new([3, i64::from(SIDE), i64::from(SIDE)]);
    let mean = net.push("mean", Op::GlobalAveragePool, &[net.input()]);
    let flat = net.push("flat", Op::Flatten, &[mean]);
    let logits = net.push(IDENTIFICATION, Op::Linear { input: 3, output: 3, bias: false }, &[flat]);
    let unit = net.push(UNIT_EMBEDDING, Op::L2Normalise, &[flat]);
    let similarity = net.push(SIMILARITY, Op::Project { input: 3, output: 3 }, &[unit]);
    for (name, value) in [(IDENTIFICATION, logits), (EMBEDDING, unit), (SIMILARITY, similarity)] {
        net.output(name, value, false);
    }
    let matrix = Tensor::from_slice(&[4.0_f32, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 4.0]).view([3, 3]);
    let weights = Weights::from([(format!("{IDENTIFICATION}.weight"), matrix)]);
    let module = Module::new(net.finish(), &weights, Precision::Float32).unwrap();
    let thresholds =
        Thresholds { not_a_card: 0.5, unknown: 0.5, probability: 0.9, similarity: -1.0, gallery: 1.0 };
    Classifier::from_module(module, &heads, [SIDE, SIDE], thresholds)
}

/// Captures of one colour each, with what they are labelled as.
fn captures(folder: &Path, captures: &[(&str, [u8; 3])]) -> Vec<Sample> {
    let write = |(number, (class, [r, g, b])): (usize, &(&str, [u8; 3]))| {
        let file = format!("{number}_{class}.png");
        let path = folder.join(&file);
        RgbaImage::from_pixel(SIDE, SIDE, Rgba([*r, *g, *b, 255])).save(&path).unwrap();
        Sample { file, path, label: Label::default(), class: (*class).into() }
    };
    captures.iter().enumerate().map(write).collect()
}

/// A pure colour has the probability e⁴ / (e⁴ + 2) = 0.9647, half of it e² / (e² + 2) = 0.7870.
#[test]
fn a_few_captures_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let samples = captures(
        folder.path(),
        &[
            ("x_fox", RED),
            ("x_fox", [128, 0, 0]),
            ("x_owl", GREEN),
            ("x_owl", RED),
            ("mod_ghost", [0, 128, 0]),
            ("mod_ghost", RED),
        ],
    );
    let report = measure(&mut classifier(), &samples).unwrap();
    let (names, share) = (&report.names, |part, whole| Share { part, whole });
    assert_eq!((names.known, names.unknown), (4, 2));
    assert_eq!([names.top1, names.top3, names.rejected], [share(3, 4), share(4, 4), share(1, 4)]);
    assert_eq!((names.top1_interval, names.unknown_flagged), (interval(share(3, 4)), share(1, 2)));
    assert_eq!(names.balanced, Some(0.75));
    // 0.9647 three times and 0.7870 against 0.9647 and 0.7870: of eight pairs three are right and
    // four are ties.
    assert_eq!(names.unknown_auroc, Some(5.0 / 8.0));
    assert_eq!(names.unknown_auroc_similarity, None, "this network has no centroids");
    let Bin { count, confidence, accuracy } = names.calibration.bins[9];
    assert_eq!(count, 3);
    assert!(
        (confidence - 0.9647).abs() < 1e-3 && (accuracy - 2.0 / 3.0).abs() < 1e-9,
        "{confidence} {accuracy}"
    );
    assert_eq!(names.calibration.bins[7].count, 1);
    assert_eq!(names.failures, [(3, "x_fox".to_owned()), (5, "x_fox".to_owned())]);
    assert_eq!((names.worst_pairs.len(), names.worst_pairs[0].count), (1, 1));
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["top1"] == 0.75 && json["calibration"]["ece"].is_f64() && json["millis"].is_f64(), "{json}");
}

#[test]
fn what_is_no_card_is_right_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let samples = captures(
        folder.path(),
        &[("x_fox", RED), (NOT_A_CARD, BLUE), (NOT_A_CARD, BLUE), (NOT_A_CARD, GREEN), ("x_fox", BLUE)],
    );
    let names = measure(&mut classifier(), &samples).unwrap().names;
    assert_eq!((names.known, names.unknown), (2, 0), "what is no card is neither");
    assert_eq!(names.nothing_dropped, Share { part: 2, whole: 3 });
    assert_eq!(names.nothing_named, Share { part: 1, whole: 3 });
    assert_eq!(names.rejected, Share { part: 1, whole: 2 }, "a card that is dropped");
    // The dropped fox is as much an owl as a fox; the name that comes first by the alphabet is
    // right.
    assert_eq!(names.failures, [(3, "x_owl".to_owned())]);
}

/// The partner may be among the captures that the network was trained on, and is never one of
/// another card.
#[test]
fn a_misread_capture_has_a_partner_from_the_whole_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let originals = captures(folder.path(), &[("x_owl", RED), ("x_owl", GREEN), ("x_fox", [200, 30, 30])]);
    let samples = &originals[..2];
    let report = measure(&mut classifier(), samples).unwrap();
    let found: Vec<Misread> = misread(&report, samples, &originals).collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].is.as_str()), ("0_x_owl", "x_owl"));
    assert_eq!(found[0].taken_for, "x_fox");
    assert_eq!(*found[0].picture.get_pixel(0, 0), Rgba([255, 0, 0, 255]));
    assert_eq!(found[0].other.as_ref().map(|it| *it.get_pixel(0, 0)), Some(Rgba([200, 30, 30, 255])));
    let alone: Vec<Misread> = misread(&report, samples, samples).collect();
    assert_eq!(alone[0].other, None);
}
