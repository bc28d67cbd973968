//! Readings of made-up logits.

use serde_json::json;

use super::*;
use crate::gallery::Prototype;

const IDS: [&str; 8] = ["S_K", "S_K@TW", "S_Q", "m_stone", "j_one", "p_pack", NOT_A_CARD, UNKNOWN];

fn classifier() -> Classifier {
    let cell = json!({"sheet": "s", "x": 0, "y": 0});
    let look = |name: &str| json!({"name": name, "art": [{"base": cell}]});
    let card = |id: &str, kind: &str| json!({"id": id, "name": id, "type": kind, "looks": [look("")]});
    let catalogue = json!({
        "format": 1, "game": "test", "title": "Test", "card_size": [71, 95],
        "sheets": {"s": {"file": "s.png", "cell": [71, 95], "grid": [1, 1]}},
        "modifiers": {"editions": ["base", "foil"], "enhancements": [{"word": "none"}, {"word": "stone"}, {"word": "gold"}],
            "seals": [{"word": "none"}, {"word": "red"}], "stickers": [{"word": "eternal"}, {"word": "rental"}]},
        "cards": [
            {"id": "S_K", "name": "King", "type": "Playing Card", "looks": [look(""), look("TW")]},
            card("S_Q", "Playing Card"), card("m_stone", "Playing Card"), card("j_one", "Joker"), card("p_pack", "Booster"),
        ],
    });
    let softmax =
        |name: &str, classes: &[&str]| json!({"name": name, "activation": "softmax", "classes": classes});
    let manifest = json!({
        "format": 1, "name": "test", "catalogue": "test", "catalogue_digest": "",
        "detector": {"files": {"float32": "d"}, "input_size": [640, 360], "stride": 4, "corner_scale": 32.0,
            "anchor": [0.25, 0.5], "threshold": 0.35},
        "identifier": {"files": {"float32": "i"}, "input_size": [72, 96], "widen": 1.03, "embedding": 2,
            "heads": [softmax("identification", &IDS), softmax("edition", &["base", "foil"]),
                softmax("enhancement", &["none", "stone", "gold"]), softmax("seal", &["none", "red"]),
                {"name": "stickers", "activation": "sigmoid", "classes": ["eternal", "rental"]},
                {"name": "debuffed", "activation": "sigmoid", "classes": ["debuffed"]}],
            "thresholds": {"not_a_card": 0.5, "unknown": 0.4, "probability": 0.3, "similarity": 0.2, "gallery": 0.8}},
        "sha256": {},
    });
    let catalogue = Catalogue::parse(&catalogue.to_string()).unwrap();
    Classifier::new(&serde_json::from_value(manifest).unwrap(), &catalogue, 3).unwrap()
}

/// Logits of a crop; `Crop::of` makes one plain card, tests change a field.
struct Crop {
    probabilities: [f32; 8],
    edition: [f32; 2],
    enhancement: [f32; 3],
    seal: [f32; 2],
    stickers: [f32; 2],
    debuffed: [f32; 1],
    similarity: f32,
    embedding: [f32; 2],
    gallery: Gallery,
}

impl Crop {
    fn of(named: &[(&str, f32)]) -> Self {
        let mut probabilities = [1e-6; 8];
        for (id, probability) in named {
            probabilities[IDS.iter().position(|it| it == id).unwrap()] = *probability;
        }
        Self {
            probabilities,
            edition: [3.0, 0.0],
            enhancement: [3.0, 0.0, 0.0],
            seal: [3.0, 0.0],
            stickers: [-3.0, -3.0],
            debuffed: [-3.0],
            similarity: 0.9,
            embedding: [1.0, 0.0],
            gallery: Gallery::default(),
        }
    }

    /// Read into a reading that another card has used, so that nothing may be left of it.
    fn read(&self) -> Option<Reading> {
        let logits = self.probabilities.map(f32::ln);
        let similarity = [self.similarity; 8];
        let heads: [&[f32]; 6] =
            [&logits, &self.edition, &self.enhancement, &self.seal, &self.stickers, &self.debuffed];
        let mut reading = Reading {
            identity: Identity::Known { id: "before".into(), confidence: 1.0 },
            guesses: vec![Guess { id: "before".into(), probability: 1.0, source: GuessSource::Model }; 5],
            modifiers: Modifiers {
                edition: "before".into(),
                enhancement: "before".into(),
                seal: "before".into(),
                stickers: vec!["before".into(); 3],
                debuffed: true,
            },
            ..Reading::default()
        };
        let logits = Logits { heads: &heads, embedding: &self.embedding, similarity: &similarity };
        classifier().classify(&logits, None, &self.gallery, &mut reading).then_some(reading)
    }
}

