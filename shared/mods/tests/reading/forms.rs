//! Every form of declaring cards: what it comes to when it is run, and whether parsing alone says
//! the same.

use mods::{Origin, Reading};

use super::garden::{Garden, SHEET, cards};

/// What parsing alone finds of a form.
#[derive(Clone, Copy, PartialEq)]
enum ByParsing {
    All,
    Nothing,
}
use ByParsing::{All, Nothing};

/// Main file, other files, the cards in words.
type Case<'a> = (&'a str, ByParsing, &'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

fn check(&(form, by_parsing, main, files, expected): &Case<'_>) {
    let main = format!("{SHEET}{main}");
    let mut all = vec![("main.lua", main.as_str())];
    all.extend(files);
    let garden = Garden::with(&all);
    let run = garden.run();
    assert_eq!(cards(&run), expected, "{form}, run: {:#?}", run.mods);
    let parsed = garden.parsed();
    let of_parsing = if by_parsing == All { expected } else { &[] };
    assert_eq!(cards(&parsed), of_parsing, "{form}, parsed: {:#?}", parsed.mods);
}

#[test]
fn cards_are_declared_in_literals() {
    let cases: [Case<'_>; 6] = [
        (
            "a literal",
            All,
            "SMODS.Joker { key = 'rose', atlas = 'roses', pos = { x = 1, y = 2 }, loc_txt = {
               name = 'Rose', text = { '{C:mult}+1{} Mult' } },
               calculate = function(self, card, context) return { mult = 1 } end }",
            &[],
            &["j_gd_rose \"Rose\" 1,2"],
        ),
        (
            "constants of the file",
            All,
            "local sheet = 'ro' .. 'ses' local row = 1 + 1\nSMODS.Joker({ key = ('ROSE'):lower(),
               atlas = sheet, pos = { x = row - 1, y = row } })",
            &[],
            &["j_gd_rose \"-\" 1,2"],
        ),
        (
            "other kinds of cards",
            All,
            "SMODS.Consumable { set = 'Tarot', key = 'a', atlas = 'roses' } SMODS.Voucher { key = 'b',
               atlas = 'roses', pos = { x = 1, y = 0 } }
             SMODS.Booster { key = 'c_1', atlas = 'roses', pos = { x = 2 } } SMODS.Back { key = 'd',
               atlas = 'roses', pos = { y = 1 } }
             SMODS.Enhancement { key = 'e', atlas = 'roses' } SMODS.Edition { key = 'f', shader = 'f' }
               SMODS.Tag { key = 'g', atlas = 'roses', pos = { x = 0, y = 0 } }",
            &[(
                "localization/en-us.lua",
                "return { descriptions = { Other = { p_gd_c = { name = 'Pack'
              } }, Back = { b_gd_d = { name = 'Deck' } } } }",
            )],
            &[
                "b_gd_d \"Deck\" 0,1",
                "c_gd_a \"-\" 0,0",
                "m_gd_e \"-\" 0,0",
                "p_gd_c_1 \"Pack\" 2,0",
                "v_gd_b \"-\" 1,0",
            ],
        ),
        (
            "prefixes that are switched off",
            All,
            "SMODS.Joker { key = 'j_plain', atlas = 'roses', prefix_config = { key = false } }
             SMODS.Joker { key = 'own', atlas = 'gd_roses', prefix_config = { key = { mod = false },
               atlas = false } }
             SMODS.Joker { key = 'gd_twice', atlas = 'gd_roses' }",
            &[],
            &["j_gd_twice \"-\" 0,0", "j_own \"-\" 0,0", "j_plain \"-\" 0,0"],
        ),
        (
            "a card of the game's look, and one whose sheet is nowhere",
            All,
            "SMODS.Joker { key = 'plain' } SMODS.Joker { key = 'lost', atlas = 'gone' }
               SMODS.Joker { key = 'off', atlas = 'roses', pos = { x = 9, y = 9 } }",
            &[],
            &[],
        ),
        (
            "the same key twice",
            All,
            "SMODS.Joker { key = 'rose', atlas = 'roses' } SMODS.Joker { key = 'rose', atlas = 'roses',
               pos = { x = 3, y = 0 } }",
            &[],
            &["j_gd_rose \"-\" 0,0"],
        ),
    ];
    cases.iter().for_each(check);
}

