//! Tools for the stamps.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

pub(super) fn compass(pen: &mut Pen) {
    pen.part(GOLD, ring(35, 16, 5, 2));
    pen.part(GOLD, disc(35, 44, 24));
    pen.part(CREAM, disc(35, 44, 19));
    pen.flat(
        INK,
        rect(35, 27, 35, 29).or(rect(35, 59, 35, 61)).or(rect(18, 44, 20, 44)).or(rect(50, 44, 52, 44)),
    );
    pen.part(RED, poly(&[(46, 32), (38, 47), (32, 41)]));
    pen.part(SLATE, poly(&[(24, 56), (38, 47), (32, 41)]));
    pen.flat(WHITE, disc(35, 44, 1));
}

pub(super) fn magnet(pen: &mut Pen) {
    let bow = ring(35, 48, 22, 12).and(rect(0, 48, 70, 80));
    pen.part(RED, bow.or(rect(13, 28, 23, 48).or(rect(47, 28, 57, 48))));
    pen.part(SILVER, rect(13, 20, 23, 30).mirrored());
    pen.plain(LEMON, path(&[(30, 18), (33, 24), (28, 26), (32, 33)], 1).mirrored());
}

pub(super) fn hammer(pen: &mut Pen) {
    pen.part(BROWN, path(&[(20, 70), (41, 30)], 6));
    pen.flat(BARK, path(&[(22, 68), (28, 57)], 1));
    pen.part(STONE, poly(&[(24, 16), (54, 30), (50, 42), (20, 27)]));
    pen.part(SILVER, poly(&[(52, 28), (60, 30), (55, 46), (48, 42)]));
    pen.part(STONE, poly(&[(24, 16), (13, 15), (9, 22), (20, 27)]));
}

pub(super) fn scissors(pen: &mut Pen) {
    pen.part(SILVER, poly(&[(20, 12), (26, 12), (46, 52), (40, 54)]));
    pen.part(STONE, poly(&[(50, 12), (44, 12), (24, 52), (30, 54)]));
    pen.part(ROSE, ring(24, 61, 10, 4));
    pen.part(ROSE, ring(46, 61, 10, 4));
    pen.part(GOLD, disc(35, 39, 2));
}

pub(super) fn key(pen: &mut Pen) {
    pen.part(GOLD, disc(22, 26, 13).without(disc(19, 23, 5)));
    pen.part(GOLD, path(&[(30, 35), (53, 63)], 5));
    pen.part(GOLD, path(&[(45, 54), (54, 47)], 4).or(path(&[(51, 62), (59, 55)], 4)));
    pen.flat(LEMON, path(&[(32, 36), (46, 53)], 1));
}

pub(super) fn pencil(pen: &mut Pen) {
    pen.flat(BLUE, curve(20, 2, |t| (12.0 + 40.0 * t, 68.0 + 4.0 * (t * 16.0).sin())));
    pen.part(LEMON, poly(&[(46, 14), (56, 22), (30, 58), (20, 50)]));
    pen.flat(GOLD, path(&[(53, 21), (27, 56)], 2));
    pen.part(PINK, poly(&[(50, 9), (60, 17), (56, 22), (46, 14)]));
    pen.part(SAND, poly(&[(20, 50), (30, 58), (15, 66)]));
    pen.flat(INK, poly(&[(17, 60), (20, 63), (14, 66)]));
}

pub(super) fn ladder(pen: &mut Pen) {
    for rung in 0..6 {
        let y = 18 + rung * 10;
        pen.part(SAND, rect(24 - rung, y, 46 + rung, y + 2));
    }
    pen.part(BROWN, path(&[(25, 10), (17, 74)], 4).mirrored());
    pen.flat(GOLD, bitmap("##/##", 20, 37).or(bitmap("##/##", 49, 37)));
}

pub(super) fn balance(pen: &mut Pen) {
    pen.part(GOLD, rect(33, 21, 37, 66));
    pen.part(GOLD, rounded(22, 66, 48, 72, 2));
    pen.part(GOLD, path(&[(17, 32), (53, 23)], 4));
    pen.part(RED, disc(35, 20, 4));
    pen.flat(INK, path(&[(19, 33), (12, 50)], 1).or(path(&[(19, 33), (26, 50)], 1)));
    pen.flat(INK, path(&[(52, 24), (45, 41)], 1).or(path(&[(52, 24), (59, 41)], 1)));
    pen.part(SEA, disc(19, 46, 4));
    pen.part(LIME, poly(&[(48, 41), (52, 33), (56, 41)]));
    pen.part(SILVER, ellipse(19, 51, 9, 6).and(rect(0, 51, 70, 70)));
    pen.part(SILVER, ellipse(52, 42, 9, 6).and(rect(0, 42, 70, 70)));
}