#[track_caller]
fn check(crop: &Crop, id: Option<&str>, modifiers: Modifiers) {
    let reading = crop.read().expect("a card");
    let named = reading.id().cloned();
    assert_eq!((named.as_deref(), reading.modifiers), (id, modifiers));
}

#[test]
fn looks_of_one_card_add_up() {
    let crop = Crop::of(&[("S_K", 0.3), ("S_K@TW", 0.3), ("S_Q", 0.4)]);
    check(&crop, Some("S_K"), Modifiers::default());
    let top: Vec<_> = crop.read().unwrap().guesses.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(top[..2], ["S_K", "S_Q"]);
    assert!((crop.read().unwrap().probability - 0.6).abs() < 1e-3);
}

#[test]
fn what_is_no_card_is_dropped() {
    assert_eq!(Crop::of(&[(NOT_A_CARD, 0.6), ("S_K", 0.4)]).read(), None);
    assert!(Crop::of(&[(NOT_A_CARD, 0.4), ("S_K", 0.6)]).read().is_some());
}

#[test]
fn each_threshold_says_unknown_and_keeps_the_guesses() {
    let unsure = Crop::of(&[("S_K", 0.25), ("S_Q", 0.24), ("j_one", 0.24), ("m_stone", 0.2)]);
    let unlike = Crop { similarity: 0.1, ..Crop::of(&[("S_K", 1.0)]) };
    for crop in [unsure, unlike, Crop::of(&[("S_K", 0.55), (UNKNOWN, 0.45)])] {
        check(&crop, None, Modifiers::default());
        assert_eq!(&*crop.read().unwrap().guesses[0].id, "S_K");
    }
}

#[test]
fn an_enrolled_card_is_named_where_the_model_has_no_name_or_a_less_likely_one() {
    let card = |embedding| Prototype {
        id: "x_mod".into(),
        name: "Modded".into(),
        embedding,
        capture: None,
        taught_at_millis: None,
    };
    let enrolled = |embedding| Gallery::new(vec![card(embedding)], 2).unwrap();
    let unlike = Crop { similarity: 0.1, gallery: enrolled(vec![0.9, 0.1]), ..Crop::of(&[("j_one", 1.0)]) };
    check(&unlike, Some("x_mod"), Modifiers::default());
    let far = Crop { gallery: enrolled(vec![0.1, 0.9]), ..unlike };
    check(&far, None, Modifiers::default());
    assert_eq!(&*far.read().unwrap().guesses[0].id, "j_one");
    // Half covered, it is not sure enough for a name, but the first guess.
    let half = Crop { gallery: enrolled(vec![0.7, 0.72]), ..far };
    check(&half, None, Modifiers::default());
    let top = half.read().unwrap().guesses;
    assert_eq!((top.len(), &*top[0].id, &*top[1].id), (3, "x_mod", "j_one"));
    // A sure name yields to a capture that the crop is nearly as much like as its own class, and to
    // no other.
    let sure = |embedding| Crop { gallery: enrolled(embedding), ..Crop::of(&[("j_one", 1.0)]) };
    check(&sure(vec![1.0, 0.0]), Some("x_mod"), Modifiers::default());
    check(&Crop { similarity: 0.95, ..sure(vec![0.82, 0.57]) }, Some("j_one"), Modifiers::default());
}

#[test]
fn a_correction_wins_over_the_model_and_what_was_called_no_card_is_none() {
    let enrolled = |id: &str| {
        let card = Prototype {
            id: id.into(),
            name: id.into(),
            embedding: vec![1.0, 0.0],
            capture: None,
            taught_at_millis: None,
        };
        Gallery::new(vec![card], 2).unwrap()
    };
    // The model is sure, but the crop is more like what was enrolled than like the model's own
    // class.
    let misread = |id| Crop { similarity: 0.6, gallery: enrolled(id), ..Crop::of(&[("S_K", 1.0)]) };
    check(&misread("S_Q"), Some("S_Q"), Modifiers::default());
    assert_eq!(misread(NOT_A_CARD).read(), None);
    let overlooked = Crop { gallery: enrolled("x_mod"), ..Crop::of(&[(NOT_A_CARD, 0.9), ("j_one", 0.1)]) };
    check(&overlooked, Some("x_mod"), Modifiers::default());
}

