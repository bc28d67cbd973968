//! What steps and epochs were like.

use std::time::Instant;

use crate::evaluate::metrics::{Confusion, Share};

/// What happened in a step.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u64,
    /// Part of the training that is over.
    pub progress: f64,
    /// Learning rate of the heads.
    pub learning_rate: f64,
    /// Gradient norm before clipping; 0 when the step was skipped (fp16 overflow).
    pub gradient_norm: f64,
    /// The loss, its parts weighted and added up.
    pub loss: f64,
    /// The parts of the loss.
    pub parts: Vec<(String, f64)>,
    /// Images in the batch.
    pub images: usize,
    /// Seconds that the step took.
    pub seconds: f64,
    /// Seconds of it spent waiting for data.
    pub waited: f64,
}

/// What an epoch was like.
#[derive(Clone, Debug)]
pub struct EpochReport {
    /// Which one, from one.
    pub epoch: u64,
    /// Learning rate of the heads in its last step.
    pub learning_rate: f64,
    /// Loss in training, all heads together.
    pub train_loss: f64,
    /// Validation loss; none when nothing is held out.
    pub loss: Option<f64>,
    /// Whether it is the best epoch so far.
    pub is_best: bool,
    /// Each head, or each part of the loss.
    pub heads: Vec<HeadReport>,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of it spent waiting for data.
    pub waited: f64,
    /// Images trained on.
    pub images: usize,
}

/// How good a network is on what it was not trained on.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// Each head, or each part of the loss.
    pub heads: Vec<HeadReport>,
    /// All of them together; none when nothing is held out.
    pub loss: Option<f64>,
}

/// A head after an epoch.
#[derive(Clone, Debug, Default)]
pub struct HeadReport {
    /// Its name.
    pub name: String,
    /// Loss in training.
    pub train_loss: Option<f64>,
    /// Validation loss.
    pub loss: Option<f64>,
    /// Held-out captures that are right; for a sigmoid head in all its classes.
    pub top1: Share,
    /// Held-out captures whose class is among the best three; none for a sigmoid head.
    pub top3: Option<Share>,
    /// What was taken for what; none for a sigmoid head.
    pub confusion: Option<Confusion>,
    /// Right ones of each class of a sigmoid head.
    pub of_class: Vec<Share>,
}

impl HeadReport {
    /// Share of right ones of each class.
    pub fn per_class(&self) -> Vec<Share> {
        match &self.confusion {
            Some(confusion) => (0..confusion.classes.len()).map(|class| confusion.of_class(class)).collect(),
            None => self.of_class.clone(),
        }
    }
}

/// Sums over the steps of an epoch.
#[derive(Debug)]
pub(super) struct EpochSums {
    begin: Instant,
    seconds: f64,
    total: f64,
    steps: u64,
    parts: Vec<(String, f64, f64)>,
    images: usize,
    waited: f64,
    learning_rate: f64,
}

impl EpochSums {
    /// Nothing yet; the clock runs from here on.
    pub(super) fn begin() -> Self {
        Self {
            begin: Instant::now(),
            seconds: 0.0,
            total: 0.0,
            steps: 0,
            parts: Vec::new(),
            images: 0,
            waited: 0.0,
            learning_rate: 0.0,
        }
    }

    /// Steps so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Adds a step.
    pub(super) fn add(&mut self, report: &StepReport) {
        self.total += report.loss;
        self.steps += 1;
        self.images += report.images;
        self.waited += report.waited;
        self.learning_rate = report.learning_rate;
        for (name, value) in &report.parts {
            match self.parts.iter_mut().find(|(other, ..)| other == name) {
                Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1.0),
                None => self.parts.push((name.clone(), *value, 1.0)),
            }
        }
    }

    /// Stops the clock.
    pub(super) fn end(self) -> Self {
        Self { seconds: self.begin.elapsed().as_secs_f64(), ..self }
    }

    /// Mean loss of the steps.
    pub(super) fn mean_loss(&self) -> f64 {
        self.total / (self.steps as f64).max(1.0)
    }

    /// The report of an epoch with this validation.
    pub(super) fn report(self, epoch: u64, validation: Validation, is_best: bool) -> EpochReport {
        let train_loss = self.mean_loss();
        let Validation { mut heads, loss } = validation;
        for head in &mut heads {
            let part = self.parts.iter().find(|(name, ..)| *name == head.name);
            head.train_loss = part.map(|(_, sum, count)| sum / count);
        }
        EpochReport {
            epoch,
            learning_rate: self.learning_rate,
            train_loss,
            loss,
            is_best,
            heads,
            seconds: self.seconds,
            waited: self.waited,
            images: self.images,
        }
    }
}
