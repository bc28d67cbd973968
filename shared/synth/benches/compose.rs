//! What a bank, a scene and a crop of the practice deck cost: `cargo bench -p synth --profile dev`.
//!
//! Scenes and crops are measured on one thread. `trainer preview` writes some to look at.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use divan::{Bencher, black_box};
use synth::art::Sprites;
use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::{crop, scene};

/// Cards of the bank that scenes and crops are composed from.
const CARDS: usize = 400;

static SPRITES: LazyLock<Sprites> = LazyLock::new(synth::practice::sprites);
static RECIPE: LazyLock<SceneRecipe> = LazyLock::new(SceneRecipe::default);
static BANK: LazyLock<Bank> = LazyLock::new(|| bank_of(CARDS));

fn main() {
    divan::main();
}

/// On all cores.
#[divan::bench(args = [100, 400], sample_count = 5)]
fn bank(cards: usize) -> Bank {
    bank_of(cards)
}

#[divan::bench]
fn scene(bencher: Bencher<'_, '_>) {
    let seeds = Seeds::default();
    LazyLock::force(&BANK);
    bencher.bench_local(|| scene::compose(&BANK, &RECIPE, black_box(seeds.next())));
}

#[divan::bench(sample_count = 1000)]
fn crop(bencher: Bencher<'_, '_>) {
    let seeds = Seeds::default();
    LazyLock::force(&BANK);
    bencher.bench_local(|| crop::compose(&BANK, &RECIPE, black_box(seeds.next())));
}

fn bank_of(cards: usize) -> Bank {
    Bank::render(&SPRITES, &RECIPE, 1, cards, &|_| true).expect("the practice deck has cards")
}

/// Another image each time: their costs differ widely.
#[derive(Default)]
struct Seeds(AtomicU64);

impl Seeds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
