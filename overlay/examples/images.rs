//! Writes what the images of the documentation are made from into a folder: the example mod with an
//! image of its cards, and frames of the practice table with the overlay's marks.
//!
//! `cargo xtask images` runs it and makes the images.

#[path = "../tests/support/garden.rs"]
mod garden;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use image::imageops::{self, FilterType};
use overlay::recognition::model;
use overlay::run::offscreen;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use vision::network::Options;

const SIZE: [u32; 2] = [1280, 720];
/// Where the cards of the example mod lie: left, top, width, height.
const ROW: [u32; 4] = [80, 200, 1120, 260];
/// A shape that does not make the page that shows it slow to load.
const FILM: [u32; 2] = [720, 405];
/// Frames of the film, of the table's own time, and how many of them are seen.
const FRAMES: u32 = 210;
const PER_SECOND: u32 = 30;
const KEPT: u32 = 3;
/// The frame that is shown as an image: cards lie on the table, and are held.
const STILL: u32 = 120;

fn main() -> Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("name a folder")?.into();
    garden::write_mod(&folder.join("Mods"))?;
    let (cards, _) = garden::table(&[0, 1, 2, 3, 4, 5]);
    // Without the table above and below them.
    let [left, top, width, height] = ROW;
    imageops::crop_imm(&cards, left, top, width, height).to_image().save(folder.join("mods.png"))?;

    let frames = folder.join("frames");
    fs::create_dir_all(&frames)?;
    let model = model::open(&model::folder("practice"), &Options::default())?;
    let catalogue = model.catalogue().clone();
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(1, SIZE, painter.catalogue());
    offscreen::film(
        &table,
        &mut painter,
        Box::new(model),
        &catalogue,
        [FRAMES, PER_SECOND],
        |number, image| {
            if number == STILL {
                image.save(folder.join("practice.png"))?;
            }
            if number.is_multiple_of(KEPT) {
                let small = imageops::resize(&image, FILM[0], FILM[1], FilterType::Lanczos3);
                small.save(frames.join(format!("{:03}.png", number / KEPT)))?;
            }
            Ok(())
        },
    )
}
