//! What lies on the practice table at a moment: a pure function of the seed and the time.

use lens_core::card_id::CardId;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Point, Quad};
use lens_core::modifiers::Modifiers;

use crate::chance::Chance;
use crate::motion::CARD;
use crate::script::{self, Round};
use crate::stock::Stock;

/// A card's truth: what a perfect recogniser would say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableCard {
    /// Which of the round's cards it is, from its first moment in the round to its last.
    pub number: usize,
    /// Its id in the catalogue. A card face down has the id of its back.
    pub id: CardId,
    pub modifiers: Modifiers,
    /// The whole card.
    pub quad: Quad<InFrame>,
    /// How much of it can be seen, from 0.0 to 1.0.
    pub visible: f32,
    /// How far it floats above the table, from 0.0: for its shadow.
    pub lift: f32,
    /// Whether a recogniser should name it: it does not turn, and enough of it is in sight.
    pub readable: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableState {
    /// Seconds since the start.
    pub time: f32,
    /// Width and height of the frame.
    pub size: [u32; 2],
    /// All cards, those below first.
    pub cards: Vec<TableCard>,
    /// How far the shop has risen, from 0.0 to 1.0.
    pub shop: f32,
    /// How many rounds were played before.
    pub round: u64,
    /// Points of this round so far.
    pub score: u32,
}

/// A practice table; cheap to keep, and never changes.
#[derive(Clone, Debug)]
pub struct Table {
    seed: Chance,
    size: [u32; 2],
    aspect: f32,
    stock: Stock,
}

/// Share of a card that must be seen for it to count as readable.
const MIN_VISIBLE: f32 = 0.2;

impl Table {
    /// A table in a frame of this size, with the cards of a catalogue.
    pub fn new(seed: u64, size: [u32; 2], catalogue: &Catalogue) -> Self {
        let [width, height] = catalogue.card_size.map(|side| side as f32);
        let stock = Stock::new(catalogue);
        Self { seed: Chance::new(seed), size: size.map(|side| side.max(64)), aspect: width / height, stock }
    }

    /// Width and height of the frame.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// The same table in a frame of another size.
    #[must_use]
    pub fn resized(&self, size: [u32; 2]) -> Self {
        Self { size: size.map(|side| side.max(64)), ..self.clone() }
    }

    /// The table `time` seconds after the start.
    pub fn at(&self, time: f32) -> TableState {
        let time = time.max(0.0);
        let round = (time / script::LENGTH).floor();
        let in_round = time - round * script::LENGTH;
        let zoom = self.size[1] as f32 / 720.0;
        let width = self.size[0] as f32 / zoom;
        let played = Round::new(self.seed, round as u64, width, &self.stock);
        let mut cards: Vec<TableCard> = played
            .actors
            .iter()
            .enumerate()
            .filter_map(|(number, actor)| {
                let pose = actor.pose(in_round, time, number)?;
                let (id, modifiers) = if pose.face_up() {
                    (actor.id.clone(), actor.modifiers.clone())
                } else {
                    (played.back.clone()?, Modifiers::default())
                };
                let readable = pose.turned() < 0.25;
                let lift = (pose.size - 1.0).max(0.0) * 4.0 + actor.lift(in_round);
                let quad = pose.quad(self.aspect, zoom);
                Some(TableCard { number, id, modifiers, quad, visible: 0.0, lift: lift.min(1.0), readable })
            })
            .collect();
        self.see(&mut cards);
        let (shop, score) = (played.shop(in_round), played.score(in_round));
        TableState { time, size: self.size, cards, shop, round: round as u64, score }
    }

    /// Finds out how much of each card the later ones and the frame's edges leave visible.
    fn see(&self, cards: &mut [TableCard]) {
        const GRID: usize = 10;
        for at in 0..cards.len() {
            let (card, above) = (&cards[at], &cards[at + 1..]);
            let seen = |point: Point<InFrame>| {
                let [width, height] = self.size.map(|side| side as f32);
                let inside = point.x >= 0.0 && point.y >= 0.0 && point.x < width && point.y < height;
                inside && !above.iter().any(|other| other.quad.contains(point))
            };
            let share = |index: usize| (index as f32 + 0.5) / GRID as f32;
            let count = (0..GRID * GRID)
                .filter(|index| seen(card.quad.at(share(index % GRID), share(index / GRID))))
                .count();
            cards[at].visible = count as f32 / (GRID * GRID) as f32;
            cards[at].readable &= cards[at].visible >= MIN_VISIBLE;
        }
    }
}

impl TableState {
    /// The cards that can be expected to be recognised.
    pub fn readable(&self) -> impl Iterator<Item = &TableCard> {
        self.cards.iter().filter(|card| card.readable)
    }

    /// Height of a card that lies on the table, in pixels.
    pub fn card_height(&self) -> f32 {
        CARD * self.size[1] as f32 / 720.0
    }
}

#[cfg(test)]
mod tests;
