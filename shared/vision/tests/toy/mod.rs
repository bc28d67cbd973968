//! A model small enough to be written by hand, so that tests need no trained one.
//!
//! Its networks say the same of every image: two cards where [`CARDS`] lie, the first class of
//! each head.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lens_core::catalogue::{Catalogue, hex};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) mod onnx;

use onnx::{Element, Graph};

/// Width and height of the detector's input.
pub(crate) const INPUT: [usize; 2] = [64, 32];
/// Left edges of the cards that are found in it; they are 12 x 16 pixels, 8 pixels from the top.
pub(crate) const CARDS: [f32; 2] = [8.0, 40.0];
/// Classes of the identifier, the likeliest first.
pub(crate) const CLASSES: [&str; 3] = ["j_one", "j_two", "_not_a_card"];
const EDITIONS: [&str; 2] = ["foil", "base"];

/// A catalogue of two cards.
pub(crate) fn catalogue() -> Catalogue {
    let card = |id: &str| {
        let cell = json!({"sheet": "s", "x": 0, "y": 0});
        json!({"id": id, "name": id, "type": "Joker", "looks": [{"art": [{"base": cell}]}]})
    };
    let text = json!({
        "format": 1, "game": "toy", "title": "Toy", "card_size": [71, 95],
        "sheets": {"s": {"file": "s.png", "cell": [71, 95], "grid": [1, 1]}},
        "modifiers": {"editions": EDITIONS, "enhancements": [], "seals": [], "stickers": []},
        "cards": [card("j_one"), card("j_two")],
    });
    Catalogue::parse(&text.to_string()).unwrap()
}

/// `model.json`, without digests.
pub(crate) fn manifest() -> Value {
    json!({
        "format": 1, "name": "toy", "catalogue": "toy", "catalogue_digest": catalogue().digest(),
        "detector": {"files": {"float32": "detector.onnx"}, "input_size": INPUT, "stride": 4,
            "corner_scale": 32.0, "anchor": [0.25, 0.5], "threshold": 0.35},
        "identifier": {"files": {"float32": "identifier.onnx"}, "input_size": [8, 12], "widen": 1.03, "embedding": 2,
            "heads": [
                {"name": "identification", "activation": "softmax", "classes": CLASSES},
                {"name": "edition", "activation": "softmax", "classes": EDITIONS}],
            "thresholds": {"not_a_card": 0.5, "unknown": 0.5, "probability": 0.5, "similarity": 0.5, "gallery": 0.9}},
        "sha256": {},
    })
}

/// The networks as they should be, by file name; `manifest` goes into them.
pub(crate) fn networks(manifest: &Value) -> BTreeMap<&'static str, Vec<u8>> {
    let [width, height] = INPUT;
    let mut detector = Graph::new([Some(1), Some(height / 2), Some(width / 2), Some(12)], Element::U8);
    detector.constant_output("cells", &[height / 8, width / 8, 36], &cells());
    let mut identifier = Graph::new([None, Some(6), Some(4), Some(12)], Element::U8);
    identifier.constant_output("identification", &[3], &[4.0, 1.0, 0.0]);
    identifier.constant_output("edition", &[2], &[1.0, 0.0]);
    identifier.constant_output("embedding", &[2], &[0.6, 0.8]);
    identifier.constant_output("similarity", &[3], &[0.9, 0.1, 0.0]);
    let metadata = manifest.to_string();
    BTreeMap::from([
        ("detector.onnx", detector.to_bytes(Some(&metadata))),
        ("identifier.onnx", identifier.to_bytes(Some(&metadata))),
    ])
}

/// Writes a model's folder with the digests of `files`.
pub(crate) fn write(folder: &Path, manifest: &Value, files: &BTreeMap<&'static str, Vec<u8>>) {
    let mut manifest = manifest.clone();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
        manifest["sha256"][*name] = hex(&Sha256::digest(bytes)).into();
    }
    fs::write(folder.join("model.json"), manifest.to_string()).unwrap();
}

/// The detector's output: a peak for each card, nothing elsewhere.
fn cells() -> Vec<f32> {
    let (columns, rows) = (INPUT[0] / 8, INPUT[1] / 8);
    let mut cells = [-9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].repeat(columns * rows * 4);
    for left in CARDS {
        let (column, row) = (((left + 3.0) / 4.0) as usize, 4);
        let centre = [column as f32 * 4.0 + 2.0, row as f32 * 4.0 + 2.0];
        let at = ((row / 2 * columns + column / 2) * 4 + row % 2 * 2 + column % 2) * 9;
        cells[at] = 3.0;
        for (corner, [x, y]) in [[0.0, 8.0], [12.0, 8.0], [12.0, 24.0], [0.0, 24.0]].into_iter().enumerate() {
            cells[at + 1 + 2 * corner] = (left + x - centre[0]) / 32.0;
            cells[at + 2 + 2 * corner] = (y - centre[1]) / 32.0;
        }
    }
    cells
}
