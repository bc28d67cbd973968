//! The program in its window: an open data set, or the question what to do with a damaged one; and
//! the dialog in which a screenshot is chosen.

use std::io;

use dataset::labels::store::{Store, StoreError};
use egui::{CentralPanel, Context, Ui};
use panes::file_dialog::{FileDialog, Wanted};

use crate::repository::{Folders, OpenError, Repository};
use crate::session::Session;
use crate::window::Labeller;

/// Makes the window of an open data set.
type Make = Box<dyn FnMut(Repository, Session) -> Labeller>;

/// What eframe runs.
pub struct App {
    folders: Folders,
    make: Make,
    state: State,
    dialog: Option<FileDialog>,
}

enum State {
    Open(Box<Labeller>),
    /// `labels.json` was broken by hand; nothing is touched until somebody decides.
    Damaged(String),
}

impl App {
    /// Opens the data set.
    ///
    /// # Errors
    /// When it cannot be read; a damaged one is no error, but a question.
    pub fn open(
        folders: Folders,
        mut make: impl FnMut(Repository, Session) -> Labeller + 'static,
    ) -> Result<Self, OpenError> {
        let state = state(&folders, &mut make)?;
        Ok(Self { folders, make: Box::new(make), state, dialog: None })
    }

    pub fn labeller(&self) -> Option<&Labeller> {
        match &self.state {
            State::Open(labeller) => Some(labeller),
            State::Damaged(_) => None,
        }
    }

    pub fn ui(&mut self, ui: &mut Ui) {
        let reason = match &mut self.state {
            State::Open(labeller) => return labeller.ui(ui),
            State::Damaged(reason) => reason.clone(),
        };
        if !panes::look::dress(ui.ctx()) {
            return;
        }
        CentralPanel::default().show(ui, |ui| {
            panes::heading(ui, "The labels are damaged");
            ui.label(&reason);
            ui.add_space(8.0);
            if ui.button("Take the last good state").clicked() {
                self.restore();
            }
            if ui.button("Look again").clicked() {
                self.look_again();
            }
            ui.weak("Either way the damaged file is kept.");
        });
    }

    /// Has a dialog opened that is asked for, and takes in what was chosen in one.
    pub fn ask(&mut self, open: impl FnOnce(&Wanted) -> io::Result<FileDialog>) {
        let State::Open(labeller) = &mut self.state else { return };
        // Whoever is asked something answers that first; the dialog's answer waits.
        let dialog = self.dialog.as_ref().filter(|_| !labeller.is_asked());
        if let Some(answer) = dialog.and_then(FileDialog::answer) {
            self.dialog = None;
            labeller.screenshot_chosen(answer);
        }
        // One at a time.
        let Some(wanted) = labeller.wanted_dialog().filter(|_| self.dialog.is_none()) else { return };
        match open(&wanted) {
            Ok(dialog) => self.dialog = Some(dialog),
            Err(error) => {
                log::warn!("no thread for a dialog: {error}");
                labeller.without_dialog();
            }
        }
    }

    /// Called before each frame, also of a window that is hidden: asks before it closes while names
    /// are not saved.
    pub fn before_closing(&mut self, context: &Context) {
        if let State::Open(labeller) = &mut self.state {
            labeller.before_closing(context);
        }
    }

    fn restore(&mut self) {
        match Store::restore(&self.folders.labels) {
            Ok(_) => self.look_again(),
            Err(error) => self.state = State::Damaged(error.to_string()),
        }
    }

    fn look_again(&mut self) {
        self.state = match state(&self.folders, &mut self.make) {
            Ok(state) => state,
            Err(error) => State::Damaged(error.to_string()),
        };
    }
}

fn state(
    folders: &Folders,
    make: &mut dyn FnMut(Repository, Session) -> Labeller,
) -> Result<State, OpenError> {
    match Repository::open(folders.clone()) {
        Ok((repository, session)) => Ok(State::Open(Box::new(make(repository, session)))),
        Err(OpenError::Labels(error @ StoreError::Damaged { .. })) => Ok(State::Damaged(error.to_string())),
        Err(error) => Err(error),
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &Context, _: &mut eframe::Frame) {
        self.before_closing(context);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        panes::fit_to_screen(ui.ctx());
        let context = ui.ctx().clone();
        self.ask(|wanted| FileDialog::open(wanted, &*frame, move || context.request_repaint()));
        Self::ui(self, ui);
    }
}
