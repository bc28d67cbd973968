//! What the running overlay tells other programs: the types of its local API, as JSON writes them.
//!
//! The overlay fills them in from its own types; [`crate::Client`] reads them back. `docs/api.md`
//! describes the requests that they answer.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Version of everything that is said here.
pub const FORMAT: u32 = 1;
/// The port that is taken when it is free.
pub const DEFAULT_PORT: u16 = 24_872;
/// What the overlay calls itself in the `Server` header, so that no other program is taken for it.
pub const SERVER: &str = "balatro-lens";

/// Whether there is anything to say about cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The game is looked at: a card that is not listed is not on the screen.
    Watching,
    /// There is no window of the game, or it shows nothing.
    #[default]
    Waiting,
    /// The player stopped it.
    Paused,
}

/// Corners in pixels of the frame, x before y: top left, top right, bottom right, bottom left of
/// the upright card.
pub type Quad = [[f32; 2]; 4];

/// What a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CardType {
    /// A joker.
    Joker,
    /// A playing card, or a stone card.
    #[serde(rename = "Playing Card")]
    Playing,
    /// A tarot card.
    Tarot,
    /// A planet card.
    Planet,
    /// A spectral card.
    Spectral,
    /// A voucher.
    Voucher,
    /// A booster pack.
    Booster,
    /// A card's back: the deck, or a card face down.
    Deck,
}

/// What is on a card, in the game's own words.
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
            edition: "base".into(),
            enhancement: "none".into(),
            seal: "none".into(),
            stickers: Vec::new(),
            debuffed: false,
        }
    }
}

/// A name that a card could have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuessView {
    /// The card's id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Its probability, in `0.0..=1.0`.
    pub probability: f32,
}

/// The mod that a card came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModView {
    /// By which mods and the player's settings know it.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The game's word for the kind of card: `Joker`, `Tarot`, or one that the mod made up.
    pub kind: String,
}

/// One card on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardView {
    /// Stays with the card as long as it is followed.
    pub track: u64,
    /// The card's id in the catalogue; none when it is unknown.
    pub id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub card_type: Option<CardType>,
    /// `Common`, `Uncommon`, `Rare` or `Legendary`, for jokers.
    pub rarity: Option<String>,
    /// The mod that it came with; none for cards of the game.
    #[serde(rename = "mod", default, skip_serializing_if = "Option::is_none")]
    pub from_mod: Option<ModView>,
    /// How sure the identifier is, in `0.0..=1.0`.
    pub confidence: Option<f32>,
    /// What is on it.
    pub modifiers: Modifiers,
    /// Where it lies.
    pub quad: Quad,
    /// The likeliest names, best first.
    pub guesses: Vec<GuessView>,
    /// What it does, a line each, in the texts of the player's own copy of the game; empty where
    /// they were not imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
}

/// All cards on the screen: the answer of `GET /v1/cards`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cards {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Grows with everything that is sent to those who watch.
    pub sequence: u64,
    /// Whether the game is looked at.
    pub state: State,
    /// Width and height of the frame that corners refer to; zeros without one.
    pub frame: [u32; 2],
    /// The cards.
    pub cards: Vec<CardView>,
}

/// Whether one card is on the screen: the answer of `GET /v1/cards/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Displayed {
    /// Its id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Whether it is; none while nothing is looked at.
    pub displayed: Option<bool>,
    /// Whether the game is looked at.
    pub state: State,
    /// Where it is, once for each copy.
    pub cards: Vec<CardView>,
}

/// A line of `GET /v1/stream`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Always the first: everything as it is now.
    Snapshot(Cards),
    /// A card came.
    Appear {
        /// See [`Cards::sequence`].
        sequence: u64,
        /// The card.
        card: CardView,
    },
    /// Another name, or other modifiers, are thought to be right.
    Change {
        /// See [`Cards::sequence`].
        sequence: u64,
        /// The card as it is now.
        card: CardView,
    },
    /// A card lies elsewhere.
    Move {
        /// See [`Cards::sequence`].
        sequence: u64,
        /// Which.
        track: u64,
        /// Where it is now.
        quad: Quad,
    },
    /// A card went.
    Leave {
        /// See [`Cards::sequence`].
        sequence: u64,
        /// Which.
        track: u64,
        /// The id that it had.
        id: Option<String>,
    },
    /// Looking began or ended, or the frame has another size.
    State {
        /// See [`Cards::sequence`].
        sequence: u64,
        /// Whether the game is looked at.
        state: State,
        /// Width and height of the frame.
        frame: [u32; 2],
    },
}

/// The body of `POST /v1/commands`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    /// Name of the command: `toggle`, `pause` and so on.
    pub command: String,
    /// What it is to be done with, for `window`: a number, a part of a title, or `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
}

/// The body of every answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What is wrong, and what helps.
    pub error: String,
}

/// `data/api.json`: where the running overlay listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortFile {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The overlay's process.
    pub pid: u32,
    /// Its port on the loopback interface.
    pub port: u16,
    /// The overlay's version.
    pub version: String,
}

impl PortFile {
    /// Where it lies in a data folder.
    pub fn path(data: &Path) -> PathBuf {
        data.join("api.json")
    }
}

/// Where the file lies that the overlay of a data folder has locked.
pub fn lock_path(data: &Path) -> PathBuf {
    data.join("overlay.lock")
}

/// Where the token for commands lies in a data folder.
pub fn token_path(data: &Path) -> PathBuf {
    data.join("api-token")
}

#[cfg(test)]
mod tests;
