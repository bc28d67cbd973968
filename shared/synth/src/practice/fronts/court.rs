//! Jack, queen and king: the upper half of a figure, turned over for the lower one.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;
use super::suits::Suit;

/// A figure in the suit's colours inside a frame.
pub(super) fn figure(pen: &mut Pen, suit: &Suit, rank: char) {
    let tint = mix(suit.accent, WHITE, 70);
    pen.ink(suit.colour);
    pen.plain(tint, rect(16, 9, 54, 85));
    pen.ink(INK);
    pen.pattern(rect(16, 9, 54, 85), |x, y| {
        if (x + y) % 6 == 0 || (x - y).rem_euclid(6) == 0 { mix(suit.accent, WHITE, 45) } else { tint }
    });

    robe(pen, suit, rank);
    match rank {
        'J' => jack(pen, suit),
        'Q' => queen(pen, suit),
        _ => king(pen, suit),
    }
    pen.flat(suit.colour, bitmap(suit.small(), 18, 12));
    pen.keep(rect(15, 8, 55, 47));
    pen.turn_over();
    pen.flat(INK, path(&[(17, 52), (53, 42)], 1));
}

fn robe(pen: &mut Pen, suit: &Suit, rank: char) {
    let robe = || poly(&[(17, 48), (20, 40), (30, 36), (40, 36), (50, 40), (53, 48), (53, 54), (17, 54)]);
    pen.part(suit.colour, robe());
    let (colour, accent) = (shaded(suit.colour), suit.accent);
    pen.pattern(robe().and(rect(19, 39, 51, 54)), move |x, y| {
        let shows = match rank {
            'J' => (x + y) % 7 < 2,
            'Q' => (x % 6 - 3).abs() + (y % 6 - 3).abs() < 2,
            _ => (y + (x % 8 - 4).abs()) % 6 < 2,
        };
        if shows { accent } else { colour }
    });
    pen.part(CREAM, poly(&[(28, 36), (42, 36), (35, 45)]));
    pen.part(suit.accent, disc(35, 44, 2));
}

fn face(pen: &mut Pen) {
    pen.part(SKIN, rect(32, 32, 38, 37));
    pen.part(SKIN, ellipse(35, 27, 7, 8));
    pen.flat(INK, rect(32, 26, 32, 27).or(rect(38, 26, 38, 27)));
    pen.flat(INK, rect(31, 24, 33, 24).or(rect(37, 24, 39, 24)));
    pen.flat(shaded(SKIN), rect(35, 27, 35, 29));
    pen.flat(RED, rect(34, 32, 36, 32));
}

fn jack(pen: &mut Pen, suit: &Suit) {
    pen.part(BROWN, path(&[(49, 12), (49, 52)], 2));
    pen.part(suit.accent, poly(&[(49, 10), (53, 16), (49, 22), (45, 16)]));
    pen.part(BARK, rounded(27, 20, 43, 32, 4));
    face(pen);
    pen.part(suit.colour, poly(&[(24, 20), (28, 14), (42, 13), (46, 20)]));
    pen.part(suit.accent, rect(25, 20, 45, 22));
    pen.part(WHITE, poly(&[(40, 18), (30, 9), (26, 12), (33, 18)]));
    pen.part(SKIN, disc(48, 43, 3));
}

fn queen(pen: &mut Pen, suit: &Suit) {
    let hair = if suit.accent == GOLD { BROWN } else { ORANGE };
    pen.part(hair, ellipse(35, 27, 11, 12).or(rounded(24, 26, 46, 42, 4)));
    pen.part(CREAM, poly(&[(29, 37), (41, 37), (35, 45)]));
    face(pen);
    pen.part(hair, poly(&[(28, 24), (35, 17), (42, 24), (42, 20), (28, 20)]));
    pen.part(suit.accent, poly(&[(26, 18), (26, 11), (31, 15), (35, 9), (39, 15), (44, 11), (44, 18)]));
    pen.flat(WHITE, rect(35, 14, 35, 15));
    pen.part(GREEN, path(&[(24, 48), (22, 36)], 2));
    pen.part(ROSE, star(22, 32, 5, 5, 3));
    pen.flat(LEMON, rect(22, 32, 22, 32));
    pen.part(SKIN, disc(24, 45, 3));
    pen.flat(ROSE, rect(30, 30, 31, 30).or(rect(39, 30, 40, 30)));
}

fn king(pen: &mut Pen, suit: &Suit) {
    pen.part(SILVER, poly(&[(47, 40), (47, 14), (49, 10), (51, 14), (51, 40)]));
    pen.part(suit.accent, rect(44, 39, 54, 41));
    let beard = if suit.accent == GOLD { STONE } else { BROWN };
    pen.part(beard, rounded(26, 20, 44, 34, 4));
    face(pen);
    pen.part(beard, poly(&[(28, 29), (32, 31), (38, 31), (42, 29), (41, 38), (35, 43), (29, 38)]));
    pen.flat(RED, rect(33, 33, 37, 33));
    pen.part(
        suit.accent,
        poly(&[(26, 20), (25, 10), (30, 13), (30, 9), (35, 12), (40, 9), (40, 13), (45, 10), (44, 20)]),
    );
    pen.part(suit.colour, rect(27, 17, 43, 19));
    pen.flat(WHITE, disc(35, 15, 1));
    pen.part(SKIN, disc(49, 45, 3));
}
