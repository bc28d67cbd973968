//! The interface below and above the cards of a scene.

use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas};
use crate::dice::Dice;
use crate::interface::phrase::{any_face, phrase};
use crate::interface::{self, RED, WHITE, accent, controls, elsewhere, panels};
use crate::recipe::SceneRecipe;
use crate::scene::Layout;
use crate::scene::crowded;
use crate::scene::table::Table;

/// What lies below the cards.
pub(super) fn below(
    canvas: &mut Canvas,
    table: &mut Table<'_>,
    recipe: &SceneRecipe,
    px: f32,
    dice: &mut Dice,
) {
    let game = table.game;
    let in_game = !matches!(table.layout, Layout::Jokers | Layout::CloseUp | Layout::Scatter);
    if in_game && dice.chance(recipe.scene.sidebar) {
        panels::sidebar(canvas, game, dice);
    }
    if in_game && dice.chance(0.6) {
        panels::slots(canvas, game, dice);
    }
    if dice.chance(recipe.scene.negatives) {
        negatives(canvas, table, px, dice);
    }
    match table.layout {
        Layout::Shop => table.shop = Some(panels::shop(canvas, game, dice)),
        Layout::Deck => {
            let (left, top) = (dice.range(0.1, 0.38), dice.range(0.06, 0.2));
            let (right, bottom) = (dice.range(0.9, 0.97), dice.range(0.8, 0.95));
            let panel = game.part(left, top, right - left, bottom - top);
            let margin = game.h * 0.025;
            canvas.rounded(panel.grown(margin * 1.6), margin * 0.6, [74, 90, 92]);
            canvas.rounded(panel.grown(margin * 0.4), margin * 0.6, [50, 62, 65]);
            table.panel = Some(panel);
        }
        Layout::DeckView | Layout::Stacks | Layout::Pages => {
            table.panel = Some(crowded::panel(canvas, game, table.layout, dice));
        }
        Layout::Empty => elsewhere::fill(canvas, game, px, dice),
        Layout::Pack if dice.chance(0.7) => panels::pack_title(canvas, game, dice),
        Layout::Hand if dice.chance(0.75) => {
            let buttons = game.part(0.37, 0.835, 0.32, 0.115);
            interface::hand_buttons(canvas, buttons, dice);
            let counter = format!("{}/{}", dice.between(1, 9), dice.between(5, 9));
            let middle = [buttons.x + buttons.w / 2.0, buttons.y - game.h * 0.022];
            canvas.text_centred(Face::Pixel, &counter, middle, game.h * 0.016, 60.0 * px, WHITE, None);
        }
        _ => {}
    }
}

/// What lies above the cards: price tags, badges, tooltips, buttons and words.
pub(super) fn above(canvas: &mut Canvas, table: &Table<'_>, recipe: &SceneRecipe, px: f32, dice: &mut Dice) {
    let badges = dice.chance(recipe.scene.badges);
    let tags = dice.chance(0.9);
    for item in table.items.iter().filter(|item| !item.is_edge) {
        let bounds = item.cell.bounds();
        let (height, middle) = (item.cell.height(), (bounds.left + bounds.right) / 2.0);
        let tagged = if item.is_priced {
            tags && dice.chance(recipe.scene.price_tag[0])
        } else {
            dice.chance(recipe.scene.price_tag[1])
        };
        if tagged {
            let (w, h) = (height * 0.38, height * 0.22);
            let y = bounds.top - h * dice.range(0.55, 1.0);
            interface::price_tag(canvas, Area::new(middle - w / 2.0, y, w, h), dice);
        } else if badges && (table.is_joker(item) || dice.chance(0.04)) {
            let (w, h) = (height * 0.74 * dice.range(0.85, 1.05), height * dice.range(0.2, 0.36));
            let y = bounds.bottom - h * dice.range(-0.1, 0.25);
            interface::badge(canvas, Area::new(middle - w / 2.0, y, w, h), dice);
        } else if dice.chance(0.012) {
            // The tab with which a selected card is sold or used.
            let (w, h) = (height * 0.3, height * 0.3);
            let tab = Area::new(bounds.right - w * 0.1, bounds.top + height * 0.3, w, h);
            interface::button(
                canvas,
                tab,
                if dice.chance(0.5) { RED } else { interface::GREEN },
                "Sell",
                Face::Pixel,
            );
        }
    }
    over_cards(canvas, table, recipe, dice);
    tooltips(canvas, table, recipe, dice);
    let whole = Area::new(0.0, 0.0, canvas.width(), canvas.height());
    for _ in 0..dice.below(3) {
        let face = any_face(dice);
        let place = whole.part(
            dice.range(0.2, 0.8),
            dice.range(0.82, 0.96),
            dice.range(0.06, 0.14),
            dice.range(0.05, 0.12),
        );
        interface::button(canvas, place, accent(dice), &phrase(dice, face), face);
    }
    for _ in 0..dice.below(5) {
        interface::loose_text(canvas, px, dice);
    }
}

