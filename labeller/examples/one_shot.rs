//! Measures teaching: cards of a game that a model has never seen, each taught from one capture, then looked for on other
//! composed views; and what that costs the cards that the model knows.
//!
//! `cargo run -p labeller --example one_shot -- [MODEL] [TEXTURES]`: without textures a model of the game is taught jokers
//! of the practice deck, with them the practice model is taught jokers of the game.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use image::RgbaImage;
use scenes::art::Sprites;
use scenes::bank::Bank;
use scenes::crop;
use scenes::recipe::SceneRecipe;
use shared::catalogue::{CardType, Catalogue};
use shared::geometry::{InFrame, Quad, Rect};
use shared::pixels::Pixels;
use vision::gallery::{Gallery, Taught};
use vision::recogniser::{Recogniser, unmeasured};
use vision::session::Options;
use vision::teach;

/// Cards that are taught, and as many that are not.
const TAUGHT: usize = 15;
/// Other views of each.
const VIEWS: u64 = 20;
/// Crops of cards that the model knows.
const KNOWN: u64 = 600;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().unwrap_or_else(|| "balatro".into());
    let textures = arguments.next().map(PathBuf::from);
    let folder = shared::paths::model(&model);
    let mut recogniser = Recogniser::open(&folder, &Options { threads: 1, ..Options::default() })?;
    let dimensions = recogniser.manifest().identifier.embedding as usize;
    recogniser.set_gallery(Gallery::default());
    let recipe = SceneRecipe::default();
    let (strangers, friends) = match &textures {
        None => (scenes::practice::sprites(), None),
        Some(textures) => {
            let catalogue = Arc::new(Catalogue::read(&shared::paths::catalogue("balatro"))?);
            (Sprites::from_folder(catalogue, textures)?, Some(scenes::practice::sprites()))
        }
    };

    let catalogue = Arc::clone(strangers.catalogue());
    let jokers: Vec<&str> = catalogue
        .cards
        .iter()
        .filter(|card| card.card_type == CardType::Joker && card.twins.is_empty())
        .map(|card| card.id.as_str())
        .take(2 * TAUGHT)
        .collect();
    let bank = Bank::render(&strangers, &recipe, 5, 400, &|card| jokers.contains(&card.id.as_str()))?;
    let mut cards: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, card) in
        bank.cards().iter().enumerate().filter(|(_, card)| card.truth.class < bank.not_a_card())
    {
        let id = shared::catalogue::id_of_class(&bank.classes()[card.truth.class]);
        let id = jokers.iter().find(|it| **it == id).expect("the bank holds only these");
        cards.entry(id).or_default().push(index);
    }
    let known = friends.as_ref().map_or_else(
        || known_of_art(&recipe),
        |sprites| Ok(Some(Bank::render(sprites, &recipe, 9, 600, &|_| true)?)),
    )?;

    let before = known.as_ref().map(|bank| right(&mut recogniser, bank, &recipe)).transpose()?;
    let mut gallery = Vec::new();
    for id in jokers.iter().take(TAUGHT) {
        // One capture, of the first card of this id that the bank has.
        let (picture, quad) = view(&recogniser, &bank, &recipe, cards[id][0], 1);
        let embedding = teach::embedding(&mut recogniser, &Pixels::from(&picture), quad)?;
        gallery.push(Taught { id: (*id).into(), name: (*id).into(), embedding, capture: None });
    }
    recogniser.set_gallery(Gallery::new(gallery, dimensions).map_err(anyhow::Error::msg)?);

    let (mut right_names, mut wrong_names, mut no_names) = (0, 0, 0);
    let (mut stranger_named, mut stranger_known, mut stranger_all) = (0, 0, 0);
    for (number, id) in jokers.iter().enumerate() {
        for seed in 0..VIEWS {
            let of_id = &cards[id];
            let card = of_id[seed as usize % of_id.len()];
            let (picture, quad) = view(&recogniser, &bank, &recipe, card, 100 + seed);
            let reading = recogniser.identify(&Pixels::from(&picture), &[quad], &mut unmeasured)?[0].clone();
            let said = reading.and_then(|reading| reading.id);
            let is_taught = |said: &str| jokers[..TAUGHT].contains(&said);
            if number < TAUGHT {
                match said.as_deref() {
                    Some(said) if said == *id => right_names += 1,
                    Some(_) => wrong_names += 1,
                    None => no_names += 1,
                }
            } else {
                stranger_all += 1;
                match said.as_deref() {
                    Some(said) if is_taught(said) => stranger_named += 1,
                    Some(_) => stranger_known += 1,
                    None => {}
                }
            }
        }
    }
    let all = right_names + wrong_names + no_names;
    println!("model {model}, {TAUGHT} cards of {} taught from one capture each", catalogue.title);
    println!(
        "taught cards on {all} other views: {right_names} right ({:.3}), {wrong_names} wrong, {no_names} unknown",
        f64::from(right_names) / f64::from(all)
    );
    println!(
        "cards not taught, {stranger_all} views: {stranger_named} take a taught name, {stranger_known} a name of the model"
    );
    if let (Some(bank), Some(before)) = (&known, before) {
        let after = right(&mut recogniser, bank, &recipe)?;
        println!("known cards of {KNOWN}: {before} right before, {after} after");
    }
    Ok(())
}

/// The game's own cards, when the art is there.
fn known_of_art(recipe: &SceneRecipe) -> Result<Option<Bank>> {
    let Some(art) = std::env::var_os("BALATRO_LENS_ART") else { return Ok(None) };
    let catalogue = Arc::new(Catalogue::read(&shared::paths::catalogue("balatro"))?);
    let sprites = Sprites::from_folder(catalogue, &PathBuf::from(art).join("textures"))?;
    Ok(Some(Bank::render(&sprites, recipe, 9, 600, &|_| true)?))
}

/// A composed crop as a frame, and where the card lies in it.
fn view(
    recogniser: &Recogniser,
    bank: &Bank,
    recipe: &SceneRecipe,
    card: usize,
    seed: u64,
) -> (RgbaImage, Quad<InFrame>) {
    let crop = crop::compose_of(bank, recipe, card, seed);
    picture(recogniser, crop.pixels, recipe)
}

fn picture(recogniser: &Recogniser, pixels: Vec<u8>, recipe: &SceneRecipe) -> (RgbaImage, Quad<InFrame>) {
    let [width, height] = recipe.crop.size;
    let widen = recogniser.manifest().identifier.widen;
    let whole = Rect::ltwh(0.0, 0.0, width as f32, height as f32);
    let picture = RgbaImage::from_raw(width, height, pixels).expect("a crop has its recipe's size");
    (picture, Quad::from_rect(whole).scaled(1.0 / widen))
}

/// Crops of known cards that are named right.
fn right(recogniser: &mut Recogniser, bank: &Bank, recipe: &SceneRecipe) -> Result<usize> {
    let known: Vec<usize> =
        (0..bank.cards().len()).filter(|&at| bank.cards()[at].truth.class < bank.not_a_card()).collect();
    let mut right = 0;
    for seed in 0..KNOWN {
        let card = known[(seed * 7919) as usize % known.len()];
        let crop = crop::compose_of(bank, recipe, card, seed);
        let id = shared::catalogue::id_of_class(&bank.classes()[crop.truth.class]).to_owned();
        let (picture, quad) = picture(recogniser, crop.pixels, recipe);
        let reading = &recogniser.identify(&Pixels::from(&picture), &[quad], &mut unmeasured)?[0];
        right += usize::from(reading.as_ref().is_some_and(|it| it.id.as_deref() == Some(id.as_str())));
    }
    Ok(right)
}
