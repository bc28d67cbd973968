//! The catalogue's art of a card, when it is there: beside a crop it settles most doubts.

use std::sync::Arc;

use egui::{Context, TextureHandle, TextureOptions};
use lens_core::catalogue::Catalogue;
use lens_core::modifiers::Modifiers;
use synth::art::Sprites;
use synth::{practice, single};

use crate::pictures::{self, Make, Pictures};
use crate::thumbnails::texture_of;

/// Images that are kept: some 65 MB.
const MAX_KEPT: usize = 600;

/// A card with its edition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    id: String,
    edition: String,
}

impl pictures::Key for Key {
    fn name(&self) -> String {
        format!("{} {}", self.id, self.edition)
    }

    fn options(&self) -> TextureOptions {
        TextureOptions::NEAREST
    }

    fn kept(&self) -> (u8, usize) {
        (0, MAX_KEPT)
    }
}

/// Images of the catalogue's cards.
pub struct CardArt(Pictures<Key>);

impl CardArt {
    /// Draws on a thread of its own; the art is read when the first card is asked for.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let mut sprites: Option<Option<Sprites>> = None;
        let make: Make<Key> = Box::new(move |key| {
            let sprites = sprites.get_or_insert_with(|| art(&catalogue)).as_ref()?;
            let modifiers = Modifiers { edition: key.edition.clone(), ..Modifiers::default() };
            Some(texture_of(&single::picture(sprites, &key.id, &modifiers, 2, 1)?))
        });
        Self(Pictures::new("card art", vec![make]))
    }

    /// Takes in what has been drawn; to be called once a frame.
    pub fn begin(&mut self, context: &Context) {
        self.0.begin(context);
    }

    /// The card's image, when it is there already and there is art.
    pub fn get(&mut self, context: &Context, id: &str, edition: &str) -> Option<TextureHandle> {
        self.0.get(context, &Key { id: id.to_owned(), edition: edition.to_owned() })
    }

    /// Whether every image that was asked for is there.
    pub fn is_idle(&self) -> bool {
        self.0.is_idle()
    }
}

/// The art of a game: the practice deck draws itself, other games are imported by the player.
fn art(catalogue: &Arc<Catalogue>) -> Option<Sprites> {
    if catalogue.game == practice::catalogue().game {
        return Some(practice::sprites());
    }
    Sprites::from_folder(Arc::clone(catalogue), &lens_core::paths::art(&catalogue.game).join("textures")).ok()
}
