//! Cards of no catalogue, for outlier exposure (Hendrycks, Mazeika, Dietterich, 2019).
//!
//! They must look like cards and like no card: collages, mirrored images, foreign images in a
//! known frame, and drawings that nobody made. Recolouring alone is not enough, because editions
//! recolour known cards.

use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::{Card, CardType};

use crate::art::Sprites;
use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Owned};
use crate::card;
use crate::colour::{hsl_from_rgb, rgb_from_hsl};
use crate::dice::Dice;
use crate::interface::phrase::{any_face, phrase};
use crate::resize::{Manner, resized};

mod modded;

pub(crate) use modded::vary;

/// How much an invented card must differ from the cards it is made of, in mean steps of 255.
const MIN_DIFFERENCE: f32 = 22.0;
/// The same for mirrored cards, whose colours stay where they mattered.
const MIN_DIFFERENCE_MIRRORED: f32 = 30.0;

/// What cards are invented of.
pub(crate) struct Ways<'a> {
    pub(crate) sprites: &'a Sprites,
    /// Cards that parts are taken from.
    pub(crate) donors: &'a [&'a Card],
    /// Share that looks as mods draw cards.
    pub(crate) modded: f32,
}

impl Ways<'_> {
    /// Draws a plain invented card, and says what it imitates.
    pub(crate) fn draw(&self, scale: u32, dice: &mut Dice) -> (RgbaImage, CardType) {
        let donors = Donors { sprites: self.sprites, cards: self.donors, scale };
        if dice.happens(self.modded) { donors.modded(dice) } else { draw(&donors, dice) }
    }
}

fn draw(donor: &Donors<'_>, dice: &mut Dice) -> (RgbaImage, CardType) {
    let (mut picture, kind) = match dice.weighted(&[0.24, 0.1, 0.26, 0.32, 0.08]) {
        0 => donor.collage(dice),
        1 => donor.mirrored(dice),
        2 => donor.foreign_picture(dice),
        3 => donor.drawing(dice),
        _ => donor.blank(dice),
    };
    if dice.chance(0.25) {
        recolour(&mut picture, dice);
    }
    (picture, kind)
}

struct Donors<'a> {
    sprites: &'a Sprites,
    cards: &'a [&'a Card],
    scale: u32,
}

