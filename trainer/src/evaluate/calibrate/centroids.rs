//! The mean embedding of each class, over composed crops.

use anyhow::Result;
use rayon::prelude::*;
use synth::bank::Bank;
use synth::crop;
use tch::{Kind, Tensor};

use crate::console::progress;
use crate::data::synthetic::Material;
use crate::evaluate::model_under_test::{batch, floats};
use crate::model::network::identifier::EMBEDDING;
use crate::model::network::torch::Module;
use crate::random::{Stream, seed_of};

/// Crops that a class's mean is taken over.
const CROPS: usize = 24;
/// Banks that are drawn, so that rare skins appear too.
const BANKS: u64 = 3;

/// One row of length one for each class; zero for a class of which no crop was composed.
///
/// # Errors
/// When the recipe leaves no card, or the network does not fit.
pub fn centroids(module: &Module, material: &Material, classes: usize, size: [u32; 2]) -> Result<Tensor> {
    let mut sums: Option<Vec<Vec<f64>>> = None;
    for number in 0..BANKS {
        let bank = material.bank(seed_of(material.seed, Stream::Evaluation, number))?;
        let wanted = plan(&bank, classes);
        for part in wanted.chunks(256) {
            let crops: Vec<_> = part
                .par_iter()
                .map(|&(card, seed)| crop::compose_of(&bank, &material.recipe, card, seed))
                .collect();
            let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
            let embedding = &module.outputs(&floats(&batch(&pixels, size)))[EMBEDDING];
            let rows = Vec::<Vec<f32>>::try_from(embedding)?;
            progress::advance(part.len());
            let sums = sums.get_or_insert_with(|| vec![vec![0.0; rows[0].len()]; classes]);
            for (crop, row) in crops.iter().zip(rows) {
                for (sum, value) in sums[crop.truth.class].iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
            }
        }
    }
    let rows: Vec<f32> = sums.unwrap_or_default().into_iter().flat_map(unit).collect();
    Ok(Tensor::from_slice(&rows).view([classes as i64, -1]).to_kind(Kind::Float))
}

/// How many crops that are.
pub fn work(classes: usize) -> usize {
    classes * CROPS.div_ceil(BANKS as usize) * BANKS as usize
}

/// Cards of the bank and seeds, a few for each known class.
fn plan(bank: &Bank, classes: usize) -> Vec<(usize, u64)> {
    let mut cards: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (index, card) in bank.cards().iter().enumerate() {
        cards[card.truth.class].push(index);
    }
    cards.truncate(bank.not_a_card());
    let crops = |cards: &Vec<usize>| {
        let count = if cards.is_empty() { 0 } else { CROPS.div_ceil(BANKS as usize) };
        let cards = cards.clone();
        (0..count).map(move |number| (cards[number % cards.len()], number as u64))
    };
    cards.iter().flat_map(crops).collect()
}

fn unit(row: Vec<f64>) -> impl Iterator<Item = f32> {
    let length = row.iter().map(|value| value * value).sum::<f64>().sqrt().max(1e-12);
    row.into_iter().map(move |value| (value / length) as f32)
}
