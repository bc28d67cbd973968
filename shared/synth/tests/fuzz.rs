//! Archives that somebody damaged: imported whole or not at all, and nothing is written anywhere
//! else.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use std::fs;
use std::io::{Cursor, Write as _};

use image::{ImageFormat, RgbaImage};
use lens_core::catalogue::Catalogue;
use mutation::fuzz;
use synth::art::import::import;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CATALOGUE: &str = r#"{
    "format": 1, "game": "tiny", "title": "Tiny", "card_size": [3, 4],
    "sheets": {"a": {"file": "A.png", "cell": [3, 4], "grid": [2, 1]}},
    "modifiers": {"editions": ["base"], "enhancements": [], "seals": [], "stickers": []},
    "cards": [{"id": "x", "name": "X", "type": "Joker", "looks": [{"art": [{"base": {"sheet": "a", "x": 1, "y": 0}}]}]}]
}"#;

fn archive(method: zip::CompressionMethod) -> Vec<u8> {
    let png = |scale: u32| {
        let mut bytes = Cursor::new(Vec::new());
        RgbaImage::new(6 * scale, 4 * scale).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    let files = [
        ("resources/textures/1x/A.png", png(1)),
        ("resources/textures/2x/A.png", png(2)),
        ("localization/en-us.lua", b"return {}".to_vec()),
        ("../outside.lua", b"never".to_vec()),
    ];
    for (name, bytes) in files {
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives() {
    let catalogue = Catalogue::parse(CATALOGUE).unwrap();
    let (stored, packed) =
        (archive(zip::CompressionMethod::Stored), archive(zip::CompressionMethod::Deflated));
    let program = [b"MZ a program, then its archive ".to_vec(), stored.clone()].concat();
    let folder = tempfile::tempdir().unwrap();
    let game = folder.path().join("game.love");
    let inside = folder.path().join("art");
    fs::create_dir(&inside).unwrap();
    let destination = inside.join("tiny");
    let mut imported = 0;
    let count = fuzz("archive", &[stored, packed, program], |bytes| {
        fs::write(&game, bytes).unwrap();
        let whole = import(&game, &catalogue, &destination, &mut |_| ()).is_ok();
        imported += usize::from(whole);
        let names = |folder: &std::path::Path| -> Vec<_> {
            let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(folder.path()), ["art", "game.love"], "something was written outside");
        let want: &[&str] = if whole { &["tiny"] } else { &[] };
        assert_eq!(names(&inside), want, "whole or not at all");
        if whole {
            // One of the scales is enough.
            let sheet = |scale: &str| destination.join("textures").join(scale).join("A.png");
            assert!(["1x", "2x"].iter().any(|scale| sheet(scale).is_file()));
            fs::remove_dir_all(&destination).unwrap();
        }
    });
    assert!(imported >= 3 && imported < count, "{imported} of {count} imported");
}
