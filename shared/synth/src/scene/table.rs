//! Where the cards of a scene lie.

use std::f32::consts::{FRAC_PI_2, TAU};

use lens_core::catalogue::CardType;
use lens_core::geometry::{InFrame, Quad};

use crate::bank::Bank;
use crate::canvas::Area;
use crate::canvas::sprite::Sprite;
use crate::card::Pose;
use crate::dice::Dice;
use crate::recipe::LayoutRecipe;
use crate::scene::{CONSUMABLES, Layout};

/// A card on the table, in the order of drawing.
pub(super) struct Item {
    /// Index into the bank's cards.
    pub(super) card: usize,
    /// Where its whole cell lies.
    pub(super) cell: Quad<InFrame>,
    /// Whether only its edge is meant: a card in a pile below another.
    pub(super) is_edge: bool,
    /// Whether it is for sale.
    pub(super) is_priced: bool,
}

/// What rows of cards have in common.
struct Row {
    left: f32,
    right: f32,
    y: f32,
    height: f32,
    turn: f32,
}

/// The cards of a scene while they are laid out.
pub(super) struct Table<'a> {
    pub(super) items: Vec<Item>,
    pub(super) game: Area,
    pub(super) frame: Area,
    /// Height of a standard card.
    pub(super) height: f32,
    pub(super) layout: Layout,
    /// Where the shop's cards lie, when there is one.
    pub(super) shop: Option<crate::interface::panels::Shop>,
    /// Where the deck view's panel lies, when there is one.
    pub(super) panel: Option<Area>,
    pub(super) bank: &'a Bank,
    pub(super) recipe: &'a LayoutRecipe,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        bank: &'a Bank,
        recipe: &'a LayoutRecipe,
        game: Area,
        frame: Area,
        height: f32,
        layout: Layout,
    ) -> Self {
        Self { items: Vec::new(), game, frame, height, layout, shop: None, panel: None, bank, recipe }
    }

    /// Lays the cards out.
    pub(super) fn lay_out(&mut self, layout: Layout, dice: &mut Dice) {
        match layout {
            Layout::Hand => self.hand_scene(dice),
            Layout::Shop => self.shop_scene(dice),
            Layout::Deck => self.deck_scene(dice),
            Layout::Pack => self.pack_scene(dice),
            Layout::Scatter => self.scatter(dice),
            Layout::CloseUp => self.close_up(dice),
            Layout::Collection => self.collection(dice),
            Layout::Jokers => self.joker_row(dice),
            Layout::Strewn => self.strewn(dice),
            Layout::DeckView => self.deck_view(dice),
            Layout::Stacks => self.stacks(dice),
            Layout::Pages => self.pages(dice),
            Layout::Empty => {}
            Layout::Flying => self.flying(dice),
        }
    }

    /// An image of the game that is no card, when the catalogue has some.
    pub(super) fn not_card(&self, dice: &mut Dice) -> Option<&Sprite> {
        let pictures = &self.bank.not_cards;
        (!pictures.is_empty()).then(|| dice.pick(pictures))
    }

    /// Whether a card is a joker, or an invented one that looks like it.
    pub(super) fn is_joker(&self, item: &Item) -> bool {
        self.bank.cards()[item.card].truth.kind == CardType::Joker
    }

    fn x(&self, share: f32) -> f32 {
        self.game.x + share * self.game.w
    }

    fn y(&self, share: f32) -> f32 {
        self.game.y + share * self.game.h
    }

    pub(super) fn put(&mut self, card: usize, x: f32, y: f32, height: f32, pose: Pose) {
        let drawn = &self.bank.cards()[card];
        let cell = drawn.cell_quad(x, y, height * drawn.scale, pose);
        self.items.push(Item { card, cell, is_edge: false, is_priced: false });
    }

    pub(super) fn any(&self, kind: CardType, dice: &mut Dice) -> usize {
        self.bank.of_type(kind, self.recipe.unknown, dice)
    }

    /// A playing card without edition and enhancement, when one is found quickly.
    pub(super) fn plain_playing(&self, dice: &mut Dice) -> usize {
        let mut card = self.any(CardType::Playing, dice);
        for _ in 0..6 {
            let truth = &self.bank.cards()[card].truth;
            if truth.edition == 0 && truth.enhancement == 0 {
                break;
            }
            card = self.any(CardType::Playing, dice);
        }
        card
    }

    /// Cards beside each other, upright but for a slight turn; now and then one is hovered.
    fn row(&mut self, kinds: &[CardType], count: usize, row: &Row, dice: &mut Dice) {
        let width = row.height * 71.0 / 95.0;
        let pitch = if count > 1 {
            ((row.right - row.left) / count as f32).min(width * dice.range(1.02, 1.6))
        } else {
            0.0
        };
        let first = if dice.chance(0.6) {
            (row.left + row.right - pitch * (count.max(1) - 1) as f32) / 2.0
        } else {
            row.left + width / 2.0
        };
        for number in 0..count {
            let card = self.any(*dice.pick(kinds), dice);
            let hovered = dice.chance(0.06);
            let tilted = hovered || dice.chance(0.3);
            let tilt = if tilted { [dice.range(-0.12, 0.12), dice.range(-0.12, 0.12)] } else { [0.0; 2] };
            let grow = if hovered { dice.range(1.05, 1.25) } else { dice.range(0.97, 1.04) };
            let pose = Pose { rotation: dice.normal(row.turn), tilt };
            let y = row.y + dice.normal(row.height * 0.02);
            self.put(card, first + number as f32 * pitch, y, row.height * grow, pose);
        }
    }

    /// A hand: overlapping, on an arc, some cards selected, now and then some face down.
    fn fan(&mut self, count: usize, left: f32, right: f32, y: f32, height: f32, dice: &mut Dice) {
        let width = height * 71.0 / 95.0;
        let pitch = ((right - left) / (count.max(2) - 1) as f32).min(width * dice.range(0.35, 1.05));
        let bend = dice.range(0.0, 0.35) / count.max(1) as f32;
        let plain = dice.chance(0.4);
        let back = dice.chance(0.12).then(|| self.any(CardType::Deck, dice));
        for number in 0..count {
            let from_middle = number as f32 - (count - 1) as f32 / 2.0;
            let card = match back {
                Some(back) if dice.chance(self.recipe.face_down) => back,
                _ if plain => self.plain_playing(dice),
                _ => self.any(CardType::Playing, dice),
            };
            let lift = if dice.chance(0.15) { height * dice.range(0.12, 0.35) } else { 0.0 };
            let hovered = dice.chance(0.05);
            let tilt = if hovered { [dice.range(-0.1, 0.1), dice.range(-0.1, 0.1)] } else { [0.0; 2] };
            let pose = Pose { rotation: from_middle * bend + dice.normal(0.015), tilt };
            let x = (left + right) / 2.0 + from_middle * pitch;
            let arc = from_middle * from_middle * bend * pitch * 0.5;
            let y = y + arc - lift + dice.normal(height * 0.015);
            self.put(card, x, y, if hovered { height * 1.12 } else { height }, pose);
        }
    }

    /// Jokers and consumables along the top.
    fn top(&mut self, dice: &mut Dice) {
        let (y, turn) = (self.y(dice.range(0.1, 0.18)), 0.05);
        let height = self.height;
        let jokers = Row {
            left: self.x(dice.range(0.22, 0.34)),
            right: self.x(dice.range(0.6, 0.75)),
            y,
            height,
            turn,
        };
        let count = dice.below(8);
        self.row(&[CardType::Joker], count, &jokers, dice);
        let consumables = Row { left: self.x(0.78), right: self.x(0.97), y, height, turn };
        let count = dice.below(4);
        self.row(&CONSUMABLES, count, &consumables, dice);
    }

    /// The deck at the lower right: edges of the cards below, the back of the top one.
    fn pile(&mut self, dice: &mut Dice) {
        let (x, y) = (self.x(dice.range(0.85, 0.95)), self.y(dice.range(0.7, 0.88)));
        let back = self.any(CardType::Deck, dice);
        let layers = dice.below(7);
        let step = self.height * 0.011;
        for layer in (1..=layers).rev() {
            let depth = layer as f32 * step;
            self.put(back, x - depth * 0.8, y + depth, self.height, Pose::default());
            if let Some(item) = self.items.last_mut() {
                item.is_edge = true;
            }
        }
        self.put(back, x, y, self.height, Pose::default());
    }

    fn hand_scene(&mut self, dice: &mut Dice) {
        if dice.chance(0.85) {
            self.top(dice);
        }
        let left = dice.range(0.24, 0.34);
        if dice.chance(0.35) {
            let played = Row {
                left: self.x(left + 0.05),
                right: self.x(0.8),
                y: self.y(dice.range(0.42, 0.52)),
                height: self.height,
                turn: 0.02,
            };
            let count = dice.between(1, 5);
            self.row(&[CardType::Playing], count, &played, dice);
        }
        let (l, r) = (self.x(left + dice.range(0.0, 0.05)), self.x(dice.range(0.72, 0.86)));
        let (count, y) = (dice.between(1, 12), self.y(dice.range(0.6, 0.78)));
        self.fan(count, l, r, y, self.height, dice);
        if dice.chance(0.8) {
            self.pile(dice);
        }
    }

    fn shop_scene(&mut self, dice: &mut Dice) {
        if dice.chance(0.85) {
            self.top(dice);
        }
        let Some(shop) = self.shop.take() else { return };
        let first = self.items.len();
        let mid = |area: Area| area.y + area.h / 2.0;
        let row = |area: Area, height: f32| Row {
            left: area.x,
            right: area.x + area.w,
            y: mid(area),
            height,
            turn: 0.03,
        };
        let mix = [
            CardType::Joker,
            CardType::Joker,
            CardType::Joker,
            CardType::Tarot,
            CardType::Planet,
            CardType::Spectral,
            CardType::Playing,
        ];
        let count = dice.below(5);
        self.row(&mix, count, &row(shop.cards, self.height), dice);
        let count = *dice.pick(&[0, 1, 1, 1, 2]);
        self.row(&[CardType::Voucher], count, &row(shop.voucher, self.height), dice);
        let count = dice.below(3);
        self.row(&[CardType::Booster], count, &row(shop.packs, self.height), dice);
        for item in &mut self.items[first..] {
            item.is_priced = true;
        }
        self.shop = Some(shop);
        if dice.chance(0.8) {
            self.pile(dice);
        }
    }

    fn deck_scene(&mut self, dice: &mut Dice) {
        let Some(panel) = self.panel else { return };
        let rows = dice.between(2, 4);
        let pitch = panel.h / rows as f32;
        let height = (pitch * dice.range(0.9, 1.05)).min(self.height * 1.1);
        let width = height * 71.0 / 95.0;
        let plain = dice.chance(0.5);
        for row in 0..rows {
            let count = dice.between(5, 15);
            let step = ((panel.w - width) / (count - 1) as f32).min(width);
            let bend = 0.003 * dice.unit();
            for number in 0..count {
                let card = if plain { self.plain_playing(dice) } else { self.any(CardType::Playing, dice) };
                let turn = (number as f32 - count as f32 / 2.0) * bend + dice.normal(0.012);
                let x = panel.x + width / 2.0 + number as f32 * step + dice.normal(0.4);
                let y = panel.y + (row as f32 + 0.5) * pitch + dice.normal(0.6);
                self.put(card, x, y, height, Pose { rotation: turn, tilt: [0.0; 2] });
            }
        }
    }

    fn pack_scene(&mut self, dice: &mut Dice) {
        if dice.chance(0.6) {
            self.top(dice);
        }
        let left = dice.range(0.24, 0.34);
        if dice.chance(0.7) {
            let (count, y) = (dice.between(4, 9), self.y(dice.range(0.4, 0.5)));
            self.fan(count, self.x(left), self.x(0.8), y, self.height, dice);
        }
        let kinds: &[CardType] = match dice.below(5) {
            0 => &[CardType::Joker],
            1 => &[CardType::Playing],
            2 => &[CardType::Planet],
            3 => &[CardType::Spectral],
            _ => &[CardType::Tarot],
        };
        let choice = Row {
            left: self.x(left + 0.05),
            right: self.x(0.8),
            y: self.y(dice.range(0.66, 0.78)),
            height: self.height,
            turn: 0.04,
        };
        let count = dice.between(2, 5);
        self.row(kinds, count, &choice, dice);
        if dice.chance(0.6) {
            self.pile(dice);
        }
    }

    fn scatter(&mut self, dice: &mut Dice) {
        let frame = self.frame;
        for _ in 0..dice.between(1, 15) {
            let height = frame.h * dice.log_range(0.12, 0.45);
            self.throw(frame, height, 0.2, 0.2, dice);
        }
    }

    fn close_up(&mut self, dice: &mut Dice) {
        let frame = self.frame;
        for _ in 0..dice.between(1, 4) {
            let height = frame.h * dice.range(0.45, 0.95);
            self.throw(frame, height, 0.06, 0.1, dice);
        }
    }

    fn collection(&mut self, dice: &mut Dice) {
        let kind = CardType::ALL[dice.weighted(&[0.35, 0.1, 0.12, 0.1, 0.1, 0.1, 0.08, 0.05])];
        let rows = dice.between(2, 3);
        let pitch = dice.range(0.24, 0.3);
        for row in 0..rows {
            let place = Row {
                left: self.x(0.18),
                right: self.x(0.86),
                y: self.y(0.2 + pitch * row as f32),
                height: self.height,
                turn: 0.03,
            };
            let count = dice.between(3, 7);
            self.row(&[kind], count, &place, dice);
        }
    }

    fn joker_row(&mut self, dice: &mut Dice) {
        let frame = self.frame;
        let count = dice.between(2, 6);
        let height = (frame.h * dice.range(0.25, 0.62)).min((frame.w - 20.0) / count as f32 * 1.4);
        let row = Row {
            left: frame.x + 10.0,
            right: frame.x + frame.w - 10.0,
            y: frame.y + frame.h * dice.range(0.25, 0.7),
            height,
            turn: 0.05,
        };
        self.row(
            &[CardType::Joker, CardType::Joker, CardType::Joker, CardType::Joker, CardType::Tarot],
            count,
            &row,
            dice,
        );
    }

    fn strewn(&mut self, dice: &mut Dice) {
        if dice.chance(0.8) {
            let (count, y) = (dice.between(4, 9), self.y(dice.range(0.62, 0.74)));
            let (l, r) = (self.x(0.28), self.x(dice.range(0.72, 0.8)));
            self.fan(count, l, r, y, self.height, dice);
        }
        if dice.chance(0.8) {
            self.pile(dice);
        }
        let game = self.game;
        for _ in 0..dice.between(10, 34) {
            self.throw(game, self.height * dice.range(0.97, 1.03), 0.02, 0.0, dice);
        }
    }

    /// The game's title: cards fly out of the middle towards the player, turned by any angle, about
    /// the line of sight and out of the screen's plane, and seen in perspective. Half a turn more
    /// shows the same image, so none is turned further.
    fn flying(&mut self, dice: &mut Dice) {
        let frame = self.frame;
        let back = self.any(CardType::Deck, dice);
        for _ in 0..dice.between(3, 14) {
            let away = dice.range(0.05, 1.0);
            let (sin, cos) = dice.range(0.0, TAU).sin_cos();
            let (x, y) =
                (frame.x + frame.w * (0.5 + 0.55 * away * cos), frame.y + frame.h * (0.5 + 0.6 * away * sin));
            let height = frame.h * (0.12 + 0.5 * away * away) * dice.range(0.8, 1.25);
            let card = match dice.below(10) {
                0 => self.any(CardType::Joker, dice),
                1 => back,
                _ => self.plain_playing(dice),
            };
            let tilt = [dice.normal(0.25 * away), dice.normal(0.25 * away)].map(|tilt| tilt.clamp(-0.7, 0.7));
            let pose = Pose { rotation: dice.range(-FRAC_PI_2, FRAC_PI_2), tilt };
            self.put(card, x, y, height, pose);
            let (axis, share) =
                (dice.range(0.0, TAU), 1.0 - (0.45 * away * dice.normal(1.0).abs()).min(0.65));
            if let Some(item) = self.items.last_mut() {
                item.cell = foreshortened(item.cell, axis, share);
            }
        }
    }

    /// One card of any type anywhere, also across the edge of `area`.
    fn throw(&mut self, area: Area, height: f32, turn: f32, tilt: f32, dice: &mut Dice) {
        let kind = CardType::ALL[dice.weighted(&[0.28, 0.3, 0.1, 0.07, 0.07, 0.06, 0.09, 0.03])];
        let card = self.any(kind, dice);
        let at = |dice: &mut Dice| dice.range(-0.01, 1.01);
        let (x, y) = (area.x + at(dice) * area.w, area.y + at(dice) * area.h);
        let rotation = if dice.chance(0.75) { dice.normal(turn) } else { dice.normal(turn * 3.0) };
        let pose = Pose { rotation, tilt: [dice.range(-tilt, tilt), dice.range(-tilt, tilt)] };
        self.put(card, x, y, height, pose);
    }
}

