//! The form: suggestions, name with completions, and everything else that is on a card.

use std::sync::Arc;

use egui::{CornerRadius, Rect, RichText, Sense, TextEdit, Ui, vec2};
use lens_core::catalogue::{CardType, ModifierArt};
use lens_core::modifiers::NONE;

use super::theme::{self, ACCENT, FAINT, GOOD, GROUND, HOVERED, RAISED, TEXT};
use super::tile::name_field;
use crate::form::Suggestion;
use crate::intent::{Intent, Page};
use crate::reading::Origin;
use crate::window::Labeller;

const RARITIES: [&str; 4] = ["Common", "Uncommon", "Rare", "Legendary"];

/// What the number of a suggestion means, in words: two scales read differently.
pub(super) fn number(it: &Suggestion) -> String {
    match it.origin {
        Origin::Model => format!("model {:.0}%", it.number * 100.0),
        Origin::Taught => format!("taught, {:.0}% alike", it.number * 100.0),
    }
}

/// The guesses as numbered rows, with a bar for what is a probability.
pub(super) fn suggestions(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    theme::section(ui, "Suggestions");
    let suggestions = labeller.suggestions();
    if suggestions.is_empty() {
        ui.weak("None: type a name");
    }
    for (place, it) in suggestions.iter().enumerate() {
        let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::click());
        let text = format!("{}  {}  {}", place + 1, it.name, number(it));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
        let is_taken = labeller.form.name == it.name;
        let painter = ui.painter();
        let radius = CornerRadius::same(5);
        painter.rect_filled(area, radius, if response.hovered() || is_taken { HOVERED } else { RAISED });
        if is_taken {
            let stroke = egui::Stroke::new(1.5, ACCENT);
            painter.rect_stroke(area, radius, stroke, egui::StrokeKind::Inside);
        }
        let card = labeller.catalogue.card(&it.id);
        let colour = theme::of_type(card.map(|card| card.card_type));
        let key = Rect::from_center_size(area.left_center() + vec2(17.0, 0.0), vec2(19.0, 19.0));
        painter.rect_filled(key, CornerRadius::same(3), GROUND);
        let middle = egui::Align2::CENTER_CENTER;
        painter.text(key.center(), middle, (place + 1).to_string(), theme::name_font(11.5), FAINT);
        let clipped = painter.with_clip_rect(area.intersect(ui.clip_rect()));
        let at = area.left_center() + vec2(36.0, 0.0);
        let (font, width) = (theme::name_font(13.0), area.right() - 6.0 - at.x);
        theme::write(&clipped, at, egui::Align2::LEFT_BOTTOM, &it.name, font, TEXT, width);
        let small = egui::FontId::proportional(11.5);
        let words = clipped.text(at + vec2(0.0, 2.0), egui::Align2::LEFT_TOP, number(it), small, colour);
        if it.origin == Origin::Model {
            let track = Rect::from_min_max(
                egui::pos2(words.right() + 8.0, words.center().y - 2.0),
                egui::pos2(area.right() - 10.0, words.center().y + 2.0),
            );
            painter.rect_filled(track, CornerRadius::same(2), GROUND);
            let done = Rect::from_min_size(track.min, vec2(track.width() * it.number.clamp(0.0, 1.0), 4.0));
            painter.rect_filled(done, CornerRadius::same(2), colour);
        }
        if response.clicked() {
            intents.push(Intent::Suggest(place));
        }
    }
}

