//! What lies under a front (enhancements) and over a card (seals, stickers), and what is no card at
//! all (tokens).

use image::RgbaImage;
use lens_core::modifiers::{NONE, enhancement, seal, sticker};

use super::letters;
use super::palette::*;
use super::pen::{Pen, scatter};
use super::shape::*;

/// The base that an enhancement gives a playing card.
pub(super) fn enhancement(word: &str) -> Option<RgbaImage> {
    let mut pen = Pen::card();
    let face = || rounded(2, 2, 68, 92, 5);
    let inner = || rounded(4, 4, 66, 90, 3);
    let colour = match word {
        NONE | enhancement::BONUS | enhancement::MULT | enhancement::WILD => WHITE,
        enhancement::LUCKY => mix(MINT, WHITE, 55),
        enhancement::GLASS => ICE,
        enhancement::STEEL => SILVER,
        enhancement::STONE => STONE,
        enhancement::GOLD => GOLD,
        _ => return None,
    };
    pen.ink(mix(colour, INK, 60));
    pen.part(colour, face());
    match word {
        enhancement::BONUS => {
            pen.flat(BLUE, inner().without(rounded(5, 5, 65, 89, 2)));
            pen.flat(BLUE, poly(&[(48, 5), (65, 5), (65, 22)]).or(poly(&[(5, 72), (5, 89), (22, 89)])));
            pen.flat(SKY, path(&[(46, 5), (65, 24)], 1).or(path(&[(5, 70), (24, 89)], 1)));
            let plus = |left, top| bitmap("..#../..#../#####/..#../..#..", left, top);
            pen.flat(WHITE, plus(58, 8).or(plus(8, 82)));
        }
        enhancement::MULT => pen.pattern(inner(), |x, y| {
            let out = (x - 35).abs() + (y - 47).abs() * 3 / 4;
            if out % 12 < 4 {
                mix(RED, WHITE, 76)
            } else if out % 12 == 4 {
                mix(RED, WHITE, 50)
            } else {
                WHITE
            }
        }),
        enhancement::WILD => {
            for (colour, shape) in [
                (RED, poly(&[(4, 4), (30, 4), (4, 38)])),
                (GOLD, poly(&[(40, 4), (66, 4), (66, 38)])),
                (GREEN, poly(&[(4, 56), (4, 90), (30, 90)])),
                (BLUE, poly(&[(66, 56), (66, 90), (40, 90)])),
            ] {
                pen.flat(mix(colour, WHITE, 45), shape.and(inner()).and(Shape::new(|x, y| (x + y) % 4 != 0)));
            }
        }
        enhancement::LUCKY => {
            for (x, y) in [(14, 34), (35, 14), (56, 34), (35, 47), (14, 61), (56, 61), (35, 80)] {
                let leaves = disc(x - 3, y - 3, 3)
                    .or(disc(x + 3, y - 3, 3))
                    .or(disc(x - 3, y + 3, 3))
                    .or(disc(x + 3, y + 3, 3));
                pen.flat(mix(GREEN, MINT, 55), leaves);
                pen.flat(mix(FOREST, MINT, 55), path(&[(x, y), (x + 3, y + 8)], 1).or(rect(x, y, x, y)));
            }
        }
        enhancement::GLASS => {
            pen.pattern(inner(), |x, y| if (x + y + 9) % 38 < 7 || (x + y) % 38 == 1 { WHITE } else { ICE });
            pen.fade(inner(), 150);
            pen.flat(SKY, inner().without(rounded(5, 5, 65, 89, 3)));
        }
        enhancement::STEEL => {
            pen.pattern(inner(), |x, y| match scatter((x + scatter(0, y, 22)) / 14, y, 21) {
                0..=250 => mix(STONE, SILVER, 60),
                251..=700 => SILVER,
                _ => mix(SILVER, WHITE, 40),
            });
            pen.part(STONE, disc(9, 44, 2).or(disc(9, 50, 2)).mirrored());
        }
        enhancement::STONE => cobbles(&mut pen),
        enhancement::GOLD => {
            pen.pattern(inner(), |x, y| if (x - y).rem_euclid(30) < 6 { LEMON } else { GOLD });
            pen.flat(ORANGE, rounded(6, 6, 64, 88, 2).without(rounded(7, 7, 63, 87, 2)));
            pen.flat(
                ORANGE,
                ring(6, 6, 8, 1)
                    .or(ring(64, 6, 8, 1))
                    .or(ring(6, 88, 8, 1))
                    .or(ring(64, 88, 8, 1))
                    .and(inner()),
            );
        }
        _ => {}
    }
    Some(pen.finish())
}

