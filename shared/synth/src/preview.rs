//! Draws the truth over a composed image, for people to look at.

use image::imageops::{FilterType, replace, resize};
use image::{Rgba, RgbaImage};
use lens_core::catalogue::Catalogue;
use lens_core::manifest::{NOT_A_CARD, UNKNOWN};
use lens_core::modifiers::{DEBUFFED, NONE, edition};
use lens_core::palette;

use crate::bank::Bank;
use crate::canvas::text::Face;
use crate::canvas::{Canvas, Colour, Owned};
use crate::crop::Crop;
use crate::scene::Scene;

/// Draws the quad, the class, the modifiers and the visible share of every card over `image`.
///
/// `image` is the scene's own, or one enlarged from it by a whole factor.
pub fn draw_truth(image: &mut RgbaImage, scene: &Scene, catalogue: &Catalogue) {
    let factor = image.width() as f32 / scene.image.width() as f32;
    let mut classes = catalogue.classes();
    classes.extend([NOT_A_CARD.to_owned(), UNKNOWN.to_owned()]);
    let mut canvas = Canvas::new(std::mem::take(image), Owned::No);
    for card in &scene.cards {
        let colour = palette::bytes(palette::of_type(card.truth.kind));
        let corners = card.quad.to_xy().map(|corner| corner.map(|value| value * factor));
        for (number, from) in corners.iter().enumerate() {
            line(&mut canvas, *from, corners[(number + 1) % 4], colour);
        }
        let modifiers = card.truth.modifiers(catalogue);
        let class = classes.get(card.truth.class).map_or("?", String::as_str);
        let mut words = vec![class.to_owned(), format!("{:.0}%", card.visible * 100.0)];
        let plain = [edition::BASE, NONE];
        words.extend(
            [modifiers.edition, modifiers.enhancement, modifiers.seal]
                .into_iter()
                .filter(|word| !plain.contains(&word.as_str())),
        );
        words.extend(modifiers.stickers);
        if modifiers.debuffed {
            words.push(DEBUFFED.into());
        }
        for (number, word) in words.iter().enumerate() {
            let at = [corners[0][0] + 2.0, corners[0][1] + 2.0 + 9.0 * number as f32];
            canvas.text(Face::Sans, word, at[0] + 1.0, at[1] + 1.0, 7.0, 400.0, [0, 0, 0]);
            canvas.text(Face::Sans, word, at[0], at[1], 7.0, 400.0, colour);
        }
    }
    *image = canvas.image;
}

/// Crops side by side, `columns` in a row, each over its class.
pub fn sheet(crops: &[Crop], bank: &Bank, [width, height]: [u32; 2], columns: u32) -> RgbaImage {
    let picture = |crop: &Crop| RgbaImage::from_raw(width, height, crop.pixels.clone()).unwrap_or_default();
    let named = crops.iter().map(|crop| (picture(crop), bank.classes()[crop.truth.class].clone()));
    captioned(&named.collect::<Vec<_>>(), [width, height], columns)
}

/// Images side by side, `columns` in a row, each shrunk or enlarged to fit a cell and over its
/// caption.
pub fn captioned(pictures: &[(RgbaImage, String)], [width, height]: [u32; 2], columns: u32) -> RgbaImage {
    let (cell_width, cell_height) = (width + 4, height + 14);
    let rows = (pictures.len() as u32).div_ceil(columns).max(1);
    let mut sheet = RgbaImage::from_pixel(columns * cell_width, rows * cell_height, Rgba([0, 0, 0, 255]));
    let corner = |number: usize| {
        let number = number as u32;
        (number % columns * cell_width, number / columns * cell_height)
    };
    for (number, (picture, _)) in
        pictures.iter().enumerate().filter(|(_, (it, _))| it.width().min(it.height()) > 0)
    {
        let scale = (width as f32 / picture.width() as f32).min(height as f32 / picture.height() as f32);
        let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
        let (w, h) = (side(picture.width()), side(picture.height()));
        let (x, y) = corner(number);
        let fitted = resize(picture, w, h, FilterType::Triangle);
        replace(&mut sheet, &fitted, (x + (width.saturating_sub(w)) / 2).into(), y.into());
    }
    for (number, (_, caption)) in pictures.iter().enumerate() {
        let (x, y) = corner(number);
        write(&mut sheet, caption, [x as f32, (y + height + 2) as f32], cell_width as f32, [255, 255, 255]);
    }
    sheet
}

/// Writes small letters, at most `width` pixels of them, from the top left corner `at` on.
pub fn write(image: &mut RgbaImage, text: &str, at: [f32; 2], width: f32, colour: [u8; 3]) {
    let mut canvas = Canvas::new(std::mem::take(image), Owned::No);
    canvas.text(Face::PixelTall, text, at[0], at[1], 8.0, width, colour);
    canvas.image.pixels_mut().for_each(|pixel| pixel[3] = 255);
    *image = canvas.image;
}

fn line(canvas: &mut Canvas, from: [f32; 2], to: [f32; 2], colour: Colour) {
    let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).ceil().max(1.0);
    for step in 0..=steps as u32 {
        let t = step as f32 / steps;
        let (x, y) = (from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t);
        canvas.dot(x as i32, y as i32, colour, 256);
    }
}
