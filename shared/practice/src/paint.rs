//! Draws a table: swirling background, side panel, rows, shop, cards with their shadows.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use image::RgbaImage;
use image::imageops::FilterType;
use lens_core::geometry::Rect;
use synth::canvas::Canvas;
use synth::canvas::sprite::Sprite;
use synth::canvas::warp::Sampling;
use synth::canvas::writer::Writer;

use crate::art::{self, CardArt};
use crate::table::{TableCard, TableState};

mod panel;
mod swirl;

/// Draws tables; keeps what it has drawn before, so the first image takes longest.
pub struct Painter {
    art: CardArt,
    writer: Writer,
    swirl: swirl::Swirl,
    sprites: HashMap<(String, u32), Rc<Sprite>>,
    canvas: Canvas,
}

/// Images of cards that are kept at their size on screen; one round shows about forty.
const MAX_SPRITES: usize = 160;

impl Painter {
    pub fn new(art: CardArt) -> Self {
        Self {
            art,
            writer: Writer::default(),
            swirl: swirl::Swirl::default(),
            sprites: HashMap::new(),
            canvas: Canvas::unowned(RgbaImage::new(1, 1)),
        }
    }

    pub fn catalogue(&self) -> &lens_core::catalogue::Catalogue {
        self.art.catalogue()
    }

    /// Draws the table; the image stays valid until the next call.
    pub fn paint(&mut self, state: &TableState) -> &RgbaImage {
        let [width, height] = state.size;
        if self.canvas.image().dimensions() != (width, height) {
            self.canvas = Canvas::unowned(RgbaImage::new(width, height));
        }
        self.swirl.paint(self.canvas.image_mut(), state.time);
        panel::paint(&mut self.canvas, &mut self.writer, state);
        for card in &state.cards {
            self.card(state, card);
        }
        self.canvas.image()
    }

    fn card(&mut self, state: &TableState, card: &TableCard) {
        let shown = Rect::ltwh(0.0, 0.0, state.size[0] as f32, state.size[1] as f32);
        if card.quad.bounds().intersection(shown).area() <= 0.0 {
            return;
        }
        let Some(sprite) = self.sprite(card, state.card_height()) else { return };
        let away = (0.02 + 0.07 * card.lift) * state.card_height();
        self.canvas.shade_under(&sprite, card.quad.shifted(-0.4 * away, away), 0.35);
        self.canvas.paste(&sprite, card.quad, Sampling::Precise);
    }

    /// The card's image about as high as it is shown; heights are rounded, so that few are made.
    fn sprite(&mut self, card: &TableCard, on_table: f32) -> Option<Rc<Sprite>> {
        let steps = (card.quad.height() / on_table * 4.0).round().clamp(2.0, 8.0);
        let height = (on_table * steps / 4.0).round().max(8.0) as u32;
        let key = (art::key(&card.id, &card.modifiers), height);
        if let Some(sprite) = self.sprites.get(&key) {
            return Some(Rc::clone(sprite));
        }
        let sprite = Rc::new(sprite(&*self.art.picture(&card.id, &card.modifiers)?, height));
        if self.sprites.len() >= MAX_SPRITES {
            self.sprites.clear();
        }
        self.sprites.insert(key, Rc::clone(&sprite));
        Some(sprite)
    }
}

impl fmt::Debug for Painter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Painter").field("art", &self.art).finish_non_exhaustive()
    }
}

/// An image with straight alpha, resized to this height and premultiplied.
fn sprite(picture: &RgbaImage, height: u32) -> Sprite {
    let width = (picture.width() * height).div_ceil(picture.height());
    let mut scaled = picture.clone();
    for pixel in scaled.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel.0[..3] {
            *channel = (u32::from(*channel) * alpha / 255) as u8;
        }
    }
    if scaled.dimensions() != (width, height) {
        scaled = image::imageops::resize(&scaled, width, height, FilterType::CatmullRom);
    }
    Sprite::premultiplied(&scaled)
}
