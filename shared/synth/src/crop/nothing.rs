//! Crops that show no card: background, interface, tags and chips, and quads that lie badly on
//! cards.

use lens_core::geometry::{InFrame, Quad, Rect};

use crate::bank::Bank;
use crate::canvas::Area;
use crate::canvas::warp::Sampling;
use crate::card::{Pose, RenderedCard};
use crate::crop::{Crop, CropTruth, Stage};
use crate::dice::Dice;
use crate::interface::phrase::any_face;
use crate::interface::{self, panels};
use crate::recipe::SceneRecipe;

/// A quad that overlaps a card by this much shows that card.
const SHOWS_A_CARD: f32 = 0.4;

pub(super) fn compose(bank: &Bank, recipe: &SceneRecipe, dice: &mut Dice) -> Crop {
    let mut stage = Stage::new(bank, recipe, dice);
    let truth = CropTruth { class: bank.not_a_card(), card: None };
    let quad = if dice.chance(recipe.crop.misplaced) {
        let card = bank.any_known(dice);
        let placed = stage.place(card, dice);
        stage.misplace(placed, dice)
    } else {
        stage.furnish_only(dice);
        let (w, h) =
            (stage.height * 71.0 / 95.0 * dice.range(0.75, 1.3), stage.height * dice.range(0.75, 1.25));
        let (x, y) = (stage.canvas.width() / 2.0, stage.canvas.height() / 2.0);
        let quad = Quad::from_rect(Rect::ltwh(x - w / 2.0, y - h / 2.0, w, h));
        stage.misjudge(turned(quad, dice.normal(0.05)), dice)
    };
    stage.cut(quad, truth, dice)
}

