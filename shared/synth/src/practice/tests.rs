//! The deck is whole, is the same every time, and its cards can be told apart.

use std::collections::HashMap;

use lens_core::catalogue::CardType;

use super::*;

#[test]
fn every_cell_of_the_catalogue_is_drawn() {
    let sprites = sprites();
    let catalogue = sprites.catalogue();
    let words = &catalogue.modifiers;
    let art = catalogue.cards.iter().flat_map(|card| &card.skins).flat_map(|skin| &skin.art);
    let layers = art.flat_map(|art| [&art.base, &art.front, &art.floating]);
    let modifiers =
        words.enhancements.iter().chain(&words.seals).chain(&words.stickers).map(|word| &word.cell);
    let mut owners: HashMap<Vec<u8>, &Cell> = HashMap::new();
    for cell in layers.chain(modifiers).flatten() {
        let picture = sprites.cell(cell, 1);
        assert!(picture.pixels().filter(|pixel| pixel.0[3] > 0).count() > 100, "{cell:?} is empty");
        if let Some(other) = owners.insert(picture.as_raw().clone(), cell) {
            assert_eq!(other, cell, "two cells look the same");
        }
    }
    assert_eq!(sprites.not_cards().len(), 8);
    for kind in CardType::ALL {
        let count = catalogue.cards.iter().filter(|card| card.card_type == kind).count();
        assert!(count >= 6, "{count} cards of the kind {}", kind.name());
    }
}

#[test]
fn the_deck_is_the_same_every_time() {
    let catalogue = catalogue();
    assert!(sheets(&catalogue) == sheets(&catalogue));
}

/// A recogniser that learned colours alone would fail in foil, negative or under a coloured screen.
#[test]
fn pictures_differ_in_more_than_colour() {
    let sprites = sprites();
    let cards: Vec<_> = sprites.catalogue().cards.iter().filter(|card| card.id.starts_with("x_")).collect();
    assert!(cards.len() >= 40);
    let outlines: Vec<Vec<bool>> = cards
        .iter()
        .map(|card| {
            let base = card.skins[0].art[0].base.as_ref().expect("a picture card has a base");
            dark_pixels(sprites.cell(base, 1))
        })
        .collect();
    for (one, outline) in outlines.iter().enumerate() {
        for (other, compared) in outlines.iter().enumerate().skip(one + 1) {
            let different = outline.iter().zip(compared).filter(|(left, right)| left != right).count();
            assert!(different > 400, "{} and {}: {different} pixels", cards[one].id, cards[other].id);
        }
    }
}

/// The drawing without its colours: what is darker than the picture's mean.
fn dark_pixels(picture: &RgbaImage) -> Vec<bool> {
    let grey = |pixel: &image::Rgba<u8>| pixel.0[..3].iter().map(|&value| u32::from(value)).sum::<u32>();
    let mean = picture.pixels().map(grey).sum::<u32>() / (picture.width() * picture.height());
    picture.pixels().map(|pixel| grey(pixel) < mean).collect()
}
