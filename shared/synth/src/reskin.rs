//! Faces of no catalogue on court cards: what players' own skins look like.
//!
//! Rank and suit stay in their corners, the image between them is another card's. So a network
//! has to read the corners, and names court cards whose image it has never seen.

use image::{RgbaImage, imageops};
use lens_core::catalogue::{Card, CardType};

use crate::art::Sprites;
use crate::dice::Dice;
use crate::resize::{Manner, resized};

/// Left and right end of the image between the corners, in shares of the card's width.
const ACROSS: [f32; 2] = [0.23, 0.77];
/// Its upper and lower end, in shares of the height.
const DOWN: [f32; 2] = [0.05, 0.95];

/// A front with another image between its corners.
pub(crate) fn dressed(sprites: &Sprites, front: &RgbaImage, scale: u32, dice: &mut Dice) -> RgbaImage {
    let mut picture = front.clone();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (u, v) = (x as f32 / width, y as f32 / height);
        if (ACROSS[0]..ACROSS[1]).contains(&u) && (DOWN[0]..DOWN[1]).contains(&v) {
            pixel[3] = 0;
        }
    }
    let (w, h) = (dice.range(0.38, ACROSS[1] - ACROSS[0]), dice.range(0.5, DOWN[1] - DOWN[0]));
    let size = [(w * width) as u32, (h * height) as u32];
    let face = face(sprites, size, scale, dice);
    let left = (width - size[0] as f32) / 2.0 + dice.normal(0.01) * width;
    let top = (height - size[1] as f32) / 2.0 + dice.normal(0.01) * height;
    for (x, y, pixel) in face.enumerate_pixels() {
        let (x, y) = (x + left as u32, y + top as u32);
        if pixel[3] > 127 && x < picture.width() && y < picture.height() {
            picture.put_pixel(x, y, *pixel);
        }
    }
    picture
}

/// The middle of some other card, half of the time of a court card's skin.
fn face(sprites: &Sprites, [width, height]: [u32; 2], scale: u32, dice: &mut Dice) -> RgbaImage {
    let of_court = dice.chance(0.5);
    let is_donor = |card: &&Card| {
        let court = card.card_type == CardType::Playing && card.skins.len() > 1;
        if of_court { court } else { !court && !card.skins.is_empty() }
    };
    let cards = &sprites.catalogue().cards;
    let donors: Vec<&Card> = cards.iter().filter(is_donor).collect();
    let donor = if donors.is_empty() { dice.pick(cards) } else { *dice.pick(&donors) };
    let art = (!donor.skins.is_empty()).then(|| dice.pick(&donor.skins)).and_then(|skin| skin.art.first());
    let Some(cell) = art.and_then(|art| art.front.as_ref().or(art.base.as_ref())) else {
        return RgbaImage::new(width, height);
    };
    let donor = sprites.cell(cell, scale);
    let (w, h) = (donor.width() as f32 * dice.range(0.5, 0.62), donor.height() as f32 * dice.range(0.6, 0.9));
    let at = [(donor.width() as f32 - w) / 2.0, (donor.height() as f32 - h) / 2.0];
    let middle = imageops::crop_imm(donor, at[0] as u32, at[1] as u32, w as u32, h as u32).to_image();
    let mut face = resized(&middle, width, height, Manner::Area);
    if dice.chance(0.4) {
        imageops::flip_horizontal_in_place(&mut face);
    }
    face
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice;

    #[test]
    fn the_corners_stay_and_the_middle_changes() {
        let sprites = practice::sprites();
        let card = sprites.catalogue().cards.iter().find(|card| card.card_type == CardType::Playing).unwrap();
        let front = sprites.cell(card.skins[0].art[0].front.as_ref().unwrap(), 2);
        let dressed = dressed(&sprites, front, 2, &mut Dice::new(4, 0));
        let (width, height) = front.dimensions();
        let differs = |x: u32, y: u32| front.get_pixel(x, y) != dressed.get_pixel(x, y);
        let corner = (0..width / 5).flat_map(|x| (0..height).map(move |y| (x, y)));
        assert!(corner.into_iter().all(|(x, y)| !differs(x, y) && !differs(width - 1 - x, y)));
        let middle =
            (width / 3..2 * width / 3).flat_map(|x| (height / 3..2 * height / 3).map(move |y| (x, y)));
        let changed = middle.filter(|&(x, y)| differs(x, y)).count() as u32;
        assert!(changed > width * height / 40, "{changed}");
    }
}
