//! Identifier crops: a small scene around one card, cut out as the overlay would cut it.
//!
//! A card that is larger than the rectifier needs is composed at the size to which the rectifier
//! would shrink it first, so that a card of a 4K screen costs no more than a small one.

use std::cell::RefCell;

use image::RgbaImage;
use lens_core::catalogue::CardType;
use lens_core::geometry::{InFrame, Point, Quad};
use lens_core::preprocess::Rectifier;

use crate::background;
use crate::bank::Bank;
use crate::canvas::warp::Sampling;
use crate::canvas::{Area, Canvas, Owned};
use crate::card::{CardTruth, Pose, RenderedCard};
use crate::dice::Dice;
use crate::interface::{self, controls};
use crate::recipe::SceneRecipe;
use crate::scene::Shadow;
use crate::screen_effects;

mod nothing;

/// A rectified crop and what it shows.
#[derive(Clone, Debug)]
pub struct Crop {
    /// Rows of red, green, blue, 255, as [`Rectifier::run`] gives them.
    pub pixels: Vec<u8>,
    pub truth: CropTruth,
    /// The same invented card once more, otherwise lit, placed, covered and modified; see
    /// [`CropRecipe::paired`].
    ///
    /// [`CropRecipe::paired`]: crate::recipe::CropRecipe::paired
    pub again: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CropTruth {
    /// Index into [`Bank::classes`].
    pub class: usize,
    /// The card and its modifiers, invented or known; nothing when the crop shows no card, or no
    /// whole one.
    pub card: Option<CardTruth>,
}

/// Composes the crop of `seed`; the same bank, recipe and seed give the same crop.
pub fn compose(bank: &Bank, recipe: &SceneRecipe, seed: u64) -> Crop {
    let mut dice = Dice::new(seed, 3);
    let ranges = &recipe.crop;
    match dice.weighted(&[1.0 - ranges.not_a_card - ranges.unknown, ranges.unknown, ranges.not_a_card]) {
        0 => around(bank, recipe, bank.any_known(&mut dice), &mut dice),
        1 => {
            let (card, sibling) = bank.any_unknown(&mut dice);
            let crop = around(bank, recipe, card, &mut dice);
            let sibling = sibling.filter(|_| dice.chance(ranges.paired));
            Crop { again: sibling.map(|card| around(bank, recipe, card, &mut dice).pixels), ..crop }
        }
        _ => nothing::compose(bank, recipe, &mut dice),
    }
}

/// Composes a crop of one card of the bank, for measuring single classes.
///
/// # Panics
/// When the bank has no such card.
pub fn compose_of(bank: &Bank, recipe: &SceneRecipe, card: usize, seed: u64) -> Crop {
    around(bank, recipe, &bank.cards()[card], &mut Dice::new(seed, 4))
}

fn around(bank: &Bank, recipe: &SceneRecipe, card: &RenderedCard, dice: &mut Dice) -> Crop {
    let mut stage = Stage::new(bank, recipe, dice);
    let quad = stage.place(card, dice);
    let noisy = stage.misjudge(quad, dice);
    let truth = CropTruth { class: card.truth.class, card: Some(card.truth) };
    stage.cut(noisy, truth, dice)
}

/// The small scene around a card.
struct Stage<'a> {
    canvas: Canvas,
    bank: &'a Bank,
    recipe: &'a SceneRecipe,
    /// Height of a whole cell, in pixels of the canvas.
    height: f32,
    /// Pixels of the canvas for one of the screen that it stands for.
    shrunk: f32,
    sampling: Sampling,
    cards: Vec<Quad<InFrame>>,
}

impl<'a> Stage<'a> {
    fn new(bank: &'a Bank, recipe: &'a SceneRecipe, dice: &mut Dice) -> Self {
        let ranges = &recipe.crop;
        let range = if dice.chance(ranges.common) { ranges.common_height } else { ranges.height };
        let on_screen = dice.log_range(range[0], range[1]);
        // The rectifier shrinks what is 1.5 times its crop's height to 1.25 times.
        let crop_height = ranges.size[1] as f32;
        let largest = crop_height * 1.25 / ranges.widen;
        let height = if on_screen * ranges.widen > crop_height * 1.5 { largest } else { on_screen };
        let shrunk = height / on_screen;
        let (width, tall) = ((height * 71.0 / 95.0 * 1.4) as u32 + 2, (height * 1.36) as u32 + 2);
        let image = Self::ground(bank, recipe, width, tall, height, dice);
        let sampling = if dice.chance(0.5) { Sampling::Blocky } else { Sampling::Smooth };
        Self {
            canvas: Canvas::new(image, Owned::No),
            bank,
            recipe,
            height,
            shrunk,
            sampling,
            cards: Vec::new(),
        }
    }

    fn ground(
        bank: &Bank,
        recipe: &SceneRecipe,
        width: u32,
        height: u32,
        card: f32,
        dice: &mut Dice,
    ) -> RgbaImage {
        let choice = dice.unit();
        if choice < recipe.scene.swirl * 0.8 {
            let step = 73.0 / card * dice.range(0.8, 1.25);
            background::swirl(&bank.swirls, width, height, step, dice)
        } else if choice < 0.9 {
            let interface = dice.chance(0.5);
            let colour =
                if interface { interface::accent(dice) } else { [0; 3].map(|_: u8| dice.below(256) as u8) };
            background::plain(width, height, colour)
        } else {
            background::patches(width, height, dice)
        }
    }

