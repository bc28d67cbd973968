//! A labelled data set made of composed crops: for tests, for trying things out, and for training
//! elsewhere.
//!
//! It looks like one that a person labelled: captures of one drawn card are a card group, cards of
//! one class a cluster.

use std::collections::BTreeMap;
use std::path::Path;

use dataset::labels::{FILE_NAME, Label, Labels, LabelsError};
use image::RgbaImage;
use lens_core::catalogue::Card;
use lens_core::image_file::save_new;
use rayon::prelude::*;
use synth::bank::Bank;
use synth::crop;
use synth::recipe::SceneRecipe;

use crate::console::progress;
use crate::random::{Stream, seed_of};

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Classes, in the order of the catalogue.
    pub classes: usize,
    /// Drawn cards of each class; fewer where the bank has fewer.
    pub groups: usize,
    /// Captures of each drawn card.
    pub captures: usize,
}

/// Why a data set cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder.
    #[error("cannot write into {folder}: {reason}")]
    Folder {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The labels.
    #[error(transparent)]
    Labels(#[from] LabelsError),
}

/// Writes captures of cards that `wanted` lets through, with `labels.json`, into `folder`; says how
/// many.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(
    folder: &Path,
    bank: &Bank,
    recipe: &SceneRecipe,
    amount: Amount,
    seed: u64,
    wanted: &(dyn Fn(&Card) -> bool + Sync),
) -> Result<usize, WriteError> {
    let fail = |reason: String| WriteError::Folder { folder: folder.to_path_buf(), reason };
    std::fs::create_dir_all(folder).map_err(|error| fail(error.to_string()))?;
    let catalogue = bank.catalogue();
    let mut by_class: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, card) in bank.cards().iter().enumerate() {
        let known = catalogue.card_of_class(&bank.classes()[card.truth.class]);
        if known.is_some_and(wanted) {
            by_class.entry(card.truth.class).or_default().push(index);
        }
    }
    let mut plan = Vec::new();
    let mut group = 0_u64;
    for (cluster, (_, cards)) in by_class.iter().take(amount.classes).enumerate() {
        for &card in cards.iter().take(amount.groups) {
            plan.extend((0..amount.captures).map(|_| (cluster as u64, group, card)));
            group += 1;
        }
    }
    progress::expect(plan.len());
    let written: Vec<(String, Label)> = plan
        .par_iter()
        .enumerate()
        .map(|(number, &(cluster, group, card))| {
            let seed = seed_of(seed, Stream::Evaluation, number as u64);
            let crop = crop::compose_of(bank, recipe, card, seed);
            let [width, height] = recipe.crop.size;
            let picture =
                RgbaImage::from_raw(width, height, crop.pixels).expect("a crop has the recipe's size");
            let file = format!("cluster{cluster}_card{group}_id{number}.png");
            save_new(&picture, &folder.join(&file)).map_err(|error| fail(error.to_string()))?;
            let truth = &bank.cards()[card].truth;
            let known =
                catalogue.card_of_class(&bank.classes()[truth.class]).expect("only known cards are planned");
            let mut label = Label::new(known, &truth.modifiers(catalogue));
            (label.cluster, label.card_group) = (Some(cluster), Some(group));
            label.source = Some("composed".into());
            progress::advance(1);
            Ok((file, label))
        })
        .collect::<Result<_, WriteError>>()?;
    let mut labels = Labels::default();
    written.iter().for_each(|(file, label)| labels.set(file, label));
    labels.write(&folder.join(FILE_NAME))?;
    Ok(written.len())
}
