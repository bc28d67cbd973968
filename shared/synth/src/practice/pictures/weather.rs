//! Weather for the almanac's cards, inside an arch.

use super::super::palette::*;
use super::super::pen::{Pen, scatter};
use super::super::shape::*;

fn cloud(x: i32, y: i32) -> Shape {
    disc(x - 12, y + 2, 7).or(disc(x - 2, y - 4, 10)).or(disc(x + 10, y, 8)).or(rounded(
        x - 19,
        y + 1,
        x + 18,
        y + 9,
        4,
    ))
}

pub(super) fn rain(pen: &mut Pen) {
    for (x, y) in [(20, 50), (30, 46), (41, 50), (51, 46), (24, 62), (35, 60), (46, 63), (18, 70), (54, 60)] {
        pen.plain(SKY, path(&[(x + 2, y - 3), (x - 1, y + 3)], 2));
    }
    pen.part(SLATE, cloud(35, 31));
    pen.part(SEA, ellipse(35, 73, 20, 3));
}

pub(super) fn snow(pen: &mut Pen) {
    for (x, y) in [(18, 24), (53, 26), (16, 54), (55, 58), (24, 66), (47, 68)] {
        pen.flat(WHITE, bitmap(".#./###/.#.", x - 1, y - 1));
    }
    let arm = |angle: i32| {
        let (down, right) = (angle as f32).to_radians().sin_cos();
        let at = move |along: f32, across: f32| {
            (
                (35.0 + along * right - across * down).round() as i32,
                (43.0 + along * down + across * right).round() as i32,
            )
        };
        path(&[at(0.0, 0.0), at(20.0, 0.0)], 3)
            .or(path(&[at(9.0, 0.0), at(15.0, 6.0)], 2))
            .or(path(&[at(9.0, 0.0), at(15.0, -6.0)], 2))
    };
    let flake = [30, 90, 150, 210, 270, 330].into_iter().map(arm).reduce(Shape::or);
    pen.part(ICE, flake.expect("a flake has six arms"));
    pen.part(WHITE, star(35, 43, 6, 6, 4));
}

pub(super) fn thunder(pen: &mut Pen) {
    pen.part(PLUM, cloud(33, 28).or(cloud(40, 33)));
    pen.part(LEMON, poly(&[(36, 38), (46, 38), (39, 50), (47, 50), (27, 74), (33, 56), (26, 56)]));
    pen.flat(WHITE, path(&[(37, 40), (31, 52)], 1));
    pen.plain(LEMON, path(&[(52, 45), (56, 52), (52, 54), (56, 62)], 1));
}

pub(super) fn gale(pen: &mut Pen) {
    for (y, reach, shift) in
        [(20, 22, 0), (28, 18, 2), (36, 14, -1), (44, 11, 3), (52, 8, 1), (59, 5, 4), (66, 3, 1)]
    {
        pen.part(SILVER, ellipse(35 + shift, y, reach, 4));
        pen.flat(STONE, ellipse(35 + shift, y, reach - 4, 1));
    }
    pen.part(GREEN, poly(&[(13, 44), (19, 40), (20, 46)]).or(poly(&[(54, 56), (60, 52), (59, 59)])));
    pen.part(BROWN, rect(50, 40, 56, 43));
}

pub(super) fn noon(pen: &mut Pen) {
    for ray in 0..12 {
        let (down, right) = (ray as f32 * std::f32::consts::TAU / 12.0).sin_cos();
        let at =
            |length: f32| ((35.0 + length * right).round() as i32, (44.0 + length * down).round() as i32);
        let colour = if ray % 2 == 0 { ORANGE } else { GOLD };
        pen.part(colour, path(&[at(18.0), at(if ray % 2 == 0 { 24.0 } else { 21.0 })], 3));
    }
    pen.part(GOLD, disc(35, 44, 14));
    pen.flat(INK, path(&[(28, 40), (31, 40)], 2).mirrored());
    pen.flat(INK, curve(8, 2, |t| (29.0 + 12.0 * t, 47.0 + 4.0 * (t * std::f32::consts::PI).sin())));
    pen.flat(ROSE, disc(25, 47, 1).mirrored());
}

pub(super) fn rainbow(pen: &mut Pen) {
    let bands = [(RED, 23), (ORANGE, 20), (LEMON, 17), (LIME, 14), (SKY, 11), (VIOLET, 8)];
    let bow = || ring(35, 60, 23, 18).and(rect(0, 0, 70, 60));
    pen.part(RED, bow());
    for (colour, radius) in bands {
        pen.flat(colour, ring(35, 60, radius, 3).and(bow()));
    }
    let puff = || disc(15, 63, 5).or(disc(22, 59, 7)).or(disc(29, 64, 4)).or(rounded(11, 63, 32, 69, 3));
    pen.part(WHITE, puff().mirrored());
}

pub(super) fn fog(pen: &mut Pen) {
    for (x, top) in [(20, 26), (35, 18), (51, 30)] {
        pen.part(FOREST, poly(&[(x, top), (x + 9, top + 22), (x - 9, top + 22)]));
        pen.part(FOREST, poly(&[(x, top + 12), (x + 11, top + 40), (x - 11, top + 40)]));
    }
    for (row, y) in [38, 46, 54, 62, 70].into_iter().enumerate() {
        let shift = scatter(row as i32, 3, 7) % 14 - 7;
        pen.plain(
            SILVER,
            rounded(13 + shift, y, 46 + shift, y + 3, 2).or(rounded(50 + shift, y, 56, y + 3, 2)),
        );
    }
}

pub(super) fn frost(pen: &mut Pen) {
    pen.part(BROWN, rect(10, 18, 60, 25));
    for (x, length) in [(15, 24), (22, 40), (30, 28), (38, 46), (46, 30), (54, 37)] {
        pen.part(ICE, poly(&[(x - 3, 26), (x + 3, 26), (x, 26 + length)]));
        pen.flat(WHITE, path(&[(x - 1, 28), (x - 1, 26 + length / 2)], 1));
    }
    pen.part(WHITE, rounded(9, 14, 61, 20, 3).or(disc(20, 22, 3)).or(disc(44, 22, 4)));
    for (x, y) in [(22, 70), (39, 74), (54, 67)] {
        pen.plain(SKY, disc(x, y, 1));
    }
}
