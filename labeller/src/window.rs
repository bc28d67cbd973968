//! The window's state, and what each wish of a person does to it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use egui::Context;
use shared::catalogue::Catalogue;
use shared::labels::Label;
use shared::labels::store::Change;
use shared::manifest::NOT_A_CARD;
use shared::modifiers::Modifiers;

use crate::completion;
use crate::coverage::{self, Board};
use crate::desk::Desk;
use crate::form::{Form, Suggestion};
use crate::networks::{Answer, Job, Networks, Source};
use crate::references::References;
use crate::session::{Action, Order, Picture, Session};
use crate::thumbnails::{Size, Thumbnails};
use crate::verify::{self, Class};

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

    /// For people.
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
    /// Saves the current group under what is in the form, or relabels what is chosen on the verify page.
    Save,
    /// Does something to groups.
    Act(Box<Action>),
    /// Takes the last action back.
    Undo,
    /// Does it again.
    Redo,
    /// Goes on by this many groups.
    Step(isize),
    /// Goes to a group.
    GoTo(u64),
    /// Chooses another member.
    StepMember(isize),
    /// Drops a member, or takes it in again; the chosen one when no file is given.
    Toggle(Option<String>),
    /// Takes a suggestion.
    Suggest(usize),
    /// Says that it is no card.
    NotACard,
    /// Chooses another completion.
    StepCompletion(isize),
    /// Takes a completion.
    Complete(usize),
    /// Sets the edition by its number in the catalogue.
    Edition(usize),
    /// Throws the chosen pictures away.
    Bin,
    /// Pulls the first group of the same cluster in.
    MergeFirst,
    /// Shows another page.
    Show(Page),
    /// Orders the queue.
    Sort(Order),
    /// Chooses a picture on the verify page, or not.
    Choose(String),
    /// Shows the keys, or hides them.
    Keys,
}

/// What the model says of a picture.
#[derive(Clone, Debug, Default)]
pub struct Guess {
    /// Ids and probabilities.
    pub guesses: Vec<(String, f32)>,
    /// What is on it.
    pub modifiers: Modifiers,
    /// What the model names it.
    pub known: Option<String>,
}

/// The labelling window.
pub struct Labeller {
    pub(crate) desk: Desk,
    pub(crate) session: Session,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) references: References,
    networks: Option<Networks>,
    guesses: HashMap<String, Guess>,
    asked: HashSet<String>,
    pub(crate) page: Page,
    pub(crate) form: Form,
    /// What the form was when its group was shown, and that group.
    loaded: (Option<u64>, Form),
    /// Whether a person has changed the form since.
    pub(crate) completion: usize,
    pub(crate) message: Option<String>,
    pub(crate) show_keys: bool,
    pub(crate) chosen: HashSet<String>,
    pub(crate) classes: Vec<Class>,
    pub(crate) board: Board,
    /// Pages that must be worked out anew when they are shown.
    stale: bool,
}

/// Groups ahead that the model looks at.
const AHEAD: usize = 4;
/// Pictures of one group that teach the model at most.
const TEACH_MOST: usize = 3;
/// Probability from which the model's best guess stands in the form.
const PREFILL_FROM: f32 = 0.5;
/// The same for the guess that there is no card, which teaches the next model what not to find.
const NOTHING_FROM: f32 = 0.9;
/// Probability from which a guess is worth a line.
const SUGGESTED_FROM: f32 = 0.005;
/// Groups after the current one whose pictures are decoded.
const SHOWN_NEXT: usize = 3;

