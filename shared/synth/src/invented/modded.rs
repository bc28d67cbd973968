//! Cards as mods draw them: dark borders or none, tall frames, odd outlines; and variations of one
//! drawing.

use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::CardType;

use super::{Donors, blobs, figure, gradients, letters, photograph};
use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Owned};
use crate::dice::Dice;
use crate::interface::phrase::any_face;
use crate::resize::{Manner, resized};

/// The outline of a card.
#[derive(Clone, Copy)]
enum Outline {
    /// As large as other cards, corners cut by so much of the width.
    Round(f32),
    /// Only a part of the width and height, in the middle of the cell.
    Part([f32; 2]),
    Ellipse,
    /// Corners cut straight.
    Cut(f32),
    /// Wider at the top or at the bottom.
    Slanted(f32),
    /// An edge of steps, as torn or dripping cards have.
    Ragged(f32, f32),
}

impl Outline {
    fn any(dice: &mut Dice) -> Self {
        match dice.weighted(&[0.5, 0.24, 0.04, 0.1, 0.05, 0.07]) {
            0 => Self::Round(dice.range(0.0, 0.12)),
            1 => Self::Part(match dice.below(4) {
                0 => [dice.range(0.72, 0.92), 1.0],
                1 => [1.0, dice.range(0.52, 0.88)],
                2 => {
                    let side = dice.range(0.75, 1.0);
                    [side, side * 71.0 / 95.0]
                }
                _ => [dice.range(0.65, 0.95), dice.range(0.65, 0.95)],
            }),
            2 => Self::Ellipse,
            3 => Self::Cut(dice.range(0.08, 0.3)),
            4 => Self::Slanted(dice.range(-0.18, 0.18)),
            _ => Self::Ragged(dice.range(0.02, 0.08), dice.range(3.0, 30.0)),
        }
    }

    /// How far inside a point lies, in widths of the card; negative outside.
    fn depth(self, u: f32, v: f32) -> f32 {
        const TALL: f32 = 95.0 / 71.0;
        let (x, y) = ((u - 0.5).abs(), (v - 0.5).abs());
        let edges = |w: f32, h: f32| (w / 2.0 - x).min((h / 2.0 - y) * TALL);
        match self {
            Self::Round(radius) => {
                let (dx, dy) = ((x - 0.5 + radius).max(0.0), ((y - 0.5) * TALL + radius).max(0.0));
                if dx > 0.0 && dy > 0.0 { radius - dx.hypot(dy) } else { edges(1.0, 1.0) }
            }
            Self::Part([w, h]) => edges(w, h),
            Self::Ellipse => (0.5 - x.hypot(y)) * 0.9,
            Self::Cut(corner) => edges(1.0, 1.0).min((0.5 + 0.5 * TALL - corner - x - y * TALL) * 0.7),
            Self::Slanted(slope) => edges(1.0 - slope.abs() + slope * (v - 0.5) * 2.0, 1.0),
            Self::Ragged(deep, often) => {
                let step = ((u + v * 1.7) * often).floor();
                edges(1.0, 1.0) - deep * ((step * 12.9898).sin() * 43_758.547).fract().abs()
            }
        }
    }
}

impl Donors<'_> {
    pub(super) fn modded(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        let [width, height] = self.sprites.catalogue().card_size;
        let mut picture = self.content(dice);
        if dice.chance(0.35) {
            letters(&mut picture, dice);
        }
        let outline = Outline::any(dice);
        let light = dice.chance(0.25);
        let tone =
            |dice: &mut Dice, low: usize, high: usize| [0; 3].map(|_: u8| dice.between(low, high) as u8);
        let dark = if dice.chance(0.5) { [dice.below(40) as u8; 3] } else { tone(dice, 0, 80) };
        let border = match dice.below(4) {
            0 => None,
            1 | 2 => Some((if light { tone(dice, 180, 255) } else { dark }, dice.range(0.012, 0.09))),
            _ => Some((tone(dice, 0, 255), dice.range(0.012, 0.11))),
        };
        let inner = border
            .filter(|_| dice.chance(0.3))
            .map(|(_, wide)| (tone(dice, 0, 255), wide * dice.range(1.2, 1.9)));
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (u, v) = ((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
            let depth = outline.depth(u, v);
            let paint = |paint: Option<([u8; 3], f32)>| {
                paint.filter(|&(_, wide)| depth < wide).map(|(colour, _)| colour)
            };
            if let Some([r, g, b]) = paint(border).or_else(|| paint(inner)) {
                *pixel = Rgba([r, g, b, 255]);
            }
            pixel[3] = if depth > 0.0 { 255 } else { 0 };
        }
        let kind =
            [CardType::Joker, CardType::Tarot, CardType::Spectral, CardType::Voucher, CardType::Playing]
                [dice.weighted(&[0.62, 0.12, 0.1, 0.08, 0.08])];
        if self.scale == 1 {
            return (picture, kind);
        }
        (resized(&picture, width * self.scale, height * self.scale, Manner::Nearest), kind)
    }

    /// What is on it, at 1x.
    fn content(&self, dice: &mut Dice) -> RgbaImage {
        let [width, height] = self.sprites.catalogue().card_size;
        let shapes = dice.between(1, 3);
        let mut picture = match dice.weighted(&[0.24, 0.2, 0.14, 0.12, 0.3]) {
            0 => blobs(width, height, dice),
            1 => figure(width, height, dice),
            2 => gradients(width, height, dice),
            3 => photograph(width, height, dice),
            _ => {
                // Another card's middle, far larger, on paper of its own.
                let (other, _) = self.any(dice);
                let zoom = dice.range(0.35, 0.75);
                let (w, h) = ((other.width() as f32 * zoom) as u32, (other.height() as f32 * zoom) as u32);
                let at =
                    [dice.below((other.width() - w) as usize), dice.below((other.height() - h) as usize)];
                let cut = imageops::crop_imm(&other, at[0] as u32, at[1] as u32, w, h).to_image();
                let mut cut = resized(&cut, width, height, Manner::Area);
                if dice.chance(0.5) {
                    imageops::flip_horizontal_in_place(&mut cut);
                }
                let paper = [0; 3].map(|_: u8| dice.below(256) as u8);
                cut.pixels_mut().filter(|pixel| pixel[3] < 128).for_each(|pixel| {
                    *pixel = Rgba([paper[0], paper[1], paper[2], 255]);
                });
                cut
            }
        };
        picture.pixels_mut().for_each(|pixel| pixel[3] = 255);
        for _ in 0..shapes {
            if dice.chance(0.4) {
                token(&mut picture, [0.15, 0.45], dice);
            }
        }
        picture
    }
}

