//! A round of the game: cards are dealt, played and scored, the shop opens, a pack is opened.
//!
//! A round is a list of cards, each with its path; the path says where the card is at a moment.

use lens_core::card_id::CardId;
use lens_core::catalogue::CardType;
use lens_core::modifiers::Modifiers;

use crate::chance::Chance;
use crate::motion::{CARD, Path, Pose};
use crate::stock::Stock;

/// Seconds that a round takes.
pub(super) const LENGTH: f32 = 19.0;

pub(super) struct Round {
    /// Cards, those below first.
    pub(super) actors: Vec<Actor>,
    /// What cards look like from behind.
    pub(super) back: Option<CardId>,
    played: usize,
}

/// A card and its way through the round.
pub(super) struct Actor {
    pub(super) id: CardId,
    pub(super) modifiers: Modifiers,
    path: Path,
    /// How much it sways; piles lie still.
    sway: f32,
    /// When the pointer rests on it, and until when.
    hovers: Vec<(f32, f32)>,
    scores: Vec<f32>,
}

/// Where things are, for a table this wide.
struct Places {
    width: f32,
}

const DEAL: f32 = 0.3;
const HOVER: f32 = 2.3;
const SELECT: f32 = 3.4;
const PLAY: f32 = 4.8;
const SCORE: f32 = 5.6;
const CLEAR: f32 = 7.8;
const SHOP: f32 = 8.6;
const BUY: f32 = 12.2;
const LEAVE: f32 = 13.2;
const PACK: f32 = 14.2;
const CHOOSE: f32 = 16.8;
const JOKERS: u64 = 5;
const CONSUMABLES: u64 = 2;

impl Places {
    fn joker(&self, slot: f32) -> Pose {
        let (left, right) = (390.0, self.width - 375.0);
        let step = (right - left) / (JOKERS - 1) as f32;
        Pose::flat(left + step * slot, 112.0)
    }

    fn consumable(&self, slot: f32) -> Pose {
        Pose::flat(self.width - 225.0 + 112.0 * slot, 112.0)
    }

    fn deck(&self) -> Pose {
        Pose::flat(self.width - 92.0, 590.0).face_down()
    }

    /// A card of the hand, fanned on a shallow arc.
    fn hand(&self, index: usize, count: usize) -> Pose {
        let (left, right) = (390.0, self.width - 250.0);
        let share = if count > 1 { index as f32 / (count - 1) as f32 } else { 0.5 };
        let bend = 2.0 * share - 1.0;
        Pose::flat(left + (right - left) * share, 575.0 + 14.0 * bend * bend).rolled(0.07 * bend)
    }

    fn played(&self, index: usize, count: usize) -> Pose {
        let centre = f32::midpoint(300.0, self.width);
        let step = 118.0;
        Pose::flat(centre + step * (index as f32 - (count - 1) as f32 / 2.0), 360.0)
    }

    fn shop(&self, column: f32, row: f32) -> Pose {
        let centre = f32::midpoint(300.0, self.width);
        Pose::flat(centre + 130.0 * column, 372.0 + 178.0 * row)
    }

    fn pack(&self, index: usize, count: usize) -> Pose {
        let centre = f32::midpoint(300.0, self.width);
        Pose::flat(centre + 140.0 * (index as f32 - (count - 1) as f32 / 2.0), 420.0).sized(1.15)
    }

    fn below(&self, x: f32) -> Pose {
        Pose::flat(x, 720.0 + CARD)
    }
}

impl Round {
    pub(super) fn new(seed: Chance, number: u64, width: f32, stock: &Stock) -> Self {
        // What the panel and the rows need; a narrower window shows a part of the table.
        let places = Places { width: width.max(1000.0) };
        let chance = seed.of("round", number);
        let hand = 7 + chance.of("hand", 0).index(5);
        let played = 3 + chance.of("played", 0).index(3);
        let mut actors = Vec::new();
        jokers(seed, number, &places, stock, played, &mut actors);
        consumables(seed, number, &places, stock, &mut actors);
        hand_cards(chance, hand, played, &places, stock, &mut actors);
        shop(seed, number, &places, stock, &mut actors);
        pack(seed, number, &places, stock, &mut actors);
        Self { actors, back: stock.back(seed.of("back", 0)), played }
    }

    /// How far the shop has risen.
    pub(super) fn shop(&self, time: f32) -> f32 {
        let ramp = |from: f32| ((time - from) / 0.6).clamp(0.0, 1.0);
        ramp(SHOP - 0.6) - ramp(LEAVE)
    }

    pub(super) fn score(&self, time: f32) -> u32 {
        let scored = ((time - SCORE) / scoring_pause(self.played)).clamp(0.0, self.played as f32) as u32;
        scored * (scored + 3) * 70
    }
}

impl Actor {
    fn new(id: &str, modifiers: Modifiers, path: Path) -> Self {
        Self { id: id.into(), modifiers, path, sway: 1.0, hovers: Vec::new(), scores: Vec::new() }
    }