/// Buttons, frames and pointers.
fn over_cards(canvas: &mut Canvas, table: &Table<'_>, recipe: &SceneRecipe, dice: &mut Dice) {
    let shares = recipe.scene.controls;
    let cards: Vec<Area> =
        table.items.iter().filter(|item| !item.is_edge).map(|item| controls::area(item.cell)).collect();
    for &card in &cards {
        if dice.happens(shares.button) {
            controls::button(canvas, card, dice);
        }
    }
    if cards.is_empty() {
        return;
    }
    if dice.happens(shares.frame) {
        controls::frame(canvas, *dice.pick(&cards), dice);
    }
    if dice.happens(shares.pointer) {
        controls::pointer(canvas, *dice.pick(&cards), dice);
    }
}

fn tooltips(canvas: &mut Canvas, table: &Table<'_>, recipe: &SceneRecipe, dice: &mut Dice) {
    let card = table.height;
    for _ in 0..dice.weighted(&recipe.scene.tooltips) {
        let (w, h) = (card * dice.range(0.7, 1.7), card * dice.range(0.4, 1.3));
        let (x, y) = if !table.items.is_empty() && dice.chance(0.85) {
            let bounds = dice.pick(&table.items).cell.bounds();
            let x = (bounds.left + bounds.right) / 2.0 - w * dice.range(0.2, 0.8);
            let above = bounds.top - h * dice.range(0.75, 1.1);
            let under = bounds.bottom + h * dice.range(-0.2, 0.1);
            (x, if dice.chance(0.6) { above } else { under })
        } else {
            (dice.unit() * (canvas.width() - w), dice.unit() * (canvas.height() - h))
        };
        interface::tooltip(canvas, Area::new(x, y, w, h), dice);
    }
}

/// What a detector might take for a card.
fn negatives(canvas: &mut Canvas, table: &Table<'_>, px: f32, dice: &mut Dice) {
    let whole = Area::new(0.0, 0.0, canvas.width(), canvas.height());
    for _ in 0..dice.below(4) {
        table.picture(
            canvas,
            dice.range(0.0, 1.0) * whole.w,
            dice.unit() * whole.h,
            dice.range(12.0, 60.0) * px,
            dice,
        );
    }
    if dice.chance(0.25) {
        let (w, h) = (dice.range(0.1, 0.25), dice.range(0.08, 0.2));
        interface::sign(canvas, whole.part(dice.range(0.0, 0.8), dice.range(0.0, 0.6), w, h), dice);
    }
    for _ in 0..dice.below(3) {
        let h = dice.range(20.0, 120.0) * px;
        let w = h * dice.range(0.5, 1.6);
        let area = Area::new(dice.unit() * (whole.w - w), dice.unit() * (whole.h - h), w, h);
        interface::card_like_panel(canvas, area, dice);
    }
    for _ in 0..dice.below(3) {
        let (w, h) = (dice.range(25.0, 80.0) * px, dice.range(20.0, 75.0) * px);
        let area = Area::new(dice.unit() * (whole.w - w), dice.unit() * (whole.h - h), w, h);
        interface::tooltip(canvas, area, dice);
    }
    if dice.chance(0.25) {
        let (w, h) = (dice.range(45.0, 95.0) * px, dice.range(28.0, 60.0) * px);
        let area = Area::new(whole.w * dice.range(0.2, 0.7), whole.h * dice.range(0.5, 0.85), w, h);
        interface::sort_panel(canvas, area, dice);
    }
    for _ in 0..dice.below(3) {
        interface::loose_text(canvas, px, dice);
    }
    // A trace of the deck's counter, as the game writes it.
    if table.items.iter().any(|item| item.is_edge) || dice.chance(0.3) {
        let text = format!("{}/{}", dice.below(53), dice.between(40, 60));
        let place = table.game.part(0.87, 0.94, 0.1, 0.02);
        canvas.text(Face::Pixel, &text, place.x, place.y, table.game.h * 0.016, place.w, WHITE);
    }
}

impl Table<'_> {
    /// A tag or a chip of the game.
    fn picture(&self, canvas: &mut Canvas, x: f32, y: f32, side: f32, dice: &mut Dice) {
        if let Some(sprite) = self.not_card(dice) {
            let [w, h] = sprite.size();
            let (w, h) = (side, side * h as f32 / w as f32);
            let rect = lens_core::geometry::Rect::ltwh(x - w / 2.0, y - h / 2.0, w, h);
            canvas.paste(
                sprite,
                lens_core::geometry::Quad::from_rect(rect),
                crate::canvas::warp::Sampling::Smooth,
            );
        }
    }
}
