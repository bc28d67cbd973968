//! The card classes of a game, read from `data/catalogues/*.json`.
//!
//! A catalogue for another game is another file: nothing in the code names a card.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::card_id::CardId;

/// Version of the file format that this code reads.
pub const FORMAT: u32 = 1;

/// A game's cards and where their images lie in its sheets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Short name, used in paths: `balatro`.
    pub game: String,
    /// Name for people.
    pub title: String,
    /// Width and height of a card at 1x, in pixels.
    pub card_size: [u32; 2],
    /// Image sheets by name.
    pub sheets: BTreeMap<String, Sheet>,
    /// The words of the modifier heads, and the cells that are drawn for them.
    pub modifiers: ModifierWords,
    /// Every card class.
    pub cards: Vec<Card>,
    /// Sheets of images that are not cards (blind chips, tags): negatives in training.
    #[serde(default)]
    pub not_cards: Vec<String>,
    #[serde(skip)]
    index: HashMap<CardId, usize>,
    #[serde(skip)]
    digest: String,
}

/// A sheet of equal cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// File below the texture folder of one scale, for example `Jokers.png` or
    /// `collabs/collab_TW_1.png`.
    pub file: String,
    /// Width and height of a cell at 1x, in pixels.
    pub cell: [u32; 2],
    /// Columns and rows.
    pub grid: [u32; 2],
}

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// Key of [`Catalogue::sheets`].
    pub sheet: String,
    /// Column, from zero.
    pub x: u32,
    /// Row, from zero.
    pub y: u32,
}

/// What a card is: decides its colour in the overlay and its place in composed scenes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

impl CardType {
    /// All of them, in the order of the game's collection.
    pub const ALL: [Self; 8] = [
        Self::Joker,
        Self::Playing,
        Self::Tarot,
        Self::Planet,
        Self::Spectral,
        Self::Voucher,
        Self::Booster,
        Self::Deck,
    ];

    /// As written in `labels.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joker => "Joker",
            Self::Playing => "Playing Card",
            Self::Tarot => "Tarot",
            Self::Planet => "Planet",
            Self::Spectral => "Spectral",
            Self::Voucher => "Voucher",
            Self::Booster => "Booster",
            Self::Deck => "Deck",
        }
    }
}

/// One card class.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The game's own key: `j_blueprint`, `H_A`, `p_arcana_normal_1`.
    pub id: CardId,
    /// Name for people.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub card_type: CardType,
    /// `Common`, `Uncommon`, `Rare` or `Legendary`, for jokers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rarity: Option<String>,
    /// Price in the game.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<u32>,
    /// Size beside the other cards of the game: 0.7 for Wee Joker, 1.27 for booster packs.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f32,
    /// Cards that look the same: either name is right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<CardId>,
    /// What counts as the same card in scores: the variants of a booster pack share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its own art, then collaboration skins. Empty when a twin's art is used.
    #[serde(rename = "looks")]
    pub skins: Vec<Skin>,
    /// The mod that brings it; none for the cards of the file.
    #[serde(skip)]
    pub from_mod: Option<FromMod>,
}

/// The mod that a card came with, and what it says of the card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromMod {
    /// By which mods and the player's settings know the mod.
    pub id: String,
    /// The mod's name for people.
    pub name: String,
    /// The game's word for the kind of card: `Joker`, `Tarot`, or one that the mod made up.
    pub kind: String,
    /// What the card does, by lines; empty where the mod gives no text.
    pub text: Vec<String>,
}

/// A skin: one way a card can look. Its classifier class is `id` for the skin `""`, otherwise
/// `id@skin`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skin {
    /// Empty for the card's own art; `TW` and the like for a skin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The images that show this skin (low and high contrast, for example).
    pub art: Vec<Art>,
}

/// The layers of a card's image, drawn in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Art {
    /// The card itself. Playing cards have none here: the enhancement gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Cell>,
    /// Rank and suit of a playing card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<Cell>,
    /// What floats above the card and sways (legendary jokers, The Soul).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floating: Option<Cell>,
}

