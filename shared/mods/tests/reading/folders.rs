//! Zips, old heads, switched-off and broken mods, and mods that need one another.

use mods::{State, Why};

use super::garden::{Garden, SHEET, cards};

const ROSE: &str = "SMODS.Joker { key = 'rose', atlas = 'roses' }";

fn garden() -> Garden {
    Garden::with(&[("main.lua", &format!("{SHEET}{ROSE}"))])
}

#[test]
fn a_zip_is_read_like_a_folder() {
    let garden = garden();
    garden.zip("Garden");
    for library in [garden.run(), garden.parsed()] {
        assert_eq!(cards(&library), ["j_gd_rose \"-\" 0,0"]);
        assert_eq!(library.mods[0].package, "Garden.zip");
    }
}

#[test]
fn several_old_mods_may_lie_in_one_folder() {
    let garden = Garden::new();
    garden.sheet("Old/assets/1x/roses.png", [4, 3], [71, 95]);
    let head = |id: &str| {
        format!(
            "--- STEAMODDED HEADER\n--- MOD_NAME: {id}\n--- MOD_ID: {id}\n--- PREFIX: {}\n{SHEET}{ROSE}",
            id.to_lowercase()
        )
    };
    garden.file("Old/first.lua", head("A1"));
    garden.file("Old/second.lua", head("B2"));
    for library in [garden.run(), garden.parsed()] {
        assert_eq!(cards(&library), ["j_a1_rose \"-\" 0,0", "j_b2_rose \"-\" 0,0"]);
    }
}

#[test]
fn mods_that_are_switched_off_are_listed_without_cards() {
    let ignored = garden();
    ignored.file("Garden/.lovelyignore", "");
    let named = garden();
    named.file("lovely/blacklist.txt", "# off\nGarden\n");
    for garden in [ignored, named] {
        let library = garden.run();
        assert!(matches!(library.mods[0].state, State::Off(_)), "{:?}", library.mods[0].state);
        assert_eq!(cards(&library), Vec::<String>::new());
    }
}

#[test]
fn settings_of_the_mod_switch_cards_off() {
    let main = format!(
        "{SHEET}local config = SMODS.current_mod.config
        if config.roses then {ROSE} end
        if config.extra.herbs then SMODS.Joker {{ key = 'herb', atlas = 'roses' }} end"
    );
    let garden = Garden::with(&[
        ("main.lua", &main),
        ("config.lua", "return { roses = true, extra = { herbs = true } }"),
    ]);
    assert_eq!(cards(&garden.run()).len(), 2);
    std::fs::create_dir(garden.beside("config")).unwrap();
    std::fs::write(garden.beside("config").join("Garden.jkr"), "return { roses = false }").unwrap();
    assert_eq!(cards(&garden.run()), ["j_gd_herb \"-\" 0,0"]);
}

#[test]
fn a_broken_mod_costs_itself_alone_and_says_so() {
    let garden = garden();
    garden.metadata("Weeds", "wd");
    garden.file("Weeds/main.lua", "SMODS.Joker { key = 'weed', ");
    garden.metadata("Gone", "gn");
    garden.file("Torn/torn.json", r#"{"id": "Torn", "main_file": "#);
    garden.file("Zip.zip", "no zip");
    garden.file("Half/half.json", r#"{"id": "Half", "main_file": "main.lua", "name": "Half"}"#);
    garden.file("Readme/readme.txt", "no mod");
    garden.file("Garden/assets/2x/torn.png", "no image");
    garden.metadata("Part", "pt");
    garden.sheet("Part/assets/2x/roses.png", [4, 3], [142, 190]);
    garden.file("Part/main.lua", format!("{SHEET}SMODS.load_file('bad.lua')() {ROSE}"));
    garden.file("Part/bad.lua", "local x = = 1");
    for library in [garden.run(), garden.parsed()] {
        assert_eq!(cards(&library), ["j_gd_rose \"-\" 0,0", "j_pt_rose \"-\" 0,0"]);
        let broken = |id: &str| {
            let state = &library.mods.iter().find(|it| it.id == id).unwrap().state;
            matches!(state, State::Broken(why) if why.contains("main.lua"))
        };
        assert!(broken("Weeds") && broken("Gone"), "{library:#?}");
        let wrong: Vec<&str> = library.left_out.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(wrong, ["Half", "Torn", "Zip.zip"], "{library:#?}");
        assert!(library.left_out.iter().all(|it| matches!(it.why, Why::Unreadable(_))));
        let part = library.mods.iter().find(|it| it.id == "Part").unwrap();
        assert!(part.notes.iter().any(|it| it.starts_with("bad.lua")), "{:?}", part.notes);
    }
}

#[test]
fn mods_see_which_others_are_there_and_use_their_sheets() {
    let garden = garden();
    garden.metadata("Border", "bd");
    let main = "if next(SMODS.find_mod('Garden')) then SMODS.Joker { key = 'hedge', atlas = 'gd_roses',
      pos = { x = 1, y = 0 }, prefix_config = { atlas = false } } end
        SMODS.Joker { key = 'never', atlas = 'gd_roses', dependencies = { 'Meadow' },
          prefix_config = { atlas = false } }
        SMODS.Joker:take_ownership('gd_rose', { rarity = 3 })";
    garden.file("Border/main.lua", main);
    assert_eq!(cards(&garden.run()), ["j_bd_hedge \"-\" 1,0", "j_gd_rose \"-\" 0,0"]);
    std::fs::remove_dir_all(garden.mods().join("Garden")).unwrap();
    assert_eq!(cards(&garden.run()), Vec::<String>::new());
}

#[test]
fn a_listing_is_json_and_back() {
    let library = garden().run();
    let text = serde_json::to_string(&library).unwrap();
    assert_eq!(serde_json::from_str::<mods::Library>(&text).unwrap(), library);
    assert!(text.contains("\"key\":\"j_gd_rose\""));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_helps() {
    let error = mods::read(&garden().beside("none"), &mods::Options::default()).unwrap_err();
    assert!(error.to_string().contains("help:"), "{error}");
}
