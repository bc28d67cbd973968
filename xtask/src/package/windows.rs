//! Tries a package for Windows out in Wine: its programs start, the doctor finds nothing wrong, it
//! draws, the cards of images are those that this machine sees, and it works over a window.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fs_err::{self as fs, File};
use serde_json::Value;

use super::Package;
use crate::setup::{self, System};
use crate::wine::{self, Wine};
use crate::{accuracy, workspace};

mod live;

/// Pixels by which corners of a card may differ: the same sums are rounded otherwise there.
const PIXELS: f64 = 0.5;
/// The same for probabilities, similarities and scores.
const SHARE: f64 = 0.01;

/// Unpacks into a clean folder and tries what is there; says what came of it.
pub(super) fn try_out(wine: &Wine, archive: &Path, package: &Package) -> Result<String> {
    let place = archive.with_extension("trial");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    zip::ZipArchive::new(File::open(archive)?)?.extract(&place)?;
    let place = fs::canonicalize(place)?;
    let installed = |program: &str| place.join(&package.name).join(format!("{program}.exe"));
    for program in &package.programs {
        let said = wine.run(&installed(program), &["--version"])?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        ensure!(said == format!("{program} {}", package.version), "{program}.exe says that it is {said:?}");
    }
    let overlay = installed("overlay");
    let practice = same_cards(wine, &overlay, "practice", &[workspace::picture()?])?;
    let screenshots = screenshots()?;
    let game = match screenshots.is_empty() {
        true => "no screenshots, for BALATRO_LENS_ART is not set".to_owned(),
        false => {
            let cards = same_cards(wine, &overlay, "balatro", &screenshots)?;
            format!("the same {cards} on {} screenshots", screenshots.len())
        }
    };
    let mods = same_mods(wine, &overlay, &place.join("Mods"))?;
    says_what_is_missing(wine, &overlay)?;
    let doctor = wine.run(&overlay, &["doctor"])?;
    for line in String::from_utf8_lossy(&doctor).lines() {
        println!("    {line}");
    }
    let drawn = place.join("annotated.png");
    let seen = wine.run(&overlay, &["offscreen", "--seconds", "2", "--out", &wine::path(&drawn)])?;
    println!("    {}", String::from_utf8_lossy(&seen).trim().replace('\n', "\n    "));
    ensure!(fs::metadata(&drawn)?.len() > 0, "overlay offscreen drew nothing");
    let live = live::try_out(wine, &overlay, &place)?;
    fs::remove_dir_all(&place)?;
    Ok(format!(
        "it saw the same {practice} practice cards as this machine, {game}, and read the same {mods} cards of a mod \
         that has to be run; {live}"
    ))
}

/// Screenshots of the game, where there are some.
fn screenshots() -> Result<Vec<PathBuf>> {
    let Some(art) = accuracy::art() else { return Ok(Vec::new()) };
    let mut pictures = Vec::new();
    for entry in fs::read_dir(art.join("screens"))? {
        pictures.push(fs::canonicalize(entry?.path())?);
    }
    pictures.sort();
    Ok(pictures)
}

/// Names the cards of images on this machine and in Wine; returns how many there are.
fn same_cards(wine: &Wine, overlay: &Path, model: &str, pictures: &[PathBuf]) -> Result<usize> {
    let identify = ["identify", "--model", model, "--mods", "none", "--json"];
    let shown: Vec<String> = pictures.iter().map(|picture| wine::path(picture)).collect();
    let arguments: Vec<&str> = identify.into_iter().chain(shown.iter().map(String::as_str)).collect();
    let there = wine.run(overlay, &arguments)?;
    let pictures = pictures.iter().map(|picture| picture.as_os_str());
    let arguments: Vec<&OsStr> = identify.iter().map(OsStr::new).chain(pictures).collect();
    let cards = compare_pictures(&on_this_machine(&arguments)?, &there)?;
    ensure!(cards > 0, "no card is seen in {arguments:?}");
    Ok(cards)
}

/// A mod whose cards only its code knows.
const MOD: &str = "\
--- STEAMODDED HEADER
--- MOD_NAME: Trial
--- MOD_ID: Trial
--- MOD_AUTHOR: [nobody]
--- MOD_DESCRIPTION: Cards whose names are made when it runs.
--- PREFIX: trial

SMODS.Atlas { key = 'cards', path = 'cards.png', px = 71, py = 95 }
local x = 0
for name in ('one,two,three'):gmatch('%a+') do
  SMODS.Joker { key = name, atlas = 'cards', pos = { x = x, y = 0 }, loc_txt = { name = name, text = { name } } }
  x = x + 1
end
";

