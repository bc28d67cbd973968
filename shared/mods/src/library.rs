//! What was read: mods, their cards, and what was left out with the reason. Data alone, also as
//! JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything that a Mods folder holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Library {
    /// The folder that was read: sprites are cut from what lies there.
    pub folder: PathBuf,
    /// In the order in which the game loads them.
    pub mods: Vec<Mod>,
    /// Entries of the folder that are no mod, though they should be.
    pub left_out: Vec<LeftOut>,
    /// What holds for all mods, such as that none could be run.
    pub notes: Vec<String>,
}

/// One mod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mod {
    /// By which other mods and the player's settings know it.
    pub id: String,
    /// What a player reads.
    pub name: String,
    /// As its author writes it; empty where it says none.
    pub version: String,
    /// What stands before its keys.
    pub prefix: Option<String>,
    /// The entry of the Mods folder in which it lies.
    pub package: String,
    /// Cards are read of mods that are on alone.
    pub state: State,
    /// How much the cards below rest on running the mod.
    pub reading: Reading,
    /// Those with a sprite, in the order of their declaration.
    pub cards: Vec<Card>,
    /// Cards that it declares and that cannot be shown here.
    pub left_out: Vec<LeftOut>,
    /// What went wrong or may surprise, in words.
    pub notes: Vec<String>,
    /// Changes with anything that the cards were read from, images included.
    pub digest: String,
    /// Changes with the images alone.
    pub pictures: String,
}

/// Whether the game would load a mod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It would.
    On,
    /// The player switched it off: why it counts as that.
    Off(String),
    /// It cannot be read.
    Broken(String),
}

/// How the cards were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Not at all.
    None,
    /// Its files were parsed.
    Parsed,
    /// It was run in the sandbox.
    Run,
}

/// A card with a sprite that a mod brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The game's key: `j_gd_rose`.
    pub key: String,
    /// The game's word for its kind: `Joker`, `Tarot`, `Voucher`, `Booster`, `Back`, `Enhanced`, or
    /// a mod's own.
    pub set: String,
    /// In the player's language, else in English; none where the mod gives none.
    pub name: Option<String>,
    /// Its effect by lines, without marks. Values that only a running game knows stay `#1#`.
    pub text: Vec<String>,
    /// Under whose key it is known.
    pub origin: Origin,
    /// Where its image lies.
    pub sprite: Place,
    /// Code of the mod decides how it looks at times.
    pub drawn_by_code: bool,
}

/// Whose card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A card that mods alone have.
    Mod,
    /// A card of the game with another sprite: it counts as the game's.
    Game,
}

/// Where a card's sprite lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The entry of the Mods folder: another mod's, where a card uses the sheet of one.
    pub package: String,
    /// The card itself.
    pub cell: Cell,
    /// Drawn above it, in this order: the second layer of legendary cards.
    pub layers: Vec<Cell>,
    /// How large the game shows it, where a common card is 71 by 95.
    pub shown: [f64; 2],
    /// Of an animated sheet; 1 otherwise. The cell is the first.
    pub frames: u32,
    /// The sheet's declaration was not found, but an image of its name.
    pub guessed: bool,
}

/// A rectangle of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The image's path in the package.
    pub picture: String,
    /// Pixels of the image for each of the game's: 1 or 2.
    pub scale: u8,
    /// From the left, in the image's pixels, as all that follow.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// Something that is not among the cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// A key, or an entry of the folder.
    pub what: String,
    /// What would have to be otherwise.
    pub why: Why,
}

/// Why something was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It has no sprite of its own, but one of the game.
    SpriteOfTheGame,
    /// Its kind has no sprite.
    NoSprite,
    /// No such sheet was declared.
    NoSheet(String),
    /// The sheet's image is not in the mod.
    NoPicture(String),
    /// The image cannot be read.
    Picture(String),
    /// Its cell is not on the sheet.
    OutsideOfSheet(String),
    /// Which cell of the sheet it has is not written down.
    NoCell,
    /// The entry cannot be read as a mod.
    Unreadable(String),
}

impl fmt::Display for Why {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpriteOfTheGame => to.write_str("it looks like a card of the game"),
            Self::NoSprite => to.write_str("cards of its kind have no sprite"),
            Self::NoSheet(sheet) => write!(to, "no mod here declares its sheet {sheet:?}"),
            Self::NoPicture(path) => write!(to, "the image {path:?} of its sheet is not in the mod"),
            Self::Picture(why) => write!(to, "the image of its sheet cannot be read: {why}"),
            Self::OutsideOfSheet(path) => write!(to, "its cell lies outside of {path:?}"),
            Self::NoCell => to.write_str("it has a sheet of the mod, and the place on it is the game's"),
            Self::Unreadable(why) => to.write_str(why),
        }
    }
}

impl Card {
    /// Its name, or the words of its key where it has none.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let words = self.key.split_once('_').map_or(self.key.as_str(), |(_, rest)| rest);
            words.replace('_', " ")
        })
    }
}

impl Library {
    /// Cards of the mods that are switched on, with the mod of each.
    pub fn cards(&self) -> impl Iterator<Item = (&Mod, &Card)> {
        self.mods.iter().flat_map(|from| from.cards.iter().map(move |card| (from, card)))
    }

    /// Left-out cards by reason, for a summary.
    pub fn reasons(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for left_out in self.mods.iter().flat_map(|from| &from.left_out) {
            *counts.entry(left_out.why.to_string()).or_default() += 1;
        }
        counts
    }
}
