//! Composed pictures by number, cached while samples are cut from them.
//!
//! A picture's number decides everything about it: the bank it is drawn from and its seed.

use std::sync::Arc;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scenes::art::Sprites;
use scenes::bank::{Bank, BankError};
use scenes::crop::{self, Crop};
use scenes::recipe::SceneRecipe;
use scenes::scene::{self, Scene};

use crate::loader::{Cache, Reuse};

/// What a stream of random numbers is for; streams of different purposes share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Weights before training.
    Weights = 1,
    /// Cards of a bank.
    Bank = 2,
    /// Scenes.
    Scene = 3,
    /// Identifier crops.
    Crop = 4,
    /// Parts and colours of a detector sample.
    DetectorSample = 5,
    /// Shift and colours of an identifier sample.
    IdentifierSample = 6,
    /// Pictures that nothing is trained on.
    Evaluation = 7,
    /// What is held out of labelled captures.
    Split = 8,
    /// Augmented pictures that are written to files.
    Augmentation = 9,
    /// Order and changes of labelled captures in training.
    LabelledSample = 10,
}

/// The random numbers of one thing.
pub fn random(seed: u64, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ (purpose as u64) << 56);
    random.set_stream(number);
    random
}

/// A seed for one thing.
pub fn seed_of(seed: u64, purpose: Purpose, number: u64) -> u64 {
    random(seed, purpose, number).next_u64()
}

/// Normally distributed with mean 0 and deviation 1 (Box and Muller, 1958).
pub fn normal(random: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

/// The material of a recipe.
#[derive(Clone)]
pub struct Material {
    /// The pictures of the cards.
    pub sprites: Arc<Sprites>,
    /// How they are composed.
    pub recipe: SceneRecipe,
    /// Cards in a bank.
    pub cards: usize,
    /// Everything is derived from it.
    pub seed: u64,
}

impl Material {
    /// Bank `number`.
    ///
    /// # Errors
    /// When the recipe leaves no card.
    pub fn bank(&self, number: u64) -> Result<Bank, BankError> {
        let seed = seed_of(self.seed, Purpose::Bank, number);
        Bank::render(&self.sprites, &self.recipe, seed, self.cards, &|_| true)
    }
}

/// Composed pictures by number.
pub struct Pictures<T> {
    material: Material,
    purpose: Purpose,
    compose: fn(&Bank, &SceneRecipe, u64) -> T,
    /// Pictures drawn from a bank.
    per_bank: u64,
    reuse: Reuse,
    banks: Cache<Bank>,
    pictures: Cache<T>,
}

impl Pictures<Scene> {
    /// Scenes.
    pub fn scenes(material: Material, per_bank: u64, reuse: Reuse) -> Self {
        Self::new(material, Purpose::Scene, scene::compose, per_bank, reuse)
    }
}

impl Pictures<Crop> {
    /// Identifier crops.
    pub fn crops(material: Material, per_bank: u64, reuse: Reuse) -> Self {
        Self::new(material, Purpose::Crop, crop::compose, per_bank, reuse)
    }
}

impl<T> Pictures<T> {
    fn new(
        material: Material,
        purpose: Purpose,
        compose: fn(&Bank, &SceneRecipe, u64) -> T,
        per_bank: u64,
        reuse: Reuse,
    ) -> Self {
        Self {
            material,
            purpose,
            compose,
            per_bank,
            reuse,
            banks: Cache::default(),
            pictures: Cache::default(),
        }
    }

    /// The picture that sample `n` is cut from; `random` is the sample's own.
    ///
    /// # Panics
    /// When the recipe leaves no card; whoever starts a training has drawn a bank before.
    pub fn of_sample(&self, n: u64, random: &mut ChaCha8Rng) -> Arc<T> {
        let number = self.reuse.picture(n, random.next_u64());
        self.pictures.get(number, || {
            let bank = self.banks.get(number / self.per_bank, || {
                let bank = self.material.bank(number / self.per_bank);
                bank.unwrap_or_else(|error| panic!("{error}"))
            });
            let seed = seed_of(self.material.seed, self.purpose, number);
            (self.compose)(&bank, &self.material.recipe, seed)
        })
    }

    /// Lets go of what no sample from `n` on needs.
    pub fn forget_before_sample(&self, n: u64) {
        let oldest = self.reuse.oldest(n);
        self.pictures.forget_before(oldest);
        self.banks.forget_before(oldest / self.per_bank);
    }
}
