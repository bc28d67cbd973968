//! Composed images of the practice deck: the same everywhere, and true.

use lens_core::geometry::Rect;
use lens_core::preprocess::Rectifier;
use synth::art::Sprites;
use synth::bank::{Bank, BankError};
use synth::recipe::{LayoutWeights, SceneRecipe};
use synth::scene::Layout;
use synth::{crop, scene};

/// A recipe whose images are what was drawn: no screen between.
fn clean() -> SceneRecipe {
    let mut recipe = SceneRecipe::default();
    let screen = &mut recipe.screen;
    for effect in [
        &mut screen.aberration,
        &mut screen.bloom,
        &mut screen.scanlines,
        &mut screen.vignette,
        &mut screen.tone,
        &mut screen.blur,
        &mut screen.sharpen,
        &mut screen.resample,
        &mut screen.noise,
        &mut screen.compression,
    ] {
        effect.0 = 0.0;
    }
    recipe
}

/// A recipe for known cards as they are printed.
fn printed() -> SceneRecipe {
    let mut recipe = clean();
    let cards = &mut recipe.cards;
    cards.unknown = 0.0;
    cards.joker_editions = vec![1.0];
    cards.playing_editions = vec![1.0];
    cards.negative_consumable = 0.0;
    cards.enhanced = 0.0;
    cards.sealed = 0.0;
    cards.stickered = [0.0; 2];
    cards.debuffed = 0.0;
    cards.greyed = 0.0;
    cards.gleam = 0.0;
    recipe
}

fn only(layout: Layout) -> LayoutWeights {
    let weight = |it: Layout| f32::from(u8::from(it == layout));
    LayoutWeights {
        hand: weight(Layout::Hand),
        shop: weight(Layout::Shop),
        deck: weight(Layout::Deck),
        pack: weight(Layout::Pack),
        scatter: weight(Layout::Scatter),
        close_up: weight(Layout::CloseUp),
        collection: weight(Layout::Collection),
        jokers: weight(Layout::Jokers),
        strewn: weight(Layout::Strewn),
        deck_view: weight(Layout::DeckView),
        stacks: weight(Layout::Stacks),
        pages: weight(Layout::Pages),
        empty: weight(Layout::Empty),
        flying: weight(Layout::Flying),
    }
}

fn bank(recipe: &SceneRecipe, count: usize) -> Bank {
    Bank::render(&synth::practice::sprites(), recipe, 3, count, &|_| true).unwrap()
}

/// One number for everything that is composed from a recipe.
fn fingerprint(sprites: &Sprites) -> Vec<u64> {
    use rayon::prelude::*;
    use std::hash::{DefaultHasher, Hash, Hasher};
    let recipe = SceneRecipe::default();
    let bank = Bank::render(sprites, &recipe, 9, 60, &|_| true).unwrap();
    let compose = |seed: u64| {
        let mut hasher = DefaultHasher::new();
        let scene = scene::compose(&bank, &recipe, seed);
        scene.image.as_raw().hash(&mut hasher);
        for card in &scene.cards {
            card.truth.hash(&mut hasher);
            card.quad.to_xy().map(|corner| corner.map(f32::to_bits)).hash(&mut hasher);
            card.visible.to_bits().hash(&mut hasher);
        }
        let crop = crop::compose(&bank, &recipe, seed);
        crop.pixels.hash(&mut hasher);
        crop.truth.class.hash(&mut hasher);
        hasher.finish()
    };
    (0..24_u64).into_par_iter().map(compose).collect()
}

#[test]
fn one_thread_and_five_compose_the_same() {
    let sprites = synth::practice::sprites();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fingerprint(&sprites))
    };
    let one = on(1);
    assert_eq!(one, on(5));
    assert!(one.windows(2).all(|pair| pair[0] != pair[1]), "different seeds give different images");
}

#[test]
fn every_layout_shows_cards_with_sound_truth() {
    let mut recipe = SceneRecipe::default();
    let bank = bank(&recipe, 250);
    for layout in Layout::ALL {
        recipe.scene.layouts = only(layout);
        let mut shown = 0;
        for seed in 0..12 {
            let scene = scene::compose(&bank, &recipe, seed);
            assert_eq!(scene.layout, layout);
            assert_eq!(scene.image.dimensions(), (640, 360));
            assert!(scene.image.pixels().all(|pixel| pixel[3] == 255));
            shown += scene.cards.len();
            for card in &scene.cards {
                assert!(card.quad.is_card_shaped(), "{layout:?} {seed}: {card:?}");
                assert!(card.visible > 0.0 && card.visible <= 1.0);
                assert!(card.truth.class < bank.classes().len() && card.truth.class != bank.not_a_card());
            }
        }
        let wanted = if layout == Layout::Empty { 0..1 } else { 12..10_000 };
        assert!(wanted.contains(&shown), "{layout:?} shows {shown} cards in twelve scenes");
    }
}

