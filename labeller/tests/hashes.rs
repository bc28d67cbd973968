//! What the hashes make of every card of the practice deck, as it comes out of a screen.
//!
//! Images are composed, so the truth is known: the same card must be found again, and no other
//! card or edition may be taken for it, because what is taken for a duplicate is never saved.

use dataset::captures::hashes::{Hashes, Hashing};
use dataset::captures::index::Index;
use dataset::captures::{DUPLICATE, SAME_CARD, Verdict};
use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::CardType;
use lens_core::modifiers::Modifiers;

/// A card on a ground, in the size of a window of 720 pixels, a little brighter or darker, with the
/// noise of a screen.
fn seen(sprites: &synth::art::Sprites, id: &str, edition: &str, seed: u64) -> Option<RgbaImage> {
    let modifiers = Modifiers { edition: edition.into(), ..Modifiers::default() };
    let card = synth::single::picture(sprites, id, &modifiers, 2, seed)?;
    let (width, height) = (96 + (seed % 5) as u32, 128 + (seed % 7) as u32);
    let card = imageops::resize(&card, width, height, imageops::FilterType::Triangle);
    let light = [0, 2, -2, 3, -3][(seed % 5) as usize];
    let ground = [53, 101, 77].map(|channel: i32| channel + 2 * (seed % 3) as i32);
    Some(RgbaImage::from_fn(width, height, |x, y| {
        let Rgba([r, g, b, alpha]) = *card.get_pixel(x, y);
        let noise = ((x * 31 + y * 17 + seed as u32 * 7) % 5) as i32 - 2;
        let mix = |over: u8, under: i32| {
            let alpha = i32::from(alpha);
            ((i32::from(over) * alpha + under * (255 - alpha)) / 255 + light + noise).clamp(0, 255) as u8
        };
        Rgba([mix(r, ground[0]), mix(g, ground[1]), mix(b, ground[2]), 255])
    }))
}

struct Deck {
    /// Id, edition, seed, hashes.
    seen: Vec<(String, String, u64, Hashes)>,
    /// What was hashed.
    pictures: Vec<RgbaImage>,
}

fn deck(seeds: u64) -> Deck {
    deck_of(&synth::practice::sprites(), seeds)
}

fn deck_of(sprites: &synth::art::Sprites, seeds: u64) -> Deck {
    let catalogue = std::sync::Arc::clone(sprites.catalogue());
    let hashing = Hashing::default();
    let (mut all, mut pictures) = (Vec::new(), Vec::new());
    for card in &catalogue.cards {
        let joker = card.card_type == CardType::Joker;
        let editions: Vec<&str> = match card.card_type {
            CardType::Joker | CardType::Playing => {
                catalogue.modifiers.editions.iter().map(String::as_str).collect()
            }
            _ => vec!["base"],
        };
        for edition in editions.into_iter().filter(|edition| joker || *edition != "negative") {
            for seed in 0..seeds {
                if let Some(picture) = seen(sprites, &card.id, edition, seed) {
                    all.push((card.id.to_string(), edition.to_owned(), seed, hashing.hash(&picture)));
                    pictures.push(picture);
                }
            }
        }
    }
    Deck { seen: all, pictures }
}

#[test]
fn no_card_and_no_edition_is_taken_for_another() {
    let deck = deck(2);
    let mut index = Index::default();
    deck.seen.iter().for_each(|(_, _, _, hashes)| index.push(hashes));
    let (mut wrong, mut near, mut same, mut again) = (Vec::new(), 0, 0, 0);
    for (at, (id, edition, _, hashes)) in deck.seen.iter().enumerate() {
        for twin in index.find(hashes).twins.into_iter().filter(|twin| *twin != at) {
            let (other, other_edition, _, other_hashes) = &deck.seen[twin];
            let agree = hashes.colours.agree(&other_hashes.colours);
            if (id, edition) == (other, other_edition) {
                same += 1;
                again += usize::from(agree);
            } else {
                near += 1;
                if agree {
                    wrong.push(format!(
                        "{id} {edition} and {other} {other_edition}: colours differ by {}",
                        hashes.colours.difference(&other_hashes.colours)
                    ));
                }
            }
        }
    }
    let total = deck.seen.len();
    eprintln!(
        "{total} captures; pairs within {DUPLICATE} bits: {same} of the same card and edition ({again} duplicates), {near} of others ({} duplicates)",
        wrong.len()
    );
    assert!(near > 0, "otherwise the colours are not needed");
    // Twins share their image: nobody can tell them apart.
    let sprites = synth::practice::sprites();
    let twins = |pair: &String| {
        sprites.catalogue().cards.iter().any(|card| {
            card.twins.iter().any(|twin| pair.contains(twin.as_str()) && pair.contains(card.id.as_str()))
        })
    };
    wrong.retain(|pair| !twins(pair));
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(12)]);
}

