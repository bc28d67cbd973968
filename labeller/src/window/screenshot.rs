//! Choosing a screenshot: by the desktop's dialog, or by its path.
//!
//! The dialog belongs to the program's window, which [`crate::app`] knows; here is what is asked
//! for and what the answer means.

use std::path::PathBuf;

use panes::file_dialog::{Answer, Kind, Wanted, typed};

use super::Labeller;
use crate::frame::OpenFrame;
use crate::intent::{Page, Tone};

/// What is being chosen.
#[derive(Default)]
pub(crate) struct Screenshot {
    /// Whether a dialog is asked for that nobody has opened yet.
    is_asked: bool,
    /// The path that is being typed.
    pub(crate) typed: String,
    /// Whether the keyboard is to go to the line for it.
    pub(crate) wants_keys: bool,
}

impl Labeller {
    pub(super) fn ask_for_screenshot(&mut self) {
        self.screenshot.is_asked = true;
    }

    /// The dialog that is to be opened now, once.
    pub(crate) fn wanted_dialog(&mut self) -> Option<Wanted> {
        let beside = |frame: &OpenFrame| frame.path.parent().map(PathBuf::from);
        std::mem::take(&mut self.screenshot.is_asked).then(|| Wanted {
            title: "Open screenshot".into(),
            kind: Kind::File("Images", &["png", "jpg", "jpeg", "webp", "bmp"]),
            from: self.frame.as_ref().filter(|it| it.name.is_none()).and_then(beside),
        })
    }

    /// The dialog was closed.
    pub(crate) fn screenshot_chosen(&mut self, answer: Answer) {
        match answer {
            Answer::Chosen(path) => self.open_screenshot(path),
            Answer::Nothing => {
                self.say("No screenshot was chosen; page Frames takes its path as well", Tone::Told);
            }
            Answer::NoDialog => self.without_dialog(),
        }
    }

    /// Nothing can be chosen by a dialog here.
    pub(crate) fn without_dialog(&mut self) {
        self.show_page(Page::Frames);
        self.screenshot.wants_keys = true;
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
        self.show_page(Page::Frames);
        // Otherwise it would be looked for among the captures.
        let path = std::path::absolute(&path).unwrap_or(path);
        self.open_frame(&path);
        if self.frame.as_ref().is_some_and(|it| it.path == path) {
            self.screenshot.typed.clear();
            // It may have said that there is no dialog.
            self.message = None;
        }
    }
}
