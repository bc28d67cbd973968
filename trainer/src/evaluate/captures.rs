//! How good an identifier is on labelled captures.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use image::RgbaImage;
use scenes::preview;
use serde::Serialize;
use shared::catalogue::id_of_class;
use shared::manifest::{Activation, IDENTIFICATION, NOT_A_CARD, UNKNOWN};

use super::Share;
use super::namer::{Answer, Namer};
use super::ranking::auroc;
use crate::dataset::fields::{Said, said};
use crate::dataset::{Sample, picture};
use crate::metrics::{Confusion, Pair, Reliability, argmax, interval, reliability};

/// How good it is.
#[derive(Clone, Debug, Serialize)]
pub struct CapturesReport {
    /// Captures of cards that it has a class for.
    pub known: usize,
    /// Captures of other cards.
    pub unknown: usize,
    /// Those whose right name comes first.
    pub top1: Share,
    /// What holds it with 95 % confidence.
    pub top1_interval: Option<[f64; 2]>,
    /// Those whose right name is among the first three.
    pub top3: Share,
    /// Those whose right name is among the first five.
    pub top5: Share,
    /// Mean over the cards.
    pub balanced: Option<f64>,
    /// Known cards that are said to be unknown.
    pub rejected: Share,
    /// Unknown cards that are said to be unknown.
    pub unknown_flagged: Share,
    /// Area under the curve of known against unknown ones, by probability.
    pub unknown_auroc: Option<f64>,
    /// The same by similarity to the class's centroid; none where there are no centroids.
    pub unknown_auroc_similarity: Option<f64>,
    /// The other heads: right ones and what holds them with 95 % confidence.
    pub heads: BTreeMap<String, (Share, Option<[f64; 2]>)>,
    /// How well confidence says how often a name is right.
    pub calibration: Reliability,
    /// What is confused most.
    pub worst_pairs: Vec<Pair>,
    /// Milliseconds for a picture, reading files not counted.
    pub millis: f64,
    /// What was taken for what.
    #[serde(skip)]
    pub confusion: Confusion,
    /// Which captures are wrong, and what they were taken for.
    #[serde(skip)]
    pub failures: Vec<(usize, String)>,
}

/// Bars of the reliability diagram.
const BARS: usize = 10;