/// The classes of the modifier heads, in the order of their logits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifierWords {
    /// The first is the plain one.
    pub editions: Vec<String>,
    /// The first is the plain one.
    pub enhancements: Vec<ModifierArt>,
    /// The first is the plain one.
    pub seals: Vec<ModifierArt>,
    /// Several can be on a card at once.
    pub stickers: Vec<ModifierArt>,
}

/// A modifier's word and the cell that is drawn for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifierArt {
    /// The word, lower case.
    pub word: String,
    /// What is drawn: under the front for an enhancement, over the card for seals and stickers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Cell>,
}

/// What helps against each.
const HELP: &str = "it comes with the programs: install them again, or choose a model of another game";

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("cannot read the catalogue {path}: {source}\nhelp: {}", HELP)]
    Read { path: PathBuf, source: std::io::Error },
    /// The file is not what this version expects.
    #[error("the catalogue {path} is not valid: {source}\nhelp: {}", HELP)]
    Invalid {
        path: PathBuf,
        /// What is wrong, and where.
        source: InvalidCatalogue,
    },
}

/// What is wrong with the text of a catalogue.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum InvalidCatalogue {
    /// It is not the JSON of one.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is of another version.
    #[error("format {found} where {FORMAT} is understood")]
    Format { found: u32 },
    /// It lists something twice, or refers to something that is not there.
    #[error("{0}")]
    Inconsistent(String),
}

