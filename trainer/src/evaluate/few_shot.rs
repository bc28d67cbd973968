//! What teaching by one capture is worth: cards that a model has never seen, each taught from one
//! view, then looked for on other views; and what that costs the cards that the model knows.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use image::RgbaImage;
use lens_core::catalogue::id_of_class;
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::pixels::Pixels;
use serde::Serialize;
use synth::bank::Bank;
use synth::crop;
use synth::recipe::SceneRecipe;
use vision::enrol;
use vision::gallery::{Gallery, Prototype};
use vision::recogniser::Recogniser;

use super::metrics::Share;
use crate::console::progress;

/// Other views of each taught card.
const VIEWS: u64 = 40;
/// Views of cards that the model knows.
const KNOWN: u64 = 2000;

/// How it went.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Cards that were taught, one view each.
    pub cards: usize,
    /// On views where nothing lies over the card.
    pub free: Outcome,
    /// On views of all kinds: covered, cut, under a tooltip.
    pub all: Outcome,
    /// Known cards that are named right, on views of all kinds, before anything is taught.
    pub known_before: Share,
    /// The same views afterwards.
    pub known_after: Share,
    /// Invented cards, which nobody taught, that are given a taught name.
    pub strangers: Share,
}

/// What taught cards were said to be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Named right.
    pub right: Share,
    /// Given another taught name.
    pub another_taught: Share,
    /// Given the name of a known card.
    pub known: Share,
    /// Said to be unknown, or no card.
    pub unknown: Share,
    /// First guesses that are right, also where they are not sure enough for a name (top 1,
    /// whatever the threshold).
    pub guessed: Share,
}

/// Teaches every card of `strangers`, whose recipe shows nothing else, and looks for all of them
/// and for the cards of `friends`.
///
/// # Errors
/// When the model cannot run, or there is no stranger.
pub fn measure(
    recogniser: &mut Recogniser,
    strangers: &Bank,
    friends: &Bank,
    recipe: &SceneRecipe,
) -> Result<Report> {
    let dimensions = recogniser.manifest().identifier.embedding as usize;
    recogniser.set_gallery(Gallery::default());
    let cards = by_id(strangers);
    ensure!(
        !cards.is_empty(),
        "every card is known to this model\nhelp: train one whose recipe has `held_out` cards (scenes.held_out)"
    );
    let free = free(recipe);
    let invented = |(_, card): &(usize, &synth::card::RenderedCard)| card.truth.class == friends.unknown();
    let others = friends.cards().iter().enumerate().filter(invented);
    let views = 2 * cards.len() * VIEWS as usize + 2 * KNOWN as usize;
    progress::expect(cards.len() + views + others.clone().count());
    let known_before = known(recogniser, friends, recipe)?;
    let mut gallery = Vec::new();
    for (id, renderings) in &cards {
        let (picture, quad) = view(recogniser, strangers, &free, plainest(strangers, renderings), 1);
        let embedding = enrol::embedding(recogniser, &Pixels::from(&picture), quad)?;
        gallery.push(Prototype {
            id: id.as_str().into(),
            name: id.clone(),
            embedding,
            capture: None,
            taught_at_millis: None,
        });
        progress::advance(1);
    }
    recogniser.set_gallery(Gallery::new(gallery, dimensions).map_err(anyhow::Error::msg)?);
    let mut look = |recipe: &SceneRecipe| -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for (id, renderings) in &cards {
            progress::advance(VIEWS as usize);
            for number in 0..VIEWS {
                let card = renderings[number as usize % renderings.len()];
                let (picture, quad) = view(recogniser, strangers, recipe, card, 100 + number);
                let (said, guess) = enrol::name_and_guess(recogniser, &Pixels::from(&picture), quad)?;
                outcome.guessed.count(guess.is_some_and(|guess| guess == *id));
                let is = |wanted: &dyn Fn(&str) -> bool| said.as_deref().is_some_and(wanted);
                let unknown = !is(&|said| said != lens_core::manifest::NOT_A_CARD);
                outcome.right.count(is(&|said| said == id));
                outcome.another_taught.count(is(&|said| said != id && cards.contains_key(said)));
                outcome.known.count(!unknown && is(&|said| !cards.contains_key(said)));
                outcome.unknown.count(unknown);
            }
        }
        Ok(outcome)
    };
    let (free, all) = (look(&free)?, look(recipe)?);
    let known_after = known(recogniser, friends, recipe)?;
    let mut strangers = Share::default();
    for (index, _) in others {
        let (picture, quad) = view(recogniser, friends, recipe, index, 7);
        let said = enrol::name_of(recogniser, &Pixels::from(&picture), quad)?;
        strangers.count(said.is_some_and(|said| cards.contains_key(said.as_str())));
        progress::advance(1);
    }
    Ok(Report { cards: cards.len(), free, all, known_before, known_after, strangers })
}

/// The renderings of each card.
fn by_id(bank: &Bank) -> BTreeMap<String, Vec<usize>> {
    let mut cards: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let known = |(_, class): &(usize, usize)| *class < bank.not_a_card();
    for (index, class) in bank.cards().iter().map(|card| card.truth.class).enumerate().filter(known) {
        cards.entry(id_of_class(&bank.classes()[class]).to_owned()).or_default().push(index);
    }
    cards
}

/// A rendering as players mostly meet a card: without edition, not debuffed.
fn plainest(bank: &Bank, renderings: &[usize]) -> usize {
    let plain = |card: &&usize| {
        let truth = bank.cards()[**card].truth;
        truth.edition == 0 && !truth.debuffed
    };
    renderings.iter().find(plain).copied().unwrap_or(renderings[0])
}

/// The recipe without what hides a card.
fn free(recipe: &SceneRecipe) -> SceneRecipe {
    let mut free = recipe.clone();
    let crop = &mut free.crop;
    (crop.covered, crop.cut, crop.tooltip, crop.neighbours) = (0.0, 0.0, 0.0, [0.0; 2]);
    free
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
    let [width, height] = recipe.crop.size;
    let whole = Rect::ltwh(0.0, 0.0, width as f32, height as f32);
    let picture = RgbaImage::from_raw(width, height, crop.pixels).expect("a crop has its recipe's size");
    (picture, Quad::from_rect(whole).scaled(1.0 / recogniser.manifest().identifier.widen))
}

fn known(recogniser: &mut Recogniser, bank: &Bank, recipe: &SceneRecipe) -> Result<Share> {
    let cards: Vec<(String, Vec<usize>)> = by_id(bank).into_iter().collect();
    let mut right = Share::default();
    for number in 0..KNOWN {
        let (id, renderings) = cards.get(number as usize % cards.len()).context("the bank is empty")?;
        let card = renderings[(number as usize / cards.len()) % renderings.len()];
        let (picture, quad) = view(recogniser, bank, recipe, card, number);
        let said = enrol::name_of(recogniser, &Pixels::from(&picture), quad)?;
        right.count(said.as_deref() == Some(id.as_str()));
        progress::advance(1);
    }
    Ok(right)
}
