//! Cards and modifiers of a catalogue that can come to the table, and how often they are dealt.

use lens_core::card_id::CardId;
use lens_core::catalogue::{Card, CardType, Catalogue, ModifierArt};
use lens_core::modifiers::{Modifiers, NONE, edition};

use crate::chance::Chance;

#[derive(Clone, Debug)]
pub(super) struct Stock {
    by_type: Vec<(CardType, Vec<CardId>)>,
    editions: Vec<String>,
    enhancements: Vec<String>,
    /// Cards that are an enhancement themselves, and which.
    fixed: Vec<(CardId, String)>,
    seals: Vec<String>,
    stickers: Vec<String>,
}

impl Stock {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let of = |kind: CardType| {
            let cards = catalogue.cards.iter();
            let drawn = cards.filter(|card| card.card_type == kind && !card.skins.is_empty());
            (kind, drawn.map(|card| card.id.clone()).collect())
        };
        let words = &catalogue.modifiers;
        let rest = |list: &[ModifierArt], skip: usize| {
            list.iter().skip(skip).map(|modifier| modifier.word.clone()).collect()
        };
        // A stone card is a card and an enhancement in one: it is dealt as a card.
        let own_enhancement = |card: &Card| {
            let base = card.skins.first()?.art.first()?.base.as_ref()?;
            let found = words.enhancements.iter().find(|it| it.cell.as_ref() == Some(base))?;
            Some((card.id.clone(), found.word.clone()))
        };
        let fixed: Vec<(CardId, String)> = catalogue.cards.iter().filter_map(own_enhancement).collect();
        let mut enhancements: Vec<String> = rest(&words.enhancements, 1);
        enhancements.retain(|word| fixed.iter().all(|(_, it)| it != word));
        Self {
            by_type: CardType::ALL.into_iter().map(of).collect(),
            editions: words.editions.iter().skip(1).cloned().collect(),
            enhancements,
            fixed,
            seals: rest(&words.seals, 1),
            stickers: rest(&words.stickers, 0),
        }
    }

    /// The ids of a type; of any type when it has none.
    pub(super) fn of(&self, kind: CardType) -> &[CardId] {
        let of = |wanted: CardType| {
            self.by_type
                .iter()
                .find(|(it, ids)| *it == wanted && !ids.is_empty())
                .map(|(_, ids)| ids.as_slice())
        };
        of(kind).or_else(|| CardType::ALL.into_iter().find_map(of)).unwrap_or(&[])
    }

    /// The back of cards that lie face down.
    pub(super) fn back(&self, chance: Chance) -> Option<CardId> {
        let backs = &self.by_type.iter().find(|(kind, _)| *kind == CardType::Deck)?.1;
        backs.get(chance.index(backs.len())).cloned()
    }

    /// Draws modifiers as the game deals them, only more often.
    pub(super) fn modifiers(&self, id: &str, kind: CardType, chance: Chance) -> Modifiers {
        let pick = |words: &[String], what: &str, share: f32, plain: &str| {
            let chance = chance.of(what, 0);
            let word = words.get(chance.of("which", 0).index(words.len()));
            word.filter(|_| chance.happens(share)).cloned().unwrap_or_else(|| plain.to_owned())
        };
        let playing = kind == CardType::Playing;
        let mut modifiers = Modifiers::default();
        if playing || kind == CardType::Joker {
            modifiers.edition =
                pick(&self.editions, "edition", if playing { 0.15 } else { 0.4 }, edition::BASE);
        }
        if playing {
            modifiers.enhancement = pick(&self.enhancements, "enhancement", 0.35, NONE);
            modifiers.seal = pick(&self.seals, "seal", 0.2, NONE);
            if let Some((_, word)) = self.fixed.iter().find(|(card, _)| card == id) {
                modifiers.enhancement.clone_from(word);
            }
            modifiers.debuffed = chance.of("debuffed", 0).happens(0.06);
        }
        if kind == CardType::Joker && !self.stickers.is_empty() && chance.of("sticker", 0).happens(0.15) {
            modifiers
                .stickers
                .push(self.stickers[chance.of("sticker", 1).index(self.stickers.len())].clone());
        }
        modifiers
    }
}
