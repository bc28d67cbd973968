//! The practice deck: a game's cards without a game, drawn by code and free to show.
//!
//! Everything that needs cards (composed scenes, the practice table, tests) works with it as with
//! an imported game. Its playing cards, enhancements, seals and stickers have the same words as
//! Balatro's; the images are its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use image::{RgbaImage, imageops};
use lens_core::catalogue::{Catalogue, Cell, ModifierArt, Sheet};

use crate::art::Sprites;
use fronts::Colours;

mod bases;
mod fronts;
mod letters;
mod palette;
mod pen;
mod pictures;
mod shape;

/// Draws what a word stands for, if it stands for anything.
type Draw = fn(&str) -> Option<RgbaImage>;

/// The catalogue that ships as `data/catalogues/practice.json`.
pub fn catalogue() -> Arc<Catalogue> {
    let text = include_str!("../../../data/catalogues/practice.json");
    Arc::new(Catalogue::parse(text).expect("the practice catalogue that ships is valid"))
}

/// Draws the deck: the same pixels every time.
pub fn sprites() -> Sprites {
    let catalogue = catalogue();
    let sheets = sheets(&catalogue);
    Sprites::new(catalogue, &sheets).expect("every sheet of the practice catalogue is drawn, in its size")
}

/// The sheets at 1x, by their name in the catalogue.
pub fn sheets(catalogue: &Catalogue) -> BTreeMap<String, RgbaImage> {
    let mut sheets: BTreeMap<String, RgbaImage> =
        catalogue.sheets.iter().map(|(name, sheet)| (name.clone(), empty(sheet))).collect();
    let mut put = |cell: &Cell, picture: &RgbaImage| {
        let [width, height] = catalogue.sheets[&cell.sheet].cell;
        let sheet = sheets.get_mut(&cell.sheet).expect("every sheet of the catalogue was made above");
        imageops::replace(sheet, picture, i64::from(cell.x * width), i64::from(cell.y * height));
    };
    for card in &catalogue.cards {
        for base in card.skins.iter().flat_map(|skin| &skin.art).filter_map(|art| art.base.as_ref()) {
            if let Some(picture) = pictures::draw(&card.id, &card.name) {
                put(base, &picture);
            }
        }
    }
    for (name, colours) in [("fronts", Colours::Two), ("fronts_four_colours", Colours::Four)] {
        for (y, suit) in (0..).zip(fronts::SUITS) {
            for (x, rank) in (0..).zip(fronts::RANKS) {
                put(&Cell { sheet: name.to_owned(), x, y }, &fronts::draw(suit, rank, colours));
            }
        }
    }
    let words = &catalogue.modifiers;
    let kinds: [(&[ModifierArt], Draw); 3] = [
        (&words.enhancements, bases::enhancement),
        (&words.seals, bases::seal),
        (&words.stickers, bases::sticker),
    ];
    for (modifiers, draw) in kinds {
        for modifier in modifiers {
            if let (Some(cell), Some(picture)) = (&modifier.cell, draw(&modifier.word)) {
                put(cell, &picture);
            }
        }
    }
    for name in &catalogue.not_cards {
        let [columns, rows] = catalogue.sheets[name].grid;
        for number in 0..columns * rows {
            put(
                &Cell { sheet: name.clone(), x: number % columns, y: number / columns },
                &bases::token(number),
            );
        }
    }
    sheets
}

fn empty(sheet: &Sheet) -> RgbaImage {
    RgbaImage::new(sheet.cell[0] * sheet.grid[0], sheet.cell[1] * sheet.grid[1])
}

#[cfg(test)]
mod tests;
