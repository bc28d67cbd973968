//! What interfaces say, and in which face.

use crate::canvas::text::Face;
use crate::dice::Dice;

/// Something that could stand on a screen: words, numbers, prices.
pub(crate) fn phrase(dice: &mut Dice, face: Face) -> String {
    const WORDS: [&str; 40] = [
        "Play Hand",
        "Discard",
        "Sort Hand",
        "Rank",
        "Suit",
        "Run Info",
        "Options",
        "Round",
        "Ante",
        "Hands",
        "Discards",
        "Shop",
        "Skip",
        "Reroll",
        "Next Round",
        "Use",
        "Sell",
        "Pair",
        "Flush",
        "Full House",
        "Straight",
        "High Card",
        "Small Blind",
        "Big Blind",
        "Score at least",
        "Reward:",
        "Common",
        "Uncommon",
        "Rare",
        "Tarot",
        "Planet",
        "Negative",
        "Foil",
        "Chips",
        "Mult",
        "each played",
        "when scored",
        "if hand",
        "Cash Out",
        "Remaining",
    ];
    if face == Face::Strokes {
        return (0..dice.between(1, 9)).map(|_| char::from(b' ' + 1 + dice.below(90) as u8)).collect();
    }
    match dice.below(8) {
        0..4 => (*dice.pick(&WORDS)).to_owned(),
        4 => format!("${}", dice.below(60)),
        5 => format!("{}/{}", dice.below(60), dice.below(60)),
        6 => format!("{}{}", dice.pick(&["+", "X", "x", ""]), dice.below(2000)),
        _ => (0..dice.between(2, 14)).map(|_| char::from(b'A' + dice.below(58) as u8)).collect(),
    }
}

/// A face: mostly the game's.
pub(crate) fn any_face(dice: &mut Dice) -> Face {
    [Face::Pixel, Face::PixelTall, Face::Sans, Face::Strokes][dice.weighted(&[0.35, 0.25, 0.2, 0.2])]
}
