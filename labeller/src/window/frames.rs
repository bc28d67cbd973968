//! Whole frames: opened, put right, named, and saved as captures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataset::captures::store::FRAMES;
use dataset::labels::Label;
use egui::{Context, InputState, Key};
use image::RgbaImage;
use lens_core::counted::counted;

use super::{Labeller, Subject};
use crate::form::Form;
use crate::frame::{Looked, OpenFrame};
use crate::inference::{Inference, Job};
use crate::intent::{Page, Tone};
use crate::session::Action;

/// Keys that move a card, as long as they are held.
const ARROWS: [Key; 4] = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];

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
        self.finish_saving();
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

    /// Changes the cards of the frame, once those that are being saved are.
    pub(super) fn change_frame(&mut self, change: impl FnOnce(&mut OpenFrame)) {
        self.finish_saving();
        self.on_frame(change);
    }

    /// Goes to another frame of the list.
    pub(super) fn step_frame(&mut self, by: isize) {
        let at = self.frame_name().and_then(|name| self.frames.iter().position(|it| it == name));
        let next = at.map_or(0, |at| at.saturating_add_signed(by));
        if let Some(name) = self.frames.get(next).cloned().filter(|_| Some(next) != at) {
            self.open_frame(Path::new(&name));
        }
    }

    /// Hears what the model makes of a frame: of the one that is open, or of one that would be
    /// again where another cannot be opened.
    pub(super) fn heard(&mut self, picture: &Arc<RgbaImage>, hear: impl FnOnce(&mut OpenFrame)) {
        let is_typed = self.is_typed();
        let waiting = self.screenshot.opening.as_mut().and_then(|it| it.before.as_mut());
        let mut frames = self.frame.iter_mut().chain(waiting);
        // Another image may lie at the same path by now.
        let Some(frame) = frames.find(|it| Arc::ptr_eq(&it.picture, picture)) else { return };
        hear(frame);
        // What is being typed stays, here and on other pages.
        if matches!(self.loaded.0, Subject::Card(..)) && !is_typed {
            self.loaded.0 = Subject::None;
        }
    }

    /// How far the model is with the open frame.
    pub(crate) fn looked(&self) -> Looked {
        let looked = self.frame.as_ref().map_or(Looked::NotYet, |it| it.looked);
        match looked {
            Looked::NotYet if !self.inference.as_ref().is_some_and(Inference::is_alive) => Looked::Failed,
            looked => looked,
        }
    }

    /// Has the model look at quads that were drawn or moved, once they are where they were wanted.
    pub(super) fn read_moved(&mut self, context: &Context) {
        let is_moving =
            |input: &InputState| input.pointer.any_down() || ARROWS.iter().any(|it| input.key_down(*it));
        let Some(frame) = &mut self.frame else { return };
        if context.input(is_moving) {
            return;
        }
        let quads = frame.take_unread();
        let Some(inference) = self.inference.as_ref().filter(|_| !quads.is_empty()) else { return };
        if !inference.ask(Job::Read(Arc::clone(&frame.picture), quads.clone())) {
            frame.put_off(quads);
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
        self.finish_saving();
        let name = label.name.clone();
        let Some(card) = self.frame.as_ref().and_then(OpenFrame::card) else {
            self.say("Choose a card, or draw a box around one", Tone::Told);
            return;
        };
        let (saved, former) = (card.file.clone(), card.former.clone());
        if let Some(file) = &saved {
            let action = Action::Name(vec![(file.clone(), label.clone())], former);
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
        self.finish_saving();
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
}
