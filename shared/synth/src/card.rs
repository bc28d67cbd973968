//! One card's image with its modifiers, and what is true of it.
//!
//! Layers are drawn as the game draws them: enhancement or base, front, edition, what floats, seal,
//! stickers, and the cross of a debuffed card last.

use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::{Art, CardType, Catalogue, Cell};
use lens_core::geometry::{Homography, InFrame, Quad};
use lens_core::modifiers::{self, Modifiers, NONE};

use crate::art::Sprites;
use crate::canvas::sprite::Sprite;
use crate::dice::Dice;
use crate::edition::{self, Effect};
use crate::resize::{Manner, resized};

/// What is true of a card in a composed image. Words are indices into the catalogue's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CardTruth {
    /// Index into the bank's classes.
    pub class: usize,
    /// What it is; for invented cards, what it imitates.
    pub kind: CardType,
    /// Index into the catalogue's editions.
    pub edition: usize,
    /// Index into the catalogue's enhancements.
    pub enhancement: usize,
    /// Index into the catalogue's seals.
    pub seal: usize,
    /// Bit `n` is the catalogue's sticker `n`.
    pub stickers: u32,
    /// Whether it is crossed out.
    pub debuffed: bool,
}

impl CardTruth {
    /// The modifiers in words.
    pub fn modifiers(&self, catalogue: &Catalogue) -> Modifiers {
        let words = &catalogue.modifiers;
        let word = |list: &[lens_core::catalogue::ModifierArt], index: usize| {
            list.get(index).map_or_else(|| NONE.to_owned(), |modifier| modifier.word.clone())
        };
        let worn = |(number, _): &(usize, _)| self.stickers >> number & 1 == 1;
        Modifiers {
            edition: words
                .editions
                .get(self.edition)
                .cloned()
                .unwrap_or_else(|| modifiers::edition::BASE.into()),
            enhancement: word(&words.enhancements, self.enhancement),
            seal: word(&words.seals, self.seal),
            stickers: words.stickers.iter().enumerate().filter(worn).map(|(_, it)| it.word.clone()).collect(),
            debuffed: self.debuffed,
        }
    }
}

/// A card drawn once and pasted many times.
#[derive(Clone, Debug)]
pub struct RenderedCard {
    pub truth: CardTruth,
    /// Size beside the other cards of the game.
    pub scale: f32,
    /// Whether it is dimmed, as a card that is not in the deck any more.
    pub(crate) is_greyed: bool,
    pub(crate) sprite: Sprite,
    /// Left, top, right and bottom of the card's own art, in shares of its cell.
    pub(crate) bounds: [f32; 4],
    /// Share of those bounds that the card's own art fills.
    pub(crate) filled: f32,
}

impl RenderedCard {
    /// The image of the whole cell, with straight alpha.
    pub fn image(&self) -> RgbaImage {
        self.sprite.picture()
    }

    /// Where the card lies when its whole cell lies in `cell`: cards smaller than their cell have
    /// smaller quads.
    pub(crate) fn quad_in(&self, cell: Quad<InFrame>) -> Quad<InFrame> {
        let Some(map) = Homography::quad_from_rect(1.0, 1.0, cell) else { return cell };
        let [left, top, right, bottom] = self.bounds;
        Quad::from_xy(
            [[left, top], [right, top], [right, bottom], [left, bottom]].map(|[u, v]| map.apply(u, v)),
        )
    }

    /// The cell's quad for which the card itself is centred at `(x, y)`, its full cell `height`
    /// high.
    pub(crate) fn cell_quad(&self, x: f32, y: f32, height: f32, pose: Pose) -> Quad<InFrame> {
        let [cell_width, cell_height] = self.sprite.size();
        let width = height * cell_width as f32 / cell_height as f32;
        let [left, top, right, bottom] = self.bounds;
        let centre = [(left + right) / 2.0, (top + bottom) / 2.0];
        let (sin, cos) = pose.rotation.sin_cos();
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[u, v]: [f32; 2]| {
            let (dx, dy) = (u - centre[0], v - centre[1]);
            let depth = 1.0 + pose.tilt[0] * dx + pose.tilt[1] * dy;
            let (px, py) = (dx * width / depth, dy * height / depth);
            [x + px * cos - py * sin, y + px * sin + py * cos]
        });
        Quad::from_xy(corners)
    }
}

/// How a card is turned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pose {
    /// Radians, clockwise on screen.
    pub(crate) rotation: f32,
    /// How much nearer one side is than the other, left to right and top to bottom.
    pub(crate) tilt: [f32; 2],
}

/// What to draw on a card beside its own art.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Finish {
    pub(crate) effect: Option<Effect>,
    pub(crate) greyed: bool,
    pub(crate) gleam: bool,
}

/// Draws the layers that make a card plain: its enhancement or base, and its front.
pub(crate) fn plain(sprites: &Sprites, art: &Art, enhancement: Option<&Cell>, scale: u32) -> RgbaImage {
    let mut picture = base(sprites, art, enhancement, scale);
    if let Some(front) = &art.front {
        overlay(&mut picture, sprites.cell(front, scale));
    }
    picture
}

/// What lies under the front: the enhancement, or the card's own base.
pub(crate) fn base(sprites: &Sprites, art: &Art, enhancement: Option<&Cell>, scale: u32) -> RgbaImage {
    let [width, height] = sprites.catalogue().card_size;
    match art.base.as_ref().or(enhancement) {
        Some(cell) => resized(sprites.cell(cell, scale), width * scale, height * scale, Manner::Area),
        None => RgbaImage::new(width * scale, height * scale),
    }
}

