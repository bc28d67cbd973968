//! The practice recipe with networks that train in seconds.

use std::path::Path;
use std::sync::Arc;

use trainer::data::synthetic::Material;
use trainer::model::network::detector::{Stage, Stem};
use trainer::model::network::identifier::{Backbone, Convolution};
use trainer::recipe::{Contrast, Recipe};

/// The recipe.
pub(crate) fn recipe() -> Recipe {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes/practice.toml");
    let mut recipe = Recipe::read(&path).unwrap();
    recipe.bank.cards = 120;
    recipe.bank.scenes = 10;
    recipe.detector.crop = [160, 96];
    let shape = &mut recipe.detector.shape;
    shape.stem = Stem { kernel: 3, stride: 2, channels: 16 };
    shape.stages = [24, 32, 32].map(|channels| Stage { channels, blocks: 1 }).to_vec();
    (shape.neck, shape.head) = (24, vec![32]);
    let convolutions = vec![
        Convolution { channels: 16, kernel: 3, stride: 2 },
        Convolution { channels: 24, kernel: 3, stride: 2 },
    ];
    recipe.identifier.shape.backbone = Backbone::Template { convolutions };
    // What the shipped recipes have, so that nothing is tested without it.
    recipe.identifier.contrast = Some(Contrast { weight: 0.1, temperature: 0.1 });
    recipe.scenes.crop.paired = 1.0;
    (recipe.scenes.cards.unknown, recipe.scenes.crop.unknown) = (0.1, 0.12);
    recipe.identifier.shape.hidden = 64;
    recipe.identifier.shape.embedding = 32;
    for training in [&mut recipe.detector.training, &mut recipe.identifier.training] {
        (training.batch, training.uses, training.window) = (8, 3, 6);
        training.schedule.warm_up = 5;
    }
    recipe
}

/// The practice deck.
pub(crate) fn material(recipe: &Recipe) -> Material {
    let sprites = Arc::new(synth::practice::sprites());
    Material { sprites, recipe: recipe.scenes.clone(), cards: recipe.bank.cards, seed: recipe.seed }
}