impl Donors<'_> {
    fn any(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        let card = *dice.pick(self.cards);
        (self.plain(card, dice), card.card_type)
    }

    fn of(&self, kind: CardType, dice: &mut Dice) -> RgbaImage {
        let same: Vec<&&Card> = self.cards.iter().filter(|card| card.card_type == kind).collect();
        if same.is_empty() {
            return self.any(dice).0;
        }
        let card: &Card = same[dice.below(same.len())];
        self.plain(card, dice)
    }

    fn plain(&self, card: &Card, dice: &mut Dice) -> RgbaImage {
        let skin = dice.pick(&card.skins);
        let enhancements = &self.sprites.catalogue().modifiers.enhancements;
        let number = if dice.chance(0.7) { 0 } else { dice.below(enhancements.len().max(1)) };
        let enhancement = enhancements.get(number).and_then(|it| it.cell.as_ref());
        card::plain(self.sprites, dice.pick(&skin.art), enhancement, self.scale)
    }

    /// Parts of different cards of one type.
    ///
    /// Never a left and a right half, and never of playing cards: so look cards that a neighbour
    /// covers.
    fn collage(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        for _ in 0..8 {
            let (whole, kind) = self.any(dice);
            if kind == CardType::Playing {
                continue;
            }
            let others =
                [0; 3].map(|_| if dice.chance(0.8) { self.of(kind, dice) } else { self.any(dice).0 });
            let mut picture = whole.clone();
            cut_up(&mut picture, &others, dice);
            let sources = std::iter::once(&whole).chain(&others);
            if sources.map(|source| mean_difference(&picture, source)).fold(f32::INFINITY, f32::min)
                > MIN_DIFFERENCE
            {
                return (picture, kind);
            }
        }
        self.drawing(dice)
    }

    /// A card in a mirror, where that changes it much.
    fn mirrored(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        for _ in 0..6 {
            let (picture, kind) = self.any(dice);
            if kind == CardType::Playing {
                continue;
            }
            let turned = if dice.chance(0.5) {
                imageops::flip_horizontal(&picture)
            } else {
                imageops::flip_vertical(&picture)
            };
            if mean_difference(&picture, &turned) > MIN_DIFFERENCE_MIRRORED {
                return (turned, kind);
            }
        }
        self.drawing(dice)
    }

    /// A known frame around another card's image, a tag or a chip.
    fn foreign_picture(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        let kinds = [
            CardType::Joker,
            CardType::Tarot,
            CardType::Planet,
            CardType::Spectral,
            CardType::Voucher,
            CardType::Booster,
        ];
        let kind = kinds[dice.weighted(&[0.6, 0.1, 0.08, 0.08, 0.06, 0.08])];
        let mut picture = self.of(kind, dice);
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let (left, right) = (dice.range(0.12, 0.24), dice.range(0.76, 0.88));
        let (top, bottom) = (dice.range(0.06, 0.2), dice.range(0.78, 0.94));
        let hole = [left * width, top * height, (right - left) * width, (bottom - top) * height]
            .map(|side| side as u32);
        let tags = self.sprites.not_cards();
        let inner = if !tags.is_empty() && dice.chance(0.3) {
            let paper = picture.get_pixel(hole[0] + 1, hole[1] + 1).0;
            let mut ground =
                RgbaImage::from_pixel(hole[2], hole[3], Rgba([paper[0], paper[1], paper[2], 255]));
            let tag = dice.pick(tags);
            let side = (hole[2].min(hole[3]) as f32 * dice.range(0.6, 1.0)) as u32;
            let tag = resized(tag, side, side * tag.height() / tag.width(), Manner::Area);
            let at = [(hole[2] - side) / 2, (hole[3].saturating_sub(tag.height())) / 2];
            imageops::overlay(&mut ground, &tag, at[0].into(), at[1].into());
            ground
        } else {
            let (other, _) = self.any(dice);
            // Well off the size it has on its own card, so that it is not that card in another
            // frame.
            let zoom = if dice.chance(0.5) { dice.range(0.6, 0.8) } else { dice.range(1.3, 1.8) };
            let (w, h) = ((hole[2] as f32 / zoom) as u32, (hole[3] as f32 / zoom) as u32);
            let (w, h) = (w.min(other.width()), h.min(other.height()));
            let (x, y) = (
                dice.below((other.width() - w) as usize + 1) as u32,
                dice.below((other.height() - h) as usize + 1) as u32,
            );
            let mut cut =
                resized(&imageops::crop_imm(&other, x, y, w, h).to_image(), hole[2], hole[3], Manner::Area);
            if dice.chance(0.4) {
                imageops::flip_horizontal_in_place(&mut cut);
            }
            cut
        };
        for (x, y, pixel) in inner.enumerate_pixels() {
            let under = picture.get_pixel_mut(hole[0] + x, hole[1] + y);
            if pixel[3] > 127 && under[3] > 0 {
                *under = *pixel;
            }
        }
        if kind != CardType::Joker && dice.chance(0.5) {
            title(&mut picture, self.scale as f32, dice);
        }
        (picture, kind)
    }

    /// A card that nobody drew: paper with blobs, a pixel figure, paint or noise, often with
    /// letters down its sides.
    fn drawing(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        let [width, height] = self.sprites.catalogue().card_size;
        let outline = self.of(CardType::Joker, dice);
        let mut small = match dice.below(4) {
            0 => blobs(width, height, dice),
            1 => figure(width, height, dice),
            2 => gradients(width, height, dice),
            _ => photograph(width, height, dice),
        };
        if dice.chance(0.6) {
            letters(&mut small, dice);
        }
        let mut picture = if self.scale == 1 {
            small
        } else {
            resized(&small, width * self.scale, height * self.scale, Manner::Nearest)
        };
        let frame = dice.chance(0.4);
        let margin = (2 * self.scale) as f32;
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let shape = outline.get_pixel(x, y);
            let edge = (x as f32)
                .min(y as f32)
                .min((width * self.scale - x) as f32)
                .min((height * self.scale - y) as f32);
            if frame && edge < margin * 1.5 {
                *pixel = *shape;
            }
            pixel[3] = shape[3];
        }
        let kind = [CardType::Joker, CardType::Tarot, CardType::Voucher, CardType::Playing]
            [dice.weighted(&[0.75, 0.1, 0.05, 0.1])];
        (picture, kind)
    }

    /// A playing card without rank and suit, or with foreign images on it.
    fn blank(&self, dice: &mut Dice) -> (RgbaImage, CardType) {
        let enhancements = &self.sprites.catalogue().modifiers.enhancements;
        let cells: Vec<_> = enhancements.iter().filter_map(|it| it.cell.as_ref()).collect();
        let Some(cell) = (!cells.is_empty()).then(|| *dice.pick(&cells)) else { return self.drawing(dice) };
        let mut picture = self.sprites.cell(cell, self.scale).clone();
        let stone = self
            .cards
            .iter()
            .flat_map(|card| &card.skins)
            .flat_map(|skin| &skin.art)
            .any(|art| art.base.as_ref() == Some(cell));
        let tags = self.sprites.not_cards();
        let marks = if stone { dice.between(2, 5) } else { dice.below(6) };
        for _ in 0..marks {
            let side = (picture.width() as f32 * dice.range(0.2, 0.5)) as u32;
            let (x, y) = (
                dice.below((picture.width() - side) as usize),
                dice.below((picture.height() - side) as usize),
            );
            let mark = if tags.is_empty() || dice.chance(0.5) {
                let (other, _) = self.any(dice);
                let (u, v) = (
                    dice.below((other.width() - side) as usize),
                    dice.below((other.height() - side) as usize),
                );
                imageops::crop_imm(&other, u as u32, v as u32, side, side).to_image()
            } else {
                resized(dice.pick(tags), side, side, Manner::Area)
            };
            imageops::overlay(&mut picture, &mark, x as i64, y as i64);
        }
        (picture, CardType::Playing)
    }
}

