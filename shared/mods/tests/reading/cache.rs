//! A second start reads nothing, what was merely touched is not run again, what changed is.

use std::fs;

use cpu_time::ProcessTime;
use mods::{Interpreter, Options, Reading};

use super::garden::{Garden, SHEET, cards, interpreter};

/// A mod that has to be run.
const MAIN: &str =
    "local function add(card) SMODS.Joker(card) end add({ key = 'rose', atlas = 'roses', name = 'Rose' })";

#[test]
fn what_did_not_change_is_neither_read_nor_run_again() {
    let main = format!("{SHEET}{MAIN}");
    let mut garden = Garden::with(&[("main.lua", &main)]);
    garden.options.cache = Some(garden.beside("cache"));
    let first = garden.read(interpreter());
    assert_eq!((cards(&first).len(), first.mods[0].reading), (1, Reading::Run));

    // Nothing could be run any more, so that what comes was kept.
    let gone = || Interpreter::Program(garden.beside("no-program"));
    assert_eq!(garden.read(gone()), first);

    // Written anew with the same content: read, not run.
    let path = garden.mods().join("Garden/main.lua");
    fs::remove_file(&path).unwrap();
    garden.file("Garden/main.lua", &main);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert_eq!(garden.read(gone()), first);

    garden.file("Garden/main.lua", main.replace("rose'", "tulip'"));
    let changed = garden.read(interpreter());
    assert_eq!(changed.mods[0].cards[0].key, "j_gd_tulip");
    assert_ne!(changed.mods[0].digest, first.mods[0].digest);

    // Another image alone changes the digest too.
    garden.sheet("Garden/assets/2x/roses.png", [5, 3], [142, 190]);
    assert_ne!(garden.read(interpreter()).mods[0].digest, changed.mods[0].digest);
}

#[test]
fn what_is_kept_for_one_way_of_reading_is_not_taken_for_another() {
    let main = format!("{SHEET}{MAIN}");
    let mut garden = Garden::with(&[("main.lua", &main)]);
    garden.options.cache = Some(garden.beside("cache"));
    let parsed = garden.parsed();
    assert_eq!((parsed.mods[0].reading, parsed.notes.len()), (Reading::Parsed, 1));
    assert_eq!(garden.read(interpreter()).mods[0].reading, Reading::Run);
    fs::write(garden.beside("cache").join("listing.json"), "torn").unwrap();
    assert_eq!(garden.read(interpreter()).mods[0].reading, Reading::Run);
}

#[test]
fn a_second_start_with_thousands_of_cards_is_quick() {
    let mut main = SHEET.to_owned();
    for index in 0..3_000 {
        main += &format!(
            "SMODS.Joker {{ key = 'r{index}', atlas = 'roses', loc_txt = {{ name = 'Rose', text = {{ 'a',
               'b' }} }} }}\n"
        );
    }
    let garden = Garden::with(&[("main.lua", &main)]);
    for index in 0..2_000 {
        garden.file(&format!("Garden/src/{}/{index}.txt", index % 20), "x");
    }
    let options =
        Options { cache: Some(garden.beside("cache")), interpreter: interpreter(), ..Options::default() };
    let read = || mods::read(&garden.mods(), &options).unwrap();
    assert_eq!(read().mods[0].cards.len(), 3_000);
    // Of the processor, and the best of several: other work on the machine is not ours.
    let quickest = (0..8).map(|_| {
        let started = ProcessTime::now();
        assert_eq!(read().mods[0].cards.len(), 3_000);
        started.elapsed()
    });
    let quickest = quickest.min().unwrap();
    assert!(quickest.as_millis() < 50, "{quickest:?}");
}
