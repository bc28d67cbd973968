//! How the form is filled for a group, kept as a draft, and saved as a label.

use std::time::{Duration, Instant};

use dataset::labels::Label;
use dataset::labels::store::Change;
use egui::Context;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;

use super::{Labeller, Page};
use crate::form::{Form, Stated};
use crate::session::{Action, Picture, Worn};

/// How often what is being typed is written at most.
const DRAFT_INTERVAL: Duration = Duration::from_millis(250);
/// Probability from which the model's best guess stands in the form.
const MIN_PREFILLED: f32 = 0.5;
/// The same for the guess that there is no card, which teaches the next model what not to find.
const MIN_PREFILLED_NOT_A_CARD: f32 = 0.9;

impl Labeller {
    /// Fills the form for a group that is shown for the first time.
    pub(super) fn load_form(&mut self) {
        let group = self.session.group();
        if self.loaded.0 == group {
            return;
        }
        self.keep_draft();
        let mut form = self.prefilled();
        self.filled = form.modifiers.clone();
        self.stated = Stated::default();
        if let Some(draft) = self.session.draft() {
            self.stated = Stated::from_draft(draft);
            form = Form { modifiers: self.stated.on(&self.filled), ..Form::from_label(draft) };
        }
        if self.page == Page::Verify {
            // The draft was about the group, not about what is chosen here.
            self.filled = form.modifiers.clone();
            self.stated = Stated::default();
        }
        self.form = form;
        self.loaded = (group, self.form.clone());
        self.drafted = self.form.clone();
        self.completion = 0;
    }

    /// What is known of the current group before anybody says something.
    fn prefilled(&self) -> Form {
        let mut form = Form::default();
        let picture = self.session.members().find(|it| it.label.is_none());
        let seen = picture.and_then(|it| self.seen(it));
        if let Some(label) = self.session.known_label() {
            form = Form::from_label(label);
        } else if let Some(picture) = picture {
            let guess = self.guesses.get(&picture.file);
            let known = guess.map_or(&picture.context.card, |it| &it.known);
            let best = self.suggestions().into_iter().next().filter(|it| it.probability >= MIN_PREFILLED);
            let is_nothing = best
                .as_ref()
                .is_some_and(|it| it.id == NOT_A_CARD && it.probability >= MIN_PREFILLED_NOT_A_CARD);
            let id = known.clone().or(best.map(|it| it.id));
            match id.as_deref().map(|id| (id, self.catalogue.card(id))) {
                Some((_, Some(card))) => form.take(card),
                // Cards that were taught are in no catalogue.
                Some((id, None)) if id != NOT_A_CARD => form.name = id.to_owned(),
                Some(_) if is_nothing => form.name = Label::not_a_card().name,
                _ => {}
            }
        }
        if let Some(seen) = seen {
            form.modifiers = seen.clone();
        }
        form
    }

    /// What the model sees on a picture.
    fn seen<'a>(&'a self, picture: &'a Picture) -> Option<&'a Modifiers> {
        let guess = self.guesses.get(&picture.file).map(|it| &it.modifiers);
        guess.or(picture.context.modifiers.as_ref())
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
        let Some(group) = self.loaded.0 else { return };
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
        let not_a_card = Label::not_a_card();
        if self.form.name == not_a_card.name {
            return Some(Label { source: Some("labeller".into()), ..not_a_card });
        }
        self.form.label(&self.catalogue)
    }

    /// What is on each of these pictures, under a label: as it was seen, but for what was said in
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

    /// Saves the current group under what is in the form.
    pub(super) fn save(&mut self) {
        if self.session.group().is_none() {
            self.message = Some("Every group has a name".into());
            return;
        }
        let Some(label) = self.label() else {
            self.message = Some("Type a name, or press the number of a suggestion".into());
            return;
        };
        self.stated.note(&self.form.modifiers, &self.filled);
        let members = self.session.members().map(|it| (it, self.seen(it).cloned()));
        let worn = self.worn(&label, members);
        let name = label.name.clone();
        let changes = self.act(&Action::Save(label, worn));
        let count = changes.iter().filter(|it| matches!(it, Change::Label { .. })).count();
        if count > 0 {
            let pictures = if count == 1 { "picture" } else { "pictures" };
            self.message = Some(format!("{name}: {count} {pictures}"));
            self.loaded.0 = None;
        }
    }

    /// Gives the chosen pictures what is in the form as their label.
    pub(super) fn relabel(&mut self) {
        let Some(label) = self.label().filter(|_| !self.chosen.is_empty()) else {
            self.message = Some("Choose pictures and type a name".into());
            return;
        };
        let mut files: Vec<String> = self.chosen.drain().collect();
        files.sort();
        self.stated.note(&self.form.modifiers, &self.filled);
        let pictures = files.iter().filter_map(|file| self.session.picture(file));
        let before = |it: &Picture| it.label.as_ref().filter(|it| !it.is_not_a_card()).map(Label::modifiers);
        let worn = self.worn(&label, pictures.map(|it| (it, before(it))));
        self.message = Some(format!("{}: {} relabelled", label.name, files.len()));
        self.act(&Action::Relabel(files, label, worn));
    }
}

impl Drop for Labeller {
    fn drop(&mut self) {
        self.keep_draft();
    }
}