    /// Puts the card in the middle, its neighbours behind and before it, and what lies over it.
    fn place(&mut self, card: &RenderedCard, dice: &mut Dice) -> Quad<InFrame> {
        let ranges = &self.recipe.crop;
        let (h, w) = (self.height, self.height * 71.0 / 95.0);
        let mut x = self.canvas.width() / 2.0;
        let mut y = self.canvas.height() / 2.0;
        if dice.chance(ranges.cut) {
            let sign = if dice.chance(0.5) { 1.0 } else { -1.0 };
            if dice.chance(0.5) {
                x += sign * w * dice.range(0.25, 0.6);
            } else {
                y += sign * h * dice.range(0.25, 0.6);
            }
        }
        let tilted = dice.chance(0.4);
        let tilt = if tilted { [dice.normal(0.05), dice.normal(0.05)] } else { [0.0; 2] };
        let mut pose = Pose { rotation: dice.normal(ranges.rotation), tilt };
        if dice.happens(ranges.dragged) {
            let turn = dice.within(self.recipe.scene.dragged_turn);
            pose.rotation = if dice.chance(0.5) { turn } else { -turn };
        }
        let stacked = dice.happens(ranges.stacked);
        let pitch = if stacked { h * dice.within(ranges.stacked_pitch) } else { 0.0 };
        // A card smaller than its cell, or than other cards, still fills the crop: its neighbours
        // are larger then.
        let size = h / (card.bounds[3] - card.bounds[1]).max(0.3);
        let playing = card.truth.kind == CardType::Playing || card.truth.kind == CardType::Deck;
        let crowded = dice.chance(ranges.neighbours[usize::from(!playing)]);
        let shadow = dice
            .chance(self.recipe.scene.shadow)
            .then(|| Shadow::new(self.recipe.scene.shadow_strength, dice));
        let distance = if playing { ranges.neighbour_distance } else { [0.5, 1.15] };
        if stacked && dice.chance(0.75) {
            self.row(card, [x, y - pitch], shadow.as_ref(), dice);
        }
        if crowded && dice.chance(0.7) {
            let aside = Pose { rotation: pose.rotation - dice.range(0.0, 0.06), tilt: [0.0; 2] };
            let dx = -w * dice.within(distance);
            self.neighbour(card, x + dx, y + dice.normal(h * 0.06), aside, shadow.as_ref(), dice);
        }
        let cell = card.cell_quad(x, y, size, pose);
        let quad = card.quad_in(cell);
        self.paste(card, cell, shadow.as_ref());
        if crowded {
            let aside = Pose { rotation: pose.rotation + dice.range(0.0, 0.06), tilt: [0.0; 2] };
            let lift = if dice.chance(0.15) { h * dice.range(0.1, 0.3) } else { 0.0 };
            let dx = w * dice.within(distance);
            self.neighbour(card, x + dx, y + dice.normal(h * 0.06) - lift, aside, shadow.as_ref(), dice);
        }
        if stacked {
            self.row(card, [x, y + pitch], shadow.as_ref(), dice);
        }
        if dice.chance(ranges.covered) {
            self.strew(x, y, shadow.as_ref(), dice);
        }
        self.furnish(quad, card.truth.kind, dice);
        quad
    }

    /// The row behind or before the card's own.
    fn row(&mut self, card: &RenderedCard, [x, y]: [f32; 2], shadow: Option<&Shadow>, dice: &mut Dice) {
        let w = self.height * 71.0 / 95.0;
        let step = w * dice.range(0.35, 1.0);
        let first = x - step * dice.range(0.6, 1.4);
        // A stack has one card there, a deck a row of them.
        let count = if card.truth.kind == CardType::Playing || dice.chance(0.3) { 4 } else { 1 };
        for number in 0..count {
            let at = if count == 1 { x + dice.normal(w * 0.04) } else { first + step * number as f32 };
            let pose = Pose { rotation: dice.normal(0.012), tilt: [0.0; 2] };
            let kind = if dice.chance(0.75) { card.truth.kind } else { *dice.pick(&CardType::ALL) };
            let bank = self.bank;
            let other = &bank.cards()[bank.of_type(kind, self.recipe.scene.unknown, dice)];
            let cell =
                other.cell_quad(at, y + dice.normal(self.height * 0.01), self.height * other.scale, pose);
            self.paste(other, cell, shadow);
        }
    }

    fn neighbour(
        &mut self,
        card: &RenderedCard,
        x: f32,
        y: f32,
        pose: Pose,
        shadow: Option<&Shadow>,
        dice: &mut Dice,
    ) {
        let other = self.bank.of_type(card.truth.kind, self.recipe.scene.unknown, dice);
        let bank = self.bank;
        let other = &bank.cards()[other];
        let cell = other.cell_quad(x, y, self.height * other.scale / card.scale, pose);
        self.paste(other, cell, shadow);
    }

