//! Effects that mix neighbouring pixels: drifting colours, blur, sharpening, bloom, resampling.

use image::RgbaImage;

use crate::resize::{Manner, resized};

/// Moves red to the right and blue to the left by `shift` pixels.
pub(super) fn aberration(image: &mut RgbaImage, shift: f32) {
    let width = image.width() as usize;
    let whole = shift.floor();
    let part = ((shift - whole) * 256.0) as u32;
    let margin = whole.abs() as usize + 2;
    let offset = whole as isize;
    let mut padded = vec![[0_u8; 4]; width + 2 * margin];
    for row in image.as_flat_samples_mut().samples.chunks_exact_mut(width * 4) {
        let pixels: &mut [[u8; 4]] = bytemuck::cast_slice_mut(row);
        padded[..margin].fill(pixels[0]);
        padded[margin..margin + width].copy_from_slice(pixels);
        padded[margin + width..].fill(pixels[width - 1]);
        let from = |shift: isize| &padded[margin.saturating_add_signed(shift)..][..width];
        let (red, red_next) = (from(-offset), from(-offset - 1));
        let (blue, blue_next) = (from(offset), from(offset + 1));
        let mix = |a: u8, b: u8| ((u32::from(a) * (256 - part) + u32::from(b) * part) >> 8) as u8;
        for (x, pixel) in pixels.iter_mut().enumerate() {
            pixel[0] = mix(red[x][0], red_next[x][0]);
            pixel[2] = mix(blue[x][2], blue_next[x][2]);
        }
    }
}

/// Gaussian blur of a small deviation.
pub(super) fn blur(image: &mut RgbaImage, deviation: f32) {
    let kernel = kernel(deviation.clamp(0.2, 4.0));
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut middle = vec![0_u8; width * height * 4];
    convolve_rows(image.as_raw(), &mut middle, width, &kernel);
    convolve_columns(&middle, image.as_flat_samples_mut().samples, width, height, &kernel);
}

/// Adds what a small blur takes away.
pub(super) fn sharpen(image: &mut RgbaImage, strength: f32) {
    let mut soft = image.clone();
    blur(&mut soft, 1.0);
    // Six bits, so that the product fits sixteen.
    let strength = (strength * 64.0) as i16;
    for (pixel, soft) in image.as_flat_samples_mut().samples.iter_mut().zip(soft.as_raw()) {
        let (sharp, soft) = (i16::from(*pixel), i16::from(*soft));
        *pixel = (sharp + (((sharp - soft) * strength) >> 6)).clamp(0, 255) as u8;
    }
}

/// Adds a wide blur of the image to itself.
pub(super) fn bloom(image: &mut RgbaImage, strength: f32, deviation: f32) {
    let (width, height) = image.dimensions();
    let (small_width, small_height) = (width.div_ceil(4).max(2), height.div_ceil(4).max(2));
    let mut small = resized(image, small_width, small_height, Manner::Area);
    blur(&mut small, deviation.max(0.6));
    let wide = resized(&small, width, height, Manner::Linear);
    let strength = (strength * 256.0) as u16;
    for (pixel, light) in image.as_flat_samples_mut().samples.iter_mut().zip(wide.as_raw()) {
        *pixel = pixel.saturating_add(((u16::from(*light) * strength) >> 8) as u8);
    }
}

/// Shrinks to `share` of its size and enlarges again.
pub(super) fn resample(image: &mut RgbaImage, share: f32) {
    let (width, height) = image.dimensions();
    let side = |length: u32| ((length as f32 * share) as u32).max(8);
    let small = resized(image, side(width), side(height), Manner::Linear);
    *image = resized(&small, width, height, Manner::Linear);
}

/// Weights of 256 in sum, symmetric, of odd length: 255 times them still fits 16 bits.
fn kernel(deviation: f32) -> Vec<u16> {
    let reach = (deviation * 2.5).ceil() as i32;
    let weights: Vec<f32> = (-reach..=reach).map(|x| (-0.5 * (x as f32 / deviation).powi(2)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let mut kernel: Vec<u16> = weights.iter().map(|weight| (weight / sum * 256.0).round() as u16).collect();
    let rest = 256 - i32::from(kernel.iter().sum::<u16>());
    let centre = reach as usize;
    kernel[centre] = kernel[centre].saturating_add_signed(rest as i16);
    kernel
}

fn convolve_rows(source: &[u8], target: &mut [u8], width: usize, kernel: &[u16]) {
    let reach = kernel.len() / 2;
    let mut padded = vec![0_u8; (width + 2 * reach) * 4];
    let mut sums = vec![0_u16; width * 4];
    for (row, out) in source.chunks_exact(width * 4).zip(target.chunks_exact_mut(width * 4)) {
        padded[reach * 4..(reach + width) * 4].copy_from_slice(row);
        for x in 0..reach {
            padded.copy_within(reach * 4..reach * 4 + 4, x * 4);
            padded.copy_within((reach + width - 1) * 4..(reach + width) * 4, (reach + width + x) * 4);
        }
        sums.fill(128);
        for (tap, &weight) in kernel.iter().enumerate() {
            let shifted = &padded[tap * 4..(tap + width) * 4];
            sums.iter_mut().zip(shifted).for_each(|(sum, &value)| *sum += weight * u16::from(value));
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = (sum >> 8) as u8);
    }
}

fn convolve_columns(source: &[u8], target: &mut [u8], width: usize, height: usize, kernel: &[u16]) {
    let reach = (kernel.len() / 2) as isize;
    let stride = width * 4;
    let mut sums = vec![0_u16; stride];
    for (y, out) in target.chunks_exact_mut(stride).enumerate() {
        sums.fill(128);
        for (tap, &weight) in kernel.iter().enumerate() {
            let from = (y as isize + tap as isize - reach).clamp(0, height as isize - 1) as usize;
            let row = &source[from * stride..(from + 1) * stride];
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += weight * u16::from(value));
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = (sum >> 8) as u8);
    }
}
