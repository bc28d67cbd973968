//! Small pictures in which every rule of the scoring decides something.

use super::*;

const TRUTH: &str = r#"{
  "shop": {"path": "screens/shop.png", "width": 200, "height": 100, "cards": [
    {"box": [0, 0, 20, 30], "label": "j_wee", "edition": "e_holo"},
    {"box": [40, 0, 60, 30], "label": "p_arcana_normal_3"},
    {"box": [80, 0, 100, 30], "label": "H_A", "enhancement": "m_glass", "seal": "Red"},
    {"box": [120, 0, 140, 30], "label": "S_2", "enhancement": "m_stone"},
    {"box": [160, 0, 180, 30], "label": "C_K?", "edition": "foil?"},
    {"box": [0, 60, 20, 90], "label": "tag_uncommon"},
    {"box": [40, 60, 60, 90], "label": "b_red", "facedown": true}],
   "unknown": [{"box": [80, 60, 100, 90]}], "ignore": [{"box": [118, 58, 200, 100]}]}
}"#;

/// Half the size of the truth's picture: a card is given by its left and top edge there, and its words.
fn predicted(cards: &[(f64, f64, &str, &str)]) -> Predictions {
    let cards: Vec<_> = cards
        .iter()
        .map(|(x, y, id, modifiers)| {
            let quad = [[*x, *y], [x + 10.0, *y], [x + 10.0, y + 15.0], [*x, y + 15.0]];
            let id = if id.is_empty() { "null".to_owned() } else { format!("{id:?}") };
            format!(
                r#"{{"quad": {quad:?}, "id": {id}, "known": {}, "modifiers": {{{modifiers}}}}}"#,
                id != "null"
            )
        })
        .collect();
    let text = format!(
        r#"[{{"image": "/x/shop.png", "width": 100, "height": 50, "cards": [{}]}}]"#,
        cards.join(",")
    );
    serde_json::from_str(&text).unwrap()
}

fn scored(cards: &[(f64, f64, &str, &str)]) -> Score {
    let truth: Truth = serde_json::from_str(TRUTH).unwrap();
    score(truth.iter(), &predicted(cards)).unwrap()
}

fn share(good: usize, of: usize) -> Share {
    Share { good, of }
}

#[test]
fn twins_variants_and_doubtful_labels_are_forgiven() {
    let score = scored(&[
        (0.0, 0.0, "j_joker", r#""edition": "holographic", "stickers": ["eternal"], "debuffed": false"#),
        (20.0, 0.0, "p_arcana_normal_1", ""),
        (40.0, 0.0, "H_A", r#""enhancement": "glass", "seal": "red""#),
        (60.0, 0.0, "", r#""enhancement": "stone""#),
        (80.0, 0.0, "C_Q", ""),
        (20.0, 30.0, "b_blue", r#""edition": "foil""#),
        (40.0, 30.0, "", ""),
        (60.0, 30.0, "j_joker", ""),
    ]);
    assert_eq!(score.recall, share(6, 6));
    assert_eq!(score.precision, share(6, 6));
    assert_eq!(score.top1, share(3, 3));
    assert_eq!(score.edition, Reading { all: share(4, 4), hard: share(1, 1) });
    assert_eq!(score.enhancement, Reading { all: share(5, 5), hard: share(2, 2) });
    assert_eq!(score.seal, Reading { all: share(5, 5), hard: share(1, 1) });
    assert_eq!(score.unknown, share(1, 1));
}

#[test]
fn misses_extras_and_wrong_words_count() {
    let score = scored(&[
        (0.0, 0.0, "j_greedy_joker", ""),
        (20.0, 9.0, "p_arcana_normal_1", ""),
        (40.0, 0.0, "", r#""enhancement": "steel""#),
        (40.0, 30.0, "j_joker", ""),
    ]);
    assert_eq!(score.recall, share(2, 6));
    assert_eq!(score.precision, share(2, 3), "a modded card is no mistake of the detector, a shifted box is");
    assert_eq!(score.top1, share(0, 2));
    assert_eq!(score.edition.hard, share(0, 1));
    assert_eq!(score.enhancement.hard, share(0, 1));
    assert_eq!(score.unknown, share(0, 1));
    assert!(score.lines[0].contains("j_wee as j_greedy_joker"), "{:?}", score.lines);
}

#[test]
fn the_better_of_two_boxes_is_matched() {
    let score = scored(&[(2.0, 0.0, "j_greedy_joker", ""), (0.0, 0.0, "j_joker", "")]);
    assert_eq!(score.top1, share(1, 1));
    assert_eq!(score.precision, share(1, 2));
}

#[test]
fn a_picture_without_prediction_is_an_error() {
    let truth: Truth = serde_json::from_str(TRUTH).unwrap();
    assert!(score(truth.iter(), &Vec::new()).is_err());
}