    /// A card that lies over a part of it anyhow.
    fn strew(&mut self, x: f32, y: f32, shadow: Option<&Shadow>, dice: &mut Dice) {
        let kind = *dice.pick(&CardType::ALL);
        let bank = self.bank;
        let other = &bank.cards()[bank.of_type(kind, 0.1, dice)];
        let angle = dice.range(0.0, std::f32::consts::TAU);
        let reach = dice.range(0.45, 0.8);
        let (dx, dy) = (angle.cos() * reach * self.height * 0.75, angle.sin() * reach * self.height);
        let pose = Pose { rotation: dice.normal(0.05), tilt: [0.0; 2] };
        let cell = other.cell_quad(x + dx, y + dy, self.height * other.scale, pose);
        self.paste(other, cell, shadow);
    }

    fn paste(&mut self, card: &RenderedCard, cell: Quad<InFrame>, shadow: Option<&Shadow>) {
        let quad = card.quad_in(cell);
        if let Some(shadow) = shadow {
            shadow.cast(&mut self.canvas, quad);
        }
        self.canvas.paste(&card.sprite, cell, self.sampling);
        self.cards.push(quad);
    }

    /// What the interface lays over a card.
    fn furnish(&mut self, quad: Quad<InFrame>, kind: CardType, dice: &mut Dice) {
        let ranges = &self.recipe.crop;
        let bounds = quad.bounds();
        let (h, w) = (quad.height(), quad.width());
        let middle = (bounds.left + bounds.right) / 2.0;
        if dice.chance(ranges.tooltip) {
            let (tw, th) = (w * dice.range(0.5, 1.4), h * dice.range(0.25, 0.7));
            let y = if dice.chance(0.7) {
                bounds.bottom - h * dice.range(0.0, 0.3)
            } else {
                bounds.top + h * dice.range(0.0, 0.25) - th
            };
            let x = middle - tw * dice.range(0.1, 0.9);
            interface::tooltip(&mut self.canvas, Area::new(x, y, tw, th), dice);
        }
        if dice.chance(ranges.price_tag) {
            let (tw, th) = (h * 0.38, h * 0.22);
            let y = bounds.top - th * dice.range(0.4, 0.95);
            interface::price_tag(&mut self.canvas, Area::new(middle - tw / 2.0, y, tw, th), dice);
        }
        let shares = ranges.controls;
        if dice.happens(shares.button) {
            controls::button(&mut self.canvas, controls::area(quad), dice);
        }
        if dice.happens(shares.frame) {
            controls::frame(&mut self.canvas, controls::area(quad), dice);
        }
        if dice.happens(shares.pointer) {
            controls::pointer(&mut self.canvas, controls::area(quad), dice);
        }
        if kind == CardType::Joker && dice.chance(ranges.badge) {
            let bh = h * dice.range(0.15, 0.33);
            let y = bounds.bottom - bh * dice.range(0.0, 0.5);
            interface::badge(&mut self.canvas, Area::new(middle - w / 2.0, y, w, bh), dice);
        }
    }

    /// The quad as a detector might find it: the identifier learns to read what is cut badly.
    fn misjudge(&self, quad: Quad<InFrame>, dice: &mut Dice) -> Quad<InFrame> {
        let [corner, whole, scale] = self.recipe.crop.corner_noise;
        let h = quad.height();
        let (dx, dy) = (dice.normal(whole * h), dice.normal(whole * h));
        let scaled = quad.scaled(1.0 + dice.normal(scale));
        let shift = |point: Point<InFrame>, dice: &mut Dice| {
            Point::new(point.x + dx + dice.normal(corner * h), point.y + dy + dice.normal(corner * h))
        };
        Quad { corners: scaled.corners.map(|point| shift(point, dice)) }
    }

    /// Applies the screen's effects and rectifies `quad`.
    fn cut(self, quad: Quad<InFrame>, truth: CropTruth, dice: &mut Dice) -> Crop {
        let ranges = &self.recipe.crop;
        let mut image = self.canvas.image;
        let px = (self.height / 110.0).max(0.6);
        screen_effects::apply(&mut image, &self.recipe.screen, px, self.shrunk, dice);
        Crop { pixels: rectify(&image, quad, ranges.size, ranges.widen), truth, again: None }
    }
}

fn rectify(image: &RgbaImage, quad: Quad<InFrame>, size: [u32; 2], widen: f32) -> Vec<u8> {
    type Kept = Option<([u32; 2], f32, Rectifier)>;
    thread_local! {
        static RECTIFIER: RefCell<Kept> = const { RefCell::new(None) };
    }
    RECTIFIER.with_borrow_mut(|kept| {
        if !kept.as_ref().is_some_and(|(kept_size, kept_widen, _)| *kept_size == size && *kept_widen == widen)
        {
            *kept = None;
        }
        let (_, _, rectifier) =
            kept.get_or_insert_with(|| (size, widen, Rectifier::new(size[0], size[1], widen)));
        rectifier.run(&image.into(), quad).to_vec()
    })
}