/// With a single printed card in the bank, what is rectified at each fully visible quad must be
/// that card.
#[test]
fn quads_lie_on_the_cards() {
    let mut recipe = printed();
    recipe.scene.layouts = only(Layout::Jokers);
    recipe.scene.shadow = 0.0;
    let sprites = synth::practice::sprites();
    let id = &sprites.catalogue().cards.iter().find(|card| card.card_type.name() == "Joker").unwrap().id;
    let bank = Bank::render(&sprites, &recipe, 1, 4, &|card| card.id == *id).unwrap();
    let card = bank.cards()[0].image();
    let whole = Rect::ltwh(0.0, 0.0, card.width() as f32, card.height() as f32);
    let mut rectifier = Rectifier::new(36, 48, 1.0);
    let want = rectifier.run(&(&card).into(), lens_core::geometry::Quad::from_rect(whole)).to_vec();
    let mut checked = 0;
    for seed in 0..40 {
        let scene = scene::compose(&bank, &recipe, seed);
        for placed in
            scene.cards.iter().filter(|placed| placed.visible > 0.985 && placed.quad.height() > 60.0)
        {
            let got = rectifier.run(&(&scene.image).into(), placed.quad);
            // The margin shows the background through the card's round corners.
            let inner = (6..42).flat_map(|y| (5..31).map(move |x| (y * 36 + x) * 4));
            let sum: u32 =
                inner.flat_map(|at| (at..at + 3).map(|k| u32::from(got[k].abs_diff(want[k])))).sum();
            let difference = sum as f32 / (36 * 26 * 3) as f32;
            assert!(difference < 16.0, "seed {seed}: {difference} at {:?}", placed.quad);
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} cards were whole");
}

/// In a scene without anything but cards, a card's visible share is what no later card and no edge
/// covers.
#[test]
fn visible_shares_follow_from_the_quads() {
    let mut recipe = printed();
    recipe.scene.layouts = only(Layout::Scatter);
    (recipe.scene.negatives, recipe.scene.shadow, recipe.scene.price_tag) = (0.0, 0.0, [0.0; 2]);
    (recipe.scene.badges, recipe.scene.tooltips) = (0.0, [1.0, 0.0, 0.0]);
    let bank = bank(&recipe, 200);
    let mut differences = Vec::new();
    for seed in 0..40 {
        let scene = scene::compose(&bank, &recipe, seed);
        for (number, card) in scene.cards.iter().enumerate() {
            let samples =
                (0..24 * 32).map(|i| ((i % 24) as f32 / 24.0 + 0.02, (i / 24) as f32 / 32.0 + 0.015));
            let seen = samples.filter(|&(u, v)| {
                let at = card.quad.at(u, v);
                let inside = at.x >= 0.0 && at.y >= 0.0 && at.x < 640.0 && at.y < 360.0;
                inside && !scene.cards[number + 1..].iter().any(|later| later.quad.contains(at))
            });
            differences.push((seen.count() as f32 / (24.0 * 32.0) - card.visible).abs());
        }
    }
    differences.sort_by(f32::total_cmp);
    // Buttons and words may still lie over a few cards: nearly all must agree.
    assert!(differences.len() > 150);
    let typical = differences[differences.len() * 8 / 10];
    assert!(typical < 0.06, "{typical}");
}

#[test]
fn crops_keep_the_shares_of_the_recipe_and_the_reserved_classes_apart() {
    let recipe = SceneRecipe::default();
    let bank = bank(&recipe, 400);
    let (mut nothing, mut unknown) = (0, 0);
    let count = 1500;
    for seed in 0..count {
        let crop = crop::compose(&bank, &recipe, seed);
        assert_eq!(crop.pixels.len(), 72 * 96 * 4);
        let class = crop.truth.class;
        assert_eq!(crop.truth.card.is_none(), class == bank.not_a_card());
        assert!(crop.truth.card.is_none_or(|card| card.class == class));
        nothing += u64::from(class == bank.not_a_card());
        unknown += u64::from(class == bank.unknown());
    }
    let near = |got: u64, share: f32| (got as f32 / count as f32 - share).abs() < 0.035;
    assert!(near(nothing, recipe.crop.not_a_card), "{nothing}");
    assert!(near(unknown, recipe.crop.unknown), "{unknown}");
}

#[test]
fn held_out_cards_are_never_shown_as_themselves() {
    let sprites = synth::practice::sprites();
    let catalogue = sprites.catalogue();
    let held_out: Vec<String> = catalogue.cards.iter().step_by(3).map(|card| card.id.to_string()).collect();
    for held_out_as_unknown in [false, true] {
        let recipe =
            SceneRecipe { held_out: held_out.clone(), held_out_as_unknown, ..SceneRecipe::default() };
        let bank = Bank::render(&sprites, &recipe, 4, 300, &|_| true).unwrap();
        for card in bank.cards() {
            let id = lens_core::catalogue::id_of_class(&bank.classes()[card.truth.class]);
            assert!(!held_out.iter().any(|other| other == id), "{id} is shown");
        }
        assert_eq!(bank.cards().iter().filter(|card| card.truth.class == bank.unknown()).count(), 30);
    }
}

#[test]
fn an_empty_bank_and_an_unknown_id_are_errors() {
    let sprites = synth::practice::sprites();
    let nothing = Bank::render(&sprites, &SceneRecipe::default(), 1, 5, &|_| false);
    assert!(matches!(nothing, Err(BankError::Empty { .. })));
    let recipe = SceneRecipe { held_out: vec!["no_such_card".into()], ..SceneRecipe::default() };
    assert!(matches!(Bank::render(&sprites, &recipe, 1, 5, &|_| true), Err(BankError::NoSuchCard { .. })));
}

#[test]
fn a_large_bank_holds_every_class_and_the_types_in_their_shares() {
    let mut recipe = SceneRecipe::default();
    recipe.cards.double_scale = 0.0;
    let bank = bank(&recipe, 1500);
    let mut drawn = vec![0; bank.classes().len()];
    bank.cards().iter().for_each(|card| drawn[card.truth.class] += 1);
    drawn.remove(bank.not_a_card());
    let missing = drawn.iter().filter(|&&count| count == 0).count();
    assert_eq!(missing, 0, "{missing} classes are never drawn");
    let playing = bank.cards().iter().filter(|card| card.truth.kind.name() == "Playing Card").count();
    assert!((300..620).contains(&playing), "{playing} playing cards");
}