/// A quad turned out of the screen's plane: along one direction it is so much shorter.
fn foreshortened(quad: Quad<InFrame>, axis: f32, share: f32) -> Quad<InFrame> {
    let (sin, cos) = axis.sin_cos();
    let centre = quad.centre();
    Quad::from_xy(quad.to_xy().map(|[x, y]| {
        let less = (share - 1.0) * ((x - centre.x) * cos + (y - centre.y) * sin);
        [x + less * cos, y + less * sin]
    }))
}

#[cfg(test)]
mod tests {
    use lens_core::geometry::Rect;

    use super::*;

    #[test]
    fn a_card_turned_out_of_the_plane_is_shorter_that_way_alone() {
        let quad = Quad::from_rect(Rect::ltwh(10.0, 20.0, 60.0, 80.0));
        let [flat, slanting] = [0.0, TAU / 8.0].map(|axis| foreshortened(quad, axis, 0.5));
        assert!(flat.largest_corner_shift(Quad::from_rect(Rect::ltwh(25.0, 20.0, 30.0, 80.0))) < 1e-3);
        assert!((slanting.signed_area() - 0.5 * quad.signed_area()).abs() < 0.1);
        assert!(slanting.is_card_shaped() && slanting.centre().distance(quad.centre()) < 1e-3);
        assert_eq!(foreshortened(quad, 1.0, 1.0), quad);
    }
}
