//! Imports from archives made here: no art of a game is needed, except for the last test.

use std::fs;
use std::io::{Cursor, Write};

use image::{ImageFormat, RgbaImage};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::Sprites;
use super::*;

const CATALOGUE: &str = r#"{
    "format": 1, "game": "tiny", "title": "Tiny", "card_size": [3, 4],
    "sheets": {
        "a": {"file": "A.png", "cell": [3, 4], "grid": [2, 1]},
        "b": {"file": "skins/B.png", "cell": [3, 4], "grid": [1, 1]}
    },
    "modifiers": {"editions": ["base"], "enhancements": [], "seals": [], "stickers": []},
    "cards": [{"id": "x", "name": "X", "type": "Joker", "looks": [{"art": [{"base": {"sheet": "a", "x": 1, "y": 0}}]}]}]
}"#;

/// Names and contents of files.
type Files = Vec<(String, Vec<u8>)>;

fn catalogue() -> Catalogue {
    Catalogue::parse(CATALOGUE).unwrap()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbaImage::from_fn(width, height, |x, y| image::Rgba([x as u8, y as u8, 9, 255]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The files of a whole copy of the game.
fn whole() -> Files {
    let file = |name: &str, bytes| (name.to_owned(), bytes);
    vec![
        file("resources/textures/1x/A.png", png(6, 4)),
        file("resources/textures/2x/A.png", png(12, 8)),
        file("resources/textures/1x/skins/B.png", png(3, 4)),
        file("resources/textures/2x/skins/B.png", png(6, 8)),
        file("localization/en-us.lua", b"return {}".to_vec()),
        file("../escaped.lua", b"never".to_vec()),
    ]
}

fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn as_program(archive: &[u8]) -> Vec<u8> {
    [b"MZ a program that unzips, so it knows PK\x03\x04 too ".repeat(100), archive.to_vec()].concat()
}

/// A folder of its own for one test, removed when the test ends.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("import-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, path: &Path) -> Result<ImportReport, ImportError> {
        import(path, &catalogue(), &self.0.join("art"), &mut |_| ())
    }

    /// The error of an import from a file of these bytes; nothing may be left behind.
    #[track_caller]
    fn refused(&self, bytes: &[u8]) -> ImportError {
        let file = self.with("given/Tiny.love", bytes);
        let error = self.import(&file).expect_err("this is no copy of the game");
        assert_eq!(fs::read_dir(&self.0).unwrap().count(), 1, "only what was given remains: {error}");
        error
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_form_of_a_copy_gives_the_same_files() {
    let archive = zipped(&whole());
    let unpacked: Vec<_> = whole().into_iter().filter(|(name, _)| !name.starts_with("..")).collect();
    let bare: Vec<_> = unpacked
        .iter()
        .filter_map(|(name, bytes)| {
            name.strip_prefix("resources/textures/").map(|name| (name.to_owned(), bytes.clone()))
        })
        .collect();
    let cases: [(&str, &str, Files); 7] = [
        ("program", "Tiny.exe", vec![("Tiny.exe".into(), as_program(&archive))]),
        ("archive", "Any name.love", vec![("Any name.love".into(), archive.clone())]),
        ("application", "Tiny.app", vec![("Tiny.app/Contents/Resources/Tiny.love".into(), archive.clone())]),
        (
            "folder-of-program",
            ".",
            vec![("Tiny.exe".into(), as_program(&archive)), ("version.dll".into(), vec![1])],
        ),
        (
            "folder-of-application",
            ".",
            vec![("Tiny.app/Contents/Resources/Tiny.love".into(), archive.clone())],
        ),
        ("unpacked", ".", unpacked.clone()),
        ("bare", ".", bare),
    ];
    for (name, given, files) in cases {
        let place = Place::new(name);
        for (file, bytes) in &files {
            place.with(&format!("game/{file}"), bytes);
        }
        let mut steps = Vec::new();
        let art = place.0.join("art");
        let report = import(&place.0.join("game").join(given), &catalogue(), &art, &mut |step| {
            steps.push((step.done, step.total));
        })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.sheets, report.computed.len()), (4, 0), "{name}");
        assert_eq!(report.texts, usize::from(name != "bare"), "{name}");
        assert_eq!(steps.last(), Some(&(steps.len(), steps.len())), "{name}: progress ends at its total");
        assert_eq!(fs::read(report.textures.join("2x/skins/B.png")).unwrap(), png(6, 8), "{name}");
        assert!(Sprites::from_folder(catalogue().into(), &report.textures).is_ok(), "{name}");
        let mut left: Vec<_> =
            fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["art", "game"], "{name}: nothing beside, nothing outside");
    }
}

#[test]
fn files_that_are_no_copy_are_told_apart() {
    let place = Place::new("refused");
    let archive = zipped(&whole());
    assert!(matches!(place.refused(b""), ImportError::NotTheGame { .. }));
    assert!(matches!(place.refused(&as_program(b"")), ImportError::NotTheGame { .. }));
    let other = zipped(&[("main.lua".to_owned(), b"another game".to_vec())]);
    assert!(matches!(place.refused(&other), ImportError::NotTheGame { .. }));
    for cut in [archive.len() - 10, archive.len() / 2, 200] {
        for bytes in [archive[..cut].to_vec(), as_program(&archive[..cut])] {
            assert!(matches!(place.refused(&bytes), ImportError::Truncated { .. }), "cut at {cut}");
        }
    }
    let nowhere = place.0.join("nowhere");
    assert!(matches!(place.import(&nowhere), Err(ImportError::Read { .. })));
}

