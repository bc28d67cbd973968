//! Effects that mix neighbouring pixels: drifting colours, blur, sharpening, bloom, resampling.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbaImage;

/// Moves red to the right and blue to the left by `shift` pixels.
pub(super) fn aberration(image: &mut RgbaImage, shift: f32) {
    let width = image.width() as usize;
    let whole = shift.floor();
    let part = ((shift - whole) * 256.0) as u32;
    let whole = whole as isize;
    let mut copy = vec![0; width * 4];
    let last = width as isize - 1;
    for row in image.as_flat_samples_mut().samples.chunks_exact_mut(width * 4) {
        copy.copy_from_slice(row);
        for x in 0..width as isize {
            let fetch = |x: isize, k: usize| u32::from(copy[x.clamp(0, last) as usize * 4 + k]);
            let red = fetch(x - whole, 0) * (256 - part) + fetch(x - whole - 1, 0) * part;
            let blue = fetch(x + whole, 2) * (256 - part) + fetch(x + whole + 1, 2) * part;
            row[x as usize * 4] = (red >> 8) as u8;
            row[x as usize * 4 + 2] = (blue >> 8) as u8;
        }
    }
}

/// Gaussian blur of a small deviation.
pub(super) fn blur(image: &mut RgbaImage, deviation: f32) {
    let kernel = kernel(deviation.clamp(0.2, 4.0));
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut middle = vec![0u8; width * height * 4];
    convolve_rows(image.as_raw(), &mut middle, width, &kernel);
    convolve_columns(&middle, image.as_flat_samples_mut().samples, width, height, &kernel);
}

/// Adds what a small blur takes away.
pub(super) fn sharpen(image: &mut RgbaImage, strength: f32) {
    let mut soft = image.clone();
    blur(&mut soft, 1.0);
    let strength = (strength * 256.0) as i32;
    for (pixel, soft) in image.as_flat_samples_mut().samples.iter_mut().zip(soft.as_raw()) {
        let (sharp, soft) = (i32::from(*pixel), i32::from(*soft));
        *pixel = (sharp + (((sharp - soft) * strength) >> 8)).clamp(0, 255) as u8;
    }
}

/// Adds a wide blur of the picture to itself.
pub(super) fn bloom(image: &mut RgbaImage, strength: f32, deviation: f32) {
    let (width, height) = image.dimensions();
    let (small_width, small_height) = (width.div_ceil(4).max(2), height.div_ceil(4).max(2));
    let mut small = resized(image, small_width, small_height, FilterType::Box);
    blur(&mut small, deviation.max(0.6));
    let wide = resized(&small, width, height, FilterType::Bilinear);
    let strength = (strength * 256.0) as u32;
    for (pixel, light) in image.as_flat_samples_mut().samples.iter_mut().zip(wide.as_raw()) {
        *pixel = (u32::from(*pixel) + ((u32::from(*light) * strength) >> 8)).min(255) as u8;
    }
}

/// Shrinks to `share` of its size and enlarges again.
pub(super) fn resample(image: &mut RgbaImage, share: f32) {
    let (width, height) = image.dimensions();
    let side = |length: u32| ((length as f32 * share) as u32).max(8);
    let small = resized(image, side(width), side(height), FilterType::Bilinear);
    *image = resized(&small, width, height, FilterType::Bilinear);
}

fn resized(image: &RgbaImage, width: u32, height: u32, filter: FilterType) -> RgbaImage {
    let source = ImageRef::new(image.width(), image.height(), image.as_raw(), PixelType::U8x4)
        .expect("an image has its own size");
    let mut target = Image::new(width, height, PixelType::U8x4);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).expect("both are four bytes a pixel");
    RgbaImage::from_raw(width, height, target.into_vec()).expect("the target has this size")
}

/// Weights of 256 in sum, symmetric, of odd length.
fn kernel(deviation: f32) -> Vec<u32> {
    let reach = (deviation * 2.5).ceil() as i32;
    let weights: Vec<f32> =
        (-reach..=reach).map(|x| (-0.5 * (x as f32 / deviation).powi(2)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let mut kernel: Vec<u32> = weights.iter().map(|weight| (weight / sum * 256.0).round() as u32).collect();
    let rest = 256 - kernel.iter().sum::<u32>() as i64 as i32;
    let centre = reach as usize;
    kernel[centre] = kernel[centre].saturating_add_signed(rest);
    kernel
}

fn convolve_rows(source: &[u8], target: &mut [u8], width: usize, kernel: &[u32]) {
    let reach = kernel.len() / 2;
    let mut padded = vec![0u8; (width + 2 * reach) * 4];
    let mut sums = vec![0u32; width * 4];
    for (row, out) in source.chunks_exact(width * 4).zip(target.chunks_exact_mut(width * 4)) {
        padded[reach * 4..(reach + width) * 4].copy_from_slice(row);
        for x in 0..reach {
            padded.copy_within(reach * 4..reach * 4 + 4, x * 4);
            padded.copy_within((reach + width - 1) * 4..(reach + width) * 4, (reach + width + x) * 4);
        }
        sums.fill(128);
        for (tap, &weight) in kernel.iter().enumerate() {
            let shifted = &padded[tap * 4..(tap + width) * 4];
            sums.iter_mut().zip(shifted).for_each(|(sum, &value)| *sum += weight * u32::from(value));
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = (sum >> 8) as u8);
    }
}

fn convolve_columns(source: &[u8], target: &mut [u8], width: usize, height: usize, kernel: &[u32]) {
    let reach = (kernel.len() / 2) as isize;
    let stride = width * 4;
    let mut sums = vec![0u32; stride];
    for (y, out) in target.chunks_exact_mut(stride).enumerate() {
        sums.fill(128);
        for (tap, &weight) in kernel.iter().enumerate() {
            let from = (y as isize + tap as isize - reach).clamp(0, height as isize - 1) as usize;
            let row = &source[from * stride..(from + 1) * stride];
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += weight * u32::from(value));
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = (sum >> 8) as u8);
    }
}
