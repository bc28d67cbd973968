//! Turns the identifier's logits into a card and its modifiers, or into *unknown*.
//!
//! Pure: no session and no frame, so it is tested without a model. No card is named in this file:
//! what may be on which card follows from its type, and a card that *is* an enhancement is called
//! `m_` and the enhancement's word. Whether a card is known is decided in one place,
//! [`Evidence::verdict`]; whether it is one of a mod, in [`Classifier::classify_crop`].

use std::sync::Arc;

use lens_core::card_id::CardId;
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::manifest::{Activation, Head, IDENTIFICATION, Manifest, NOT_A_CARD, Thresholds, UNKNOWN};
use lens_core::modifiers::{Modifiers, NONE, edition};

use crate::embeddings::SearchBuffer;
use crate::gallery::Gallery;
use crate::reading::{Guess, GuessSource, Identity, Reading};
use crate::sprites::limits::Limits;
use crate::sprites::{Drawn, Found, Query, Search, SpriteEntries};

/// Detection score from which there is a card whatever the identifier says of it: on screenshots,
/// 22 of 25 peaks between this and 0.55 are cards.
const MIN_SURE_SCORE: f32 = 0.44;
/// Probability of its name from which a card of a lower score is one too.
const MIN_SURE_NAME: f32 = 0.2;

/// Margin by which an enrolled card wins over the model's own class: a crop may be this much less
/// like the prototype than like its class, because a person who names a card knows better than the
/// model. Known cards keep their names all the same: hardly any is like another card's capture
/// (`trainer evaluate --taught` counts them).
const ENROLLED_MARGIN: f32 = 0.1;

/// Cosine from which an enrolled card is a guess, where it is not enough for a name: a card that is
/// half covered.
const MIN_GUESS_SIMILARITY: f32 = 0.3;

/// What the identifier says of a crop, as numbers that thresholds decide on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Probability that it is no card.
    pub not_a_card: f32,
    /// Probability that it is a card of no catalogue.
    pub unknown: f32,
    /// Probability of the best card, its looks added up.
    pub probability: f32,
    /// Cosine to the centroid of the best card.
    pub similarity: f32,
}

/// What follows from the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the best card.
    Known,
    /// It is a card that has no name here.
    Unknown,
    /// It shows something else.
    NotACard,
}

impl Evidence {
    /// The only place where a model's thresholds are compared: the overlay and every evaluation
    /// decide here.
    pub fn verdict(&self, thresholds: &Thresholds) -> Verdict {
        if self.not_a_card >= thresholds.not_a_card {
            Verdict::NotACard
        } else if self.unknown < thresholds.unknown
            && self.probability >= thresholds.probability
            && self.similarity >= thresholds.similarity
        {
            Verdict::Known
        } else {
            Verdict::Unknown
        }
    }
}

/// The identifier's outputs for one crop, as the manifest lists the heads.
#[derive(Clone, Copy, Debug)]
pub struct Logits<'a> {
    /// Logits of each head, in the manifest's order.
    pub heads: &'a [&'a [f32]],
    /// The embedding.
    pub embedding: &'a [f32],
    /// Cosine to the centroid of each identification class.
    pub similarity: &'a [f32],
}

/// Why a model's classes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ClassesError {
    /// No head says which card it is.
    #[error("there is no head {IDENTIFICATION:?}")]
    NoIdentification,
    /// All classes are reserved ones.
    #[error("none of its classes is a card")]
    NoCard,
    /// A class is of no card.
    #[error("its class {id:?} is no card of the catalogue")]
    NotListed { id: CardId },
}

/// Makes readings of the identifier's logits: made once for a model.
#[derive(Clone, Debug)]
pub struct Classifier {
    cards: Vec<Card>,
    classes: Vec<Class>,
    thresholds: Thresholds,
    edition: Option<Words>,
    enhancement: Option<Words>,
    seal: Option<Words>,
    stickers: Option<Words>,
    debuffed: Option<Words>,
    /// Best guesses that a reading keeps.
    top: usize,
    /// Probability of each card, kept to save the allocation.
    probability: Vec<f32>,
    order: Vec<usize>,
    /// Whether the detector is our own: the scores of others mean something else, and their own
    /// threshold has decided.
    has_own_detector: bool,
    /// The player's probability below which no name is given.
    name_threshold: f32,
    /// Cards of the player's mods.
    sprites: Option<Sprites>,
    /// Buffer of the gallery's search.
    lookup: SearchBuffer,
}

