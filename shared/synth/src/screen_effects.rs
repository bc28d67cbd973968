//! What a screen, a camera or a video does to an image.
//!
//! Without these a network trained on composed images fails on real ones. Lengths in a recipe are
//! pixels at 640x360; `px` says how many pixels of this image one of those is.

use std::sync::OnceLock;

use image::RgbaImage;
use multiversion::multiversion;

use crate::dice::Dice;
use crate::recipe::ScreenRecipe;

mod blocks;
mod smooth;

/// Throws the effects and applies them.
///
/// `shrunk` is below one when the image stands for a larger one: what is as fine as its pixels is
/// then weaker.
pub(crate) fn apply(image: &mut RgbaImage, recipe: &ScreenRecipe, px: f32, shrunk: f32, dice: &mut Dice) {
    if dice.chance(recipe.aberration.0) {
        let shift = dice.within(recipe.aberration.1) * px * if dice.chance(0.5) { 1.0 } else { -1.0 };
        smooth::aberration(image, shift);
    }
    if dice.chance(recipe.resample.0) {
        smooth::resample(image, 1.0 - (1.0 - dice.within(recipe.resample.1)) * shrunk);
    }
    if dice.chance(recipe.blur.0) {
        smooth::blur(image, dice.within(recipe.blur.1) * px);
    } else if dice.chance(recipe.sharpen.0) {
        smooth::sharpen(image, dice.within(recipe.sharpen.1));
    }
    if dice.chance(recipe.bloom.0) {
        let strength = dice.within(recipe.bloom.1);
        smooth::bloom(image, strength, dice.range(0.8, 3.0) * px);
    }
    light(image, recipe, shrunk, dice);
    if dice.chance(recipe.noise.0) {
        noise(image, dice.within(recipe.noise.1) * shrunk, dice);
    }
    if dice.chance(recipe.compression.0) {
        let quality = 100.0 - (100.0 - dice.within(recipe.compression.1)) * shrunk;
        blocks::compress(image, quality, dice.chance(0.7));
    }
}