impl Labeller {
    /// A window on a data set; without a model there are no guesses but those of the captures.
    pub fn new(desk: Desk, session: Session, catalogue: Arc<Catalogue>, networks: Option<Networks>) -> Self {
        let folders: Vec<PathBuf> = vec![desk.folders().captures.clone(), desk.folders().labels.clone()];
        let message = desk.read_only().map(|reason| format!("Read-only: {reason}"));
        Self {
            thumbnails: Thumbnails::new(&folders),
            references: References::new(Arc::clone(&catalogue)),
            desk,
            session,
            catalogue,
            networks,
            guesses: HashMap::new(),
            asked: HashSet::new(),
            page: Page::Label,
            form: Form::default(),
            loaded: (None, Form::default()),
            completion: 0,
            message,
            show_keys: false,
            chosen: HashSet::new(),
            classes: Vec::new(),
            board: Board::default(),
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

    /// What happened elsewhere since the last frame.
    pub(crate) fn news(&mut self, context: &Context, now: Instant) {
        self.thumbnails.begin(context);
        match self.desk.tick(&mut self.session, now) {
            Ok(true) => self.stale = true,
            Ok(false) => {}
            Err(error) => self.message = Some(error),
        }
        let answers: Vec<Answer> = self.networks.iter().flat_map(Networks::answers).collect();
        for answer in answers {
            match answer {
                Answer::Guessed { file, guesses, modifiers, known } => {
                    self.guesses.insert(file, Guess { guesses, modifiers, known });
                    // What nobody has touched yet may still be prefilled.
                    if self.form == self.loaded.1 {
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
        self.load_form();
        if self.stale {
            self.stale = false;
            match self.page {
                Page::Verify => self.classes = verify::classes(&self.session),
                Page::Coverage => self.board = coverage::board(&self.session, &self.catalogue),
                Page::Label | Page::Bin => self.stale = true,
            }
        }
        // News of the overlay and the quiet save need no key.
        context.request_repaint_after(std::time::Duration::from_millis(800));
    }

    fn ask_ahead(&mut self) {
        let Some(networks) = &self.networks else { return };
        let from = self.session.at();
        let groups = self.session.queue().iter().skip(from).take(AHEAD);
        let first = |group: &u64| self.session.members_of(*group).find(|it| it.label.is_none());
        for picture in groups.filter_map(first) {
            if !self.asked.contains(&picture.file) && networks.ask(Job::Guess(source(picture))) {
                self.asked.insert(picture.file.clone());
            }
        }
    }

    /// Decodes the pictures of the groups that come next, so that they are there when Enter is pressed.
    fn look_ahead(&mut self, context: &Context) {
        let from = self.session.at() + 1;
        let groups = self.session.queue().iter().skip(from).take(SHOWN_NEXT);
        let first = |group: &u64| self.session.members_of(*group).next();
        let files = groups.filter_map(first).flat_map(|it| [Some(it.file.clone()), it.sight.frame.clone()]);
        // The newest wish comes first, and what is shown now is wished for after this.
        for file in files.flatten().collect::<Vec<_>>().into_iter().rev() {
            self.thumbnails.get(context, &file, Size::Large);
        }
    }

    /// Names that the current group could have, best first.
    pub(crate) fn suggestions(&self) -> Vec<Suggestion> {
        let Some(picture) = self.session.members().find(|it| it.label.is_none()) else { return Vec::new() };
        let guesses = self.guesses.get(&picture.file).map_or(&picture.sight.guesses, |it| &it.guesses);
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
        let likely = guesses.iter().filter(|(_, probability)| *probability >= SUGGESTED_FROM);
        likely.take(5).map(suggestion).collect()
    }

    /// Fills the form for a group that is shown for the first time.
    fn load_form(&mut self) {
        let group = self.session.group();
        if self.loaded.0 == group {
            return;
        }
        let mut form = Form::default();
        let said = self.session.draft().or_else(|| self.session.known_label());
        if let Some(label) = said {
            form = Form::of(label);
        } else if let Some(picture) = self.session.members().find(|it| it.label.is_none()) {
            let guess = self.guesses.get(&picture.file);
            let modifiers = guess.map(|it| &it.modifiers).or(picture.sight.modifiers.as_ref());
            form.modifiers = modifiers.cloned().unwrap_or_default();
            let known = guess.map_or(&picture.sight.card, |it| &it.known);
            let best = self.suggestions().into_iter().next().filter(|it| it.probability >= PREFILL_FROM);
            let is_nothing =
                best.as_ref().is_some_and(|it| it.id == NOT_A_CARD && it.probability >= NOTHING_FROM);
            let id = known.clone().or(best.map(|it| it.id));
            match id.as_deref().map(|id| (id, self.catalogue.card(id))) {
                Some((_, Some(card))) => form.take(card),
                // Cards that were taught are in no catalogue.
                Some((id, None)) if id != NOT_A_CARD => form.name = id.to_owned(),
                Some(_) if is_nothing => form.name = Label::not_a_card().name,
                _ => {}
            }
        }
        self.form = form;
        self.loaded = (group, self.form.clone());
        self.completion = 0;
    }

    /// Keeps what was typed for the group that is left.
    fn keep_draft(&mut self) {
        let Some(group) = self.session.group() else { return };
        if self.form != self.loaded.1 && self.loaded.0 == Some(group) {
            let label = self.form.label(&self.catalogue);
            self.act(&Action::Draft(group, label));
        }
    }

    /// Does what a person wants.
    pub fn obey(&mut self, intent: Intent) {
        match intent {
            Intent::Save if self.page == Page::Verify => self.relabel(),
            Intent::Save => self.save(),
            Intent::Act(action) => drop(self.act(&action)),
            Intent::Undo => self.travel(Desk::undo, "Undone"),
            Intent::Redo => self.travel(Desk::redo, "Done again"),
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
                let modifiers = Modifiers::default();
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

    /// What the form says, also of what is no card.
    fn said(&self) -> Option<Label> {
        let not_a_card = Label::not_a_card();
        if self.form.name == not_a_card.name {
            return Some(Label { source: Some("labeller".into()), ..not_a_card });
        }
        self.form.label(&self.catalogue)
    }

    fn save(&mut self) {
        if self.session.group().is_none() {
            self.message = Some("Every group has a name".into());
            return;
        }
        let Some(label) = self.said() else {
            self.message = Some("Type a name, or press the number of a suggestion".into());
            return;
        };
        let name = label.name.clone();
        let changes = self.act(&Action::Save(label));
        let count = changes.iter().filter(|it| matches!(it, Change::Label { .. })).count();
        if count > 0 {
            let pictures = if count == 1 { "picture" } else { "pictures" };
            self.message = Some(format!("{name}: {count} {pictures}"));
            self.loaded.0 = None;
        }
    }

    fn relabel(&mut self) {
        let Some(label) = self.said().filter(|_| !self.chosen.is_empty()) else {
            self.message = Some("Choose pictures and type a name".into());
            return;
        };
        let mut files: Vec<String> = self.chosen.drain().collect();
        files.sort();
        self.message = Some(format!("{}: {} relabelled", label.name, files.len()));
        self.act(&Action::Relabel(files, label));
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
        match self.desk.act(&mut self.session, action) {
            Ok(changes) => {
                self.teach(&changes);
                self.stale = true;
                changes
            }
            Err(error) => {
                self.message = Some(error);
                Vec::new()
            }
        }
    }

    fn travel(
        &mut self,
        go: impl FnOnce(&mut Desk, &mut Session) -> Result<Vec<Change>, String>,
        what: &str,
    ) {
        match go(&mut self.desk, &mut self.session) {
            Ok(changes) if changes.is_empty() => self.message = Some("There is nothing more".into()),
            Ok(changes) => {
                self.teach(&changes);
                self.message = Some(what.into());
                self.stale = true;
                self.loaded.0 = None;
            }
            Err(error) => self.message = Some(error),
        }
    }

    /// Hands on to the model what was said, or taken back.
    fn teach(&self, changes: &[Change]) {
        let Some(networks) = &self.networks else { return };
        let mut taught = 0;
        for change in changes {
            let job = match change {
                Change::Label { file, label: Some(label) } if taught < TEACH_MOST => {
                    taught += 1;
                    self.session.picture(file).map(|it| Job::Teach(source(it), label.clone()))
                }
                Change::Label { file, label: None } | Change::Bin { file, binned: true } => {
                    Some(Job::Forget(file.clone()))
                }
                _ => None,
            };
            if let Some(job) = job
                && !networks.ask(job)
            {
                log::info!("the model is busy: some pictures teach it at the next training");
            }
        }
    }
}

fn source(picture: &Picture) -> Source {
    Source { file: picture.file.clone(), sight: picture.sight.clone() }
}
