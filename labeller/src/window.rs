//! The window's state, and what each intent of a person does to it.
//!
//! [`crate::view`] draws it and collects intents; [`Labeller::obey`] carries them out, one after
//! the other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataset::captures::SAME_CLUSTER;
use dataset::labels::Label;
use dataset::labels::store::Change;
use lens_core::catalogue::{Card, Catalogue};
use lens_core::counted::counted;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;

use crate::card_art::CardArt;
use crate::completion;
use crate::coverage::Coverage;
use crate::form::{Form, Stated, Suggestion};
use crate::frame::OpenFrame;
use crate::inference::{Inference, Source};
use crate::intent::{Intent, Page, Question, Shown, Tone};
use crate::reading::Reading;
use crate::repository::{Repository, WriteError};
use crate::session::{Action, Picture, Session};
use crate::thumbnails::Thumbnails;
use crate::verify::{Class, Oddity};
use modded::ModsPage;
use saving::Saving;
use screenshot::Screenshot;
use train::TrainPage;

mod bin;
mod closing;
mod filtering;
mod frames;
mod modded;
mod naming;
mod news;
mod opening;
mod saving;
pub(crate) mod screenshot;
mod teaching;
pub(crate) mod train;

/// What the form is about.
#[derive(Clone, Debug, Default, PartialEq)]
enum Subject {
    /// Nothing yet.
    #[default]
    None,
    /// A group that waits; nothing when none does.
    Group(Option<u64>),
    /// Images that have names.
    Chosen(BTreeSet<String>),
    /// A card of a frame.
    Card(PathBuf, Option<usize>),
}

/// The labelling window.
pub struct Labeller {
    pub(crate) repository: Repository,
    pub(crate) session: Session,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) card_art: CardArt,
    inference: Option<Inference>,
    readings: HashMap<String, Reading>,
    asked: HashSet<String>,
    /// Images that the model could not read.
    unread: HashSet<String>,
    /// The name that is saved as soon as the model has read the group, and which group that is.
    saves_when_read: Option<(u64, String)>,
    pub(crate) page: Page,
    pub(crate) form: Form,
    /// What the form was when its subject was shown, and that subject.
    loaded: (Subject, Form),
    /// What was on the card then, as far as the model and those who named others of the group say.
    filled: Modifiers,
    /// What a person has said is on it since.
    pub(crate) stated: Stated,
    /// What the form was when it was last on the disk, as a draft or because nothing had been
    /// changed.
    drafted: Form,
    drafted_at: Option<Instant>,
    /// A name of no catalogue that was shown as new, and is saved when it is confirmed.
    pub(crate) new_name: Option<String>,
    /// What stays on the screen until somebody has read it.
    pub(crate) notes: Vec<String>,
    pub(crate) completion: usize,
    /// Whether the name is begun and not ended: the completion that is marked is what it will be.
    pub(crate) is_begun: bool,
    message: Option<(String, Tone)>,
    pub(crate) show_keys: bool,
    pub(crate) chosen: BTreeSet<String>,
    pub(crate) classes: Vec<Class>,
    pub(crate) coverage: Coverage,
    /// What is shown of the queue, the labels, the collection and the mods.
    shown: [Shown; 4],
    /// Names of the frames that the overlay saved, the newest first.
    pub(crate) frames: Vec<String>,
    pub(crate) frame: Option<OpenFrame>,
    pub(crate) screenshot: Screenshot,
    saving: Option<Saving>,
    pub(crate) train: TrainPage,
    pub(crate) modded: ModsPage,
    /// What is asked before it is done.
    pub(crate) question: Option<Question>,
    /// Whether the window closes, whatever is not saved.
    is_closing: bool,
    pub(crate) magnified: i32,
    zoom: i32,
    /// Pages that must be worked out anew when they are shown.
    stale: bool,
    /// When what the verify page shows may be worked out anew.
    verify_from: Option<Instant>,
}

