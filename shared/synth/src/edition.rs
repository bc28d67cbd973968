//! Foil, holographic, polychrome and negative, as the game's shaders draw them; the red cross of
//! debuffed cards; the dimming of cards that are played already; the gleam of vouchers and packs.
//!
//! Positions are shares of the card's cell, so that the effect is the same at 1x and 2x.

use std::f32::consts::PI;

use image::{Rgba, RgbaImage};

use lens_core::modifiers::{edition, seal};

use crate::colour::{hsl_from_rgb, rgb_from_hsl};
use crate::dice::Dice;
use crate::wave::{cos, sin};

/// An effect over a whole card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Foil,
    Holographic,
    Polychrome,
    Negative,
    /// Desaturated under a red cross.
    Debuff,
    /// Darker, as a card that is not in the deck any more.
    Greyed,
    /// A faint moving light.
    Gleam,
}

impl Effect {
    /// The effect of an edition's word; words of other games have none.
    pub(crate) fn of_edition(word: &str) -> Option<Self> {
        match word {
            edition::FOIL => Some(Self::Foil),
            edition::HOLOGRAPHIC | "holo" => Some(Self::Holographic),
            edition::POLYCHROME => Some(Self::Polychrome),
            edition::NEGATIVE => Some(Self::Negative),
            _ => None,
        }
    }
}

/// Whether the game lets light run over a seal of this word, as over vouchers.
pub(crate) fn is_shiny_seal(word: &str) -> bool {
    word == seal::GOLD
}

/// Width and height of a cell that the shaders' constants are written for.
const CELL: [f32; 2] = [71.0, 95.0];

/// What changes while the game runs.
struct Moment {
    /// Tilt of the card with a slow sway.
    sway: f32,
    /// Seconds.
    time: f32,
    /// How much of the effect is seen: capture varies, the shader does not.
    strength: f32,
}

/// Draws the effect over every pixel of a card.
pub(crate) fn apply(picture: &mut RgbaImage, effect: Effect, dice: &mut Dice) {
    let moment = Moment {
        sway: dice.range(0.0, 2.5),
        time: dice.range(0.0, 3000.0),
        strength: dice.range(0.88, 1.08),
    };
    match effect {
        Effect::Foil => each(picture, |uv, tex| foil(&moment, uv, tex)),
        Effect::Holographic => {
            let field = Field::new(moment.time * 7.221 + moment.time, 250.0);
            each(picture, |uv, tex| holographic(&moment, &field, uv, tex));
        }
        Effect::Polychrome => {
            let field = Field::new(moment.time * 2.221 + moment.time, 50.0);
            each(picture, |uv, tex| polychrome(&moment, &field, uv, tex));
        }
        Effect::Negative => each(picture, |uv, tex| negative(&moment, uv, tex)),
        Effect::Debuff => each(picture, |uv, tex| debuff(&moment, uv, tex)),
        Effect::Greyed => {
            let (keep, lift) = (dice.range(0.35, 0.65), dice.range(0.05, 0.2));
            each(picture, |_, tex| {
                let grey = (tex[0] + tex[1] + tex[2]) / 3.0;
                tex.map(|channel| (channel * 0.7 + grey * 0.3) * keep + lift)
            });
        }
        Effect::Gleam => {
            let gain = dice.range(0.8, 2.4);
            each(picture, |uv, tex| shine(&moment, uv, tex, gain));
        }
    }
}

/// A card's image as the game draws it in the negative edition, without the moving light.
pub fn as_negative(picture: &RgbaImage) -> RgbaImage {
    let mut picture = picture.clone();
    each(&mut picture, |_, tex| inverted(tex));
    picture
}

/// Whether a point of the card lies under the cross of a debuffed card.
pub(crate) fn is_crossed(u: f32, v: f32) -> bool {
    (u - v).abs() < 0.1 || (u + v - 1.0).abs() < 0.1
}

