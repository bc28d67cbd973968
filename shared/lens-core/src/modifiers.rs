//! What can be true of a card beside its name.

use serde::{Deserialize, Serialize};

/// The modifiers of one card, as the game's own words in lower case.
///
/// The words of each field are listed in the catalogue (see [`crate::catalogue::ModifierWords`]), so that another
/// game needs no code here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Modifiers {
    /// `base`, `foil`, `holographic`, `polychrome`, `negative`.
    pub edition: String,
    /// `none`, `bonus`, `mult`, `wild`, `lucky`, `glass`, `steel`, `stone`, `gold`.
    pub enhancement: String,
    /// `none`, `gold`, `purple`, `red`, `blue`.
    pub seal: String,
    /// Any of `eternal`, `perishable`, `rental`, `pinned`.
    pub stickers: Vec<String>,
    /// Whether the card is crossed out.
    pub debuffed: bool,
}

impl Default for Modifiers {
    fn default() -> Self {
        Self {
            edition: "base".into(),
            enhancement: "none".into(),
            seal: "none".into(),
            stickers: Vec::new(),
            debuffed: false,
        }
    }
}
