//! Where cards cover each other from below: the deck view, stacks, full panels; and a card that is
//! dragged.

use lens_core::catalogue::CardType;

use crate::canvas::{Area, Canvas, Colour};
use crate::card::Pose;
use crate::dice::Dice;
use crate::interface::phrase::{any_face, phrase};
use crate::interface::{self, DARK, ORANGE, PANEL, RED, WHITE, accent};
use crate::scene::Layout;
use crate::scene::table::Table;

/// Width of a card in its heights.
const ASPECT: f32 = 71.0 / 95.0;

/// The panel that the game opens for these layouts, with what stands around the cards; where the
/// cards go.
pub(super) fn panel(canvas: &mut Canvas, game: Area, layout: Layout, dice: &mut Dice) -> Area {
    if dice.chance(0.6) {
        // What lies below an opened panel is dimmed.
        canvas.fill_through(game, DARK, dice.range(0.2, 0.45));
    }
    let (left, top) = (dice.range(0.03, 0.2), dice.range(0.02, 0.16));
    let (right, bottom) = (dice.range(0.82, 0.98), dice.range(0.76, 0.97));
    let outer = game.part(left, top, right - left, bottom - top);
    let edge = (game.h * 0.008).max(1.0);
    let radius = game.h * 0.02;
    let line: Colour = if dice.chance(0.7) { [185, 194, 210] } else { accent(dice) };
    canvas.rounded(outer.grown(edge), radius, line);
    canvas.rounded(outer, radius, if dice.chance(0.7) { [62, 80, 86] } else { PANEL });
    let face = any_face(dice);
    if dice.chance(0.75) {
        interface::button(canvas, outer.part(0.02, 0.93, 0.96, 0.055), ORANGE, "Back", face);
    }
    let tabs = if dice.chance(0.6) { dice.between(2, 5) } else { 0 };
    for tab in 0..tabs {
        let width = 0.9 / tabs as f32;
        let place = outer.part(0.05 + width * tab as f32, 0.015, width * 0.92, 0.075);
        let label = phrase(dice, face);
        interface::button(canvas, place, RED, &label, face);
    }
    let above = if tabs > 0 { 0.11 } else { 0.03 };
    let aside = if layout == Layout::DeckView && dice.chance(0.75) { dice.range(0.14, 0.3) } else { 0.02 };
    let inner = outer.part(aside, above, 0.98 - aside, 0.91 - above);
    canvas.rounded(inner, radius * 0.8, if dice.chance(0.7) { [30, 39, 42] } else { [50, 62, 65] });
    if aside > 0.1 {
        tallies(canvas, outer.part(0.01, above, aside - 0.02, 0.91 - above), dice);
    }
    inner.part(0.015, 0.03, 0.97, 0.94)
}

/// The counters of ranks and suits beside the deck: small plates and discs with numbers.
fn tallies(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    canvas.rounded(area, area.w * 0.06, DARK);
    let (columns, rows) = (dice.between(1, 3), dice.between(4, 13));
    let (w, h) = (area.w / columns as f32, area.h / rows as f32);
    for row in 0..rows {
        for column in 0..columns {
            let place = Area::new(area.x + w * column as f32, area.y + h * row as f32, w, h)
                .part(0.08, 0.1, 0.84, 0.8);
            let side = place.h.min(place.w * 0.45);
            let plate = Area::new(place.x, place.y + (place.h - side) / 2.0, side, side);
            let colour = if dice.chance(0.5) { accent(dice) } else { PANEL };
            canvas.rounded(plate, side * if dice.chance(0.4) { 0.5 } else { 0.2 }, colour);
            let face = any_face(dice);
            let letter = *dice.pick(&["A", "K", "Q", "J", "10", "9", "7", "2"]);
            let middle = [plate.x + side / 2.0, plate.y + side / 2.0];
            canvas.text_centred(face, letter, middle, side * 0.6, side, interface::readable(colour), None);
            let count = dice.below(20).to_string();
            canvas.text(
                face,
                &count,
                plate.x + side * 1.2,
                plate.y + side * 0.25,
                side * 0.5,
                place.w - side,
                WHITE,
            );
        }
    }
}

