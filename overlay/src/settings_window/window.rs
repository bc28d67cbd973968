//! The window: the file, what is being recorded, and what there is to say.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{ColorImage, TextureHandle, TextureOptions, Ui};
use lens_client::Client;
use lens_core::manifest::Manifest;
use panes::file_dialog::{Answer, FileDialog, Kind, Wanted};
use toml_edit::Value;

use super::api_page::ApiPage;
use super::chord::{self, Recorded};
use super::draft::{Draft, DraftError};
use super::entries::{self, Section};
use super::mods_page::ModsPage;
use super::preview::Preview;
use crate::desktop::{target, window};
use crate::messages::window::WindowInfo;
use crate::recognition::hardware::Store;
use crate::recognition::model;

/// How often the file and the windows are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What a player does in a frame; carried out after it.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// Shows this section.
    Section(usize),
    /// Changes a key.
    Set { section: String, key: String, value: Value },
    /// Gives a key its default again.
    Reset { section: String, key: String },
    /// Waits for the chord of this hotkey.
    Record(String),
    /// Has the folder of this key chosen in a dialog of the desktop.
    Choose(String),
    /// Has the running overlay follow a window, or find the game by itself.
    Follow(Option<WindowInfo>),
}

/// A folder that is chosen in a dialog.
struct Choosing {
    section: String,
    key: String,
    /// None until it is opened.
    dialog: Option<FileDialog>,
}

/// Everything that the window shows.
pub struct SettingsWindow {
    pub(super) draft: Draft,
    pub(super) sections: Vec<Section>,
    pub(super) shown: usize,
    /// The hotkey whose chord is recorded.
    pub(super) recording: Option<String>,
    choosing: Option<Choosing>,
    /// What is wrong with a key, or went wrong.
    pub(super) fault: Option<(String, String)>,
    pub(super) windows: Vec<WindowInfo>,
    /// What was measured about the hardware.
    pub(super) hardware: String,
    store: Store,
    pub(super) message: String,
    pub(super) preview: Option<TextureHandle>,
    pub(super) mods: ModsPage,
    pub(super) api: ApiPage,
    painter: Preview,
    /// Whether the preview shows something else than the settings say.
    is_stale: bool,
    looked: Option<Instant>,
}

impl SettingsWindow {
    /// Opens the file; one that is not there is written.
    ///
    /// # Errors
    /// When it is wrong, or cannot be read.
    pub fn open(file: PathBuf) -> Result<Self, DraftError> {
        Self::open_with(file, Store::installed())
    }

    /// As [`SettingsWindow::open`], with measurements of the hardware from elsewhere.
    ///
    /// # Errors
    /// As [`SettingsWindow::open`].
    pub fn open_with(file: PathBuf, store: Store) -> Result<Self, DraftError> {
        Ok(Self {
            draft: Draft::open(file)?,
            sections: entries::sections(),
            shown: 0,
            recording: None,
            choosing: None,
            fault: None,
            windows: Vec::new(),
            hardware: String::new(),
            store,
            message: String::new(),
            preview: None,
            mods: ModsPage::default(),
            api: ApiPage::default(),
            painter: Preview::default(),
            is_stale: true,
            looked: None,
        })
    }

    /// Takes in what happened since the last frame: a chord, other windows, another text of the
    /// file.
    pub(super) fn take_news(&mut self, ui: &Ui) -> Vec<Wish> {
        self.look(ui);
        let mut wishes = Vec::new();
        if let Some(name) = self.recording.clone() {
            self.listen(ui, &name, &mut wishes);
        }
        if std::mem::take(&mut self.is_stale)
            && let Some(picture) = self.painter.draw(&self.draft.settings().style)
        {
            let size = [picture.width() as usize, picture.height() as usize];
            let image = ColorImage::from_rgba_unmultiplied(size, picture.as_raw());
            self.preview = Some(ui.ctx().load_texture("preview", image, TextureOptions::LINEAR));
        }
        wishes
    }

