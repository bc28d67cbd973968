//! What is done with the outputs of both networks: quads of a frame, and the name of one crop.

use std::path::Path;

use divan::{Bencher, black_box};
use lens_core::catalogue::Catalogue;
use lens_core::manifest::Manifest;
use vision::decide::{Classifier, Logits};
use vision::decode::{CELL, Grid, decode as decode_cells};
use vision::gallery::Gallery;
use vision::reading::Reading;

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
