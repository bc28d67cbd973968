//! Are the cards found?

use std::time::Instant;

use anyhow::Result;
use lens_core::geometry::{InFrame, Quad};
use rayon::prelude::*;
use serde::Serialize;
use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::scene::{self, Scene};

use super::metrics::Share;
use super::model_under_test::{ModelUnderTest, Scored};
use crate::console::progress;
use crate::model::detector_targets::MIN_VISIBLE;
use crate::random::{Stream, seed_of};

/// Overlap from which a quad is the card.
pub const SAME: f32 = 0.5;
/// Thresholds that are tried; the first is the lowest that is ever decoded.
const THRESHOLDS: [f32; 12] = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7];

/// How many cards of composed scenes were found.
#[derive(Clone, Debug, Serialize)]
pub struct DetectionReport {
    /// Scenes.
    pub scenes: usize,
    /// Cards of which enough is seen.
    pub cards: usize,
    /// Objectness from which a peak counts.
    #[serde(serialize_with = "rounded")]
    pub threshold: f32,
    /// Share of the cards that were found.
    pub recall: Share,
    /// Share of what was found that is a card.
    pub precision: Share,
    /// Mean distance of a found card's corners from the truth, in card heights.
    pub corner_error: f64,
    /// Recall and precision at each threshold.
    pub at: Vec<AtThreshold>,
    /// Milliseconds for a scene, composing it not counted.
    pub millis: f64,
}

/// Recall and precision at a threshold.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AtThreshold {
    /// Objectness from which a peak counts.
    #[serde(serialize_with = "rounded")]
    pub threshold: f32,
    /// Share of the cards that were found.
    pub recall: Share,
    /// Share of what was found that is a card.
    pub precision: Share,
}

/// 0.35 instead of 0.3499999940395355.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn rounded<S: serde::Serializer>(value: &f32, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*value) * 1e4).round() / 1e4)
}

/// Composes `count` scenes and looks for their cards; the report is at the threshold with the best
/// harmonic mean of recall and precision, or at `fixed`.
///
/// # Errors
/// When the network cannot run.
pub fn measure(
    subject: &mut dyn ModelUnderTest,
    bank: &Bank,
    recipe: &SceneRecipe,
    seed: u64,
    count: usize,
    fixed: Option<f32>,
) -> Result<DetectionReport> {
    let mut pairs: Vec<(Scene, Vec<Scored>)> = Vec::with_capacity(count);
    let mut spent = 0.0;
    for part in (0..count as u64).collect::<Vec<_>>().chunks(32) {
        let seeds = part.par_iter().map(|&number| seed_of(seed, Stream::Evaluation, number));
        let scenes: Vec<Scene> = seeds.map(|seed| scene::compose(bank, recipe, seed)).collect();
        for mut scene in scenes {
            let begin = Instant::now();
            let found = subject.detect(&scene.image, fixed.unwrap_or(THRESHOLDS[0]).min(THRESHOLDS[0]))?;
            spent += begin.elapsed().as_secs_f64();
            progress::advance(1);
            scene.image = image::RgbaImage::new(0, 0);
            pairs.push((scene, found));
        }
    }
    let tallies: Vec<(f32, Tally)> = THRESHOLDS
        .into_iter()
        .chain(fixed)
        .map(|threshold| {
            let mut tally = Tally::default();
            for (scene, found) in &pairs {
                let sure: Vec<_> =
                    found.iter().filter(|(_, score)| *score >= threshold).map(|it| it.0).collect();
                let truth: Vec<_> = scene.cards.iter().map(|card| (card.quad, card.visible)).collect();
                tally.add(&truth, &sure);
            }
            (threshold, tally)
        })
        .collect();
    let best = match fixed {
        Some(_) => tallies.len() - 1,
        None => (0..tallies.len())
            .max_by(|&a, &b| tallies[a].1.harmonic().total_cmp(&tallies[b].1.harmonic()))
            .expect("some thresholds are tried"),
    };
    let (threshold, tally) = &tallies[best];
    Ok(DetectionReport {
        scenes: count,
        cards: tally.recall.whole,
        threshold: *threshold,
        recall: tally.recall,
        precision: tally.precision,
        corner_error: tally.corner_error / tally.recall.part.max(1) as f64,
        at: tallies
            .iter()
            .map(|(threshold, tally)| AtThreshold {
                threshold: *threshold,
                recall: tally.recall,
                precision: tally.precision,
            })
            .collect(),
        millis: 1e3 * spent / count.max(1) as f64,
    })
}

/// What was found, over scenes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    recall: Share,
    precision: Share,
    corner_error: f64,
}

impl Tally {
    /// Adds a scene: cards with what is visible of them, and the quads that were found.
    fn add(&mut self, truth: &[(Quad<InFrame>, f32)], found: &[Quad<InFrame>]) {
        let quads: Vec<_> = truth.iter().map(|(quad, _)| *quad).collect();
        let matched = matches(&quads, found);
        for (index, (quad, visible)) in truth.iter().enumerate() {
            let partner = matched.iter().find(|(card, _)| *card == index).map(|(_, other)| found[*other]);
            // A hardly visible card may be found or not.
            if *visible < MIN_VISIBLE {
                continue;
            }
            self.recall.count(partner.is_some());
            if let Some(partner) = partner {
                let pairs = quad.corners.iter().zip(partner.corners);
                let distance: f32 = pairs.map(|(a, b)| a.distance(b)).sum();
                self.corner_error += f64::from(distance / 4.0 / quad.height());
            }
        }
        for index in 0..found.len() {
            match matched.iter().find(|(_, other)| *other == index) {
                Some((card, _)) if truth[*card].1 < MIN_VISIBLE => {}
                matched => self.precision.count(matched.is_some()),
            }
        }
    }

    fn harmonic(&self) -> f64 {
        let recall = self.recall.value().unwrap_or(0.0);
        let precision = self.precision.value().unwrap_or(0.0);
        2.0 * recall * precision / (recall + precision).max(1e-9)
    }
}

/// Pairs of a card and a quad that overlap, one to one, best first.
pub fn matches(truth: &[Quad<InFrame>], found: &[Quad<InFrame>]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (card, quad) in truth.iter().enumerate() {
        for (other, candidate) in found.iter().enumerate() {
            let overlap = quad.iou(*candidate);
            if overlap >= SAME {
                pairs.push((overlap, card, other));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for (_, card, other) in pairs {
        if !taken.iter().any(|(a, b)| *a == card || *b == other) {
            taken.push((card, other));
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    fn square(left: f32) -> Quad<InFrame> {
        Quad::from_rect(Rect::ltwh(left, 0.0, 10.0, 10.0))
    }

    #[test]
    fn a_tally_by_hand() {
        let mut tally = Tally::default();
        // Found, missed, and hardly visible but found; then one that is nothing.
        let truth = [(square(0.0), 1.0), (square(100.0), 0.5), (square(200.0), 0.01)];
        tally.add(&truth, &[square(1.0), square(200.0), square(50.0)]);
        assert_eq!(tally.recall, Share { part: 1, whole: 2 });
        assert_eq!(tally.precision, Share { part: 1, whole: 2 });
        assert!((tally.corner_error - 0.1).abs() < 1e-6);
    }

    #[test]
    fn neighbours_are_matched_one_to_one() {
        let truth = [square(0.0), square(3.0)];
        assert_eq!(matches(&truth, &[square(2.9), square(0.2)]).len(), 2);
        assert_eq!(matches(&truth, &[square(2.9)]), [(1, 0)]);
    }
}
