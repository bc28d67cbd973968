//! What is done when something is asked for: by hotkey, tray, signal or the local API.

use std::ffi::OsStr;
use std::time::Instant;

use super::captures::Which;
use super::*;
use crate::desktop::autostart;
use crate::recognition::models;
use crate::settings::file::SettingsError;

impl App {
    pub(super) fn command(&mut self, event_loop: &ActiveEventLoop, command: Command) {
        match command {
            Command::Show => {
                self.shown = true;
                if self.paused {
                    return self.command(event_loop, Command::Pause);
                }
            }
            Command::Toggle => self.shown = !self.shown,
            Command::Pause => {
                self.paused = !self.paused;
                self.notices.stand("pause", self.paused.then(|| "Paused".to_owned()));
                let watch = if self.paused { Ok(Watch::Nothing) } else { self.source() };
                self.watch(event_loop, watch);
                self.publish();
            }
            Command::NextModel => {
                let names = models::list(&lens_core::paths::data().join("models"));
                // One that was refused is not asked for again and again.
                let last = self.asked_model.take().unwrap_or_else(|| self.running.short_name());
                match models::next(&names, &last) {
                    Some(name) => self.use_model(name.to_owned()),
                    None => self.say("There is no other model in data/models".to_owned()),
                }
            }
            Command::Model(name) => self.use_model(name),
            Command::Follow(window) => {
                if let Stage::OverWindow(follower) = &self.stage {
                    follower.prefer(window);
                }
                self.chosen_window = window;
            }
            Command::ShowInformation => {
                self.book.get_or_insert_with(|| {
                    let folder = lens_core::paths::art(&self.running.catalogue.game);
                    Book::open(&folder, &self.choices.settings.language)
                });
                self.explains = true;
            }
            Command::HideInformation => self.explains = false,
            Command::Snapshot => self.capture(Which::Doubtful),
            Command::SnapshotPointer => self.capture(Which::UnderPointer),
            Command::ToggleAutomatic => self.toggle_automatic(),
            Command::Correct(number) => self.correct(number),
            Command::OpenLabeller => {
                // What is named there is to be known here.
                let model =
                    self.running.folder.as_ref().map(|folder| [OsStr::new("--model"), folder.as_ref()]);
                let arguments = model.as_ref().map_or(&[][..], |arguments| arguments);
                self.tell(shell::start_beside("labeller", arguments));
            }
            Command::OpenData => self.tell(shell::open(&lens_core::paths::data())),
            Command::OpenSettings => match &self.choices.file {
                Some(file) => self.tell(shell::open(file)),
                None => self.say("No settings file is used".to_owned()),
            },
            Command::ToggleAutostart => {
                let changed = autostart::is_on().and_then(|on| autostart::set(!on));
                self.tell(changed.map_err(|error| error.to_string()));
            }
            Command::About => self.say(format!(
                "Balatro Lens {}, model {}\nReads pixels only; MIT licence",
                env!("CARGO_PKG_VERSION"),
                self.running.name
            )),
            Command::Quit => event_loop.exit(),
        }
        self.rebuild();
        self.show_tray();
    }

    /// Says something on screen and in the log.
    pub(super) fn say(&mut self, text: String) {
        log::warn!("{text}");
        self.notices.say(text, Instant::now());
        self.rebuild();
        self.show_tray();
    }

    fn tell(&mut self, outcome: Result<(), String>) {
        if let Err(text) = outcome {
            self.say(text);
        }
    }

    fn use_model(&mut self, name: String) {
        self.asked_model = Some(name.clone());
        self.choices.picked = Some(name);
        self.load();
    }

    /// Opens the model that is chosen now, in the background.
    fn load(&mut self) {
        let request = self.choices.request();
        match &self.loader {
            Some(loader) => loader.load(request),
            None => self.say("This recogniser cannot be exchanged".to_owned()),
        }
    }

    /// Takes over new settings, or says what is wrong with them.
    pub(super) fn settings(&mut self, news: Result<Settings, SettingsError>) {
        let settings = match news {
            Ok(settings) => settings,
            Err(error) => {
                log::warn!("{error}");
                self.notices.stand("settings", Some(error.to_string()));
                self.rebuild();
                self.show_tray();
                return;
            }
        };
        let before = self.choices.clone();
        self.choices.take_over(settings);
        self.notices.stand("settings", None);
        self.threads.keep(self.choices.pace());
        if before.request() != self.choices.request() && self.loader.is_some() {
            self.load();
        }
        if before.settings.language != self.choices.settings.language {
            self.book = None;
        }
        if before.settings.hotkeys != self.choices.settings.hotkeys {
            self.register_hotkeys();
        }
        if before.settings.api != self.choices.settings.api {
            self.say("[api] of the settings counts from the next start of the overlay".to_owned());
        }
        self.rebuild();
        self.show_tray();
    }

    /// Asks the desktop for the chords of the settings; what it refuses is said.
    pub(super) fn register_hotkeys(&mut self) {
        let Some(hotkeys) = &mut self.hotkeys else { return };
        for fault in hotkeys.register(&self.choices.settings.hotkeys) {
            self.say(fault);
        }
    }

    /// Files of the model in use were changed: it is opened anew, when it is still there.
    pub(super) fn model_files(&mut self) {
        let folder = self.choices.request().folder;
        if folder.join(lens_core::manifest::FILE_NAME).is_file() {
            self.load();
        } else {
            self.say(format!("The model's files are gone from {}; it goes on in memory", folder.display()));
        }
    }

    /// A model cannot be used; the one that runs goes on.
    pub(super) fn model_refused(&mut self, reason: &str) {
        if let Some(folder) = &self.running.folder {
            self.choices.runs(folder);
        }
        self.say(format!("{} goes on: {reason}", self.running.name));
    }

    /// Another model has taken over.
    pub(super) fn model_runs(&mut self) {
        let Some(running) = self.new_model.try_take() else { return };
        log::info!("recognising with the model {:?}", running.name);
        if running.name != self.running.name {
            self.notices.say(format!("Model {}", running.name), Instant::now());
        }
        self.book = None;
        self.running = running;
        self.asked_model = None;
        if let Some(folder) = &self.running.folder {
            self.choices.runs(folder);
        }
        if let Some(watcher) = &self.watcher {
            watcher.model(self.choices.request().folder);
        }
        self.rebuild();
        self.show_tray();
    }

    /// The tray's menu as things are now.
    pub(super) fn show_tray(&mut self) {
        let Some(tray) = &mut self.tray else { return };
        tray.show(&tray::Shown {
            marks: self.shown,
            paused: self.paused,
            automatic: self.captures.is_automatic(),
            // Where it cannot be known, choosing the entry says why.
            autostart: autostart::is_on().unwrap_or(false),
            models: models::list(&lens_core::paths::data().join("models")),
            model: self.running.short_name(),
            said: self.notices.last().map(str::to_owned),
            windows: self.windows.clone(),
            window: self.chosen_window,
        });
    }
}