#[test]
fn cards_are_handed_on_by_loops_helpers_and_files() {
    let cases: [Case<'_>; 7] = [
        (
            "a loop over a list",
            All,
            "local all = { { key = 'a', pos = { x = 0, y = 0 } }, { key = 'b', pos = { x = 1, y = 0 } } }
             for _, card in ipairs(all) do card.atlas = 'roses' SMODS.Joker(card) end",
            &[],
            &["j_gd_a \"-\" 0,0", "j_gd_b \"-\" 1,0"],
        ),
        (
            "a loop that counts",
            All,
            "for i = 1, 2 do SMODS.Joker { key = 'r' .. i, atlas = 'roses', pos = { x = i, y = 0 } } end",
            &[],
            &["j_gd_r1 \"-\" 1,0", "j_gd_r2 \"-\" 2,0"],
        ),
        (
            "a helper that knows the rest",
            Nothing,
            "local function joker(place, card) card.atlas = 'roses' card.pos = { x = place % 4,
               y = math.floor(place / 4) } SMODS.Joker(card) end
             joker(6, { key = 'rose', loc_txt = { name = 'Rose' } })",
            &[],
            &["j_gd_rose \"Rose\" 2,1"],
        ),
        (
            "files by load_file",
            All,
            "assert(SMODS.load_file('src/jokers.lua'))()",
            &[("src/jokers.lua", "SMODS.Joker { key = 'rose', atlas = 'roses', pos = { x = 3, y = 1 } }")],
            &["j_gd_rose \"-\" 3,1"],
        ),
        (
            "a folder's files that return what they declare",
            All,
            "for _, name in ipairs(NFS.getDirectoryItems(SMODS.current_mod.path .. 'items')) do
               local item = assert(SMODS.load_file('items/' .. name))() SMODS[item.object_type](item) end",
            &[
                (
                    "items/rose.lua",
                    "return { object_type = 'Joker', key = 'rose', atlas = 'roses',
                  pos = { x = 1, y = 1 } }",
                ),
                (
                    "items/herb.lua",
                    "local herb = { object_type = 'Consumable', set = 'Spectral',
                  key = 'herb', atlas = 'roses', pos = { x = 2, y = 1 } }\nreturn herb",
                ),
            ],
            &["c_gd_herb \"-\" 2,1", "j_gd_rose \"-\" 1,1"],
        ),
        (
            "cards under the names of their files",
            All,
            "for _, name in ipairs { 'rose' } do local card = SMODS.load_file('jokers/' ..
               name .. '.lua')() card.key = name card.atlas = name
               SMODS.Atlas { key = name, path = 'jokers/' .. name .. '.png', px = 71, py = 95 }
                 SMODS.Joker(card) end",
            &[
                ("jokers/rose.lua", "return { rarity = 2, config = {} }"),
                (
                    "localization/default.lua",
                    "return { descriptions = { Joker = { j_gd_rose = {
                  name = 'Rose' } } } }",
                ),
            ],
            &[],
        ),
        (
            "a file that is loaded as text, with the path in other letters",
            All,
            "local text = NFS.read(SMODS.current_mod.path .. 'SRC/Jokers.LUA') assert(load(text))()",
            &[("src/jokers.lua", "SMODS.Joker { key = 'rose', atlas = 'roses' }")],
            &["j_gd_rose \"-\" 0,0"],
        ),
    ];
    for case in &cases {
        // The one whose image is beside the others needs it.
        if case.0 != "cards under the names of their files" {
            check(case);
            continue;
        }
        let main = format!("{SHEET}{}", case.2);
        let mut files = vec![("main.lua", main.as_str())];
        files.extend(case.3);
        let garden = Garden::with(&files);
        garden.sheet("Garden/assets/1x/jokers/rose.png", [1, 1], [71, 95]);
        for library in [garden.run(), garden.parsed()] {
            assert_eq!(cards(&library), ["j_gd_rose \"Rose\" 0,0"]);
        }
    }
}

