//! Thousands of cards, drawn once for a run, that scenes and crops are composed from.

use std::fmt;
use std::sync::Arc;

use lens_core::catalogue::{Art, Card, CardType, Catalogue};
use lens_core::manifest::{NOT_A_CARD, UNKNOWN};
use lens_core::modifiers::edition;
use rayon::prelude::*;

use crate::art::Sprites;
use crate::background::Swirl;
use crate::canvas::sprite::Sprite;
use crate::card::{self, CardTruth, Finish, RenderedCard};
use crate::dice::Dice;
use crate::edition::Effect;
use crate::invented;
use crate::recipe::{CardRecipe, SceneRecipe};
use crate::reskin;

/// Why a bank cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// Nothing is left to draw.
    #[error(
        "no card with art of its own is left: the filter and the held-out cards leave out all of {game:?}"
    )]
    Empty { game: String },
    /// A held-out id is not in the catalogue.
    #[error("the recipe holds out {id:?}, which the catalogue of {game:?} does not list")]
    NoSuchCard { id: String, game: String },
}

/// Drawn cards, backgrounds and images that are not cards.
pub struct Bank {
    catalogue: Arc<Catalogue>,
    classes: Vec<String>,
    cards: Vec<RenderedCard>,
    known: Vec<u32>,
    unknown: Vec<u32>,
    /// By type, in the order of [`CardType::ALL`]: known cards, invented ones.
    by_type: [[Vec<u32>; 2]; 8],
    pub(crate) swirls: Vec<Swirl>,
    pub(crate) not_cards: Vec<Sprite>,
}

impl fmt::Debug for Bank {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Bank");
        debug.field("game", &self.catalogue.game).field("cards", &self.cards.len()).finish_non_exhaustive()
    }
}

/// A class of the catalogue and where it comes from.
#[derive(Clone, Copy)]
struct Entry {
    class: usize,
    card: usize,
    skin: usize,
}

/// How many different paint backgrounds a bank holds.
const SWIRLS: usize = 40;
/// First stream of the dice that siblings share; see [`sibling`].
const SIBLINGS: u64 = 1 << 32;
/// First stream of the dice that families share.
const FAMILIES: u64 = 1 << 33;
/// A joker whose art is lower or narrower than this share of its cell is a partial one.
const PARTIAL: f32 = 0.9;

impl Bank {
    /// Draws `count` cards of those that `filter` lets through, the same ones for the same seed.
    ///
    /// # Errors
    /// When no card is left, or the recipe holds out a card that is not in the catalogue.
    pub fn render(
        sprites: &Sprites,
        recipe: &SceneRecipe,
        seed: u64,
        count: usize,
        filter: &(dyn Fn(&Card) -> bool + Sync),
    ) -> Result<Self, BankError> {
        Self::render_telling(sprites, recipe, seed, count, filter, &|| ())
    }