    /// Its pose `time` seconds into the round; by `now` and `number` each card sways its own way.
    pub(super) fn pose(&self, time: f32, now: f32, number: usize) -> Option<Pose> {
        let mut pose = self.path.at(time)?;
        let phase = number as f32 * 1.7;
        pose.roll += 0.012 * self.sway * (now * 1.31 + phase).sin();
        pose.yaw += 0.10 * self.sway * (now * 0.93 + phase * 1.9).sin();
        pose.pitch += 0.08 * self.sway * (now * 1.13 + phase * 0.7).cos();
        pose.y += 1.5 * self.sway * (now * 1.7 + phase).sin();
        let hover = self.lift(time);
        pose.y -= 9.0 * hover;
        pose.size *= 1.0 + 0.08 * hover;
        pose.yaw += 0.16 * hover * (now * 4.0).sin();
        for scored in &self.scores {
            let since = time - scored;
            if (0.0..0.5).contains(&since) {
                let swing = (since * 25.0).sin() * (1.0 - since / 0.5);
                pose.roll += 0.12 * swing;
                pose.size *= 1.0 + 0.10 * (1.0 - since / 0.5);
            }
        }
        Some(pose)
    }

    /// How far the pointer has raised it.
    pub(super) fn lift(&self, time: f32) -> f32 {
        let raised = |&(from, to): &(f32, f32)| {
            ((time - from) / 0.12).clamp(0.0, 1.0).min(((to - time) / 0.12).clamp(0.0, 1.0))
        };
        self.hovers.iter().map(raised).fold(0.0, f32::max)
    }
}

fn scoring_pause(played: usize) -> f32 {
    1.8 / played.max(1) as f32
}

/// The endless row of jokers: each round sells the first and buys one more.
fn joker(seed: Chance, stock: &Stock, number: u64) -> (CardId, Modifiers) {
    let ids = stock.of(CardType::Joker);
    let order = seed.of("jokers", number / ids.len().max(1) as u64).distinct(ids.len(), ids.len());
    let id = ids.get(order.get(number as usize % ids.len().max(1)).copied().unwrap_or(0));
    let id = id.cloned().unwrap_or_default();
    let modifiers = stock.modifiers(&id, CardType::Joker, seed.of("joker", number));
    (id, modifiers)
}

fn jokers(seed: Chance, round: u64, places: &Places, stock: &Stock, played: usize, actors: &mut Vec<Actor>) {
    for slot in 0..JOKERS {
        let (id, modifiers) = joker(seed, stock, round + slot);
        let home = places.joker(slot as f32);
        let path = Path::from(0.0, home);
        let path = if slot == 0 {
            path.go(BUY, 0.5, home.shifted(-60.0, -300.0).rolled(-0.6)).until(BUY + 0.6)
        } else {
            path.go(BUY + 0.3, 0.5, places.joker(slot as f32 - 1.0))
        };
        let mut actor = Actor::new(&id, modifiers, path);
        let pause = scoring_pause(played);
        actor.scores = vec![SCORE + 0.1 + pause * (slot as f32 % played as f32)];
        if slot == 1 {
            actor.hovers.push((10.9, 11.6));
        }
        actors.push(actor);
    }
}

/// What the pack of a round gives; also the endless row of consumables.
fn consumable(seed: Chance, stock: &Stock, number: u64) -> (CardId, Modifiers) {
    let kinds = [CardType::Tarot, CardType::Planet, CardType::Spectral];
    let kind = kinds[(number % 3) as usize];
    let ids = stock.of(kind);
    let id = ids.get(seed.of("consumable", number).index(ids.len())).cloned().unwrap_or_default();
    let modifiers = stock.modifiers(&id, kind, seed.of("consumable", number));
    (id, modifiers)
}

fn consumables(seed: Chance, round: u64, places: &Places, stock: &Stock, actors: &mut Vec<Actor>) {
    for slot in 0..CONSUMABLES {
        let (id, modifiers) = consumable(seed, stock, round + slot);
        let home = places.consumable(slot as f32);
        let path = Path::from(0.0, home);
        // The first one is used while the hand is looked at.
        let used = Pose::flat(f32::midpoint(300.0, places.width), 350.0).sized(1.2);
        let path = if slot == 0 {
            path.go(HOVER - 0.6, 0.4, used)
                .go(HOVER + 0.9, 0.4, used.shifted(0.0, -560.0).rolled(0.4))
                .until(HOVER + 1.4)
        } else {
            path.go(HOVER + 1.4, 0.4, places.consumable(0.0))
        };
        actors.push(Actor::new(&id, modifiers, path));
    }
}