impl Stage<'_> {
    /// A quad that lies on no card: beside one, across two, far too large or too small.
    ///
    /// Hard negatives: the identifier learns to refuse what a detector gets badly wrong.
    fn misplace(&self, quad: Quad<InFrame>, dice: &mut Dice) -> Quad<InFrame> {
        let (w, h) = (quad.width(), quad.height());
        for attempt in 0..12 {
            let angle = dice.range(0.0, std::f32::consts::TAU);
            let reach = dice.range(0.5, 0.8) + attempt as f32 * 0.05;
            let moved = quad.shifted(angle.cos() * reach * w, angle.sin() * reach * h * 0.9);
            let candidate = match dice.below(5) {
                0 => quad.scaled(dice.range(0.3, 0.58)).shifted(dice.normal(0.15) * w, dice.normal(0.15) * h),
                1 => turned(moved, dice.normal(0.4)),
                _ => moved.scaled(dice.range(0.8, 1.25)),
            };
            if self.cards.iter().all(|card| card.iou(candidate) < SHOWS_A_CARD) {
                return candidate;
            }
        }
        quad.shifted(w * 1.2, h * 1.2)
    }

    /// Draws pieces of the interface and of other programs, and no card.
    ///
    /// Negatives: the identifier learns to refuse what a detector takes for a card.
    fn furnish_only(&mut self, dice: &mut Dice) {
        let (w, h) = (self.canvas.width(), self.canvas.height());
        let whole = Area::new(0.0, 0.0, w, h);
        let middle = |dice: &mut Dice, widths: [f32; 2], heights: [f32; 2]| {
            let (w_share, h_share) = (dice.within(widths), dice.within(heights));
            whole.part(
                0.5 - w_share / 2.0 + dice.normal(0.08),
                0.5 - h_share / 2.0 + dice.normal(0.08),
                w_share,
                h_share,
            )
        };
        match dice.weighted(&[0.1, 0.16, 0.08, 0.07, 0.22, 0.08, 0.1, 0.08, 0.06, 0.05]) {
            0 => {}
            1 => {
                let area = middle(dice, [0.5, 1.2], [0.35, 0.9]);
                interface::tooltip(&mut self.canvas, area, dice);
            }
            2 => {
                let area = middle(dice, [0.5, 0.9], [0.2, 0.5]);
                let label = if dice.chance(0.5) { "Reroll" } else { "Next Round" };
                let colour = interface::accent(dice);
                interface::button(&mut self.canvas, area, colour, label, any_face(dice));
            }
            3 => {
                let area = middle(dice, [0.6, 1.1], [0.3, 0.7]);
                interface::sort_panel(&mut self.canvas, area, dice);
            }
            4 => self.window_of_the_game(dice),
            5 => {
                let area = middle(dice, [0.7, 1.3], [0.4, 0.8]);
                interface::sign(&mut self.canvas, area, dice);
            }
            6 => {
                let bank = self.bank;
                if bank.not_cards.is_empty() {
                    return;
                }
                for _ in 0..dice.between(1, 2) {
                    let sprite = dice.pick(&bank.not_cards);
                    let side = w * dice.range(0.35, 0.95);
                    let at = [w * dice.range(0.35, 0.65), h * dice.range(0.35, 0.65)];
                    let rect = Rect::ltwh(at[0] - side / 2.0, at[1] - side / 2.0, side, side);
                    self.canvas.paste(
                        sprite,
                        turned(Quad::from_rect(rect), dice.normal(0.05)),
                        Sampling::Smooth,
                    );
                }
            }
            7 => {
                let area = middle(dice, [0.5, 0.85], [0.5, 0.85]);
                interface::card_like_panel(&mut self.canvas, area, dice);
            }
            8 => panels::desktop(&mut self.canvas, h / 110.0, dice),
            _ => self.edges_of_a_pile(dice),
        }
        for _ in 0..dice.below(3) {
            interface::loose_text(&mut self.canvas, h / 150.0, dice);
        }
    }

    /// A part of a whole game's interface, somewhere in its side bar or shop.
    fn window_of_the_game(&mut self, dice: &mut Dice) {
        let scale = self.height / 0.204;
        let size = [scale * 16.0 / 9.0, scale];
        let at = if dice.chance(0.8) {
            [dice.range(0.02, 0.2), dice.range(0.05, 0.9)]
        } else {
            [dice.range(0.3, 0.8), dice.range(0.3, 0.95)]
        };
        let (x, y) =
            (self.canvas.width() / 2.0 - at[0] * size[0], self.canvas.height() / 2.0 - at[1] * size[1]);
        let game = Area::new(x, y, size[0], size[1]);
        if at[0] < 0.25 {
            panels::sidebar(&mut self.canvas, game, dice);
        } else {
            panels::slots(&mut self.canvas, game, dice);
            panels::shop(&mut self.canvas, game, dice);
        }
    }

    fn edges_of_a_pile(&mut self, dice: &mut Dice) {
        let (w, h) = (self.canvas.width(), self.canvas.height());
        let kind = *dice.pick(&lens_core::catalogue::CardType::ALL);
        let bank = self.bank;
        let card: &RenderedCard = &bank.cards()[bank.of_type(kind, 0.1, dice)];
        let (dx, dy) = (dice.range(0.75, 0.95) * w, dice.normal(0.3) * h);
        let x = w / 2.0 + if dice.chance(0.5) { dx } else { -dx };
        let cell = card.cell_quad(
            x,
            h / 2.0 + dy,
            self.height,
            Pose { rotation: dice.normal(0.05), tilt: [0.0; 2] },
        );
        self.paste(card, cell, None);
    }
}

fn turned(quad: Quad<InFrame>, angle: f32) -> Quad<InFrame> {
    let centre = quad.centre();
    let (sin, cos) = angle.sin_cos();
    Quad::from_xy(quad.to_xy().map(|[x, y]| {
        let (dx, dy) = (x - centre.x, y - centre.y);
        [centre.x + dx * cos - dy * sin, centre.y + dx * sin + dy * cos]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice;

    /// A quad that is said to show no card must not lie on one.
    #[test]
    fn misplaced_quads_show_less_than_the_limit_of_every_card() {
        let recipe = SceneRecipe::default();
        let bank = Bank::render(&practice::sprites(), &recipe, 2, 40, &|_| true).unwrap();
        let mut least_shift = f32::INFINITY;
        for seed in 0..300 {
            let mut dice = Dice::new(seed, 0);
            let mut stage = Stage::new(&bank, &recipe, &mut dice);
            let card = bank.any_known(&mut dice);
            let placed = stage.place(card, &mut dice);
            let quad = stage.misplace(placed, &mut dice);
            assert!(!stage.cards.is_empty());
            for card in &stage.cards {
                assert!(card.iou(quad) < SHOWS_A_CARD, "seed {seed}: {}", card.iou(quad));
            }
            least_shift = least_shift.min(quad.largest_corner_shift(placed) / placed.height());
        }
        assert!(least_shift > 0.1, "{least_shift}");
    }
}
