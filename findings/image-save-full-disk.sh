#!/bin/sh
# image 0.25.10: ImageBuffer::save answers Ok where the disk is full, and nothing of the image was
# written.
#
# Shown with cargo, on Linux's /dev/full, which refuses every byte for want of space: an image of 40x40
# is "saved" there as PNG, while std::fs::write of the very same bytes fails with StorageFull. The
# file is written through a BufWriter, whose last 8 kB are written when it is dropped, and that error
# is lost; an image that makes more bytes than that fails as it should.
# Ends with 0 when all three are seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "full"
version = "0.0.0"
edition = "2024"

[dependencies]
image = { version = "=0.25.10", default-features = false, features = ["png"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use std::fs;
use std::io::Cursor;

use image::{ImageFormat, RgbImage};

/// An image that compresses badly.
fn picture(side: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(side, side, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

fn main() {
    let (small, large) = (picture(40), picture(400));
    let mut bytes = Cursor::new(Vec::new());
    small.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let saved = small.save_with_format("/dev/full", ImageFormat::Png);
    let written = fs::write("/dev/full", bytes.get_ref());
    let large = large.save_with_format("/dev/full", ImageFormat::Png);
    println!("{} bytes saved: {saved:?}", bytes.get_ref().len());
    println!("the same bytes written: {written:?}");
    println!("a larger image saved: {large:?}");
    std::process::exit(if saved.is_ok() && written.is_err() && large.is_err() { 0 } else { 1 });
}
RUST
cargo run --quiet --release --manifest-path "$folder/Cargo.toml"
