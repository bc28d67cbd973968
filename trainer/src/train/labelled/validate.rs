//! How good the network is on held-out captures, head by head.

use lens_core::manifest::{Activation, Head};

use super::pictures::{Costs, Pictures, input};
use crate::console::progress;
use crate::evaluate::metrics::{Confusion, Share, argmax, rank};
use crate::evaluate::model_under_test::Rows;
use crate::model::network::Value;
use crate::model::network::torch::{Mode, Module};
use crate::train::epoch::{HeadReport, Validation};

/// Images in a batch.
const BATCH: usize = 64;

/// Judges the module on these samples.
pub(super) fn validate(
    module: &Module,
    wanted: &[Value],
    pictures: &Pictures,
    samples: &[usize],
    heads: &[Head],
    costs: &Costs,
    size: [u32; 2],
) -> Validation {
    let mut reports: Vec<HeadReport> = heads.iter().map(begin).collect();
    let mut sums = vec![(0.0, 0_usize); heads.len()];
    let mut total = 0.0;
    progress::expect(samples.len());
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
            let rows = Rows::new(logits).expect("heads give rows of logits");
            for (row, &sample) in part.iter().enumerate() {
                add(&mut reports[number], rows.row(row), pictures, number, sample);
            }
        }
        progress::advance(part.len());
    }
    for (report, (sum, count)) in reports.iter_mut().zip(sums) {
        report.loss = (count > 0).then(|| sum / count as f64);
    }
    Validation { heads: reports, loss: (!samples.is_empty()).then(|| total / samples.len() as f64) }
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

/// Counts what the logits of a head say of a sample.
fn add(report: &mut HeadReport, logits: &[f32], pictures: &Pictures, head: usize, sample: usize) {
    if let Some(class) = pictures.class(head, sample) {
        let rank = rank(logits, class);
        report.top1.count(rank == 0);
        report.top3.get_or_insert_default().count(rank < 3);
        if let Some(confusion) = &mut report.confusion {
            confusion.add(class, argmax(logits));
        }
    } else if let Some(wanted) = pictures.several(head, sample) {
        let right: Vec<bool> =
            logits.iter().zip(wanted).map(|(logit, wanted)| (*logit > 0.0) == (*wanted > 0.5)).collect();
        report.top1.count(right.iter().all(|right| *right));
        report.of_class.iter_mut().zip(right).for_each(|(share, right)| share.count(right));
    }
}