fn each(picture: &mut RgbaImage, shader: impl Fn([f32; 2], [f32; 3]) -> [f32; 3]) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        if pixel[3] == 0 {
            continue;
        }
        let uv = [(x as f32 + 0.5) / width, (y as f32 + 0.5) / height];
        let [r, g, b, alpha] = pixel.0;
        let unit = |channel: u8| f32::from(channel) * (1.0 / 255.0);
        let [r, g, b] = shader(uv, [unit(r), unit(g), unit(b)]);
        let byte = |value: f32| (value * 255.0 + 0.5) as u8;
        *pixel = Rgba([byte(r), byte(g), byte(b), alpha]);
    }
}

fn foil(moment: &Moment, [u, v]: [f32; 2], tex: [f32; 3]) -> [f32; 3] {
    let (r, g) = (moment.sway, moment.time);
    let at = [(u - 0.5) * CELL[0] / CELL[1], v - 0.5];
    let (low, high) = low_high(tex);
    let delta = high.min((1.0 - low).max(0.5));
    let distance = length(at);
    let rings = (2.0
        * sin(90.0 * distance + 2.0 * r + 3.0 * (1.0 + 0.8 * cos(113.1121 * distance - 3.121 * r)))
        - 1.0
        - (5.0 - 90.0 * distance).max(0.0))
    .clamp(0.0, 1.0);
    let rotated = [cos(r * 0.1221), sin(r * 0.3512)];
    let angle = (rotated[0] * at[0] + rotated[1] * at[1]) / (length(rotated) * distance).max(1e-6);
    let rays = (5.0 * cos(g * 0.3 + angle * PI * (2.2 + 0.9 * sin(r * 1.65 + 0.2 * g)))
        - 4.0
        - (2.0 - 20.0 * distance).max(0.0))
    .clamp(0.0, 1.0);
    let across =
        0.3 * (2.0 * sin(r * 5.0 + u * 3.0 + 3.0 * (1.0 + 0.5 * cos(r * 7.0))) - 1.0).clamp(-1.0, 1.0);
    let down =
        0.3 * (2.0 * sin(r * 6.66 + v * 3.8 + 3.0 * (1.0 + 0.5 * cos(r * 3.414))) - 1.0).clamp(-1.0, 1.0);
    let light = rings.max(rays).max(across).max(down).max(0.0) + 2.2 * (rings + rays + across + down);
    let over = [
        tex[0] - delta + delta * light * 0.3,
        tex[1] - delta + delta * light * 0.3,
        tex[2] + delta * light * 1.9,
    ];
    let alpha = (0.3 + 0.9 * (light * 0.1).min(0.5)).clamp(0.0, 1.0) * moment.strength;
    blend(tex, over, alpha)
}

/// The slow interference of three moving points that holographic and polychrome share.
struct Field {
    zoom: f32,
    points: [[f32; 2]; 3],
}

impl Field {
    fn new(t: f32, zoom: f32) -> Self {
        let points = [
            [50.0 * sin(-t / 143.634), 50.0 * cos(-t / 99.4324)],
            [50.0 * cos(t / 53.1532), 50.0 * cos(t / 61.4532)],
            [50.0 * sin(-t / 87.53218), 50.0 * sin(-t / 49.0)],
        ];
        Self { zoom, points }
    }

    fn hue(&self, sway: f32, [u, v]: [f32; 2]) -> f32 {
        let pixelated = [(u * CELL[0]) as i32 as f32 / CELL[0], (v * CELL[1]) as i32 as f32 / CELL[1]];
        let at = [(pixelated[0] - 0.5) * self.zoom, (pixelated[1] - 0.5) * self.zoom];
        let moved = |k: usize| [at[0] + self.points[k][0], at[1] + self.points[k][1]];
        let (p1, p2, p3) = (moved(0), moved(1), moved(2));
        let field = (1.0
            + (cos(length(p1) / 19.483)
                + sin(length(p2) / 33.155) * cos(p2[1] / 15.73)
                + cos(length(p3) / 27.193) * sin(p3[0] / 21.92)))
            / 2.0;
        0.5 + 0.5 * cos(sway * 2.612 + (field - 0.5) * PI)
    }
}

