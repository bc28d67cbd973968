//! Things and plants for the companions' cards.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

pub(super) fn teapot(pen: &mut Pen) {
    pen.plain(ICE, curve(12, 3, |t| (32.0 + 5.0 * (t * 7.0).sin(), 24.0 - 14.0 * t)));
    pen.part(SEA, poly(&[(14, 58), (4, 38), (9, 35), (15, 42), (22, 46), (22, 62)]));
    pen.part(SEA, ring(53, 50, 12, 4));
    pen.part(SEA, ellipse(35, 52, 20, 18));
    pen.part(MINT, ellipse(35, 35, 13, 3));
    pen.part(GOLD, disc(35, 29, 4));
    pen.flat(MINT, poly(&[(35, 46), (39, 53), (35, 60), (31, 53)]));
    pen.flat(MINT, disc(24, 54, 2).mirrored());
    pen.part(FOREST, rounded(24, 69, 46, 72, 1));
}

pub(super) fn lantern(pen: &mut Pen) {
    pen.part(SLATE, ring(35, 17, 8, 2));
    pen.part(SLATE, poly(&[(27, 20), (43, 20), (50, 30), (20, 30)]));
    pen.part(LEMON, rect(22, 32, 48, 60));
    pen.flat(CREAM, ellipse(35, 47, 9, 12));
    pen.part(ORANGE, poly(&[(35, 34), (41, 47), (39, 55), (31, 55), (29, 47)]));
    pen.flat(LEMON, poly(&[(35, 44), (38, 50), (37, 54), (33, 54), (32, 50)]));
    pen.part(SLATE, rect(20, 31, 22, 61).or(rect(28, 31, 29, 61)).mirrored());
    pen.part(SLATE, poly(&[(18, 62), (52, 62), (55, 72), (15, 72)]));
    pen.flat(GOLD, rect(22, 67, 48, 67));
}

pub(super) fn anchor(pen: &mut Pen) {
    pen.part(GOLD, curve(24, 3, |t| (50.0 - 32.0 * t + 7.0 * (t * 9.0).sin(), 14.0 + 56.0 * t)));
    pen.part(SILVER, ring(35, 17, 7, 3));
    pen.part(SILVER, rect(32, 24, 38, 68));
    pen.part(SILVER, rounded(19, 29, 51, 34, 2));
    let arms = ring(35, 47, 25, 6).and(rect(0, 52, 70, 80));
    pen.part(SILVER, arms.or(poly(&[(6, 55), (12, 42), (22, 56)]).mirrored()));
    pen.flat(STONE, rect(35, 40, 36, 66));
}

pub(super) fn umbrella(pen: &mut Pen) {
    pen.part(BROWN, path(&[(35, 36), (35, 66)], 3).or(ring(29, 65, 7, 3).and(rect(0, 65, 70, 80))));
    let canopy = || ellipse(35, 42, 27, 27).and(rect(0, 0, 70, 41));
    pen.part(ROSE, canopy());
    pen.flat(CREAM, canopy().and(ellipse(35, 42, 17, 27)).without(ellipse(35, 42, 7, 27)));
    pen.flat(INK, canopy().and(ring(35, 0, 45, 1)));
    let hem = disc(13, 44, 6).or(disc(24, 44, 5)).mirrored().or(disc(35, 44, 6));
    pen.part(PINK, canopy().and(hem).and(rect(0, 37, 70, 41)));
    pen.part(GOLD, rect(34, 9, 36, 14));
    for (x, y) in [(14, 52), (22, 62), (50, 54), (58, 64), (47, 70)] {
        pen.plain(SKY, poly(&[(x, y - 3), (x + 2, y + 1), (x, y + 3), (x - 2, y + 1)]));
    }
}

pub(super) fn kite(pen: &mut Pen) {
    pen.plain(CREAM, curve(20, 2, |t| (35.0 - 20.0 * t + 7.0 * (t * 8.0).sin(), 52.0 + 20.0 * t)));
    pen.part(GOLD, poly(&[(44, 10), (60, 32), (35, 54), (22, 26)]));
    pen.part(VIOLET, poly(&[(44, 10), (60, 32), (41, 30)]));
    pen.part(RED, poly(&[(41, 30), (35, 54), (22, 26)]));
    pen.flat(INK, path(&[(44, 10), (35, 54)], 1).or(path(&[(22, 26), (60, 32)], 1)));
    for (x, y, colour) in [(35, 58, SEA), (28, 65, ROSE), (15, 70, LIME)] {
        pen.part(
            colour,
            poly(&[(x, y), (x - 6, y - 4), (x - 6, y + 4)]).or(poly(&[
                (x, y),
                (x + 6, y - 4),
                (x + 6, y + 4),
            ])),
        );
    }
}

