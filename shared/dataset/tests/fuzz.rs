//! Labels that somebody damaged.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use dataset::labels::Labels;
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
