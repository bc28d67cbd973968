//! A card in words, for tables and images.

use lens_core::catalogue::Catalogue;
use lens_core::modifiers::Modifiers;

/// The card's name for people; one that the catalogue does not list is called by its id.
pub fn name_of<'a>(id: &'a str, catalogue: &'a Catalogue) -> &'a str {
    catalogue.card(id).map_or(id, |card| &card.name)
}

/// What is not plain about a card: `foil, glass, red seal, eternal, debuffed`.
pub fn words_of(modifiers: &Modifiers) -> String {
    let plain = Modifiers::default();
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: &str, plain: &str, suffix: &str| {
        if word != plain {
            words.push(format!("{word}{suffix}"));
        }
    };
    add(&modifiers.edition, &plain.edition, "");
    add(&modifiers.enhancement, &plain.enhancement, "");
    add(&modifiers.seal, &plain.seal, " seal");
    modifiers.stickers.iter().for_each(|sticker| add(sticker, "", ""));
    add(if modifiers.debuffed { "debuffed" } else { "" }, "", "");
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_plain_is_said() {
        assert_eq!(words_of(&Modifiers::default()), "");
        let modifiers = Modifiers {
            edition: "foil".into(),
            enhancement: "glass".into(),
            seal: "red".into(),
            stickers: vec!["eternal".into()],
            debuffed: true,
        };
        assert_eq!(words_of(&modifiers), "foil, glass, red seal, eternal, debuffed");
    }
}
