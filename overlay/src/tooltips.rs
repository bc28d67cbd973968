//! What a card does, in the player's language: read from the texts of the player's own copy of the
//! game.
//!
//! `trainer import-art` puts `localization/*.lua` and `game.lua` into the folder of a game's art.
//! They are read as data by `lua`, never run. [`Localisation`] finds the texts of a card;
//! [`Localisation::words`] puts together what is shown of it.

mod lua;
mod text;

use std::path::Path;

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::modifiers::NONE;

use lua::Value;
use marks::scene::colour::{self, Colour};
use marks::scene::label::{self, DETAIL, NAME, Piece};
use marks::scene::mark_style::MarkStyle;
use marks::scene::panel::Words;
use marks::scene::style::Palette;
use mods::language;
use tracking::track::Track;
use vision::reading::Identity;

/// The game's texts; empty when they were not imported.
#[derive(Clone, Debug, Default)]
pub struct Localisation {
    descriptions: Option<Value>,
    /// The rules' own numbers, by card.
    centres: Option<Value>,
    fault: Option<String>,
}

/// Longest list of guesses.
const MAX_GUESSES: usize = 4;

impl Localisation {
    /// Reads the texts in a folder of a game's art, in the language that a setting asks for.
    pub fn open(folder: &Path, language: &str) -> Self {
        let language = language::wanted(language);
        let read = |file: &str| std::fs::read_to_string(folder.join(file));
        let wanted = format!("localization/{language}.lua");
        let (file, text) = match read(&wanted) {
            Ok(text) => (wanted, text),
            Err(_) => match read("localization/en-us.lua") {
                Ok(text) => ("localization/en-us.lua".to_owned(), text),
                Err(_) => return Self::default(),
            },
        };
        let mut texts = Self::default();
        match lua::returned(&text) {
            Ok(table) => texts.descriptions = table.get("descriptions").cloned(),
            Err(error) => texts.fault = Some(format!("{file}, line {}: {}", error.line, error.what)),
        }
        // Without the rules, numbers are left open.
        texts.centres = read("game.lua").ok().and_then(|text| lua::assigned(&text, "P_CENTERS").ok());
        texts
    }

    /// Name and effect of something in one of the game's sections.
    fn entry(&self, sections: &[&str], key: &str) -> Option<(&str, Vec<&str>)> {
        let descriptions = self.descriptions.as_ref()?;
        let entry = sections.iter().find_map(|section| descriptions.get(section)?.get(key))?;
        let lines = entry.get("text").map(Value::strings).unwrap_or_default();
        Some((entry.get("name").and_then(Value::string).unwrap_or_default(), lines))
    }

    /// The number that stands for `#1#` in a text that has no other, when the rules know only one
    /// for this card.
    fn number(&self, key: &str, lines: &[&str]) -> Option<f64> {
        let single =
            lines.iter().all(|line| !line.contains("#2#")) && lines.iter().any(|it| it.contains("#1#"));
        let numbers = self.centres.as_ref()?.get(key)?.get("config")?.numbers();
        match numbers[..] {
            [number] if single => Some(number),
            _ => None,
        }
    }

    /// Adds the effect of an entry to `lines`.
    fn effect(&self, sections: &[&str], key: &str, lines: &mut Vec<Vec<Piece>>) -> bool {
        let Some((_, text)) = self.entry(sections, key).filter(|(_, text)| !text.is_empty()) else {
            return false;
        };
        let number = self.number(key, &text);
        lines.extend(text.iter().map(|line| text::pieces(line, number)));
        true
    }

    /// What a card does, a line each; nothing where the texts are not there or do not list it.
    pub fn text(&self, id: &str, catalogue: &Catalogue) -> Vec<String> {
        let plain = |line: Vec<Piece>| line.into_iter().map(|(text, ..)| text).collect::<String>();
        let Some(card) = catalogue.card(id) else { return Vec::new() };
        let mut lines = Vec::new();
        match &card.from_mod {
            Some(from_mod) => lines.extend(from_mod.text.iter().map(|line| text::pieces(line, None))),
            None => _ = self.effect(sections(Some(card.card_type)), id, &mut lines),
        }
        lines.into_iter().map(plain).collect()
    }