/// A capture that was named right when the model was in doubt is enrolled; of others of that card
/// the model is as sure as before.
#[test]
fn what_the_model_knows_by_itself_keeps_its_probability() {
    let enrolled = |embedding| {
        let card = Prototype {
            id: "j_one".into(),
            name: "One".into(),
            embedding,
            capture: None,
            taught_at_millis: None,
        };
        Gallery::new(vec![card], 2).unwrap()
    };
    for embedding in [vec![1.0, 0.0], vec![0.8, 0.6]] {
        let known = Crop { gallery: enrolled(embedding), ..Crop::of(&[("j_one", 0.99), ("S_K", 0.01)]) };
        let reading = known.read().unwrap();
        let first = &reading.guesses[0];
        assert_eq!((&*first.id, first.source), ("j_one", GuessSource::Model));
        assert!((first.probability - 0.99).abs() < 1e-3 && (reading.probability - 0.99).abs() < 1e-3);
    }
    let doubtful = Crop { gallery: enrolled(vec![1.0, 0.0]), ..Crop::of(&[("S_K", 0.4), ("j_one", 0.3)]) };
    assert_eq!(doubtful.read().unwrap().guesses[0].source, GuessSource::Enrolled);
}

#[test]
fn stone_is_a_card_and_an_enhancement_at_once() {
    let stone = || Modifiers { enhancement: "stone".into(), ..Modifiers::default() };
    let by_name = Crop { enhancement: [1.0, 0.5, 0.0], ..Crop::of(&[("m_stone", 0.8), ("S_K", 0.1)]) };
    check(&by_name, Some("m_stone"), stone());
    let by_enhancement = Crop { enhancement: [0.0, 5.0, 0.0], ..Crop::of(&[("m_stone", 0.4), ("S_K", 0.5)]) };
    check(&by_enhancement, Some("m_stone"), stone());
    let neither = Crop { enhancement: [0.0, 1.0, 0.9], ..Crop::of(&[("m_stone", 0.01), ("S_K", 0.9)]) };
    check(&neither, Some("S_K"), Modifiers { enhancement: "gold".into(), ..Modifiers::default() });
}

/// Every head shouts; each type keeps what the game can put on it.
#[test]
fn modifiers_follow_the_type() {
    let loud = |id| Crop {
        edition: [0.0, 3.0],
        enhancement: [0.0, 0.0, 3.0],
        seal: [0.0, 3.0],
        stickers: [-3.0, 3.0],
        debuffed: [3.0],
        ..Crop::of(&[(id, 1.0)])
    };
    let foil = || Modifiers { edition: "foil".into(), ..Modifiers::default() };
    let playing = Modifiers { enhancement: "gold".into(), seal: "red".into(), debuffed: true, ..foil() };
    check(&loud("S_K"), Some("S_K"), playing);
    check(
        &loud("j_one"),
        Some("j_one"),
        Modifiers { stickers: vec!["rental".into()], debuffed: true, ..foil() },
    );
    check(&loud("p_pack"), Some("p_pack"), Modifiers::default());
}

#[test]
fn a_weak_peak_needs_a_name() {
    let own = classifier();
    let named = |probability| Reading { probability, ..Reading::default() };
    assert!(own.is_confirmed(0.9, &named(0.0)), "an unknown card that is plainly there");
    assert!(own.is_confirmed(0.33, &named(0.9)), "a covered card that can still be read");
    assert!(!own.is_confirmed(0.33, &named(0.05)), "a panel of the interface");
    let external = Classifier { has_own_detector: false, ..own };
    assert!(external.is_confirmed(0.28, &named(0.05)), "its own threshold has decided");
}

#[test]
fn a_player_may_want_surer_names() {
    let crop = Crop::of(&[("j_one", 0.7), ("S_K", 0.3)]);
    let heads: [&[f32]; 6] = [
        &crop.probabilities.map(f32::ln),
        &crop.edition,
        &crop.enhancement,
        &crop.seal,
        &crop.stickers,
        &crop.debuffed,
    ];
    let logits = Logits { heads: &heads, embedding: &crop.embedding, similarity: &[crop.similarity; 8] };
    let mut classifier = classifier();
    for (threshold, known) in [(0.6, true), (0.8, false)] {
        classifier.set_name_threshold(threshold);
        let mut reading = Reading::default();
        assert!(classifier.classify(&logits, None, &crop.gallery, &mut reading));
        let (id, confidence) = (CardId::from("j_one"), reading.probability);
        let wanted =
            if known { Identity::Known { id, confidence } } else { Identity::Unknown { nearest: Some(id) } };
        assert_eq!(reading.identity, wanted);
        assert!((confidence - 0.7).abs() < 1e-3, "the probability is told all the same");
    }
}