    /// The same; `tell` is called after each card.
    ///
    /// # Errors
    /// As [`Bank::render`].
    pub fn render_telling(
        sprites: &Sprites,
        recipe: &SceneRecipe,
        seed: u64,
        count: usize,
        filter: &(dyn Fn(&Card) -> bool + Sync),
        tell: &(dyn Fn() + Sync),
    ) -> Result<Self, BankError> {
        let catalogue = sprites.catalogue();
        let game = || catalogue.game.clone();
        if let Some(id) = recipe.held_out.iter().find(|id| catalogue.card(id).is_none()) {
            return Err(BankError::NoSuchCard { id: id.clone(), game: game() });
        }
        let entries = entries(catalogue);
        let is_held_out =
            |entry: &Entry| recipe.held_out.iter().any(|id| *id == catalogue.cards[entry.card].id);
        let (held_out, shown): (Vec<Entry>, Vec<Entry>) = entries
            .iter()
            .filter(|entry| filter(&catalogue.cards[entry.card]))
            .partition(|entry| is_held_out(entry));
        if shown.is_empty() {
            return Err(BankError::Empty { game: game() });
        }
        let mut classes = catalogue.classes();
        let unknown_class = classes.len() + 1;
        classes.extend([NOT_A_CARD.to_owned(), UNKNOWN.to_owned()]);
        // Real art as unknown cards: it teaches more than what is invented.
        let disguised = if recipe.held_out_as_unknown { held_out } else { Vec::new() };
        let partial = if recipe.cards.partial > 0.0 { partial_jokers(sprites, &shown) } else { Vec::new() };
        let plan = plan(catalogue, &shown, &partial, &recipe.cards, count, &mut Dice::new(seed, 1));
        let donors: Vec<&Card> = catalogue
            .cards
            .iter()
            .filter(|card| !recipe.held_out.iter().any(|id| *id == card.id) && !card.skins.is_empty())
            .collect();
        let cards: Vec<RenderedCard> = plan
            .into_par_iter()
            .enumerate()
            .map(|(number, planned)| {
                let mut dice = Dice::new(seed, 1000 + number as u64);
                let scale = if dice.chance(recipe.cards.double_scale) { 2 } else { 1 };
                match planned {
                    Planned::Known(entry) => {
                        draw(sprites, entry.class, entry, &recipe.cards, scale, &mut dice)
                    }
                    Planned::Invented => {
                        // Siblings share the dice that decide their image.
                        let mut shared = Dice::new(seed, SIBLINGS + number.min(sibling(number)) as u64);
                        let scale = if shared.chance(recipe.cards.double_scale) { 2 } else { 1 };
                        if !disguised.is_empty() && shared.chance(0.3) {
                            let entry = *shared.pick(&disguised);
                            return draw(sprites, unknown_class, entry, &recipe.cards, scale, &mut dice);
                        }
                        let ways = invented::Ways { sprites, donors: &donors, modded: recipe.cards.modded };
                        let mut family = Dice::new(seed, FAMILIES + (number / FAMILY) as u64);
                        let (plain, kind) = if family.happens(recipe.cards.families) {
                            let (mut plain, kind) = ways.draw(scale, &mut family);
                            invented::vary(&mut plain, &mut shared);
                            (plain, kind)
                        } else {
                            ways.draw(scale, &mut shared)
                        };
                        let truth = modifiers(catalogue, unknown_class, kind, &recipe.cards, &mut dice);
                        let finish = finish(catalogue, truth, &recipe.cards, &mut dice);
                        let size = if kind == CardType::Booster { 1.27 } else { 1.0 };
                        card::finish(sprites, plain, None, truth, finish, scale, size, &mut dice)
                    }
                }
            })
            .inspect(|_| tell())
            .collect();
        let swirls = (0..SWIRLS as u64)
            .into_par_iter()
            .map(|number| Swirl::new(&mut Dice::new(seed, 500 + number)))
            .collect();
        let not_cards = sprites.not_cards().par_iter().map(Sprite::new).collect();
        Ok(Self::with_cards(Arc::clone(catalogue), classes, cards, swirls, not_cards))
    }

    /// The classifier's classes: the catalogue's, then [`NOT_A_CARD`], then [`UNKNOWN`].
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Index of [`NOT_A_CARD`].
    pub fn not_a_card(&self) -> usize {
        self.classes.len() - 2
    }

    /// Index of [`UNKNOWN`].
    pub fn unknown(&self) -> usize {
        self.classes.len() - 1
    }

    /// The catalogue that classes and modifiers index into.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub fn cards(&self) -> &[RenderedCard] {
        &self.cards
    }

    pub(crate) fn any_known(&self, dice: &mut Dice) -> &RenderedCard {
        &self.cards[*dice.pick(&self.known) as usize]
    }

    /// An invented card and its sibling; a known card alone when the bank has no invented one.
    pub(crate) fn any_unknown(&self, dice: &mut Dice) -> (&RenderedCard, Option<&RenderedCard>) {
        if self.unknown.is_empty() {
            return (self.any_known(dice), None);
        }
        let place = dice.below(self.unknown.len());
        let card = |place: usize| self.unknown.get(place).map(|&index| &self.cards[index as usize]);
        (card(place).expect("the place is in the list"), card(sibling(place)))
    }

    /// Index of a card of this type, or of any when there is none; invented by chance `unknown`.
    pub(crate) fn of_type(&self, kind: CardType, unknown: f32, dice: &mut Dice) -> usize {
        let lists = &self.by_type[position(kind)];
        let wanted = usize::from(dice.chance(unknown));
        let list = [&lists[wanted], &lists[0], &self.known].into_iter().find(|list| !list.is_empty());
        *dice.pick(list.expect("a bank has known cards")) as usize
    }

    fn with_cards(
        catalogue: Arc<Catalogue>,
        classes: Vec<String>,
        cards: Vec<RenderedCard>,
        swirls: Vec<Swirl>,
        not_cards: Vec<Sprite>,
    ) -> Self {
        let unknown_class = classes.len() - 1;
        let mut by_type: [[Vec<u32>; 2]; 8] = Default::default();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (index, card) in cards.iter().enumerate() {
            let invented = card.truth.class == unknown_class;
            by_type[position(card.truth.kind)][usize::from(invented)].push(index as u32);
            if invented { unknown.push(index as u32) } else { known.push(index as u32) }
        }
        Self { catalogue, classes, cards, known, unknown, by_type, swirls, not_cards }
    }
}

