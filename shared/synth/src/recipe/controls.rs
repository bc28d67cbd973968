//! What a player's pointer and the game's buttons cover.

use serde::{Deserialize, Serialize};

/// Probabilities of what lies over a card while it is chosen; all are 0 unless a recipe says
/// otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlRecipe {
    /// A button to buy, sell, use or lock it, or a hint of a controller's key.
    pub button: f32,
    /// The frame around what a controller has chosen.
    pub frame: f32,
    /// A mouse's arrow or hand.
    pub pointer: f32,
}
