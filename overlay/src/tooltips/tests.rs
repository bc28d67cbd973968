//! Card information from texts made up for the purpose.

use super::*;
use crate::test_track::{known, track};
use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use vision::reading::{Guess, GuessSource};

const TEXTS: &str = "return { descriptions = {
    Joker = {
        j_lens = { name = \"Die Linse\", text = { \"Sieht {C:attention}alle Karten{},\", \"{C:mult}+#1#{} Mult\" } },
        j_odd = { name = \"Odd\", text = { \"{C:green}#1# in #2#{} chance\" } },
    },
    Edition = { e_foil = { name = \"Foil\", text = { \"{C:chips}+#1#{} chips\" } } },
    Other = { red_seal = { name = \"Red\", text = { \"Again\" } } },
} }";
const RULES: &str = "self.P_CENTERS = { j_lens = {config = {mult = 4}}, j_odd = {config = {extra = 4}},
    e_foil = {config = {extra = 50}} }";

fn catalogue() -> Catalogue {
    Catalogue::parse(
        r#"{"format": 1, "game": "test", "title": "Test", "card_size": [71, 95],
            "sheets": {"s": {"file": "s.png", "cell": [71, 95], "grid": [4, 1]}},
            "modifiers": {"editions": ["base"], "enhancements": [], "seals": [], "stickers": []},
            "cards": [
              {"id": "j_lens", "name": "The Lens", "type": "Joker", "rarity": "Rare", "cost": 8, "looks": [{"art": [{"base": {"sheet": "s", "x": 0, "y": 0}}]}]},
              {"id": "j_odd", "name": "Odd", "type": "Joker", "looks": [{"art": [{"base": {"sheet": "s", "x": 1, "y": 0}}]}]}
            ]}"#,
    )
    .unwrap()
}

fn card(id: Option<&str>, modifiers: Modifiers) -> Track {
    let identity = id.map_or(Identity::Unknown { nearest: None }, |id| known(id, 0.9));
    let guess = |id: &str, probability: f32| Guess { id: id.into(), probability, source: GuessSource::Model };
    let guesses = vec![guess("j_lens", 0.91), guess("j_odd", 0.05)];
    Track { modifiers, guesses, ..track(0, identity, Quad::from_rect(Rect::ltwh(0.0, 0.0, 10.0, 14.0))) }
}

fn said(texts: &Localisation, track: &Track) -> Vec<String> {
    said_of(&catalogue(), texts, track)
}

fn said_of(catalogue: &Catalogue, texts: &Localisation, track: &Track) -> Vec<String> {
    let words = texts.words(track, catalogue, &Palette::default());
    words.lines.iter().map(|line| line.iter().map(|(text, ..)| text.as_str()).collect()).collect()
}

fn texts(texts: &str, language: &str) -> Localisation {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("localization")).unwrap();
    std::fs::write(folder.path().join("localization/de.lua"), texts).unwrap();
    std::fs::write(folder.path().join("localization/en-us.lua"), TEXTS.replace("Die Linse", "Lens")).unwrap();
    std::fs::write(folder.path().join("game.lua"), RULES).unwrap();
    Localisation::open(folder.path(), language)
}

#[test]
fn a_card_is_explained_in_the_players_language() {
    let modifiers = Modifiers { edition: "foil".into(), seal: "red".into(), ..Modifiers::default() };
    let lines = said(&texts(TEXTS, "de"), &card(Some("j_lens"), modifiers));
    assert_eq!(
        lines,
        [
            "Die Linse",
            "Joker · Rare · $8",
            "Sieht alle Karten,",
            "+4 Mult",
            "Foil",
            "+50 chips",
            "Red seal",
            "Again",
            "Looks like The Lens 91%",
            "or Odd 5%",
        ]
    );
    let english = said(&texts(TEXTS, "fr"), &card(Some("j_lens"), Modifiers::default()));
    assert_eq!(english[0], "Lens", "a language that was not imported falls back to English");
}

#[test]
fn a_number_that_only_the_game_knows_is_left_open() {
    let lines = said(&texts(TEXTS, "de"), &card(Some("j_odd"), Modifiers::default()));
    assert!(lines.contains(&"… in … chance".to_owned()), "{lines:?}");
}

#[test]
fn marks_become_colours() {
    let pieces = text::pieces("{X:mult,C:white}X#1#{} and {C:chips}more{", Some(3.0));
    let texts: Vec<&str> = pieces.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(texts, ["X3", " and ", "more{"]);
    assert_ne!(pieces[0].2, pieces[1].2);
}

#[test]
fn without_texts_and_with_broken_ones_the_rest_is_said_and_why() {
    let lens = card(Some("j_lens"), Modifiers::default());
    let lines = said(&Localisation::default(), &lens);
    assert_eq!(lines[..2], ["The Lens", "Joker · Rare · $8"]);
    assert!(lines[2].contains("trainer import-art"), "{lines:?}");
    let lines = said(&texts("return {\n oops", "de"), &lens);
    assert!(lines[2].contains("localization/de.lua, line 2"), "{lines:?}");
    assert_eq!(said(&Localisation::default(), &card(None, Modifiers::default()))[0], "An unknown card");
}

#[test]
fn a_card_of_a_mod_is_explained_with_the_mods_own_text() {
    let mut catalogue = catalogue();
    let listed = catalogue.card("j_odd").unwrap().clone();
    let from_mod = lens_core::catalogue::FromMod {
        id: "Garden".into(),
        name: "The Garden".into(),
        kind: "Flower".into(),
        text: vec!["{C:mult}+#1#{} Mult".into(), "in spring".into()],
    };
    let seed = lens_core::catalogue::Card {
        id: "c_gd_seed".into(),
        name: "Seed".into(),
        from_mod: Some(from_mod),
        ..listed
    };
    catalogue.add_cards([seed]);
    let lines = said_of(&catalogue, &texts(TEXTS, "de"), &card(Some("c_gd_seed"), Modifiers::default()));
    assert_eq!(lines[..5], ["Seed", "Flower", "+… Mult", "in spring", "From The Garden"]);
}