#[test]
fn the_same_card_is_found_again_and_other_jokers_are_not() {
    let deck = deck(3);
    let catalogue = synth::practice::catalogue();
    let is_joker = |id: &str| catalogue.card(id).is_some_and(|card| card.card_type == CardType::Joker);
    let plain: Vec<_> = deck.seen.iter().filter(|(_, edition, _, _)| edition == "base").collect();
    let (mut found, mut asked, mut strangers) = (0, 0, 0);
    let mut index = Index::default();
    let first: Vec<_> = plain.iter().filter(|(_, _, seed, _)| *seed == 0).collect();
    first.iter().for_each(|(_, _, _, hashes)| index.push(hashes));
    for (id, _, _, hashes) in plain.iter().filter(|(_, _, seed, _)| *seed > 0) {
        asked += 1;
        let at =
            match index.find(hashes).verdict(|twin| first[twin].3.colours.agree(&hashes.colours), |_| true) {
                Verdict::Duplicate(at) | Verdict::SameCard(at) => Some(at),
                Verdict::SameCluster(_) | Verdict::New => None,
            };
        found += usize::from(at.is_some_and(|at| first[at].0 == *id));
        strangers += usize::from(is_joker(id) && at.is_some_and(|at| first[at].0 != *id));
    }
    eprintln!("{found} of {asked} captures join the group of their card; {strangers} jokers join another's");
    assert!(found * 100 >= asked * 90, "{found} of {asked}");
    assert_eq!(strangers, 0);
}

#[test]
fn editions_of_one_joker_are_near_but_never_duplicates() {
    let deck = deck(1);
    let catalogue = synth::practice::catalogue();
    let jokers = catalogue.cards.iter().filter(|card| card.card_type == CardType::Joker);
    let (mut foils, mut grouped) = (0, 0);
    for card in jokers {
        let of =
            |edition: &str| deck.seen.iter().find(|it| it.0 == card.id && it.1 == edition).map(|it| &it.3);
        let Some((plain, foil)) = of("base").zip(of("foil")) else { continue };
        foils += 1;
        grouped += usize::from(plain.distance(foil) <= SAME_CARD);
        let difference = plain.colours.difference(&foil.colours);
        assert!(!plain.colours.agree(&foil.colours), "{}: colours differ by {difference}", card.id);
    }
    eprintln!("{grouped} of {foils} foils join the group of their plain card");
    assert!(foils > 10);
}

/// The deck, and where there is art of the game, its cards.
fn decks() -> Vec<(&'static str, synth::art::Sprites)> {
    let mut decks = vec![("practice", synth::practice::sprites())];
    match std::env::var_os("BALATRO_LENS_ART") {
        Some(art) => {
            let catalogue =
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
            let catalogue = lens_core::catalogue::Catalogue::read(&catalogue).unwrap();
            let textures = std::path::Path::new(&art).join("textures");
            decks.push(("balatro", synth::art::Sprites::from_folder(catalogue.into(), &textures).unwrap()));
        }
        None => eprintln!("SKIPPED: BALATRO_LENS_ART names no art, so only the practice deck is looked at"),
    }
    decks
}

/// How many pairs of other cards are within a distance, of all pairs of cards in one edition.
fn strangers(
    seen: &[(String, String, u64, Hashes)],
    within: u32,
    change: impl Fn(Hashes) -> Hashes,
) -> usize {
    let hashes: Vec<Hashes> = seen.iter().map(|it| change(it.3)).collect();
    let pairs = (0..seen.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    pairs.filter(|&(a, b)| seen[a].0 != seen[b].0 && hashes[a].distance(&hashes[b]) <= within).count()
}

/// The third hash tells cards apart that the other two take for the same, and still finds a card
/// that is moved by a pixel.
#[test]
fn the_third_hash_says_something() {
    for (name, sprites) in decks() {
        let deck = deck_of(&sprites, 1);
        let without = |hashes: Hashes| Hashes { shapes: None, ..hashes };
        let two = [DUPLICATE, SAME_CARD].map(|within| strangers(&deck.seen, within, without));
        let three = [DUPLICATE, SAME_CARD].map(|within| strangers(&deck.seen, within, |it| it));
        let hashing = Hashing::default();
        let (mut again, mut again_by_two, mut asked, mut bits) = (0, 0, 0, Vec::new());
        for whole in &deck.pictures {
            let (width, height) = (whole.width() - 1, whole.height() - 1);
            let cut = |x, y| hashing.hash(&imageops::crop_imm(whole, x, y, width, height).to_image());
            let one = cut(0, 0);
            for other in [cut(1, 0), cut(0, 1), cut(1, 1)] {
                asked += 1;
                again += usize::from(one.distance(&other) <= DUPLICATE);
                again_by_two += usize::from(without(one).distance(&without(other)) <= DUPLICATE);
                bits.push((one.shapes.unwrap() ^ other.shapes.unwrap()).count_ones());
            }
        }
        bits.sort_unstable();
        let at = |part: usize| bits[(bits.len() - 1) * part / 100];
        eprintln!(
            "{name}: {} captures; pairs of strangers within {DUPLICATE} and {SAME_CARD} bits: {two:?} by two hashes, \
             {three:?} by three; moved by a pixel {again_by_two} of {asked} are within {DUPLICATE} by two, {again} by three \
             (third hash: {}, {} and {} bits at 50, 95 and 99 %)",
            deck.seen.len(),
            at(50),
            at(95),
            at(99)
        );
        assert!(three[0] <= two[0] && three[1] * 10 <= two[1] * 9, "{three:?} where {two:?} were");
        assert!(again * 100 >= asked * 80, "{again} of {asked}");
    }
}
