//! The table is the truth that tests of recognition rest on, so it is checked itself.

use super::*;
use lens_core::catalogue::CardType;

/// Two cards of each type, drawn nowhere.
pub(crate) fn catalogue() -> Catalogue {
    let cards: Vec<String> = CardType::ALL
        .into_iter()
        .flat_map(|kind| (0..12).map(move |number| (kind, number)))
        .map(|(kind, number)| {
            let (id, name) = (format!("{kind:?}_{number}"), kind.name());
            let look = r#"[{"art": [{"base": {"sheet": "s", "x": 0, "y": 0}}]}]"#;
            format!(r#"{{"id": "{id}", "name": "{name} {number}", "type": "{name}", "looks": {look}}}"#)
        })
        .collect();
    Catalogue::parse(&format!(
        r#"{{"format": 1, "game": "test", "title": "Test", "card_size": [71, 95],
            "sheets": {{"s": {{"file": "s.png", "cell": [71, 95], "grid": [1, 1]}}}},
            "modifiers": {{"editions": ["base", "foil", "negative"], "enhancements": [{{"word": "none"}}, {{"word": "steel"}}],
              "seals": [{{"word": "none"}}, {{"word": "red"}}], "stickers": [{{"word": "eternal"}}]}},
            "cards": [{}]}}"#,
        cards.join(",")
    ))
    .unwrap()
}

fn table(size: [u32; 2]) -> Table {
    Table::new(7, size, &catalogue())
}

#[test]
fn the_same_moment_is_the_same_table_and_seeds_differ() {
    let one = table([1280, 720]);
    assert_eq!(one.at(33.3), table([1280, 720]).at(33.3));
    let other = Table::new(8, [1280, 720], &catalogue());
    assert_ne!(one.at(33.3).cards, other.at(33.3).cards);
}

#[test]
fn a_larger_frame_scales_everything() {
    let (small, large) = (table([1280, 720]).at(5.0), table([2560, 1440]).at(5.0));
    for (a, b) in small.cards.iter().zip(&large.cards) {
        let doubled = Quad::from_xy(a.quad.to_xy().map(|corner| corner.map(|value| value * 2.0)));
        assert!(doubled.largest_corner_shift(b.quad) < 0.01);
        assert_eq!((&a.id, a.visible), (&b.id, b.visible));
    }
}

/// From one frame to the next every card moves a little at most, also from round to round.
#[test]
fn cards_never_jump() {
    let table = table([1280, 720]);
    let step = 1.0 / 60.0;
    for frame in 0..(3.0 * script::LENGTH / step) as u32 {
        let (now, next) = (table.at(frame as f32 * step), table.at((frame + 1) as f32 * step));
        for card in now.readable().filter(|card| card.visible > 0.9) {
            let same = next.cards.iter().filter(|it| it.id == card.id && it.modifiers == card.modifiers);
            let moved = same.map(|it| it.quad.largest_corner_shift(card.quad)).fold(f32::INFINITY, f32::min);
            assert!(moved < 60.0, "{} moved {moved} pixels at {:.2} s", card.id, now.time);
        }
    }
}

#[test]
fn every_kind_of_card_and_modifier_is_seen_in_a_few_rounds() {
    let table = table([1280, 720]);
    let mut seen = std::collections::BTreeSet::new();
    for half_second in 0..400 {
        for card in table.at(half_second as f32 * 0.5).readable() {
            assert!(card.quad.is_card_shaped(), "{card:?}");
            seen.insert(card.id.split('_').next().unwrap_or_default().to_owned());
            let Modifiers { edition, enhancement, seal, stickers, debuffed } = card.modifiers.clone();
            seen.extend([edition, enhancement, seal, format!("debuffed {debuffed}")]);
            seen.extend(stickers);
        }
    }
    for kind in CardType::ALL {
        assert!(seen.contains(&format!("{kind:?}")), "{kind:?} was not seen in {seen:?}");
    }
    for word in ["foil", "negative", "steel", "red", "eternal", "debuffed true"] {
        assert!(seen.contains(word), "{word} was not seen");
    }
}
