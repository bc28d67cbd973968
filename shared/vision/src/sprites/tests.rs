//! Entries of made-up embeddings and images.

use super::*;

/// A packed crop of 16x16 pixels whose cells are drawn by a seed.
fn crop(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut cells = Vec::new();
    for _ in 0..64 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        for plane in 0..3 {
            cells.extend([(state >> (8 + 8 * plane)) as u8; 4]);
        }
    }
    cells
}

/// A direction of length one that leans from the first axis to another by this share.
fn towards(axis: usize, share: f32) -> [f32; 20] {
    let mut embedding = [0.0; 20];
    embedding[0] = (1.0 - share * share).sqrt();
    embedding[axis] = share;
    embedding
}

fn entries(of: &[(&str, [f32; 20], u32)]) -> SpriteEntries {
    let mut entries = SpriteEntries::new(20);
    for (id, embedding, seed) in of {
        let card = entries.add_card(SpriteCard { id: (*id).into(), card_type: CardType::Joker });
        entries.add_entry(card, Drawn::Plain, embedding, &crop(*seed), 16);
    }
    entries
}

fn find(entries: &SpriteEntries, seed: u32, least: f32) -> Option<(String, Found)> {
    let (embedding, crop) = (towards(1, 0.0), crop(seed));
    let query = Query { embedding: &embedding, crop: &crop, width: 16, least, drawn: Drawn::Plain };
    let found = entries.find(&mut Search::default(), &query, |_| true)?;
    Some((entries.cards()[found.card].id.to_string(), found))
}

#[test]
fn of_the_nearest_the_one_with_the_same_picture_is_found() {
    let entries =
        entries(&[("near", towards(1, 0.1), 1), ("same", towards(2, 0.4), 2), ("far", towards(3, 0.9), 2)]);
    let (id, found) = find(&entries, 2, 0.5).unwrap();
    assert_eq!(id, "same");
    assert!(found.pixels > 0.999 && (found.similarity - 0.84_f32.sqrt()).abs() < 1e-3, "{found:?}");
    let (id, found) = find(&entries, 3, 0.95).unwrap();
    assert!(id == "near" && found.pixels < 0.6, "none is like it: {found:?}");
    assert_eq!(find(&entries, 2, 0.999), None);
}

#[test]
fn thousands_are_searched_and_only_the_nearest_compared() {
    let mut all: Vec<(String, [f32; 20], u32)> =
        (0..3000).map(|at| (format!("c{at}"), towards(1 + at % 19, 0.5 + at as f32 / 7000.0), 7)).collect();
    all.push(("it".to_owned(), towards(4, 0.05), 9));
    let of: Vec<(&str, [f32; 20], u32)> =
        all.iter().map(|(id, it, seed)| (id.as_str(), *it, *seed)).collect();
    assert_eq!(find(&entries(&of), 9, 0.0).unwrap().0, "it");
}

#[test]
fn negative_entries_count_for_negative_cards_alone() {
    let mut entries = entries(&[("plain", towards(1, 0.2), 1)]);
    let card = entries.add_card(SpriteCard { id: "dark".into(), card_type: CardType::Joker });
    entries.add_entry(card, Drawn::Negative, &towards(1, 0.0), &crop(5), 16);
    let (embedding, crop) = (towards(1, 0.0), crop(5));
    let mut search = Search::default();
    let mut found = |drawn| {
        let query = Query { embedding: &embedding, crop: &crop, width: 16, least: 0.5, drawn };
        entries.find(&mut search, &query, |_| true).map(|it| it.card)
    };
    assert_eq!(found(Drawn::Plain), Some(0));
    assert_eq!(found(Drawn::Negative), Some(1));
}

#[test]
fn cards_of_another_mod_follow_behind() {
    let mut all = entries(&[("one", towards(1, 0.9), 1)]);
    all.extend(&entries(&[("two", towards(1, 0.1), 2)]));
    all.extend(&SpriteEntries::new(7));
    assert_eq!((all.len(), all.cards().len()), (2, 2));
    assert_eq!(find(&all, 2, 0.5).unwrap().0, "two");
}

#[test]
fn a_shifted_crop_and_another_brightness_are_still_the_same() {
    // An image of 36x48 cells, the same two pixels to the left and darker, and another.
    let picture = |shift: usize, dim: f32, pace: f32| -> Vec<u8> {
        let value = |x: usize, y: usize, plane: usize| {
            let wave = ((x + shift) as f32 * pace).sin() + (y as f32 * (pace + plane as f32 * 0.2)).cos();
            ((wave * 50.0 + 120.0) * dim) as u8
        };
        let cell = |x: usize, y: usize| (0..3).flat_map(move |plane| [value(x, y, plane); 4]);
        (0..48).flat_map(|y| (0..36).flat_map(move |x| cell(x, y))).collect()
    };
    let mut crop = CropPicture::default();
    crop.prepare(&picture(2, 0.6, 0.7), 72);
    let (mut same, mut other) = (Vec::new(), Vec::new());
    pictures::append(&picture(0, 1.0, 0.7), 72, &mut same);
    pictures::append(&picture(0, 1.0, 0.43), 72, &mut other);
    let mut buffer = Vec::new();
    let [same, other] = [&same, &other].map(|it| crop.correlation(it, &mut buffer));
    assert!(same > 0.98 && other < 0.6, "{same} {other}");
    let flat = vec![90; 36 * 48 * 3];
    assert_eq!(crop.correlation(&flat, &mut buffer), 0.0, "one colour is like nothing");
}
