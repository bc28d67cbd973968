//! Whole frames: opened, put right, named, and saved as captures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataset::captures::store::FRAMES;
use dataset::labels::Label;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};

use super::{Labeller, Subject};
use crate::form::Form;
use crate::frame::{FrameCard, OpenFrame};
use crate::inference::Job;
use crate::intent::Tone;
use crate::reading::Reading;

impl Labeller {
    /// Where the frame lies that is open.
    pub fn open_frame_path(&self) -> Option<&Path> {
        self.frame.as_ref().map(|it| it.path.as_path())
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
        if self.frame.is_none() && !self.frames.is_empty() {
            self.open_frame(&PathBuf::from(&self.frames[0]));
        }
    }

    /// Opens a frame of the overlay's, by its name below the captures, or any image by its path.
    /// Not while cards of the one that is open have names that are not saved.
    pub(super) fn open_frame(&mut self, path: &Path) {
        let unsaved = self.frame.as_ref().map_or(0, |it| it.unsaved().count());
        if unsaved > 0 {
            let count = counted(unsaved, "named card");
            let text =
                format!("Not saved yet: {count} of the open frame \u{b7} Ctrl+S saves, Ctrl+Z takes back");
            self.say(text, Tone::Warned);
            return;
        }
        let whole = self.repository.folders().captures.join(path);
        let name = path.to_string_lossy().replace('\\', "/");
        let name = self.frames.contains(&name).then_some(name);
        let size = match image::image_dimensions(&whole) {
            Ok((width, height)) => [width, height],
            Err(error) => {
                self.say(format!("{} cannot be opened: {error}", whole.display()), Tone::Warned);
                return;
            }
        };
        let saved = self.session.pictures().iter().filter(|it| name.is_some() && it.context.frame == name);
        let saved = saved.filter(|it| !it.binned).filter_map(|picture| {
            Some(FrameCard {
                quad: picture.context.quad?,
                reading: Reading::of_capture(&picture.context),
                label: picture.label.clone(),
                file: Some(picture.file.clone()),
            })
        });
        let saved = saved.collect();
        let mut frame = OpenFrame::new(whole.clone(), name, saved);
        frame.size = size;
        let asked = self.inference.as_ref().is_some_and(|it| it.ask(Job::Propose(whole)));
        if !asked {
            frame.propose(Vec::new());
        }
        self.frame = Some(frame);
        self.loaded.0 = Subject::None;
    }

    /// Goes to another frame of the list.
    pub(super) fn step_frame(&mut self, by: isize) {
        let now = self.frame.as_ref().and_then(|it| it.name.clone());
        let at = now.and_then(|name| self.frames.iter().position(|it| *it == name));
        let next = at.map_or(0, |at| at.saturating_add_signed(by));
        if let Some(name) = self.frames.get(next).cloned().filter(|_| Some(next) != at) {
            self.open_frame(Path::new(&name));
        }
    }

    /// Hears what the model makes of a frame.
    pub(super) fn proposed(&mut self, path: &Path, cards: Vec<(Quad<InFrame>, Option<Reading>)>) {
        if let Some(frame) = self.frame.as_mut().filter(|it| it.path == path) {
            frame.propose(cards);
            self.loaded.0 = Subject::None;
        }
    }

    /// Has the model look at a quad that was drawn or moved.
    pub(super) fn read_quad(&self, quad: Quad<InFrame>) {
        let path = self.frame.as_ref().map(|it| it.path.clone());
        if let Some((inference, path)) = self.inference.as_ref().zip(path) {
            // One that is not accepted is read when the frame is opened again.
            inference.ask(Job::Read(path, vec![quad]));
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
        let Some(frame) = self.frame.as_mut().filter(|it| it.card().is_some()) else {
            self.say("Choose a card, or draw a box around one", Tone::Told);
            return;
        };
        frame.name(label);
        let left = frame.cards.iter().filter(|it| it.label.is_none()).count();
        let rest = if left > 0 { format!("{left} have no name yet") } else { "all have a name".into() };
        self.say(format!("It is {name}, {rest} \u{b7} Ctrl+S saves what has a name"), Tone::Done);
        self.loaded.0 = Subject::None;
    }

    /// What was typed or chosen for the chosen card counts as its name, also without Enter.
    pub(super) fn name_typed(&mut self) {
        let typed = self.form.name.trim();
        let is_chosen = self.frame.as_ref().is_some_and(|it| it.card().is_some());
        if is_chosen && !typed.is_empty() && typed != self.prefilled_in_frame().name {
            self.name_card();
        }
    }

    /// Saves what has a name as captures with their frame.
    pub(super) fn save_frame(&mut self) {
        let Some(frame) = self.frame.clone().filter(|_| self.new_name.is_none()) else { return };
        if frame.unsaved().next().is_none() {
            self.say("There is nothing with a name that is not saved yet", Tone::Told);
            return;
        }
        match self.repository.capture(&mut self.session, &frame) {
            Ok((name, saved)) => {
                let labels: Vec<_> =
                    saved.iter().filter_map(|(at, _)| frame.cards[*at].label.clone()).collect();
                let count = saved.len();
                if let Some(frame) = &mut self.frame {
                    frame.name = Some(name);
                    saved.iter().for_each(|(at, file)| frame.cards[*at].file = Some(file.clone()));
                }
                for ((_, file), label) in saved.into_iter().zip(labels) {
                    self.act(&crate::session::Action::Relabel(vec![file], label, BTreeMap::default()));
                }
                let said = match count {
                    1 => "1 capture saved with its frame \u{b7} Verify shows it".to_owned(),
                    _ => format!("{count} captures saved with their frame \u{b7} Verify shows them"),
                };
                self.say(said, Tone::Done);
                self.stale = true;
            }
            Err(error) => self.say(error.to_string(), Tone::Warned),
        }
    }
}