/// An import of a copy whose files were changed.
#[track_caller]
fn refused_with(test: &str, change: impl FnOnce(&mut Files)) -> ImportError {
    let mut files = whole();
    change(&mut files);
    Place::new(test).refused(&zipped(&files))
}

#[test]
fn missing_sheets_are_listed() {
    let error = refused_with("missing", |files| files.retain(|(name, _)| !name.contains("skins")));
    let ImportError::Missing { sheets, .. } = &error else { panic!("{error}") };
    assert_eq!(sheets, &["skins/B.png"]);
    assert!(error.to_string().contains("skins/B.png"));
}

#[test]
fn a_sheet_of_another_size_is_refused_before_it_is_decoded() {
    let error = refused_with("size", |files| files[1].1 = png(13, 8));
    let ImportError::Sheet { source: ArtError::Size { file, found, expected }, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((file.as_str(), *found, *expected), ("2x/A.png", (13, 8), (12, 8)));
}

#[test]
fn a_sheet_that_is_no_picture_is_refused() {
    for bytes in [b"not an image".to_vec(), png(6, 4)[..60].to_vec()] {
        let error = refused_with("picture", |files| files[0].1 = bytes);
        assert!(matches!(error, ImportError::Sheet { source: ArtError::Picture { .. }, .. }), "{error}");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let error = refused_with("bomb", |files| files[0].1 = vec![0; 100 << 20]);
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
}

#[test]
fn a_changed_byte_in_an_entry_is_noticed() {
    let mut archive = zipped(&whole());
    let name = b"resources/textures/1x/A.png";
    let entry = archive.windows(name.len()).position(|bytes| bytes == name).unwrap();
    archive[entry + name.len() + 30] ^= 0x10;
    let error = Place::new("byte").refused(&archive);
    assert!(matches!(error, ImportError::Damaged { .. }), "{error}");
}

#[test]
fn one_scale_is_enough() {
    let place = Place::new("one-scale");
    let files: Vec<_> = whole().into_iter().filter(|(name, _)| !name.contains("1x/A")).collect();
    let file = place.with("Tiny.love", &zipped(&files));
    let report = place.import(&file).unwrap();
    assert_eq!(report.computed, ["1x/A.png"]);
    assert!(Sprites::from_folder(catalogue().into(), &report.textures).is_ok());
}

#[test]
fn an_earlier_import_is_replaced_and_survives_a_failed_one() {
    let place = Place::new("again");
    let good = place.with("good.love", &zipped(&whole()));
    let report = place.import(&good).unwrap();
    place.with("art/leftover.png", b"old");
    let bad = place.with("bad.love", &zipped(&whole()[..2]));
    assert!(matches!(place.import(&bad), Err(ImportError::Missing { .. })));
    assert!(place.0.join("art/leftover.png").exists(), "a failed import changes nothing");
    assert_eq!(place.import(&good).unwrap(), report);
    assert!(!place.0.join("art/leftover.png").exists(), "an import replaces the earlier one as a whole");
    // Interrupted between its two renames, an import leaves only the old folder: the next one
    // brings it back first.
    fs::rename(place.0.join("art"), place.0.join(".art.4294967295-0.old")).unwrap();
    assert!(place.import(&bad).is_err());
    assert!(report.textures.join("1x/A.png").exists());
}

#[test]
fn a_destination_that_cannot_be_used_is_named() {
    let place = Place::new("destination");
    let good = place.with("good.love", &zipped(&whole()));
    place.with("art/holiday.png", b"mine");
    assert!(matches!(place.import(&good), Err(ImportError::Occupied { .. })));
    assert!(place.0.join("art/holiday.png").exists());
    let below_a_file = good.join("art");
    let error = import(&good, &catalogue(), &below_a_file, &mut |_| ()).unwrap_err();
    assert!(matches!(error, ImportError::Destination { .. }), "{error}");
}

#[test]
fn the_game_itself() {
    let Some(folder) = std::env::var_os("BALATRO_LENS_ART") else {
        eprintln!("SKIPPED: BALATRO_LENS_ART is not set");
        return;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/balatro.json");
    let balatro = Catalogue::read(&path).unwrap();
    let textures = PathBuf::from(folder).join("textures");
    let mut files = Vec::new();
    for sheet in balatro.sheets.values() {
        for scale in ["1x", "2x"] {
            let bytes = fs::read(textures.join(scale).join(&sheet.file)).unwrap();
            files.push((format!("resources/textures/{scale}/{}", sheet.file), bytes));
        }
    }
    let place = Place::new("game");
    let program = place.with("Balatro.exe", &as_program(&zipped(&files)));
    let report = import(&program, &balatro, &place.0.join("art"), &mut |_| ()).unwrap();
    assert_eq!(report.sheets, 2 * balatro.sheets.len());
    assert!(Sprites::from_folder(balatro.into(), &report.textures).is_ok());
}