/// Reads a mod that has to be run on this machine and in Wine; returns how many cards it has.
fn same_mods(wine: &Wine, overlay: &Path, mods: &Path) -> Result<usize> {
    let sheets = mods.join("Trial/assets/1x");
    fs::create_dir_all(&sheets)?;
    fs::write(mods.join("Trial/Trial.lua"), MOD)?;
    // Any image that is as large as three cells.
    fs::copy(workspace::root().join("docs/labelling.png"), sheets.join("cards.png"))?;
    let there = wine.run(overlay, &["mods", "--json", &wine::path(mods)])?;
    let here = on_this_machine(&[OsStr::new("mods"), OsStr::new("--json"), mods.as_os_str()])?;
    let of = |text: &[u8]| -> Result<Value> { Ok(serde_json::from_slice::<Value>(text)?["mods"][0].take()) };
    let (here, there) = (of(&here)?, of(&there)?);
    compare("mod", &here, &there)?;
    ensure!(there["reading"] == "run", "the mod was not run: {there}");
    there["cards"].as_array().map(Vec::len).filter(|&cards| cards > 0).context("the mod has no card")
}

/// Takes away what a player may lack; the overlay has to say what helps, and no word of developers.
fn says_what_is_missing(wine: &Wine, overlay: &Path) -> Result<()> {
    let picture = wine::path(&workspace::picture()?);
    let check = |lack: &str, without: &[&str], part: &str| -> Result<()> {
        let said = wine.run_without(without, overlay, &["identify", "--model", "practice", &picture])?;
        ensure!(said.contains(part) && !said.contains("cargo"), "with {lack} it says: {said}");
        println!("    with {lack}: {}", said.trim().replace('\n', "\n    "));
        Ok(())
    };
    let redistributable = ["msvcp140", "vcruntime140", "vcruntime140_1"];
    check("no Visual C++ Redistributable", &redistributable, "Visual C++ Redistributable for x64")?;
    let library = overlay.with_file_name("onnxruntime.dll");
    let aside = overlay.with_file_name("aside");
    fs::rename(&library, &aside)?;
    check("no ONNX Runtime", &["onnxruntime"], "unpack the whole zip file")?;
    fs::write(&library, "half a download")?;
    check("half an ONNX Runtime", &[], "unpack the zip file anew")?;
    Ok(fs::rename(&aside, &library)?)
}

/// What the overlay of this machine says.
fn on_this_machine(arguments: &[&OsStr]) -> Result<Vec<u8>> {
    workspace::build(&["overlay"])?;
    let mut here = workspace::program("overlay");
    here.args(arguments).env("BALATRO_LENS_DATA", workspace::root().join("data"));
    here.env("ORT_DYLIB_PATH", setup::runtime(System::HERE)?);
    let here = here.output().context("cannot start the overlay")?;
    ensure!(here.status.success(), "{}", String::from_utf8_lossy(&here.stderr));
    Ok(here.stdout)
}

/// Whether two outputs of `overlay identify --json` say the same but for rounding; returns how many
/// cards there are.
fn compare_pictures(here: &[u8], there: &[u8]) -> Result<usize> {
    let read = |text: &[u8]| serde_json::from_slice::<Vec<Value>>(text);
    let (here, there) = (read(here)?, read(there)?);
    ensure!(here.len() == there.len(), "{} images here, {} in Wine", here.len(), there.len());
    let mut cards = 0;
    for (here, there) in here.iter().zip(&there) {
        let name = here["image"].as_str().unwrap_or_default();
        for part in ["width", "height", "cards"] {
            compare(part, &here[part], &there[part]).with_context(|| name.to_owned())?;
        }
        cards += here["cards"].as_array().map_or(0, Vec::len);
    }
    Ok(cards)
}

fn compare(place: &str, here: &Value, there: &Value) -> Result<()> {
    let is_same = match (here, there) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            return pairs.into_iter().try_for_each(|(i, (a, b))| compare(&format!("{place}/{i}"), a, b));
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            return a.iter().try_for_each(|(key, a)| compare(&format!("{place}/{key}"), a, &b[key]));
        }
        (Value::Number(a), Value::Number(b)) => {
            let limit = if place.contains("quad") { PIXELS } else { SHARE };
            a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= limit)
        }
        (a, b) => a == b,
    };
    ensure!(is_same, "{place}: {here} on this machine, {there} in Wine");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_the_same_and_another_card_is_not() {
        let text = |id: &str, x: f64, score: f64| {
            let cards = format!(r#"{{"id": "{id}", "quad": [[{x}, 2]], "top": [{{"score": {score}}}]}}"#);
            format!(r#"[{{"image": "a {x}", "width": 9, "height": 8, "cards": [{cards}]}}]"#)
        };
        let here = text("H_A", 10.0, 0.9);
        let check = |there: &str| compare_pictures(here.as_bytes(), there.as_bytes());
        assert_eq!(check(&text("H_A", 10.4, 0.905)).unwrap(), 1);
        for (there, place) in [
            (text("H_2", 10.0, 0.9), "cards/0/id"),
            (text("H_A", 10.6, 0.9), "cards/0/quad/0/0"),
            (text("H_A", 10.0, 0.8), "cards/0/top/0/score"),
            (here.replace('9', "7"), "width"),
            (r#"[{"width": 9, "height": 8, "cards": []}]"#.to_owned(), "cards"),
            ("[]".to_owned(), "1 images here"),
        ] {
            let error = check(&there).unwrap_err();
            assert!(error.root_cause().to_string().starts_with(place), "{error:#}");
        }
    }
}
