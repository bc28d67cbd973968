//! How keys get their prefixes, and what the loader's classes of cards are by default.
//!
//! `j` before jokers, the mod's prefix before all that is its own: `j_gd_rose`. The rules are the
//! mod loader's.

/// A class of cards.
pub(crate) struct CardClass {
    pub(crate) prefix: &'static str,
    /// None where each card says it.
    pub(crate) set: Option<&'static str>,
    /// The sheet of the game that it has unless it says another.
    pub(crate) sheet: &'static str,
}

const fn class(prefix: &'static str, set: Option<&'static str>, sheet: &'static str) -> CardClass {
    CardClass { prefix, set, sheet }
}

/// By the loader's names.
pub(crate) const CARD_CLASSES: [(&str, CardClass); 12] = [
    ("Joker", class("j", Some("Joker"), "Joker")),
    ("Consumable", class("c", None, "Tarot")),
    ("Tarot", class("c", Some("Tarot"), "Tarot")),
    ("Planet", class("c", Some("Planet"), "Planet")),
    ("Spectral", class("c", Some("Spectral"), "Spectral")),
    ("Voucher", class("v", Some("Voucher"), "Voucher")),
    ("Back", class("b", Some("Back"), "centers")),
    ("Deck", class("b", Some("Back"), "centers")),
    ("Booster", class("p", Some("Booster"), "Booster")),
    ("Enhancement", class("m", Some("Enhanced"), "centers")),
    ("Edition", class("e", Some("Edition"), "Joker")),
    // What mods make kinds of their own from, which say the rest.
    ("Center", class("", None, "")),
];

/// The game's own sheets on which cards lie.
pub(crate) const SHEETS_OF_THE_GAME: [&str; 15] = [
    "Joker",
    "Tarot",
    "Planet",
    "Spectral",
    "Voucher",
    "Booster",
    "centers",
    "cards_1",
    "cards_2",
    "soul",
    "tags",
    "chips",
    "stickers",
    "icons",
    "blind_chips",
];

/// The sheet of the game on which the card of this key lies.
pub(crate) fn sheet_of_the_game(key: &str) -> Option<&'static str> {
    match key.split_once('_')?.0 {
        "j" => Some("Joker"),
        "c" => Some("Tarot"),
        "v" => Some("Voucher"),
        "p" => Some("Booster"),
        "b" | "m" => Some("centers"),
        _ => None,
    }
}

/// The class of this name, if it is one of cards.
pub(crate) fn card_class(name: &str) -> Option<&'static CardClass> {
    CARD_CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| class)
}

/// What is put before a key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Prefixes<'a> {
    pub(crate) of_mod: Option<&'a str>,
    pub(crate) of_class: Option<&'a str>,
}

impl Prefixes<'_> {
    /// The key as the game knows it. What is before it already is not put there twice.
    pub(crate) fn key(&self, key: &str) -> String {
        let mut full = key.to_owned();
        for prefix in [self.of_mod, self.of_class].into_iter().flatten() {
            let is_there = full.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'));
            if !is_there {
                full = format!("{prefix}_{full}");
            }
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_put_once() {
        let cases = [
            ("rose", Some("gd"), Some("j"), "j_gd_rose"),
            ("gd_rose", Some("gd"), Some("j"), "j_gd_rose"),
            ("j_rose", None, Some("j"), "j_rose"),
            ("j_rose", Some("gd"), Some("j"), "j_gd_j_rose"),
            ("gdrose", Some("gd"), None, "gd_gdrose"),
            ("rose", None, None, "rose"),
        ];
        for (key, of_mod, of_class, expected) in cases {
            assert_eq!(Prefixes { of_mod, of_class }.key(key), expected, "{key}");
        }
    }
}
