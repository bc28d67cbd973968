//! How soon a card that changes where it lies has its new name: another card of the same colour in
//! its place, and cards that turn over. On a virtual clock, within the budget of the default
//! settings.
//!
//! The practice table is painted with other cards in the hand again and again, while its cards sway
//! and its background moves. With `--no-capture` the figures are printed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lens_core::card_id::CardId;
use lens_core::pixels::ChannelOrder;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::{Table, TableState};
use tracking::frame::Frame;
use tracking::pipeline::{FrameGate, FrameSignature, Pipeline};
use tracking::track::Track;

#[path = "support/faulty.rs"]
mod faulty;

use faulty::Faulty;

const SIZE: [u32; 2] = [768, 432];
const RATE: f32 = 30.0;
/// From the image to the moment that its tracks can be drawn.
const LATENCY: f32 = 0.030;
/// Of a core, as the overlay takes when nobody says otherwise.
const SHARE: f32 = 0.3;
/// As in `tracks.rs`.
const RECOGNISING: Duration = Duration::from_micros(14_000);
const LOOKING: Duration = Duration::from_micros(800);
/// A hand, five jokers and a used card lie on the table.
const STILL: f32 = 3.0;
/// Between two changes, and how many there are.
const HAND: f32 = 1.5;
const HANDS: usize = 16;

/// The suits that share a colour.
const PARTNERS: [[&str; 2]; 2] = [["H", "D"], ["S", "C"]];
const RANKS: [&str; 13] = ["2", "3", "4", "5", "6", "7", "8", "9", "T", "J", "Q", "K", "A"];

/// Another card of the same colour: the next of a walk through all of them.
fn partner(id: &str, step: usize) -> Option<CardId> {
    let (suit, rank) = id.split_once('_')?;
    let pair = PARTNERS.into_iter().find(|pair| pair.contains(&suit))?;
    let at = RANKS.iter().position(|it| *it == rank)?;
    let suit = pair[(usize::from(pair[1] == suit) + step) % 2];
    Some(format!("{suit}_{}", RANKS[(at + 5 * step) % RANKS.len()]).as_str().into())
}

/// The table at a moment: its hand was exchanged `step` times, and its cards sway.
fn table_at(still: &TableState, time: f32, step: usize) -> TableState {
    let mut state = still.clone();
    state.time = STILL + time;
    for (number, card) in state.cards.iter_mut().enumerate() {
        let phase = number as f32;
        card.quad = card.quad.shifted(1.5 * (1.1 * time + phase).sin(), 3.0 * (1.7 * time + phase).sin());
        if let Some(other) = partner(&card.id, step) {
            card.id = other;
        }
    }
    state
}

#[derive(Debug, Default)]
struct Figures {
    /// From a change to the new name on the screen, in seconds; `HAND` where it never came.
    delays: Vec<f32>,
    read: usize,
    located: usize,
    pictures: usize,
}

fn measure() -> Figures {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(5, SIZE, painter.catalogue());
    let known = painter.catalogue().clone();
    let names = known.cards.iter().map(|card| card.id.clone()).collect();
    let still = table.at(STILL);
    let state = Arc::new(Mutex::new(still.clone()));
    let read = Arc::<AtomicUsize>::default();
    let mut pipeline = Pipeline::new(Box::new(Faulty::new(&state, names, &read)));
    let mut gate = FrameGate::new(SHARE);
    let mut figures = Figures::default();
    let mut waiting: HashMap<usize, f32> = HashMap::new();
    let mut before = 0;
    for number in 0..(HANDS as f32 * HAND * RATE) as u32 {
        let time = number as f32 / RATE;
        let step = (time / HAND) as usize;
        let now = table_at(&still, time, step);
        let changed = |card: &usize| partner(&still.cards[*card].id, step).is_some();
        if step != before {
            before = step;
            figures.delays.extend(waiting.drain().map(|_| HAND));
            let all = (0..now.cards.len()).filter(|&card| now.cards[card].readable);
            waiting.extend(all.filter(changed).map(|card| (card, time)));
        }
        state.lock().unwrap().clone_from(&now);
        let picture = Arc::new(painter.paint(&now).as_raw().clone());
        let [width, height] = SIZE;
        let frame = Frame::new(u64::from(number), Instant::now(), width, height, ChannelOrder::Rgbx, picture)
            .expect("the image has its size");
        let at = Duration::from_secs_f32(time);
        gate.spend(LOOKING);
        if gate.admits(&FrameSignature::new(&frame.pixels()), at) {
            gate.spend(RECOGNISING);
            let tracks: Vec<Track> = pipeline.see(&frame, at).unwrap().tracks;
            gate.set_floor(pipeline.next_priority());
            figures.pictures += 1;
            figures.located += now.readable().count();
            waiting.retain(|&card, since| {
                let wanted = &now.cards[card];
                let overlap = |track: &&Track| track.quad.iou(wanted.quad);
                let track = tracks.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
                let has_it = track.is_some_and(|track| track.identity.id() == Some(&wanted.id));
                if has_it {
                    figures.delays.push(time - *since + LATENCY);
                }
                !has_it
            });
        }
    }
    figures.read = read.load(Ordering::Relaxed);
    figures
}

#[test]
fn a_card_that_changes_in_place_soon_has_its_new_name() {
    let mut figures = measure();
    figures.delays.sort_by(f32::total_cmp);
    let delay = |share: f32| figures.delays[((figures.delays.len() - 1) as f32 * share) as usize];
    let read = figures.read as f32 / figures.located as f32;
    println!(
        "{} changes: the new name after {:.2} s (median), {:.2} s (90 %), {:.2} s (99 %); {} images were recognised, {:.1} \
         % of located cards were read",
        figures.delays.len(),
        delay(0.5),
        delay(0.9),
        delay(0.99),
        figures.pictures,
        100.0 * read
    );
    assert!(figures.delays.len() > 80, "too few changes: {figures:?}");
    assert!(delay(0.5) <= 0.3 && delay(0.99) <= 1.0, "{:.2} s, {:.2} s", delay(0.5), delay(0.99));
    assert!(read < 0.35, "{read}");
}
