//! Labels, and the files beside captures and labels, that somebody damaged.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use dataset::captures::record::CaptureContext;
use dataset::captures::store::{Captures, FILE_NAME, JOURNAL};
use dataset::captures::{self, Verdict};
use dataset::labels::Labels;
use dataset::labels::store::{Store, read};
use mutation::fuzz;
use serde_json::Value;

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

/// Equal, but for the last binary digit of numbers that other tools wrote with more digits than
/// JSON readers keep.
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

/// Files beside `labels.json`, by their names, with one that is damaged among good ones.
#[test]
fn the_files_of_a_data_set() {
    let journal = r#"[{"label":{"file":"cluster0_card0_id0.png","label":{"name":"Fox"}}}]
[{"place":{"file":"a.png","place":{"cluster":1,"group":2}}},{"merge":{"group":3,"into":null}}]
[{"bin":{"file":"a.png","binned":true}},{"draft":{"group":7,"label":null}}]
"#;
    let arrangement = r#"{"places":{"a.png":{"cluster":1,"group":4294967296}},"merged":{"3":{"cluster":1,"group":2}},
        "bin":{"b.png":null,"c.png":{"name":"x"}},"drafts":{"7":{"name":""}}}"#;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("set");
    for (name, seed) in
        [("labels.journal", journal), ("labels.inbox", journal), ("arrangement.json", arrangement)]
    {
        std::fs::create_dir_all(&folder).unwrap();
        fuzz(name, &[seed.as_bytes().to_vec()], |bytes| {
            std::fs::write(folder.join("labels.json"), r#"{"a.png": {"name": "A"}}"#).unwrap();
            std::fs::write(folder.join(name), bytes).unwrap();
            if let Ok(set) = read(&folder) {
                let before = set.state().len();
                // What can be read can be worked on, and is the same afterwards.
                let store = Store::open(&folder, place.path()).expect("it was read just now");
                assert!(store.state().len() == before, "nothing is lost when it is opened");
            }
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn seen_hashes() {
    let place = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(place.path()).unwrap();
    let card = image::RgbaImage::from_fn(40, 50, |x, y| image::Rgba([(x * 7) as u8, (y * 5) as u8, 9, 255]));
    let hashes = captures.hashes(&card);
    captures.save(&card, hashes, CaptureContext::default(), Verdict::New).unwrap();
    let record = serde_json::to_value(&captures.records()[0]).unwrap();
    drop(captures);
    let file = serde_json::json!({ "format": 2, "captures": [record] }).to_string();
    let old = file.replace("\"format\":2", "\"format\":1").replace("\"shapes\"", "\"dct\"");
    for (name, seeds) in [
        (FILE_NAME, vec![file.into_bytes(), old.into_bytes()]),
        (JOURNAL, vec![format!("{record}\n").into_bytes()]),
    ] {
        for other in [FILE_NAME, JOURNAL] {
            let _ = std::fs::remove_file(place.path().join(other));
        }
        fuzz(name, &seeds, |bytes| {
            std::fs::write(place.path().join(name), bytes).unwrap();
            let Ok(records) = captures::store::read(place.path()) else { return };
            let opened = Captures::open(place.path()).expect("it was read just now");
            assert_eq!(opened.records().len(), records.len());
        });
    }
}
