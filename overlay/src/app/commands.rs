//! What is done when something is asked for: by hotkey, tray, signal or the local API.

use std::ffi::OsStr;
use std::fmt::Display;
use std::time::Instant;

use winit::event_loop::ActiveEventLoop;

use super::App;
use super::captures::Which;
use super::overlay_window::OverlayWindow;
use super::shell;
use super::target::Stage;
use crate::desktop::target::Query;
use crate::desktop::tray::MenuState;
use crate::desktop::{autostart, target, window};
use crate::messages::command::Command;
use crate::messages::window::WindowId;
use crate::recognition::models;
use crate::settings;
use crate::settings::mods::ModsPlace;
use crate::tooltips::Localisation;

impl App {
    pub(super) fn command(&mut self, event_loop: &ActiveEventLoop, command: Command) {
        match command {
            Command::Show => {
                self.output.is_shown = true;
                if self.target.is_paused {
                    return self.command(event_loop, Command::Pause);
                }
            }
            Command::Toggle => self.output.is_shown = !self.output.is_shown,
            Command::Pause => {
                let is_paused = !self.target.is_paused;
                self.target.is_paused = is_paused;
                self.notices.set_standing("pause", is_paused.then(|| "Paused".to_owned()));
                self.capture_target(event_loop);
                self.publish();
            }
            Command::NextModel => {
                let names = models::list(&lens_core::paths::data().join("models"));
                // One that was refused is not asked for again and again.
                let last = self.model.asked.take().unwrap_or_else(|| self.model.running.short_name());
                match models::next(&names, &last) {
                    Some(name) => self.use_model(name.to_owned()),
                    None => self.say("There is no other model in data/models".to_owned()),
                }
            }
            Command::Model(name) => self.use_model(name),
            Command::Follow(window) => {
                if let Stage::OverWindow(follower) = &self.target.stage {
                    follower.prefer(window);
                }
                self.target.chosen = window;
            }
            Command::FollowNamed(name) => match window_named(&name) {
                Ok(window) => return self.command(event_loop, Command::Follow(window)),
                Err(reason) => self.say(reason),
            },
            Command::ShowInformation => {
                self.tooltip.is_shown = true;
                self.open_texts();
            }
            Command::HideInformation => self.tooltip.is_shown = false,
            Command::Snapshot => self.capture(Which::Doubtful),
            Command::SnapshotPointer => self.capture(Which::UnderPointer),
            Command::ToggleAutomatic => self.toggle_automatic(),
            Command::Correct(number) => self.correct(number),
            Command::AskName => self.ask_name(),
            Command::Report => self.report(),
            Command::ToggleMods => {
                let switched = self.choices.toggle_mods();
                self.say_error(switched);
                self.read_mods();
            }
            Command::OpenMods => self.open_labeller(&["--page".as_ref(), "mods".as_ref()]),
            Command::OpenLabeller => self.open_labeller(&[]),
            Command::OpenData => self.say_error(shell::open(&lens_core::paths::data(), &self.services.sink)),
            Command::OpenSettings => match &self.choices.file {
                Some(file) => {
                    let words: [&OsStr; 3] = ["settings".as_ref(), "--settings".as_ref(), file.as_ref()];
                    self.say_error(shell::start_own(&words, &self.services.sink));
                }
                None => self.say("No settings file is used".to_owned()),
            },
            Command::ToggleAutostart => {
                let file = self.choices.file.as_deref();
                let own_settings = file.filter(|file| *file != settings::file::path());
                let changed = autostart::is_on().and_then(|is_on| {
                    if is_on { autostart::disable() } else { autostart::enable(own_settings) }
                });
                self.say_error(changed);
            }
            Command::About => self.say(format!(
                "Balatro Lens {}, model {}\nReads pixels only; MIT licence",
                env!("CARGO_PKG_VERSION"),
                self.model.running.name
            )),
            Command::Quit => event_loop.exit(),
        }
        self.rebuild();
        self.show_tray();
    }

    /// Reads the texts of the tooltips, where they are wanted now and not known yet.
    pub(super) fn open_texts(&mut self) {
        if self.tooltip.is_shown {
            self.tooltip.texts.get_or_insert_with(|| {
                let folder = lens_core::paths::art(&self.model.running.catalogue.game);
                Localisation::open(&folder, &self.choices.settings.language)
            });
        }
    }

    fn open_labeller(&mut self, words: &[&OsStr]) {
        let mut arguments = words.to_vec();
        if let Some(file) = &self.choices.file {
            arguments.extend([OsStr::new("--settings"), file.as_ref()]);
        }
        // What is named there is to be known here.
        if let Some(folder) = &self.model.running.folder {
            arguments.extend([OsStr::new("--model"), folder.as_ref()]);
        }
        let started = shell::start_beside("labeller", &arguments, &self.services.sink);
        self.say_error(started);
    }

    /// Says something on screen and in the log.
    pub(super) fn say(&mut self, text: String) {
        log::warn!("{text}");
        self.notify(&text);
        self.notices.say(text, Instant::now());
        self.rebuild();
        self.show_tray();
    }

    /// Has the desktop show a text that cannot be read over the game now.
    pub(super) fn notify(&mut self, text: &str) {
        let can_be_read =
            self.output.window.as_ref().is_some_and(OverlayWindow::is_shown) || self.target.is_viewer();
        if !can_be_read
            && self.choices.settings.notifications
            && let Some(notifier) = &mut self.services.notifier
        {
            notifier.tell(text, Instant::now());
        }
    }

    fn say_error(&mut self, done: Result<(), impl Display>) {
        if let Err(error) = done {
            self.say(error.to_string());
        }
    }

    /// The tray's menu as things are now.
    pub(super) fn show_tray(&mut self) {
        let Self { controls, output, target, services, model, notices, choices, .. } = self;
        controls.show_menu(|windows| MenuState {
            marks: output.is_shown,
            paused: target.is_paused,
            automatic: services.captures.is_automatic(),
            // Where it cannot be known, choosing the entry says why.
            autostart: autostart::is_on().unwrap_or(false),
            models: models::list(&lens_core::paths::data().join("models")),
            model: model.running.short_name(),
            reads_mods: choices.mods().mods.place != ModsPlace::Nowhere,
            mods: choices.lines_of_mods(),
            hardware: choices.hardware(),
            notice: notices.last().map(str::to_owned),
            windows: windows.to_vec(),
            window: target.chosen,
        });
    }
}

/// The window of a title or number; `None` for the one that was asked for at the start.
fn window_named(name: &str) -> Result<Option<WindowId>, String> {
    if name == target::AUTOMATIC {
        return Ok(None);
    }
    let windows = window::list().map_err(|error| error.to_string())?;
    match target::named(&windows, name) {
        Some(window) => Ok(Some(window.id)),
        None => Err(format!("There is no {}", Query::Title(name.to_owned()))),
    }
}
