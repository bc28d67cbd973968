#!/bin/sh
# image-compare 0.5.0: MSSIMSimple takes sums for variances, and so calls noise that nobody sees a
# change of nearly everything.
#
# Its documentation gives the usual formula of SSIM, "implemented as on wikipedia", over windows of
# 8x8. There sigma^2 is a variance; what is put in is the sum of the squares, 64 times that. The
# constant c2 of the formula, which is to keep noise on even areas from counting, then weighs a 64th
# of what it should. No report on this was found in its tracker.
#
# Shown with cargo: flat, shaded and busy images of 64x64 and the same with noise of 1 to 8 grey
# levels, against the formula written out here. With the variance of the windows, by 64 or by 63,
# an even grey with noise of one level is 0.99 alike, with noise of four 0.90; the crate says 0.58
# and 0.12. Where the structure is far above the noise both are near 1, and an image is 1 to itself.
# With sums in place of variances the formula gives what the crate gives. Ends with 0 when all of
# that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "alike"
version = "0.0.0"
edition = "2024"

[dependencies]
image = { version = "=0.25.10", default-features = false }
image-compare = "=0.5.0"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use image::{GrayImage, Luma};
use image_compare::{Algorithm, gray_similarity_structure};

const SIDE: u32 = 64;
const WINDOW: u32 = 8;

/// The next of the random numbers.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    *state >> 33
}

fn with_noise(image: &GrayImage, level: i32, state: &mut u64) -> GrayImage {
    GrayImage::from_fn(SIDE, SIDE, |x, y| {
        let noise = (next(state) % (2 * level as u64 + 1)) as i32 - level;
        Luma([(i32::from(image.get_pixel(x, y)[0]) + noise) as u8])
    })
}

/// The formula, averaged over the windows; `count` is what the sums of squares are divided by.
fn ssim(one: &GrayImage, other: &GrayImage, count: f64) -> f64 {
    let (c1, c2) = ((0.01f64 * 255.0).powi(2), (0.03f64 * 255.0).powi(2));
    let windows = SIDE / WINDOW;
    let mut total = 0.0;
    for window in 0..windows * windows {
        let (left, top) = (window % windows * WINDOW, window / windows * WINDOW);
        let pixels: Vec<(f64, f64)> = (0..WINDOW * WINDOW)
            .map(|i| (left + i % WINDOW, top + i / WINDOW))
            .map(|(x, y)| (one.get_pixel(x, y)[0].into(), other.get_pixel(x, y)[0].into()))
            .collect();
        let mean = |of: fn(&(f64, f64)) -> f64| pixels.iter().map(of).sum::<f64>() / pixels.len() as f64;
        let (a, b) = (mean(|p| p.0), mean(|p| p.1));
        let spread = |of: &dyn Fn(&(f64, f64)) -> f64| pixels.iter().map(of).sum::<f64>() / count;
        let (aa, bb) = (spread(&|p| (p.0 - a).powi(2)), spread(&|p| (p.1 - b).powi(2)));
        let ab = spread(&|p| (p.0 - a) * (p.1 - b));
        total += (2.0 * a * b + c1) * (2.0 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2));
    }
    total / f64::from(windows * windows)
}

fn main() {
    let mut state = 1;
    let images = [
        ("even", GrayImage::from_pixel(SIDE, SIDE, Luma([128]))),
        ("shaded", GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([(60 + x + y / 2) as u8]))),
        ("busy", GrayImage::from_fn(SIDE, SIDE, |_, _| Luma([(40 + next(&mut state) % 176) as u8]))),
    ];
    let mut good = true;
    for (name, image) in &images {
        for level in [0, 1, 2, 4, 8] {
            let noisy = with_noise(image, level, &mut state);
            let found = gray_similarity_structure(&Algorithm::MSSIMSimple, image, &noisy).unwrap().score;
            let [right, sample, sums] = [64.0, 63.0, 1.0].map(|count| ssim(image, &noisy, count));
            print!("{name}, noise of {level}: {right:.3} (by 63: {sample:.3}), ");
            println!("with sums {sums:.3}; found {found:.3}");
            good &= (found - sums).abs() < 1e-9 && (right - sample).abs() < 0.01;
            good &= match (*name, level) {
                (_, 0) => found == 1.0,
                ("even", 1) => right > 0.98 && found < 0.6,
                ("even", _) => found < right / 2.0,
                ("shaded", _) => found < right - 0.02,
                _ => found > 0.98 && (right - found).abs() < 0.01,
            };
        }
    }
    std::process::exit(if good { 0 } else { 1 });
}
RUST
cd "$folder"
cargo run --quiet
