//! Small screenshots in which every rule of the scoring decides something.

use std::path::Path;

use super::figures::ModifierRatio;
use super::*;

const TRUTH: &str = r#"{
  "shop": {"path": "screens/shop.png", "width": 200, "height": 100, "notes": "nobody scores this", "cards": [
    {"box": [0, 0, 20, 30], "label": "j_wee", "edition": "e_holo"},
    {"box": [40, 0, 60, 30], "label": "p_arcana_normal_3"},
    {"box": [80, 0, 100, 30], "label": "H_A", "enhancement": "m_glass", "seal": "Red"},
    {"box": [120, 0, 140, 30], "label": "S_2", "enhancement": "m_stone"},
    {"box": [160, 0, 180, 30], "label": "C_K?", "edition": "foil?"},
    {"box": [0, 60, 20, 90], "label": "tag_uncommon"},
    {"box": [40, 60, 60, 90], "label": "b_red", "facedown": true}],
   "unknown": [{"box": [80, 60, 100, 90], "label": "of a mod"}], "ignore": [{"box": [118, 58, 200, 100]}]}
}"#;

fn catalogue() -> Catalogue {
    Catalogue::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/balatro.json"))
        .unwrap()
}

fn truth(text: &str) -> Result<Truth, String> {
    Truth::parse(text, Path::new("my/truth.json"), &catalogue()).map_err(|error| error.to_string())
}

fn modifiers(edition: &str, enhancement: &str, seal: &str) -> Modifiers {
    let (edition, enhancement, seal) = (edition.into(), enhancement.into(), seal.into());
    Modifiers { edition, enhancement, seal, ..Modifiers::default() }
}

/// Scores cards on an image of half the truth's size: left and top edge there, the id or nothing,
/// and modifiers.
fn scored(cards: &[(f32, f32, &str, Modifiers)]) -> Figures {
    let truth = truth(TRUTH).unwrap();
    let cards: Vec<Recognised<'_>> = cards
        .iter()
        .map(|(left, top, id, modifiers)| Recognised {
            bounds: Rect::ltwh(*left, *top, 10.0, 15.0),
            id: (!id.is_empty()).then_some(*id),
            guesses: vec!["j_egg"],
            modifiers,
        })
        .collect();
    let mut figures = Figures::default();
    score(&mut figures, &truth.screens[0], [100, 50], &cards, &catalogue());
    figures
}

fn ratio(right: usize, of: usize) -> Ratio {
    Ratio { right, of }
}

#[test]
fn twins_variants_and_doubtful_labels_are_forgiven() {
    let plain = Modifiers::default;
    let figures = scored(&[
        (0.0, 0.0, "j_joker", modifiers("holographic", "none", "none")),
        (20.0, 0.0, "p_arcana_normal_1", plain()),
        (40.0, 0.0, "H_A", modifiers("base", "glass", "red")),
        (60.0, 0.0, "", modifiers("base", "stone", "none")),
        (80.0, 0.0, "C_Q", plain()),
        (20.0, 30.0, "b_blue", modifiers("foil", "none", "none")),
        (40.0, 30.0, "", plain()),
        (60.0, 30.0, "j_joker", plain()),
    ]);
    assert_eq!([figures.recall, figures.precision], [ratio(6, 6), ratio(6, 6)]);
    assert_eq!(
        [figures.names, figures.found_and_named, figures.withheld],
        [ratio(3, 3), ratio(3, 6), ratio(0, 3)]
    );
    assert_eq!(figures.edition, ModifierRatio { all: ratio(4, 4), not_plain: ratio(1, 1) });
    assert_eq!(figures.enhancement, ModifierRatio { all: ratio(5, 5), not_plain: ratio(2, 2) });
    assert_eq!(figures.seal, ModifierRatio { all: ratio(5, 5), not_plain: ratio(1, 1) });
    assert_eq!([figures.unlisted_found, figures.unlisted_unknown], [ratio(1, 1), ratio(1, 1)]);
    assert_eq!(figures.mistakes, []);
}

