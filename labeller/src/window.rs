//! The window's state, and what each intent of a person does to it.
//!
//! [`crate::view`] draws it and collects intents; [`Labeller::obey`] carries them out, one after
//! the other.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use dataset::labels::Label;
use dataset::labels::store::Change;
use egui::Context;
use lens_core::catalogue::Catalogue;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;

use crate::card_art::CardArt;
use crate::completion;
use crate::coverage::Coverage;
use crate::form::{Form, Stated, Suggestion};
use crate::inference::{Answer, Inference, Job, Source};
use crate::repository::{Repository, WriteError};
use crate::session::{Action, Order, Picture, Session};
use crate::thumbnails::{Size, Thumbnails};
use crate::verify::{self, Class};

mod naming;
mod teaching;

/// What the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Groups to be named.
    #[default]
    Label,
    /// What has been named.
    Verify,
    /// What is there of each card.
    Coverage,
    /// What was thrown away.
    Bin,
}

impl Page {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Label, Self::Verify, Self::Coverage, Self::Bin];

    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "Label",
            Self::Verify => "Verify",
            Self::Coverage => "Coverage",
            Self::Bin => "Bin",
        }
    }
}

/// What a person wants: a key, a click, or a drag.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Saves the current group under what is in the form, or relabels what is chosen on the verify
    /// page.
    Save,
    /// Does something to groups.
    Act(Box<Action>),
    /// Takes the last action back.
    Undo,
    /// Does it again.
    Redo,
    /// Goes on by this many groups.
    Step(isize),
    GoTo(u64),
    /// Chooses another member.
    StepMember(isize),
    /// Drops a member, or takes it in again; the chosen one when no file is given.
    Toggle(Option<String>),
    Suggest(usize),
    /// Says that it is no card.
    NotACard,
    /// Chooses another completion.
    StepCompletion(isize),
    Complete(usize),
    /// Sets the edition by its number in the catalogue.
    Edition(usize),
    /// Throws the chosen pictures away.
    Bin,
    /// Pulls the first group of the same cluster in.
    MergeFirst,
    Show(Page),
    Sort(Order),
    /// Chooses a picture on the verify page, or not.
    Choose(String),
    /// Shows the keys, or hides them.
    Keys,
}

/// What the model says of a picture.
#[derive(Clone, Debug, Default)]
pub struct Guess {
    pub guesses: Vec<(String, f32)>,
    pub modifiers: Modifiers,
    /// What the model names it.
    pub known: Option<String>,
}

/// The labelling window.
pub struct Labeller {
    pub(crate) repository: Repository,
    pub(crate) session: Session,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) card_art: CardArt,
    inference: Option<Inference>,
    guesses: HashMap<String, Guess>,
    asked: HashSet<String>,
    pub(crate) page: Page,
    pub(crate) form: Form,
    /// What the form was when its group was shown, and that group.
    loaded: (Option<u64>, Form),
    /// What was on the card then, as far as the model and those who named others of the group say.
    filled: Modifiers,
    /// What a person has said is on it since.
    pub(crate) stated: Stated,
    /// What the form was when it was last on the disk, as a draft or because nothing had been
    /// changed.
    drafted: Form,
    drafted_at: Option<Instant>,
    /// What stays on the screen until somebody has read it.
    pub(crate) notes: Vec<String>,
    pub(crate) completion: usize,
    pub(crate) message: Option<String>,
    pub(crate) show_keys: bool,
    pub(crate) chosen: HashSet<String>,
    pub(crate) classes: Vec<Class>,
    pub(crate) coverage: Coverage,
    /// Pages that must be worked out anew when they are shown.
    stale: bool,
}

/// Groups ahead that the model looks at.
const MAX_GUESSED_AHEAD: usize = 4;
/// Probability from which a guess is worth a line.
const MIN_SUGGESTED: f32 = 0.005;
/// Groups after the current one whose pictures are decoded.
const MAX_DECODED_AHEAD: usize = 3;

