//! How the form is filled, kept as a draft, and saved as a label.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dataset::labels::Label;
use dataset::labels::store::Change;
use egui::Context;
use lens_core::catalogue::Card;
use lens_core::counted::counted;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;

use super::{Labeller, Subject};
use crate::completion;
use crate::form::{Form, Stated};
use crate::intent::{Page, Tone};
use crate::reading::{Origin, is_same};
use crate::session::{Action, Picture, Worn};

/// How often what is being typed is written at most.
const DRAFT_INTERVAL: Duration = Duration::from_millis(250);

impl Labeller {
    /// Fills the form for a subject that is shown for the first time, and leaves out what does not
    /// agree with it.
    pub(super) fn load_form(&mut self) {
        let subject = match self.page {
            Page::Verify => Subject::Chosen(self.chosen.clone()),
            Page::Frames => Subject::Card(
                self.frame.as_ref().map(|it| it.path.clone()).unwrap_or_default(),
                self.frame.as_ref().and_then(|it| it.selected),
            ),
            Page::Label | Page::Collection | Page::Bin | Page::Train | Page::Mods => {
                Subject::Group(self.session.group())
            }
        };
        if self.loaded.0 != subject {
            self.keep_draft();
            self.stated = Stated::default();
            let mut form = match &subject {
                Subject::Chosen(files) => self.common(files),
                Subject::Card(..) => self.prefilled_in_frame(),
                Subject::Group(_) | Subject::None => self.prefilled(),
            };
            self.filled = form.modifiers.clone();
            if let (Subject::Group(_), Some(draft)) = (&subject, self.session.draft()) {
                self.stated = Stated::from_draft(draft);
                form = Form { modifiers: self.stated.on(&self.filled), ..Form::from_label(draft) };
            }
            self.form = form;
            self.loaded = (subject, self.form.clone());
            self.drafted = self.form.clone();
            self.completion = 0;
            self.is_begun = false;
        }
        self.leave_out();
    }

    /// What the labels of these images have in common.
    fn common(&self, files: &BTreeSet<String>) -> Form {
        let labels = files.iter().filter_map(|file| self.session.picture(file)?.label.as_ref());
        let mut forms = labels.map(Form::from_label);
        let Some(first) = forms.next() else { return Form::default() };
        forms.fold(first, |common, form| Form {
            name: if common.name == form.name { common.name } else { String::new() },
            ..common
        })
    }

    /// What is known of the current group before anybody says something.
    fn prefilled(&self) -> Form {
        let mut form = Form::default();
        let Some(picture) = self.session.members().find(|it| it.label.is_none()) else { return form };
        let reading = self.reading(picture);
        let named = self.named(picture);
        let known = self.session.known_label();
        // What another image of the group was named holds for this one, unless it is read as
        // something else.
        let agrees = |label: &&Label| {
            let first = reading.as_ref().and_then(|it| it.first());
            first.is_none_or(|guess| is_same(&self.catalogue, &guess.id, label.class()))
        };
        if let Some(label) = known.filter(agrees) {
            form = Form::from_label(label);
        } else if let Some(id) = named {
            match self.catalogue.card(&id) {
                Some(card) => form.take(card),
                None if id == NOT_A_CARD => return Form::not_a_card(),
                // Cards that were taught are in no catalogue.
                None => form.name = id,
            }
        }
        if let Some(seen) = reading.and_then(|it| it.modifiers) {
            form.modifiers = seen;
        }
        form
    }

    /// Leaves out the members of the current group that do not agree with the name in the form.
    ///
    /// A name that nobody has touched takes what is read as that card by itself. A name that a
    /// person gave also takes what is read as the same thing as the image that is shown, and what
    /// is not read as anything.
    fn leave_out(&mut self) {
        if self.page != Page::Label {
            return;
        }
        let name = self.form.name.trim().to_owned();
        let is_untouched = self.form.name == self.loaded.1.name && self.session.draft().is_none();
        let class = self.label().map(|label| label.class().to_owned()).unwrap_or_default();
        let known = self.session.known_label().is_some_and(|label| label.name == name);
        let first = self.session.members().find(|it| it.label.is_none()).cloned();
        let read_as = |it: &Picture| self.reading(it)?.first().map(|guess| guess.id.clone());
        let lead = first.as_ref().and_then(read_as);
        let mut out = BTreeSet::new();
        if !name.is_empty() {
            for picture in self.session.members().filter(|it| it.label.is_none()) {
                let is_lead = first.as_ref().is_some_and(|it| it.file == picture.file);
                let read = read_as(picture);
                let is_class = read.as_ref().is_some_and(|id| is_same(&self.catalogue, id, &class));
                let agrees = if is_untouched && !known {
                    self.named(picture).is_some_and(|id| is_same(&self.catalogue, &id, &class))
                } else {
                    is_lead || is_class || read.is_none() || (!is_untouched && read == lead)
                };
                if !agrees {
                    out.insert(picture.file.clone());
                }
            }
        }
        self.session.leave_out(|picture| out.contains(&picture.file));
    }