/// Replaces parts of an image by those of others: its lower part, quarters, a diagonal half, or
/// its middle.
fn cut_up(picture: &mut RgbaImage, others: &[RgbaImage; 3], dice: &mut Dice) {
    let (width, height) = picture.dimensions();
    let split = [dice.range(0.35, 0.65), dice.range(0.35, 0.65)];
    let slope = dice.range(-0.4, 0.4);
    let manner = dice.below(4);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let right = u + slope * (v - 0.5) > split[0];
        let low = v + slope * (u - 0.5) > split[1];
        let middle = (u - 0.5).abs() < 0.32;
        let from = match (manner, right, low) {
            (0, _, true) | (1, true, false) => &others[0],
            (1, false, true) => &others[1],
            (1, true, true) => &others[2],
            (2, ..) if u + v > 1.0 => &others[0],
            (3, ..) if middle => &others[usize::from(low)],
            _ => continue,
        };
        let source = from.get_pixel(x, y);
        if source[3] > 127 {
            *pixel = *source;
        }
    }
}

fn paper(dice: &mut Dice) -> [u8; 3] {
    if dice.chance(0.6) { [250, 250, 252] } else { [0; 3].map(|_: u8| dice.between(20, 255) as u8) }
}

/// Round and square shapes: a heap of them, or a creature with an outline, two of everything and
/// eyes.
fn blobs(width: u32, height: u32, dice: &mut Dice) -> RgbaImage {
    let [r, g, b] = paper(dice);
    let mut canvas = Canvas::new(RgbaImage::from_pixel(width, height, Rgba([r, g, b, 255])), Owned::No);
    let (w, h) = (width as f32, height as f32);
    let creature = dice.chance(0.6);
    let line = dice.range(0.8, 2.0);
    let grey = dice.chance(0.3);
    for _ in 0..dice.between(3, 12) {
        let tone = dice.between(0, 255) as u8;
        let colour = if grey { [tone; 3] } else { [0; 3].map(|_: u8| dice.between(0, 255) as u8) };
        let (x, y) = (dice.range(0.2, 0.8) * w, dice.range(0.12, 0.88) * h);
        let (sw, sh) = (dice.range(0.06, 0.5) * w, dice.range(0.05, 0.4) * h);
        let radius = if dice.chance(0.7) { sw.min(sh) / 2.0 } else { dice.range(0.0, 5.0) };
        let sides: &[f32] = if creature { &[1.0, -1.0] } else { &[1.0] };
        for side in sides {
            let x = w / 2.0 + (x - w / 2.0) * side;
            let area = Area::new(x - sw / 2.0, y - sh / 2.0, sw, sh);
            if creature {
                canvas.rounded(area.grown(line), radius + line, [40, 45, 50]);
            }
            canvas.rounded(area, radius, colour);
        }
    }
    if creature {
        let (y, apart, size) = (dice.range(0.25, 0.5) * h, dice.range(0.06, 0.16) * w, dice.range(1.5, 4.0));
        for x in [w / 2.0 - apart, w / 2.0 + apart] {
            canvas.disc(x, y, size, [250, 250, 250]);
            canvas.disc(x, y, size * 0.5, [20, 20, 25]);
        }
        let mouth = Area::new(w / 2.0 - apart, y + size * 2.0, apart * 2.0, dice.range(1.0, 4.0));
        canvas.rounded(mouth, 1.0, [60, 20, 30]);
    }
    canvas.image
}

