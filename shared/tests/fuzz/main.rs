//! Labels, manifests and catalogues that somebody damaged.

mod mutation;

use std::fs;
use std::path::{Path, PathBuf};

use mutation::fuzz;
use serde_json::Value;
use shared::catalogue::Catalogue;
use shared::labels::Labels;
use shared::manifest::{FILE_NAME, Manifest};

fn data(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn labels() {
    let seeds: Vec<Vec<u8>> = [
        r#"{"cluster5_card17_id302.png": {"name": "DNA", "type": "Joker", "rarity": "Rare", "modifier": "Foil",
            "cluster": 5, "card_group": 17, "own": {"kept": [1, 2.5, null]}}}"#,
        r#"{"a.png": {"name": "Ace", "id": "S_A", "stickers": ["eternal"], "debuffed": true, "source": "labeller"},
            "b.png": {"name": "x", "parent": "a.png", "augmentation": "rotate+15"}}"#,
        "{}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    let mut understood = 0;
    let count = fuzz("labels", &seeds, |bytes| {
        let Ok(labels) = Labels::parse(bytes) else { return };
        understood += 1;
        for file in labels.files() {
            if let Some(Ok(label)) = labels.get(file) {
                let _ = (label.class(), label.modifiers());
            }
        }
        let again = Labels::parse(labels.to_text().as_bytes()).expect("what is written can be read");
        let value = |labels: &Labels| serde_json::from_str(&labels.to_text()).expect("it was read just now");
        assert!(is_same(&value(&again), &value(&labels)), "something is lost on the way through the file");
    });
    assert!(understood >= seeds.len() && understood < count, "{understood} of {count} understood");
}

/// Equal, but for the last binary digit of numbers that other tools wrote with more digits than JSON readers keep.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let close = |(a, b): (f64, f64)| (a - b).abs() <= a.abs() * 1e-15;
            a == b || a.as_f64().zip(b.as_f64()).is_some_and(close)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && is_same(a.1, b.1))
        }
        _ => a == b,
    }
}

#[test]
fn manifests() {
    let folder = Temporary::new("manifests");
    let seeds = [data("models/practice/model.json"), data("models/balatro/model.json")];
    fuzz("manifest", &seeds, |bytes| {
        fs::write(folder.0.join(FILE_NAME), bytes).unwrap();
        let Ok(manifest) = Manifest::read(&folder.0) else { return };
        for file in manifest.sha256.keys() {
            assert!(manifest.read_network(&folder.0, file).is_err(), "there is no such file");
        }
    });
}

#[test]
fn catalogues() {
    let practice = data("catalogues/practice.json");
    fuzz("catalogue", &[practice], |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Ok(catalogue) = Catalogue::parse(text) else { return };
        for class in catalogue.classes() {
            assert!(catalogue.card_of_class(&class).is_some() || class.contains('@'), "{class}");
        }
    });
}

/// A folder that goes with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("fuzz-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
