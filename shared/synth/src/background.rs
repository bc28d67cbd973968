//! Behind the cards: the game's swirling paint, plain colour, or another program's image.
//!
//! Paint is kept as one number a pixel and coloured late: few patterns give many backgrounds.

use image::{Rgba, RgbaImage};

use crate::canvas::Colour;
use crate::dice::Dice;
use crate::resize::{Manner, resized};
use crate::wave::{cos, sin};

/// Width and height of a kept pattern: the game draws its paint about this coarse.
const PATTERN: [usize; 2] = [640, 360];

/// Pixels that are stirred together.
const LANES: usize = 8;

/// A pattern of the game's paint: how much of it lies at each pixel.
pub(crate) struct Swirl {
    paint: Vec<u8>,
}

/// Main colours that the game gives its paint.
const PAINTS: [Colour; 14] = [
    [58, 122, 90],
    [75, 105, 95],
    [90, 60, 130],
    [150, 95, 20],
    [200, 120, 10],
    [120, 130, 80],
    [70, 60, 50],
    [60, 60, 65],
    [110, 110, 115],
    [130, 50, 50],
    [40, 70, 120],
    [30, 30, 35],
    [80, 150, 160],
    [95, 85, 105],
];

impl Swirl {
    /// Stirs the paint as the game's shader does: coordinates are bent five times by waves of each
    /// other.
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let [width, height] = PATTERN;
        let diagonal = (width as f32).hypot(height as f32);
        let time = dice.range(0.0, 2000.0);
        let spin = if dice.chance(0.3) { dice.range(0.2, 1.0) } else { 0.0 };
        let turn = dice.range(0.0, std::f32::consts::TAU);
        let (sin_turn, cos_turn) = turn.sin_cos();
        let mut paint = vec![0; width * height];
        for (y, row) in paint.chunks_exact_mut(width).enumerate() {
            let v = (y as f32 - height as f32 / 2.0) / diagonal;
            for (block, amounts) in row.chunks_exact_mut(LANES).enumerate() {
                let x = |lane: usize| (block * LANES + lane) as f32;
                let (mut p0, mut p1) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let u = (x(lane) - width as f32 / 2.0) / diagonal - 0.12;
                    let twist = -10.0 * spin * (u * u + v * v).sqrt();
                    let (s, c) = (sin(twist), cos(twist));
                    let (s, c) = (s * cos_turn + c * sin_turn, c * cos_turn - s * sin_turn);
                    p0[lane] = 30.0 * (u * c - v * s);
                    p1[lane] = 30.0 * (u * s + v * c);
                }
                let paint = stir(p0, p1, time);
                for (amount, paint) in amounts.iter_mut().zip(paint) {
                    *amount = paint.min(255.0) as u8;
                }
            }
        }
        Self { paint }
    }

    /// Colours a window of the pattern; `step` is how many of its pixels one of the image takes.
    pub(crate) fn draw(
        &self,
        target: &mut RgbaImage,
        left: f32,
        top: f32,
        step: f32,
        mirrored: bool,
        palette: &[[u8; 4]; 256],
    ) {
        let [width, height] = PATTERN;
        let columns: Vec<usize> = (0..target.width())
            .map(|x| {
                let at = ((left + x as f32 * step) as usize).min(width - 1);
                if mirrored { width - 1 - at } else { at }
            })
            .collect();
        let stride = target.width() as usize * 4;
        for (y, row) in target.as_flat_samples_mut().samples.chunks_exact_mut(stride).enumerate() {
            let from = ((top + y as f32 * step) as usize).min(height - 1) * width;
            for (pixel, &column) in row.chunks_exact_mut(4).zip(&columns) {
                pixel.copy_from_slice(&palette[usize::from(self.paint[from + column])]);
            }
        }
    }
}