enum Planned {
    Known(Entry),
    Invented,
}

/// Invented cards in a family: two drawings that differ in a detail, two renderings of each.
const FAMILY: usize = 4;

/// The other card of a pair with one image, each with modifiers of its own.
///
/// Invented cards come in such pairs so that the embedding learns, by contrast with all others,
/// that two views of one unknown card belong together.
fn sibling(number: usize) -> usize {
    number ^ 1
}

fn entries(catalogue: &Catalogue) -> Vec<Entry> {
    let skins = catalogue.cards.iter().enumerate();
    let pairs = skins.flat_map(|(card, it)| (0..it.skins.len()).map(move |skin| (card, skin)));
    pairs.enumerate().map(|(class, (card, skin))| Entry { class, card, skin }).collect()
}

/// Chooses cards: all of a type equally often, each at least once while there is room.
fn plan(
    catalogue: &Catalogue,
    shown: &[Entry],
    partial: &[usize],
    recipe: &CardRecipe,
    count: usize,
    dice: &mut Dice,
) -> Vec<Planned> {
    let mut cards_of_type: [Vec<usize>; 8] = Default::default();
    for entry in shown {
        let list = &mut cards_of_type[position(catalogue.cards[entry.card].card_type)];
        if list.last() != Some(&entry.card) {
            list.push(entry.card);
        }
    }
    let mut weights = recipe.types.in_order();
    for (weight, cards) in weights.iter_mut().zip(&cards_of_type) {
        if cards.is_empty() {
            *weight = 0.0;
        }
    }
    let mut rounds: [Vec<usize>; 8] = Default::default();
    let invented = (count as f32 * recipe.unknown).round() as usize;
    let mut plan: Vec<Planned> = Vec::with_capacity(count);
    for number in 0..count {
        if number < invented {
            plan.push(Planned::Invented);
            continue;
        }
        let kind = dice.weighted(&weights);
        if rounds[kind].is_empty() {
            rounds[kind].clone_from(&cards_of_type[kind]);
        }
        let next = dice.below(rounds[kind].len());
        let mut card = rounds[kind].swap_remove(next);
        if CardType::ALL[kind] == CardType::Joker && !partial.is_empty() && dice.happens(recipe.partial) {
            card = *dice.pick(partial);
        }
        let skins: Vec<&Entry> = shown.iter().filter(|entry| entry.card == card).collect();
        let own = skins.len() == 1 || !dice.chance(recipe.skin);
        let entry = if own { skins[0] } else { skins[1 + dice.below(skins.len() - 1)] };
        plan.push(Planned::Known(*entry));
    }
    plan
}

/// Cards whose art fills only a part of its cell: the game shows them that small.
fn partial_jokers(sprites: &Sprites, shown: &[Entry]) -> Vec<usize> {
    let catalogue = sprites.catalogue();
    let is_partial = |entry: &&Entry| {
        let card = &catalogue.cards[entry.card];
        let Some(art) = card.skins[entry.skin].art.first() else { return false };
        let ([left, top, right, bottom], _) = card::extent(&card::plain(sprites, art, None, 1));
        card.card_type == CardType::Joker && (bottom - top < PARTIAL || right - left < PARTIAL)
    };
    shown.iter().filter(is_partial).map(|entry| entry.card).collect()
}

