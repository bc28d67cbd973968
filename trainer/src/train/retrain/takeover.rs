//! Takes as much of a training over as forgets nothing.
//!
//! Weights between the installed and the trained ones are tried on images that no step has seen:
//! composed crops of cards that the installed model knows, invented cards that nobody knows, and
//! changed captures. A new card that claims others is held back by its bias. Absent: which weights
//! are best, which `blend` chooses, and the comparison that decides whether the new model is
//! installed.

use anyhow::Result;
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::manifest::UNKNOWN;
use synth::crop::Crop;
use tch::Tensor;

use super::blend::{CLAIMED, CLAIMED_UNKNOWN, Candidate, SHARES, blend, choose, restraint};
use super::task::RetrainTask;
use crate::console::progress;
use crate::evaluate::calibrate::signals::from_logits;
use crate::evaluate::calibrate::thresholds::{self, Signals};
use crate::evaluate::metrics::Share;
use crate::evaluate::model_under_test::{batch, floats};
use crate::model::network::hardware::Precision;
use crate::model::network::torch::{Mode, Module, Weights};
use crate::train::Task as _;
use crate::train::labelled::pictures::{Batch, input};

/// Images that are read at once.
const PART: usize = 64;

/// Of rightly named composed crops this share may be said to be unknown, as with the shipped
/// models.
pub(super) const REJECTED: f64 = 0.008;

/// The head that names editions.
const EDITION: &str = "edition";

/// Images that no step has seen, with their classes.
pub(super) struct Unseen<'a> {
    task: &'a RetrainTask,
    catalogue: &'a Catalogue,
    composed: Vec<(Tensor, Vec<usize>)>,
    /// The class of each composed crop's edition, where it has one.
    editions: Vec<Option<usize>>,
    /// The number of the head that names it; the first where there is none, and nothing to name.
    edition_head: usize,
    invented: Vec<(Tensor, Vec<usize>)>,
    captures: Vec<(Tensor, Vec<usize>)>,
    /// How many classes the installed model has; the new ones follow.
    known: usize,
}

/// The classes of images, and their logits.
type Read = Vec<(usize, Vec<f32>)>;

