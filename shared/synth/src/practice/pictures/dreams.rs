//! Odd sights for the dreams' cards, inside a circle.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

pub(super) fn staircase(pen: &mut Pen) {
    for step in 0..6 {
        let (left, top) = (14 + step * 7, 60 - step * 7);
        pen.part(LILAC, rect(left, top, 56, top + 6));
        pen.flat(WHITE, rect(left, top, left + 7, top));
    }
    pen.part(INK, rounded(46, 8, 57, 24, 5));
    pen.flat(LEMON, rounded(48, 11, 55, 24, 4));
}

pub(super) fn keyhole(pen: &mut Pen) {
    pen.part(GOLD, rounded(17, 18, 53, 68, 8));
    pen.flat(BROWN, disc(22, 23, 1).or(disc(22, 63, 1)).mirrored());
    let hole = || disc(35, 37, 10).or(poly(&[(31, 43), (39, 43), (45, 61), (25, 61)]));
    pen.plain(NIGHT, hole());
    pen.flat(SEA, hole().and(rect(0, 52, 70, 70)));
    pen.flat(WHITE, disc(39, 34, 3).without(disc(37, 33, 3)));
    pen.flat(LEMON, rect(30, 38, 30, 38).or(rect(34, 45, 34, 45)).or(rect(32, 31, 32, 31)));
}

pub(super) fn moth(pen: &mut Pen) {
    pen.part(SAND, ellipse(23, 56, 10, 9).or(poly(&[(20, 62), (15, 70), (25, 66)])).mirrored());
    pen.part(CREAM, poly(&[(34, 40), (10, 18), (6, 30), (10, 46), (22, 50)]).mirrored());
    pen.part(ROSE, disc(15, 34, 5).mirrored());
    pen.flat(INK, disc(15, 34, 2).mirrored());
    pen.flat(BROWN, path(&[(12, 47), (24, 44)], 1).or(path(&[(18, 58), (27, 52)], 1)).mirrored());
    pen.part(BROWN, ellipse(35, 46, 4, 16));
    pen.flat(SAND, rect(32, 44, 38, 45).or(rect(32, 50, 38, 51)).or(rect(33, 56, 37, 57)));
    pen.part(BARK, path(&[(34, 31), (28, 20), (23, 18)], 2).mirrored());
    pen.flat(WHITE, rect(33, 35, 33, 36).mirrored());
}

pub(super) fn gaze(pen: &mut Pen) {
    for lash in 0..7 {
        let x = 14 + lash * 7;
        let lift = [2, 8, 12, 14, 12, 8, 2][lash as usize];
        pen.part(PLUM, path(&[(35 + (x - 35) * 2 / 3, 34), (x, 30 - lift)], 2));
    }
    let lid = || disc(35, 62, 33).and(disc(35, 24, 33));
    pen.part(WHITE, lid());
    pen.part(SEA, disc(35, 43, 12));
    pen.flat(MINT, ring(35, 43, 10, 2));
    pen.flat(INK, disc(35, 43, 6));
    pen.flat(WHITE, disc(39, 39, 2));
    pen.part(SKY, poly(&[(24, 58), (28, 66), (24, 71), (20, 66)]));
}

pub(super) fn knot(pen: &mut Pen) {
    let loops = |shift: f32, from: f32, to: f32| {
        curve(40, 6, move |t| {
            let angle = from + (to - from) * t + shift;
            let radius = 15.0 + 8.0 * (1.5 * angle).cos();
            (35.0 + radius * angle.sin(), 43.0 - radius * angle.cos())
        })
    };
    let turn = std::f32::consts::TAU;
    for piece in 0..6 {
        let from = turn * piece as f32 / 3.0;
        let colour = [ROSE, GOLD, MINT][piece % 3];
        pen.part(colour, loops(0.0, from, from + turn / 2.6));
    }
}

pub(super) fn mask(pen: &mut Pen) {
    pen.part(
        VIOLET,
        poly(&[(18, 30), (8, 10), (26, 24)]).or(poly(&[(28, 26), (35, 8), (35, 26)])).mirrored(),
    );
    pen.part(CREAM, ellipse(35, 44, 21, 25));
    pen.pattern(ellipse(35, 44, 21, 25).and(rect(36, 0, 70, 90)), |_, _| LILAC);
    pen.plain(INK, poly(&[(18, 38), (30, 36), (30, 44), (20, 44)]).mirrored());
    pen.flat(LEMON, rect(25, 39, 27, 42).mirrored());
    pen.flat(RED, poly(&[(24, 56), (46, 56), (40, 62), (30, 62)]));
    pen.flat(INK, rect(26, 58, 44, 58));
    pen.flat(ROSE, poly(&[(20, 50), (24, 47), (28, 50), (24, 53)]).mirrored());
    pen.part(GOLD, poly(&[(35, 27), (39, 32), (35, 37), (31, 32)]));
}