/// Bends the coordinates of neighbouring pixels five times; returns the paint there, in 127.5ths.
fn stir(mut p0: [f32; LANES], mut p1: [f32; LANES], time: f32) -> [f32; LANES] {
    let (mut q0, mut q1) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        (q0[lane], q1[lane]) = (p0[lane] + p1[lane], p0[lane] + p1[lane]);
    }
    for _ in 0..5 {
        for lane in 0..LANES {
            let wave = sin(p0[lane].max(p1[lane]));
            q0[lane] += wave + p0[lane];
            q1[lane] += wave + p1[lane];
            let x = p0[lane] + 0.5 * cos(5.112_331_4 + 0.353 * q1[lane] + time * 0.131_121);
            let y = p1[lane] + 0.5 * sin(q0[lane] - 0.113 * time);
            let back = cos(x + y) - sin(x * 0.711 - y);
            (p0[lane], p1[lane]) = (x - back, y - back);
        }
    }
    let mut paint = [0.0; LANES];
    for lane in 0..LANES {
        paint[lane] = (p0[lane] * p0[lane] + p1[lane] * p1[lane]).sqrt() * (0.035 * 127.5);
    }
    paint
}

/// Mixes three colours by the amount of paint, as the game's shader does.
pub(crate) fn palette(dice: &mut Dice) -> [[u8; 4]; 256] {
    let mut main = dice.pick(&PAINTS).map(f32::from);
    if dice.chance(0.4) {
        main = [0; 3].map(|_: u8| dice.range(15.0, 200.0));
    }
    let factor = dice.range(0.8, 1.3);
    let second = main.map(|channel| channel * factor);
    let dark = dice.range(0.4, 0.9);
    let mut third = main.map(|channel| channel * dark);
    if dice.chance(0.25) {
        third = [0; 3].map(|_: u8| dice.range(10.0, 230.0));
    }
    let contrast = if dice.chance(0.7) { dice.range(0.8, 2.0) } else { dice.range(2.0, 5.0) };
    let reach = 0.25 * contrast + 1.2;
    let floor = 0.3 / contrast;
    std::array::from_fn(|index| {
        let paint = (index as f32 / 127.5 * reach).min(2.0);
        let first = (1.0 - reach * (1.0 - paint).abs()).max(0.0);
        let mid = (1.0 - reach * paint).max(0.0);
        let last = 1.0 - (first + mid).min(1.0);
        let channel = |k: usize| {
            let mixed = main[k] * first + second[k] * mid + third[k] * last;
            (floor * main[k] + (1.0 - floor) * mixed).clamp(0.0, 255.0) as u8
        };
        [channel(0), channel(1), channel(2), 255]
    })
}

/// Another program's image: smooth or blocky patches of colour.
pub(crate) fn patches(width: u32, height: u32, dice: &mut Dice) -> RgbaImage {
    let (columns, rows) = (dice.between(2, 30) as u32, dice.between(2, 20) as u32);
    let manner = if dice.chance(0.5) { Manner::Linear } else { Manner::Nearest };
    let small = RgbaImage::from_fn(columns, rows, |_, _| {
        let [r, g, b] = [0; 3].map(|_: u8| dice.below(256) as u8);
        Rgba([r, g, b, 255])
    });
    resized(&small, width, height, manner)
}

pub(crate) fn plain(width: u32, height: u32, colour: Colour) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba([colour[0], colour[1], colour[2], 255]))
}

/// The window of a pattern that a whole game of this size shows, at random.
pub(crate) fn swirl(swirls: &[Swirl], width: u32, height: u32, step: f32, dice: &mut Dice) -> RgbaImage {
    let mut image = RgbaImage::new(width, height);
    let slack = |length: f32, pixels: u32| (length - pixels as f32 * step).max(0.0);
    let left = dice.range(0.0, 1.0) * slack(PATTERN[0] as f32, width);
    let top = dice.range(0.0, 1.0) * slack(PATTERN[1] as f32, height);
    let palette = palette(dice);
    let mirrored = dice.chance(0.5);
    dice.pick(swirls).draw(&mut image, left, top, step, mirrored, &palette);
    image
}