pub(super) fn form(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let label = ui.horizontal(|ui| {
        let label = ui.label(RichText::new("NAME").font(theme::name_font(10.5)).color(FAINT));
        ui.label(RichText::new("letters begin it").small().color(FAINT));
        label
    });
    let edit = TextEdit::singleline(&mut labeller.form.name)
        .id(name_field())
        .font(theme::name_font(14.0))
        .margin(egui::Margin::symmetric(8, 6))
        .hint_text("type a name")
        .desired_width(f32::INFINITY);
    let output = edit.show(ui);
    let response = output.response.response.labelled_by(label.inner.id);
    if response.gained_focus() {
        // A name that was begun by a key goes on behind what is there.
        let mut state = output.state;
        let end = egui::text::CCursor::new(labeller.form.name.chars().count());
        state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
        state.store(ui.ctx(), name_field());
    }
    if response.changed() {
        labeller.forget_new_name();
        (labeller.completion, labeller.is_begun) = (0, true);
        // The button below was drawn before, with the name as it was.
        ui.ctx().request_repaint();
    }
    let completions = labeller.completions();
    let is_begun = !completions.is_empty();
    for (number, card) in completions.iter().enumerate() {
        let is_chosen = number == labeller.completion;
        let colour = theme::of_type(Some(card.card_type));
        let mut text = egui::text::LayoutJob::default();
        theme::name(&card.name).append_to(
            &mut text,
            ui.style(),
            egui::FontSelection::Default,
            egui::Align::Center,
        );
        let kind = RichText::new(format!("  {}", card.card_type.name())).color(colour);
        kind.append_to(&mut text, ui.style(), egui::FontSelection::Default, egui::Align::Center);
        if ui.selectable_label(is_chosen, text).clicked() {
            intents.push(Intent::Complete(number));
        }
    }
    let catalogue = Arc::clone(&labeller.catalogue);
    let listed = labeller.form.card(&catalogue).cloned();
    match &listed {
        Some(card) => drop(ui.horizontal(|ui| {
            theme::chip(ui, card.card_type.name(), theme::of_type(Some(card.card_type)));
            if let Some(rarity) = &card.rarity {
                theme::chip(ui, rarity, FAINT);
            }
        })),
        None if labeller.form.is_not_a_card() => {
            ui.weak("An example of what not to find");
            return;
        }
        None => {
            if !is_begun && !labeller.form.name.trim().is_empty() {
                theme::chip(ui, "in no catalogue", theme::WARNING);
            }
            let types = CardType::ALL.map(CardType::name);
            ui.horizontal(|ui| {
                choice(ui, "Type of card", &mut labeller.form.card_type, &types, "any type");
                choice(ui, "Rarity", &mut labeller.form.rarity, &RARITIES, "any rarity");
            });
        }
    }
    worn(labeller, ui, listed.as_ref().map(|card| card.card_type));
}

/// What is on the card, as words to be chosen.
fn worn(labeller: &mut Labeller, ui: &mut Ui, card_type: Option<CardType>) {
    let catalogue = Arc::clone(&labeller.catalogue);
    let words = &catalogue.modifiers;
    let is_page_of_groups = labeller.page == Page::Label;
    let (form, stated) = (&mut labeller.form, &mut labeller.stated);
    let modifiers = &mut form.modifiers;
    let list = |art: &'_ [ModifierArt]| art.iter().map(|it| it.word.clone()).collect::<Vec<String>>();
    let hint = if is_page_of_groups { "Ctrl+1 to Ctrl+5" } else { "as each is, unless you choose" };
    if one_of(ui, "Edition", hint, &mut modifiers.edition, &words.editions) {
        stated.edition = Some(modifiers.edition.clone());
    }
    if card_type.is_none_or(|it| it == CardType::Playing) {
        if one_of(ui, "Enhancement", "", &mut modifiers.enhancement, &list(&words.enhancements)) {
            stated.enhancement = Some(modifiers.enhancement.clone());
        }
        if one_of(ui, "Seal", "", &mut modifiers.seal, &list(&words.seals)) {
            stated.seal = Some(modifiers.seal.clone());
        }
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        if card_type.is_none_or(|it| it == CardType::Joker) {
            for sticker in list(&words.stickers) {
                let mut worn = modifiers.stickers.contains(&sticker);
                if ui.checkbox(&mut worn, &sticker).changed() {
                    modifiers.stickers.retain(|it| *it != sticker);
                    if worn {
                        modifiers.stickers.push(sticker);
                    }
                }
            }
        }
        ui.checkbox(&mut modifiers.debuffed, "debuffed");
    });
}

/// Words of which one holds, as small buttons. Returns whether somebody just chose, be it the one
/// that was there.
fn one_of(ui: &mut Ui, name: &str, hint: &str, value: &mut String, words: &[String]) -> bool {
    let mut is_chosen = false;
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        theme::section(ui, name);
        ui.label(RichText::new(hint).small().color(FAINT));
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        ui.spacing_mut().button_padding = vec2(7.0, 2.0);
        for word in words {
            let is_it = word == value;
            let colour = if is_it { GROUND } else { theme::of_edition(word) };
            let text = RichText::new(if word == NONE { "none" } else { word }).size(12.5).color(colour);
            let fill = if !is_it {
                RAISED
            } else if theme::of_edition(word) == TEXT {
                GOOD
            } else {
                theme::of_edition(word)
            };
            if ui.add(egui::Button::new(text).fill(fill)).clicked() {
                value.clone_from(word);
                is_chosen = true;
            }
        }
    });
    is_chosen
}

/// A list of words, of which one is chosen, or none.
fn choice(ui: &mut Ui, name: &str, value: &mut String, words: &[&str], none: &str) {
    let shown = if value.is_empty() { none } else { value.as_str() }.to_owned();
    theme::choice(ui, name, &shown, 108.0, |ui| {
        ui.selectable_value(value, String::new(), none);
        for word in words {
            ui.selectable_value(value, (*word).to_owned(), *word);
        }
    });
}