    /// What the model sees on an image.
    fn seen(&self, picture: &Picture) -> Option<Modifiers> {
        self.reading(picture)?.modifiers
    }

    /// Keeps what is being typed, often enough that whatever ends the program takes a few letters
    /// at most.
    pub(super) fn keep_draft_soon(&mut self, context: &Context, now: Instant) {
        if self.form == self.drafted {
            return;
        }
        if self.drafted_at.is_none_or(|last| now - last >= DRAFT_INTERVAL) {
            self.drafted_at = Some(now);
            self.keep_draft();
        }
        context.request_repaint_after(DRAFT_INTERVAL);
    }

    /// Keeps what was typed for the group that the form is about.
    pub(super) fn keep_draft(&mut self) {
        let Subject::Group(Some(group)) = self.loaded.0 else { return };
        if self.page != Page::Label || self.form == self.drafted || self.repository.read_only().is_some() {
            return;
        }
        self.stated.note(&self.form.modifiers, &self.filled);
        let mut draft = self.form.label(&self.catalogue);
        if draft.is_none() && self.stated != Stated::default() {
            draft = Some(Label::default());
        }
        if let Some(draft) = &mut draft {
            self.stated.write(draft);
        }
        if self.try_act(&Action::Draft(group, draft)).is_some() {
            self.drafted = self.form.clone();
        }
    }

    /// What the form says, also of what is no card.
    fn label(&self) -> Option<Label> {
        if self.form.is_not_a_card() {
            return Some(Label { source: Some("labeller".into()), ..Label::not_a_card() });
        }
        self.form.label(&self.catalogue)
    }

    /// What is on each of these images, under a label: as it was seen, but for what was said in
    /// the form.
    fn worn<'a>(
        &self,
        label: &Label,
        pictures: impl Iterator<Item = (&'a Picture, Option<Modifiers>)>,
    ) -> Worn {
        if label.is_not_a_card() {
            return Worn::new();
        }
        pictures.filter_map(|(it, seen)| Some((it.file.clone(), self.stated.on(&seen?)))).collect()
    }

    /// Whether a name is of a card that somebody has spoken of before.
    fn is_known_name(&self, label: &Label) -> bool {
        let is_it = |other: &str| other.eq_ignore_ascii_case(&label.name);
        let mut labels = self.session.pictures().iter().filter_map(|it| it.label.as_ref());
        let taught =
            || self.readings.values().flat_map(|it| &it.guesses).filter(|it| it.origin == Origin::Taught);
        label.is_not_a_card()
            || self.catalogue.card(label.class()).is_some()
            || labels.any(|it| is_it(&it.name))
            || taught().any(|it| is_it(&it.id))
    }

    /// Whether a new name may be saved: it has been shown as new, and is meant.
    fn is_confirmed(&mut self, label: &Label) -> bool {
        if self.is_known_name(label) || self.new_name.as_ref() == Some(&label.name) {
            self.new_name = None;
            return true;
        }
        let near = completion::complete(&label.name, &self.catalogue, &[]);
        let hint = near.first().map(|card| format!(", did you mean {}?", card.name)).unwrap_or_default();
        self.say(
            format!("{} is a new card{hint} \u{b7} Enter again adds it, Escape goes back", label.name),
            Tone::Warned,
        );
        self.new_name = Some(label.name.clone());
        false
    }

    /// Gives the chosen card of the frame what is in the form.
    pub(super) fn name_card(&mut self) {
        let Some(label) = self.label() else {
            self.say("Type a name, or press the number of a suggestion", Tone::Told);
            return;
        };
        if self.is_confirmed(&label) {
            self.name_in_frame(label);
        }
    }

    /// Puts a suggestion into the form.
    pub(super) fn take_suggestion(&mut self, number: usize) {
        self.is_begun = false;
        let Some(suggestion) = self.suggestions().into_iter().nth(number) else { return };
        match self.catalogue.card(&suggestion.id) {
            Some(card) => self.form.take(card),
            None if suggestion.id == NOT_A_CARD => self.form = Form::not_a_card(),
            None => self.form.name = suggestion.name,
        }
    }