fn hand_cards(
    chance: Chance,
    count: usize,
    played: usize,
    places: &Places,
    stock: &Stock,
    actors: &mut Vec<Actor>,
) {
    let ids = stock.of(CardType::Playing);
    let dealt = chance.of("dealt", 0).distinct(count, ids.len());
    let mut chosen = chance.of("chosen", 0).distinct(played, dealt.len());
    chosen.sort_unstable();
    for lower in [6.0, 3.0, 0.0] {
        let path = Path::from(0.0, places.deck().shifted(lower, lower));
        actors.push(Actor { sway: 0.0, ..Actor::new("", Modifiers::default(), path) });
    }
    let hovered = chance.of("hovered", 0).distinct(3, dealt.len());
    let mut on_table = Vec::new();
    for (index, card) in dealt.iter().enumerate() {
        let home = places.hand(index, dealt.len());
        let start = DEAL + 0.14 * index as f32;
        let mut path = Path::from(start, places.deck()).go(start, 0.5, home);
        let mut scores = Vec::new();
        let place = chosen.iter().position(|it| *it == index);
        path = match place {
            Some(order) => {
                let order_time = 0.14 * order as f32;
                scores.push(SCORE + scoring_pause(played) * order as f32);
                path.go(SELECT + 0.2 * order as f32, 0.15, home.shifted(0.0, -34.0))
                    .go(PLAY + order_time, 0.4, places.played(order, chosen.len()))
                    .go(CLEAR + order_time, 0.45, Pose::flat(places.width + 160.0, 320.0).rolled(0.8))
                    .until(CLEAR + order_time + 0.5)
            }
            None => path.go(CLEAR + 0.2, 0.5, places.below(home.x)).until(CLEAR + 0.8),
        };
        let modifiers = stock.modifiers(&ids[*card], CardType::Playing, chance.of("card", *card as u64));
        let mut actor = Actor::new(&ids[*card], modifiers, path);
        actor.scores = scores;
        if let Some(turn) = hovered.iter().position(|it| *it == index) {
            let from = HOVER + 0.36 * turn as f32;
            actor.hovers.push((from, from + 0.42));
        }
        on_table.push(actor);
    }
    actors.append(&mut on_table);
}

fn shop(seed: Chance, round: u64, places: &Places, stock: &Stock, actors: &mut Vec<Actor>) {
    let chance = seed.of("shop", round);
    let pick = |kind: CardType, number: u64| {
        let ids = stock.of(kind);
        let id = ids.get(chance.of("goods", number).index(ids.len())).cloned().unwrap_or_default();
        let modifiers = stock.modifiers(&id, kind, chance.of("goods", number));
        (id, modifiers)
    };
    let rising = |place: Pose| {
        let below = place.shifted(0.0, 420.0);
        Path::from(SHOP - 0.6, below).go(SHOP - 0.6, 0.6, place)
    };
    let lowered = |path: Path| {
        let place = path.last();
        path.go(LEAVE, 0.6, place.shifted(0.0, 420.0)).until(LEAVE + 0.6)
    };
    let other = if chance.of("other", 0).happens(0.5) { CardType::Tarot } else { CardType::Planet };
    let goods = [
        (pick(other, 1), places.shop(1.0, 0.0), (9.1, 9.8)),
        (pick(CardType::Voucher, 2), places.shop(-1.6, 1.0).sized(1.05), (9.9, 10.4)),
        (pick(CardType::Booster, 3), places.shop(0.2, 1.0).sized(1.2), (10.4, 10.9)),
        (pick(CardType::Booster, 4), places.shop(1.5, 1.0).sized(1.2), (11.5, 11.9)),
    ];
    for ((id, modifiers), place, hover) in goods {
        let mut actor = Actor::new(&id, modifiers, lowered(rising(place)));
        actor.hovers.push(hover);
        actors.push(actor);
    }
    let (id, modifiers) = joker(seed, stock, round + JOKERS);
    let path = rising(places.shop(-0.4, 0.0)).go(BUY + 0.1, 0.7, places.joker((JOKERS - 1) as f32));
    let mut bought = Actor::new(&id, modifiers, path);
    bought.hovers.push((11.9, 12.3));
    actors.push(bought);
}

fn pack(seed: Chance, round: u64, places: &Places, stock: &Stock, actors: &mut Vec<Actor>) {
    let chance = seed.of("pack", round);
    let count = 3 + chance.of("count", 0).index(2);
    let taken = chance.of("taken", 0).index(count);
    for index in 0..count {
        let place = places.pack(index, count);
        let start = PACK + 0.15 * index as f32;
        let origin = Pose::flat(f32::midpoint(300.0, places.width), 800.0).sized(0.8);
        let mut path = Path::from(start, origin.face_down()).go(start, 0.5, place);
        // The one that is taken must be next round's second consumable.
        let number = if index == taken { round + CONSUMABLES } else { 7 * round + 100 + index as u64 };
        let (id, modifiers) = consumable(seed, stock, number);
        path = if index == taken {
            path.go(CHOOSE, 0.6, places.consumable(1.0))
        } else {
            path.go(CHOOSE + 0.3, 0.5, places.below(place.x)).until(CHOOSE + 0.9)
        };
        let mut actor = Actor::new(&id, modifiers, path);
        let from = PACK + 1.0 + 0.4 * index as f32;
        actor.hovers.push((from, from + 0.45));
        actors.push(actor);
    }
}