/// A figure of square pixels, mirrored about its middle as creatures and faces are.
fn figure(width: u32, height: u32, dice: &mut Dice) -> RgbaImage {
    let ground = paper(dice);
    let colours: Vec<[u8; 3]> =
        (0..dice.between(2, 6)).map(|_| [0; 3].map(|_: u8| dice.between(0, 255) as u8)).collect();
    let (columns, rows) = (dice.between(4, 14), dice.between(8, 30));
    let density = dice.range(0.35, 0.7);
    let cells: Vec<Option<[u8; 3]>> =
        (0..columns * rows).map(|_| dice.chance(density).then(|| *dice.pick(&colours))).collect();
    let (left, top) = (width as f32 * 0.22, height as f32 * 0.12);
    let (w, h) = (width as f32 * 0.56, height as f32 * 0.76);
    RgbaImage::from_fn(width, height, |x, y| {
        let (u, v) = ((x as f32 - left) / w, (y as f32 - top) / h);
        let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
        let folded = (u - 0.5).abs() * 2.0;
        let cell = inside.then(|| {
            cells
                [(v * rows as f32) as usize * columns + ((folded * columns as f32) as usize).min(columns - 1)]
        });
        let [r, g, b] = cell.flatten().unwrap_or(ground);
        Rgba([r, g, b, 255])
    })
}

fn gradients(width: u32, height: u32, dice: &mut Dice) -> RgbaImage {
    let colours: [[f32; 3]; 3] = [0; 3].map(|_| [0; 3].map(|_: u8| dice.range(0.0, 255.0)));
    let waves: [[f32; 3]; 3] =
        [0; 3].map(|_| [dice.range(-9.0, 9.0), dice.range(-9.0, 9.0), dice.range(0.0, 6.0)]);
    let steps = dice.range(3.0, 9.0);
    RgbaImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let share = waves.map(|[a, b, c]| ((0.5 + 0.5 * (a * u + b * v + c).sin()) * steps).floor() / steps);
        let sum: f32 = share.iter().sum::<f32>().max(0.01);
        let channel = |k: usize| (0..3).map(|i| colours[i][k] * share[i] / sum).sum::<f32>() as u8;
        Rgba([channel(0), channel(1), channel(2), 255])
    })
}

