//! What changes from outside while the overlay runs: the settings, and the model.

use std::sync::Arc;
use std::time::Instant;

use lens_core::counted::counted;

use super::App;
use crate::desktop::memory;
use crate::recognition::modded::watch::Task;

impl App {
    pub(super) fn use_model(&mut self, name: String) {
        self.model.asked = Some(name.clone());
        self.choices.picked = Some(name);
        self.load();
    }

    /// Opens the model that is chosen now, in the background.
    pub(super) fn load(&mut self) {
        let request = self.choices.request();
        match &self.model.loader {
            Some(loader) => loader.load(request),
            None => self.say("This recogniser cannot be exchanged".to_owned()),
        }
    }

    /// Takes over new settings, or says what is wrong with them.
    pub(super) fn take_settings(&mut self) {
        let settings = match self.services.mailboxes.settings.try_take() {
            None => return,
            Some(Ok(settings)) => settings,
            Some(Err(error)) => {
                let text = error.to_string();
                self.notify(&text);
                log::warn!("{text}");
                self.notices.set_standing("settings", Some(text));
                self.rebuild();
                self.show_tray();
                return;
            }
        };
        let before = self.choices.clone();
        self.choices.take_over(settings);
        self.notices.set_standing("settings", None);
        self.services.threads.set_pace(self.choices.pace());
        if before.request() != self.choices.request() && self.model.loader.is_some() {
            self.load();
        }
        if before.named_providers() != self.choices.named_providers() {
            self.ask_hardware();
        }
        if before.mods() != self.choices.mods() {
            self.read_mods();
        }
        if before.settings.language != self.choices.settings.language {
            self.tooltip.texts = None;
            self.open_texts();
            self.services
                .broadcast
                .explain(&lens_core::paths::data().join("art"), &self.choices.settings.language);
        }
        if before.settings.hotkeys != self.choices.settings.hotkeys {
            self.register_hotkeys();
        }
        if before.settings.inactive != self.choices.settings.inactive {
            self.place();
        }
        if before.settings.api != self.choices.settings.api {
            self.say("[api] of the settings counts from the next start of the overlay".to_owned());
        }
        self.rebuild();
        self.show_tray();
    }

    /// Asks the desktop for the chords of the settings; what it refuses is said.
    pub(super) fn register_hotkeys(&mut self) {
        for fault in self.controls.register(&self.choices.settings.hotkeys, self.choices.file.as_deref()) {
            self.say(fault);
        }
    }

    /// Files of the model in use were changed: it is opened anew, when it is still there.
    pub(super) fn reload_model(&mut self) {
        let folder = self.choices.request().folder;
        if folder.join(lens_core::manifest::FILE_NAME).is_file() {
            self.load();
        } else {
            self.say(format!("The model's files are gone from {}; it goes on in memory", folder.display()));
        }
    }

    /// The mods were read: the model is opened anew and knows them.
    pub(super) fn take_mods(&mut self) {
        let Some(library) = self.services.mailboxes.libraries.try_take() else { return };
        let cards = library.as_ref().map_or(0, |library| library.cards().count());
        log::info!("known of mods: {}", counted(cards, "card"));
        self.choices.library = library;
        self.load();
    }

    /// Has the mods read for the model that runs.
    pub(super) fn read_mods(&self) {
        if let (Some(watcher), Some(folder)) = (&self.services.mods, &self.model.running.folder) {
            let catalogue = Arc::clone(&self.model.running.catalogue);
            watcher.keep_ready(Task { model: folder.clone(), catalogue, wanted: self.choices.mods() });
        }
    }

    /// A model cannot be used; the one that runs goes on.
    pub(super) fn model_refused(&mut self, reason: &str) {
        if let Some(folder) = &self.model.running.folder {
            self.choices.runs(folder);
        }
        self.say(format!("{} goes on: {reason}", self.model.running.name));
    }

    /// Another model has taken over.
    pub(super) fn take_model(&mut self) {
        let Some(running) = self.services.mailboxes.models.try_take() else { return };
        log::info!("recognising with the model {:?}", running.name);
        if running.name != self.model.running.name {
            self.notices.say(format!("Model {}", running.name), Instant::now());
        }
        self.model.running = running;
        self.tooltip.texts = None;
        self.open_texts();
        self.model.asked = None;
        if let Some(folder) = &self.model.running.folder {
            self.choices.runs(folder);
        }
        if let Some(watcher) = &self.services.watcher {
            let read = self.model.running.files.clone();
            watcher.watch_model(self.choices.request().folder, read);
        }
        self.read_mods();
        self.ask_hardware();
        self.rebuild();
        self.show_tray();
        // What opening it took, and the former one.
        memory::give_back();
    }
}