#[test]
fn kinds_of_a_mods_own_and_old_forms_are_known() {
    let cases: [Case<'_>; 4] = [
        (
            "a kind of joker",
            All,
            "Garden = {} Garden.Flower = SMODS.Joker:extend { atlas = 'gd_roses', set = 'Joker' }
             Garden.Flower { key = 'rose', pos = { x = 1, y = 0 } }",
            &[],
            &["j_gd_rose \"-\" 1,0"],
        ),
        (
            "a kind of card",
            All,
            "local Herb = SMODS.Center:extend { class_prefix = 'herb', set = 'Herb', atlas = 'gd_roses',
               pos = { x = 0, y = 0 } }
             Herb { key = 'mint', pos = { x = 0, y = 2 } }",
            &[],
            &["herb_gd_mint \"-\" 0,2"],
        ),
        (
            "by position, registered later",
            All,
            "local rose = SMODS.Joker:new('Rose', 'rose', {}, { x = 2, y = 0 }, { name = 'Old rose',
               text = { 'x' } }, 1, 3, true, true, true, true, '', 'roses')
             rose:register()",
            &[],
            &["j_gd_rose \"Old rose\" 2,0"],
        ),
        (
            "a function of old that is called at the start",
            All,
            "function SMODS.INIT.Garden() SMODS.Joker { key = 'rose', atlas = 'roses' } end",
            &[],
            &["j_gd_rose \"-\" 0,0"],
        ),
    ];
    cases.iter().for_each(check);
}

#[test]
fn sheets_of_all_kinds_are_found() {
    let cases: [Case<'_>; 5] = [
        (
            "numbers as text",
            All,
            "SMODS.Atlas { key = 'text', path = 'roses.png', px = '71', py = '95' }
               SMODS.Joker { key = 'rose', atlas = 'text', pos = { x = '1', y = 1 } }",
            &[],
            &["j_gd_rose \"-\" 1,1"],
        ),
        (
            "sheets in a loop",
            All,
            "for _, name in ipairs({ 'a', 'b' }) do SMODS.Atlas { key = name, path = 'roses.png',
               px = 71, py = 95 } end SMODS.Joker { key = 'rose', atlas = 'b', pos = { x = 1, y = 1 } }",
            &[],
            &["j_gd_rose \"-\" 1,1"],
        ),
        (
            "the path in other letters, and in other languages",
            All,
            "SMODS.Atlas { key = 'odd', path = { default = 'ROSES.PNG', de = 'none.png' }, px = 71,
               py = 95 } SMODS.Joker { key = 'rose', atlas = 'odd' }",
            &[],
            &["j_gd_rose \"-\" 0,0"],
        ),
        (
            "a second layer and a third",
            All,
            "SMODS.Joker { key = 'rose', atlas = 'roses', pos = { x = 0, y = 0 }, soul_pos = { x = 1,
               y = 0, extra = { x = 2, y = 0 } } }",
            &[],
            &["j_gd_rose \"-\" 0,0 1,0 2,0"],
        ),
        (
            "an old sheet",
            All,
            "SMODS.Sprite:new('old', SMODS.current_mod.path, 'roses.png', 71, 95,
               'asset_atli'):register() SMODS.Joker { key = 'rose', atlas = 'old', pos = { x = 3, y = 2 } }",
            &[],
            &["j_gd_rose \"-\" 3,2"],
        ),
    ];
    cases.iter().for_each(check);
}