pub(super) fn robot(pen: &mut Pen) {
    pen.part(STONE, rect(34, 12, 36, 20));
    pen.part(RED, disc(35, 11, 4));
    pen.part(STONE, rounded(10, 30, 15, 40, 2).mirrored());
    pen.part(SILVER, rounded(17, 20, 53, 46, 5));
    pen.part(NIGHT, rounded(21, 25, 49, 37, 3));
    pen.flat(MINT, rounded(25, 28, 30, 34, 2).mirrored());
    pen.flat(INK, rect(26, 41, 44, 43));
    for tooth in 0..6 {
        pen.flat(WHITE, rect(27 + tooth * 3, 41, 28 + tooth * 3, 43));
    }
    pen.part(STONE, path(&[(22, 56), (12, 60), (12, 68)], 4).mirrored());
    pen.part(SEA, rounded(22, 49, 48, 73, 3));
    pen.part(GOLD, disc(35, 60, 7));
    pen.flat(INK, path(&[(35, 60), (39, 56)], 1));
    pen.flat(RED, rect(25, 52, 27, 53));
    pen.flat(LEMON, rect(29, 52, 31, 53));
}

pub(super) fn sailboat(pen: &mut Pen) {
    pen.part(BROWN, rect(34, 10, 36, 58));
    pen.part(CREAM, poly(&[(39, 13), (39, 53), (60, 53), (52, 30)]));
    pen.flat(RED, poly(&[(39, 32), (53, 32), (56, 38), (39, 38)]));
    pen.part(CREAM, poly(&[(31, 18), (31, 53), (13, 53)]));
    pen.part(RED, poly(&[(36, 8), (48, 11), (36, 15)]));
    pen.part(WINE, poly(&[(7, 57), (64, 57), (55, 69), (16, 69)]));
    pen.flat(GOLD, rect(12, 60, 58, 61));
    for wave in 0..5 {
        pen.part(BLUE, disc(11 + wave * 12, 74, 7).and(rect(0, 66, 70, 75)));
    }
}

pub(super) fn lighthouse(pen: &mut Pen) {
    pen.flat(LEMON, poly(&[(35, 22), (4, 12), (4, 34)]).or(poly(&[(35, 22), (66, 12), (66, 34)])));
    pen.part(STONE, poly(&[(10, 74), (16, 64), (28, 66), (44, 63), (56, 66), (62, 74)]));
    pen.part(WHITE, poly(&[(28, 30), (42, 30), (47, 66), (23, 66)]));
    let tower = || poly(&[(28, 30), (42, 30), (47, 66), (23, 66)]);
    pen.flat(RED, tower().and(poly(&[(20, 44), (50, 36), (50, 45), (20, 53)])));
    pen.flat(RED, tower().and(poly(&[(20, 61), (50, 53), (50, 62), (20, 70)])));
    pen.part(INK, rect(24, 27, 46, 29));
    pen.part(LEMON, rect(29, 16, 41, 26));
    pen.flat(INK, rect(35, 16, 35, 26));
    pen.part(RED, poly(&[(26, 15), (44, 15), (35, 7)]));
    pen.part(BARK, rounded(32, 60, 38, 67, 2));
}

pub(super) fn windmill(pen: &mut Pen) {
    pen.part(LIME, ellipse(35, 78, 34, 12).and(rect(5, 0, 65, 74)));
    pen.part(SAND, poly(&[(27, 34), (43, 34), (49, 72), (21, 72)]));
    pen.part(BROWN, poly(&[(25, 35), (45, 35), (35, 24)]));
    for (x, y) in [(1, -1), (-1, -1), (1, 1), (-1, 1)] {
        let at = |along: i32, across: i32| (35 + x * (along + across), 36 + y * (along - across));
        pen.part(CREAM, poly(&[at(6, 0), at(22, 0), at(19, 7), at(5, 5)]));
        pen.flat(BROWN, path(&[at(12, 1), at(10, 5)], 1).or(path(&[at(17, 1), at(15, 6)], 1)));
        pen.part(BARK, path(&[at(0, 0), at(23, 0)], 2));
    }
    pen.part(GOLD, disc(35, 36, 3));
    pen.part(BARK, rounded(31, 62, 39, 72, 3));
}

