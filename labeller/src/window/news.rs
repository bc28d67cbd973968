//! What happened elsewhere since the last frame, and what the threads are asked for.

use std::time::{Duration, Instant};

use egui::Context;

use super::{Labeller, Subject, VERIFY_INTERVAL, source};
use crate::coverage::Coverage;
use crate::frame::OpenFrame;
use crate::inference::{Answer, Changed, Inference, Job};
use crate::intent::{Page, Tone};
use crate::reading::{Reading, is_same};
use crate::session::Picture;
use crate::thumbnails::Size;
use crate::verify;

/// Groups ahead that the model looks at.
const MAX_GUESSED_AHEAD: usize = 4;
/// Members of a group that the model is asked about at a time.
const MAX_MEMBERS: usize = 48;
/// Labelled images that the model looks at in one frame, while they are verified.
const MAX_VERIFIED: usize = 8;
/// Groups after the current one whose images are decoded.
const MAX_DECODED_AHEAD: usize = 3;

impl Labeller {
    /// Takes in what happened elsewhere since the last frame.
    pub(crate) fn take_news(&mut self, context: &Context, now: Instant) {
        self.thumbnails.begin(context);
        self.card_art.begin(context);
        self.follow_mods(context, now);
        self.take_opened(context);
        self.read_moved(context);
        if !self.is_saving(context) {
            self.follow_disk(now);
        }
        for note in self.repository.take_notes() {
            log::warn!("{note}");
            self.notes.push(note);
        }
        let answers: Vec<Answer> = self.inference.iter().flat_map(Inference::answers).collect();
        for answer in answers {
            self.hear(answer);
        }
        self.follow_training(context, now);
        self.ask_ahead();
        self.look_ahead(context);
        self.keep_draft_soon(context, now);
        self.load_form();
        self.save_when_read();
        self.work_out(context, now);
        // News of the overlay and the quiet save need no key.
        context.request_repaint_after(Duration::from_millis(800));
    }

    fn follow_disk(&mut self, now: Instant) {
        match self.repository.tick(&mut self.session, now) {
            Ok(true) => {
                self.stale = true;
                self.follow_labels();
            }
            Ok(false) => {}
            Err(error) => self.say(error.to_string(), Tone::Warned),
        }
    }

    fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Guessed { file, reading } => {
                self.unread.remove(&file);
                self.readings.insert(file, reading);
                self.stale |= self.page == Page::Verify;
                // What nobody has touched yet may still be prefilled.
                if self.page == Page::Label && self.form == self.loaded.1 && self.form == self.drafted {
                    self.loaded.0 = Subject::None;
                }
            }
            Answer::Unread { file, reason } => {
                self.unread.insert(file);
                self.say(reason, Tone::Warned);
            }
            Answer::Proposed { frame, cards } => self.heard(&frame, |it| it.propose(&cards)),
            Answer::Unproposed { frame, reason } => {
                self.heard(&frame, OpenFrame::unproposed);
                self.say(reason, Tone::Warned);
            }
            Answer::Read { frame, cards } => self.heard(&frame, |it| {
                cards.iter().for_each(|(quad, reading)| it.read(*quad, reading.as_ref()));
            }),
            Answer::Taught(name) => {
                log::info!("the model knows {name} now");
                self.forget_readings();
            }
            Answer::Knows(knowledge, changed) => {
                self.train.knowledge = Some(*knowledge);
                if changed == Changed::Yes {
                    self.forget_readings();
                }
            }
            Answer::Failed(reason) => self.say(reason, Tone::Warned),
        }
    }

    /// The model knows other things than before: everything is read anew.
    fn forget_readings(&mut self) {
        self.readings.clear();
        self.asked.clear();
        self.unread.clear();
    }

    /// Works the page out that is shown, when something has changed.
    fn work_out(&mut self, context: &Context, now: Instant) {
        if !self.stale {
            return;
        }
        match self.page {
            Page::Verify => {
                let is_due = self.verify_from.is_none_or(|from| now >= from);
                let is_busy = self.inference.as_ref().is_some_and(|it| !it.is_idle());
                if is_busy && !is_due {
                    context.request_repaint_after(VERIFY_INTERVAL);
                    return;
                }
                let catalogue = &self.catalogue;
                self.classes = verify::classes(&self.session, catalogue, |it| self.reading(it));
                // Many labels take long: the window goes first.
                self.verify_from = Some(now + VERIFY_INTERVAL.max(now.elapsed() * 8));
            }
            Page::Collection => self.coverage = Coverage::new(&self.session, &self.catalogue),
            Page::Label | Page::Frames | Page::Bin | Page::Train | Page::Mods => return,
        }
        self.stale = false;
    }

    /// What the model says of an image now, else what it said when it was captured.
    pub(crate) fn reading(&self, picture: &Picture) -> Option<Reading> {
        self.readings.get(&picture.file).cloned().or_else(|| Reading::of_capture(&picture.context))
    }

    /// Whether the model has yet to say what it takes an image for: until then there is only what
    /// was read when it was captured, by whichever model that was.
    pub(crate) fn is_awaited(&self, picture: &Picture) -> bool {
        let is_told = self.readings.contains_key(&picture.file) || self.unread.contains(&picture.file);
        !is_told && self.inference.as_ref().is_some_and(Inference::is_alive)
    }

    /// Whether what is read of an image was read when it was captured; by which model stands beside
    /// its frame.
    pub(crate) fn is_read_before(&self, picture: &Picture) -> bool {
        !self.readings.contains_key(&picture.file) && Reading::of_capture(&picture.context).is_some()
    }

    /// The class that an image may be given without looking: what it is read as now, unless it was
    /// surely read as another card when it was captured.
    pub(crate) fn named(&self, picture: &Picture) -> Option<String> {
        let reading = self.reading(picture)?;
        let named = reading.named(&self.catalogue)?;
        let before = picture.context.sure_card();
        before.is_none_or(|before| is_same(&self.catalogue, before, named)).then(|| named.to_owned())
    }

    fn ask_ahead(&mut self) {
        let Some(inference) = &self.inference else { return };
        let is_new = |it: &&Picture| it.label.is_none() && !self.asked.contains(&it.file);
        let mut wanted: Vec<&Picture> = self.session.members().filter(is_new).take(MAX_MEMBERS).collect();
        let ahead = || self.session.queue().iter().skip(self.session.at() + 1);
        let first = |group: &u64| self.session.members_of(*group).find(|it| it.label.is_none());
        wanted.extend(ahead().take(MAX_GUESSED_AHEAD).filter_map(first).filter(is_new));
        // The rest of the next one, so that Enter need not wait there.
        let next = ahead().next().into_iter().flat_map(|group| self.session.members_of(*group));
        wanted.extend(next.filter(is_new).skip(1).take(MAX_MEMBERS));
        if self.page == Page::Verify && inference.is_idle() {
            let labelled = self.session.pictures().iter().filter(|it| it.label.is_some() && !it.binned);
            wanted.extend(labelled.filter(|it| !self.asked.contains(&it.file)).take(MAX_VERIFIED));
        }
        for picture in wanted {
            if !self.asked.contains(&picture.file) && inference.ask(Job::Guess(source(picture))) {
                self.asked.insert(picture.file.clone());
            }
        }
    }

    /// Decodes the images of the groups that come next, so that they are there when Enter is
    /// pressed.
    fn look_ahead(&mut self, context: &Context) {
        let from = self.session.at() + 1;
        let groups = self.session.queue().iter().skip(from).take(MAX_DECODED_AHEAD);
        let first = |group: &u64| self.session.members_of(*group).next();
        let files = groups.filter_map(first).flat_map(|it| [Some(it.file.clone()), it.context.frame.clone()]);
        // The newest wish comes first, and what is shown now is wished for after this.
        for file in files.flatten().collect::<Vec<_>>().into_iter().rev() {
            self.thumbnails.get(context, &file, Size::Large);
        }
    }
}
