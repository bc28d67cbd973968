//! The colours of card types, wherever cards are drawn on: marks, annotated images, previews.

use crate::catalogue::CardType;
use crate::modifiers::edition;

/// What names are written on, as `0xRRGGBB`.
pub const GROUND: u32 = 0x0d_1019;
/// Names.
pub const TEXT: u32 = 0xff_ffff;
/// What matters less than the name.
pub const FAINT: u32 = 0x9a_a7bd;

/// Cards that the model cannot name, as `0xRRGGBB`.
pub const UNKNOWN: u32 = 0xff_e14a;

/// The colour of a type, as `0xRRGGBB`.
pub const fn of_type(card_type: CardType) -> u32 {
    match card_type {
        CardType::Joker => 0xff_9d3d,
        CardType::Playing => 0x4f_c3f7,
        CardType::Tarot => 0xc0_8cff,
        CardType::Planet => 0x2f_dcc4,
        CardType::Spectral => 0x7b_93ff,
        CardType::Voucher => 0xff_6f61,
        CardType::Booster => 0x8b_e05b,
        CardType::Deck => 0xd4_dbe6,
    }
}

/// The colour of an edition, as `0xRRGGBB`; none for the plain one and for words that are not
/// known.
pub fn of_edition(word: &str) -> Option<u32> {
    match word {
        edition::FOIL => Some(0x8f_d8ff),
        edition::HOLOGRAPHIC => Some(0xff_74d4),
        edition::POLYCHROME => Some(0x7d_ffa8),
        edition::NEGATIVE => Some(0xff_4b6e),
        _ => None,
    }
}

/// Red, green and blue of `0xRRGGBB`.
pub const fn bytes(rgb: u32) -> [u8; 3] {
    [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8]
}
