//! Cards of a player's mods, known by their sprites.
//!
//! * *Sprite entry*: what the identifier makes of a sprite that lies on the table, and a small
//!   image of it. Entries are made by [`crate::enrol::sprites`] and kept in files
//!   ([`mod@file`]) of their own, apart from the gallery of what people taught.
//! * *Search*: the entries nearest to a crop by cosine, of which the one whose image is most like
//!   the crop's is taken. Among thousands of cards the cosine alone often finds another mod's.
//!
//! Whether what was found is a name is decided in [`crate::decide`]. Nothing here runs a network.

use lens_core::card_id::CardId;
use lens_core::catalogue::CardType;

use crate::embeddings::{Embeddings, SearchBuffer};

pub mod file;
pub mod limits;
mod pictures;

use pictures::CropPicture;

/// How many of the nearest entries have their images compared.
const COMPARED: usize = 8;

/// A card of a mod, or one of the game that a mod draws anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpriteCard {
    /// The game's key.
    pub id: CardId,
    /// What it is: decides what can be on it.
    pub card_type: CardType,
}

/// How an entry's sprite was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// As it lies in the mod.
    Plain,
    /// As a negative card: counts where the edition is said to be negative.
    Negative,
}

/// The entries of any number of mods, ready to be searched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpriteEntries {
    dimensions: usize,
    cards: Vec<SpriteCard>,
    plain: Table,
    negative: Table,
}

/// Entries side by side, so that a search reads memory in order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table {
    /// The card of each entry, as a place in [`SpriteEntries::cards`].
    cards: Vec<u32>,
    embeddings: Embeddings,
    pictures: Vec<u8>,
}

impl Table {
    /// None yet, of embeddings of this length.
    fn of(dimensions: usize) -> Self {
        Self { embeddings: Embeddings::new(dimensions), ..Self::default() }
    }
}

/// The entry that is most like a crop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its card, as a place in [`SpriteEntries::cards`].
    pub card: usize,
    /// Cosine between the embeddings.
    pub similarity: f32,
    /// Correlation of the images, 1.0 where they are the same.
    pub pixels: f32,
}

/// Buffers of a search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    query: SearchBuffer,
    crop: CropPicture,
    sprite: Vec<i16>,
    nearest: Nearest,
}

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Of length one.
    pub embedding: &'a [f32],
    /// The packed crop that the identifier saw.
    pub crop: &'a [u8],
    /// Pixels across the crop.
    pub width: usize,
    /// Cosine that an entry must have.
    pub least: f32,
    /// Whether entries of negative cards count too.
    pub drawn: Drawn,
}

impl SpriteEntries {
    /// None yet, of a model whose embeddings have this length.
    pub fn new(dimensions: usize) -> Self {
        let [plain, negative] = [Table::of(dimensions), Table::of(dimensions)];
        Self { dimensions, cards: Vec::new(), plain, negative }
    }

    /// The cards that have entries.
    pub fn cards(&self) -> &[SpriteCard] {
        &self.cards
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.plain.cards.len() + self.negative.cards.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a card; its entries follow by [`SpriteEntries::add_entry`].
    pub fn add_card(&mut self, card: SpriteCard) -> usize {
        self.cards.push(card);
        self.cards.len() - 1
    }

    /// Adds an entry of a card: its embedding, and the packed crop that this was made of.
    ///
    /// # Panics
    /// When there is no such card, or the embedding has another length.
    pub fn add_entry(&mut self, card: usize, drawn: Drawn, embedding: &[f32], crop: &[u8], width: usize) {
        assert!(card < self.cards.len(), "the card was added before");
        assert_eq!(embedding.len(), self.dimensions, "the model's embeddings have one length");
        let table = match drawn {
            Drawn::Plain => &mut self.plain,
            Drawn::Negative => &mut self.negative,
        };
        table.cards.push(card as u32);
        table.embeddings.push(embedding);
        pictures::append(crop, width, &mut table.pictures);
    }

    /// Takes in all of another mod's. What another model made is left out.
    pub fn extend(&mut self, other: &Self) {
        if other.dimensions != self.dimensions {
            return;
        }
        let offset = self.cards.len() as u32;
        self.cards.extend(other.cards.iter().cloned());
        for (own, others) in [(&mut self.plain, &other.plain), (&mut self.negative, &other.negative)] {
            own.cards.extend(others.cards.iter().map(|card| card + offset));
            own.embeddings.extend(&others.embeddings);
            own.pictures.extend(&others.pictures);
        }
    }

    /// The entry that is most like a crop, by its image, among the nearest by cosine; none where
    /// no entry is near enough. `counts` leaves cards out.
    pub fn find(
        &self,
        search: &mut Search,
        query: &Query<'_>,
        counts: impl Fn(usize) -> bool,
    ) -> Option<Found> {
        let Search { query: embedding, crop, sprite, nearest } = search;
        if self.is_empty() || query.embedding.len() != self.dimensions {
            return None;
        }
        let tables = [Some(&self.plain), Some(&self.negative).filter(|_| query.drawn == Drawn::Negative)];
        let mut best: Option<Found> = None;
        let mut is_prepared = false;
        for table in tables.into_iter().flatten() {
            nearest.clear(query.least);
            table.embeddings.search(query.embedding, embedding, query.least, |entry, similarity| {
                if similarity > nearest.least && counts(table.cards[entry] as usize) {
                    nearest.insert(Near { similarity, entry });
                }
                nearest.least
            });
            for near in nearest.all() {
                if !is_prepared {
                    crop.prepare(query.crop, query.width);
                    is_prepared = true;
                }
                let length = crop.len();
                let Some(picture) = table.pictures.get(near.entry * length..(near.entry + 1) * length) else {
                    continue;
                };
                let pixels = crop.correlation(picture, sprite);
                if best.is_none_or(|best| pixels > best.pixels) {
                    let card = table.cards[near.entry] as usize;
                    best = Some(Found { card, similarity: near.similarity, pixels });
                }
            }
        }
        best
    }
}

/// The entries that came nearest so far, best first.
#[derive(Clone, Debug, Default)]
struct Nearest {
    best: [Near; COMPARED],
    count: usize,
    /// What another one must surpass.
    least: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Near {
    similarity: f32,
    entry: usize,
}

impl Nearest {
    fn clear(&mut self, least: f32) {
        (self.count, self.least) = (0, least);
    }

    fn all(&self) -> &[Near] {
        &self.best[..self.count]
    }

    fn insert(&mut self, near: Near) {
        let place = self.all().partition_point(|it| it.similarity >= near.similarity);
        self.count = (self.count + 1).min(COMPARED);
        self.best[place..self.count].rotate_right(1);
        self.best[place] = near;
        if self.count == COMPARED {
            self.least = self.best[COMPARED - 1].similarity;
        }
    }
}

#[cfg(test)]
mod tests;
