//! Measures composing on one core and writes sheets to look at.
//!
//! `cargo run -p scenes --example speed -- TEXTURES FOLDER`: the texture folder of the game (with `1x` and `2x`), and
//! where the pictures go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use scenes::art::Sprites;
use scenes::bank::Bank;
use scenes::recipe::SceneRecipe;
use scenes::{crop, preview, scene};
use shared::catalogue::Catalogue;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let textures = arguments.next().context("usage: speed TEXTURES FOLDER")?;
    let folder = arguments.next().context("usage: speed TEXTURES FOLDER")?;
    let catalogue = Arc::new(Catalogue::read(Path::new("data/catalogues/balatro.json"))?);
    let sprites = Sprites::from_folder(catalogue, &textures)?;
    let recipe = SceneRecipe::default();

    let start = Instant::now();
    let bank = Bank::render(&sprites, &recipe, 1, 2000, &|_| true)?;
    println!("bank of {} cards: {:.2} s on all cores", bank.cards().len(), start.elapsed().as_secs_f32());

    let count = 300;
    let start = Instant::now();
    for seed in 0..count {
        scene::compose(&bank, &recipe, seed);
    }
    println!("scene: {:.2} ms", start.elapsed().as_secs_f64() * 1e3 / count as f64);
    let count = 4000;
    let start = Instant::now();
    for seed in 0..count {
        crop::compose(&bank, &recipe, seed);
    }
    println!("crop: {:.3} ms", start.elapsed().as_secs_f64() * 1e3 / count as f64);

    std::fs::create_dir_all(&folder)?;
    for seed in 0..24 {
        let scene = scene::compose(&bank, &recipe, seed);
        let mut image = scene.image.clone();
        image.save(folder.join(format!("scene_{seed:02}_{:?}.png", scene.layout)))?;
        image = image::imageops::resize(&image, 1280, 720, image::imageops::FilterType::Nearest);
        preview::draw_truth(&mut image, &scene, bank.catalogue());
        image.save(folder.join(format!("truth_{seed:02}_{:?}.png", scene.layout)))?;
    }
    let crops: Vec<_> = (0..160).map(|seed| crop::compose(&bank, &recipe, seed)).collect();
    preview::sheet(&crops, &bank, recipe.crop.size, 16).save(folder.join("crops.png"))?;
    Ok(())
}
