//! What is seen at night, for the sky's cards.

use super::super::palette::*;
use super::super::pen::{Pen, scatter};
use super::super::shape::*;

pub(super) fn comet(pen: &mut Pen) {
    pen.part(BLUE, poly(&[(66, 14), (30, 42), (40, 58)]));
    pen.part(SKY, poly(&[(58, 20), (28, 44), (36, 58)]));
    pen.flat(ICE, path(&[(46, 34), (32, 50)], 3).or(path(&[(52, 34), (36, 54)], 1)));
    pen.part(WHITE, disc(28, 54, 11));
    pen.part(ICE, disc(28, 54, 7));
    pen.flat(SKY, disc(25, 52, 1).or(disc(31, 57, 2)));
}

pub(super) fn twin_moons(pen: &mut Pen) {
    pen.part(LEMON, disc(26, 38, 17).without(disc(34, 33, 15)));
    pen.part(PINK, disc(46, 57, 14).without(disc(39, 53, 11)));
    pen.flat(GOLD, disc(14, 42, 1).or(disc(19, 49, 2)));
    pen.flat(ROSE, disc(54, 60, 2).or(disc(49, 67, 1)));
    pen.plain(WHITE, star(40, 34, 4, 6, 2));
}

pub(super) fn halo(pen: &mut Pen) {
    let tilted = |across: i32| {
        Shape::new(move |x, y| {
            let (right, down) = ((x - 35) as f32, (y - 49) as f32);
            let (along, off) = (right * 0.94 - down * 0.34, right * 0.34 + down * 0.94);
            (along / across as f32).powi(2) + (off / (across as f32 * 0.28)).powi(2) <= 1.0
        })
    };
    let band = || tilted(30).without(tilted(22));
    pen.part(ROSE, band());
    pen.part(ORANGE, disc(35, 49, 15));
    let planet = || disc(35, 49, 15);
    for (top, bottom, colour) in [(37, 40, GOLD), (45, 46, WINE), (50, 53, GOLD), (58, 60, WINE)] {
        pen.flat(colour, planet().and(rect(0, top, 70, bottom)));
    }
    let front = Shape::new(|x, y| (x - 35) as f32 * 0.34 + (y - 49) as f32 * 0.94 > 0.0);
    pen.part(ROSE, band().and(front));
    pen.flat(CREAM, tilted(27).without(tilted(25)).and(Shape::new(|x, y| (x - 35) * 34 + (y - 49) * 94 > 0)));
}

pub(super) fn galaxy(pen: &mut Pen) {
    let place = |x: i32, y: i32| {
        let (right, down) = ((x - 35) as f32, (y - 49) as f32 * 1.35);
        (right.hypot(down), down.atan2(right))
    };
    pen.pattern(ellipse(35, 49, 29, 22), move |x, y| {
        let (radius, angle) = place(x, y);
        let arm = ((angle * 2.0 - radius * 0.32).cos() * 0.5 + 0.5) * 1000.0 * (1.15 - radius / 30.0);
        match arm as i32 - scatter(x, y, 5) / 3 {
            500.. => PINK,
            260.. => VIOLET,
            60.. => PLUM,
            _ => NIGHT,
        }
    });
    pen.part(LEMON, ellipse(35, 49, 7, 5));
    pen.flat(WHITE, ellipse(34, 48, 3, 2));
}

pub(super) fn eclipse(pen: &mut Pen) {
    pen.part(WINE, star(35, 49, 16, 27, 18));
    pen.part(ORANGE, star(35, 49, 8, 28, 18));
    pen.part(LEMON, disc(35, 49, 18));
    pen.part(INK, disc(36, 50, 16));
    pen.flat(WHITE, star(22, 38, 4, 5, 1));
}

pub(super) fn constellation(pen: &mut Pen) {
    let stars = [(14, 34), (26, 42), (37, 36), (46, 50), (32, 60), (20, 66), (55, 68), (57, 34)];
    for (from, to) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 1), (4, 5), (3, 6), (2, 7)] {
        pen.flat(SEA, path(&[stars[from], stars[to]], 1));
    }
    for (order, (x, y)) in stars.into_iter().enumerate() {
        let colour = [LEMON, ICE, PINK][order % 3];
        pen.plain(colour, star(x, y, 4, 5, 2));
        pen.flat(WHITE, rect(x, y, x, y));
    }
}
