//! Colours, and those that no player changes.

use lens_core::modifiers::{DEBUFFED, enhancement, seal, sticker};
use lens_core::palette;

/// Each share in `0.0..=1.0`, not premultiplied, as screens take them (no linear light).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    pub red: f32,
    pub green: f32,
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

    /// From `#rrggbb`; `None` when it is written otherwise.
    pub fn from_hex(written: &str) -> Option<Self> {
        let digits = written
            .strip_prefix('#')
            .filter(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok().map(Self::hex)
    }

    /// As `#rrggbb`, without its opacity.
    pub fn to_hex(self) -> String {
        let byte = |share: f32| (share * 255.0).round() as u8;
        format!("#{:02x}{:02x}{:02x}", byte(self.red), byte(self.green), byte(self.blue))
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
pub const CHIP: Colour = Colour::hex(palette::GROUND).with_alpha(0.9);
/// Background of panels.
pub const PANEL: Colour = Colour::hex(palette::GROUND).with_alpha(0.95);
/// The dark edge that keeps strokes readable on any background.
pub const CASING: Colour = Colour::hex(0x05_070c).with_alpha(0.65);
/// Names.
pub const TEXT: Colour = Colour::hex(palette::TEXT);
/// What matters less than the name.
pub const FAINT: Colour = Colour::hex(palette::FAINT);
/// Cards that the model cannot name, and warnings.
pub const UNKNOWN: Colour = Colour::hex(palette::UNKNOWN);

/// The colour of an enhancement's or seal's word.
pub fn of_word(word: &str) -> Colour {
    Colour::hex(match word {
        enhancement::BONUS | seal::BLUE => 0x6f_b7ff,
        enhancement::MULT | seal::RED => 0xff_7a70,
        enhancement::WILD => 0xd6_a2ff,
        enhancement::LUCKY => 0x9f_e870,
        enhancement::GLASS => 0xb8_ecff,
        enhancement::STEEL => 0xc9_d2de,
        enhancement::STONE => 0xb5_ab9c,
        // A seal's gold is the same word.
        enhancement::GOLD => 0xff_d65c,
        seal::PURPLE => 0xc8_8cff,
        sticker::ETERNAL => 0xff_95b8,
        sticker::PERISHABLE => 0x8f_a8ff,
        sticker::RENTAL => 0xe3_c26a,
        DEBUFFED => 0xff_5c5c,
        _ => 0xd4_dbe6,
    })
}
