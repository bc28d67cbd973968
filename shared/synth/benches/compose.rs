//! Measures composing on one core and writes sheets to look at.
//!
//! `cargo run -p scenes --example speed -- TEXTURES [FOLDER]`: the texture folder of the game (with `1x` and `2x`),
//! and where the pictures go, if they are wanted.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lens_core::catalogue::Catalogue;
use synth::art::Sprites;
use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::{crop, preview, scene};

/// Milliseconds of one core for each item.
fn per_item(count: u64, compose: impl Fn(u64)) -> f64 {
    compose(0);
    let start = busy();
    (0..count).for_each(compose);
    (busy() - start).as_secs_f64() * 1e3 / count as f64
}

/// How long this thread ran so far: other programs' time does not count, where the system tells it.
fn busy() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let textures = arguments.next().context("usage: speed TEXTURES [FOLDER]")?;
    let folder = arguments.next();
    let catalogue = Arc::new(Catalogue::read(&lens_core::paths::catalogue("balatro"))?);
    let sprites = Sprites::from_folder(catalogue, &textures)?;
    let recipe = SceneRecipe::default();

    let start = Instant::now();
    let bank = Bank::render(&sprites, &recipe, 1, 2000, &|_| true)?;
    println!("bank of {} cards: {:.2} s on all cores", bank.cards().len(), start.elapsed().as_secs_f32());

    let ms = per_item(300, |seed| drop(scene::compose(&bank, &recipe, seed)));
    println!("scene: {ms:.2} ms");
    let ms = per_item(4000, |seed| drop(crop::compose(&bank, &recipe, seed)));
    println!("crop: {ms:.3} ms");

    let Some(folder) = folder else { return Ok(()) };
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
