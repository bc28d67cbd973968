//! Choosing a screenshot: by the desktop's dialog, or by its path.
//!
//! The dialog belongs to the program's window, which [`crate::app`] knows; here is what is asked
//! for and what the answer means.

use std::path::PathBuf;

use egui::TextureHandle;
use panes::file_dialog::{Answer, Kind, Wanted, typed};

use super::Labeller;
use super::opening::Opening;
use crate::frame::OpenFrame;
use crate::intent::{Page, Tone};

/// What is being chosen.
#[derive(Default)]
pub(crate) struct Screenshot {
    /// Whether a dialog is asked for that nobody has opened yet.
    is_asked: bool,
    /// Whether this window was without the keyboard since: something else had it, such as a dialog.
    pub(crate) lost_keys: bool,
    /// The path that is being typed.
    pub(crate) typed: String,
    /// Whether the keyboard is to go to the line for it.
    pub(crate) wants_keys: bool,
    /// The open frame as it is drawn.
    pub(crate) shown: Option<TextureHandle>,
    pub(super) opening: Option<Opening>,
}

impl Labeller {
    pub(super) fn ask_for_screenshot(&mut self) {
        self.screenshot.is_asked = true;
    }

    /// The dialog that is to be opened now, once.
    pub(crate) fn wanted_dialog(&mut self) -> Option<Wanted> {
        if !std::mem::take(&mut self.screenshot.is_asked) {
            return None;
        }
        self.screenshot.lost_keys = false;
        let captures = &self.repository.folders().captures;
        let beside = |frame: &OpenFrame| frame.path.parent().map(PathBuf::from);
        Some(Wanted {
            title: "Open screenshot".into(),
            kind: Kind::File("Images", &["png", "jpg", "jpeg", "webp", "bmp"]),
            from: self.frame.as_ref().filter(|it| !it.path.starts_with(captures)).and_then(beside),
        })
    }

    /// Whether a question waits for its answer: nothing else happens before.
    pub(crate) fn is_asked(&self) -> bool {
        self.question.is_some()
    }

    /// The dialog was closed.
    pub(crate) fn screenshot_chosen(&mut self, answer: Answer) {
        match answer {
            Answer::Chosen(path) => self.open_screenshot(path),
            // Where a portal without dialogs is started first, none takes as long as one that is
            // closed; but a dialog would have had the keyboard.
            Answer::Nothing if cfg!(target_os = "linux") && !self.screenshot.lost_keys => {
                self.take_path();
                let text = "No screenshot was chosen: if there was no dialog, type or paste its path";
                self.say(text, Tone::Told);
            }
            Answer::Nothing => {
                self.say("No screenshot was chosen; page Frames takes its path as well", Tone::Told);
            }
            Answer::NoDialog => self.without_dialog(),
        }
    }

    /// Has a path typed.
    fn take_path(&mut self) {
        self.show_page(Page::Frames);
        self.screenshot.wants_keys = true;
    }

    /// Nothing can be chosen by a dialog here.
    pub(crate) fn without_dialog(&mut self) {
        self.take_path();
        let text = "This desktop has no dialog for files: type or paste the path, or drop the file here";
        self.say(text, Tone::Warned);
    }

    pub(super) fn open_typed(&mut self) {
        match typed(&self.screenshot.typed, std::env::home_dir().as_deref()) {
            Ok(Some(path)) => self.open_screenshot(path),
            Ok(None) => self.say("Type the path of a screenshot first", Tone::Told),
            Err(reason) => self.say(reason.to_string(), Tone::Warned),
        }
    }

    /// Shows it; the path stays where it was typed until that has worked.
    pub(super) fn open_screenshot(&mut self, path: PathBuf) {
        // The page that is left keeps what was typed there.
        self.keep_draft();
        self.forget_new_name();
        // Otherwise it would be looked for among the captures.
        let path = std::path::absolute(&path).unwrap_or(path);
        self.list_frames();
        let path = self.name_of_frame(&path).unwrap_or(path);
        if self.open_frame(&path)
            && let Some(opening) = &mut self.screenshot.opening
        {
            opening.typed = std::mem::take(&mut self.screenshot.typed);
            // It may have said that there is no dialog.
            self.message = None;
        }
        // What it says is no matter of the page that was left.
        let message = self.message.take();
        self.show_page(Page::Frames);
        self.message = message;
    }
}
