//! Recipes keep their images: what the default recipe composed before shares were added to it, it
//! composes still.

use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::{crop, scene};

/// FNV-1a: the same on every machine and in every version of the standard library.
struct Fingerprint(u64);

impl Fingerprint {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// One number for 16 scenes and 48 crops of the practice deck.
fn fingerprint(recipe: &SceneRecipe) -> u64 {
    let bank = Bank::render(&synth::practice::sprites(), recipe, 9, 60, &|_| true).unwrap();
    let mut sum = Fingerprint(0xcbf2_9ce4_8422_2325);
    for seed in 0..16 {
        let scene = scene::compose(&bank, recipe, seed);
        sum.add(scene.image.as_raw());
        for card in &scene.cards {
            sum.add(&(card.truth.class as u64).to_le_bytes());
            sum.add(&card.visible.to_le_bytes());
            card.quad.to_xy().iter().flatten().for_each(|value| sum.add(&value.to_le_bytes()));
        }
    }
    for seed in 0..48 {
        let crop = crop::compose(&bank, recipe, seed);
        sum.add(&crop.pixels);
        sum.add(&(crop.truth.class as u64).to_le_bytes());
        sum.add(crop.again.as_deref().unwrap_or_default());
    }
    sum.0
}

#[test]
fn the_default_recipe_composes_what_it_always_did() {
    assert_eq!(fingerprint(&SceneRecipe::default()), 10_681_489_197_345_255_119);
}