fn holographic(moment: &Moment, field: &Field, uv: [f32; 2], tex: [f32; 3]) -> [f32; 3] {
    let [u, v] = uv;
    let hue = field.hue(moment.sway, uv);
    let (low, high) = low_high(tex);
    let delta = 0.2 + 0.3 * (high - low) + 0.1 * high;
    let grid = 0.79;
    let lines = (7.0 * cos(u * grid * 20.0).abs() - 6.0)
        .max(7.0 * cos(v * grid * 45.0 + u * grid * 20.0) - 6.0)
        .max(7.0 * cos(v * grid * 45.0 - u * grid * 20.0) - 6.0)
        .max(0.0)
        * 0.5;
    let mut hsl = hsl_from_rgb([tex[0] * 0.5, tex[1] * 0.5, tex[2] * 0.5 + 0.5]);
    hsl[0] += hue + lines;
    hsl[1] *= 1.3;
    hsl[2] = hsl[2] * 0.6 + 0.4;
    let rgb = rgb_from_hsl(hsl);
    let tinted = [rgb[0] * 0.9, rgb[1] * 0.8, rgb[2] * 1.2];
    blend(tex, tinted, delta * moment.strength)
}

fn polychrome(moment: &Moment, field: &Field, uv: [f32; 2], tex: [f32; 3]) -> [f32; 3] {
    let hue = field.hue(moment.sway, uv);
    let (low, high) = low_high(tex);
    let delta = high - low;
    let fade = 1.0 - (0.05 * (1.1 - delta)).max(0.0);
    let mut hsl = hsl_from_rgb([tex[0] * fade, tex[1] * fade, tex[2]]);
    hsl[0] += hue + moment.time * 0.04;
    hsl[1] = (hsl[1] + 0.5).min(0.6);
    blend(tex, rgb_from_hsl(hsl), moment.strength.min(1.0))
}

fn negative(moment: &Moment, [u, v]: [f32; 2], tex: [f32; 3]) -> [f32; 3] {
    shine(moment, [u, v], inverted(tex), 1.0)
}

fn inverted(tex: [f32; 3]) -> [f32; 3] {
    let mut hsl = hsl_from_rgb(tex);
    hsl[2] = 1.0 - hsl[2];
    hsl[0] = 0.2 - hsl[0];
    let inverted = rgb_from_hsl(hsl);
    [
        (inverted[0] + 0.8 * 79.0 / 255.0).clamp(0.0, 1.0),
        (inverted[1] + 0.8 * 99.0 / 255.0).clamp(0.0, 1.0),
        (inverted[2] + 0.8 * 103.0 / 255.0).clamp(0.0, 1.0),
    ]
}

/// The bands of light over negative cards and, stronger, over vouchers and packs.
fn shine(moment: &Moment, [u, v]: [f32; 2], base: [f32; 3], gain: f32) -> [f32; 3] {
    let r = moment.sway;
    let (low, high) = low_high(base);
    let delta = high - low - 0.1;
    let one = 0.8 + 0.9 * sin(11.0 * u + 4.32 * v + r * 12.0 + cos(r * 5.3 + v * 4.2 - u * 4.0));
    let two = 0.5 + 0.5 * sin(8.0 * u + 2.32 * v + r * 5.0 - cos(r * 2.3 + u * 8.2));
    let three = 0.5 + 0.5 * sin(10.0 * u + 5.32 * v + r * 6.111 + sin(r * 5.3 + v * 3.2));
    let four = 0.5 + 0.5 * sin(3.0 * u + 2.32 * v + r * 8.111 + sin(r * 1.3 + v * 11.2));
    let five = sin(0.9 * 16.0 * u + 5.32 * v + r * 12.0 + cos(r * 5.3 + v * 4.2 - u * 4.0));
    let light =
        0.7 * one.max(two.max(three.max(0.0))) + (one + two + three * four + five * 0.1).max(0.0) * 0.15;
    let over = [
        base[0] * 0.5 + 0.4 - delta + delta * light * 0.7,
        base[1] * 0.5 + 0.4 - delta + delta * light * 0.7,
        base[2] * 0.5 + 0.8 + delta * light * 0.7 - 0.1,
    ];
    let alpha = 0.5 * (0.3 * (0.2 * low).max(delta)).max((light * 0.1).clamp(0.0, 0.4))
        + 0.15 * light * (0.1 + delta);
    blend(base, over, (alpha * gain).clamp(0.0, 0.6) * moment.strength)
}