impl<'a> Unseen<'a> {
    /// Composed crops of known cards and of invented ones, and batches of captures.
    pub(super) fn new(
        task: &'a RetrainTask,
        catalogue: &'a Catalogue,
        [composed, invented]: [&[Crop]; 2],
        captures: &[Batch],
        known: usize,
    ) -> Self {
        let images = |crops: &[Crop]| {
            let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
            (floats(&batch(&pixels, task.size)), crops.iter().map(|crop| crop.truth.class).collect())
        };
        let captures = captures.iter().map(|batch| {
            let class = |&sample: &usize| task.pictures.class(0, sample).unwrap_or(usize::MAX);
            (input(&batch.pixels, task.size), batch.samples.iter().map(class).collect())
        });
        let edition_head = task.heads.iter().position(|head| head.name == EDITION);
        let edition = |crop: &Crop| {
            let has_one = |kind| [CardType::Joker, CardType::Playing].contains(&kind);
            let card = crop.truth.card.filter(|card| edition_head.is_some() && has_one(card.kind));
            card.map(|card| card.edition)
        };
        Self {
            task,
            catalogue,
            composed: composed.chunks(PART).map(images).collect(),
            editions: composed.iter().map(edition).collect(),
            edition_head: edition_head.unwrap_or(0),
            invented: invented.chunks(PART).map(images).collect(),
            captures: captures.collect(),
            known,
        }
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
        let (composed, edition) = self.read_with_editions(&module);
        let installed = Candidate {
            share: 0.0,
            edition,
            captures: self.named(&self.read(&module, &self.captures), self.known),
            composed: self.named(&composed, self.known),
            unknown: self.doubted(&composed, &self.read(&module, &self.invented), self.known),
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
        let (mut composed, edition) = self.read_with_editions(&module);
        let mut invented = self.read(&module, &self.invented);
        let mut captures = self.read(&module, &self.captures);
        let bias = &format!("{}.bias", self.task.heads[0].name);
        let held_back = weights[bias].copy();
        for class in (self.known..self.classes().len()).filter(|&class| !self.is_reserved(class)) {
            let shift = self.restraint(class, &composed, &invented, &captures);
            for (_, logits) in composed.iter_mut().chain(&mut invented).chain(&mut captures) {
                logits[class] -= shift;
            }
            let _ = held_back.get(class as i64).g_sub_scalar_(f64::from(shift));
        }
        weights.insert(bias.clone(), held_back);
        let all = self.classes().len();
        let unknown = self.doubted(&composed, &invented, all);
        let (captures, composed) = (self.named(&captures, all), self.named(&composed, all));
        Ok((Candidate { share, captures, composed, edition, unknown }, weights))
    }

    /// By how much the logit of a new card has to be less, so that it claims hardly any known card
    /// and few that nobody knows, and keeps its captures.
    fn restraint(&self, class: usize, composed: &Read, invented: &Read, captures: &Read) -> f32 {
        // By how much it exceeds every other card, and `_unknown` where that is asked too.
        let margins = |read: &mut dyn Iterator<Item = &(usize, Vec<f32>)>, with_unknown: bool| {
            let margin = |(_, logits): &(usize, Vec<f32>)| {
                let competes =
                    |it: usize| !self.is_reserved(it) || (with_unknown && self.classes()[it] == UNKNOWN);
                let others = (0..self.classes().len()).filter(|&it| it != class && competes(it));
                logits[class] - others.map(|it| logits[it]).fold(f32::NEG_INFINITY, f32::max)
            };
            read.map(margin).collect::<Vec<f32>>()
        };
        let own = || captures.iter().filter(|it| it.0 == class);
        let new = (self.known..self.classes().len()).filter(|&class| !self.is_reserved(class)).count();
        let from_known =
            restraint(&margins(&mut composed.iter(), false), &margins(&mut own(), false), CLAIMED);
        let from_unknown = restraint(
            &margins(&mut invented.iter(), true),
            &margins(&mut own(), true),
            CLAIMED_UNKNOWN / new.max(1) as f64,
        );
        from_known.max(from_unknown)
    }

    /// The share of invented cards that would be said to be unknown, with thresholds as they will
    /// be calibrated; similarities are not asked.
    fn doubted(&self, composed: &Read, invented: &Read, classes: usize) -> f64 {
        let classes = &self.classes()[..classes];
        let similarity = vec![0.0; classes.len()];
        let signals = |(truth, logits): &(usize, Vec<f32>)| {
            (*truth, from_logits(classes, &logits[..classes.len()], &similarity))
        };
        let id = |class: usize| id_of_class(&self.classes()[class]);
        let known: Vec<(usize, Signals)> = composed.iter().map(signals).collect();
        let (named, mut others) = thresholds::split_by_name(&known, |&shown, said| {
            self.catalogue.is_same_card(id(shown), id(said))
        });
        let invented: Vec<Signals> = invented.iter().map(|it| signals(it).1).collect();
        others.extend(&invented);
        let chosen = thresholds::choose(&named, &others, REJECTED, 1.0);
        let mut share = Share::default();
        invented.iter().for_each(|it| share.count(it.is_rejected(&chosen)));
        share.value().unwrap_or(1.0)
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

    /// The composed crops, and the share of right editions.
    fn read_with_editions(&self, module: &Module) -> (Read, f64) {
        let (read, said) = self.read_both(module, &self.composed);
        let mut share = Share::default();
        for (said, truth) in said.iter().zip(&self.editions) {
            truth.iter().for_each(|truth| share.count(said == truth));
        }
        (read, share.value().unwrap_or(1.0))
    }

    fn read(&self, module: &Module, images: &[(Tensor, Vec<usize>)]) -> Read {
        self.read_both(module, images).0
    }

    /// With the likeliest class of the editions' head.
    fn read_both(&self, module: &Module, images: &[(Tensor, Vec<usize>)]) -> (Read, Vec<usize>) {
        let wanted = self.task.wanted();
        let heads = [wanted[0], wanted[self.edition_head]];
        let (mut read, mut editions) = (Read::new(), Vec::new());
        for (images, truths) in images {
            let outputs = tch::no_grad(|| module.forward(images, &heads, Mode::Evaluate));
            let rows = (0..truths.len() as i64).map(|row| {
                let logits = outputs[0].get(row).to_kind(tch::Kind::Float);
                Vec::<f32>::try_from(logits).expect("a row of numbers")
            });
            read.extend(truths.iter().copied().zip(rows));
            let best = outputs[1].argmax(-1, false);
            editions.extend((0..truths.len() as i64).map(|row| best.int64_value(&[row]) as usize));
            progress::advance(truths.len());
        }
        (read, editions)
    }

    fn classes(&self) -> &[String] {
        &self.task.heads[0].classes
    }

    /// Whether a class is none of a card: `_unknown`, `_not_a_card`.
    fn is_reserved(&self, class: usize) -> bool {
        self.classes()[class].starts_with('_')
    }
}
