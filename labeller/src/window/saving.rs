//! Saving the cards of a frame: they are cut and written on a thread, then their captures get the
//! names. What changes the frame meanwhile waits for that.

use std::thread::JoinHandle;
use std::time::Duration;

use egui::Context;
use lens_core::counted::counted;

use super::Labeller;
use crate::cutting::{Cut, Saved};
use crate::frame::OpenFrame;
use crate::intent::Tone;
use crate::repository::WriteError;
use crate::session::Action;

/// How soon it is looked whether the thread is done.
const POLL_INTERVAL: Duration = Duration::from_millis(8);

/// Cards that are being saved.
pub(crate) struct Saving {
    count: usize,
    thread: JoinHandle<Saved>,
}

impl Labeller {
    /// Saves what has a name as captures with their frame, and what could not be written before.
    pub(super) fn save_frame(&mut self) {
        self.finish_saving();
        let Some(frame) = self.frame.as_ref().filter(|it| it.waiting() > 0) else {
            if self.frame.is_some() {
                self.say("There is nothing with a name that is not saved yet", Tone::Told);
            }
            return;
        };
        let cut = Cut::of(frame);
        if cut.is_empty() {
            self.write_names();
        } else if let Some(reason) = self.repository.read_only() {
            self.say(WriteError::ReadOnly(reason.to_owned()).to_string(), Tone::Warned);
        } else {
            self.begin_saving(cut);
        }
    }

    fn begin_saving(&mut self, cut: Cut) {
        let (count, folders) = (cut.len(), self.repository.folders().clone());
        let builder = std::thread::Builder::new().name("saving".into());
        match builder.spawn(move || cut.save(&folders)) {
            Ok(thread) => {
                self.saving = Some(Saving { count, thread });
                self.say(format!("Saving {}\u{2026}", counted(count, "capture")), Tone::Told);
            }
            Err(error) => self.say(format!("The cards cannot be saved: {error}"), Tone::Warned),
        }
    }

    /// Whether cards are being saved. Until they have their names, nobody else takes them in.
    pub(super) fn is_saving(&mut self, context: &Context) -> bool {
        if self.saving.as_ref().is_some_and(|it| it.thread.is_finished()) {
            self.finish_saving();
            context.request_repaint();
        }
        if self.saving.is_some() {
            context.request_repaint_after(POLL_INTERVAL);
        }
        self.saving.is_some()
    }

    /// Waits until cards that are being saved are captures with their names.
    pub(super) fn finish_saving(&mut self) {
        let Some(Saving { count, thread }) = self.saving.take() else { return };
        let broken = || Saved { error: Some("The cards could not be cut".into()), ..Saved::default() };
        self.take_saved(thread.join().unwrap_or_else(|_| broken()), count);
    }

    /// Takes in what became of so many cards: what is saved is so, also where others are not.
    fn take_saved(&mut self, Saved { name, captures, error }: Saved, count: usize) {
        let places: Vec<(usize, String)> =
            captures.iter().map(|(at, record)| (*at, record.filename.clone())).collect();
        if let Some(name) = name {
            self.session.add(captures.into_iter().map(|(_, record)| record).collect());
            self.on_frame(|frame| frame.saved(name, &places));
            self.stale = true;
        }
        if !places.is_empty() {
            self.write_names();
        }
        match error {
            Some(error) if places.is_empty() => self.say(error, Tone::Warned),
            Some(error) => {
                let text = format!("{} of {count} saved, Ctrl+S tries the others: {error}", places.len());
                self.say(text, Tone::Warned);
            }
            None => {}
        }
    }

    /// Gives captures the names that their cards have on the frame; the captures of a card before
    /// it was moved go into the bin.
    fn write_names(&mut self) {
        let unwritten = || self.frame.iter().flat_map(OpenFrame::unwritten);
        let names: Vec<_> = unwritten().map(|(_, file, label)| (file.clone(), label.clone())).collect();
        let former: Vec<_> = unwritten().flat_map(|(card, ..)| card.former.iter().cloned()).collect();
        let (count, replaced) = (names.len(), former.len());
        let is_written = self.try_act(&Action::Name(names, former)).is_some();
        if is_written {
            self.on_frame(OpenFrame::written);
            return self.say(saved_text(count, replaced), Tone::Done);
        }
        let why = self.message().unwrap_or_default();
        let which = match count {
            1 => "1 capture is without its name, Ctrl+S writes it".to_owned(),
            _ => format!("{count} captures are without their names, Ctrl+S writes them"),
        };
        self.say(format!("{which}: {why}"), Tone::Warned);
    }
}

/// What is said of captures that have their names.
fn saved_text(count: usize, replaced: usize) -> String {
    let former = match replaced {
        0 => String::new(),
        1 => ", the one before it was moved is in the bin".to_owned(),
        _ => format!(", {replaced} from before they were moved are in the bin"),
    };
    let shows = if count == 1 { "it" } else { "them" };
    let their = if count == 1 { "its" } else { "their" };
    let count = counted(count, "capture");
    format!("{count} saved with {their} frame{former} \u{b7} Verify shows {shows}")
}
