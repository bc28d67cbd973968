//! Composed images that the ranges of int8 are calibrated on, as the networks take them.

use anyhow::Result;
use lens_core::manifest::Manifest;
use lens_core::preprocess::Letterboxer;
use rayon::prelude::*;
use synth::scene;
use tch::Tensor;

use super::calibrate::measure::evaluation_bank;
use super::identification::compose;
use super::model_under_test::{batch, unpacked};
use crate::console::progress;
use crate::data::synthetic::Material;
use crate::random::{Stream, seed_of};

/// Scenes, and batches of crops.
const SCENES: usize = 96;
const BATCHES: usize = 24;
const CROPS: usize = 64;
/// About how many images are composed, and batches run, until a model is exported.
pub const IMAGES: usize = SCENES + BATCHES * CROPS + SCENES + BATCHES + 4 * 9;

/// Scenes for the detector and batches of crops for the identifier.
///
/// # Errors
/// When the recipe leaves no card.
pub fn images(material: &Material, manifest: &Manifest) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
    let bank = evaluation_bank(material)?;
    let size = manifest.detector.input_size;
    let seed = |number| seed_of(material.seed, Stream::Evaluation, number);
    let packed: Vec<Vec<u8>> = (0..SCENES as u64)
        .into_par_iter()
        .map(|number| {
            let scene =
                scene::compose(&bank, &material.recipe, seed_of(seed(300), Stream::Evaluation, number));
            progress::advance(1);
            let mut packed = vec![0; (3 * size[0] * size[1]) as usize];
            Letterboxer::new(size[0], size[1]).run(&(&scene.image).into(), &mut packed);
            packed
        })
        .collect();
    let scenes = packed.iter().map(|packed| unpacked(packed, size)).collect();
    let crops = compose(&bank, &material.recipe, seed(301), BATCHES * CROPS);
    let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
    let crops = pixels.chunks(CROPS).map(|part| batch(part, manifest.identifier.input_size)).collect();
    Ok((scenes, crops))
}