impl Table<'_> {
    /// All cards of a deck, in rows from the back to the front.
    pub(super) fn deck_view(&mut self, dice: &mut Dice) {
        let Some(panel) = self.panel else { return };
        let rows = if dice.chance(0.75) { 4 } else { dice.between(2, 6) };
        let total = match dice.below(4) {
            0 => dice.between(20, 52),
            1 | 2 => 52,
            _ => dice.between(53, 100),
        };
        let each = total.div_ceil(rows).max(2);
        let shown = dice.range(0.5, 0.92);
        let height = (self.game.h * dice.range(0.12, 0.2)).min(panel.h / (1.0 + shown * (rows - 1) as f32));
        let width = height * ASPECT;
        let step = ((panel.w - width).max(width) / (each - 1) as f32).min(width * dice.range(0.55, 0.9));
        let (left, top) = (
            panel.x + (panel.w - width - step * (each - 1) as f32).max(0.0) * dice.unit() + width / 2.0,
            panel.y + (panel.h - height * (1.0 + shown * (rows - 1) as f32)) * dice.unit() + height / 2.0,
        );
        let plain = dice.chance(0.6);
        let played = if dice.chance(0.5) { dice.range(0.0, 0.6) } else { 0.0 };
        let uneven = dice.chance(0.5);
        let bend = 0.004 * dice.unit();
        let sway = dice.range(0.0, 0.02);
        for row in 0..rows {
            let count = if uneven { dice.between(each / 2 + 1, each + each / 4) } else { each };
            let step = step.min((panel.w - width).max(width) / (count.max(2) - 1) as f32);
            for number in 0..count {
                let card = self.of_deck(plain, played, dice);
                let turn = (number as f32 - count as f32 / 2.0) * bend + dice.normal(sway);
                let x = left + number as f32 * step + dice.normal(width * 0.006);
                let y = top + row as f32 * shown * height + dice.normal(height * 0.008);
                self.put(card, x, y, height, Pose { rotation: turn, tilt: [0.0; 2] });
            }
        }
    }

    /// A playing card, dimmed as a played one with the probability `played` when one is found
    /// quickly.
    fn of_deck(&self, plain: bool, played: f32, dice: &mut Dice) -> usize {
        let dimmed = dice.chance(played);
        let mut card = 0;
        for _ in 0..8 {
            card = if plain { self.plain_playing(dice) } else { self.any(CardType::Playing, dice) };
            if self.bank.cards()[card].is_greyed == dimmed {
                break;
            }
        }
        card
    }

    /// Stacks beside each other, each card showing a part of the one below it.
    pub(super) fn stacks(&mut self, dice: &mut Dice) {
        let Some(panel) = self.panel else { return };
        let columns = dice.between(1, 7);
        let height = (self.game.h * dice.range(0.11, 0.25)).min(panel.h * 0.6);
        let width = height * ASPECT;
        let down = dice.chance(0.7);
        let offset = if down { height * dice.range(0.2, 0.75) } else { width * dice.range(0.15, 0.9) };
        let slant = dice.normal(0.03) * height;
        let mixed = dice.chance(0.5);
        let most = if down { 5 } else { 6 };
        let choose =
            |dice: &mut Dice| CardType::ALL[dice.weighted(&[0.3, 0.08, 0.16, 0.1, 0.14, 0.18, 0.02, 0.02])];
        let rows = if down { 1 } else { dice.between(1, 3) };
        for row in 0..rows {
            for column in 0..columns {
                let mut kind = choose(dice);
                let x = panel.x + panel.w * (column as f32 + dice.range(0.3, 0.6)) / columns as f32;
                let y = panel.y + panel.h * row as f32 / rows as f32 + height * dice.range(0.5, 0.8);
                for number in 0..dice.between(1, most) {
                    if mixed {
                        kind = choose(dice);
                    }
                    let card = self.any(kind, dice);
                    let (along, aside) = (number as f32 * offset, number as f32 * slant);
                    let (x, y) = if down { (x + aside, y + along) } else { (x + along, y + aside) };
                    let pose = Pose { rotation: dice.normal(0.015), tilt: [0.0; 2] };
                    self.put(card, x + dice.normal(width * 0.02), y, height, pose);
                }
            }
        }
    }

    /// A panel full of cards, which may overlap a little in both directions.
    pub(super) fn pages(&mut self, dice: &mut Dice) {
        let Some(panel) = self.panel else { return };
        let (rows, columns) = (dice.between(1, 4), dice.between(3, 9));
        let pitch = [panel.w / columns as f32, panel.h / rows as f32];
        let height = (pitch[1] * dice.range(0.85, 1.35))
            .min(pitch[0] / ASPECT * dice.range(0.8, 1.6))
            .min(self.game.h * 0.27);
        let one = dice.chance(0.7);
        let choose =
            |dice: &mut Dice| CardType::ALL[dice.weighted(&[0.42, 0.1, 0.12, 0.09, 0.09, 0.1, 0.06, 0.02])];
        let kind = choose(dice);
        let turn = dice.range(0.0, 0.06);
        let staggered = dice.chance(0.3);
        for row in 0..rows {
            let kind = if one { kind } else { choose(dice) };
            let shift = if staggered && row % 2 == 1 { 0.5 } else { 0.0 };
            for column in 0..columns {
                let card = self.any(kind, dice);
                let x = panel.x + pitch[0] * (column as f32 + 0.5 + shift);
                let y = panel.y + pitch[1] * (row as f32 + 0.5) + dice.normal(height * 0.03);
                let tilted = dice.chance(0.25);
                let tilt = if tilted { [dice.range(-0.1, 0.1), dice.range(-0.1, 0.1)] } else { [0.0; 2] };
                self.put(card, x, y, height, Pose { rotation: dice.normal(turn), tilt });
            }
        }
    }

    /// One card over all others, turned as the game turns what is moved quickly, often cut by the
    /// edge.
    pub(super) fn drag(&mut self, dice: &mut Dice) {
        let kind = CardType::ALL[dice.weighted(&[0.45, 0.3, 0.08, 0.05, 0.05, 0.04, 0.03, 0.0])];
        let card = self.any(kind, dice);
        let large = dice.chance(0.3);
        let height =
            if large { self.frame.h * dice.range(0.3, 0.7) } else { self.height * dice.range(1.0, 1.2) };
        let frame = self.frame;
        let (x, y) = if dice.chance(0.5) {
            (frame.x + frame.w * dice.unit(), frame.y + frame.h * dice.unit())
        } else {
            let along = dice.unit();
            let beyond = height * dice.range(-0.1, 0.35);
            match dice.below(3) {
                0 => (frame.x + frame.w * along, frame.y + frame.h - beyond),
                1 => (frame.x + beyond, frame.y + frame.h * along),
                _ => (frame.x + frame.w - beyond, frame.y + frame.h * along),
            }
        };
        let turn = dice.within(self.recipe.dragged_turn);
        let rotation = if dice.chance(0.5) { turn } else { -turn };
        let tilt = [dice.range(-0.15, 0.15), dice.range(-0.15, 0.15)];
        self.put(card, x, y, height, Pose { rotation, tilt });
    }
}
