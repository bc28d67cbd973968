//! Colours: the type of a card decides the stroke, its edition what the stroke runs into.

use shared::catalogue::{CardType, Catalogue};

use crate::sighting::Identity;
use crate::track::Track;

/// Red, green, blue and opacity, each in `0.0..=1.0`, not premultiplied, as screens take them (no linear light).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Red.
    pub red: f32,
    /// Green.
    pub green: f32,
    /// Blue.
    pub blue: f32,
    /// 0.0 is invisible.
    pub alpha: f32,
}

impl Colour {
    /// From `0xRRGGBB`, opaque.
    pub const fn hex(rgb: u32) -> Self {
        Self {
            red: ((rgb >> 16) & 0xff) as f32 / 255.0,
            green: ((rgb >> 8) & 0xff) as f32 / 255.0,
            blue: (rgb & 0xff) as f32 / 255.0,
            alpha: 1.0,
        }
    }

    /// The same colour, this opaque.
    pub const fn with_alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// Towards `other` by `share`.
    pub fn mixed(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: mix(self.alpha, other.alpha),
        }
    }
}

/// Background of chips.
pub const CHIP: Colour = Colour::hex(0x0d_1019).with_alpha(0.9);
/// The dark edge that keeps strokes readable on any background.
pub const CASING: Colour = Colour::hex(0x05_070c).with_alpha(0.65);
/// Names.
pub const TEXT: Colour = Colour::hex(0xff_ffff);
/// What matters less than the name.
pub const FAINT: Colour = Colour::hex(0x9a_a7bd);
/// Cards that the model cannot name.
pub const UNKNOWN: Colour = Colour::hex(0xff_e14a);

/// How a card's stroke runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// From one colour to the other and back.
    Solid,
    /// In dashes: the card is unknown.
    Dashed,
    /// Through all colours: polychrome.
    Rainbow,
}

/// A card's colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Colour of the card's type.
    pub accent: Colour,
    /// What the stroke runs into: the edition's colour, or the accent again.
    pub second: Colour,
    /// How it runs.
    pub line: Line,
}

/// The look of a track.
pub fn look(track: &Track, catalogue: &Catalogue) -> Look {
    let card = match &track.identity {
        Identity::Known { id, .. } => catalogue.card(id),
        Identity::Unknown { .. } => return Look { accent: UNKNOWN, second: UNKNOWN, line: Line::Dashed },
    };
    let accent = card.map_or(UNKNOWN, |card| of_type(card.card_type));
    let line = if track.modifiers.edition == "polychrome" { Line::Rainbow } else { Line::Solid };
    Look { accent, second: of_edition(&track.modifiers.edition).unwrap_or(accent), line }
}

/// The colour of a card type.
pub fn of_type(card_type: CardType) -> Colour {
    Colour::hex(match card_type {
        CardType::Joker => 0xff_9d3d,
        CardType::Playing => 0x4f_c3f7,
        CardType::Tarot => 0xc0_8cff,
        CardType::Planet => 0x2f_dcc4,
        CardType::Spectral => 0x7b_93ff,
        CardType::Voucher => 0xff_6f61,
        CardType::Booster => 0x8b_e05b,
        CardType::Deck => 0xd4_dbe6,
    })
}

/// The colour of an edition; `None` for the plain one and for words that are not known.
pub fn of_edition(edition: &str) -> Option<Colour> {
    Some(Colour::hex(match edition {
        "foil" => 0x8f_d8ff,
        "holographic" => 0xff_74d4,
        "polychrome" => 0x7d_ffa8,
        "negative" => 0xff_4b6e,
        _ => return None,
    }))
}

/// The colour of an enhancement's or seal's word.
pub fn of_word(word: &str) -> Colour {
    Colour::hex(match word {
        "bonus" | "blue" => 0x6f_b7ff,
        "mult" | "red" => 0xff_7a70,
        "wild" => 0xd6_a2ff,
        "lucky" => 0x9f_e870,
        "glass" => 0xb8_ecff,
        "steel" => 0xc9_d2de,
        "stone" => 0xb5_ab9c,
        "gold" => 0xff_d65c,
        "purple" => 0xc8_8cff,
        "eternal" => 0xff_95b8,
        "perishable" => 0x8f_a8ff,
        "rental" => 0xe3_c26a,
        "debuffed" => 0xff_5c5c,
        _ => 0xd4_dbe6,
    })
}
