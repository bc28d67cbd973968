//! The field and the cards that its letters may mean.

use std::cell::RefCell;
use std::rc::Rc;

use egui::{CentralPanel, Key, TextEdit, Ui, ViewportCommand};
use lens_core::catalogue::Catalogue;

use super::search;

/// What is typed and what it may mean.
pub struct NameWindow {
    catalogue: Catalogue,
    guesses: Vec<String>,
    typed: String,
    /// The one of the offered cards that Enter takes.
    marked: usize,
    chosen: Rc<RefCell<Option<String>>>,
    /// Whether the window has been given fonts for names in every script.
    has_fonts: bool,
    /// Where the card lies on the screen, until the window has been put there.
    at: Option<[f32; 2]>,
}

impl NameWindow {
    /// Offers these guesses first; what is chosen is put into `chosen`.
    pub fn new(catalogue: Catalogue, guesses: Vec<String>, chosen: Rc<RefCell<Option<String>>>) -> Self {
        Self { catalogue, guesses, typed: String::new(), marked: 0, chosen, has_fonts: false, at: None }
    }

    /// Goes to where the card lies on the screen.
    pub(super) fn at(self, at: Option<[f32; 2]>) -> Self {
        Self { at, ..self }
    }

    /// Draws a frame; closes the window once something was chosen.
    pub fn ui(&mut self, ui: &mut Ui) {
        if !std::mem::replace(&mut self.has_fonts, true) {
            ui.ctx().add_font_provider(panes::fonts_of_system());
        }
        if let Some(at) = self.at.take() {
            // Only an open window knows its scale.
            let monitor = ui.input(|input| input.viewport().monitor_size).map(Into::into);
            // On macOS the screen is counted in points.
            let scale = if cfg!(target_os = "macos") { 1.0 } else { ui.ctx().pixels_per_point() };
            let place = super::place(at, scale, monitor);
            ui.ctx().send_viewport_cmd(ViewportCommand::OuterPosition(place.into()));
        }
        let (up, down, enter, escape) = ui.input_mut(|input| {
            let none = egui::Modifiers::NONE;
            (
                input.consume_key(none, Key::ArrowUp),
                input.consume_key(none, Key::ArrowDown),
                input.consume_key(none, Key::Enter),
                input.consume_key(none, Key::Escape),
            )
        });
        CentralPanel::default().show(ui, |ui| {
            let field = TextEdit::singleline(&mut self.typed).hint_text("Type a few letters of its name");
            let response = ui.add_sized([ui.available_width(), 24.0], field);
            response.request_focus();
            if response.changed() {
                self.marked = 0;
            }
            let offered = search::find(&self.catalogue, &self.typed, &self.guesses);
            let last = offered.len().saturating_sub(1);
            self.marked = match (up, down) {
                (true, _) => self.marked.saturating_sub(1),
                (_, true) => (self.marked + 1).min(last),
                _ => self.marked.min(last),
            };
            let mut taken = offered.get(self.marked).filter(|_| enter).copied();
            for (index, card) in offered.iter().enumerate() {
                if ui.selectable_label(index == self.marked, &card.name).clicked() {
                    taken = Some(card);
                }
            }
            if offered.is_empty() {
                ui.weak("No card is called so");
            }
            ui.separator();
            ui.weak("Enter takes it, Escape leaves it as it is");
            let is_done = taken.is_some() || escape;
            if let Some(card) = taken {
                self.chosen.replace(Some(card.id.to_string()));
            }
            if is_done {
                ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            }
        });
    }
}

impl eframe::App for NameWindow {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        Self::ui(self, ui);
    }
}
