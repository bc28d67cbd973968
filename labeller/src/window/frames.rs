//! Whole frames: opened, put right, named, and saved as captures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataset::captures::store::FRAMES;
use dataset::labels::Label;
use image::RgbaImage;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};

use super::{Labeller, Subject};
use crate::form::Form;
use crate::frame::OpenFrame;
use crate::inference::Job;
use crate::intent::{Page, Tone};
use crate::reading::Reading;
use crate::session::Action;

impl Labeller {
    /// Where the frame lies that is open.
    pub fn open_frame_path(&self) -> Option<&Path> {
        self.frame.as_ref().map(|it| it.path.as_path())
    }

    /// Lists the frames that the overlay saved, and shows the newest where none is open.
    pub(super) fn show_frames(&mut self) {
        self.list_frames();
        self.follow_labels();
        if self.frame.is_none() && self.opening().is_none() && !self.frames.is_empty() {
            self.open_frame(&PathBuf::from(&self.frames[0]));
        }
    }

    /// The frames that the overlay saved, the newest first.
    pub(super) fn list_frames(&mut self) {
        let folder = self.repository.folders().captures.join(FRAMES);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut frames: Vec<(u64, String)> = entries
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let number = name.strip_prefix("frame")?.strip_suffix(".png")?.parse().ok()?;
                Some((number, format!("{FRAMES}/{name}")))
            })
            .collect();
        frames.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        self.frames = frames.into_iter().map(|(_, name)| name).collect();
    }

    /// The name below the captures of a frame of the overlay's, by whichever way its file is named.
    pub(super) fn name_of_frame(&self, path: &Path) -> Option<PathBuf> {
        let folder = self.repository.folders().captures.join(FRAMES).canonicalize().ok()?;
        let path = path.canonicalize().ok()?;
        let name = Path::new(FRAMES).join(path.strip_prefix(folder).ok()?);
        self.frames.iter().any(|it| Path::new(it) == name).then_some(name)
    }

    /// Opens a frame of the overlay's, by its name below the captures, or any image by its path.
    /// Not while cards of the one that is open have names that are not saved. Returns whether it
    /// is being opened; the message says why not.
    pub(super) fn open_frame(&mut self, path: &Path) -> bool {
        if !self.keep_typed() {
            return false;
        }
        // Where nothing can be saved, nothing waits for it.
        let unsaved = self.frame.as_ref().filter(|_| self.repository.read_only().is_none());
        let unsaved = unsaved.map_or(0, OpenFrame::waiting);
        if unsaved > 0 {
            let count = counted(unsaved, "named card");
            let text =
                format!("Not saved yet: {count} of the open frame \u{b7} Ctrl+S saves, Ctrl+Z takes back");
            self.say(text, Tone::Warned);
            return false;
        }
        let name = path.to_string_lossy().replace('\\', "/");
        let name = self.frames.contains(&name).then_some(name);
        self.begin_opening(self.repository.folders().captures.join(path), name);
        true
    }

    /// Goes to another frame of the list.
    pub(super) fn step_frame(&mut self, by: isize) {
        let at = self.frame_name().and_then(|name| self.frames.iter().position(|it| it == name));
        let next = at.map_or(0, |at| at.saturating_add_signed(by));
        if let Some(name) = self.frames.get(next).cloned().filter(|_| Some(next) != at) {
            self.open_frame(Path::new(&name));
        }
    }

    /// Hears what the model makes of a frame.
    pub(super) fn proposed(&mut self, frame: &Arc<RgbaImage>, cards: Vec<(Quad<InFrame>, Option<Reading>)>) {
        let is_typed = self.is_typed();
        // Another image may lie at the same path by now.
        let Some(open) = self.frame.as_mut().filter(|it| Arc::ptr_eq(&it.picture, frame)) else { return };
        open.propose(cards);
        // What is being typed stays, here and on other pages.
        if matches!(self.loaded.0, Subject::Card(..)) && !is_typed {
            self.loaded.0 = Subject::None;
        }
    }

    /// Has the model look at a quad that was drawn or moved.
    pub(super) fn read_quad(&self, quad: Quad<InFrame>) {
        if let Some((inference, frame)) = self.inference.as_ref().zip(self.frame.as_ref()) {
            // One that is not accepted is read when the frame is opened again.
            inference.ask(Job::Read(Arc::clone(&frame.picture), vec![quad]));
        }
    }

    /// What the chosen card of the frame is called before anybody says something.
    pub(super) fn prefilled_in_frame(&self) -> Form {
        let Some(card) = self.frame.as_ref().and_then(OpenFrame::card) else { return Form::default() };
        if let Some(label) = &card.label {
            return Form::from_label(label);
        }
        let mut form = Form::default();
        let Some(reading) = &card.reading else { return form };
        match reading.named(&self.catalogue).map(|id| (id, self.catalogue.card(id))) {
            Some((_, Some(card))) => form.take(card),
            Some((id, None)) => form.name = self.name_of(id),
            None => {}
        }
        if let (Some(seen), false) = (&reading.modifiers, form.is_not_a_card()) {
            form.modifiers = seen.clone();
        }
        form
    }

    /// Gives the chosen card of the frame the name in the form.
    pub(super) fn name_in_frame(&mut self, label: Label) {
        let name = label.name.clone();
        let Some(card) = self.frame.as_ref().and_then(OpenFrame::card) else {
            self.say("Choose a card, or draw a box around one", Tone::Told);
            return;
        };
        let saved = card.file.clone();
        if let Some(file) = &saved {
            let action = Action::Relabel(vec![file.clone()], label.clone(), BTreeMap::default());
            if self.try_act(&action).is_none() {
                return;
            }
        }
        let Some(frame) = &mut self.frame else { return };
        frame.name(label);
        let left = frame.cards.iter().filter(|it| it.label.is_none()).count();
        let rest = if left > 0 { format!("{left} have no name yet") } else { "all have a name".into() };
        let next = if saved.is_some() { "Ctrl+Z takes it back" } else { "Ctrl+S saves what has a name" };
        self.say(format!("It is {name}, {rest} \u{b7} {next}"), Tone::Done);
        self.loaded.0 = Subject::None;
    }

    /// Whether something was typed or chosen for the chosen card since it is shown.
    fn is_typed(&self) -> bool {
        let Some(frame) = self.frame.as_ref().filter(|it| it.card().is_some()) else { return false };
        let is_shown = matches!(&self.loaded.0, Subject::Card(path, at)
            if *path == frame.path && *at == frame.selected);
        is_shown && self.form != self.loaded.1
    }

    /// Whether a name was typed that could not be taken: nobody knows it yet, or it could not be
    /// written.
    pub(super) fn holds_typed(&self) -> bool {
        self.new_name.is_some() || (self.is_typed() && !self.form.name.trim().is_empty())
    }

    /// What was typed or chosen for the chosen card counts as its name, also without Enter.
    pub(super) fn name_typed(&mut self) {
        if self.is_typed() && !self.form.name.trim().is_empty() {
            // As Enter takes it.
            if !self.completions().is_empty() {
                self.complete(self.completion);
            }
            self.name_card();
        }
    }

    /// The same where somebody goes on to something else. Returns whether they may: a name that
    /// nobody knows is asked for first, and one that cannot be written stays.
    pub(super) fn keep_typed(&mut self) -> bool {
        if !self.is_typed() || self.repository.read_only().is_some() {
            return true;
        }
        let chosen = self.frame.as_ref().and_then(|it| it.selected);
        self.name_typed();
        if let Some(frame) = self.frame.as_mut().filter(|it| it.selected != chosen) {
            frame.select(chosen);
        }
        !self.holds_typed()
    }

    /// Chooses something else on the frame, or draws it, once what was typed is kept.
    pub(super) fn go_on_frame(&mut self, change: impl FnOnce(&mut OpenFrame)) {
        if self.keep_typed() {
            self.on_frame(change);
        }
    }

    /// Takes back what was typed and is no name yet. Returns whether there was anything.
    pub(super) fn take_back_typed(&mut self) -> bool {
        let is_typed = self.page == Page::Frames && self.is_typed();
        if is_typed {
            self.loaded.0 = Subject::None;
        }
        is_typed
    }

    /// Takes the last thing back that was done on the frame and is not on the disk. Returns whether
    /// there was one.
    pub(super) fn take_back_on_frame(&mut self) -> bool {
        if self.take_back_typed() {
            return true;
        }
        let is_undone = self.frame.as_mut().is_some_and(OpenFrame::undo);
        if is_undone {
            self.loaded.0 = Subject::None;
            self.follow_labels();
        }
        is_undone
    }

    /// Cards of the open frame that are captures have the names that those have now.
    pub(super) fn follow_labels(&mut self) {
        let Some(frame) = &mut self.frame else { return };
        for card in &mut frame.cards {
            let Some(file) = &card.file else { continue };
            match self.session.picture(file) {
                // Its name is here only.
                Some(picture) if card.is_unwritten && picture.label.is_none() => continue,
                Some(picture) => card.label.clone_from(&picture.label),
                // It is gone for good.
                None => (card.file, card.label) = (None, None),
            }
            card.is_unwritten = false;
        }
    }

    /// Saves what has a name as captures with their frame, and what could not be written before.
    pub(super) fn save_frame(&mut self) {
        let Some(frame) = self.frame.clone() else { return };
        if frame.waiting() == 0 {
            self.say("There is nothing with a name that is not saved yet", Tone::Told);
            return;
        }
        if frame.unsaved().next().is_some() {
            match self.repository.capture(&mut self.session, &frame) {
                Ok((name, saved)) => self.on_frame(|frame| frame.saved(name, &saved)),
                Err(error) => return self.say(error.to_string(), Tone::Warned),
            }
            self.stale = true;
        }
        self.write_names();
    }

    /// Gives captures the names that their cards have on the frame.
    fn write_names(&mut self) {
        let unwritten = self.frame.iter().flat_map(OpenFrame::unwritten);
        let unwritten: Vec<_> =
            unwritten.map(|(at, file, label)| (at, file.clone(), label.clone())).collect();
        let (mut written, mut left) = (0, 0);
        for (at, file, label) in unwritten {
            let action = Action::Relabel(vec![file], label, BTreeMap::default());
            if self.try_act(&action).is_some() {
                self.on_frame(|frame| frame.written(at));
                written += 1;
            } else {
                left += 1;
            }
        }
        let why = self.message().unwrap_or_default();
        let (text, tone) = match (left, written) {
            (0, 1) => ("1 capture saved with its frame \u{b7} Verify shows it".to_owned(), Tone::Done),
            (0, _) => {
                (format!("{written} captures saved with their frame \u{b7} Verify shows them"), Tone::Done)
            }
            (1, _) => (format!("1 capture is without its name, Ctrl+S writes it: {why}"), Tone::Warned),
            _ => {
                (format!("{left} captures are without their names, Ctrl+S writes them: {why}"), Tone::Warned)
            }
        };
        self.say(text, tone);
    }
}
