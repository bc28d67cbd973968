//! Animals for the companions' cards, in the middle of the image panel.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

pub(super) fn fox(pen: &mut Pen) {
    pen.part(ORANGE, poly(&[(15, 16), (31, 29), (18, 40)]).mirrored());
    pen.flat(WINE, poly(&[(18, 22), (26, 30), (20, 34)]).mirrored());
    pen.part(ORANGE, poly(&[(35, 24), (52, 32), (60, 46), (35, 67), (10, 46), (18, 32)]));
    pen.flat(CREAM, poly(&[(12, 46), (28, 45), (34, 64), (35, 66)]).mirrored());
    pen.flat(INK, ellipse(25, 41, 2, 3).mirrored());
    pen.flat(WHITE, rect(24, 39, 24, 40).or(rect(45, 39, 45, 40)));
    pen.part(INK, ellipse(35, 64, 4, 3));
}

pub(super) fn owl(pen: &mut Pen) {
    pen.part(BROWN, poly(&[(17, 14), (30, 22), (20, 32)]).mirrored());
    pen.part(BROWN, ellipse(35, 45, 21, 27));
    pen.part(SAND, ellipse(35, 54, 14, 16));
    for (row, count) in [(50, 2), (55, 3), (60, 2), (65, 1)] {
        for place in 0..count {
            pen.flat(BROWN, bitmap("#...#/.#.#./..#..", 33 + place * 8 - (count - 1) * 4, row));
        }
    }
    pen.part(BARK, ellipse(14, 47, 4, 16).mirrored());
    pen.part(CREAM, disc(26, 34, 9).mirrored());
    pen.part(GOLD, disc(26, 34, 6).mirrored());
    pen.flat(INK, disc(27, 34, 3).mirrored());
    pen.flat(WHITE, rect(25, 32, 26, 33).or(rect(43, 32, 44, 33)));
    pen.part(ORANGE, poly(&[(32, 40), (38, 40), (35, 47)]));
    pen.part(ORANGE, rounded(25, 70, 32, 73, 1).mirrored());
}

pub(super) fn whale(pen: &mut Pen) {
    pen.part(
        ICE,
        path(&[(28, 30), (28, 20), (22, 14), (17, 17)], 3).or(path(&[(28, 20), (34, 14), (39, 17)], 3)),
    );
    pen.part(BLUE, poly(&[(50, 44), (56, 28), (50, 20), (59, 24), (64, 16), (65, 28), (60, 32), (56, 52)]));
    pen.part(BLUE, ellipse(31, 48, 27, 18).without(rect(0, 0, 70, 33)).or(rounded(5, 34, 50, 52, 10)));
    pen.part(ICE, ellipse(26, 58, 19, 9).and(rect(0, 53, 70, 70)));
    pen.flat(
        SKY,
        path(&[(14, 57), (14, 64)], 1).or(path(&[(21, 57), (21, 66)], 1)).or(path(&[(28, 57), (28, 66)], 1)),
    );
    pen.part(BLUE, poly(&[(34, 52), (46, 62), (36, 66)]));
    pen.flat(INK, disc(17, 44, 2));
    pen.flat(WHITE, rect(16, 43, 16, 43));
}

pub(super) fn cat(pen: &mut Pen) {
    pen.part(SLATE, curve(16, 6, |t| (52.0 + 8.0 * (t * 4.0).sin(), 66.0 - t * 44.0)));
    pen.part(SLATE, ellipse(33, 56, 17, 17));
    pen.part(SLATE, poly(&[(17, 14), (29, 24), (18, 32)]));
    pen.part(SLATE, poly(&[(45, 14), (33, 24), (44, 32)]));
    pen.flat(PINK, poly(&[(20, 20), (25, 25), (20, 28)]).or(poly(&[(42, 20), (37, 25), (42, 28)])));
    pen.part(SLATE, ellipse(31, 34, 17, 14));
    pen.part(LIME, ellipse(24, 33, 4, 4).or(ellipse(38, 33, 4, 4)));
    pen.flat(INK, rect(24, 30, 24, 36).or(rect(38, 30, 38, 36)));
    pen.flat(PINK, poly(&[(29, 39), (33, 39), (31, 41)]));
    pen.flat(WHITE, path(&[(8, 37), (20, 40)], 1).or(path(&[(9, 44), (20, 42)], 1)));
    pen.flat(WHITE, path(&[(54, 37), (42, 40)], 1).or(path(&[(53, 44), (42, 42)], 1)));
    pen.part(WHITE, ellipse(26, 71, 5, 3).or(ellipse(38, 71, 5, 3)));
}

pub(super) fn snail(pen: &mut Pen) {
    pen.part(SAND, path(&[(14, 50), (11, 34)], 3).or(path(&[(20, 50), (23, 35)], 3)));
    pen.part(LEMON, disc(11, 33, 3).or(disc(23, 34, 3)));
    pen.part(SAND, poly(&[(9, 50), (16, 46), (24, 54), (30, 62), (58, 63), (65, 70), (10, 70), (7, 58)]));
    pen.part(ROSE, disc(42, 44, 20));
    for (turn, colour) in [(15, LEMON), (11, ROSE), (7, LEMON), (3, ROSE)] {
        pen.part(colour, disc(42 + (20 - turn) / 5, 44 + (20 - turn) / 4, turn));
    }
    pen.flat(INK, rect(11, 57, 12, 59));
    pen.flat(BROWN, path(&[(10, 64), (15, 64)], 1));
}

