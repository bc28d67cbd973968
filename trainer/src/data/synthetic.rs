//! Synthetic images by number, cached while samples are cut from them.
//!
//! An image's number decides everything about it: the bank it is drawn from and its seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use synth::art::Sprites;
use synth::bank::{Bank, BankError};
use synth::crop::{self, Crop};
use synth::recipe::SceneRecipe;
use synth::scene::{self, Scene};

use crate::console::progress;
use crate::data::loader::{Cache, Reuse};
use crate::data::priority::give_way;
use crate::random::{Stream, seed_of};

/// The material of a recipe.
#[derive(Clone)]
pub struct Material {
    /// The images of the cards.
    pub sprites: Arc<Sprites>,
    /// How they are composed.
    pub recipe: SceneRecipe,
    /// Cards in a bank.
    pub cards: usize,
    /// Everything is derived from it.
    pub seed: u64,
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material").finish_non_exhaustive()
    }
}

impl Material {
    /// Bank `number`.
    ///
    /// # Errors
    /// When the recipe leaves no card.
    pub fn bank(&self, number: u64) -> Result<Bank, BankError> {
        progress::expect(self.cards);
        self.bank_telling(number, &|| progress::advance(1))
    }

    fn bank_telling(&self, number: u64, tell: &(dyn Fn() + Sync)) -> Result<Bank, BankError> {
        let seed = seed_of(self.seed, Stream::Bank, number);
        Bank::render_telling(&self.sprites, &self.recipe, seed, self.cards, &|_| true, tell)
    }
}

/// Banks by number, the next one drawn while images are still composed of this one.
struct Banks {
    material: Material,
    drawn: Cache<Bank>,
    /// The highest number that was asked for.
    latest: AtomicU64,
}

impl Banks {
    fn get(&self, number: u64) -> Arc<Bank> {
        self.latest.fetch_max(number, Ordering::Relaxed);
        self.drawn.get(number, || self.material.bank(number).unwrap_or_else(|error| panic!("{error}")))
    }

    /// The same without a word: somebody may listen to how far other work is meanwhile.
    fn get_silently(&self, number: u64) -> Arc<Bank> {
        let drawn = || self.material.bank_telling(number, &|| ());
        self.drawn.get(number, || drawn().unwrap_or_else(|error| panic!("{error}")))
    }

    /// Draws a bank on a thread of its own, unless that was begun before: all processors would draw
    /// it faster, but take more from the network.
    fn prepare(self: &Arc<Self>, number: u64) {
        if self.latest.fetch_max(number, Ordering::Relaxed) < number {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).start_handler(|_| give_way()).build();
            let banks = Arc::clone(self);
            // Without the thread, the bank is drawn when it is needed.
            if let Ok(pool) = pool {
                pool.spawn(move || drop(banks.get_silently(number)));
            }
        }
    }
}

/// Composed images by number.
pub struct Pictures<T> {
    banks: Arc<Banks>,
    purpose: Stream,
    compose: fn(&Bank, &SceneRecipe, u64) -> T,
    /// Images drawn from a bank.
    per_bank: u64,
    reuse: Reuse,
    pictures: Cache<T>,
}

impl<T> std::fmt::Debug for Pictures<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").finish_non_exhaustive()
    }
}

impl Pictures<Scene> {
    /// Scenes.
    pub fn scenes(material: Material, per_bank: u64, reuse: Reuse) -> Self {
        Self::new(material, Stream::Scene, scene::compose, per_bank, reuse)
    }
}

impl Pictures<Crop> {
    /// Identifier crops.
    pub fn crops(material: Material, per_bank: u64, reuse: Reuse) -> Self {
        Self::new(material, Stream::Crop, crop::compose, per_bank, reuse)
    }
}

impl<T> Pictures<T> {
    fn new(
        material: Material,
        purpose: Stream,
        compose: fn(&Bank, &SceneRecipe, u64) -> T,
        per_bank: u64,
        reuse: Reuse,
    ) -> Self {
        let banks = Arc::new(Banks { material, drawn: Cache::default(), latest: AtomicU64::new(0) });
        Self { banks, purpose, compose, per_bank, reuse, pictures: Cache::default() }
    }

    /// The image that sample `n` is cut from; `random` is the sample's own.
    ///
    /// # Panics
    /// When the recipe leaves no card; whoever starts a training has drawn a bank before.
    pub fn of_sample(&self, n: u64, random: &mut ChaCha8Rng) -> Arc<T> {
        let number = self.reuse.picture(n, random.next_u64());
        self.pictures.get(number, || {
            let bank = self.banks.get(number / self.per_bank);
            // Half a bank before it is needed: time enough to draw it beside the training.
            if number % self.per_bank >= self.per_bank.div_ceil(2) {
                self.banks.prepare(number / self.per_bank + 1);
            }
            let material = &self.banks.material;
            (self.compose)(&bank, &material.recipe, seed_of(material.seed, self.purpose, number))
        })
    }

    /// Lets go of what no sample from `n` on needs.
    pub fn forget_before_sample(&self, n: u64) {
        let oldest = self.reuse.oldest(n);
        self.pictures.forget_before(oldest);
        self.banks.drawn.forget_before(oldest / self.per_bank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use crate::console::progress::{Said, listen};

    /// It was heard as part of the validation that went on meanwhile.
    #[test]
    fn a_bank_that_is_drawn_beside_other_work_says_nothing() {
        // A number that no other test has: whoever works at the same time is heard too.
        let cards = 13;
        let sprites = Arc::new(synth::practice::sprites());
        let material = Material { sprites, recipe: SceneRecipe::default(), cards, seed: 1 };
        let heard = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&heard);
        let listening = listen(move |it| said.lock().unwrap().push(it));
        let count = || heard.lock().unwrap().iter().filter(|it| **it == Said::Expected(cards)).count();
        let banks = Banks { material, drawn: Cache::default(), latest: AtomicU64::new(0) };
        let banks = Arc::new(banks);
        banks.get(0);
        assert_eq!(count(), 1, "who waits for it is told");
        banks.prepare(1);
        let begin = std::time::Instant::now();
        while banks.drawn.made() < 2 {
            assert!(begin.elapsed().as_secs() < 60, "it is not drawn");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // This waits for it.
        drop(banks.get(1));
        assert_eq!(count(), 1);
        drop(listening);
    }
}
