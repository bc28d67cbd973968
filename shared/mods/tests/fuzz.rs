//! Mods that somebody damaged, and Steam's list of libraries: read as far as they go, but no panic,
//! no endless run, and a broken mod costs itself alone.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use mods::{Options, read};
use mutation::fuzz;

const METADATA: &str = r#"{"id": "garden", "name": "Garden", "display_name": "A garden", "author": ["me"], "version": "1.0.0",
    "description": "x", "prefix": "gar", "main_file": "main.lua", "priority": -5, "dependencies": ["Steamodded (>=1.0)"]}"#;
const MAIN: &str = r##"--- a garden
local names = { "rose", "oak" }
SMODS.Atlas { key = "flowers", path = "flowers.png", px = 71, py = 95 }
for i, name in ipairs(names) do
    SMODS.Joker { key = name, atlas = "flowers", pos = { x = i - 1, y = 0 }, rarity = 2, cost = 5,
        loc_txt = { name = "The " .. name, text = { "{C:mult}+#1#{} Mult", [[long]] } },
        calculate = function(self, card, context) if context.joker_main then return { mult = 4 } end end }
end
SMODS.Consumable({ key = "seed", set = "Tarot", atlas = "flowers", pos = { x = 1, y = 1 } })
"##;
const HEADER: &str = "--- STEAMODDED HEADER\n--- MOD_NAME: Old\n--- MOD_ID: old\n--- PREFIX: old\n--- MOD_AUTHOR: [me]\n\
                      --- MOD_DESCRIPTION: x\n\nSMODS.Joker:new(\"Old\", \"old\", {}, {x=0,y=0}, {}, 1, 4):register()\n";
const TEXTS: &str = r#"return { descriptions = { Joker = { j_gar_rose = { name = "Rose", text = { "{C:red}one", "two" } } } } }"#;

/// A mod that nothing is wrong with, beside the damaged one.
fn good(folder: &Path) {
    let path = folder.join("good");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("good.json"), METADATA.replace("garden", "good").replace("gar\"", "goo\"")).unwrap();
    fs::write(path.join("main.lua"), MAIN).unwrap();
    flowers(&path);
}

/// The sheet with both cards.
fn flowers(path: &Path) {
    fs::create_dir_all(path.join("assets/1x")).unwrap();
    image::RgbaImage::new(142, 190).save(path.join("assets/1x/flowers.png")).unwrap();
}

fn garden(folder: &Path) {
    let path = folder.join("garden");
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("localization")).unwrap();
    fs::write(path.join("garden.json"), METADATA).unwrap();
    fs::write(path.join("main.lua"), MAIN).unwrap();
    fs::write(path.join("localization/en-us.lua"), TEXTS).unwrap();
    flowers(&path);
}

/// Shows damaged copies of one file of a mod to the reader.
fn check(name: &str, file: &str, seeds: &[Vec<u8>]) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("Mods");
    garden(&folder);
    good(&folder);
    let options = Options::default();
    let alone = read(&folder, &options).unwrap().mods.into_iter().find(|it| it.id == "good").unwrap();
    assert!(!alone.cards.is_empty(), "{alone:?}");
    fuzz(name, seeds, |bytes| {
        fs::write(place.path().join(file), bytes).unwrap();
        let library = read(&folder, &options).expect("a mod never costs the others");
        let other = library.mods.iter().find(|it| it.id == "good" && it.package == "good");
        if let Some(other) = other {
            let ids = |it: &mods::Mod| it.cards.iter().map(|card| card.key.clone()).collect::<Vec<_>>();
            assert_eq!(ids(other), ids(&alone), "what is wrong with one changes another");
        }
    });
}

fn seeds(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|it| it.as_bytes().to_vec()).collect()
}

#[test]
fn code() {
    check("mod-code", "Mods/garden/main.lua", &seeds(&[MAIN, HEADER, TEXTS]));
}

#[test]
fn metadata() {
    check("mod-metadata", "Mods/garden/garden.json", &seeds(&[METADATA]));
}

#[test]
fn texts() {
    check("mod-texts", "Mods/garden/localization/en-us.lua", &seeds(&[TEXTS]));
}

#[test]
fn headers() {
    check("mod-header", "Mods/old.lua", &seeds(&[HEADER]));
}

#[test]
fn saved_settings() {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"return {size=3,on=true}").unwrap();
    let seeds = [b"return {size=3}".to_vec(), packed.finish().unwrap()];
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("Mods");
    garden(&folder);
    let config = place.path().join("config");
    fs::create_dir_all(&config).unwrap();
    let options = Options { settings: Some(config.clone()), ..Options::default() };
    fuzz("mod-settings", &seeds, |bytes| {
        fs::write(config.join("garden.jkr"), bytes).unwrap();
        assert_eq!(read(&folder, &options).unwrap().mods.len(), 1);
    });
}

#[test]
fn settings_of_the_game() {
    let text = r#"return {["GAMESPEED"]=4,["language"]="es_419",["SOUND"]={["volume"]=50,},}"#;
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("settings.jkr");
    let mut told = 0;
    fuzz("settings-jkr", &[text.into(), packed.finish().unwrap()], |bytes| {
        fs::write(&file, bytes).unwrap();
        told += usize::from(mods::language::written(&file).is_some());
    });
    assert!(told >= 2, "both settings say a language");
}

#[test]
fn archives() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("garden/garden.json", METADATA), ("garden/main.lua", MAIN), ("../evil.lua", "x")] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("Mods");
    fs::create_dir_all(&folder).unwrap();
    fuzz("mod-archive", &[archive], |bytes| {
        fs::write(folder.join("garden.zip"), bytes).unwrap();
        let _ = read(&folder, &Options::default()).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is unpacked beside it");
    });
}

#[test]
fn libraries_of_steam() {
    let seed = "\"libraryfolders\"\n{\n\t\"0\"\n\t{\n\t\t\"path\"\t\t\"/games/me/.local/share/Steam\"\n\t}\n\t\"1\"\n\t{\n\
                \t\t\"path\"\t\t\"D:\\\\Games\"\n\t}\n}\n";
    assert_eq!(mods::folder::listed(seed.as_bytes()).len(), 2);
    fuzz("libraryfolders", &[seed.as_bytes().to_vec()], |bytes| {
        let found = mods::folder::listed(bytes);
        assert!(found.len() <= 64 && found.iter().all(|it| !it.as_os_str().is_empty()), "{found:?}");
    });
}