/// Sprite entries, and when one of them is a name.
#[derive(Clone, Debug)]
struct Sprites {
    entries: Arc<SpriteEntries>,
    limits: Limits,
    search: Search,
    /// Pixels across a crop.
    width: usize,
}

#[derive(Clone, Debug)]
struct Card {
    id: CardId,
    card_type: CardType,
    /// The class of the enhancement head that this card is.
    enhancement: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Card(usize),
    NotACard,
    Unknown,
}

/// A head whose classes are words.
#[derive(Clone, Debug)]
struct Words {
    head: usize,
    words: Vec<String>,
    activation: Activation,
}

/// Names of the edition head: ours, and that of the labels' field.
const EDITION_HEADS: [&str; 2] = ["edition", "modifier"];

impl Classifier {
    /// From a model's manifest and the catalogue that it names cards of.
    ///
    /// # Errors
    /// When a class is of no card.
    pub fn new(manifest: &Manifest, catalogue: &Catalogue, top: usize) -> Result<Self, ClassesError> {
        let heads = &manifest.identifier.heads;
        let identification =
            heads.iter().find(|head| head.name == IDENTIFICATION).ok_or(ClassesError::NoIdentification)?;
        let enhancement = words(heads, &["enhancement"]);
        let mut cards: Vec<Card> = Vec::new();
        let mut classes = Vec::with_capacity(identification.classes.len());
        for class in &identification.classes {
            classes.push(match class.as_str() {
                NOT_A_CARD => Class::NotACard,
                UNKNOWN => Class::Unknown,
                class => {
                    let id = id_of_class(class);
                    let known = cards.iter().position(|card| &*card.id == id);
                    Class::Card(match known {
                        Some(position) => position,
                        None => {
                            cards.push(card(id, manifest, catalogue, enhancement.as_ref())?);
                            cards.len() - 1
                        }
                    })
                }
            });
        }
        if cards.is_empty() {
            return Err(ClassesError::NoCard);
        }
        let top = top.clamp(1, cards.len());
        Ok(Self {
            probability: vec![0.0; cards.len()],
            order: Vec::with_capacity(top + 1),
            cards,
            classes,
            thresholds: manifest.identifier.thresholds,
            edition: words(heads, &EDITION_HEADS),
            enhancement,
            seal: words(heads, &["seal"]),
            stickers: words(heads, &["stickers"]),
            debuffed: words(heads, &["debuffed"]),
            top,
            has_own_detector: manifest.detector.kind.is_own(),
            name_threshold: 0.0,
            sprites: None,
            lookup: SearchBuffer::default(),
        })
    }

    /// Knows the cards of the player's mods as well from now on; `width` is that of a crop in
    /// pixels.
    pub fn set_sprites(&mut self, entries: Arc<SpriteEntries>, limits: Limits, width: usize) {
        let search = Search::default();
        self.sprites = (!entries.is_empty()).then_some(Sprites { entries, limits, search, width });
    }

    /// Takes a player's probability below which a card is unknown, whatever the model's thresholds
    /// say.
    pub fn set_name_threshold(&mut self, threshold: f32) {
        self.name_threshold = threshold;
    }

    /// Says what a crop shows; returns whether it is a card at all. `score` is the detector's,
    /// where one found it. `reading` is overwritten; its buffers are used again. Without the crop
    /// itself no card of a mod is named.
    ///
    /// # Panics
    /// When the logits are not those of the manifest.
    pub fn classify(
        &mut self,
        logits: &Logits<'_>,
        score: Option<f32>,
        gallery: &Gallery,
        reading: &mut Reading,
    ) -> bool {
        self.classify_crop(logits, &[], score, gallery, reading)
    }

