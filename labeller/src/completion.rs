//! Finds a card by a part of its name, also when letters are missing.

use lens_core::catalogue::{Card, Catalogue};

/// Cards that are offered.
pub const MAX_COMPLETIONS: usize = 6;

/// The cards whose name fits what was typed, best first; none for nothing. Of those that fit as
/// well as each other the `likely` ones come first, as they are listed.
pub fn complete<'a>(typed: &str, catalogue: &'a Catalogue, likely: &[String]) -> Vec<&'a Card> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let rank = |card: &Card| likely.iter().position(|id| *id == *card.id).unwrap_or(likely.len());
    let mut found: Vec<(u32, &Card)> = catalogue
        .cards
        .iter()
        .filter_map(|card| Some((cost(&typed, &card.name.to_lowercase())?, card)))
        .collect();
    found.sort_by_key(|(cost, card)| (*cost, rank(card), card.name.len()));
    found.into_iter().take(MAX_COMPLETIONS).map(|(_, card)| card).collect()
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
            let found = complete(typed, &catalogue, &[]);
            assert_eq!(found.first().map(|card| card.name.as_str()), Some(want), "{typed}");
        };
        for card in &catalogue.cards {
            check(&card.name, &card.name);
        }
        check("ace of h", "Ace of Hearts");
        check("kng of sp", "King of Spades");
        assert!(complete("qqqq", &catalogue, &[]).is_empty() && complete("  ", &catalogue, &[]).is_empty());
    }

    #[test]
    fn what_the_model_thinks_likely_is_offered_first_where_it_fits_as_well() {
        let catalogue = synth::practice::catalogue();
        let likely = ["H_7", "D_7", "x_owl"].map(str::to_owned);
        let names = |typed: &str| -> Vec<String> {
            complete(typed, &catalogue, &likely).into_iter().map(|card| card.name.clone()).collect()
        };
        let hearts = names("hearts");
        assert_eq!((hearts[0].as_str(), hearts.len()), ("7 of Hearts", MAX_COMPLETIONS));
        assert_eq!(names("7")[..2], ["7 of Hearts", "7 of Diamonds"]);
        assert_eq!(names("king of h")[0], "King of Hearts", "what fits better goes before");
    }
}