fn draw(
    sprites: &Sprites,
    class: usize,
    entry: Entry,
    recipe: &CardRecipe,
    scale: u32,
    dice: &mut Dice,
) -> RenderedCard {
    let catalogue = sprites.catalogue();
    let card = &catalogue.cards[entry.card];
    let art: &Art = dice.pick(&card.skins[entry.skin].art);
    let mut truth = modifiers(catalogue, class, card.card_type, recipe, dice);
    let enhancements = &catalogue.modifiers.enhancements;
    if card.card_type == CardType::Playing && art.base.is_some() {
        // A stone card is its own enhancement.
        truth.enhancement = enhancements.iter().position(|it| it.cell == art.base).unwrap_or(0);
    }
    let enhancement = enhancements.get(truth.enhancement).and_then(|it| it.cell.as_ref());
    let plain = match &art.front {
        Some(front) if card.skins.len() > 1 && entry.skin == 0 && dice.chance(recipe.reskinned) => {
            let mut picture = card::base(sprites, art, enhancement, scale);
            let front = reskin::dressed(sprites, sprites.cell(front, scale), scale, dice);
            card::overlay(&mut picture, &front);
            picture
        }
        _ => card::plain(sprites, art, enhancement, scale),
    };
    let finish = finish(catalogue, truth, recipe, dice);
    // Cards that share an image may differ in size only: Joker and Wee Joker.
    let twins = card.twins.iter().filter_map(|id| catalogue.card(id)).filter(|twin| twin.skins.is_empty());
    let small = twins.map(|twin| twin.scale).find(|&scale| scale != card.scale);
    let size = small.filter(|_| dice.chance(0.15)).unwrap_or(card.scale);
    card::finish(sprites, plain, art.floating.as_ref(), truth, finish, scale, size, dice)
}

/// Throws the modifiers that a card of this type can have.
fn modifiers(
    catalogue: &Catalogue,
    class: usize,
    kind: CardType,
    recipe: &CardRecipe,
    dice: &mut Dice,
) -> CardTruth {
    let words = &catalogue.modifiers;
    let mut truth =
        CardTruth { class, kind, edition: 0, enhancement: 0, seal: 0, stickers: 0, debuffed: false };
    let editions =
        |weights: &[f32], dice: &mut Dice| dice.weighted(&weights[..weights.len().min(words.editions.len())]);
    match kind {
        CardType::Joker => truth.edition = editions(&recipe.joker_editions, dice),
        CardType::Playing => truth.edition = editions(&recipe.playing_editions, dice),
        CardType::Tarot | CardType::Planet | CardType::Spectral
            if dice.chance(recipe.negative_consumable) =>
        {
            truth.edition = words.editions.iter().position(|word| word == edition::NEGATIVE).unwrap_or(0);
        }
        _ => {}
    }
    if kind == CardType::Playing {
        let bases: Vec<_> =
            catalogue.cards.iter().flat_map(|card| &card.skins).flat_map(|skin| &skin.art).collect();
        let stands_alone = |index: usize| {
            let cell = &words.enhancements[index].cell;
            cell.is_some() && bases.iter().any(|art| art.base == *cell)
        };
        let choices: Vec<usize> =
            (1..words.enhancements.len()).filter(|&index| !stands_alone(index)).collect();
        if !choices.is_empty() && dice.chance(recipe.enhanced) {
            truth.enhancement = *dice.pick(&choices);
        }
        if words.seals.len() > 1 && dice.chance(recipe.sealed) {
            truth.seal = dice.between(1, words.seals.len() - 1);
        }
    }
    let stickered = recipe.stickered[usize::from(kind != CardType::Joker)];
    if !words.stickers.is_empty() && dice.chance(stickered) {
        // The first three of the game's eleven are met most: eternal, perishable, rental.
        for _ in 0..dice.between(1, 2) {
            let common = words.stickers.len().min(3);
            let number =
                if dice.chance(0.65) { dice.below(common) } else { dice.below(words.stickers.len().min(32)) };
            truth.stickers |= 1 << number;
        }
    }
    truth.debuffed = matches!(kind, CardType::Joker | CardType::Playing) && dice.chance(recipe.debuffed);
    truth
}

fn finish(catalogue: &Catalogue, truth: CardTruth, recipe: &CardRecipe, dice: &mut Dice) -> Finish {
    let gleams = matches!(truth.kind, CardType::Voucher | CardType::Booster | CardType::Spectral);
    Finish {
        effect: Effect::of_edition(&catalogue.modifiers.editions[truth.edition]),
        greyed: truth.kind == CardType::Playing && dice.chance(recipe.greyed),
        gleam: gleams && dice.chance(recipe.gleam),
    }
}

fn position(kind: CardType) -> usize {
    CardType::ALL.iter().position(|&other| other == kind).expect("ALL lists every type")
}