    /// As [`Classifier::classify`], with the packed crop: a card of a mod is named where its sprite
    /// is near enough, by embedding and by pixels, and no class of the model is nearer.
    ///
    /// # Panics
    /// When the logits are not those of the manifest.
    pub fn classify_crop(
        &mut self,
        logits: &Logits<'_>,
        crop: &[u8],
        score: Option<f32>,
        gallery: &Gallery,
        reading: &mut Reading,
    ) -> bool {
        self.read(logits, crop, gallery, reading)
            && score.is_none_or(|score| self.is_confirmed(score, reading))
    }

    fn read(&mut self, logits: &Logits<'_>, crop: &[u8], gallery: &Gallery, reading: &mut Reading) -> bool {
        let (not_a_card, unknown) = self.sum_looks(logits.heads[0]);
        let nearest = gallery.nearest(logits.embedding, &mut self.lookup);
        let near = nearest.filter(|(_, it)| *it >= self.thresholds.gallery);
        let sprite = self.sprite(logits, crop);
        // What a person taught goes before what a sprite says, unless the sprite is much nearer.
        let near =
            near.filter(|(_, it)| sprite.is_none_or(|sprite| *it > sprite.similarity - ENROLLED_MARGIN));
        let sprite = sprite.filter(|_| near.is_none());
        if not_a_card >= self.thresholds.not_a_card && near.is_none() && sprite.is_none() {
            return false;
        }
        self.best_cards();
        reading.guesses.clear();
        let guess = |&card: &usize| Guess {
            id: self.cards[card].id.clone(),
            probability: self.probability[card],
            source: GuessSource::Model,
        };
        reading.guesses.extend(self.order.iter().map(guess));
        reading.embedding.clear();
        reading.embedding.extend_from_slice(logits.embedding);
        let best = self.settle_enhancement(logits, &mut reading.modifiers);
        reading.similarity = self.similarity(best, logits.similarity);
        reading.probability = self.probability[best];
        let evidence = Evidence {
            not_a_card,
            unknown,
            probability: reading.probability,
            similarity: reading.similarity,
        };
        let known = evidence.verdict(&self.thresholds) == Verdict::Known;
        // What the model knows by itself keeps its probability: a likeness is another scale.
        let is_other = |it: &(&CardId, f32)| !known || self.cards[best].id != *it.0;
        let (near, nearest) = (near.filter(is_other), nearest.filter(is_other));
        let mut id = known.then(|| &self.cards[best].id);
        let mut card_type = self.cards[best].card_type;
        if let Some((enrolled, similarity)) = near
            && (!known || similarity > reading.similarity - ENROLLED_MARGIN)
        {
            if *enrolled == *NOT_A_CARD {
                return false;
            }
            id = Some(enrolled);
            (reading.probability, reading.similarity) = (similarity, similarity);
            card_type = self.cards.iter().find(|it| it.id == *enrolled).map_or(card_type, |it| it.card_type);
        }
        if let Some(found) = sprite
            && let Some(card) = self.sprites.as_ref().and_then(|it| it.entries.cards().get(found.card))
        {
            id = Some(&card.id);
            (reading.probability, reading.similarity) = (found.similarity, found.similarity);
            card_type = card.card_type;
            if card_type != CardType::Playing {
                reading.modifiers.enhancement.clear();
                reading.modifiers.enhancement.push_str(NONE);
            }
            self.guess(&card.id, found.similarity, GuessSource::Sprite, &mut reading.guesses);
        } else if let Some((enrolled, similarity)) =
            nearest.filter(|(_, similarity)| *similarity >= MIN_GUESS_SIMILARITY)
            && id.is_none_or(|named| named == enrolled)
            && *enrolled != *NOT_A_CARD
        {
            self.guess(enrolled, similarity, GuessSource::Enrolled, &mut reading.guesses);
        }
        reading.identity = match id.filter(|_| reading.probability >= self.name_threshold) {
            Some(id) => Identity::Known { id: id.clone(), confidence: reading.probability },
            None => Identity::Unknown { nearest: reading.guesses.first().map(|guess| guess.id.clone()) },
        };
        self.read_modifiers(card_type, logits, &mut reading.modifiers);
        true
    }

