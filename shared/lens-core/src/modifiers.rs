//! What can be true of a card beside its name.
//!
//! The words are the catalogue's, so fields are text and unknown words survive; the constants are
//! those that code means.

use serde::{Deserialize, Serialize};

/// The word for no enhancement and for no seal.
pub const NONE: &str = "none";
/// The word for a card that is crossed out, where words are listed.
pub const DEBUFFED: &str = "debuffed";

/// Words of [`Modifiers::edition`].
pub mod edition {
    /// No edition.
    pub const BASE: &str = "base";
    /// Foil.
    pub const FOIL: &str = "foil";
    /// Holographic.
    pub const HOLOGRAPHIC: &str = "holographic";
    /// Polychrome.
    pub const POLYCHROME: &str = "polychrome";
    /// Negative.
    pub const NEGATIVE: &str = "negative";
}

/// Words of [`Modifiers::enhancement`], beside [`NONE`].
pub mod enhancement {
    /// Bonus.
    pub const BONUS: &str = "bonus";
    /// Mult.
    pub const MULT: &str = "mult";
    /// Wild.
    pub const WILD: &str = "wild";
    /// Lucky.
    pub const LUCKY: &str = "lucky";
    /// Glass.
    pub const GLASS: &str = "glass";
    /// Steel.
    pub const STEEL: &str = "steel";
    /// Stone: a card and an enhancement in one.
    pub const STONE: &str = "stone";
    /// Gold.
    pub const GOLD: &str = "gold";
}

/// Words of [`Modifiers::seal`], beside [`NONE`].
pub mod seal {
    /// Gold.
    pub const GOLD: &str = "gold";
    /// Purple.
    pub const PURPLE: &str = "purple";
    /// Red.
    pub const RED: &str = "red";
    /// Blue.
    pub const BLUE: &str = "blue";
}

/// Words of [`Modifiers::stickers`].
pub mod sticker {
    /// Eternal.
    pub const ETERNAL: &str = "eternal";
    /// Perishable.
    pub const PERISHABLE: &str = "perishable";
    /// Rental.
    pub const RENTAL: &str = "rental";
}

/// The modifiers of one card, as the game's own words in lower case.
///
/// The words of each field are listed in the catalogue (see [`crate::catalogue::ModifierWords`]),
/// so that another game needs no code here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Modifiers {
    /// `base`, `foil`, `holographic`, `polychrome`, `negative`.
    pub edition: String,
    /// `none`, `bonus`, `mult`, `wild`, `lucky`, `glass`, `steel`, `stone`, `gold`.
    pub enhancement: String,
    /// `none`, `gold`, `purple`, `red`, `blue`.
    pub seal: String,
    /// Any of `eternal`, `perishable`, `rental`, and the stake of a win, such as `gold stake`.
    pub stickers: Vec<String>,
    /// Whether the card is crossed out.
    pub debuffed: bool,
}

impl Default for Modifiers {
    fn default() -> Self {
        Self {
            edition: edition::BASE.into(),
            enhancement: NONE.into(),
            seal: NONE.into(),
            stickers: Vec::new(),
            debuffed: false,
        }
    }
}
