//! What is seen: one page at a time, keys first.
//!
//! Drawing collects intents; the window carries them out afterwards, so that a frame shows one
//! state.

mod bin;
mod collection;
mod filter;
mod form;
mod frames;
mod keys;
mod label;
mod modded;
mod question;
mod theme;
mod tile;
mod train;
mod verify;

use std::time::Instant;

use egui::{Align, CentralPanel, Layout, Margin, Panel, RichText, Ui};

use crate::intent::{Intent, Page, Tone};
use crate::window::Labeller;
use theme::{FAINT, GOOD, GROUND, TEXT, WARNING};

impl Labeller {
    /// Draws a frame and does what was wanted in it.
    pub fn ui(&mut self, ui: &mut Ui) {
        if !theme::apply(ui.ctx(), self.zoom()) {
            return;
        }
        self.screenshot.lost_keys |= !ui.input(|input| input.focused);
        self.take_news(ui.ctx(), Instant::now());
        let mut intents = keys::wanted(self, ui.ctx());
        let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        // Whoever is asked something answers first.
        let dropped = dropped.filter(|_| !self.is_asked());
        intents.extend(dropped.map(Intent::OpenScreenshot));
        let bar = egui::Frame::new().fill(GROUND).inner_margin(Margin::symmetric(12, 7));
        Panel::top("pages").frame(bar).show(ui, |ui| self.pages(ui, &mut intents));
        self.notes(ui);
        let bar = egui::Frame::new().fill(GROUND).inner_margin(Margin::symmetric(12, 5));
        Panel::bottom("message").frame(bar).show(ui, |ui| self.line(ui));
        let whole = || CentralPanel::default().frame(theme::ground());
        match self.page {
            Page::Label => label::show(self, ui, &mut intents),
            Page::Verify => verify::show(self, ui, &mut intents),
            Page::Collection => collection::show(self, ui, &mut intents),
            Page::Frames => frames::show(self, ui, &mut intents),
            Page::Mods => modded::show(self, ui, &mut intents),
            Page::Train => train::show(self, ui, &mut intents),
            Page::Bin => whole().show(ui, |ui| bin::show(self, ui, &mut intents)).inner,
        }
        if self.show_keys {
            keys::show(self, ui.ctx());
        }
        question::show(self, ui.ctx(), &mut intents);
        if intents.contains(&Intent::Save) {
            // Not before: letters of the same frame still belong to the name.
            keys::leave_name(ui.ctx());
        }
        for intent in intents {
            self.obey(ui.ctx(), intent);
            // What a key did is seen in the next frame, which nothing else may cause.
            ui.ctx().request_repaint();
        }
    }

    /// What stays until somebody has read it.
    fn notes(&mut self, ui: &mut Ui) {
        if self.notes.is_empty() {
            return;
        }
        Panel::top("notes").frame(theme::panel()).show(ui, |ui| {
            for note in &self.notes {
                ui.label(RichText::new(note).color(WARNING));
            }
            if ui.button("I have read this").clicked() {
                self.notes.clear();
            }
        });
    }

    /// What happened last, and where the keys are told.
    fn line(&self, ui: &mut Ui) {
        let colour = match self.tone() {
            Tone::Done => GOOD,
            Tone::Told => FAINT,
            Tone::Warned => WARNING,
        };
        let (text, colour) = self.message().map_or((hint(self.page), FAINT), |text| (text, colour));
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                theme::key(ui, "?");
                ui.label(RichText::new("all keys").color(FAINT));
                // What is long takes another line: the keys are told all the same.
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(text).color(colour)).wrap());
                });
            });
        });
    }

    fn pages(&self, ui: &mut Ui, intents: &mut Vec<Intent>) {
        ui.horizontal(|ui| {
            for (number, page) in Page::ALL.into_iter().enumerate() {
                let is_shown = self.page == page;
                let text = theme::name(page.name()).color(if is_shown { TEXT } else { FAINT });
                if ui.selectable_label(is_shown, text).clicked() {
                    intents.push(Intent::Show(page));
                }
                theme::key(ui, &format!("F{}", number + 1));
                ui.add_space(6.0);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Keys").clicked() {
                    intents.push(Intent::Keys);
                }
                let pictures = || self.session.pictures().iter().filter(|it| !it.binned);
                let (named, all) = (pictures().filter(|it| it.label.is_some()).count(), pictures().count());
                let share = named as f32 / all.max(1) as f32;
                theme::progress(ui, share, &format!("{named} of {all} named"), GOOD, 170.0);
                if let Some(reason) = self.repository.read_only() {
                    ui.label(RichText::new("Read-only").color(WARNING)).on_hover_text(reason);
                }
            });
        });
    }
}

/// What the most used keys of a page do.
fn hint(page: Page) -> &'static str {
    match page {
        Page::Label => "Enter names what agrees, digits take a suggestion",
        Page::Verify => "Click on captures that have the wrong name, type the right one, press Enter",
        Page::Collection => "Click on a card to see its captures",
        Page::Frames => "Choose a card, name it, Ctrl+S saves what has a name",
        Page::Bin => "Ctrl+R restores all, Shift+Delete empties the bin",
        Page::Train => "R trains on what you labelled, Ctrl+Z takes a card back that was forgotten",
        Page::Mods => "Up and down choose a mod, Space turns it off and on",
    }
}