    /// Puts a card that is no class of the model before the other guesses.
    fn guess(&self, id: &CardId, similarity: f32, source: GuessSource, guesses: &mut Vec<Guess>) {
        guesses.retain(|guess| guess.id != *id);
        guesses.truncate(self.top.saturating_sub(1));
        guesses.insert(0, Guess { id: id.clone(), probability: similarity, source });
    }

    /// The card of a mod that the crop shows.
    ///
    /// A mod's card is often drawn after one of the game, so that any class that is nearer keeps
    /// its name; and of thousands of sprites some are near to whatever is not among them, so that
    /// the pixels have to agree.
    fn sprite(&mut self, logits: &Logits<'_>, crop: &[u8]) -> Option<Found> {
        let of_classes = self.classes.iter().zip(logits.similarity);
        let of_cards = of_classes.filter(|(class, _)| matches!(class, Class::Card(_)));
        let nearest_class = of_cards.map(|(_, &similarity)| similarity).fold(-1.0, f32::max);
        let is_negative = self
            .edition
            .as_ref()
            .is_some_and(|words| words.words[likeliest(logits.heads[words.head])] == edition::NEGATIVE);
        let Sprites { entries, limits, search, width } = self.sprites.as_mut()?;
        let least = limits.similarity.max(nearest_class + limits.lead);
        if least >= 1.0 {
            // Most cards of the game end here.
            return None;
        }
        let query = Query {
            embedding: logits.embedding,
            crop,
            width: *width,
            least,
            drawn: if is_negative { Drawn::Negative } else { Drawn::Plain },
        };
        entries.find(search, &query, |_| true).filter(|found| found.pixels >= limits.pixels)
    }

    /// Whether detector and identifier together are sure enough that there is a card: a weak peak
    /// needs a name.
    ///
    /// Panels, buttons and other programs' boxes give weak peaks without a name; strewn and covered
    /// cards give weak peaks with one.
    fn is_confirmed(&self, score: f32, reading: &Reading) -> bool {
        !self.has_own_detector || score >= MIN_SURE_SCORE || reading.probability >= MIN_SURE_NAME
    }

    /// Softmax over looks, summed by card into `self.probability`; gives those of not-a-card and
    /// unknown.
    fn sum_looks(&mut self, logits: &[f32]) -> (f32, f32) {
        assert_eq!(logits.len(), self.classes.len(), "the head has the manifest's classes");
        let highest = highest(logits);
        let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
        self.probability.fill(0.0);
        let (mut not_a_card, mut unknown) = (0.0, 0.0);
        for (logit, class) in logits.iter().zip(&self.classes) {
            let probability = (logit - highest).exp() / total;
            match class {
                Class::Card(card) => self.probability[*card] += probability,
                Class::NotACard => not_a_card += probability,
                Class::Unknown => unknown += probability,
            }
        }
        (not_a_card, unknown)
    }

    /// The best cards into `self.order`.
    fn best_cards(&mut self) {
        self.order.clear();
        for (card, &probability) in self.probability.iter().enumerate() {
            let place = self.order.partition_point(|&better| self.probability[better] >= probability);
            if place < self.top {
                self.order.insert(place, card);
                self.order.truncate(self.top);
            }
        }
    }

    /// The best card and its enhancement, chosen together: a card that is an enhancement has it, no
    /// other card has it, and what is no playing card has none.
    fn settle_enhancement(&self, logits: &Logits<'_>, modifiers: &mut Modifiers) -> usize {
        let mut best = self.order[0];
        modifiers.enhancement.clear();
        let Some(words) = &self.enhancement else {
            modifiers.enhancement.push_str(NONE);
            return best;
        };
        let logits = logits.heads[words.head];
        let is_card = |class: usize| self.cards.iter().any(|card| card.enhancement == Some(class));
        let plainest = (0..logits.len())
            .filter(|&class| !is_card(class))
            .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
            .unwrap_or(0);
        let mut class = plainest;
        if self.cards[best].card_type == CardType::Playing {
            let log = |card: usize| self.probability[card].max(1e-9).ln();
            let likelihood =
                |card: usize| log(card) + logits[self.cards[card].enhancement.unwrap_or(plainest)];
            let plain = self.order.iter().copied().find(|&card| self.cards[card].enhancement.is_none());
            let special = (0..self.cards.len()).filter(|&card| self.cards[card].enhancement.is_some());
            if let Some(card) =
                plain.into_iter().chain(special).max_by(|&a, &b| likelihood(a).total_cmp(&likelihood(b)))
            {
                best = card;
                class = self.cards[card].enhancement.unwrap_or(plainest);
            }
        } else {
            class = 0;
        }
        modifiers.enhancement.push_str(&words.words[class]);
        best
    }

