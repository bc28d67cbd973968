//! The cards that a few letters may mean, likeliest first. Pure.

use lens_core::catalogue::{Card, Catalogue};

/// Cards that are offered at once.
pub const MAX_OFFERED: usize = 8;

/// The cards that `typed` may mean. Without letters they are the guesses.
///
/// What begins with the letters comes first, then names of which a word does, then those that have
/// them somewhere, then those that have them one after the other: `4d` is the 4 of Diamonds.
pub fn find<'a>(catalogue: &'a Catalogue, typed: &str, guesses: &[String]) -> Vec<&'a Card> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return guesses.iter().filter_map(|id| catalogue.card(id)).take(MAX_OFFERED).collect();
    }
    let mut found: Vec<(u8, usize, &Card)> = catalogue
        .cards
        .iter()
        .filter_map(|card| {
            let rank = rank(&card.name.to_lowercase(), &typed)?;
            // Of equals, what the model thought of comes first.
            let guess = guesses.iter().position(|id| **id == *card.id).unwrap_or(guesses.len());
            Some((rank, guess, card))
        })
        .collect();
    found.sort_by_key(|(rank, guess, card)| (*rank, *guess, card.name.len()));
    found.into_iter().map(|(.., card)| card).take(MAX_OFFERED).collect()
}

fn rank(name: &str, typed: &str) -> Option<u8> {
    match () {
        () if name.starts_with(typed) => Some(0),
        () if name.split(' ').any(|word| word.starts_with(typed)) => Some(1),
        () if are_words_begun(name, typed) => Some(2),
        () if are_beginnings(name, typed) => Some(3),
        () if name.contains(typed) => Some(4),
        () if is_in_order(name, typed) => Some(5),
        () => None,
    }
}

/// Whether each typed word begins one of the name's, in order; words may be left out.
fn are_words_begun(name: &str, typed: &str) -> bool {
    let mut words = name.split([' ', '-']);
    typed.split_whitespace().all(|begun| words.any(|word| word.starts_with(begun)))
}

/// Whether each letter begins a word, in order; words may be left out.
fn are_beginnings(name: &str, typed: &str) -> bool {
    let mut words = name.split([' ', '-']).filter_map(|word| word.chars().next());
    typed.chars().filter(|letter| *letter != ' ').all(|letter| words.any(|first| first == letter))
}

fn is_in_order(name: &str, typed: &str) -> bool {
    let mut letters = name.chars();
    typed.chars().filter(|letter| *letter != ' ').all(|letter| letters.any(|it| it == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, guesses: &[&str], want: &str) {
        let catalogue = synth::practice::catalogue();
        let guesses: Vec<String> = guesses.iter().map(|id| (*id).to_owned()).collect();
        let found = find(&catalogue, typed, &guesses);
        assert_eq!(found.first().map(|card| &*card.id), Some(want), "{typed:?}");
        assert!(found.len() <= MAX_OFFERED);
    }

    #[test]
    fn a_few_letters_find_the_card() {
        check("4d", &[], "D_4");
        check("ace of h", &[], "H_A");
        check("king s", &[], "S_K");
        check("", &["S_Q", "S_K"], "S_Q");
        check("ace", &["C_A"], "C_A");
        let catalogue = synth::practice::catalogue();
        assert!(find(&catalogue, "qqqq", &[]).is_empty());
        for card in &catalogue.cards {
            assert_eq!(find(&catalogue, &card.name, &[])[0].name, card.name, "its whole name finds it");
        }
    }
}