    /// Ends a begun name by this completion.
    pub(super) fn complete(&mut self, number: usize) {
        let card = self.completions().get(number).map(|card| Card::clone(card));
        self.is_begun = false;
        if let Some(card) = card {
            self.form.take(&card);
        }
        self.completion = 0;
    }

    /// Has the form say that there is no card.
    pub(super) fn take_for_no_card(&mut self) {
        self.is_begun = false;
        self.form = Form::not_a_card();
        self.stated = Stated::default();
        self.filled = self.form.modifiers.clone();
    }

    /// Whether the model has yet to read something of the current group that waits for a name.
    fn is_being_read(&self) -> bool {
        self.session.members().any(|it| it.label.is_none() && self.is_awaited(it))
    }

    /// Saves what was to be saved once the model has read all of it, unless it now says something
    /// else than when Enter was pressed.
    pub(super) fn save_when_read(&mut self) {
        let is_over =
            |(group, _): &(u64, String)| self.page != Page::Label || self.session.group() != Some(*group);
        if self.saves_when_read.as_ref().is_some_and(is_over) {
            self.saves_when_read = None;
        }
        if self.saves_when_read.is_none() || self.is_being_read() {
            return;
        }
        let Some((_, name)) = self.saves_when_read.take() else { return };
        if self.label().is_some_and(|label| label.name == name) {
            self.save();
        } else {
            let text =
                format!("The model does not say {name} now: look again, Enter saves what stands there");
            self.say(text, Tone::Warned);
        }
    }

    /// Saves the current group under what is in the form, once the model has read it: what was read
    /// when it was captured, perhaps by another model, counts for nothing where it can be read now.
    pub(super) fn save(&mut self) {
        let Some(group) = self.session.group() else {
            self.say("There is nothing to name", Tone::Told);
            return;
        };
        if self.is_being_read() {
            self.saves_when_read = self.label().map(|label| (group, label.name));
            self.say("The model is reading the group", Tone::Told);
            return;
        }
        let Some(label) = self.label() else {
            self.say("Nobody is sure: type a name, or press the number of a suggestion", Tone::Told);
            return;
        };
        if !self.is_confirmed(&label) {
            return;
        }
        self.leave_out();
        // Undo brings back what stands in the form now, not the half of a word.
        self.keep_draft();
        self.stated.note(&self.form.modifiers, &self.filled);
        let members = self.session.members().map(|it| (it, self.seen(it)));
        let worn = self.worn(&label, members);
        let name = label.name.clone();
        let left = self.session.members().filter(|it| self.session.is_dropped(&it.file)).count();
        let Some(changes) = self.try_act(&Action::Save(label, worn)) else { return };
        let count = changes.iter().filter(|it| matches!(it, Change::Label { .. })).count();
        if count > 0 {
            let rest =
                if left > 0 { format!(", {left} left for a name of their own") } else { String::new() };
            self.say(format!("{count} saved as {name}{rest} \u{b7} Ctrl+Z takes it back"), Tone::Done);
            self.loaded.0 = Subject::None;
        } else {
            self.say("Everything in the group is left out: Space takes a capture in again", Tone::Told);
        }
    }

    /// Gives the chosen images what is in the form as their label.
    pub(super) fn relabel(&mut self) {
        if self.chosen.is_empty() {
            self.say("Choose captures first: click on them", Tone::Told);
            return;
        }
        let Some(label) = self.label() else {
            self.say("Type a name for what is chosen", Tone::Told);
            return;
        };
        if !self.is_confirmed(&label) {
            return;
        }
        let files: Vec<String> = self.chosen.iter().cloned().collect();
        self.stated.note(&self.form.modifiers, &self.filled);
        let before = |it: &Picture| it.label.as_ref().filter(|it| !it.is_not_a_card()).map(Label::modifiers);
        let worn = self.worn(
            &label,
            files.iter().filter_map(|file| self.session.picture(file)).map(|it| (it, before(it))),
        );
        let said =
            format!("{} named {} \u{b7} Ctrl+Z takes it back", counted(files.len(), "capture"), label.name);
        if self.try_act(&Action::Relabel(files, label, worn)).is_some() {
            self.chosen.clear();
            self.say(said, Tone::Done);
        }
    }
}

impl Drop for Labeller {
    fn drop(&mut self) {
        self.keep_draft();
    }
}
