//! An import of art that is killed, or runs out of space, leaves the art of the import before it,
//! whole.

#[path = "../../lens-core/tests/killed/kills.rs"]
mod kills;

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use image::{ImageFormat, Rgba, RgbaImage};
use lens_core::catalogue::Catalogue;
use synth::art::import::import;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CATALOGUE: &str = r#"{
    "format": 1, "game": "tiny", "title": "Tiny", "card_size": [3, 4],
    "sheets": {"a": {"file": "A.png", "cell": [3, 4], "grid": [2, 1]},
               "b": {"file": "B.png", "cell": [3, 4], "grid": [2, 1]}},
    "modifiers": {"editions": ["base"], "enhancements": [], "seals": [], "stickers": []},
    "cards": [{"id": "x", "name": "X", "type": "Joker", "looks": [{"art": [{"base": {"sheet": "a", "x": 1, "y": 0}}]}]}]
}"#;
/// Copies of the game, each with other art.
const GAMES: u64 = 4;
const SHEETS: [(&str, u32); 4] = [("1x/A.png", 1), ("2x/A.png", 2), ("1x/B.png", 1), ("2x/B.png", 2)];

fn game(place: &Path, number: u64) -> PathBuf {
    place.join(format!("game-{number}.love"))
}

/// A copy of the game all of whose files say its number.
fn write_game(place: &Path, number: u64) {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut file = |name: &str, bytes: &[u8]| {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    };
    for (name, scale) in SHEETS {
        let sheet = RgbaImage::from_pixel(6 * scale, 4 * scale, Rgba([number as u8, 0, 0, 255]));
        let mut png = Cursor::new(Vec::new());
        sheet.write_to(&mut png, ImageFormat::Png).unwrap();
        file(&format!("resources/textures/{name}"), &png.into_inner());
    }
    file("localization/en-us.lua", format!("return {{{number}}}").as_bytes());
    fs::write(game(place, number), writer.finish().unwrap().into_inner()).unwrap();
}

fn take(place: &Path, number: u64) {
    let catalogue = Catalogue::parse(CATALOGUE).unwrap();
    import(&game(place, number % GAMES), &catalogue, &place.join("art/tiny"), &mut |_| ()).unwrap();
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(job) = kills::job() else { return };
    assert_eq!(job.work, "art");
    for number in job.start.. {
        take(&job.folder, number);
        kills::done(number);
        if job.count.is_some() {
            return;
        }
    }
}

/// The number of the game whose art is there; all files must say the same.
fn says(place: &Path, what: &str) -> u64 {
    let art = place.join("art/tiny");
    lens_core::replace::restore(&art);
    let text = fs::read_to_string(art.join("localization/en-us.lua"));
    let number = text.ok().and_then(|it| it.strip_prefix("return {")?.strip_suffix('}')?.parse().ok());
    let number: u64 = number.unwrap_or_else(|| panic!("{what}: the texts are not whole"));
    for (name, _) in SHEETS {
        let sheet = image::open(art.join("textures").join(name)).map(|it| it.to_rgba8());
        let found = sheet.map(|it| u64::from(it.get_pixel(1, 1)[0]));
        assert_eq!(found.ok(), Some(number), "{what}: {name}");
    }
    assert!(art.join("imported.txt").is_file(), "{what}: a later import may replace it");
    let beside: Vec<_> =
        fs::read_dir(place.join("art")).unwrap().flatten().map(|it| it.file_name()).collect();
    assert_eq!(beside.len(), 1, "{what}: {beside:?}");
    number
}

fn prepare(place: &Path) {
    (0..GAMES).for_each(|number| write_game(place, number));
    take(place, 0);
}

#[test]
fn kills_leave_whole_art() {
    let _alone = kills::alone();
    let rounds = kills::rounds(40);
    let place = tempfile::tempdir().unwrap();
    prepare(place.path());
    let mut start = 1;
    for round in 0..rounds {
        let last = kills::kill("art", place.path(), start, kills::patience(round, 9_000));
        let found = says(place.path(), &format!("round {round}"));
        let allowed = [last % GAMES, (last + 1) % GAMES];
        assert!(allowed.contains(&found), "round {round}: {found} where {allowed:?} may be");
        start = last + 1;
    }
    println!("{rounds} kills while art is imported");
}

#[test]
fn every_step_leaves_whole_art() {
    let _alone = kills::alone();
    let check = |place: &Path, what: &str| {
        let found = says(place, what);
        assert!(found < 2, "{what}: {found}");
        take(place, 2);
        assert_eq!(says(place, what), 2, "{what}: the next import goes as always");
    };
    kills::at_every_step("art", &prepare, &check);
}