/// Has every sample read.
///
/// # Errors
/// When the network cannot run. Pictures that were readable before and no longer are, are left out.
pub fn measure(namer: &mut Namer, samples: &[Sample]) -> Result<CapturesReport> {
    let mut classes: Vec<String> =
        namer.heads[0].classes.iter().map(|class| id_of_class(class).to_owned()).collect();
    classes.dedup();
    let place = |id: &str| classes.iter().position(|class| class == id);
    let mut confusion = Confusion::new(&classes);
    let (mut predictions, mut failures) = (Vec::new(), Vec::new());
    let [mut top1, mut top3, mut top5, mut rejected, mut flagged] = [Share::default(); 5];
    let mut scores: [[Vec<f32>; 2]; 2] = Default::default();
    let mut heads: BTreeMap<String, Share> = BTreeMap::new();
    let mut spent = 0.0;
    for (first, part) in samples.chunks(64).enumerate().map(|(number, part)| (64 * number, part)) {
        let pictures: Vec<(usize, RgbaImage)> = part
            .iter()
            .enumerate()
            .filter_map(|(at, sample)| Some((first + at, picture::read(&sample.path).ok()?.image)))
            .collect();
        let images: Vec<RgbaImage> = pictures.iter().map(|(_, image)| image.clone()).collect();
        let begin = Instant::now();
        let answers = namer.read(&images)?;
        spent += begin.elapsed().as_secs_f64();
        for ((index, _), answer) in pictures.iter().zip(&answers) {
            let sample = &samples[*index];
            let wanted = id_of_class(&sample.class);
            let cards = namer.cards(answer);
            let named: Vec<&(String, f32)> =
                cards.iter().filter(|(id, _)| ![NOT_A_CARD, UNKNOWN].contains(&id.as_str())).collect();
            let is_known = namer.is_known(answer, None);
            let best = named.first().map_or(("", 0.0), |(id, probability)| (id.as_str(), *probability));
            let best_similarity = best_similarity(namer, answer, best.0);
            let unknown = usize::from(place(wanted).is_none());
            scores[0][unknown].push(best.1);
            scores[1][unknown].push(best_similarity);
            count_heads(namer, answer, sample, &mut heads);
            let Some(truth) = place(wanted) else {
                flagged.count(!is_known);
                continue;
            };
            rejected.count(!is_known);
            let among = |most: usize| named.iter().take(most).any(|(id, _)| id == wanted);
            top1.count(among(1));
            top3.count(among(3));
            top5.count(among(5));
            predictions.push((best.1, among(1)));
            if let Some(taken) = place(best.0) {
                confusion.add(truth, taken);
            }
            if !among(1) {
                failures.push((*index, best.0.to_owned()));
            }
        }
    }
    let [[known, unknown], [known_similarity, unknown_similarity]] = &scores;
    let calibrated = known_similarity.iter().any(|it| *it != 0.0);
    Ok(CapturesReport {
        known: known.len(),
        unknown: unknown.len(),
        top1,
        top1_interval: interval(top1),
        top3,
        top5,
        balanced: confusion.balanced(),
        rejected,
        unknown_flagged: flagged,
        unknown_auroc: auroc(known, unknown),
        unknown_auroc_similarity: auroc(known_similarity, unknown_similarity).filter(|_| calibrated),
        heads: heads.into_iter().map(|(name, share)| (name, (share, interval(share)))).collect(),
        calibration: reliability(&predictions, BARS),
        worst_pairs: confusion.worst_pairs(12),
        millis: 1e3 * spent / samples.len().max(1) as f64,
        confusion,
        failures,
    })
}

fn best_similarity(namer: &Namer, answer: &Answer, id: &str) -> f32 {
    let looks =
        namer.heads[0].classes.iter().zip(&answer.similarity).filter(|(class, _)| id_of_class(class) == id);
    looks.map(|(_, similarity)| *similarity).fold(-1.0, f32::max)
}

fn count_heads(namer: &Namer, answer: &Answer, sample: &Sample, into: &mut BTreeMap<String, Share>) {
    for (head, logits) in
        namer.heads.iter().zip(&answer.heads).filter(|(head, _)| head.name != IDENTIFICATION)
    {
        let right = match (said(sample, &head.name), head.activation) {
            (Some(Said::One(word)), Activation::Softmax) => head.classes[argmax(logits)] == word,
            (Some(Said::Some(words)), Activation::Sigmoid) => {
                head.classes.iter().zip(logits).all(|(class, logit)| (*logit > 0.0) == words.contains(class))
            }
            _ => continue,
        };
        into.entry(head.name.clone()).or_default().count(right);
    }
}

/// Misread captures, each beside a capture of what it was taken for.
pub fn failures(report: &CapturesReport, samples: &[Sample]) -> Vec<(String, RgbaImage)> {
    let open = |sample: &Sample| picture::read(&sample.path).map(|picture| picture.image);
    let mut pictures = Vec::new();
    for (index, taken_for) in &report.failures {
        let sample = &samples[*index];
        let Ok(image) = open(sample) else { continue };
        let other = samples.iter().find(|other| id_of_class(&other.class) == taken_for);
        let other = other.and_then(|other| open(other).ok()).unwrap_or_else(|| RgbaImage::new(1, 1));
        let pair = [(image, format!("is {}", sample.class)), (other, format!("taken for {taken_for}"))];
        let name = sample.file.replace(['/', '\\'], "_");
        pictures.push((name, preview::captioned(&pair, [144, 192], 2)));
    }
    pictures
}
