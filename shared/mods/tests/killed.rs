//! A reading of mods that is killed, or runs out of space, is forgotten: what is kept of it is
//! never taken for what is there. A switch of a mod leaves the player's settings whole.

#[path = "../../lens-core/tests/killed/kills.rs"]
mod kills;

use std::fs;
use std::path::{Path, PathBuf};

use mods::{Library, Options};

const METADATA: &str = r#"{"id": "Garden", "name": "Garden", "prefix": "gd", "main_file": "main.lua", "version": "1.0",
    "author": ["us"], "description": "flowers"}"#;
/// The player's own, with a mod of theirs that is off.
const SETTINGS: &str =
    "# mine\n[show]\nopacity = 0.5 # not so loud\n\n[mods]\noff = [\"Weeds\"] # ugly\n[api]\nport = 1\n";
const SWITCHED: &str = "Garden";

fn garden(place: &Path) -> PathBuf {
    place.join("Mods/Garden")
}

/// What is kept of a reading.
fn cache(place: &Path) -> PathBuf {
    place.join("cache")
}

fn settings(place: &Path) -> PathBuf {
    place.join("overlay.toml")
}

fn library(place: &Path, cache: Option<PathBuf>) -> Library {
    mods::read(&place.join("Mods"), &Options { cache, ..Options::default() }).unwrap()
}

/// A new version of the mod comes, and is read.
fn update(place: &Path, number: u64) {
    let text = format!(
        "SMODS.Atlas {{ key = 'roses', path = 'roses.png', px = 71, py = 95 }}
SMODS.Joker {{ key = 'rose', atlas = 'roses', name = 'Rose {number}' }}\n"
    );
    let aside = place.join("main.lua");
    // A disk that is full is full for the mod as well.
    if fs::write(&aside, text).and_then(|()| fs::rename(&aside, garden(place).join("main.lua"))).is_ok() {
        library(place, Some(cache(place)));
    }
}

fn switch(place: &Path, number: u64) -> bool {
    mods::choice::switch(&settings(place), SWITCHED, number.is_multiple_of(2)).is_ok()
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(job) = kills::job() else { return };
    for number in job.start.. {
        match job.work.as_str() {
            "reading" => update(&job.folder, number),
            "switch" => assert!(switch(&job.folder, number) || job.count.is_some()),
            other => panic!("no such work: {other}"),
        }
        kills::done(number);
        if job.count.is_some() {
            return;
        }
    }
}

fn prepare(place: &Path) {
    let sheets = garden(place).join("assets/1x");
    fs::create_dir_all(&sheets).unwrap();
    image::RgbaImage::new(71, 95).save(sheets.join("roses.png")).unwrap();
    fs::write(garden(place).join("Garden.json"), METADATA).unwrap();
    fs::write(settings(place), SETTINGS).unwrap();
    update(place, 0);
    assert!(cache(place).join("listing.json").is_file(), "what was read is kept");
}

/// What is kept must say what is there, and nothing half-written stays.
fn tells_the_truth(place: &Path, what: &str) {
    let there = library(place, None);
    assert_eq!(there.cards().count(), 1, "{what}: {:?}", there.notes);
    assert_eq!(library(place, Some(cache(place))), there, "{what}");
    // Whatever was kept of it, the next version is read and kept.
    update(place, 1_000_000);
    let next = library(place, Some(cache(place)));
    assert_eq!(next.mods[0].cards[0].name.as_deref(), Some("Rose 1000000"), "{what}");
    let mut files: Vec<_> = fs::read_dir(cache(place))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert!(files.len() == 2 && files[0].starts_with("declared-"), "{what}: {files:?}");
}

/// Whether the mod is on, if all else is as the player wrote it.
fn is_on(place: &Path, what: &str) -> bool {
    let text = fs::read_to_string(settings(place)).unwrap();
    let off = SETTINGS.replace("[\"Weeds\"]", &format!("[\"Weeds\", \"{SWITCHED}\"]"));
    assert!(text == SETTINGS || text == off, "{what}: {text}");
    text == SETTINGS
}

#[test]
fn kills_leave_nothing_false_of_mods() {
    let _alone = kills::alone();
    let rounds = kills::rounds(40);
    let place = tempfile::tempdir().unwrap();
    prepare(place.path());
    let mut start = 1;
    for round in 0..rounds {
        start = kills::kill("reading", place.path(), start, kills::patience(round, 9_000)) + 1;
        tells_the_truth(place.path(), &format!("round {round}"));
    }
    println!("{rounds} kills while mods are read");
}

#[test]
fn kills_leave_whole_settings() {
    let _alone = kills::alone();
    let rounds = kills::rounds(20);
    let place = tempfile::tempdir().unwrap();
    prepare(place.path());
    let mut start = 1;
    for round in 0..rounds {
        let last = kills::kill("switch", place.path(), start, kills::patience(round, 5_000));
        is_on(place.path(), &format!("round {round}"));
        start = last + 1;
    }
    println!("{rounds} kills while mods are switched");
}

#[test]
fn every_step_leaves_nothing_false_of_mods() {
    let _alone = kills::alone();
    kills::at_every_step("reading", &prepare, &tells_the_truth);
}

#[test]
fn every_step_leaves_whole_settings() {
    let _alone = kills::alone();
    let check = |place: &Path, what: &str| {
        is_on(place, what);
        assert!(switch(place, 1) && !is_on(place, what), "{what}: the next switch goes as always");
    };
    kills::at_every_step("switch", &prepare, &check);
}