#[test]
fn sheets_from_json_are_guessed_by_the_name_of_the_picture() {
    let main = "local list = JSON.decode(NFS.read(SMODS.current_mod.path .. 'atlas.json'))
        for key, size in pairs(list) do SMODS.Atlas { key = key, path = key .. '.png', px = size[1],
          py = size[2] } end
        SMODS.Joker { key = 'rose', atlas = 'roses', pos = { x = 1, y = 1 } }";
    let garden = Garden::with(&[("main.lua", main), ("atlas.json", r#"{"roses": [71, 95]}"#)]);
    let (parsed, run) = (garden.parsed(), garden.run());
    for library in [&parsed, &run] {
        assert_eq!(cards(library), ["j_gd_rose \"-\" 1,1"]);
    }
    let is_guessed = [&parsed, &run].map(|it| it.mods[0].cards[0].sprite.guessed);
    assert_eq!(
        (is_guessed, parsed.mods[0].reading, run.mods[0].reading),
        ([true, false], Reading::Parsed, Reading::Run)
    );
}

#[test]
fn cells_of_other_sizes_keep_their_size() {
    let main = "SMODS.Atlas { key = 'tall', path = 'tall.png', px = 30, py = 40 }
        SMODS.Atlas { key = 'moving', path = 'moving.png', px = 34, py = 34, frames = 5,
          atlas_table = 'ANIMATION_ATLAS' }
        SMODS.Joker { key = 'a', atlas = 'tall', pos = { x = 1, y = 0 } }
        SMODS.Joker { key = 'b', atlas = 'tall', pixel_size = { w = 15, h = 20 } }
        SMODS.Joker { key = 'c', atlas = 'tall', display_size = { w = 100, h = 50 } }
        SMODS.Joker { key = 'd', atlas = 'moving', pos = { x = 0, y = 0 } }";
    let garden = Garden::with(&[("main.lua", main)]);
    garden.sheet("Garden/assets/1x/tall.png", [2, 1], [30, 40]);
    garden.sheet("Garden/assets/2x/moving.png", [5, 1], [68, 68]);
    for library in [garden.run(), garden.parsed()] {
        let of = |index: usize| {
            let place = &library.mods[0].cards[index].sprite;
            (place.cell.scale, [place.cell.width, place.cell.height], place.shown, place.frames)
        };
        assert_eq!(of(0), (1, [30, 40], [71.0, 95.0], 1));
        assert_eq!(of(1), (1, [15, 20], [35.5, 47.5], 1));
        assert_eq!(of(2), (1, [30, 40], [100.0, 50.0], 1));
        assert_eq!(of(3), (2, [68, 68], [71.0, 95.0], 5));
        assert_eq!(cards(&library).len(), 4);
    }
}

#[test]
fn names_come_in_the_players_language() {
    let english = "return { descriptions = { Joker = { j_gd_rose = { name = 'Rose',
      text = { '{C:mult}+#1#{} Mult', 'in {C:attention}May' } }, j_gd_thorn = { name = { 'Long', 'thorn'
        } } } } }";
    let german = r#"{"descriptions": {"Joker": {"j_gd_rose": {"name": "Röschen"}}}}"#;
    let main = "SMODS.Joker { key = 'rose', atlas = 'roses' } SMODS.Joker { key = 'thorn', atlas = 'roses' }
        SMODS.Joker { key = 'leaf', atlas = 'roses', loc_txt = { ['en-us'] = { name = 'Leaf' }, de = {
          name = 'Blatt' } } }
        SMODS.Joker { key = 'bare', name = 'Bare', atlas = 'roses' }";
    let main = format!("{SHEET}{main}");
    let mut garden = Garden::with(&[
        ("main.lua", main.as_str()),
        ("localization/EN-us.lua", english),
        ("localization/de.json", german),
    ]);
    let names = |garden: &Garden| {
        [garden.parsed(), garden.run()]
            .map(|library| library.mods[0].cards.iter().map(mods::Card::label).collect::<Vec<_>>())
    };
    let english = ["Rose", "Long thorn", "Leaf", "Bare"].map(str::to_owned).to_vec();
    assert_eq!(names(&garden), [english.clone(), english]);
    let text = garden.parsed().mods[0].cards[0].text.clone();
    assert_eq!(text, ["+#1# Mult", "in May"]);
    "de".clone_into(&mut garden.options.language);
    let german = ["Röschen", "Long thorn", "Blatt", "Bare"].map(str::to_owned).to_vec();
    assert_eq!(names(&garden), [german.clone(), german]);
}

#[test]
fn cards_of_the_game_with_another_sprite_stay_the_games() {
    let main = "SMODS.Joker:take_ownership('joker', { atlas = 'roses', pos = { x = 2, y = 2 } }, true)
        SMODS.Consumable:take_ownership('c_fool', { loc_vars = function() end })
        SMODS.Joker:take_ownership('egg', { atlas = 'roses' })
        SMODS.Atlas { key = 'Voucher', path = 'roses.png', px = 71, py = 95,
          prefix_config = { key = false } }";
    let main = format!("{SHEET}{main}");
    let mut garden = Garden::with(&[("main.lua", main.as_str())]);
    let places = [("j_egg", [1, 0]), ("v_blank", [3, 1]), ("c_fool", [0, 0])];
    garden.options.cells = places.map(|(key, cell)| (key.to_owned(), cell)).into();
    for library in [garden.run(), garden.parsed()] {
        assert_eq!(cards(&library), ["j_egg \"-\" 1,0", "j_joker \"-\" 2,2", "v_blank \"-\" 3,1"]);
        assert!(library.cards().all(|(_, card)| card.origin == Origin::Game));
    }
}