    /// Everything but the enhancement; what cannot be on a card of this type is not.
    fn read_modifiers(&self, card_type: CardType, logits: &Logits<'_>, modifiers: &mut Modifiers) {
        let playing = card_type == CardType::Playing;
        let joker = card_type == CardType::Joker;
        let consumable = matches!(card_type, CardType::Tarot | CardType::Planet | CardType::Spectral);
        pick(
            self.edition.as_ref(),
            playing || joker || consumable,
            logits,
            edition::BASE,
            &mut modifiers.edition,
        );
        pick(self.seal.as_ref(), playing, logits, NONE, &mut modifiers.seal);
        modifiers.debuffed =
            (playing || joker) && self.debuffed.as_ref().is_some_and(|words| is_true(words, logits));
        let stickers = self.stickers.as_ref().filter(|_| joker);
        let mut count = 0;
        for (word, &logit) in stickers.iter().flat_map(|it| it.words.iter().zip(logits.heads[it.head])) {
            if logit > 0.0 {
                match modifiers.stickers.get_mut(count) {
                    Some(slot) => slot.clone_from(word),
                    None => modifiers.stickers.push(word.clone()),
                }
                count += 1;
            }
        }
        modifiers.stickers.truncate(count);
    }

    /// The best cosine among the looks of a card.
    fn similarity(&self, card: usize, similarity: &[f32]) -> f32 {
        let looks = self.classes.iter().zip(similarity).filter(|(class, _)| **class == Class::Card(card));
        looks.map(|(_, &similarity)| similarity).fold(-1.0, f32::max)
    }
}

fn card(
    id: &str,
    manifest: &Manifest,
    catalogue: &Catalogue,
    enhancement: Option<&Words>,
) -> Result<Card, ClassesError> {
    let listed = catalogue.card(id).map(|card| card.card_type);
    let added = || manifest.identifier.added.get(id).map(|card| card.card_type);
    let card_type = listed.or_else(added).ok_or_else(|| ClassesError::NotListed { id: id.into() })?;
    let word = id.strip_prefix("m_").filter(|_| card_type == CardType::Playing);
    let enhancement = word.and_then(|word| enhancement?.words.iter().position(|it| it == word));
    Ok(Card { id: id.into(), card_type, enhancement })
}

fn words(heads: &[Head], names: &[&str]) -> Option<Words> {
    let (position, head) = heads.iter().enumerate().find(|(_, head)| names.contains(&head.name.as_str()))?;
    let words = head.classes.iter().map(|word| word.to_lowercase()).collect();
    Some(Words { head: position, words, activation: head.activation })
}

/// The likeliest word where the card can have one, otherwise the plain one.
fn pick(words: Option<&Words>, possible: bool, logits: &Logits<'_>, plain: &str, into: &mut String) {
    into.clear();
    into.push_str(match words.filter(|_| possible) {
        Some(words) => &words.words[likeliest(logits.heads[words.head])],
        None => plain,
    });
}

/// A head of one sigmoid, or of two classes of which the second means yes.
fn is_true(words: &Words, logits: &Logits<'_>) -> bool {
    let logits = logits.heads[words.head];
    match words.activation {
        Activation::Sigmoid => logits[0] > 0.0,
        Activation::Softmax => likeliest(logits) > 0,
    }
}

fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
}

fn highest(logits: &[f32]) -> f32 {
    logits.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests;
