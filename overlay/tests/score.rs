//! `overlay score` as people run it: bad truth files are refused before anything is recognised, and
//! predictions of an earlier run are scored without a model.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Runs the command in a folder that has these files. Returns whether it went well, its output and
/// its errors.
fn score(files: &[(&str, &Value)], arguments: &[&str]) -> (bool, String, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let mut command = Command::new(env!("CARGO_BIN_EXE_overlay"));
    command.arg("score").args(arguments).current_dir(folder.path()).env("BALATRO_LENS_DATA", data);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn truth() -> Value {
    json!({
        "shop": { "path": "screens/shop.png", "width": 200, "height": 100, "cards": [
            { "box": [0, 0, 20, 30], "label": "j_wee" },
            { "box": [40, 0, 60, 30], "label": "H_A", "seal": "Red" }] },
        "menu": { "path": "menu.png", "width": 200, "height": 100, "cards": [] },
        "thrown": { "path": "thrown.png", "width": 200, "height": 100, "stress": true, "cards": [
            { "box": [0, 0, 20, 30], "label": "S_2" }] },
    })
}

#[test]
fn predictions_are_scored_as_a_table_or_as_json() {
    let card = |left: u32, id: &str, seal: &str| {
        json!({ "quad": [[left, 0], [left + 10, 0], [left + 10, 15], [left, 15]], "id": id, "known": true,
            "top": [{ "id": id, "score": 0.9 }], "modifiers": { "seal": seal } })
    };
    let picture = |name: &str, cards: Vec<Value>| json!({ "image": format!("/elsewhere/{name}"), "width": 100, "height": 50, "cards": cards });
    let predictions = json!([
        picture("shop.png", vec![card(0, "j_joker", "none"), card(20, "H_A", "gold")]),
        picture("menu.png", vec![card(0, "j_egg", "none")]),
        picture("thrown.png", vec![]),
    ]);
    let (truth, files) = (truth(), "predictions.json");
    let files = [("truth.json", &truth), (files, &predictions)];
    let arguments = ["truth.json", "--predictions", "predictions.json"];
    let (is_good, text, errors) = score(&files, &[&arguments[..], &["--json"]].concat());
    assert!(is_good, "{errors}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let plain = &report["plain"];
    assert_eq!(plain["recall"], json!({ "right": 2, "of": 2, "ratio": 1.0 }));
    assert_eq!(plain["precision"], json!({ "right": 2, "of": 3, "ratio": 0.6667 }));
    assert_eq!(plain["names"]["right"], 2, "a twin's name is right");
    assert_eq!(plain["seal"]["not_plain"]["right"], 0);
    assert_eq!([&plain["blank_pictures"], &plain["blank_marks"]], [1, 1]);
    assert_eq!(report["strewn"]["recall"], json!({ "right": 0, "of": 1, "ratio": 0.0 }));

    let (is_good, text, errors) = score(&files, &[&arguments[..], &["--show"]].concat());
    assert!(is_good, "{errors}");
    for line in [
        "menu: no card at 0,0 to 10,15, taken for j_egg",
        "shop: H_A: seal red as gold",
        "thrown: S_2 missed",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains("\nrecall ") && text.contains("1.000  2/2"), "{text}");
}

#[test]
fn what_cannot_be_scored_is_refused_with_what_and_where_and_what_next() {
    let check = |files: &[(&str, &Value)], arguments: &[&str], parts: &[&str]| {
        let (is_good, _, errors) = score(files, arguments);
        assert!(!is_good && errors.contains("help: "), "{arguments:?}: {errors}");
        for part in parts {
            assert!(errors.contains(part), "{part} is missing: {errors}");
        }
    };
    let (truth, empty) = (truth(), json!({}));
    let mut wrong = truth.clone();
    wrong["shop"]["cards"][1]["label"] = "H_Ace".into();
    check(&[], &["nowhere.json"], &["nowhere.json"]);
    check(&[("truth.json", &empty)], &["truth.json"], &["truth.json names no screenshot"]);
    check(
        &[("truth.json", &wrong)],
        &["truth.json"],
        &["truth.json", "card 2 of \"shop\"", "\"H_Ace\" is no card"],
    );
    check(&[("truth.json", &truth)], &["truth.json"], &["truth.json", "menu.png of \"menu\" is not there"]);
    check(&[], &["."], &["truth files"]);
    let few = json!([]);
    let files = [("truth.json", &truth), ("few.json", &few)];
    check(&files, &["truth.json", "--predictions", "few.json"], &["few.json says nothing of menu.png"]);
}
