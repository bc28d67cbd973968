//! What is seen: one page at a time, keys first.
//!
//! Drawing collects intents; the window carries them out afterwards, so that a frame shows one
//! state.

mod bin;
mod coverage;
mod form;
mod keys;
mod label;
mod tile;
mod verify;

use std::time::Instant;

use egui::{Align, CentralPanel, Color32, Layout, Panel, RichText, Ui};

use crate::window::{Intent, Labeller, Page};

/// For what is odd or missing.
const WARNING: Color32 = Color32::from_rgb(0xff, 0xb3, 0x5c);
/// For what is done.
const GOOD: Color32 = Color32::from_rgb(0x7d, 0xd9, 0x8a);

impl Labeller {
    /// Draws a frame and does what was wanted in it.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.take_news(ui.ctx(), Instant::now());
        let mut intents = keys::wanted(self, ui.ctx());
        Panel::top("pages").show(ui, |ui| self.pages(ui, &mut intents));
        self.notes(ui);
        Panel::bottom("message").show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(self.message.as_deref().unwrap_or("Press ? for the keys"));
            });
        });
        match self.page {
            Page::Label => label::show(self, ui, &mut intents),
            Page::Verify => verify::show(self, ui, &mut intents),
            Page::Coverage => CentralPanel::default().show(ui, |ui| coverage::show(self, ui)).inner,
            Page::Bin => CentralPanel::default().show(ui, |ui| bin::show(self, ui, &mut intents)).inner,
        }
        if self.show_keys {
            keys::show(self, ui.ctx());
        }
        if intents.contains(&Intent::Save) {
            // Not before: letters of the same frame still belong to the name.
            keys::leave_name(ui.ctx());
        }
        for intent in intents {
            self.obey(intent);
            // What a key did is seen in the next frame, which nothing else may cause.
            ui.ctx().request_repaint();
        }
    }

    /// What stays until somebody has read it.
    fn notes(&mut self, ui: &mut Ui) {
        if self.notes.is_empty() {
            return;
        }
        Panel::top("notes").show(ui, |ui| {
            for note in &self.notes {
                ui.label(RichText::new(note).color(WARNING));
            }
            if ui.button("I have read this").clicked() {
                self.notes.clear();
            }
        });
    }

    fn pages(&self, ui: &mut Ui, intents: &mut Vec<Intent>) {
        ui.horizontal(|ui| {
            for page in Page::ALL {
                if ui.selectable_label(self.page == page, page.name()).clicked() {
                    intents.push(Intent::Show(page));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Keys").clicked() {
                    intents.push(Intent::Keys);
                }
                let labelled = self.session.pictures().iter().filter(|it| it.label.is_some() && !it.binned);
                let all = self.session.pictures().iter().filter(|it| !it.binned).count();
                ui.label(format!("{} of {all} named", labelled.count()));
                if self.repository.read_only().is_some() {
                    ui.label(RichText::new("Read-only").color(WARNING));
                }
            });
        });
    }
}
