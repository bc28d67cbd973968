//! Throwing away, taking back, and emptying the bin.

use lens_core::counted::counted;

use super::Labeller;
use crate::intent::{Page, Tone};
use crate::session::Action;

impl Labeller {
    /// Throws away what keys act on.
    pub(super) fn bin(&mut self) {
        let files: Vec<String> = match self.page {
            Page::Verify => std::mem::take(&mut self.chosen).into_iter().collect(),
            Page::Label => self.session.member().map(|it| it.file.clone()).into_iter().collect(),
            Page::Collection | Page::Frames | Page::Bin | Page::Train | Page::Mods => Vec::new(),
        };
        let count = files.len();
        if count > 0 && self.try_act(&Action::Bin(files)).is_some() {
            self.say(format!("{count} in the bin \u{b7} Ctrl+Z takes it back"), Tone::Done);
        }
    }

    fn binned(&self) -> Vec<String> {
        let binned = self.session.pictures().iter().filter(|it| it.binned);
        binned.map(|it| it.file.clone()).collect()
    }

    pub(super) fn restore_all(&mut self) {
        let files = self.binned();
        let count = files.len();
        if self.try_act(&Action::Restore(files)).is_some() {
            self.say(format!("{count} out of the bin \u{b7} Ctrl+Z takes it back"), Tone::Done);
        }
    }

    /// Removes what is in the bin for good.
    pub(super) fn empty_bin(&mut self) {
        let count = self.binned().len();
        if self.try_act(&Action::Empty).is_some() {
            self.say(format!("{} gone for good", counted(count, "capture")), Tone::Done);
        }
    }
}
