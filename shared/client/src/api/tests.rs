//! The exact JSON of what is told: programs in other languages read it.

use serde::de::DeserializeOwned;

use super::*;

/// Written as this text, and read back from it.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, text: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), text);
    assert_eq!(&serde_json::from_str::<T>(text).unwrap(), value);
}

fn card() -> CardView {
    CardView {
        track: 7,
        id: Some("S_K".into()),
        name: Some("King of Spades".into()),
        card_type: Some(CardType::Playing),
        rarity: None,
        from_mod: None,
        confidence: Some(0.988),
        modifiers: Modifiers {
            enhancement: "glass".into(),
            stickers: vec!["eternal".into()],
            ..Modifiers::default()
        },
        quad: [[0.3, 10.0], [71.0, 10.5], [71.0, 105.0], [0.3, 105.0]],
        guesses: vec![GuessView { id: "S_K".into(), name: "King of Spades".into(), probability: 0.9 }],
        text: Vec::new(),
    }
}

const CARD: &str = r#"{"track":7,"id":"S_K","name":"King of Spades","type":"Playing Card","rarity":null,"confidence":0.988,"modifiers":{"edition":"base","enhancement":"glass","seal":"none","stickers":["eternal"],"debuffed":false},"quad":[[0.3,10.0],[71.0,10.5],[71.0,105.0],[0.3,105.0]],"guesses":[{"id":"S_K","name":"King of Spades","probability":0.9}]}"#;

#[test]
fn a_card_is_written_as_the_description_says() {
    check(&card(), CARD);
    let from_mod = ModView { id: "Garden".into(), name: "The Garden".into(), kind: "Flower".into() };
    let written = r#""rarity":null,"mod":{"id":"Garden","name":"The Garden","kind":"Flower"},"#;
    check(&CardView { from_mod: Some(from_mod), ..card() }, &CARD.replace(r#""rarity":null,"#, written));
    let written = CARD.replace("]}", "],\"text\":[\"+4 Mult\"]}");
    check(&CardView { text: vec!["+4 Mult".into()], ..card() }, &written);
    let unknown = CardView { id: None, name: None, card_type: None, confidence: None, ..card() };
    let text = serde_json::to_string(&unknown).unwrap();
    assert!(
        text.starts_with(r#"{"track":7,"id":null,"name":null,"type":null,"rarity":null,"confidence":null,"#)
    );
}

#[test]
fn each_type_of_card_has_the_name_that_labels_use() {
    let types = [
        (CardType::Joker, "Joker"),
        (CardType::Playing, "Playing Card"),
        (CardType::Tarot, "Tarot"),
        (CardType::Planet, "Planet"),
        (CardType::Spectral, "Spectral"),
        (CardType::Voucher, "Voucher"),
        (CardType::Booster, "Booster"),
        (CardType::Deck, "Deck"),
    ];
    for (card_type, name) in types {
        check(&card_type, &format!("{name:?}"));
    }
}

#[test]
fn events_and_answers_are_written_as_the_description_says() {
    let cards =
        Cards { format: FORMAT, sequence: 7, frame: [1280, 720], state: State::Watching, cards: Vec::new() };
    let snapshot =
        r#"{"event":"snapshot","format":1,"sequence":7,"state":"watching","frame":[1280,720],"cards":[]}"#;
    check(&Event::Snapshot(cards), snapshot);
    let appear = format!(r#"{{"event":"appear","sequence":8,"card":{CARD}}}"#);
    check(&Event::Appear { sequence: 8, card: card() }, &appear);
    check(
        &Event::Change { sequence: 9, card: card() },
        &appear.replace("appear", "change").replace(":8,", ":9,"),
    );
    check(
        &Event::Move {
            sequence: 10,
            track: 3,
            quad: [[10.0, 20.0], [81.0, 20.0], [81.0, 115.0], [10.0, 115.0]],
        },
        r#"{"event":"move","sequence":10,"track":3,"quad":[[10.0,20.0],[81.0,20.0],[81.0,115.0],[10.0,115.0]]}"#,
    );
    check(
        &Event::Leave { sequence: 11, track: 3, id: None },
        r#"{"event":"leave","sequence":11,"track":3,"id":null}"#,
    );
    check(
        &Event::State { sequence: 12, state: State::Paused, frame: [0, 0] },
        r#"{"event":"state","sequence":12,"state":"paused","frame":[0,0]}"#,
    );
    let port = PortFile { format: FORMAT, pid: 4711, port: DEFAULT_PORT, version: "0.1.0".into() };
    check(&port, r#"{"format":1,"pid":4711,"port":24872,"version":"0.1.0"}"#);
    let toggle = CommandRequest { command: "toggle".into(), argument: None };
    check(&toggle, r#"{"command":"toggle"}"#);
    let window = CommandRequest { command: "window".into(), argument: Some("auto".into()) };
    check(&window, r#"{"command":"window","argument":"auto"}"#);
}

#[test]
fn modifiers_that_are_not_there_are_plain() {
    assert_eq!(serde_json::from_str::<Modifiers>("{}").unwrap(), Modifiers::default());
}
