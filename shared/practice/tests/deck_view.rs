//! The practice model on deck views: four rows of suits that lie over each other, as the game shows
//! a deck; and on cards that lie on their side. They are laid here, not by the composer that the
//! networks train with.

use lens_core::card_id::CardId;
use lens_core::geometry::Quad;
use lens_core::modifiers::Modifiers;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::{TableCard, TableState};
use vision::network::Options;
use vision::reading::RecognisedCard;
use vision::recogniser::{OpenError, Recogniser};

const SUITS: [&str; 4] = ["S", "H", "C", "D"];
const RANKS: [&str; 13] = ["A", "K", "Q", "J", "10", "9", "8", "7", "6", "5", "4", "3", "2"];
/// Of a card's width, and of its height: how far neighbours in a row, and rows, lie apart.
const STEP: f32 = 0.62;
const PITCH: f32 = 0.7;
/// Both quads are of one card from this overlap on.
const MIN_IOU: f32 = 0.5;

/// What is asked of 52 cards.
const MIN_FOUND: usize = 48;
const MIN_NAMED: usize = 47;
const MAX_FALSE: usize = 1;

/// Numbers between -1 and 1 that are the same each time (Knuth's linear congruential generator).
struct Tremble(u64);

impl Tremble {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// A whole deck; one card in `enhanced`, counted along the rows, has an enhancement.
fn deck(size: [u32; 2], seed: u64, enhanced: Option<usize>) -> TableState {
    let [width, height] = size.map(|side| side as f32);
    let (mut cards, mut tremble) = (Vec::new(), Tremble(seed));
    let card = [0.0717 * width, 0.0717 * width * 95.0 / 71.0];
    let (centre, top) = (0.59 * width, 0.5 * height - 1.5 * PITCH * card[1]);
    for (row, suit) in SUITS.into_iter().enumerate() {
        for (column, rank) in RANKS.into_iter().enumerate() {
            let off = column as f32 - 6.0;
            let x = centre + off * STEP * card[0] + 0.008 * card[0] * tremble.next();
            let y =
                top + row as f32 * PITCH * card[1] + (0.008 * tremble.next() + 0.0004 * off * off) * card[1];
            let (sin, cos) = (0.012 * tremble.next() + 0.001 * off).sin_cos();
            let quad = Quad::from_xy([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(
                |[u, v]: [f32; 2]| {
                    let (u, v) = (u * card[0], v * card[1]);
                    [x + u * cos - v * sin, y + u * sin + v * cos]
                },
            ));
            let number = cards.len();
            let mut modifiers = Modifiers::default();
            if enhanced.is_some_and(|one_in| number % one_in == 0) {
                modifiers.enhancement = ["gold", "mult", "steel", "bonus"][row].into();
            }
            let id = CardId::from(format!("{suit}_{rank}"));
            cards.push(TableCard { number, id, modifiers, quad, visible: 1.0, lift: 0.0, readable: true });
        }
    }
    TableState { time: seed as f32, size, cards, shop: 0.0, round: seed, score: 0 }
}

/// Cards that were found, cards that were named, and marks on nothing.
fn score(state: &TableState, seen: &[RecognisedCard]) -> [usize; 3] {
    let mut free: Vec<&RecognisedCard> = seen.iter().collect();
    let (mut found, mut named) = (0, 0);
    for card in &state.cards {
        let overlap = |it: &RecognisedCard| it.detection.quad.iou(card.quad);
        let Some(best) = (0..free.len()).max_by(|&a, &b| overlap(free[a]).total_cmp(&overlap(free[b])))
        else {
            break;
        };
        if overlap(free[best]) >= MIN_IOU {
            let mark = free.swap_remove(best);
            found += 1;
            if mark.reading.id() == Some(&card.id) {
                named += 1;
            } else {
                println!("{} as {:?}", card.id, mark.reading.identity);
            }
        } else {
            println!("{} is missed", card.id);
        }
    }
    [found, named, free.len()]
}

fn practice_model() -> Option<Recogniser> {
    match Recogniser::open(&lens_core::paths::model("practice"), &Options::default()) {
        Ok(recogniser) => Some(recogniser),
        Err(error @ OpenError::Runtime(_)) => {
            println!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A detector cannot tell which end of such a card is its top.
#[test]
fn a_card_on_its_side_is_named_whichever_end_is_said_to_be_up() {
    let Some(mut recogniser) = practice_model() else { return };
    let mut state = deck([1920, 1080], 4, None);
    state.cards.retain(|card| ["S_2", "H_7", "C_K", "D_Q"].contains(&card.id.as_str()));
    for (at, card) in state.cards.iter_mut().enumerate() {
        let turn = if at % 2 == 0 { 1.5_f32 } else { -1.3 };
        let (sin, cos) = turn.sin_cos();
        let x = 400.0 + 350.0 * at as f32;
        card.quad = Quad::from_xy(
            [[-80.0, -107.0], [80.0, -107.0], [80.0, 107.0], [-80.0, 107.0]]
                .map(|[u, v]: [f32; 2]| [x + u * cos - v * sin, 540.0 + u * sin + v * cos]),
        );
    }
    let picture = Painter::new(CardArt::new(synth::practice::sprites())).paint(&state).clone();
    let wanted: Vec<_> = state.cards.iter().map(|card| Some(&card.id)).collect();
    let mut quads: Vec<_> = state.cards.iter().map(|card| card.quad).collect();
    for _ in 0..2 {
        let readings = recogniser.read(&(&picture).into(), &quads).unwrap();
        let named: Vec<_> = readings.iter().map(|it| it.as_ref().and_then(|it| it.id())).collect();
        assert_eq!(named, wanted);
        quads = quads.iter().map(|quad| quad.half_turned()).collect();
    }
}

#[test]
fn a_whole_deck_is_found_and_named() {
    let Some(mut recogniser) = practice_model() else { return };
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let views = [([1920, 1080], 1, None), ([1600, 900], 2, Some(4)), ([2560, 1440], 3, Some(3))];
    for (size, seed, enhanced) in views {
        let state = deck(size, seed, enhanced);
        let picture = painter.paint(&state).clone();
        if let Some(folder) = std::env::var_os("BALATRO_LENS_PAGES") {
            picture.save(std::path::Path::new(&folder).join(format!("deck{seed}.png"))).unwrap();
        }
        let [found, named, not_cards] = score(&state, recogniser.recognise(&(&picture).into()).unwrap());
        println!("{size:?}: {found} of 52 found, {named} named, {not_cards} marks on nothing");
        assert!(
            found >= MIN_FOUND && named >= MIN_NAMED && not_cards <= MAX_FALSE,
            "{size:?}: {found}, {named}, {not_cards}"
        );
    }
}
