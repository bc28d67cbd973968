//! What surrounds a motif: each kind of card is known by its frame.

use super::super::letters;
use super::super::palette::*;
use super::super::pen::{Pen, scatter};
use super::super::shape::*;

/// The opening of a companion's card that shows its ground.
#[derive(Clone, Copy)]
pub(super) enum Window {
    Panel,
    Round,
    Arch,
    Diamond,
    Full,
}

/// What is seen behind a companion.
#[derive(Clone, Copy)]
pub(super) enum Ground {
    Rays,
    Stars,
    Waves,
    Bricks,
    Leaves,
    Dunes,
    Stripes,
    Combs,
    Dots,
    Checks,
}

/// A light card with a window and a plate for its name.
pub(super) fn companion(
    pen: &mut Pen,
    window: Window,
    ground: Ground,
    [back, front]: [Colour; 2],
    frame: Colour,
    name: &str,
) {
    card(pen, frame);
    let opening = match window {
        Window::Panel => rounded(6, 6, 64, 76, 3),
        Window::Round => ellipse(35, 41, 29, 35),
        Window::Arch => disc(35, 35, 29).or(rect(6, 35, 64, 76)),
        Window::Diamond => poly(&[(35, 4), (65, 41), (35, 78), (5, 41)]),
        Window::Full => rounded(4, 4, 66, 90, 3),
    };
    if !matches!(window, Window::Panel | Window::Full) {
        pen.flat(shaded(frame), rect(8, 8, 9, 9).or(rect(8, 73, 9, 74)).mirrored());
    }
    pen.plain(back, opening);
    let opening = match window {
        Window::Panel => rounded(6, 6, 64, 76, 3),
        Window::Round => ellipse(35, 41, 29, 35),
        Window::Arch => disc(35, 35, 29).or(rect(6, 35, 64, 76)),
        Window::Diamond => poly(&[(35, 4), (65, 41), (35, 78), (5, 41)]),
        Window::Full => rounded(4, 4, 66, 90, 3),
    };
    pen.pattern(opening, move |x, y| if ground.shows(x, y) { front } else { back });
    if matches!(window, Window::Full) {
        pen.plain(frame, rounded(7, 79, 63, 88, 2));
    }
    letters::write(pen, INK, name, AXIS, 84 - letters::HEIGHT / 2);
}

/// A dark green card with golden corners and an arch.
pub(super) fn almanac(pen: &mut Pen, ground: Colour, name: &str) {
    card(pen, FOREST);
    pen.flat(GOLD, rounded(4, 4, 66, 90, 3).without(rounded(5, 5, 65, 89, 2)));
    pen.part(GOLD, poly(&[(7, 7), (15, 7), (7, 15)]).mirrored());
    pen.flat(LEMON, ring(10, 10, 2, 1).mirrored());
    let arch = || disc(35, 36, 26).or(rect(9, 36, 61, 76));
    pen.part(GOLD, disc(35, 36, 28).or(rect(7, 36, 63, 78)));
    pen.plain(ground, arch());
    pen.pattern(arch(), move |x, y| {
        let height = y + scatter(x / 2, y / 2, 11) % 9;
        if height > 60 {
            mix(ground, CREAM, 55)
        } else if height > 40 {
            mix(ground, CREAM, 25)
        } else {
            ground
        }
    });
    letters::write(pen, LEMON, name, AXIS, 82);
}

/// A dark card full of small stars, its name between two lines at the top.
pub(super) fn sky(pen: &mut Pen, seed: i32, name: &str) {
    card(pen, NIGHT);
    pen.pattern(rounded(3, 3, 67, 91, 4), move |x, y| match scatter(x, y, seed) {
        0..=6 => WHITE,
        7..=12 => SKY,
        13..=16 => PINK,
        _ if (x + y) % 2 == 0 && scatter(x / 5, y / 5, seed + 1) % 3 == 0 => mix(NIGHT, VIOLET, 35),
        _ => NIGHT,
    });
    pen.flat(SEA, rounded(4, 4, 66, 90, 3).without(rounded(5, 5, 65, 89, 3)));
    pen.plain(NIGHT, rect(6, 7, 64, 17));
    pen.flat(SKY, rect(8, 8, 62, 8).or(rect(8, 16, 62, 16)));
    letters::write(pen, ICE, name, AXIS, 10);
    for phase in 0..5 {
        let x = 19 + phase * 8;
        pen.flat(SLATE, disc(x, 84, 2));
        pen.flat(ICE, disc(x, 84, 2).without(disc(x + phase - 2 + (phase - 2).signum() * 2, 84, 2)));
    }
}

