//! Ranks, suits and court figures, on nothing: the base under them is an enhancement's.

use image::RgbaImage;

use super::letters;
use super::palette::*;
use super::pen::Pen;
use super::shape::*;
use suits::Suit;

mod court;
mod suits;

/// Rows and columns of the front sheets.
pub(super) const SUITS: [char; 4] = ['H', 'C', 'D', 'S'];
/// Columns of the front sheets.
pub(super) const RANKS: [char; 13] = ['2', '3', '4', '5', '6', '7', '8', '9', 'T', 'J', 'Q', 'K', 'A'];

/// How suits are coloured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    /// Two colours, as printed cards have.
    Two,
    /// One for each suit.
    Four,
}

/// The front of a playing card.
pub(super) fn draw(suit: char, rank: char, colours: Colours) -> RgbaImage {
    let suit = Suit::new(suit, colours);
    let mut pen = Pen::card();
    match rank {
        'J' | 'Q' | 'K' => court::figure(&mut pen, &suit, rank),
        'A' => ace(&mut pen, &suit),
        _ => pips(&mut pen, &suit, rank),
    }
    corner(&mut pen, &suit, rank);
    pen.finish()
}

fn corner(pen: &mut Pen, suit: &Suit, rank: char) {
    let mut index = Pen::card();
    index.flat(suit.colour, bitmap(letters::rank(rank), 5, 6));
    index.flat(suit.colour, bitmap(suit.small(), 5, 17));
    index.turn_over();
    pen.lay(&index);
}

fn ace(pen: &mut Pen, suit: &Suit) {
    let frame = || poly(&[(35, 17), (54, 47), (35, 77), (16, 47)]);
    pen.flat(
        mix(suit.colour, WHITE, 55),
        frame().without(frame().and(frame().moved(0, 1)).and(frame().moved(0, -1))),
    );
    for (x, y) in [(35, 14), (35, 80), (13, 47), (57, 47)] {
        pen.flat(suit.accent, disc(x, y, 2));
    }
    suit.large(pen);
}

/// Middles of the pips, in the upper half and on the line between; the lower half is the upper one
/// turned.
fn pips(pen: &mut Pen, suit: &Suit, rank: char) {
    const LEFT: i32 = 24;
    const RIGHT: i32 = 46;
    let pair = |y: i32| vec![(LEFT, y), (RIGHT, y)];
    let (upper, middle) = match rank {
        '2' => (vec![(AXIS, 19)], vec![]),
        '3' => (vec![(AXIS, 19)], vec![(AXIS, 47)]),
        '4' => (pair(19), vec![]),
        '5' => (pair(19), vec![(AXIS, 47)]),
        '6' => (pair(19), pair(47)),
        '7' => (pair(19), [pair(47), vec![(AXIS, 33)]].concat()),
        '8' => ([pair(19), vec![(AXIS, 33)]].concat(), pair(47)),
        '9' => ([pair(19), pair(37)].concat(), vec![(AXIS, 47)]),
        _ => ([pair(19), pair(37), vec![(AXIS, 28)]].concat(), vec![]),
    };
    for (x, y) in upper {
        suit.pip(pen, x, y);
    }
    pen.turn_over();
    for (x, y) in middle {
        suit.pip(pen, x, y);
    }
}