    /// What is shown of a card: name, kind, effect, what is on it, and why it has this name.
    pub fn words(&self, track: &Track, catalogue: &Catalogue, palette: &Palette) -> Words {
        let style = MarkStyle::new(track, catalogue, palette);
        let detail = |text: String, colour: Colour| vec![(text, DETAIL, colour)];
        let mut lines = Vec::new();
        let card = track.identity.id().and_then(|id| catalogue.card(id));
        match &track.identity {
            Identity::Unknown { .. } => lines.push(vec![("An unknown card".to_owned(), NAME, colour::TEXT)]),
            Identity::Known { id, .. } => {
                let own = self.entry(sections(card.map(|card| card.card_type)), id).map(|(name, _)| name);
                match own.filter(|name| !name.is_empty()) {
                    Some(name) => lines.push(vec![(name.to_owned(), NAME, colour::TEXT)]),
                    None => lines.push(label::name(id, catalogue)),
                }
            }
        }
        if let Some(card) = card {
            let rarity = card.rarity.iter().cloned();
            let cost = card.cost.iter().map(|cost| format!("${cost}"));
            let kind = match &card.from_mod {
                Some(from_mod) if !from_mod.kind.is_empty() => from_mod.kind.clone(),
                _ => card.card_type.name().to_owned(),
            };
            let kind = std::iter::once(kind).chain(rarity).chain(cost);
            lines.push(detail(kind.collect::<Vec<_>>().join(" · "), style.accent));
            if let Some(from_mod) = &card.from_mod {
                lines.extend(from_mod.text.iter().map(|line| text::pieces(line, None)));
                lines.push(detail(format!("From {}", from_mod.name), colour::FAINT));
            } else if !self.effect(sections(Some(card.card_type)), &card.id, &mut lines)
                && card.card_type != CardType::Playing
            {
                lines.push(detail(self.excuse(), colour::FAINT));
            }
        }
        self.modifiers(track, palette, &mut lines);
        for (index, guess) in track.guesses.iter().take(MAX_GUESSES).enumerate() {
            let name = catalogue.card(&guess.id).map_or(guess.id.as_str(), |card| &card.name);
            let percent = (guess.probability * 100.0).clamp(0.0, 99.0);
            let lead = if index == 0 { "Looks like " } else { "or " };
            lines.push(detail(format!("{lead}{name} {percent:.0}%"), colour::FAINT));
        }
        Words { lines, accent: style.accent }
    }

    /// Edition, enhancement, seal and stickers, each with what it does.
    fn modifiers(&self, track: &Track, palette: &Palette, lines: &mut Vec<Vec<Piece>>) {
        let modifiers = &track.modifiers;
        let mut words = label::words(modifiers, palette).into_iter();
        let edition = match modifiers.edition.as_str() {
            "holographic" => "e_holo".to_owned(),
            edition => format!("e_{edition}"),
        };
        let mut keys: Vec<(&[&str], String)> = Vec::new();
        if palette.of_edition(&modifiers.edition).is_some() {
            keys.push((&["Edition"], edition));
        }
        if modifiers.enhancement != NONE {
            keys.push((&["Enhanced"], format!("m_{}", modifiers.enhancement)));
        }
        if modifiers.seal != NONE {
            keys.push((&["Other"], format!("{}_seal", modifiers.seal)));
        }
        keys.extend(modifiers.stickers.iter().map(|sticker| (&["Other"] as &[&str], sticker.clone())));
        for (sections, key) in keys {
            if let Some((word, colour)) = words.next() {
                lines.push(vec![(word, DETAIL, colour)]);
            }
            self.effect(sections, &key, lines);
        }
        lines.extend(words.map(|(word, colour)| vec![(word, DETAIL, colour)]));
    }

    /// Why there is no effect text.
    fn excuse(&self) -> String {
        match (&self.fault, &self.descriptions) {
            (Some(fault), _) => format!("The game's texts cannot be read: {fault}"),
            (None, None) => "For what it does: trainer import-art, with your own copy of the game".to_owned(),
            (None, Some(_)) => "The game's texts do not list it".to_owned(),
        }
    }
}

/// Where the game keeps the texts of a type.
fn sections(card_type: Option<CardType>) -> &'static [&'static str] {
    match card_type {
        Some(CardType::Joker) => &["Joker"],
        Some(CardType::Tarot) => &["Tarot"],
        Some(CardType::Planet) => &["Planet"],
        Some(CardType::Spectral) => &["Spectral"],
        Some(CardType::Voucher) => &["Voucher"],
        Some(CardType::Booster) => &["Other"],
        Some(CardType::Deck) => &["Back"],
        Some(CardType::Playing) => &["Enhanced"],
        None => &["Joker", "Tarot", "Planet", "Spectral", "Voucher", "Other", "Back", "Enhanced"],
    }
}

#[cfg(test)]
mod tests;