/// A packed crop of 72x96 pixels, drawn by a seed.
fn drawn(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let cell = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [(state >> 24) as u8; 12]
    };
    (0..36 * 48).flat_map(cell).collect()
}

/// Reads a crop with a mod's joker at this cosine, whose image is as this seed draws it.
fn read_with_sprite(crop: &Crop, cosine: f32, seed: u32) -> Option<Reading> {
    let mut entries = SpriteEntries::new(2);
    let (id, card_type) = ("j_mod".into(), CardType::Joker);
    let card = entries.add_card(crate::sprites::SpriteCard { id, card_type });
    let embedding = [cosine, (1.0 - cosine * cosine).sqrt()];
    entries.add_entry(card, Drawn::Plain, &embedding, &drawn(seed), 72);
    let mut classifier = classifier();
    classifier.set_sprites(Arc::new(entries), Limits::default(), 72);
    let logits = crop.probabilities.map(f32::ln);
    let heads: [&[f32]; 6] =
        [&logits, &crop.edition, &crop.enhancement, &crop.seal, &crop.stickers, &crop.debuffed];
    let logits = Logits { heads: &heads, embedding: &crop.embedding, similarity: &[crop.similarity; 8] };
    let mut reading = Reading::default();
    classifier.classify_crop(&logits, &drawn(1), Some(0.3), &crop.gallery, &mut reading).then_some(reading)
}

#[test]
fn a_card_of_a_mod_is_named_where_embedding_and_pixels_agree_and_no_class_is_nearer() {
    let check = |crop: &Crop, cosine: f32, seed: u32, id: Option<&str>| {
        let reading = read_with_sprite(crop, cosine, seed).expect("a card");
        assert_eq!(reading.id().map(CardId::as_str), id, "cosine {cosine}, image {seed}");
        reading
    };
    let unlike = || Crop { similarity: 0.05, ..Crop::of(&[("j_one", 0.9)]) };
    let reading = check(&unlike(), 0.9, 1, Some("j_mod"));
    assert_eq!((&*reading.guesses[0].id, &*reading.guesses[1].id), ("j_mod", "j_one"));
    check(&unlike(), 0.9, 2, None);
    check(&unlike(), 0.6, 1, None);
    // The model's own card is nearer, or is not, whatever it is sure of.
    check(&Crop { similarity: 0.95, ..Crop::of(&[("j_one", 1.0)]) }, 0.9, 1, Some("j_one"));
    check(&Crop { similarity: 0.75, ..Crop::of(&[("j_one", 1.0)]) }, 0.9, 1, Some("j_mod"));
    check(&Crop { similarity: 0.85, ..Crop::of(&[("j_one", 1.0)]) }, 0.9, 1, Some("j_one"));
    // It is no playing card, though the model takes it for one.
    let golden = Crop { enhancement: [0.0, 0.0, 3.0], similarity: 0.3, ..Crop::of(&[("S_K", 1.0)]) };
    assert_eq!(check(&golden, 0.9, 1, Some("j_mod")).modifiers, Modifiers::default());
    // Also where the model sees no card at all.
    let nothing = Crop { similarity: 0.1, ..Crop::of(&[(NOT_A_CARD, 0.9)]) };
    check(&nothing, 0.9, 1, Some("j_mod"));
    assert_eq!(read_with_sprite(&nothing, 0.9, 2), None);
}

#[test]
fn what_a_person_taught_goes_before_a_sprite() {
    let taught = |embedding: Vec<f32>| {
        let card = Prototype {
            id: "x_mine".into(),
            name: "Mine".into(),
            embedding,
            capture: None,
            taught_at_millis: None,
        };
        Crop { similarity: 0.1, gallery: Gallery::new(vec![card], 2).unwrap(), ..Crop::of(&[("j_one", 0.9)]) }
    };
    let named = |crop: &Crop, cosine: f32| read_with_sprite(crop, cosine, 1).unwrap().id().cloned().unwrap();
    assert_eq!(&*named(&taught(vec![0.95, 0.3]), 0.98), "x_mine");
    assert_eq!(&*named(&taught(vec![0.81, 0.586]), 0.98), "j_mod", "the sprite is much nearer");
}
