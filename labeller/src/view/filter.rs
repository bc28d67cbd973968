//! What is shown of a list: a part of the name, a type, and a choice of the page's own.

use egui::{TextEdit, Ui};
use lens_core::catalogue::CardType;

use super::theme;
use super::tile::search_field;
use crate::intent::{Doubt, FromMod, Intent, Page, Shown};
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
        of_mods(labeller, &mut shown, ui);
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
            Page::Frames | Page::Bin | Page::Train | Page::Mods => {}
        }
        if shown != Shown::default() && ui.button("Show all").clicked() {
            shown = Shown::default();
        }
    });
    if shown != before {
        intents.push(Intent::Filter(Box::new(shown)));
    }
}

/// Whose cards, where there are mods.
fn of_mods(labeller: &Labeller, shown: &mut Shown, ui: &mut Ui) {
    let mods = || labeller.modded.mods().iter().filter(|it| !it.cards.is_empty());
    if mods().next().is_none() && shown.from_mod == FromMod::Any {
        return;
    }
    let name = match &shown.from_mod {
        FromMod::Any => "All mods".to_owned(),
        FromMod::NoMod => "No mod".to_owned(),
        FromMod::Mod(id) => mods().find(|it| it.id == *id).map_or_else(|| id.clone(), |it| it.name.clone()),
    };
    theme::choice(ui, "Mod", &name, 96.0, |ui| {
        ui.selectable_value(&mut shown.from_mod, FromMod::Any, "All mods");
        ui.selectable_value(&mut shown.from_mod, FromMod::NoMod, "No mod");
        for of_mod in mods() {
            ui.selectable_value(&mut shown.from_mod, FromMod::Mod(of_mod.id.clone()), &of_mod.name);
        }
    });
}