    /// Looks what was changed from outside.
    fn look(&mut self, ui: &Ui) {
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL) {
            self.looked = Some(Instant::now());
            self.is_stale |= self.draft.look_again();
            // Without a display of its own kind the list stays empty.
            self.windows = window::list().unwrap_or_default();
            self.api.look();
            self.hardware = self.measured();
        }
        // Not before somebody wants to see it: reading takes time.
        if self.sections.get(self.shown).is_some_and(|section| section.name == "mods") {
            self.mods.look(self.draft.settings());
        }
        ui.ctx().request_repaint_after(LOOK_INTERVAL);
    }

    /// What was measured with the model that is set.
    fn measured(&self) -> String {
        let name = self.draft.settings().recognition.model.as_deref().unwrap_or("balatro");
        let record = Manifest::read(&model::folder(name)).ok().and_then(|it| self.store.latest(&it));
        match record {
            Some(record) => format!("Measured here: {record}"),
            None => "Not measured yet: the overlay does that while cards are on the screen".to_owned(),
        }
    }

    /// Records a chord; what it is made of is no command to the window.
    fn listen(&mut self, ui: &Ui, name: &str, wishes: &mut Vec<Wish>) {
        let recorded = ui.input_mut(|input| {
            let recorded = chord::record(&input.events);
            let is_key =
                |event: &egui::Event| matches!(event, egui::Event::Key { .. } | egui::Event::Text(_));
            input.events.retain(|event| !is_key(event));
            recorded
        });
        let set =
            |keys: &str| Wish::Set { section: "hotkeys".into(), key: name.to_owned(), value: keys.into() };
        match recorded {
            None => return,
            Some(Recorded::Cancelled) => {}
            Some(Recorded::None) => wishes.push(set("")),
            Some(Recorded::Chord(keys)) => wishes.push(set(&keys)),
        }
        self.recording = None;
    }

    pub(super) fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Section(index) => (self.shown, self.recording) = (index, None),
            Wish::Record(name) => self.recording = Some(name),
            // One dialog at a time.
            Wish::Choose(_) if self.choosing.is_some() => {}
            Wish::Choose(key) => {
                let section = self.sections[self.shown].name.clone();
                self.choosing = Some(Choosing { section, key, dialog: None });
            }
            Wish::Set { section, key, value } => {
                let done = self.draft.set(&section, &key, value);
                self.changed(&key, done);
            }
            Wish::Reset { section, key } => {
                let done = self.draft.reset(&section, &key);
                self.changed(&key, done);
            }
            Wish::Follow(window) => {
                let name =
                    window.as_ref().map_or(target::AUTOMATIC.to_owned(), |window| window.id.to_string());
                let asked = Client::find().and_then(|overlay| overlay.command_with("window", Some(&name)));
                self.message = match (asked, window) {
                    (Err(error), _) => error.to_string(),
                    (Ok(()), None) => "The overlay looks for the game".into(),
                    (Ok(()), Some(window)) => format!("The overlay follows {:?}", window.title),
                };
            }
        }
    }

    /// Has the dialog opened in which a folder is to be chosen, and takes in which one it is.
    pub fn ask(&mut self, open: impl FnOnce(&Wanted) -> io::Result<FileDialog>) {
        let Some(choosing) = &mut self.choosing else { return };
        let answer = match &choosing.dialog {
            Some(dialog) => dialog.answer(),
            None => {
                let title = format!("Folder of {}", choosing.section);
                let wanted = Wanted { title, kind: Kind::Folder, from: None };
                choosing.dialog =
                    open(&wanted).inspect_err(|error| log::warn!("no dialog for folders: {error}")).ok();
                choosing.dialog.is_none().then_some(Answer::NoDialog)
            }
        };
        let Some(answer) = answer else { return };
        let Some(Choosing { section, key, .. }) = self.choosing.take() else { return };
        match answer {
            Answer::Nothing => self.message = "No folder was chosen; its path can be typed".into(),
            Answer::NoDialog => {
                let help = "This desktop has no dialog for folders: type or paste the path";
                self.fault = Some((key, help.into()));
            }
            Answer::Chosen(folder) => match folder.to_str() {
                Some(path) => self.grant(Wish::Set { section, key, value: path.into() }),
                None => self.fault = Some((key, format!("{} is no text: rename it", folder.display()))),
            },
        }
    }

    fn changed(&mut self, key: &str, done: Result<(), DraftError>) {
        self.is_stale = true;
        self.fault = done.err().map(|error| (key.to_owned(), error.to_string()));
        if self.fault.is_none() {
            self.message = format!("Saved: {key}");
        }
    }
}