fn debuff(moment: &Moment, [u, v]: [f32; 2], tex: [f32; 3]) -> [f32; 3] {
    let mut hsl = hsl_from_rgb(tex);
    if is_crossed(u, v) {
        hsl = [0.0, 0.7 + 0.25 * (1.0 - hsl[2]), 0.25 + 0.44 * hsl[2]];
    } else {
        hsl[1] *= 0.55 * moment.strength;
        hsl[2] = hsl[2] * 0.85 + 0.03;
    }
    rgb_from_hsl(hsl)
}

#[inline]
fn blend(under: [f32; 3], over: [f32; 3], alpha: f32) -> [f32; 3] {
    let channel = |k: usize| (under[k] * (1.0 - alpha) + over[k].clamp(0.0, 1.0) * alpha).clamp(0.0, 1.0);
    [channel(0), channel(1), channel(2)]
}

#[inline]
fn low_high(tex: [f32; 3]) -> (f32, f32) {
    (tex[0].min(tex[1]).min(tex[2]), tex[0].max(tex[1]).max(tex[2]))
}

#[inline]
fn length([x, y]: [f32; 2]) -> f32 {
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Effect; 7] = [
        Effect::Foil,
        Effect::Holographic,
        Effect::Polychrome,
        Effect::Negative,
        Effect::Debuff,
        Effect::Greyed,
        Effect::Gleam,
    ];

    fn card() -> RgbaImage {
        RgbaImage::from_fn(71, 95, |x, y| match (x, y) {
            (0, _) | (_, 0) => Rgba([9, 9, 9, 0]),
            (20..50, 30..60) => Rgba([200, 60, 50, 255]),
            _ => Rgba([250, 250, 250, 255]),
        })
    }

    fn difference(a: &RgbaImage, b: &RgbaImage) -> f32 {
        let sum: u32 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        sum as f32 / a.as_raw().len() as f32
    }

    #[test]
    fn effects_differ_from_the_card_and_from_each_other_and_keep_the_alpha() {
        let base = card();
        let drawn = ALL.map(|effect| {
            let mut picture = card();
            apply(&mut picture, effect, &mut Dice::new(3, 0));
            picture
        });
        for (effect, picture) in ALL.iter().zip(&drawn) {
            assert!(difference(picture, &base) > 0.8, "{effect:?}: {}", difference(picture, &base));
            let same_alpha = picture.pixels().zip(base.pixels()).all(|(a, b)| a[3] == b[3]);
            assert!(same_alpha, "{effect:?}");
        }
        for (i, a) in drawn.iter().enumerate() {
            for b in &drawn[i + 1..] {
                assert!(difference(a, b) > 1.0);
            }
        }
    }

    /// In the game a polychrome card's white parts stay nearly white, and a negative card's become
    /// dark.
    #[test]
    fn white_stays_white_under_polychrome_and_darkens_under_negative() {
        let lightness = |effect| {
            let mut picture = card();
            apply(&mut picture, effect, &mut Dice::new(5, 0));
            let pixels = (5..15).flat_map(|x| (5..90).map(move |y| (x, y)));
            pixels.map(|(x, y)| u32::from(*picture.get_pixel(x, y).0[..3].iter().min().unwrap())).sum::<u32>()
                / 850
        };
        assert!(lightness(Effect::Polychrome) > 215, "{}", lightness(Effect::Polychrome));
        assert!(lightness(Effect::Negative) < 140, "{}", lightness(Effect::Negative));
    }
}