fn cobbles(pen: &mut Pen) {
    let seeds: Vec<(i32, i32)> = (0..7)
        .flat_map(|row| (0..5).map(move |column| (row, column)))
        .map(|(row, column)| {
            let nudge = |seed| scatter(row, column, seed) % 9 - 4;
            (7 + column * 14 + nudge(1), 8 + row * 13 + nudge(2))
        })
        .collect();
    pen.pattern(rounded(4, 4, 66, 90, 3), move |x, y| {
        let mut near: Vec<(i32, usize)> = seeds
            .iter()
            .enumerate()
            .map(|(index, (left, top))| ((x - left).pow(2) + (y - top).pow(2), index))
            .collect();
        near.sort_unstable();
        let gap = (near[1].0 as f32).sqrt() - (near[0].0 as f32).sqrt();
        let (left, top) = seeds[near[0].1];
        match gap {
            ..1.3 => INK,
            ..2.6 if x - left + y - top > 0 => SLATE,
            ..2.8 => SILVER,
            _ if near[0].1.is_multiple_of(3) => mix(STONE, SLATE, 40),
            _ => STONE,
        }
    });
}

/// A seal of wax near the upper right corner; each colour has its own sign.
pub(super) fn seal(word: &str) -> Option<RgbaImage> {
    let mut pen = Pen::card();
    let (colour, sign) = match word {
        seal::GOLD => (GOLD, star(54, 20, 5, 6, 3)),
        seal::PURPLE => (VIOLET, disc(53, 20, 5).without(disc(56, 18, 4))),
        seal::RED => {
            (RED, bitmap("..#.#../.#####./.#####./..###../...#...", 51, 18).or(rect(53, 18, 55, 20)))
        }
        seal::BLUE => (BLUE, poly(&[(54, 14), (58, 21), (56, 25), (52, 25), (50, 21)])),
        _ => return None,
    };
    pen.part(colour, star(54, 20, 12, 11, 9));
    pen.ink(shaded(colour));
    pen.plain(lit(colour), sign);
    Some(pen.finish())
}

/// A sticker at the left edge: six-sided, each with its sign and its own height.
pub(super) fn sticker(word: &str) -> Option<RgbaImage> {
    let mut pen = Pen::card();
    let (colour, y) = match word {
        sticker::ETERNAL => (SEA, 34),
        sticker::PERISHABLE => (WINE, 53),
        sticker::RENTAL => (LEMON, 72),
        _ => return None,
    };
    pen.part(colour, poly(&[(12, y - 8), (19, y - 4), (19, y + 4), (12, y + 8), (5, y + 4), (5, y - 4)]));
    match word {
        sticker::ETERNAL => pen.flat(WHITE, ring(12, y, 4, 2)),
        sticker::PERISHABLE => {
            let cross = path(&[(9, y - 3), (15, y + 3)], 2).or(path(&[(15, y - 3), (9, y + 3)], 2));
            pen.flat(PINK, cross);
        }
        _ => pen.flat(INK, bitmap("..#../.####/#.#../.###./..#.#/####./..#..", 10, y - 3)),
    }
    Some(pen.finish())
}

/// Width and height of a token.
pub(super) const TOKEN: u32 = 34;

/// A token: round or square, with a sign.
pub(super) fn token(number: u32) -> RgbaImage {
    let mut pen = Pen::new(TOKEN, TOKEN);
    let number = number as i32;
    let colour = [RED, BLUE, GREEN, VIOLET, ORANGE, SEA, SLATE, ROSE][number as usize % 8];
    let outline = match number % 3 {
        0 => disc(16, 16, 14),
        1 => rounded(3, 3, 29, 29, 6),
        _ => star(16, 16, 8, 15, 13),
    };
    pen.part(colour, outline);
    if number % 2 == 0 {
        pen.plain(CREAM, disc(16, 16, 8));
        letters::write(&mut pen, INK, ["1", "5", "20", "8"][number as usize / 2 % 4], 16, 14);
    } else {
        pen.part(LEMON, star(16, 16, 3 + number / 2, 9, 4));
    }
    pen.finish()
}
