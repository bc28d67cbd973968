//! Composed images of the game, with the truth about every card in them.

use image::RgbaImage;
use lens_core::catalogue::CardType;
use lens_core::geometry::{InFrame, Quad};

use crate::background;
use crate::bank::Bank;
use crate::canvas::warp::Sampling;
use crate::canvas::{Area, Canvas, NOBODY, Owned};
use crate::card::CardTruth;
use crate::dice::Dice;
use crate::interface::{self, panels};
use crate::recipe::SceneRecipe;
use crate::screen_effects;

mod crowded;
mod furniture;
mod table;

use table::{Item, Table};

/// An image and its cards.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The image; alpha is 255.
    pub image: RgbaImage,
    /// Every card of which something is seen, those further back first.
    pub cards: Vec<PlacedCard>,
    /// What was laid out.
    pub layout: Layout,
}

/// A card in a scene.
#[derive(Clone, Copy, Debug)]
pub struct PlacedCard {
    /// The whole card, also where it is covered or beyond the frame.
    pub quad: Quad<InFrame>,
    /// Share of the card that is neither covered nor beyond the frame.
    pub visible: f32,
    pub truth: CardTruth,
}

/// How the cards of a scene lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A hand below jokers and consumables.
    Hand,
    /// The shop.
    Shop,
    /// Rows of overlapping cards.
    Deck,
    /// An opened booster pack.
    Pack,
    /// Cards of any size anywhere.
    Scatter,
    /// A few large cards.
    CloseUp,
    /// Rows of a collection.
    Collection,
    /// One row of jokers fills the image.
    Jokers,
    /// A game with cards of all types strewn over it.
    Strewn,
    /// The whole deck in rows that cover each other.
    DeckView,
    /// Stacks of jokers, vouchers and consumables.
    Stacks,
    /// A panel full of cards.
    Pages,
    /// No card.
    Empty,
    /// The title, before which cards fly in any direction.
    Flying,
}

impl Layout {
    /// In the order of the recipe's weights.
    pub const ALL: [Self; 14] = [
        Self::Hand,
        Self::Shop,
        Self::Deck,
        Self::Pack,
        Self::Scatter,
        Self::CloseUp,
        Self::Collection,
        Self::Jokers,
        Self::Strewn,
        Self::DeckView,
        Self::Stacks,
        Self::Pages,
        Self::Empty,
        Self::Flying,
    ];
}

/// A card of which less is seen than this is not listed.
const MIN_VISIBLE: f32 = 0.004;

/// Composes the scene of `seed`; the same bank, recipe and seed give the same scene.
pub fn compose(bank: &Bank, recipe: &SceneRecipe, seed: u64) -> Scene {
    let mut dice = Dice::new(seed, 2);
    let weights = recipe.scene.layouts.in_order();
    // What has no weight at the end must not be what rounding leaves over.
    let wanted = weights.iter().rposition(|&weight| weight > 0.0).map_or(1, |last| last + 1);
    let layout = Layout::ALL[dice.weighted(&weights[..wanted])];
    compose_layout(bank, recipe, layout, &mut dice)
}

pub(crate) fn compose_layout(bank: &Bank, recipe: &SceneRecipe, layout: Layout, dice: &mut Dice) -> Scene {
    let [width, height] = recipe.size;
    let px = height as f32 / 360.0;
    let frame = Area::new(0.0, 0.0, width as f32, height as f32);
    let ranges = &recipe.scene;
    let game = viewport(frame, ranges.windowed, ranges.window_size, ranges.cropped, ranges.crop_zoom, dice);
    let mut canvas = ground(bank, recipe, game, px, dice);

    let ch = game.h * dice.within(ranges.card_height);
    let mut table = Table::new(bank, ranges, game, frame, ch, layout);
    furniture::below(&mut canvas, &mut table, recipe, px, dice);
    table.lay_out(layout, dice);
    if dice.happens(ranges.dragged) {
        table.drag(dice);
    }
    if matches!(layout, Layout::Strewn) && dice.chance(0.7) {
        interface::hand_buttons(&mut canvas, game.part(0.38, 0.835, 0.32, 0.115), dice);
    }

    let sampling = if dice.chance(0.5) { Sampling::Blocky } else { Sampling::Smooth };
    let shadow = dice.chance(ranges.shadow).then(|| Shadow::new(ranges.shadow_strength, dice));
    paste_all(&mut canvas, bank, &table.items, shadow.as_ref(), sampling);
    canvas.ink = NOBODY;
    furniture::above(&mut canvas, &table, recipe, px, dice);

    let owned = canvas.count_owners(table.items.len() + 1);
    let cards = table
        .items
        .iter()
        .zip(&owned[1..])
        .filter(|(item, _)| !item.is_edge)
        .filter_map(|(item, &pixels)| placed(bank, item, pixels))
        .collect();
    let mut image = canvas.image;
    screen_effects::apply(&mut image, &recipe.screen, px, 1.0, dice);
    Scene { image, cards, layout }
}

