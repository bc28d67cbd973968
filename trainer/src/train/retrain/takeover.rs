//! Takes as much of a training over as forgets nothing.
//!
//! Weights between the installed and the trained ones are tried on images that no step has seen:
//! composed crops of cards that the installed model knows, and changed captures. A new card that
//! claims known ones is held back by its bias. Absent: which weights are best, which `blend`
//! chooses, and the comparison that decides whether the new model is installed.

use anyhow::Result;
use lens_core::catalogue::{Catalogue, id_of_class};
use synth::crop::Crop;
use tch::Tensor;

use super::blend::{Candidate, SHARES, blend, choose, restraint};
use super::task::RetrainTask;
use crate::console::progress;
use crate::evaluate::metrics::Share;
use crate::evaluate::model_under_test::{batch, floats};
use crate::model::network::hardware::Precision;
use crate::model::network::torch::{Mode, Module, Weights};
use crate::train::Task as _;
use crate::train::labelled::pictures::{Batch, input};

/// Images that are read at once.
const PART: usize = 64;

/// Images that no step has seen, with their classes.
pub(super) struct Unseen<'a> {
    task: &'a RetrainTask,
    catalogue: &'a Catalogue,
    composed: Vec<(Tensor, Vec<usize>)>,
    captures: Vec<(Tensor, Vec<usize>)>,
    /// How many classes the installed model has; the new ones follow.
    known: usize,
}

/// The classes of images, and their logits.
type Read = Vec<(usize, Vec<f32>)>;

impl<'a> Unseen<'a> {
    /// Composed crops of known cards, and batches of captures.
    pub(super) fn new(
        task: &'a RetrainTask,
        catalogue: &'a Catalogue,
        crops: &[Crop],
        captures: &[Batch],
        known: usize,
    ) -> Self {
        let composed = crops.chunks(PART).map(|crops| {
            let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
            (floats(&batch(&pixels, task.size)), crops.iter().map(|crop| crop.truth.class).collect())
        });
        let captures = captures.iter().map(|batch| {
            let class = |&sample: &usize| task.pictures.class(0, sample).unwrap_or(usize::MAX);
            (input(&batch.pixels, task.size), batch.samples.iter().map(class).collect())
        });
        Self { task, catalogue, composed: composed.collect(), captures: captures.collect(), known }
    }

    /// How many images [`Unseen::best`] says were read.
    pub(super) fn work(composed: usize, captures: usize) -> usize {
        (SHARES.len() + 1) * (composed + captures)
    }

    /// The best weights between those before and after a training.
    ///
    /// # Errors
    /// When the network does not fit the weights.
    pub(super) fn best(&self, before: &Weights, after: &Weights) -> Result<Weights> {
        let module = Module::new(self.task.graph.clone(), before, Precision::Float32)?;
        let installed = Candidate {
            share: 0.0,
            captures: self.named(&self.read(&module, &self.captures), self.known),
            composed: self.named(&self.read(&module, &self.composed), self.known),
        };
        let mut tried = Vec::with_capacity(SHARES.len());
        for share in SHARES {
            tried.push(self.candidate(before, after, share)?);
        }
        let candidates: Vec<Candidate> = tried.iter().map(|it| it.0).collect();
        log::info!("right names before: {installed:?}; between and after: {candidates:?}");
        let share = choose(installed, &candidates);
        let best =
            tried.into_iter().min_by(|a, b| (a.0.share - share).abs().total_cmp(&(b.0.share - share).abs()));
        Ok(best.expect("some are tried").1)
    }

    fn candidate(&self, before: &Weights, after: &Weights, share: f64) -> Result<(Candidate, Weights)> {
        let mut weights = blend(before, after, share);
        let module = Module::new(self.task.graph.clone(), &weights, Precision::Float32)?;
        let mut composed = self.read(&module, &self.composed);
        let mut captures = self.read(&module, &self.captures);
        let bias = &format!("{}.bias", self.task.heads[0].name);
        let held_back = weights[bias].copy();
        for class in (self.known..self.classes().len()).filter(|&class| !self.is_reserved(class)) {
            let shift = self.restraint(class, &composed, &captures);
            for (_, logits) in composed.iter_mut().chain(&mut captures) {
                logits[class] -= shift;
            }
            let _ = held_back.get(class as i64).g_sub_scalar_(f64::from(shift));
        }
        weights.insert(bias.clone(), held_back);
        let all = self.classes().len();
        let (captures, composed) = (self.named(&captures, all), self.named(&composed, all));
        Ok((Candidate { share, captures, composed }, weights))
    }

    /// By how much the logit of a new card has to be less, so that it claims hardly any known card
    /// and keeps its captures.
    fn restraint(&self, class: usize, composed: &Read, captures: &Read) -> f32 {
        let margin = |(_, logits): &(usize, Vec<f32>)| {
            let others = (0..self.classes().len()).filter(|&it| it != class && !self.is_reserved(it));
            logits[class] - others.map(|it| logits[it]).fold(f32::NEG_INFINITY, f32::max)
        };
        let others: Vec<f32> = composed.iter().map(margin).collect();
        let own: Vec<f32> = captures.iter().filter(|it| it.0 == class).map(margin).collect();
        restraint(&others, &own)
    }

    /// The share of right names where the first `classes` are asked. Whether a card is said to be
    /// unknown is another question: thresholds are chosen later.
    fn named(&self, read: &Read, classes: usize) -> f64 {
        let id = |class: usize| id_of_class(&self.classes()[class]);
        let mut share = Share::default();
        // As the guards do, it asks for the names of cards that have one.
        for (truth, logits) in read.iter().filter(|it| it.0 < self.classes().len() && !self.is_reserved(it.0))
        {
            let cards = (0..classes).filter(|&class| !self.is_reserved(class));
            let best = cards.max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
            share.count(best.is_some_and(|best| self.catalogue.is_same_card(id(best), id(*truth))));
        }
        share.value().unwrap_or(0.0)
    }

    fn read(&self, module: &Module, images: &[(Tensor, Vec<usize>)]) -> Read {
        let head = &self.task.wanted()[..1];
        let mut read = Read::new();
        for (images, truths) in images {
            let logits = &tch::no_grad(|| module.forward(images, head, Mode::Evaluate))[0];
            let rows = (0..truths.len() as i64).map(|row| {
                Vec::<f32>::try_from(logits.get(row).to_kind(tch::Kind::Float)).expect("a row of numbers")
            });
            read.extend(truths.iter().copied().zip(rows));
            progress::advance(truths.len());
        }
        read
    }

    fn classes(&self) -> &[String] {
        &self.task.heads[0].classes
    }

    /// Whether a class is none of a card: `_unknown`, `_not_a_card`.
    fn is_reserved(&self, class: usize) -> bool {
        self.classes()[class].starts_with('_')
    }
}
