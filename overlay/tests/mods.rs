//! `overlay mods`, and `--mods` of the commands that recognise, as people run them: on an example
//! mod of our own.

#[path = "support/garden.rs"]
mod garden;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs the overlay in a folder; returns whether it went well, its output and its errors.
fn overlay(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let cache = lens_core::paths::cache();
    let mut command = Command::new(env!("CARGO_BIN_EXE_overlay"));
    command.args(arguments).current_dir(folder).env("BALATRO_LENS_DATA", data);
    // What is kept of mods is this test's own; ONNX Runtime is the machine's.
    command.env("BALATRO_LENS_CACHE", folder.join("cache"));
    if let Ok(runtime) = vision::runtime::Runtime::load() {
        command.env("ORT_DYLIB_PATH", runtime.library());
    }
    assert!(!cache.starts_with(folder), "the cache of the machine is elsewhere");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn mods_are_listed_with_what_was_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mods = folder.path().join("Mods");
    garden::write_mod(&mods).unwrap();
    std::fs::create_dir(mods.join("Weeds")).unwrap();
    std::fs::write(mods.join("Weeds/weeds.json"), r#"{"id": "Weeds", "name": "#).unwrap();
    let main = mods.join("Garden/main.lua");
    let more = "SMODS.Joker { key = 'ghost', atlas = 'nowhere', pos = { x = 0, y = 0 } }";
    std::fs::write(&main, std::fs::read_to_string(&main).unwrap() + more).unwrap();
    let (is_good, text, errors) = overlay(folder.path(), &["mods", "Mods", "--show"]);
    assert!(is_good, "{errors}");
    for words in
        ["The Garden", "6 cards, 1 left out", "j_gd_rose", "Red Rose", "j_gd_ghost", "declares its sheet"]
    {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    let (_, json, _) = overlay(folder.path(), &["mods", "Mods", "--json"]);
    let library: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(library["mods"][0]["cards"][0]["name"], "Red Rose");
    let (is_good, _, errors) = overlay(folder.path(), &["mods", "gone"]);
    assert!(!is_good && errors.contains("help: "), "{errors}");
}

#[test]
fn a_card_of_a_mod_is_named_with_its_mod_and_without_the_mod_it_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    garden::write_mod(&folder.path().join("Mods")).unwrap();
    let (table, lefts) = garden::table(&[0, 3, 4]);
    table.save(folder.path().join("table.png")).unwrap();
    let seen = |mods: &str| {
        let (is_good, text, errors) =
            overlay(folder.path(), &["identify", "--json", "--mods", mods, "table.png"]);
        assert!(is_good, "{errors}");
        let report: Value = serde_json::from_str(&text).unwrap();
        lefts
            .iter()
            .map(|&left| {
                let cards = report[0]["cards"].as_array().unwrap();
                let is_it =
                    |card: &&Value| (card["quad"][0][0].as_f64().unwrap() - f64::from(left)).abs() < 30.0;
                cards.iter().find(is_it).expect("a card is found there").clone()
            })
            .collect::<Vec<Value>>()
    };
    let ids = |cards: &[Value]| cards.iter().map(|card| card["id"].clone()).collect::<Vec<_>>();
    let named = seen("Mods");
    assert_eq!(ids(&named), ["j_gd_rose", "j_gd_violet", "j_gd_poppy"]);
    assert_eq!(named[0]["mod"], serde_json::json!({ "id": "Garden", "name": "The Garden" }));
    assert_eq!(named[0]["name"], "Red Rose");
    let unknown = seen("none");
    assert!(
        ids(&unknown).iter().all(|id| !id.as_str().is_some_and(|id| id.starts_with("j_gd_"))),
        "{unknown:?}"
    );
    assert!(unknown[0].get("mod").is_none());
    // What was learnt is kept: the second time reads it.
    assert_eq!(ids(&seen("Mods")), ids(&named));
    std::fs::remove_dir_all(folder.path().join("Mods/Garden")).unwrap();
    assert_eq!(ids(&seen("Mods")), ids(&unknown), "the mod is gone");
}
