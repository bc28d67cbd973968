//! How good an identifier is on labelled captures.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use image::RgbaImage;
use lens_core::catalogue::id_of_class;
use lens_core::manifest::{Activation, IDENTIFICATION};
use lens_core::pixels::Pixels;
use serde::Serialize;
use vision::recogniser::Recogniser;

use super::classifier::{Answer, Classifier};
use super::failures::Misread;
use super::metrics::{Share, argmax, interval};
use super::model_under_test::whole;
use super::tally::{self, NamesReport, Tally, ids};
use crate::console::progress;
use crate::data::dataset::fields::{FieldValue, value};
use crate::data::dataset::{Sample, picture};

/// How good it is.
#[derive(Clone, Debug, Serialize)]
pub struct CapturesReport {
    /// The names; numbers of images are those of the samples.
    #[serde(flatten)]
    pub names: NamesReport,
    /// The other heads: right ones and what holds them with 95 % confidence.
    pub heads: BTreeMap<String, (Share, Option<[f64; 2]>)>,
    /// Milliseconds for an image, reading files not counted.
    pub millis: f64,
}

/// Has every sample read.
///
/// # Errors
/// When the network cannot run. Images that were readable before and no longer are, are left out.
pub fn measure(classifier: &mut Classifier, samples: &[Sample]) -> Result<CapturesReport> {
    let mut tally = Tally::new(&ids(&classifier.heads[0].classes));
    let mut heads: BTreeMap<String, Share> = BTreeMap::new();
    let mut spent = 0.0;
    for (first, part) in samples.chunks(64).enumerate().map(|(number, part)| (64 * number, part)) {
        let pictures: Vec<(usize, RgbaImage)> =
            part.iter().enumerate().filter_map(|(at, it)| Some((first + at, open(&it.path)?))).collect();
        let images: Vec<RgbaImage> = pictures.iter().map(|(_, image)| image.clone()).collect();
        let begin = Instant::now();
        let answers = classifier.read(&images)?;
        spent += begin.elapsed().as_secs_f64();
        progress::advance(part.len());
        for ((index, _), answer) in pictures.iter().zip(&answers) {
            let sample = &samples[*index];
            let cards = classifier.cards(answer);
            tally.add(*index, id_of_class(&sample.class), &classifier.predict(answer, &cards));
            count_heads(classifier, answer, sample, &mut heads);
        }
    }
    Ok(CapturesReport {
        names: tally.finish(),
        heads: heads.into_iter().map(|(name, share)| (name, (share, interval(share)))).collect(),
        millis: 1e3 * spent / samples.len().max(1) as f64,
    })
}

/// Has every sample read by an exported model as the overlay runs it, wherever it was made: the
/// names only.
///
/// # Errors
/// As [`measure`].
pub fn measure_exported(recogniser: &mut Recogniser, samples: &[Sample]) -> Result<CapturesReport> {
    let contract = recogniser.manifest().identifier.clone();
    let ids = ids(&contract.heads[0].classes);
    let mut tally = Tally::new(&ids);
    let mut spent = 0.0;
    for (index, sample) in samples.iter().enumerate() {
        let Some(picture) = open(&sample.path) else { continue };
        let quad = whole(&contract, [picture.width(), picture.height()]);
        let begin = Instant::now();
        let reading = recogniser.read(&Pixels::from(&picture), &[quad])?;
        let reading = reading.first().cloned().flatten();
        spent += begin.elapsed().as_secs_f64();
        progress::advance(1);
        let truth = id_of_class(&sample.class);
        tally.add(
            index,
            truth,
            &tally::Prediction::from_reading(reading.as_ref(), truth, recogniser.catalogue()),
        );
    }
    let millis = 1e3 * spent / samples.len().max(1) as f64;
    Ok(CapturesReport { names: tally.finish(), heads: BTreeMap::new(), millis })
}

fn count_heads(
    classifier: &Classifier,
    answer: &Answer,
    sample: &Sample,
    into: &mut BTreeMap<String, Share>,
) {
    for (head, logits) in
        classifier.heads.iter().zip(&answer.heads).filter(|(head, _)| head.name != IDENTIFICATION)
    {
        let right = match (value(sample, &head.name), head.activation) {
            (Some(FieldValue::One(word)), Activation::Softmax) => head.classes[argmax(logits)] == word,
            (Some(FieldValue::Some(words)), Activation::Sigmoid) => {
                head.classes.iter().zip(logits).all(|(class, logit)| (*logit > 0.0) == words.contains(class))
            }
            _ => continue,
        };
        into.entry(head.name.clone()).or_default().count(right);
    }
}

/// Misread captures, each with a capture of what it was taken for: one of `originals` where it is
/// among them.
pub fn misread<'a>(
    report: &'a CapturesReport,
    samples: &'a [Sample],
    originals: &'a [Sample],
) -> impl Iterator<Item = Misread> + 'a {
    report.names.failures.iter().filter_map(move |(index, taken_for)| {
        let sample = &samples[*index];
        let mut others = originals.iter().filter(|other| id_of_class(&other.class) == taken_for);
        Some(Misread {
            name: Path::new(&sample.file).with_extension("").to_string_lossy().into_owned(),
            picture: open(&sample.path)?,
            is: sample.class.clone(),
            taken_for: taken_for.clone(),
            other: others.find_map(|other| open(&other.path)),
        })
    })
}

fn open(path: &Path) -> Option<RgbaImage> {
    picture::read(path).ok().map(|picture| picture.image)
}

#[cfg(test)]
mod tests;
