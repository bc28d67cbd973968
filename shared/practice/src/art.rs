//! The images of cards, drawn once and kept.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use image::RgbaImage;
use lens_core::modifiers::Modifiers;
use synth::art::Sprites;
use synth::single;

/// Sheets have a larger scale as well, which suits the sizes that cards have on screens.
const SCALE: u32 = 2;

/// Draws cards from a game's sprites, each once.
pub struct CardArt {
    sprites: Sprites,
    drawn: HashMap<String, Rc<RgbaImage>>,
}

impl CardArt {
    pub fn new(sprites: Sprites) -> Self {
        Self { sprites, drawn: HashMap::new() }
    }

    pub fn catalogue(&self) -> &lens_core::catalogue::Catalogue {
        self.sprites.catalogue()
    }

    /// A card's image with straight alpha; `None` when it is not listed, or without art.
    pub fn picture(&mut self, id: &str, modifiers: &Modifiers) -> Option<Rc<RgbaImage>> {
        let key = key(id, modifiers);
        if let Some(picture) = self.drawn.get(&key) {
            return Some(Rc::clone(picture));
        }
        // Each card shimmers at a moment of its own.
        let seed = key.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let picture = Rc::new(single::picture(&self.sprites, id, modifiers, SCALE, seed)?);
        self.drawn.insert(key, Rc::clone(&picture));
        Some(picture)
    }
}

impl fmt::Debug for CardArt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CardArt").field("sprites", &self.sprites).finish_non_exhaustive()
    }
}

/// Names a card with all that is on it.
pub(super) fn key(id: &str, modifiers: &Modifiers) -> String {
    let Modifiers { edition, enhancement, seal, stickers, debuffed } = modifiers;
    format!("{id} {edition} {enhancement} {seal} {stickers:?} {debuffed}")
}