/// Noise of all sizes, as a photograph has: octaves of smooth random values.
fn photograph(width: u32, height: u32, dice: &mut Dice) -> RgbaImage {
    let octaves: Vec<(usize, Vec<[f32; 3]>, f32)> = [3_usize, 6, 12, 24]
        .into_iter()
        .map(|size| {
            let values = (0..(size + 1) * (size + 1)).map(|_| {
                let light = dice.range(-1.0, 1.0);
                [0; 3].map(|_: u8| 0.7 * light + 0.3 * dice.range(-1.0, 1.0))
            });
            (size, values.collect(), 110.0 / (size as f32 / 3.0).powf(dice.range(0.5, 1.0)))
        })
        .collect();
    let middle = [0; 3].map(|_: u8| dice.range(60.0, 200.0));
    RgbaImage::from_fn(width, height, |x, y| {
        let mut sum = middle;
        for (size, values, weight) in &octaves {
            let (u, v) = (x as f32 / width as f32 * *size as f32, y as f32 / height as f32 * *size as f32);
            let (column, row) = (u as usize, v as usize);
            let (fu, fv) = (u - column as f32, v - row as f32);
            let at = |dx: usize, dy: usize, k: usize| values[(row + dy) * (size + 1) + column + dx][k];
            for (k, channel) in sum.iter_mut().enumerate() {
                let upper = at(0, 0, k) * (1.0 - fu) + at(1, 0, k) * fu;
                let lower = at(0, 1, k) * (1.0 - fu) + at(1, 1, k) * fu;
                *channel += weight * (upper * (1.0 - fv) + lower * fv);
            }
        }
        let [r, g, b] = sum.map(|channel| channel.clamp(0.0, 255.0) as u8);
        Rgba([r, g, b, 255])
    })
}

/// A plate with a name at the upper or lower edge, where tarots and planets have theirs.
fn title(picture: &mut RgbaImage, scale: f32, dice: &mut Dice) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let y = if dice.chance(0.6) { height * 0.86 } else { height * 0.1 };
    let ground = picture.get_pixel(picture.width() / 2, (y + 2.0) as u32).0;
    let plate = Area::new(width * 0.14, y, width * 0.72, 9.0 * scale);
    let alpha: Vec<u8> = picture.pixels().map(|pixel| pixel[3]).collect();
    let mut canvas = Canvas::new(std::mem::take(picture), Owned::No);
    canvas.rounded(plate, 2.0 * scale, [ground[0], ground[1], ground[2]]);
    let name: String = (0..dice.between(3, 9)).map(|_| char::from(b'A' + dice.below(26) as u8)).collect();
    let middle = [width / 2.0, y + 4.5 * scale];
    let dark = ground[..3].iter().map(|&channel| u32::from(channel)).sum::<u32>() > 330;
    let ink = if dark { [60, 45, 30] } else { [240, 240, 235] };
    canvas.text_centred(Face::PixelTall, &name, middle, 6.0 * scale, plate.w, ink, None);
    *picture = canvas.image;
    picture.pixels_mut().zip(alpha).for_each(|(pixel, alpha)| pixel[3] = alpha);
}

/// A word down the left side and, upside down, up the right one.
fn letters(picture: &mut RgbaImage, dice: &mut Dice) {
    let word = if dice.chance(0.5) { "JOKER".to_owned() } else { phrase(dice, Face::Pixel).to_uppercase() };
    let face = if dice.chance(0.8) { Face::Pixel } else { any_face(dice) };
    let colour = if dice.chance(0.7) { [60, 70, 75] } else { [0; 3].map(|_: u8| dice.between(0, 255) as u8) };
    let mut canvas = Canvas::new(std::mem::take(picture), Owned::No);
    for turn in 0..2 {
        for (row, letter) in word.chars().take(7).enumerate() {
            canvas.text(face, &letter.to_string(), 4.0, 6.0 + row as f32 * 10.0, 8.0, 20.0, colour);
        }
        if turn == 0 {
            imageops::rotate180_in_place(&mut canvas.image);
        }
    }
    imageops::rotate180_in_place(&mut canvas.image);
    *picture = canvas.image;
}

fn recolour(picture: &mut RgbaImage, dice: &mut Dice) {
    let (turn, factor) = (dice.unit(), dice.range(0.6, 1.3));
    for pixel in picture.pixels_mut() {
        let [r, g, b, _] = pixel.0.map(|channel| f32::from(channel) / 255.0);
        let [hue, saturation, lightness] = hsl_from_rgb([r, g, b]);
        let rgb = rgb_from_hsl([hue + turn, (saturation * factor).min(1.0), lightness]);
        for (channel, value) in pixel.0.iter_mut().zip(rgb) {
            *channel = (value * 255.0) as u8;
        }
    }
}

fn mean_difference(a: &RgbaImage, b: &RgbaImage) -> f32 {
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f32 / a.as_raw().len() as f32 * 4.0 / 3.0
}