impl Catalogue {
    /// Reads and checks a catalogue file.
    ///
    /// # Errors
    /// When the file cannot be read, is of another format, names a card twice, or refers to a
    /// sheet, a cell or a twin that is not there.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CatalogueError::Read { path: path.to_path_buf(), source })?;
        Self::parse(&text).map_err(|source| CatalogueError::Invalid { path: path.to_path_buf(), source })
    }

    /// Parses and checks the text of a catalogue file; the error says what is wrong.
    ///
    /// # Errors
    /// As [`Catalogue::read`].
    pub fn parse(text: &str) -> Result<Self, InvalidCatalogue> {
        let mut catalogue: Self = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
        if catalogue.format != FORMAT {
            return Err(InvalidCatalogue::Format { found: catalogue.format });
        }
        let canonical = serde_json::to_vec(&catalogue)?;
        catalogue.digest = hex(&Sha256::digest(canonical));
        for (position, card) in catalogue.cards.iter().enumerate() {
            if catalogue.index.insert(card.id.clone(), position).is_some() {
                return Err(InvalidCatalogue::Inconsistent(format!(
                    "the card {:?} is listed twice",
                    card.id
                )));
            }
        }
        catalogue.check_references().map_err(InvalidCatalogue::Inconsistent)?;
        Ok(catalogue)
    }

    /// SHA-256 of the catalogue's content, in hexadecimal: ties a model to the classes it was
    /// trained on.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Adds cards that mods bring; those that are listed stay as they are. The digest is still that
    /// of the file.
    pub fn add_cards(&mut self, cards: impl IntoIterator<Item = Card>) {
        for card in cards {
            if !self.index.contains_key(&card.id) {
                self.index.insert(card.id.clone(), self.cards.len());
                self.cards.push(card);
            }
        }
    }

    /// The card of this id.
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.index.get(id).map(|&position| &self.cards[position])
    }

    /// The card behind a classifier class: `S_K` and `S_K@TW` are the same card.
    pub fn card_of_class(&self, class: &str) -> Option<&Card> {
        self.card(id_of_class(class))
    }

    /// Whether two ids are the same card: because they are equal, look the same (twins), or count
    /// as the same (a group). `other` may also be the name of a group.
    pub fn is_same_card(&self, one: &str, other: &str) -> bool {
        let group = |id: &str| self.card(id).and_then(|card| card.group.as_deref());
        let is_group = |group_of_one| group_of_one == other || group(other) == Some(group_of_one);
        let is_twin =
            |a: &str, b: &str| self.card(a).is_some_and(|card| card.twins.iter().any(|twin| *twin == b));
        one == other || group(one).is_some_and(is_group) || is_twin(one, other) || is_twin(other, one)
    }

    /// The classifier's classes: one for each skin of each card that has art of its own.
    pub fn classes(&self) -> Vec<String> {
        self.cards
            .iter()
            .flat_map(|card| card.skins.iter().map(|skin| class_name(&card.id, &skin.name)))
            .collect()
    }

    /// Whether two ids are the same card, look the same, or count as the same. `other` may also be
    /// a group's name.
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        let group = |id: &str| self.card(id).and_then(|card| card.group.as_deref());
        if one == other || group(one) == Some(other) || group(one).is_some_and(|it| Some(it) == group(other))
        {
            return true;
        }
        let is_twin = |a: &str, b: &str| self.card(a).is_some_and(|card| card.twins.iter().any(|it| it == b));
        is_twin(one, other) || is_twin(other, one)
    }

    fn check_references(&self) -> Result<(), String> {
        let check_cell = |cell: &Cell, owner: &str| -> Result<(), String> {
            let sheet = self.sheets.get(&cell.sheet).ok_or_else(|| {
                format!("{owner} refers to the sheet {:?}, which is not listed", cell.sheet)
            })?;
            if cell.x >= sheet.grid[0] || cell.y >= sheet.grid[1] {
                return Err(format!("{owner} refers to cell {},{} outside {:?}", cell.x, cell.y, cell.sheet));
            }
            Ok(())
        };
        let mut seen = HashSet::new();
        for card in &self.cards {
            for twin in &card.twins {
                if !self.index.contains_key(twin) {
                    return Err(format!("{} has the twin {twin:?}, which is not listed", card.id));
                }
            }
            if card.skins.is_empty() && card.twins.is_empty() {
                return Err(format!("{} has neither art nor a twin", card.id));
            }
            for skin in &card.skins {
                if !seen.insert(class_name(&card.id, &skin.name)) || skin.art.is_empty() {
                    return Err(format!("the skin {:?} of {} is listed twice or empty", skin.name, card.id));
                }
                for art in &skin.art {
                    for cell in [&art.base, &art.front, &art.floating].into_iter().flatten() {
                        check_cell(cell, &card.id)?;
                    }
                }
            }
        }
        let words = &self.modifiers;
        for modifier in words.enhancements.iter().chain(&words.seals).chain(&words.stickers) {
            if let Some(cell) = &modifier.cell {
                check_cell(cell, &modifier.word)?;
            }
        }
        if let Some(missing) = self.not_cards.iter().find(|name| !self.sheets.contains_key(*name)) {
            return Err(format!("not_cards names the sheet {missing:?}, which is not listed"));
        }
        Ok(())
    }
}

/// The classifier class of a skin of a card.
pub fn class_name(id: &str, skin: &str) -> String {
    if skin.is_empty() { id.to_owned() } else { format!("{id}@{skin}") }
}

/// The card id of a classifier class.
pub fn id_of_class(class: &str) -> &str {
    class.split_once('@').map_or(class, |(id, _)| id)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn one() -> f32 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(value: &f32) -> bool {
    *value == 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/balatro.json");
        Catalogue::read(&path).unwrap()
    }

    #[test]
    fn twins_and_variants_are_the_same_card() {
        let catalogue = catalogue();
        for (one, other, wanted) in [
            ("S_K", "S_K", true),
            ("S_K", "H_K", false),
            ("j_wee", "j_joker", true),
            ("j_joker", "j_wee", true),
            ("p_arcana_normal_1", "p_arcana_normal_4", true),
            ("p_arcana_normal_1", "p_arcana_normal", true),
            ("p_arcana_normal_1", "p_arcana_mega_1", false),
            ("mod_ghost", "mod_ghost", true),
            ("mod_ghost", "S_K", false),
        ] {
            assert_eq!(catalogue.is_same_card(one, other), wanted, "{one} and {other}");
        }
    }
}
