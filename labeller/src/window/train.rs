//! The page on which the model is looked at, taught less, and trained anew.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use egui::Context;
use lens_core::retraining::Outcome;
use vision::gallery;

use super::Labeller;
use crate::inference::{Inference, Job};
use crate::intent::{Page, Question, Tone};
use crate::knowledge::Knowledge;
use crate::training::{self, Ended, Run, Task};

/// How often the gallery is looked at while the page is shown: the overlay teaches too.
const LOOK_INTERVAL: Duration = Duration::from_millis(700);
/// Minutes that a retraining may take, to choose from.
pub(crate) const MINUTES: [u32; 5] = [5, 10, 15, 30, 60];
/// What the trainer itself takes when nothing is said.
const USUAL_MINUTES: u32 = 15;

/// What the page shows.
pub(crate) struct TrainPage {
    /// Nothing while it is read, or where there is no model.
    pub(crate) knowledge: Option<Knowledge>,
    /// The training that runs, or the last one.
    pub(crate) run: Option<Run>,
    /// Where the trainer lies; nothing where there is none.
    pub(crate) program: Option<PathBuf>,
    pub(crate) minutes: u32,
    /// Id and name of what was forgotten here, the last one last.
    forgot: Vec<(String, String)>,
    looked_at: Option<Instant>,
    stamp: Option<(SystemTime, u64)>,
}

impl Default for TrainPage {
    fn default() -> Self {
        Self {
            knowledge: None,
            run: None,
            program: training::find(),
            minutes: USUAL_MINUTES,
            forgot: Vec::new(),
            looked_at: None,
            stamp: None,
        }
    }
}

impl TrainPage {
    /// Whether a training goes on.
    pub(crate) fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(Run::is_running)
    }
}

impl Labeller {
    /// The same with another trainer, or with none.
    #[must_use]
    pub fn with_trainer(mut self, program: Option<PathBuf>) -> Self {
        self.train.program = program;
        self
    }

    /// What the trainer has told so far; nothing before it was asked.
    pub fn training(&self) -> Option<&training::Report> {
        self.train.run.as_ref().map(Run::report)
    }

    /// What the model knows, once it was read.
    pub fn knowledge(&self) -> Option<&Knowledge> {
        self.train.knowledge.as_ref()
    }

    /// Takes in what the trainer says, and what the model was taught meanwhile.
    pub(super) fn follow_training(&mut self, context: &Context, now: Instant) {
        if self.train.is_running() {
            context.request_repaint_after(Duration::from_millis(250));
        }
        if self.train.run.as_mut().is_some_and(Run::poll) {
            self.training_ended();
        }
        let is_due = self.train.looked_at.is_none_or(|at| now >= at + LOOK_INTERVAL);
        if self.page != Page::Train || !is_due {
            return;
        }
        self.train.looked_at = Some(now);
        let Some(inference) = &self.inference else { return };
        let stamp = stamp(inference.model());
        if self.train.knowledge.is_none() || stamp != self.train.stamp {
            self.train.stamp = stamp;
            inference.ask(Job::Know);
        }
    }

    fn training_ended(&mut self) {
        let Some(run) = &self.train.run else { return };
        let (text, tone) = match (&run.report().ended, run.task()) {
            (Some(Ended::Retrained(Outcome::Installed)), _) => {
                ("The new model is better, and is installed".to_owned(), Tone::Done)
            }
            (Some(Ended::Retrained(Outcome::Refused { reason, .. })), _) => {
                (format!("The model stays as it is: {reason}"), Tone::Told)
            }
            (Some(Ended::Retrained(Outcome::OnlyTried)), _) => ("The new model is better".into(), Tone::Told),
            (Some(Ended::Retrained(Outcome::Stopped)), _) => {
                ("Stopped: the model is as it was".into(), Tone::Told)
            }
            (Some(Ended::WentBack), _) => ("The model before is back".into(), Tone::Done),
            (Some(Ended::Failed(reason)), task) => {
                let what = match task {
                    Task::Retrain { .. } => "The training failed",
                    Task::GoBack { .. } => "The model before is not back",
                };
                let reason = reason.lines().next().unwrap_or_default();
                (format!("{what}: {reason}"), Tone::Warned)
            }
            (None, _) => return,
        };
        self.say(text, tone);
        // Another model may be in its place.
        self.readings.clear();
        self.asked.clear();
        self.look_at_model();
    }

