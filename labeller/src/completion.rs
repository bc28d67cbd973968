//! Finds a card by a part of its name, also when letters are missing.

use lens_core::catalogue::{Card, Catalogue};

/// Cards that are offered.
pub const MAX_COMPLETIONS: usize = 6;

/// The cards whose name fits what was typed, best first; none for nothing.
pub fn complete<'a>(typed: &str, catalogue: &'a Catalogue) -> Vec<&'a Card> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u32, usize, &Card)> = catalogue
        .cards
        .iter()
        .filter_map(|card| Some((cost(&typed, &card.name.to_lowercase())?, card.name.len(), card)))
        .collect();
    found.sort_by_key(|(cost, length, _)| (*cost, *length));
    found.into_iter().take(MAX_COMPLETIONS).map(|(_, _, card)| card).collect()
}

/// How badly a name fits; nothing when it does not.
fn cost(typed: &str, name: &str) -> Option<u32> {
    if name.starts_with(typed) {
        return Some(0);
    }
    if name.split([' ', '-']).any(|word| word.starts_with(typed)) {
        return Some(1);
    }
    if name.contains(typed) {
        return Some(2);
    }
    // The letters in order with gaps: a gap costs one, a letter that is not there rules the name
    // out.
    let mut letters = name.chars().peekable();
    let mut gaps = 0;
    for wanted in typed.chars().filter(|letter| !letter.is_whitespace()) {
        if letters.peek() != Some(&wanted) {
            gaps += 1;
        }
        letters.find(|letter| *letter == wanted)?;
    }
    (gaps <= 1 + typed.chars().count() as u32 / 2).then_some(2 + gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_beginning_word_part_and_letters() {
        let catalogue = synth::practice::catalogue();
        let check = |typed: &str, want: &str| {
            let found = complete(typed, &catalogue);
            assert_eq!(found.first().map(|card| card.name.as_str()), Some(want), "{typed}");
        };
        for card in &catalogue.cards {
            check(&card.name, &card.name);
        }
        check("ace of h", "Ace of Hearts");
        check("kng of sp", "King of Spades");
        assert!(complete("qqqq", &catalogue).is_empty() && complete("  ", &catalogue).is_empty());
    }
}
