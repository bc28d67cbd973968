//! What is shown of a list: a part of the name, a type, and a choice of the page's own.

use egui::{TextEdit, Ui};
use lens_core::catalogue::CardType;

use super::theme;
use super::tile::search_field;
use crate::intent::{Doubt, Intent, Page, Shown};
use crate::window::Labeller;

/// Draws the filter of the current page in a line that may break.
pub(super) fn show(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let before = labeller.shown().clone();
    let mut shown = before.clone();
    ui.horizontal_wrapped(|ui| {
        let width = if labeller.page == Page::Label { 104.0 } else { 190.0 };
        TextEdit::singleline(&mut shown.text)
            .id(search_field())
            .hint_text("Search")
            .desired_width(width)
            .show(ui);
        let name = shown.card_type.map_or("All types", CardType::name);
        theme::choice(ui, "Type", name, 96.0, |ui| {
            ui.selectable_value(&mut shown.card_type, None, "All types");
            for card_type in CardType::ALL {
                let text = egui::RichText::new(card_type.name()).color(theme::of_type(Some(card_type)));
                ui.selectable_value(&mut shown.card_type, Some(card_type), text);
            }
        });
        match labeller.page {
            Page::Label => {
                ui.end_row();
                for (doubt, text) in [(Doubt::Any, "All"), (Doubt::Sure, "Sure"), (Doubt::Unsure, "In doubt")]
                {
                    ui.selectable_value(&mut shown.doubt, doubt, text);
                }
            }
            Page::Verify => drop(ui.checkbox(&mut shown.only_odd, "Odd ones only")),
            Page::Collection => drop(ui.checkbox(&mut shown.only_odd, "Missing ones only")),
            Page::Frames | Page::Bin => {}
        }
        if shown != Shown::default() && ui.button("Show all").clicked() {
            shown = Shown::default();
        }
    });
    if shown != before {
        intents.push(Intent::Filter(Box::new(shown)));
    }
}
