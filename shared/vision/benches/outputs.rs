//! What is done with the outputs of both networks: quads of a frame, the name of one crop, and the
//! cards of a frame looked up among 3,000 entries.

use std::path::Path;

use divan::{Bencher, black_box};
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::Manifest;
use vision::decide::{Classifier, Logits};
use vision::decode::{CELL, Grid, decode as decode_cells};
use vision::embeddings::SearchBuffer;
use vision::gallery::{Gallery, Prototype};
use vision::reading::Reading;
use vision::sprites::{Drawn, Query, Search, SpriteCard, SpriteEntries};

/// Numbers of an embedding, as in the models that ship.
const DIMENSIONS: usize = 128;
/// Pixels across and down a crop, likewise.
const CROP: [usize; 2] = [72, 96];
const ENTRIES: usize = 3_000;
const CARDS: usize = 13;

fn main() {
    divan::main();
}

/// Numbers between -1 and 1 that look random and are always the same.
fn noise(count: usize) -> Vec<f32> {
    let number = |index: u32| (index.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    (0..count as u32).map(number).collect()
}

/// A frame with thirteen cards.
#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let grid = Grid { columns: 160, rows: 90, stride: 4.0, corner_scale: 32.0, anchor: [0.25, 0.5] };
    let cell_count = grid.columns / 2 * (grid.rows / 2);
    let mut cells = [-9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].repeat(4 * cell_count);
    for card in 0..13 {
        let at = (20 * grid.columns / 2 + 2 + 5 * card) * CELL;
        cells[at..at + 9].copy_from_slice(&[3.0, -0.4, -1.0, 1.2, -1.0, 1.2, 1.0, -0.4, 1.0]);
    }
    let mut found = Vec::new();
    decode_cells(&grid, 0.35, &cells, &mut found);
    assert_eq!(found.len(), 13, "as many cards as were put into the grid");
    bencher.bench_local(|| {
        decode_cells(black_box(&grid), 0.35, black_box(&cells), &mut found);
        black_box(found.len())
    });
}

/// A crop, by the classes of the practice model.
#[divan::bench]
fn decide(bencher: Bencher<'_, '_>) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let manifest = Manifest::read(&data.join("models/practice")).expect("the practice model ships");
    let catalogue = Catalogue::read(&data.join("catalogues/practice.json")).expect("so does its catalogue");
    let identifier = &manifest.identifier;
    let mut classifier = Classifier::new(&manifest, &catalogue, 5).expect("they fit together");
    let heads: Vec<Vec<f32>> = identifier.heads.iter().map(|head| noise(head.classes.len())).collect();
    let heads: Vec<&[f32]> = heads.iter().map(Vec::as_slice).collect();
    let (embedding, similarity) = (noise(identifier.embedding as usize), noise(heads[0].len()));
    let (gallery, mut reading) = (Gallery::default(), Reading::default());
    bencher.bench_local(|| {
        let logits = Logits { heads: &heads, embedding: &embedding, similarity: &similarity };
        black_box(classifier.classify(black_box(&logits), Some(0.9), &gallery, &mut reading))
    });
}

/// Directions of length one.
fn directions(count: usize) -> Vec<Vec<f32>> {
    let numbers = noise(count * DIMENSIONS);
    let of_length_one = |numbers: &[f32]| {
        let length = numbers.iter().map(|it| it * it).sum::<f32>().sqrt();
        numbers.iter().map(|it| it / length).collect()
    };
    numbers.chunks_exact(DIMENSIONS).map(of_length_one).collect()
}

/// The cards of a frame in the gallery: the nearest prototype of each.
#[divan::bench]
fn gallery(bencher: Bencher<'_, '_>) {
    let embeddings = directions(ENTRIES);
    let queries: Vec<Vec<f32>> = embeddings.iter().step_by(ENTRIES / CARDS).take(CARDS).cloned().collect();
    let card = |(at, embedding): (usize, Vec<f32>)| Prototype {
        id: format!("x_{at}").into(),
        name: String::new(),
        embedding,
        capture: None,
        taught_at_millis: None,
    };
    let gallery = Gallery::new(embeddings.into_iter().enumerate().map(card).collect(), DIMENSIONS);
    let gallery = gallery.expect("embeddings have one length");
    let mut buffer = SearchBuffer::default();
    bencher.bench_local(|| {
        for query in &queries {
            black_box(gallery.nearest(black_box(query), &mut buffer));
        }
    });
}

/// The cards of a frame among the sprites of mods; `near` says whether sprites are near enough to
/// have their images compared.
#[divan::bench(args = [false, true])]
fn sprites(bencher: Bencher<'_, '_>, near: bool) {
    let embeddings = directions(ENTRIES);
    let mut entries = SpriteEntries::new(DIMENSIONS);
    let crop = |seed: usize| -> Vec<u8> {
        (0..CROP[0] * CROP[1] * 3).map(|at| ((at * 31 + seed * 17) % 251) as u8).collect()
    };
    for (at, embedding) in embeddings.iter().enumerate() {
        let card = entries.add_card(SpriteCard { id: format!("j_{at}").into(), card_type: CardType::Joker });
        entries.add_entry(card, Drawn::Plain, embedding, &crop(at), CROP[0]);
    }
    let queries: Vec<&Vec<f32>> = embeddings.iter().step_by(ENTRIES / CARDS).take(CARDS).collect();
    let (crop, mut search) = (crop(0), Search::default());
    bencher.bench_local(|| {
        for embedding in &queries {
            let least = if near { 0.0 } else { 0.999_99 };
            let query = Query { embedding, crop: &crop, width: CROP[0], least, drawn: Drawn::Plain };
            black_box(entries.find(&mut search, black_box(&query), |_| true));
        }
    });
}
