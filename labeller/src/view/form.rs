//! The form: suggestions, name with completions, and everything else that is on a card.

use egui::{ComboBox, TextEdit, Ui};
use lens_core::catalogue::{CardType, ModifierArt};

use super::tile::name_field;
use crate::completion;
use crate::window::{Intent, Labeller};

const RARITIES: [&str; 4] = ["Common", "Uncommon", "Rare", "Legendary"];

/// The model's guesses as numbered buttons.
pub(super) fn suggestions(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.strong("Suggestions");
    let suggestions = labeller.suggestions();
    if suggestions.is_empty() {
        ui.weak("None: type a name");
    }
    for (number, it) in suggestions.iter().enumerate() {
        let text = format!("{}  {}  {:.0}%", number + 1, it.name, it.probability * 100.0);
        let is_taken = labeller.form.name == it.name;
        if ui.selectable_label(is_taken, text).clicked() {
            intents.push(Intent::Suggest(number));
        }
    }
}

pub(super) fn form(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let label = ui.strong("Name");
    let edit = TextEdit::singleline(&mut labeller.form.name)
        .id(name_field())
        .hint_text("type a name")
        .desired_width(f32::INFINITY);
    let output = edit.show(ui);
    let response = output.response.response.labelled_by(label.id);
    if response.gained_focus() {
        // A name that was begun by a key goes on behind what is there.
        let mut state = output.state;
        let end = egui::text::CCursor::new(labeller.form.name.chars().count());
        state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
        state.store(ui.ctx(), name_field());
    }
    if response.changed() {
        labeller.completion = 0;
    }
    if response.has_focus() {
        let found = completion::complete(&labeller.form.name, &labeller.catalogue);
        for (number, card) in found.iter().enumerate() {
            let text = format!("{} ({})", card.name, card.card_type.name());
            if ui.selectable_label(number == labeller.completion, text).clicked() {
                intents.push(Intent::Complete(number));
            }
        }
    }
    let catalogue = std::sync::Arc::clone(&labeller.catalogue);
    let listed = labeller.form.card(&catalogue).cloned();
    let (form, stated) = (&mut labeller.form, &mut labeller.stated);
    match &listed {
        Some(card) => {
            let rarity = card.rarity.as_deref().map(|it| format!(", {it}")).unwrap_or_default();
            ui.weak(format!("{}{rarity}", card.card_type.name()));
        }
        None => {
            let types = CardType::ALL.map(CardType::name);
            choice(ui, "Type", &mut form.card_type, &types, "");
            choice(ui, "Rarity", &mut form.rarity, &RARITIES, "");
        }
    }
    ui.add_space(6.0);
    let words = &catalogue.modifiers;
    let list = |art: &'_ [ModifierArt]| art.iter().map(|it| it.word.clone()).collect::<Vec<_>>();
    let modifiers = &mut form.modifiers;
    let editions: Vec<&str> = words.editions.iter().map(String::as_str).collect();
    if choice(ui, "Edition", &mut modifiers.edition, &editions, "base") {
        stated.edition = Some(modifiers.edition.clone());
    }
    let playing = listed.as_ref().is_none_or(|card| card.card_type == CardType::Playing);
    if playing {
        let enhancements = list(&words.enhancements);
        let seals = list(&words.seals);
        let strs =
            |list: &'_ [String]| list.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let (enhancements, seals) = (strs(&enhancements), strs(&seals));
        if choice(ui, "Enhancement", &mut modifiers.enhancement, &refs(&enhancements), "none") {
            stated.enhancement = Some(modifiers.enhancement.clone());
        }
        if choice(ui, "Seal", &mut modifiers.seal, &refs(&seals), "none") {
            stated.seal = Some(modifiers.seal.clone());
        }
    }
    if listed.as_ref().is_none_or(|card| card.card_type == CardType::Joker) {
        ui.horizontal_wrapped(|ui| {
            for sticker in list(&words.stickers) {
                let mut worn = modifiers.stickers.contains(&sticker);
                if ui.checkbox(&mut worn, &sticker).changed() {
                    modifiers.stickers.retain(|it| *it != sticker);
                    if worn {
                        modifiers.stickers.push(sticker);
                    }
                }
            }
        });
    }
    ui.checkbox(&mut modifiers.debuffed, "debuffed");
}

fn refs(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// A list of words, of which one is chosen. Returns whether somebody just chose, be it the one that
/// was there.
fn choice(ui: &mut Ui, name: &str, value: &mut String, words: &[&str], plain: &str) -> bool {
    let mut is_chosen = false;
    let shown = if value.is_empty() { "not said" } else { value.as_str() }.to_owned();
    ComboBox::from_label(name).selected_text(shown).show_ui(ui, |ui| {
        if plain.is_empty() {
            is_chosen |= ui.selectable_value(value, String::new(), "not said").clicked();
        }
        for word in words {
            is_chosen |= ui.selectable_value(value, (*word).to_owned(), *word).clicked();
        }
    });
    is_chosen
}