/// Tone, saturation, scan lines and vignette, in one pass.
#[multiversion(targets("x86_64+avx+avx2"))]
fn light(image: &mut RgbaImage, recipe: &ScreenRecipe, shrunk: f32, dice: &mut Dice) {
    let tone = dice.chance(recipe.tone.0);
    let tables = tone.then(|| {
        let (gamma, gain) = (dice.within(recipe.tone.1), dice.within(recipe.gain));
        let offset = dice.range(-8.0, 12.0);
        let cast = if dice.chance(recipe.cast.0) { recipe.cast.1 } else { 0.0 };
        [0; 3].map(|_: u8| {
            let gain = gain * (1.0 + dice.range(-cast, cast));
            let level = |value: usize| 255.0 * (value as f32 / 255.0).powf(gamma) * gain + offset;
            let table: [u8; 256] = std::array::from_fn(|value| level(value).clamp(0.0, 255.0) as u8);
            table
        })
    });
    let saturation = (tone && dice.chance(recipe.saturation.0)).then(|| dice.within(recipe.saturation.1));
    let lines = dice.chance(recipe.scanlines.0).then(|| {
        (dice.within(recipe.scanlines.1) * shrunk, dice.within(recipe.scanline_period), dice.range(0.0, 6.3))
    });
    let vignette = dice.chance(recipe.vignette.0).then(|| dice.within(recipe.vignette.1));
    if tables.is_none() && lines.is_none() && vignette.is_none() {
        return;
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let across: Vec<f32> = (0..width).map(|x| (x as f32 / width as f32 * 2.0 - 1.0).powi(2)).collect();
    for (y, row) in image.as_flat_samples_mut().samples.chunks_exact_mut(width * 4).enumerate() {
        if let Some(tables) = &tables {
            for pixel in row.chunks_exact_mut(4) {
                for (channel, table) in pixel[..3].iter_mut().zip(tables) {
                    *channel = table[usize::from(*channel)];
                }
            }
        }
        if let Some(saturation) = saturation {
            // Six bits, so that the product fits sixteen.
            let keep = (saturation * 64.0) as i16;
            for pixel in row.chunks_exact_mut(4) {
                let grey = (i16::from(pixel[0]) + 2 * i16::from(pixel[1]) + i16::from(pixel[2])) >> 2;
                for channel in &mut pixel[..3] {
                    *channel = (grey + (((i16::from(*channel) - grey) * keep) >> 6)).clamp(0, 255) as u8;
                }
            }
        }
        let line = lines.map_or(1.0, |(dark, period, phase)| {
            1.0 - dark * (0.5 + 0.5 * (y as f32 * std::f32::consts::TAU / period + phase).sin())
        });
        if let Some(dark) = vignette {
            let v = (y as f32 / height as f32 * 2.0 - 1.0).powi(2);
            for (pixel, &u) in row.chunks_exact_mut(4).zip(&across) {
                let keep = (line * (1.0 - dark * (u * v + 0.2 * (u + v))) * 256.0) as u16;
                pixel[..3]
                    .iter_mut()
                    .for_each(|channel| *channel = ((u16::from(*channel) * keep) >> 8) as u8);
            }
        } else if line < 1.0 {
            let keep = (line * 256.0) as u16;
            for pixel in row.chunks_exact_mut(4) {
                pixel[..3]
                    .iter_mut()
                    .for_each(|channel| *channel = ((u16::from(*channel) * keep) >> 8) as u8);
            }
        }
    }
}

/// Length of the kept noise; prime, so that rows do not line up.
const NOISE: usize = 262_139;
/// How many bytes of a row are noised at once.
const MAX_RUN: usize = 8192 * 4;

#[multiversion(targets("x86_64+avx+avx2"))]
fn noise(image: &mut RgbaImage, deviation: f32, dice: &mut Dice) {
    static TABLE: OnceLock<Vec<i8>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut dice = Dice::new(7, 77);
        (0..NOISE + MAX_RUN).map(|_| dice.normal(32.0) as i8).collect()
    });
    let strength = (deviation * 8.0) as i16;
    let stride = image.width() as usize * 4;
    for row in image.as_flat_samples_mut().samples.chunks_exact_mut(stride) {
        let start = dice.below(NOISE);
        for pixels in row.chunks_mut(MAX_RUN) {
            for (channel, &wave) in pixels.iter_mut().zip(&table[start..]) {
                *channel = (i16::from(*channel) + ((i16::from(wave) * strength) >> 8)).clamp(0, 255) as u8;
            }
        }
        let pixels: &mut [u32] = bytemuck::cast_slice_mut(row);
        pixels.iter_mut().for_each(|pixel| *pixel |= 0xFF00_0000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    fn picture() -> RgbaImage {
        RgbaImage::from_fn(123, 77, |x, y| {
            Rgba([(x * 2) as u8, (y * 3) as u8, ((x / 8 + y / 8) % 2 * 200) as u8, 255])
        })
    }

    fn only(change: impl FnOnce(&mut ScreenRecipe)) -> ScreenRecipe {
        let mut recipe = ScreenRecipe::default();
        for effect in [
            &mut recipe.aberration,
            &mut recipe.bloom,
            &mut recipe.scanlines,
            &mut recipe.vignette,
            &mut recipe.tone,
            &mut recipe.blur,
            &mut recipe.sharpen,
            &mut recipe.resample,
            &mut recipe.noise,
            &mut recipe.compression,
        ] {
            effect.0 = 0.0;
        }
        change(&mut recipe);
        recipe
    }

    /// Every effect changes an image, none destroys it, and without any it stays as it is.
    #[test]
    fn each_effect_changes_a_picture_a_little() {
        let effects: [fn(&mut ScreenRecipe); 10] = [
            |r| r.aberration.0 = 1.0,
            |r| r.bloom.0 = 1.0,
            |r| r.scanlines.0 = 1.0,
            |r| r.vignette.0 = 1.0,
            |r| r.tone.0 = 1.0,
            |r| r.blur.0 = 1.0,
            |r| r.sharpen.0 = 1.0,
            |r| r.resample.0 = 1.0,
            |r| r.noise.0 = 1.0,
            |r| r.compression.0 = 1.0,
        ];
        let change = |recipe: &ScreenRecipe| {
            let mut image = picture();
            apply(&mut image, recipe, 1.0, 1.0, &mut Dice::new(11, 0));
            assert!(image.pixels().all(|pixel| pixel[3] == 255));
            let sum: u64 =
                image.as_raw().iter().zip(picture().as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            sum as f32 / image.as_raw().len() as f32
        };
        assert_eq!(change(&only(|_| {})), 0.0);
        for (number, effect) in effects.into_iter().enumerate() {
            let change = change(&only(effect));
            assert!((0.05..40.0).contains(&change), "effect {number}: {change}");
        }
    }
}