    /// Has the model's folder read anew.
    pub(super) fn look_at_model(&self) {
        if let Some(inference) = &self.inference {
            inference.ask(Job::Know);
        }
    }

    fn start(&mut self, context: &Context, task: Task) {
        let Some(program) = &self.train.program else {
            self.say("There is no trainer: see the right side of the page", Tone::Warned);
            return;
        };
        let context = context.clone();
        match Run::start(program, task, move || context.request_repaint()) {
            Ok(run) => self.train.run = Some(run),
            Err(reason) => {
                self.train.run = None;
                self.say(reason, Tone::Warned);
            }
        }
    }

    pub(super) fn retrain(&mut self, context: &Context) {
        if self.train.is_running() {
            return;
        }
        let Some(model) = self.inference.as_ref().map(Inference::model) else {
            self.say("There is no model to train", Tone::Warned);
            return;
        };
        let task = Task::Retrain {
            model: model.to_path_buf(),
            labels: self.repository.folders().labels.clone(),
            game: self.catalogue.game.clone(),
            minutes: self.train.minutes,
        };
        // What waits to be written is to be learnt too.
        self.keep_draft();
        self.start(context, task);
    }

    pub(super) fn stop_training(&mut self) {
        if let Some(run) = self.train.run.as_mut().filter(|run| run.is_running()) {
            let text = if run.is_stopping() { "Ended at once" } else { "Stopping after this step" };
            run.stop();
            self.say(text, Tone::Told);
        }
    }

    /// A question was answered with yes.
    pub(super) fn go_ahead(&mut self, context: &Context, question: Question) {
        match question {
            Question::Forget { id, name } => {
                let Some(inference) = &self.inference else { return };
                if inference.ask(Job::ForgetCard(id.clone())) {
                    self.say(format!("{name} is forgotten \u{b7} Ctrl+Z takes it back"), Tone::Done);
                    self.train.forgot.push((id, name));
                } else {
                    self.say("The model is busy: try again in a moment", Tone::Warned);
                }
            }
            Question::EmptyBin(_) => self.empty_bin(),
            Question::Close(_) => self.close(context),
            Question::GoBack => {
                if let Some(model) = self.inference.as_ref().map(|it| it.model().to_path_buf()) {
                    self.start(context, Task::GoBack { model });
                }
            }
        }
    }

    /// Teaches again what was forgotten last.
    pub(super) fn remember_last(&mut self) {
        match self.train.forgot.last() {
            Some((id, name)) => self.remember(&id.clone(), &name.clone()),
            None => self.say("Nothing was forgotten here", Tone::Told),
        }
    }

    pub(super) fn remember(&mut self, id: &str, name: &str) {
        let Some(inference) = &self.inference else { return };
        if inference.ask(Job::TakeBack(id.to_owned())) {
            self.train.forgot.retain(|(forgotten, _)| forgotten != id);
            self.say(format!("{name} is known again"), Tone::Done);
        }
    }
}

/// Time and length of a model's gallery and manifest.
fn stamp(model: &Path) -> Option<(SystemTime, u64)> {
    let of = |name: &str| {
        let file = std::fs::metadata(model.join(name)).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    let names = [gallery::FILE_NAME, gallery::forgotten::FILE_NAME, lens_core::manifest::FILE_NAME];
    let found: Vec<(SystemTime, u64)> = names.into_iter().filter_map(of).collect();
    let newest = found.iter().map(|(at, _)| *at).max()?;
    Some((newest, found.iter().map(|(_, length)| length).sum()))
}
