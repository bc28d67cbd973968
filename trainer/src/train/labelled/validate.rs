//! How good the network is on held-out captures, head by head.

use lens_core::manifest::{Activation, Head};

use super::task::{Costs, Pictures, input};
use crate::evaluate::Share;
use crate::evaluate::subject::Rows;
use crate::metrics::{Confusion, rank};
use crate::network::Value;
use crate::network::torch::{Mode, Module};

/// A head after an epoch.
#[derive(Clone, Debug, Default)]
pub struct HeadReport {
    /// Its name.
    pub name: String,
    /// Loss in training.
    pub train_loss: Option<f64>,
    /// Loss on held-out captures.
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

/// Pictures in a batch.
const BATCH: usize = 64;

/// Judges the module on these samples; also the loss of all heads together.
pub fn judge(
    module: &Module,
    wanted: &[Value],
    pictures: &Pictures,
    samples: &[usize],
    heads: &[Head],
    costs: &Costs,
    size: [u32; 2],
) -> (Vec<HeadReport>, Option<f64>) {
    let mut reports: Vec<HeadReport> = heads.iter().map(begin).collect();
    let mut sums = vec![(0.0, 0usize); heads.len()];
    let mut total = 0.0;
    for part in samples.chunks(BATCH) {
        let pixels: Vec<u8> = part.iter().flat_map(|&sample| pictures.plain(sample)).collect();
        let outputs = module.forward(&input(&pixels, size), wanted, Mode::Evaluate);
        let loss = pictures.loss(&outputs, part, heads, costs);
        total += loss.total.double_value(&[]) * part.len() as f64;
        for (name, value) in &loss.parts {
            let head = heads.iter().position(|head| head.name == *name).expect("parts are named after heads");
            sums[head] = (sums[head].0 + value * part.len() as f64, sums[head].1 + part.len());
        }
        for (number, logits) in outputs.iter().enumerate() {
            let rows = Rows::of(logits).expect("heads give rows of logits");
            for (row, &sample) in part.iter().enumerate() {
                reports[number].add(rows.row(row), pictures, number, sample);
            }
        }
    }
    for (report, (sum, count)) in reports.iter_mut().zip(sums) {
        report.loss = (count > 0).then(|| sum / count as f64);
    }
    (reports, (!samples.is_empty()).then(|| total / samples.len() as f64))
}

fn begin(head: &Head) -> HeadReport {
    let softmax = head.activation == Activation::Softmax;
    HeadReport {
        name: head.name.clone(),
        top3: softmax.then(Share::default),
        confusion: softmax.then(|| Confusion::new(&head.classes)),
        of_class: if softmax { Vec::new() } else { vec![Share::default(); head.classes.len()] },
        ..HeadReport::default()
    }
}

impl HeadReport {
    fn add(&mut self, logits: &[f32], pictures: &Pictures, head: usize, sample: usize) {
        if let Some(class) = pictures.class(head, sample) {
            let rank = rank(logits, class);
            self.top1.count(rank == 0);
            self.top3.get_or_insert_default().count(rank < 3);
            if let Some(confusion) = &mut self.confusion {
                confusion.add(class, crate::metrics::argmax(logits));
            }
        } else if let Some(wanted) = pictures.several(head, sample) {
            let right: Vec<bool> =
                logits.iter().zip(wanted).map(|(logit, wanted)| (*logit > 0.0) == (*wanted > 0.5)).collect();
            self.top1.count(right.iter().all(|right| *right));
            self.of_class.iter_mut().zip(right).for_each(|(share, right)| share.count(right));
        }
    }
}