/// Changes one detail of a drawing so far that it is another card: a token on it, other clothes, a
/// word.
pub(crate) fn vary(picture: &mut RgbaImage, dice: &mut Dice) {
    match dice.below(4) {
        0 => clothe(picture, dice),
        1 => {
            clothe(picture, dice);
            token(picture, [0.2, 0.4], dice);
        }
        _ => token(picture, [0.3, 0.6], dice),
    }
}

/// One shape on the image, as wide as a share of it; its outline stays.
fn token(picture: &mut RgbaImage, widths: [f32; 2], dice: &mut Dice) {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let alpha: Vec<u8> = picture.pixels().map(|pixel| pixel[3]).collect();
    let mut canvas = Canvas::new(std::mem::take(picture), Owned::No);
    let side = w * dice.within(widths);
    let (x, y) = (w * dice.range(0.3, 0.7), h * dice.range(0.25, 0.75));
    let colour = [0; 3].map(|_: u8| dice.below(256) as u8);
    let line = (side * 0.07).max(1.0);
    match dice.below(4) {
        0 => {
            canvas.disc(x, y, side / 2.0 + line, [30, 30, 36]);
            canvas.disc(x, y, side / 2.0, colour);
        }
        1 => {
            let area = Area::new(x - side / 2.0, y - side * 0.35, side, side * 0.7);
            canvas.rounded(area.grown(line), side * 0.15, [30, 30, 36]);
            canvas.rounded(area, side * 0.12, colour);
        }
        2 => {
            let corners = dice.between(3, 6);
            let start = dice.range(0.0, std::f32::consts::TAU);
            let points: Vec<[f32; 2]> = (0..corners)
                .map(|corner| {
                    let angle = start + corner as f32 / corners as f32 * std::f32::consts::TAU;
                    [x + angle.cos() * side / 2.0, y + angle.sin() * side / 2.0]
                })
                .collect();
            canvas.polygon(&points, colour);
        }
        _ => {
            let face = if dice.chance(0.6) { Face::Pixel } else { any_face(dice) };
            let sign = char::from(b'!' + dice.below(90) as u8).to_string();
            canvas.text_centred(face, &sign, [x, y], side, side * 1.5, colour, Some([25, 25, 30]));
        }
    }
    *picture = canvas.image;
    picture.pixels_mut().zip(alpha).for_each(|(pixel, alpha)| pixel[3] = alpha);
}

/// Another colour for one part: the upper or lower half, or the middle.
fn clothe(picture: &mut RgbaImage, dice: &mut Dice) {
    let (height, width) = (picture.height() as f32, picture.width() as f32);
    let (low, high) = [(0.1, 0.5), (0.45, 0.92), (0.3, 0.7)][dice.below(3)];
    let swap = dice.between(1, 2);
    let gain = [0; 3].map(|_: u8| dice.range(0.45, 1.25));
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (u, v) = (x as f32 / width, y as f32 / height);
        if (low..high).contains(&v) && (0.14..0.86).contains(&u) {
            let old = pixel.0;
            for (channel, gain) in gain.iter().enumerate() {
                pixel.0[channel] = (f32::from(old[(channel + swap) % 3]) * gain).min(255.0) as u8;
            }
        }
    }
}
