//! Captures of practice cards as they are cut out, and a practice model that may be changed.

use std::path::{Path, PathBuf};

use dataset::captures::crop;
use image::{Rgba, RgbaImage, imageops};
use lens_core::modifiers::Modifiers;

/// A copy of the practice model in a folder of this name.
pub(crate) fn model(root: &Path, name: &str) -> PathBuf {
    let (from, to) = (lens_core::paths::model("practice"), root.join(name));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().contains("gallery") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    to
}

/// A card with what lies around it; upside down it is a card that nobody has seen.
pub(crate) fn capture(id: &str, upside_down: bool) -> RgbaImage {
    let sprites = synth::practice::sprites();
    let card = synth::single::picture(&sprites, id, &Modifiers::default(), 2, 1).unwrap();
    let card = if upside_down { imageops::rotate180(&card) } else { card };
    let margin = crop::quad_in_crop(1000, 1000).bounds().left / 1000.0;
    let around = |side: u32| (side as f32 * margin).round() as u32;
    let (left, top) = (around(card.width()), around(card.height()));
    let mut crop =
        RgbaImage::from_pixel(card.width() + 2 * left, card.height() + 2 * top, Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut crop, &card, left.into(), top.into());
    crop
}