/// Where the game lies in the frame: filling it, inside a larger window, or cut to a part.
fn viewport(
    frame: Area,
    windowed: f32,
    sizes: [f32; 2],
    cropped: f32,
    zooms: [f32; 2],
    dice: &mut Dice,
) -> Area {
    if dice.chance(windowed) {
        let share = dice.within(sizes);
        let (w, h) = (frame.w * share, frame.h * share * dice.range(0.92, 1.08)).min_sides(frame);
        return Area::new(dice.range(0.0, 1.0) * (frame.w - w), dice.range(0.0, 1.0) * (frame.h - h), w, h);
    }
    if dice.chance(cropped) {
        let zoom = dice.within(zooms);
        let (w, h) = (frame.w * zoom, frame.h * zoom);
        return Area::new(dice.range(0.0, 1.0) * (frame.w - w), dice.range(0.0, 1.0) * (frame.h - h), w, h);
    }
    frame
}

trait Sides {
    fn min_sides(self, frame: Area) -> (f32, f32);
}

impl Sides for (f32, f32) {
    fn min_sides(self, frame: Area) -> (f32, f32) {
        (self.0.min(frame.w), self.1.min(frame.h))
    }
}

fn ground(bank: &Bank, recipe: &SceneRecipe, game: Area, px: f32, dice: &mut Dice) -> Canvas {
    let [width, height] = recipe.size;
    let windowed = game.w < width as f32;
    let inner = (game.w.min(width as f32).ceil() as u32, game.h.min(height as f32).ceil() as u32);
    let step = dice.range(0.75, 1.0) * 360.0 / game.h;
    let choice = dice.unit();
    let paint = if choice < recipe.scene.swirl {
        background::swirl(&bank.swirls, inner.0, inner.1, step, dice)
    } else if choice < recipe.scene.swirl + (1.0 - recipe.scene.swirl) * 0.5 {
        let dark = dice.chance(0.7);
        let colour = [0; 3].map(|_: u8| if dark { dice.below(60) as u8 } else { dice.below(256) as u8 });
        background::plain(inner.0, inner.1, colour)
    } else {
        background::patches(inner.0, inner.1, dice)
    };
    if !windowed {
        return Canvas::new(paint, Owned::Yes);
    }
    let desk = match dice.below(3) {
        0 => background::patches(width, height, dice),
        1 => background::plain(width, height, [0; 3].map(|_: u8| dice.below(256) as u8)),
        _ => background::plain(width, height, [dice.below(50) as u8; 3]),
    };
    let mut canvas = Canvas::new(desk, Owned::Yes);
    panels::desktop(&mut canvas, px, dice);
    image::imageops::replace(&mut canvas.image, &paint, game.x as i64, game.y as i64);
    canvas
}

/// The shadow that a scene's light gives.
pub(crate) struct Shadow {
    strength: f32,
    /// Down, in heights of a card.
    drop: f32,
    /// Away from the middle of the frame, in heights of a card at its edge.
    spread: f32,
}

impl Shadow {
    pub(crate) fn new(strength: [f32; 2], dice: &mut Dice) -> Self {
        let lifted = dice.chance(0.12);
        Self {
            strength: dice.within(strength),
            drop: if lifted { dice.range(0.08, 0.18) } else { dice.range(0.005, 0.07) },
            spread: dice.range(-0.03, 0.09),
        }
    }

    /// Darkens what lies under a card; corners are cut as the card's are round.
    pub(crate) fn cast(&self, canvas: &mut Canvas, quad: Quad<InFrame>) {
        let height = quad.height();
        let middle = canvas.width() / 2.0;
        let away = (middle - quad.centre().x) / middle.max(1.0) * self.spread * height;
        let moved = quad.shifted(away, self.drop * height);
        let near = 0.06;
        let corners = [
            [near, 0.0],
            [1.0 - near, 0.0],
            [1.0, near * 0.75],
            [1.0, 1.0 - near * 0.75],
            [1.0 - near, 1.0],
            [near, 1.0],
            [0.0, 1.0 - near * 0.75],
            [0.0, near * 0.75],
        ]
        .map(|[u, v]| {
            let at = moved.at(u, v);
            [at.x, at.y]
        });
        canvas.shade(&corners, self.strength);
    }
}

fn paste_all(canvas: &mut Canvas, bank: &Bank, items: &[Item], shadow: Option<&Shadow>, sampling: Sampling) {
    for (number, item) in items.iter().enumerate() {
        canvas.ink = NOBODY;
        let card = &bank.cards()[item.card];
        let quad = card.quad_in(item.cell);
        if let Some(shadow) = shadow {
            shadow.cast(canvas, quad);
        }
        if item.is_edge {
            let shade = 150 + (number % 3) as u8 * 22;
            canvas.polygon(&quad.scaled(0.99).to_xy(), [shade, shade, shade.saturating_add(4)]);
            continue;
        }
        canvas.ink = number as u16 + 1;
        canvas.paste(&card.sprite, item.cell, sampling);
    }
}

fn placed(bank: &Bank, item: &Item, pixels: u32) -> Option<PlacedCard> {
    let card = &bank.cards()[item.card];
    let quad = card.quad_in(item.cell);
    let whole = quad.signed_area().abs() * card.filled;
    let visible = (pixels as f32 / whole.max(1.0)).min(1.0);
    let kept = visible > MIN_VISIBLE && quad.is_card_shaped();
    kept.then_some(PlacedCard { quad, visible, truth: card.truth })
}

/// The types of cards that a place of the game shows.
pub(crate) const CONSUMABLES: [CardType; 3] = [CardType::Tarot, CardType::Planet, CardType::Spectral];