#[test]
fn misses_extras_and_wrong_words_count_and_are_listed() {
    let figures = scored(&[
        (0.0, 0.0, "j_greedy_joker", Modifiers::default()),
        (20.0, 9.0, "p_arcana_normal_1", Modifiers::default()),
        (40.0, 0.0, "", modifiers("base", "steel", "none")),
        (40.0, 30.0, "j_joker", Modifiers::default()),
    ]);
    assert_eq!(figures.recall, ratio(2, 6));
    assert_eq!(
        figures.precision,
        ratio(2, 3),
        "a modded card is no mistake of the detector, a shifted box is"
    );
    assert_eq!([figures.names, figures.withheld], [ratio(0, 2), ratio(1, 2)]);
    assert_eq!([figures.edition.not_plain, figures.enhancement.not_plain], [ratio(0, 1), ratio(0, 1)]);
    assert_eq!(figures.unlisted_unknown, ratio(0, 1));
    let mistakes: Vec<String> = figures.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        mistakes,
        [
            "shop: j_wee as j_greedy_joker (guesses j_egg)",
            "shop: j_wee: edition holographic as base",
            "shop: H_A as unknown (guesses j_egg)",
            "shop: H_A: enhancement glass as steel",
            "shop: H_A: seal red as none",
            "shop: p_arcana_normal_3 missed",
            "shop: S_2 missed",
            "shop: C_K? missed",
            "shop: b_red missed",
            "shop: card of no catalogue as j_joker (guesses j_egg)",
            "shop: no card at 20,9 to 30,24, taken for p_arcana_normal_1",
        ]
    );
    let json = serde_json::to_value(&figures).unwrap();
    assert_eq!(json["recall"], serde_json::json!({ "right": 2, "of": 6, "ratio": 0.3333 }));
    assert_eq!(json["mistakes"][1], "shop: j_wee: edition holographic as base");
}

#[test]
fn marks_on_pictures_without_a_card_are_counted_apart() {
    let truth =
        truth(r#"{"menu": {"path": "a.png", "cards": [], "ignore": [{"box": [0, 0, 9, 9]}]}}"#).unwrap();
    let plain = Modifiers::default();
    let mark = |left| Recognised {
        bounds: Rect::ltwh(left, 0.0, 8.0, 8.0),
        id: None,
        guesses: Vec::new(),
        modifiers: &plain,
    };
    let mut figures = Figures::default();
    score(&mut figures, &truth.screens[0], [64, 64], &[mark(0.0), mark(30.0)], &catalogue());
    assert_eq!((figures.blank_pictures, figures.blank_marks, figures.precision), (1, 1, ratio(0, 1)));
}

#[test]
fn truth_of_modded_cards_has_quads_and_keys() {
    let text = r#"{"mod": {"path": "mod.jpg", "cards": [
        {"quad": [[0, 1], [20, 0], [20, 30], [0, 30]], "kind": "vanilla", "key": "D_10"},
        {"quad": [[40, 0], [60, 0], [60, 30], [40, 30]], "kind": "modded", "key": "j_mine_dog"},
        {"quad": [[80, 0], [100, 0], [100, 30], [80, 30]], "kind": "modded, in no gallery", "key": null}]}}"#;
    let truth = truth(text).unwrap();
    let plain = Modifiers::default();
    let card = |left, id| Recognised {
        bounds: Rect::ltwh(left, 0.0, 20.0, 30.0),
        id,
        guesses: Vec::new(),
        modifiers: &plain,
    };
    let mut figures = Figures::default();
    let cards = [card(0.0, Some("D_10")), card(40.0, Some("j_mine_dog")), card(80.0, None)];
    score(&mut figures, &truth.screens[0], [200, 100], &cards, &catalogue());
    assert_eq!([figures.names, figures.recall, figures.precision], [ratio(1, 1); 3]);
    assert_eq!([figures.unlisted_found, figures.unlisted_named], [ratio(2, 2), ratio(1, 1)]);
    assert_eq!((figures.unlisted_unknown, figures.mistakes), (ratio(1, 2), Vec::new()));
}

#[test]
fn a_bad_truth_file_says_what_where_and_what_next() {
    let check = |text: &str, wanted: [&str; 2]| {
        let error = truth(text).unwrap_err();
        assert!(wanted.iter().all(|part| error.contains(part)) && error.contains("\nhelp: "), "{error}");
    };
    let card = |fields: &str| format!(r#"{{"one": {{"path": "a.png", "cards": [{{{fields}}}]}}}}"#);
    check("{}", ["my/truth.json", "no screenshot"]);
    check("[1", ["my/truth.json", "line 1"]);
    check(r#"{"one": {"path": "a.png"}}"#, ["my/truth.json", "cards"]);
    check(&card(r#""label": "H_A""#), ["card 1 of \"one\"", "no place"]);
    check(&card(r#""box": [9, 0, 9, 5], "label": "H_A""#), ["card 1 of \"one\"", "is empty"]);
    check(&card(r#""box": [0, 0, 9, 5]"#), ["card 1 of \"one\"", "no label"]);
    check(
        &card(r#""box": [0, 0, 9, 5], "label": "j_jokr""#),
        ["card 1 of \"one\"", "\"j_jokr\" is no card of Balatro"],
    );
    check(
        &card(r#""box": [0, 0, 9, 5], "label": "H_A", "seal": "green""#),
        ["card 1 of \"one\"", "\"green\" is no seal: there are none, "],
    );
    let missing = truth(r#"{"one": {"path": "a.png", "cards": []}}"#).unwrap();
    let error = missing.picture(&missing.screens[0], Some(Path::new("nowhere"))).unwrap_err().to_string();
    assert!(error.contains("a.png of \"one\"") && error.contains("\nhelp: "), "{error}");
}
