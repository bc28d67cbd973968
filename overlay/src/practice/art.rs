//! The pictures of cards, layered from sprites and kept.

use std::collections::HashMap;
use std::rc::Rc;

use image::{RgbaImage, imageops};
use scenes::art::Sprites;
use shared::catalogue::{Cell, ModifierArt};
use shared::modifiers::Modifiers;

/// Sheets have a larger scale as well, which suits the sizes that cards have on screens.
const SCALE: u32 = 2;

/// Draws cards from a game's sprites, each once.
pub struct CardArt {
    sprites: Sprites,
    drawn: HashMap<String, Rc<RgbaImage>>,
}

impl CardArt {
    /// Draws from these sprites.
    pub fn new(sprites: Sprites) -> Self {
        Self { sprites, drawn: HashMap::new() }
    }

    /// The sprites' catalogue.
    pub fn catalogue(&self) -> &shared::catalogue::Catalogue {
        self.sprites.catalogue()
    }

    /// A card's picture with straight alpha; `None` when the catalogue does not list it or has no art for it.
    pub fn picture(&mut self, id: &str, modifiers: &Modifiers) -> Option<Rc<RgbaImage>> {
        let key = key(id, modifiers);
        if let Some(picture) = self.drawn.get(&key) {
            return Some(Rc::clone(picture));
        }
        let picture = Rc::new(self.draw(id, modifiers)?);
        self.drawn.insert(key, Rc::clone(&picture));
        Some(picture)
    }

    fn draw(&self, id: &str, modifiers: &Modifiers) -> Option<RgbaImage> {
        let catalogue = self.sprites.catalogue();
        let words = &catalogue.modifiers;
        let art = catalogue.card(id)?.looks.first()?.art.first()?;
        let [width, height] = catalogue.card_size.map(|side| side * SCALE);
        let mut picture = RgbaImage::new(width, height);
        let mut lay = |cell: Option<&Cell>| {
            if let Some(cell) = cell {
                let layer = self.sprites.cell(cell, SCALE);
                if layer.dimensions() == (width, height) {
                    imageops::overlay(&mut picture, layer, 0, 0);
                } else {
                    let fitted = imageops::resize(layer, width, height, imageops::FilterType::Triangle);
                    imageops::overlay(&mut picture, &fitted, 0, 0);
                }
            }
        };
        let enhancement = || find(&words.enhancements, &modifiers.enhancement);
        lay(art.base.as_ref().or_else(enhancement));
        lay(art.front.as_ref());
        lay(art.floating.as_ref());
        lay(find(&words.seals, &modifiers.seal));
        for sticker in &modifiers.stickers {
            lay(find(&words.stickers, sticker));
        }
        Some(picture)
    }
}

/// Names a card with all that is on it.
pub(super) fn key(id: &str, modifiers: &Modifiers) -> String {
    let Modifiers { edition, enhancement, seal, stickers, debuffed } = modifiers;
    format!("{id} {edition} {enhancement} {seal} {stickers:?} {debuffed}")
}

fn find<'a>(words: &'a [ModifierArt], word: &str) -> Option<&'a Cell> {
    words.iter().find(|modifier| modifier.word == word)?.cell.as_ref()
}
