//! Backs: the decks.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

/// The part of a back that is printed.
fn field() -> Shape {
    rounded(6, 6, 64, 88, 3)
}

fn blank(pen: &mut Pen, border: Colour) {
    pen.ink(mix(border, INK, 55));
    pen.part(border, rounded(2, 2, 68, 92, 5));
    pen.ink(INK);
}

pub(super) fn lattice(pen: &mut Pen) {
    blank(pen, CREAM);
    pen.plain(BLUE, field());
    pen.pattern(field(), |x, y| {
        let (rise, fall) = ((x + y + 5).rem_euclid(14), (x - y + 54).rem_euclid(14));
        match (rise < 3 || fall < 3, (rise, fall)) {
            (true, _) => ICE,
            (false, (7..=9, 7..=9)) => GOLD,
            _ => BLUE,
        }
    });
    pen.part(CREAM, disc(35, 47, 13));
    pen.part(RED, star(35, 47, 8, 10, 5));
}

pub(super) fn scales(pen: &mut Pen) {
    blank(pen, MINT);
    pen.plain(FOREST, field());
    for row in 0..11 {
        for column in 0..5 {
            let (x, y) = (3 + column * 16 + row % 2 * 8, 12 + row * 8);
            for (radius, colour) in [(9, INK), (8, GREEN), (6, MINT), (5, GREEN), (3, LIME)] {
                pen.flat(colour, disc(x, y, radius).and(rect(0, 0, 70, y)).and(field()));
            }
        }
    }
}

pub(super) fn weave(pen: &mut Pen) {
    blank(pen, SAND);
    pen.plain(BARK, field());
    pen.pattern(field(), |x, y| {
        let (column, row) = ((x - 6) / 8, (y - 6) / 8);
        let (across, down) = ((x - 6) % 8, (y - 6) % 8);
        let (place, colour) = if (column + row) % 2 == 0 { (down, ORANGE) } else { (across, BROWN) };
        match place {
            0 => BARK,
            1 => lit(colour),
            6.. => shaded(colour),
            _ => colour,
        }
    });
}

pub(super) fn starburst(pen: &mut Pen) {
    blank(pen, LEMON);
    pen.plain(WINE, field());
    pen.pattern(field(), |x, y| {
        let angle = ((y - 47) as f32).atan2((x - 35) as f32) / std::f32::consts::TAU * 24.0;
        if angle.floor() as i32 % 2 == 0 { RED } else { WINE }
    });
    for (tips, outer, inner, colour) in [(12, 26, 17, GOLD), (12, 18, 12, WINE), (8, 12, 6, LEMON)] {
        pen.part(colour, star(35, 47, tips, outer, inner));
    }
    pen.part(GOLD, disc(12, 12, 4).or(disc(12, 82, 4)).mirrored());
}

pub(super) fn bricks(pen: &mut Pen) {
    blank(pen, SILVER);
    pen.plain(SLATE, field());
    pen.pattern(field(), |x, y| {
        let row = (y - 6) / 6;
        let (across, down) = ((x - 6 + row % 2 * 7) % 14, (y - 6) % 6);
        match (across, down) {
            (0, _) | (_, 0) => INK,
            (1, _) | (_, 1) => STONE,
            _ => SLATE,
        }
    });
    pen.part(INK, rounded(22, 30, 48, 64, 12));
    pen.part(GOLD, rounded(25, 33, 45, 61, 9));
    pen.part(INK, disc(35, 43, 4).or(poly(&[(33, 46), (37, 46), (39, 56), (31, 56)])));
}

pub(super) fn ripples(pen: &mut Pen) {
    blank(pen, LILAC);
    pen.plain(NIGHT, field());
    pen.pattern(field(), |x, y| {
        let from = |left: i32, top: i32| ((x - left) as f32).hypot((y - top) as f32) as i32;
        let near = from(6, 6).min(from(64, 88));
        match near % 11 {
            0 => INK,
            1..=2 => LILAC,
            3..=5 => VIOLET,
            6 => INK,
            _ => NIGHT,
        }
    });
    pen.part(LILAC, poly(&[(35, 34), (45, 47), (35, 60), (25, 47)]));
    pen.part(VIOLET, poly(&[(35, 40), (40, 47), (35, 54), (30, 47)]));
}
