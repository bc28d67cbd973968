//! The game's catalogue, and its sheets where a copy of the game is at hand.

use std::collections::BTreeMap;

use lens_core::catalogue::CardType;

use super::*;

fn balatro() -> Arc<Catalogue> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/balatro.json");
    Arc::new(Catalogue::read(&path).expect("the catalogue that ships is valid"))
}

/// The folder of the game's textures, for tests that need it.
fn game_textures() -> Option<PathBuf> {
    let folder = std::env::var_os("BALATRO_LENS_ART");
    if folder.is_none() {
        eprintln!("SKIPPED: BALATRO_LENS_ART is not set");
    }
    folder.map(|folder| PathBuf::from(folder).join("textures"))
}

#[test]
fn the_catalogue_has_every_card_of_the_game() {
    let catalogue = balatro();
    let mut counts: BTreeMap<CardType, usize> = BTreeMap::new();
    for card in &catalogue.cards {
        *counts.entry(card.card_type).or_default() += 1;
    }
    let expected = [
        (CardType::Joker, 150),
        (CardType::Playing, 52 + 1),
        (CardType::Tarot, 22),
        (CardType::Planet, 12),
        (CardType::Spectral, 18),
        (CardType::Voucher, 32),
        (CardType::Booster, 32),
        (CardType::Deck, 16),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    // Twelve faces have six skins each; Wee Joker has its twin's look.
    let cards: usize = expected.iter().map(|(_, count)| count).sum();
    assert_eq!(catalogue.classes().len(), cards - 1 + 12 * 6);
    let words = &catalogue.modifiers;
    assert_eq!(
        [words.editions.len(), words.enhancements.len(), words.seals.len(), words.stickers.len()],
        [5, 9, 5, 11]
    );
    for card in &catalogue.cards {
        assert_eq!(card.rarity.is_some(), card.card_type == CardType::Joker, "{}", card.id);
        assert_eq!(card.group.is_some(), card.card_type == CardType::Booster, "{}", card.id);
    }
}

#[test]
fn every_cell_of_the_game_has_a_picture() {
    let Some(textures) = game_textures() else { return };
    let catalogue = balatro();
    let sprites = Sprites::from_folder(Arc::clone(&catalogue), &textures).unwrap();
    let words = &catalogue.modifiers;
    let cards = catalogue.cards.iter().flat_map(|card| &card.skins).flat_map(|skin| &skin.art);
    let layers = cards.flat_map(|art| [&art.base, &art.front, &art.floating]);
    let modifiers =
        words.enhancements.iter().chain(&words.seals).chain(&words.stickers).map(|word| &word.cell);
    for cell in layers.chain(modifiers).flatten() {
        for scale in [1, 2] {
            let opaque = sprites.cell(cell, scale).pixels().filter(|pixel| pixel.0[3] > 0).count();
            assert!(opaque > 100, "{cell:?} at {scale}x has {opaque} pixels");
        }
    }
    // 24 tags, 31 blinds and 10 chips, without most of the 21 frames of each blind.
    let count = sprites.not_cards().len();
    assert!((24 + 31 + 10..100).contains(&count), "{count} images that are not cards");
}

#[test]
fn a_missing_scale_is_made_from_the_other() {
    let sheet = Sheet { file: "x.png".into(), cell: [2, 2], grid: [2, 1] };
    let small = RgbaImage::from_fn(4, 2, |x, y| image::Rgba([(x * 40) as u8, (y * 90) as u8, 7, 255]));
    let from_small = Cells::new(&sheet, Some(&small), None).unwrap();
    let large = image::imageops::resize(&small, 8, 4, image::imageops::FilterType::Nearest);
    let from_large = Cells::new(&sheet, None, Some(&large)).unwrap();
    assert_eq!(from_small.once, from_large.once);
    assert_eq!(from_small.twice, from_large.twice);
    assert_eq!(from_small.twice[1].get_pixel(3, 3), small.get_pixel(3, 1));
}

#[test]
fn a_transparent_neighbour_does_not_darken_a_halved_edge() {
    let mut block = RgbaImage::new(2, 2);
    block.put_pixel(0, 0, image::Rgba([200, 100, 50, 255]));
    assert_eq!(cut::halved(&block).get_pixel(0, 0).0, [200, 100, 50, 63]);
}
