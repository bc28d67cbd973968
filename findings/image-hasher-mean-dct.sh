#!/bin/sh
# image_hasher 3.1.1: HashAlg::Mean with preproc_dct, which its documentation says is pHash, gives
# hashes in which nearly all bits are zero, so that different images look alike.
#
# Shown with cargo: of 60 pale images, each of twelve rectangles of random place and shade, the 8x8
# hashes of Mean alone and of Median with the transform have about half of their bits set, and hardly
# any two images are within five bits. Mean with the transform sets three of the 64, since the mean
# has the constant part of the transform in it, and nine in ten pairs of images are within five bits.
# Ends with 0 when both are seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "hashes"
version = "0.0.0"
edition = "2024"

[dependencies]
image = { version = "=0.25.10", default-features = false }
image_hasher = "=3.1.1"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use image::{GrayImage, Luma};
use image_hasher::{HashAlg, HasherConfig, ImageHash};

const SIDE: u32 = 96;

/// Numerical Recipes' generator of numbers, below a limit.
fn draw(state: &mut u32, limit: u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 16) % limit
}

/// A pale one.
fn shade(state: &mut u32) -> u8 {
    160 + draw(state, 96) as u8
}

fn picture(seed: u32) -> GrayImage {
    let mut state = seed;
    let mut image = GrayImage::from_pixel(SIDE, SIDE, Luma([shade(&mut state)]));
    for _ in 0..12 {
        let [left, top] = [draw(&mut state, 80), draw(&mut state, 80)];
        let [width, height] = [16 + draw(&mut state, 48), 16 + draw(&mut state, 48)];
        let colour = Luma([shade(&mut state)]);
        for y in top..(top + height).min(SIDE) {
            for x in left..(left + width).min(SIDE) {
                image.put_pixel(x, y, colour);
            }
        }
    }
    image
}

/// Bits that are set in a hash on average, and the share of pairs of images within five bits.
fn measure(name: &str, config: HasherConfig) -> (f64, f64) {
    let hasher = config.hash_size(8, 8).to_hasher();
    let hashes: Vec<ImageHash> = (1..=60).map(|seed| hasher.hash_image(&picture(seed * 7919))).collect();
    let set: u32 = hashes.iter().flat_map(|hash| hash.as_bytes()).map(|byte| byte.count_ones()).sum();
    let pairs: Vec<u32> =
        hashes.iter().enumerate().flat_map(|(at, a)| hashes[..at].iter().map(|b| a.dist(b))).collect();
    let alike = pairs.iter().filter(|&&bits| bits <= 5).count() as f64 / pairs.len() as f64;
    let set = f64::from(set) / hashes.len() as f64;
    println!("{name}: {set:.1} of 64 bits set, {:.1} % of pairs within five bits", 100.0 * alike);
    (set, alike)
}

fn main() {
    let config = HasherConfig::new;
    let mean = measure("Mean", config().hash_alg(HashAlg::Mean));
    let median = measure("Median with preproc_dct", config().hash_alg(HashAlg::Median).preproc_dct());
    let phash = measure("Mean with preproc_dct", config().hash_alg(HashAlg::Mean).preproc_dct());
    let others = [mean, median].iter().all(|&(set, alike)| set > 20.0 && alike < 0.01);
    std::process::exit(if others && phash.0 < 6.0 && phash.1 > 0.5 { 0 } else { 1 });
}
RUST
cargo run --quiet --release --manifest-path "$folder/Cargo.toml"