/// Draws edition, floating layer, seal, stickers and cross over a plain card.
pub(crate) fn finish(
    sprites: &Sprites,
    plain: RgbaImage,
    floating: Option<&Cell>,
    truth: CardTruth,
    finish: Finish,
    scale: u32,
    card_scale: f32,
    dice: &mut Dice,
) -> RenderedCard {
    let words = &sprites.catalogue().modifiers;
    let (bounds, filled) = extent(&plain);
    let mut picture = plain.clone();
    if finish.gleam {
        edition::apply(&mut picture, Effect::Gleam, dice);
    }
    if let Some(effect) = finish.effect {
        edition::apply(&mut picture, effect, dice);
    }
    if let Some(cell) = floating {
        float(&mut picture, sprites.cell(cell, scale), dice);
    }
    let worn = words.stickers.iter().enumerate().filter(|(number, _)| truth.stickers >> number & 1 == 1);
    if let Some(seal) = words.seals.get(truth.seal)
        && let Some(cell) = &seal.cell
    {
        let mut drawn = sprites.cell(cell, scale).clone();
        if edition::is_shiny_seal(&seal.word) {
            edition::apply(&mut drawn, Effect::Gleam, dice);
        }
        overlay(&mut picture, &drawn);
    }
    for cell in worn.filter_map(|(_, sticker)| sticker.cell.as_ref()) {
        overlay(&mut picture, sprites.cell(cell, scale));
    }
    if truth.debuffed {
        let mut crossed = plain;
        edition::apply(&mut crossed, Effect::Debuff, dice);
        cross(&mut picture, &crossed, dice.range(0.12, 0.32));
    }
    if finish.greyed {
        edition::apply(&mut picture, Effect::Greyed, dice);
    }
    let (sprite, is_greyed) = (Sprite::new(&picture), finish.greyed);
    RenderedCard { truth, scale: card_scale, is_greyed, sprite, bounds, filled }
}

/// Lays `over` on `picture`, resizing it when a sheet has other cells than cards.
pub(crate) fn overlay(picture: &mut RgbaImage, over: &RgbaImage) {
    if over.dimensions() == picture.dimensions() {
        imageops::overlay(picture, over, 0, 0);
    } else {
        let fitted = resized(over, picture.width(), picture.height(), Manner::Area);
        imageops::overlay(picture, &fitted, 0, 0);
    }
}

/// Left, top, right and bottom of what is opaque in shares of the image, and how much of that is
/// filled.
pub(crate) fn extent(picture: &RgbaImage) -> ([f32; 4], f32) {
    let (width, height) = picture.dimensions();
    let (mut left, mut top, mut right, mut bottom, mut count) = (width, height, 0, 0, 0_u32);
    for (x, y, pixel) in picture.enumerate_pixels() {
        if pixel[3] > 127 {
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + 1), bottom.max(y + 1));
            count += 1;
        }
    }
    if count == 0 {
        return ([0.0, 0.0, 1.0, 1.0], 0.0);
    }
    let (w, h) = (width as f32, height as f32);
    let area = (right - left) * (bottom - top);
    ([left as f32 / w, top as f32 / h, right as f32 / w, bottom as f32 / h], count as f32 / area as f32)
}

/// The floating layer, swaying: a little larger, turned and shifted, over its own shadow.
fn float(picture: &mut RgbaImage, layer: &RgbaImage, dice: &mut Dice) {
    let (width, height) = picture.dimensions();
    let zoom = 1.07 + dice.range(-0.03, 0.03);
    let (sin, cos) = dice.range(-0.06, 0.06).sin_cos();
    let shift = [dice.range(-0.02, 0.02) * width as f32, dice.range(-0.03, 0.02) * height as f32];
    let drop = [dice.range(-0.02, 0.02) * width as f32, 0.04 * height as f32];
    let sample = |x: f32, y: f32| -> Rgba<u8> {
        let (dx, dy) = (x - width as f32 / 2.0 - shift[0], y - height as f32 / 2.0 - shift[1]);
        let u = (dx * cos + dy * sin) / zoom + layer.width() as f32 / 2.0;
        let v = (dy * cos - dx * sin) / zoom + layer.height() as f32 / 2.0;
        let inside = u >= 0.0 && v >= 0.0 && u < layer.width() as f32 && v < layer.height() as f32;
        if inside { *layer.get_pixel(u as u32, v as u32) } else { Rgba([0; 4]) }
    };
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        if pixel[3] > 0 && sample(x - drop[0], y - drop[1])[3] > 127 {
            pixel.0[..3].iter_mut().for_each(|channel| *channel = (u32::from(*channel) * 7 / 10) as u8);
        }
        let over = sample(x, y);
        if over[3] > 127 {
            *pixel = over;
        }
    }
}

/// Lays the debuffed card over a finished one: its red arms fully, the rest by `veil`.
fn cross(picture: &mut RgbaImage, crossed: &RgbaImage, veil: f32) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    for ((x, y, pixel), over) in picture.enumerate_pixels_mut().zip(crossed.pixels()) {
        let (u, v) = ((x as f32 + 0.5) / width, (y as f32 + 0.5) / height);
        let opacity = if edition::is_crossed(u, v) { 0.97 } else { veil } * f32::from(over[3]) / 255.0;
        for (channel, over) in pixel.0[..3].iter_mut().zip(over.0) {
            *channel = (f32::from(*channel) * (1.0 - opacity) + f32::from(over) * opacity) as u8;
        }
    }
}
