//! Below the keys of `[mods]`: which folder is read, and the mods in it, each with a switch.
//!
//! Reading takes seconds the first time, so a thread does it; what was read is kept on the disk and
//! shared with the running overlay.

use egui::{RichText, Ui};
use lens_core::catalogue::Catalogue;
use lens_core::causes;
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use mods::{Library, Mod, State, language};
use toml_edit::{Array, Value};

use crate::messages::mailbox::Mailbox;
use crate::messages::worker::{self, Worker};
use crate::recognition::modded::Wanted;
use crate::recognition::model;
use crate::settings::Settings;
use crate::settings::mods::Mods;

/// The model when nobody chose one.
const USUAL_MODEL: &str = "balatro";

/// The mods that were read for the page.
#[derive(Default)]
pub(super) struct ModsPage {
    /// What is being read, or was.
    asked: Option<Mods>,
    /// Whether an answer is to come.
    waits: bool,
    answers: Mailbox<Answer>,
    shown: Option<Answer>,
    worker: Option<Worker>,
}

/// The mods; `None` where there is no folder, a text where it cannot be read.
type Answer = Result<Option<Library>, String>;

impl ModsPage {
    /// Takes in what was read, and reads anew where the settings name another folder.
    pub(super) fn look(&mut self, settings: &Settings) {
        if let Some(answer) = self.answers.try_take() {
            (self.shown, self.waits) = (Some(answer), false);
        }
        // Which of them are left out does not matter: all of them are listed.
        let wanted = Mods { off: Vec::new(), ..settings.mods.clone() };
        if self.waits || self.asked.as_ref() == Some(&wanted) {
            return;
        }
        self.asked = Some(wanted.clone());
        let name = settings.recognition.model.clone().unwrap_or_else(|| USUAL_MODEL.to_owned());
        let wanted = Wanted::new(wanted, language::wanted(&settings.language));
        let answers = self.answers.clone();
        match worker::spawn("mods", move || answers.put(read(&name, &wanted))) {
            Ok(worker) => (self.worker, self.waits) = (Some(worker), true),
            Err(error) => self.shown = Some(Err(error.to_string())),
        }
    }

    /// Shows them; returns the ids of those that are left out, when a switch was turned.
    pub(super) fn show(&self, settings: &Settings, ui: &mut Ui) -> Option<Value> {
        ui.add_space(12.0);
        ui.separator();
        let library = match &self.shown {
            _ if self.waits => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("Reading the mods");
                });
                return None;
            }
            None => return None,
            Some(Err(error)) => {
                ui.colored_label(ui.visuals().warn_fg_color, error);
                return None;
            }
            Some(Ok(None)) => {
                ui.label("No mods are read: there is no Mods folder, or none is wanted");
                return None;
            }
            Some(Ok(Some(library))) => library,
        };
        ui.label(format!("{} in {}", counted(library.mods.len(), "mod"), library.folder.display()));
        let mut left_out = None;
        for of_mod in &library.mods {
            left_out = row(of_mod, settings, ui).or(left_out);
        }
        for note in &library.notes {
            ui.weak(note);
        }
        left_out
    }
}

/// A mod, its switch, and what it brings.
fn row(of_mod: &Mod, settings: &Settings, ui: &mut Ui) -> Option<Value> {
    let off = &settings.mods.off;
    let brings = match &of_mod.state {
        State::On => counted(of_mod.cards.len(), "card"),
        State::Off(why) => format!("off: {why}"),
        State::Broken(why) => format!("broken: {why}"),
    };
    let mut left_out = None;
    ui.horizontal_wrapped(|ui| {
        let is_usable = of_mod.state == State::On;
        let mut is_read = is_usable && !off.contains(&of_mod.id);
        let switch = ui.add_enabled(is_usable, egui::Checkbox::new(&mut is_read, &of_mod.name));
        ui.label(RichText::new(format!("{}, {brings}", of_mod.id)).weak());
        if switch.changed() {
            let mut next: Vec<&str> =
                off.iter().map(String::as_str).filter(|id| *id != of_mod.id.as_str()).collect();
            if !is_read {
                next.push(&of_mod.id);
            }
            left_out = Some(Value::Array(next.into_iter().collect::<Array>()));
        }
    });
    left_out
}

fn read(model: &str, wanted: &Wanted) -> Answer {
    let catalogue = || -> anyhow::Result<Catalogue> {
        let manifest = Manifest::read(&model::folder(model))?;
        Ok(Catalogue::read(&lens_core::paths::catalogue(&manifest.catalogue))?)
    };
    let catalogue = catalogue().map_err(|error| causes::said_once(error.chain()))?;
    wanted.read(&catalogue).map_err(|error| error.to_string())
}