/// Probability from which a guess is worth a line.
const MIN_SUGGESTED: f32 = 0.005;
/// Steps of zoom in each direction.
const MAX_ZOOM: i32 = 6;
/// How large a step is.
const ZOOM_STEP: f32 = 1.1;
/// How far the image is magnified at most: each step is half as much again.
const MAX_MAGNIFIED: i32 = 5;
/// How often labels are verified anew while the model goes through them.
const VERIFY_INTERVAL: Duration = Duration::from_millis(500);

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
        let message = repository.read_only().map(|reason| (format!("Read-only: {reason}"), Tone::Warned));
        Self {
            thumbnails: Thumbnails::new(&folders),
            card_art: CardArt::new(Arc::clone(&catalogue)),
            repository,
            session,
            inference,
            readings: HashMap::new(),
            asked: HashSet::new(),
            unread: HashSet::new(),
            saves_when_read: None,
            page: Page::Label,
            form: Form::default(),
            loaded: (Subject::None, Form::default()),
            filled: Modifiers::default(),
            stated: Stated::default(),
            drafted: Form::default(),
            drafted_at: None,
            new_name: None,
            notes: Vec::new(),
            completion: 0,
            is_begun: false,
            message,
            show_keys: false,
            chosen: BTreeSet::new(),
            classes: Vec::new(),
            coverage: Coverage::default(),
            shown: Default::default(),
            frames: Vec::new(),
            frame: None,
            screenshot: Screenshot::default(),
            saving: None,
            train: TrainPage::default(),
            modded: ModsPage::new(Arc::clone(&catalogue)),
            question: None,
            is_closing: false,
            catalogue,
            magnified: 0,
            zoom: 0,
            stale: true,
            verify_from: None,
        }
    }

    /// The same with another page to begin with.
    #[must_use]
    pub fn with_page(mut self, page: Page) -> Self {
        // What is to be known of the window is no matter of a page.
        let message = self.message.take();
        self.show_page(page);
        self.message = message;
        self
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
        self.message.as_ref().map(|(text, _)| text.as_str())
    }

    pub(crate) fn tone(&self) -> Tone {
        self.message.as_ref().map_or(Tone::Told, |(_, tone)| *tone)
    }

    /// Files of labels that are odd, and why.
    pub fn odd(&self) -> Vec<(&str, &Oddity)> {
        let files = self.classes.iter().flat_map(|class| &class.files);
        let odd = files.filter(|(_, oddity)| *oddity != Oddity::None);
        odd.map(|(file, oddity)| (file.as_str(), oddity)).collect()
    }

    /// Whether nothing is on its way from another thread.
    pub fn is_idle(&self) -> bool {
        self.thumbnails.is_idle()
            && self.card_art.is_idle()
            && self.modded.is_idle()
            && self.opening().is_none()
            && self.saving.is_none()
            && self.inference.as_ref().is_none_or(Inference::is_idle)
    }

    /// How much larger everything is than usual, by a person's wish.
    pub(crate) fn zoom(&self) -> f32 {
        ZOOM_STEP.powi(self.zoom)
    }

    pub(crate) fn shown(&self) -> &Shown {
        &self.shown[self.list()]
    }

    fn list(&self) -> usize {
        match self.page {
            Page::Label | Page::Frames | Page::Bin | Page::Train => 0,
            Page::Verify => 1,
            Page::Collection => 2,
            Page::Mods => 3,
        }
    }

    pub(crate) fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.message = Some((text.into(), tone));
    }

    /// What people call a class.
    pub(crate) fn name_of(&self, id: &str) -> String {
        match self.catalogue.card(id) {
            Some(card) => card.name.clone(),
            None if id == NOT_A_CARD => Label::not_a_card().name,
            None => id.to_owned(),
        }
    }

    /// What a group is called: its name, else what the model takes it for, and the card.
    pub(crate) fn title(&self, group: u64) -> (String, Option<String>) {
        let named = self.session.members_of(group).find_map(|it| it.label.as_ref());
        if let Some(label) = named {
            return (label.name.clone(), label.id.clone());
        }
        let first = self.session.members_of(group).find_map(|it| self.reading(it));
        match first.as_ref().and_then(Reading::first) {
            Some(guess) => (self.name_of(&guess.id), Some(guess.id.clone())),
            None => ("Nothing like it".into(), None),
        }
    }

    /// Other groups of the current one's cluster: those that are read as the same card, then those
    /// that look most like it. A cluster is a chain, whose ends may have nothing in common.
    pub(crate) fn neighbours(&self) -> Vec<u64> {
        let own = self.session.group().and_then(|group| self.title(group).1);
        let is_same = |group: u64| own.is_some() && self.title(group).1 == own;
        let ranked = self.session.neighbours().into_iter().map(|(it, far)| (!is_same(it), far, it));
        let mut near: Vec<_> = ranked.filter(|(other, far, _)| !other || *far <= SAME_CLUSTER).collect();
        near.sort_unstable();
        near.into_iter().map(|(.., group)| group).collect()
    }

    /// What an image in a list is called.
    pub(crate) fn title_of(&self, picture: &Picture) -> String {
        if let Some(label) = &picture.label {
            return label.name.clone();
        }
        let guess = self.reading(picture).and_then(|it| it.first().map(|guess| self.name_of(&guess.id)));
        guess.map_or_else(|| "No name".into(), |name| format!("{name}?"))
    }

    /// The image of a card: of the catalogue's art, or the sprite of a mod.
    pub(crate) fn art(
        &mut self,
        context: &egui::Context,
        id: &str,
        edition: &str,
    ) -> Option<egui::TextureHandle> {
        if self.catalogue.card(id).is_some_and(|card| card.from_mod.is_some()) {
            return self.modded.sprites.as_mut()?.get(context, id);
        }
        self.card_art.get(context, id, edition)
    }

    /// A labelled image of a card, for want of art.
    pub(crate) fn example(&mut self, context: &egui::Context, id: &str) -> Option<egui::TextureHandle> {
        let is_it = |it: &&Picture| !it.binned && it.label.as_ref().is_some_and(|it| it.class() == id);
        let file = self.session.pictures().iter().find(is_it)?.file.clone();
        self.thumbnails.get(context, &file, crate::thumbnails::Size::Small)
    }

    /// Names that the current group could have, best first, each once.
    pub(crate) fn suggestions(&self) -> Vec<Suggestion> {
        let reading = match self.page {
            Page::Frames => self.frame.as_ref().and_then(OpenFrame::card).and_then(|it| it.reading.clone()),
            _ => self.session.members().find(|it| it.label.is_none()).and_then(|it| self.reading(it)),
        };
        let Some(reading) = reading else { return Vec::new() };
        let first = reading.first().cloned();
        let rest = reading.guesses.iter().filter(|it| Some(*it) != first.as_ref());
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for guess in first.iter().chain(rest).filter(|it| it.number >= MIN_SUGGESTED) {
            let name = self.name_of(&guess.id);
            if suggestions.len() < 5 && suggestions.iter().all(|it| it.name != name) {
                let (id, number, origin) = (guess.id.clone(), guess.number, guess.origin);
                suggestions.push(Suggestion { id, name, number, origin });
            }
        }
        suggestions
    }

    /// Cards that a name which is begun may become.
    pub(crate) fn completions(&self) -> Vec<&Card> {
        let found = || completion::complete(&self.form.name, &self.catalogue, &self.likely());
        if self.is_begun { found() } else { Vec::new() }
    }

    /// Cards that the model takes what the form is about for, best first.
    fn likely(&self) -> Vec<String> {
        if self.page != Page::Verify {
            return self.suggestions().into_iter().map(|it| it.id).collect();
        }
        let chosen = self.chosen.iter().filter_map(|file| self.session.picture(file));
        let readings = chosen.filter_map(|it| self.reading(it));
        readings.filter_map(|it| it.first().map(|guess| guess.id.clone())).collect()
    }

    /// The name that Enter saves: a begun one is completed.
    pub(crate) fn saved_name(&self) -> &str {
        let completed = self.completions().get(self.completion).map(|card| card.name.as_str());
        completed.unwrap_or(self.form.name.trim())
    }

    /// Does what a person wants.
    pub fn obey(&mut self, context: &egui::Context, intent: Intent) {
        if !matches!(intent, Intent::Save) {
            self.forget_new_name();
            self.saves_when_read = None;
        }
        match intent {
            Intent::Save if self.page == Page::Verify => self.relabel(),
            Intent::Save if self.page == Page::Frames => self.name_card(),
            Intent::Undo if self.page == Page::Train => self.remember_last(),
            Intent::Redo if self.page == Page::Train => {}
            Intent::Undo if self.page == Page::Frames && self.take_back_on_frame() => {}
            Intent::Bin if self.page == Page::Frames => {
                self.change_frame(OpenFrame::remove);
                self.loaded.0 = Subject::None;
            }
            Intent::Save => self.save(),
            Intent::Act(action) => self.arrange(&action),
            Intent::Undo => self.travel(
                Repository::undo,
                Session::last_redo,
                ["Taken back", "There is nothing to take back"],
            ),
            Intent::Redo => {
                self.travel(Repository::redo, Session::last_undo, ["Done again", "Nothing was taken back"]);
            }
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
            Intent::Suggest(number) => self.take_suggestion(number),
            Intent::NotACard => self.take_for_no_card(),
            Intent::StepCompletion(by) => {
                let count = self.completions().len();
                self.completion = self.completion.saturating_add_signed(by).min(count.saturating_sub(1));
            }
            Intent::Complete(number) => self.complete(number),
            Intent::Edition(number) => {
                if let Some(edition) = self.catalogue.modifiers.editions.get(number) {
                    self.form.modifiers.edition.clone_from(edition);
                    self.stated.edition = Some(edition.clone());
                }
            }
            Intent::Bin => self.bin(),
            Intent::RestoreAll => self.restore_all(),
            Intent::MergeFirst => match self.neighbours().first() {
                Some(neighbour) => self.arrange(&Action::Merge(*neighbour)),
                None => self.say("There is no other group that looks like this one", Tone::Told),
            },
            Intent::Show(page) => {
                if self.page == page || self.keep_typed() {
                    self.show_page(page);
                }
            }
            Intent::Sort(order) => self.session.set_order(order),
            Intent::Filter(shown) => self.filter(*shown),
            Intent::Choose(file) => {
                if !self.chosen.remove(&file) {
                    self.chosen.insert(file);
                }
            }
            Intent::ChooseAll(files) => {
                if files.iter().all(|file| self.chosen.contains(file)) {
                    self.chosen.retain(|file| !files.contains(file));
                } else {
                    self.chosen.extend(files);
                }
            }
            Intent::Captures(id) => self.show_captures(&id),
            Intent::OpenFrame(path) => {
                self.open_frame(&path);
            }
            Intent::OpenScreenshot(path) => self.open_screenshot(path),
            Intent::AskForScreenshot => self.ask_for_screenshot(),
            Intent::OpenTyped => self.open_typed(),
            Intent::StepFrame(by) => self.step_frame(by),
            Intent::SaveFrame => {
                self.name_typed();
                if !self.holds_typed() {
                    self.save_frame();
                }
            }
            Intent::StepCard(by) => self.go_on_frame(|frame| frame.step(by)),
            Intent::SelectCard(card) if self.frame.as_ref().is_some_and(|it| it.selected == card) => {
                self.on_frame(|frame| frame.select(card));
            }
            Intent::SelectCard(card) => self.go_on_frame(|frame| frame.select(card)),
            Intent::StepCorner => self.on_frame(OpenFrame::step_corner),
            Intent::DragCorner(corner, to, begins) => {
                self.change_frame(|frame| frame.drag(corner, to, begins));
            }
            Intent::Nudge([across, down], begins) => {
                self.change_frame(|frame| frame.nudge(across as f32, down as f32, begins));
            }
            Intent::DrawCard(from, to) => {
                self.finish_saving();
                self.go_on_frame(|frame| {
                    frame.draw(from, to);
                });
            }
            Intent::Magnify(by) => self.magnified = (self.magnified + by).clamp(0, MAX_MAGNIFIED),
            Intent::Zoom(0) => self.zoom = 0,
            Intent::Zoom(by) => self.zoom = (self.zoom + by).clamp(-MAX_ZOOM, MAX_ZOOM),
            Intent::Ask(question) => self.question = Some(question),
            Intent::GoAhead => {
                if let Some(question) = self.question.take() {
                    self.go_ahead(context, question);
                }
            }
            Intent::ChooseMod(id) => self.modded.chosen = id,
            Intent::StepMod(by) => self.step_mod(by),
            Intent::ToggleMod(id) => self.toggle_mod(id),
            Intent::Retrain => self.retrain(context),
            Intent::StopTraining => self.stop_training(),
            Intent::Minutes(minutes) => self.train.minutes = minutes,
            Intent::Remember(id, name) => self.remember(&id, &name),
            Intent::Keys => self.show_keys = !self.show_keys,
            Intent::Escape => {
                if self.question.take().is_some() {
                    return;
                }
                if self.show_keys {
                    self.show_keys = false;
                } else if self.page == Page::Frames && self.is_begun {
                    // The name is left as it was typed; whoever wants it away asks again.
                    self.is_begun = false;
                } else if !self.take_back_typed() {
                    self.chosen.clear();
                }
            }
        }
    }

    /// A name that was shown as new is no longer asked for.
    pub(crate) fn forget_new_name(&mut self) {
        if self.new_name.take().is_some() {
            self.message = None;
        }
    }

    pub(super) fn show_page(&mut self, page: Page) {
        self.keep_draft();
        if self.page != page {
            // It was about the other page: a hint stands there until this one says something.
            self.message = None;
        }
        self.page = page;
        self.stale = true;
        match page {
            Page::Frames => self.show_frames(),
            Page::Mods => self.look_at_mods(Instant::now()),
            _ => {}
        }
        self.chosen.clear();
    }

    fn on_frame(&mut self, change: impl FnOnce(&mut OpenFrame)) {
        if let Some(frame) = &mut self.frame {
            change(frame);
        }
    }

    /// Puts captures elsewhere, and says what became of them.
    fn arrange(&mut self, action: &Action) {
        let changes = self.act(action);
        let moved = changes.iter().filter(|it| matches!(it, Change::Place { .. } | Change::Bin { .. }));
        let text = match (action, moved.count()) {
            (Action::Split, 0) => {
                return self.say("Leave captures out first: Space does it", Tone::Told);
            }
            (_, 0) => return,
            (Action::Merge(_), count) => format!("{} taken in", counted(count, "capture")),
            (Action::Split, 1) => "1 capture is a group of its own".to_owned(),
            (Action::Split, count) => format!("{count} captures are a group of their own"),
            (Action::Restore(_), count) => format!("{} restored", counted(count, "capture")),
            (_, count) => format!("{} moved", counted(count, "capture")),
        };
        self.say(format!("{text} \u{b7} Ctrl+Z takes it back"), Tone::Done);
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
                self.say(error.to_string(), Tone::Warned);
                None
            }
        }
    }

    fn travel(
        &mut self,
        go: impl FnOnce(&mut Repository, &mut Session) -> Result<Vec<Change>, WriteError>,
        back: impl Fn(&Session) -> Option<&[Change]>,
        [what, nothing]: [&str; 2],
    ) {
        self.keep_draft();
        self.finish_saving();
        match go(&mut self.repository, &mut self.session) {
            Ok(changes) if changes.is_empty() => self.say(nothing, Tone::Told),
            Ok(changes) => {
                self.teach(&changes, back(&self.session).unwrap_or_default());
                let count = changes.iter().filter(|it| matches!(it, Change::Label { .. })).count();
                let text =
                    if count > 0 { format!("{what}: {}", counted(count, "capture")) } else { what.into() };
                self.say(text, Tone::Done);
                self.stale = true;
                self.loaded.0 = Subject::None;
                self.follow_labels();
            }
            Err(error) => self.say(error.to_string(), Tone::Warned),
        }
    }
}

fn source(picture: &Picture) -> Source {
    Source { file: picture.file.clone(), context: picture.context.clone() }
}