impl Labeller {
    /// A window on a data set; without a model there are no guesses but those of the captures.
    pub fn new(
        repository: Repository,
        session: Session,
        catalogue: Arc<Catalogue>,
        inference: Option<Inference>,
    ) -> Self {
        let folders: Vec<PathBuf> =
            vec![repository.folders().captures.clone(), repository.folders().labels.clone()];
        let message = repository.read_only().map(|reason| format!("Read-only: {reason}"));
        Self {
            thumbnails: Thumbnails::new(&folders),
            card_art: CardArt::new(Arc::clone(&catalogue)),
            repository,
            session,
            catalogue,
            inference,
            guesses: HashMap::new(),
            asked: HashSet::new(),
            page: Page::Label,
            form: Form::default(),
            loaded: (None, Form::default()),
            filled: Modifiers::default(),
            stated: Stated::default(),
            drafted: Form::default(),
            drafted_at: None,
            notes: Vec::new(),
            completion: 0,
            message,
            show_keys: false,
            chosen: HashSet::new(),
            classes: Vec::new(),
            coverage: Coverage::default(),
            stale: true,
        }
    }

    /// The state of labelling.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What is being said of the current group.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// What the window says at its lower edge.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Whether nothing is on its way from another thread.
    pub fn is_idle(&self) -> bool {
        self.thumbnails.is_idle()
    }

    /// Takes in what happened elsewhere since the last frame.
    pub(crate) fn take_news(&mut self, context: &Context, now: Instant) {
        self.thumbnails.begin(context);
        match self.repository.tick(&mut self.session, now) {
            Ok(true) => self.stale = true,
            Ok(false) => {}
            Err(error) => self.message = Some(error.to_string()),
        }
        for note in self.repository.take_notes() {
            log::warn!("{note}");
            self.notes.push(note);
        }
        let answers: Vec<Answer> = self.inference.iter().flat_map(Inference::answers).collect();
        for answer in answers {
            match answer {
                Answer::Guessed { file, guesses, modifiers, known } => {
                    self.guesses.insert(file, Guess { guesses, modifiers, known });
                    // What nobody has touched yet may still be prefilled.
                    if self.form == self.loaded.1 && self.form == self.drafted {
                        self.loaded.0 = None;
                    }
                }
                Answer::Taught(name) => {
                    self.message = Some(format!("The model knows {name} now"));
                    self.guesses.clear();
                    self.asked.clear();
                }
                Answer::Failed(reason) => self.message = Some(reason),
            }
        }
        self.ask_ahead();
        self.look_ahead(context);
        self.keep_draft_soon(context, now);
        self.load_form();
        if self.stale {
            self.stale = false;
            match self.page {
                Page::Verify => self.classes = verify::classes(&self.session),
                Page::Coverage => self.coverage = Coverage::new(&self.session, &self.catalogue),
                Page::Label | Page::Bin => self.stale = true,
            }
        }
        // News of the overlay and the quiet save need no key.
        context.request_repaint_after(std::time::Duration::from_millis(800));
    }

    fn ask_ahead(&mut self) {
        let Some(inference) = &self.inference else { return };
        let from = self.session.at();
        let groups = self.session.queue().iter().skip(from).take(MAX_GUESSED_AHEAD);
        let first = |group: &u64| self.session.members_of(*group).find(|it| it.label.is_none());
        for picture in groups.filter_map(first) {
            if !self.asked.contains(&picture.file) && inference.ask(Job::Guess(source(picture))) {
                self.asked.insert(picture.file.clone());
            }
        }
    }

    /// Decodes the pictures of the groups that come next, so that they are there when Enter is
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

    /// Names that the current group could have, best first.
    pub(crate) fn suggestions(&self) -> Vec<Suggestion> {
        let Some(picture) = self.session.members().find(|it| it.label.is_none()) else { return Vec::new() };
        let guesses = self.guesses.get(&picture.file).map_or(&picture.context.guesses, |it| &it.guesses);
        let named = |id: &str| match self.catalogue.card(id) {
            Some(card) => card.name.clone(),
            None if id == NOT_A_CARD => Label::not_a_card().name,
            None => id.to_owned(),
        };
        let suggestion = |(id, probability): &(String, f32)| Suggestion {
            id: id.clone(),
            name: named(id),
            probability: *probability,
        };
        let likely = guesses.iter().filter(|(_, probability)| *probability >= MIN_SUGGESTED);
        likely.take(5).map(suggestion).collect()
    }