pub(super) fn crab(pen: &mut Pen) {
    for (knee, foot) in [(48, 54), (55, 63), (62, 71)] {
        pen.part(WINE, path(&[(22, knee - 2), (11, knee), (6, foot)], 3).mirrored());
    }
    pen.part(RED, path(&[(22, 44), (11, 36), (12, 26)], 5).mirrored());
    pen.part(RED, disc(14, 19, 9).without(poly(&[(13, 19), (9, 8), (21, 8)])).mirrored());
    pen.part(RED, path(&[(29, 42), (28, 30)], 3).mirrored());
    pen.part(WHITE, disc(28, 28, 4).mirrored());
    pen.flat(INK, rect(28, 27, 29, 29).mirrored());
    pen.part(RED, ellipse(35, 54, 20, 15));
    pen.flat(ORANGE, disc(26, 50, 2).or(disc(33, 46, 1)).mirrored());
    pen.flat(INK, curve(8, 2, |t| (27.0 + 16.0 * t, 58.0 + 5.0 * (t * std::f32::consts::PI).sin())));
}

pub(super) fn penguin(pen: &mut Pen) {
    pen.part(ORANGE, ellipse(26, 72, 7, 3).mirrored());
    pen.part(NIGHT, poly(&[(18, 38), (7, 56), (14, 60), (22, 50)]).mirrored());
    pen.part(NIGHT, ellipse(35, 42, 19, 30));
    pen.part(WHITE, ellipse(35, 52, 13, 18));
    pen.part(WHITE, disc(29, 31, 7).mirrored());
    pen.flat(INK, ellipse(30, 30, 1, 2).mirrored());
    pen.part(ORANGE, poly(&[(30, 35), (40, 35), (35, 41)]));
    pen.part(RED, rounded(21, 42, 49, 47, 2));
    pen.part(RED, poly(&[(40, 46), (47, 46), (49, 60), (43, 60)]));
    pen.flat(GOLD, rect(24, 44, 46, 44));
}

pub(super) fn bee(pen: &mut Pen) {
    pen.part(ICE, ellipse(24, 24, 12, 9).or(ellipse(44, 22, 11, 9)));
    pen.flat(SKY, path(&[(16, 22), (30, 28)], 1).or(path(&[(50, 18), (40, 28)], 1)));
    pen.part(INK, poly(&[(60, 46), (69, 49), (60, 53)]));
    let body = || ellipse(39, 48, 25, 18);
    pen.part(GOLD, body());
    pen.flat(INK, body().and(rect(32, 20, 37, 70).or(rect(44, 20, 49, 70)).or(rect(56, 20, 60, 70))));
    pen.part(GOLD, disc(17, 47, 12));
    pen.part(INK, path(&[(13, 36), (8, 27)], 2).or(path(&[(20, 35), (21, 26)], 2)));
    pen.part(GOLD, disc(8, 26, 2).or(disc(21, 25, 2)));
    pen.flat(INK, ellipse(13, 45, 2, 3).or(ellipse(21, 45, 2, 3)));
    pen.flat(ROSE, disc(10, 52, 2).or(disc(24, 52, 2)));
    pen.flat(INK, bitmap("#....#/.####.", 14, 51));
}

pub(super) fn rabbit(pen: &mut Pen) {
    pen.part(WHITE, ellipse(26, 22, 6, 17).mirrored());
    pen.flat(PINK, ellipse(26, 24, 2, 11).mirrored());
    pen.part(WHITE, ellipse(35, 66, 18, 14).and(rect(0, 0, 70, 73)));
    pen.part(WHITE, ellipse(35, 45, 18, 15));
    pen.flat(ROSE, ellipse(27, 43, 2, 3).mirrored());
    pen.flat(INK, rect(27, 42, 27, 44).mirrored());
    pen.flat(PINK, ellipse(22, 50, 3, 2).mirrored());
    pen.flat(INK, bitmap(".###./..#../#.#.#/.#.#.", 33, 48));
    pen.part(ORANGE, poly(&[(30, 60), (41, 60), (36, 74)]));
    pen.part(GREEN, poly(&[(31, 59), (28, 53), (34, 56), (36, 51), (38, 56), (43, 54), (40, 59)]));
    pen.part(WHITE, ellipse(26, 64, 5, 4).mirrored());
}

pub(super) fn turtle(pen: &mut Pen) {
    pen.part(LIME, ellipse(18, 64, 7, 7).or(ellipse(48, 64, 7, 7)));
    pen.part(LIME, poly(&[(6, 58), (2, 64), (12, 64)]));
    pen.part(LIME, path(&[(50, 52), (58, 42)], 9).or(disc(59, 37, 9)));
    pen.flat(INK, ellipse(61, 35, 1, 2));
    pen.flat(INK, path(&[(62, 41), (66, 40)], 1));
    let shell = || ellipse(30, 58, 25, 30).and(rect(0, 0, 70, 60));
    pen.part(FOREST, shell());
    pen.part(GREEN, poly(&[(24, 34), (36, 34), (41, 43), (36, 53), (24, 53), (19, 43)]));
    pen.flat(MINT, poly(&[(27, 38), (33, 38), (36, 43), (33, 49), (27, 49), (24, 43)]));
    let seams = [
        [(24, 34), (20, 28)],
        [(36, 34), (40, 28)],
        [(19, 43), (6, 46)],
        [(41, 43), (54, 46)],
        [(24, 53), (20, 60)],
    ];
    for seam in seams {
        pen.flat(INK, path(&seam, 1).and(shell()));
    }
    pen.flat(INK, path(&[(36, 53), (40, 60)], 1));
    pen.part(SAND, rounded(4, 59, 56, 63, 2));
}