/// A plum card with a wavy edge and a circle.
pub(super) fn dream(pen: &mut Pen, name: &str) {
    card(pen, LILAC);
    let wavy = |inset: f32| {
        Shape::new(move |x, y| {
            let (x, y) = (x as f32, y as f32);
            let wave = |along: f32| inset + 1.6 * (along * 0.75).sin();
            x > wave(y) && x < 70.0 - wave(y) && y > wave(x) && y < 94.0 - wave(x)
        })
    };
    pen.plain(PLUM, wavy(5.0));
    pen.pattern(wavy(5.0), |x, y| {
        let bend = ((x as f32 * 0.16).sin() * 5.0) as i32;
        if (y + bend).rem_euclid(10) < 3 { mix(PLUM, VIOLET, 50) } else { PLUM }
    });
    pen.part(LILAC, disc(35, 43, 29));
    pen.plain(mix(PLUM, ROSE, 45), disc(35, 43, 26));
    pen.flat(mix(PLUM, ROSE, 70), ring(35, 43, 21, 1).or(ring(35, 43, 15, 1)));
    pen.plain(LILAC, rounded(10, 78, 60, 87, 4));
    letters::write(pen, PLUM, name, AXIS, 80);
}

/// A postage stamp: bites along its edge.
pub(super) fn stamp(pen: &mut Pen, [back, front]: [Colour; 2]) {
    let bites = Shape::new(|x, y| {
        let near = |value: i32, step: i32| ((value + step / 2).rem_euclid(step) - step / 2).abs();
        let down = near(y - 2, 9);
        let across = near(x - 2, 11);
        let side = (x - 2).min(68 - x);
        let end = (y - 2).min(92 - y);
        side * side + down * down <= 7 || end * end + across * across <= 7
    });
    pen.ink(STONE);
    pen.plain(WHITE, rect(2, 2, 68, 92).without(bites));
    pen.ink(INK);
    pen.plain(back, rect(8, 8, 62, 86));
    pen.pattern(
        rect(8, 8, 62, 86),
        move |x, y| if (x + 2 * y) % 13 < 3 { mix(back, front, 40) } else { back },
    );
    pen.flat(front, rect(8, 76, 62, 86).or(rect(51, 8, 62, 18)));
    pen.flat(INK, rect(8, 75, 62, 75).or(rect(50, 19, 62, 19)).or(rect(50, 8, 50, 19)));
}

fn card(pen: &mut Pen, colour: Colour) {
    pen.ink(mix(colour, INK, 60));
    pen.part(colour, rounded(2, 2, 68, 92, 5));
    pen.ink(INK);
}

impl Ground {
    fn shows(self, x: i32, y: i32) -> bool {
        match self {
            Self::Rays => {
                let angle = ((y - 44) as f32).atan2((x - 35) as f32) / std::f32::consts::TAU * 20.0;
                angle.floor() as i32 % 2 == 0
            }
            Self::Stars => scatter(x, y, 3) < 14 || scatter(x / 2, y / 2, 4) < 6,
            Self::Waves => (y + ((x as f32 * 0.45).sin() * 2.4) as i32).rem_euclid(9) < 3,
            Self::Bricks => y % 7 == 0 || (x + y / 7 % 2 * 6) % 12 == 0,
            Self::Leaves => {
                let (across, down) = ((x + y / 10 * 5).rem_euclid(12) - 6, y % 10 - 5);
                across.abs() + down.abs() < 5 && across != down
            }
            Self::Dunes => y as f32 > 52.0 + 5.0 * (x as f32 * 0.11).sin() - scatter(x, 0, 2) as f32 * 0.001,
            Self::Stripes => (x + y) % 12 < 5,
            Self::Combs => {
                let (column, row) = (x.rem_euclid(12), (y + x / 12 % 2 * 5).rem_euclid(10));
                row == 0 && column < 8 || column == 8 && row < 5 || column == 11 && row >= 5
            }
            Self::Dots => {
                let (across, down) = ((x + y / 8 % 2 * 4).rem_euclid(8) - 3, y % 8 - 3);
                across * across + down * down <= 3
            }
            Self::Checks => (x / 6 + y / 6) % 2 == 0,
        }
    }
}