pub(super) fn cactus(pen: &mut Pen) {
    pen.part(GREEN, path(&[(34, 52), (17, 52), (15, 36)], 7));
    pen.part(GREEN, path(&[(36, 44), (53, 44), (55, 24)], 7));
    pen.part(GREEN, rounded(27, 14, 43, 64, 8));
    pen.flat(FOREST, rect(32, 20, 32, 60).or(rect(38, 20, 38, 60)));
    for (x, y) in [(35, 24), (30, 33), (41, 35), (35, 45), (15, 42), (55, 32), (30, 54), (47, 44)] {
        pen.flat(CREAM, bitmap("#.#/.#.", x - 1, y));
    }
    pen.part(ROSE, star(35, 11, 5, 7, 3));
    pen.flat(LEMON, disc(35, 11, 1));
    pen.part(ORANGE, poly(&[(20, 60), (50, 60), (46, 74), (24, 74)]));
    pen.part(ORANGE, rounded(17, 57, 53, 63, 1));
}

pub(super) fn toadstool(pen: &mut Pen) {
    pen.part(CREAM, poly(&[(28, 40), (42, 40), (47, 72), (23, 72)]));
    pen.part(SAND, poly(&[(22, 44), (48, 44), (52, 52), (43, 50), (35, 54), (27, 50), (18, 52)]));
    let cap = || ellipse(35, 44, 28, 32).and(rect(0, 0, 70, 43));
    pen.part(VIOLET, cap());
    for (x, y, radius) in [(35, 22, 5), (19, 34, 4), (52, 33, 5), (38, 37, 3), (24, 20, 2), (48, 21, 2)] {
        pen.flat(LEMON, disc(x, y, radius).and(cap()));
    }
    pen.part(ROSE, rounded(55, 62, 63, 68, 3).or(rect(58, 66, 60, 73)));
    pen.part(GREEN, poly(&[(10, 74), (12, 64), (15, 72), (19, 62), (20, 74)]));
}

pub(super) fn bicycle(pen: &mut Pen) {
    for x in [18, 52] {
        pen.part(INK, ring(x, 56, 14, 3));
        pen.flat(STONE, path(&[(x, 44), (x, 68)], 1).or(path(&[(x - 12, 56), (x + 12, 56)], 1)));
        pen.flat(STONE, path(&[(x - 8, 48), (x + 8, 64)], 1).or(path(&[(x + 8, 48), (x - 8, 64)], 1)));
    }
    pen.part(RED, path(&[(18, 56), (27, 34), (46, 34), (34, 57), (18, 56)], 3));
    pen.part(RED, path(&[(27, 34), (34, 57)], 3).or(path(&[(43, 26), (52, 56)], 3)));
    pen.part(SLATE, path(&[(43, 26), (40, 21), (33, 22)], 3).or(path(&[(27, 34), (25, 28)], 3)));
    pen.part(BARK, poly(&[(18, 25), (32, 25), (30, 29), (20, 29)]));
    pen.part(GOLD, disc(34, 57, 4));
}

pub(super) fn acorn(pen: &mut Pen) {
    pen.part(GREEN, poly(&[(40, 20), (52, 8), (66, 12), (62, 24), (48, 28)]));
    pen.flat(FOREST, path(&[(42, 22), (62, 13)], 1));
    pen.part(BARK, path(&[(35, 26), (38, 14)], 4));
    pen.part(
        GOLD,
        ellipse(35, 46, 18, 24).and(rect(0, 40, 70, 80)).or(poly(&[(31, 66), (39, 66), (35, 74)])),
    );
    pen.flat(LEMON, path(&[(25, 46), (27, 60)], 2));
    let cup = || ellipse(35, 38, 23, 15).and(rect(0, 0, 70, 42));
    pen.part(BROWN, cup());
    for row in 0..5 {
        for column in 0..7 {
            let (x, y) = (14 + column * 7 + row % 2 * 3, 25 + row * 4);
            pen.flat(BARK, bitmap("#...#/.#.#./..#..", x, y).and(cup()));
        }
    }
}

pub(super) fn volcano(pen: &mut Pen) {
    for (x, y, radius) in [(26, 14, 7), (38, 11, 8), (48, 17, 6), (34, 20, 6)] {
        pen.part(STONE, disc(x, y, radius));
    }
    pen.part(
        ORANGE,
        path(&[(35, 34), (24, 24)], 2).or(path(&[(36, 34), (50, 26)], 2)).or(path(&[(35, 34), (36, 22)], 3)),
    );
    pen.part(PLUM, poly(&[(27, 34), (43, 34), (64, 73), (6, 73)]));
    pen.part(
        ORANGE,
        poly(&[(28, 34), (42, 34), (45, 46), (40, 44), (41, 60), (35, 52), (32, 66), (29, 48), (25, 44)]),
    );
    pen.flat(LEMON, poly(&[(31, 36), (39, 36), (37, 46), (34, 44), (32, 52)]));
    pen.part(FOREST, disc(10, 72, 4).or(disc(18, 73, 4)).or(disc(58, 73, 5)).and(rect(0, 0, 70, 74)));
}