    /// Does what a person wants.
    pub fn obey(&mut self, intent: Intent) {
        match intent {
            Intent::Save if self.page == Page::Verify => self.relabel(),
            Intent::Save => self.save(),
            Intent::Act(action) => drop(self.act(&action)),
            Intent::Undo => self.travel(Repository::undo, Session::last_redo, "Undone"),
            Intent::Redo => self.travel(Repository::redo, Session::last_undo, "Done again"),
            Intent::Step(by) => {
                self.keep_draft();
                self.session.step(by);
            }
            Intent::GoTo(group) => {
                self.keep_draft();
                self.session.go_to(group);
            }
            Intent::StepMember(by) => self.session.step_member(by),
            Intent::Toggle(file) => {
                let file = file.or_else(|| self.session.member().map(|it| it.file.clone()));
                if let Some(file) = file {
                    self.session.toggle(&file);
                }
            }
            Intent::Suggest(number) => {
                if let Some(suggestion) = self.suggestions().into_iter().nth(number) {
                    match self.catalogue.card(&suggestion.id) {
                        Some(card) => self.form.take(card),
                        None => self.form.name = suggestion.name,
                    }
                }
            }
            Intent::NotACard => {
                let modifiers = self.form.modifiers.clone();
                self.form = Form { name: Label::not_a_card().name, modifiers, ..Form::default() };
            }
            Intent::StepCompletion(by) => {
                let count = completion::complete(&self.form.name, &self.catalogue).len();
                self.completion = self.completion.saturating_add_signed(by).min(count.saturating_sub(1));
            }
            Intent::Complete(number) => {
                let card = completion::complete(&self.form.name, &self.catalogue).into_iter().nth(number);
                if let Some(card) = card {
                    self.form.take(card);
                }
                self.completion = 0;
            }
            Intent::Edition(number) => {
                if let Some(edition) = self.catalogue.modifiers.editions.get(number) {
                    self.form.modifiers.edition.clone_from(edition);
                    self.stated.edition = Some(edition.clone());
                }
            }
            Intent::Bin => self.bin(),
            Intent::MergeFirst => match self.session.neighbours().first() {
                Some(neighbour) => drop(self.act(&Action::Merge(*neighbour))),
                None => self.message = Some("There is no other group that looks like this one".into()),
            },
            Intent::Show(page) => {
                self.keep_draft();
                self.page = page;
                self.stale = true;
                self.loaded.0 = None;
            }
            Intent::Sort(order) => self.session.set_order(order),
            Intent::Choose(file) => {
                if !self.chosen.remove(&file) {
                    self.chosen.insert(file);
                }
            }
            Intent::Keys => self.show_keys = !self.show_keys,
        }
    }

    fn bin(&mut self) {
        let files: Vec<String> = match self.page {
            Page::Verify => self.chosen.drain().collect(),
            Page::Label => self.session.member().map(|it| it.file.clone()).into_iter().collect(),
            Page::Coverage | Page::Bin => Vec::new(),
        };
        if !files.is_empty() {
            self.message = Some(format!("{} in the bin", files.len()));
            self.act(&Action::Bin(files));
        }
    }

    fn act(&mut self, action: &Action) -> Vec<Change> {
        self.try_act(action).unwrap_or_default()
    }

    /// Nothing when it could not be written; the message says why.
    fn try_act(&mut self, action: &Action) -> Option<Vec<Change>> {
        match self.repository.act(&mut self.session, action) {
            Ok(changes) => {
                // Drafts change no label, and are not what is undone next.
                let undo = self.session.last_undo().filter(|_| !matches!(action, Action::Draft(..)));
                self.teach(&changes, undo.unwrap_or_default());
                self.stale = true;
                Some(changes)
            }
            Err(error) => {
                self.message = Some(error.to_string());
                None
            }
        }
    }

    fn travel(
        &mut self,
        go: impl FnOnce(&mut Repository, &mut Session) -> Result<Vec<Change>, WriteError>,
        back: impl Fn(&Session) -> Option<&[Change]>,
        what: &str,
    ) {
        self.keep_draft();
        match go(&mut self.repository, &mut self.session) {
            Ok(changes) if changes.is_empty() => self.message = Some("There is nothing more".into()),
            Ok(changes) => {
                self.teach(&changes, back(&self.session).unwrap_or_default());
                self.message = Some(what.into());
                self.stale = true;
                self.loaded.0 = None;
            }
            Err(error) => self.message = Some(error.to_string()),
        }
    }
}

fn source(picture: &Picture) -> Source {
    Source { file: picture.file.clone(), context: picture.context.clone() }
}
