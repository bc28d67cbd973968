//! Compares recognised cards with the truth of screenshots. Pure: JSON in, figures out.
//!
//! A prediction matches a true card where their bounding boxes' intersection over union is at least 0.5, one to one,
//! best first. Labels that carry a question mark, face-down cards and stone cards count for detection only.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// Pictures by name.
pub(crate) type Truth = BTreeMap<String, TrueImage>;
/// One entry for each picture.
pub(crate) type Predictions = Vec<PredictedImage>;

/// A screenshot and what it shows.
#[derive(Debug, Deserialize)]
pub(crate) struct TrueImage {
    /// The file, below the folder of the truth.
    pub(crate) path: String,
    width: f64,
    height: f64,
    cards: Vec<TrueCard>,
    /// Cards that no catalogue knows.
    #[serde(default)]
    unknown: Vec<Region>,
    /// Where predictions are neither right nor wrong.
    #[serde(default)]
    ignore: Vec<Region>,
    /// Scored apart.
    #[serde(default)]
    pub(crate) stress: bool,
}

#[derive(Debug, Deserialize)]
struct Region {
    #[serde(rename = "box")]
    bounds: [f64; 4],
}

#[derive(Debug, Deserialize)]
struct TrueCard {
    #[serde(rename = "box")]
    bounds: [f64; 4],
    label: String,
    #[serde(default)]
    facedown: bool,
    edition: Option<String>,
    enhancement: Option<String>,
    seal: Option<String>,
}

/// A picture as `overlay identify --json` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct PredictedImage {
    image: String,
    width: f64,
    height: f64,
    cards: Vec<PredictedCard>,
}

#[derive(Debug, Deserialize)]
struct PredictedCard {
    quad: [[f64; 2]; 4],
    id: Option<String>,
    #[serde(default = "yes")]
    known: bool,
    /// Words, but for stickers (a list) and debuffed (yes or no), which are not scored.
    #[serde(default)]
    modifiers: serde_json::Map<String, serde_json::Value>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// The good ones.
    pub(crate) good: usize,
    /// All of them.
    pub(crate) of: usize,
}

/// How often a modifier was read right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// On every card.
    pub(crate) all: Share,
    /// On those where it is not the plain one.
    pub(crate) hard: Share,
}

/// The figures over some pictures.
#[derive(Debug, Default)]
pub(crate) struct Score {
    /// Pictures.
    pub(crate) images: usize,
    /// True cards that were found.
    pub(crate) recall: Share,
    /// Predictions that are cards.
    pub(crate) precision: Share,
    /// Found cards whose name is right.
    pub(crate) top1: Share,
    /// Editions.
    pub(crate) edition: Reading,
    /// Enhancements.
    pub(crate) enhancement: Reading,
    /// Seals.
    pub(crate) seal: Reading,
    /// Cards of no catalogue that were found and said to be unknown.
    pub(crate) unknown: Share,
    /// What is wrong, a line for each picture.
    pub(crate) lines: Vec<String>,
}

impl Share {
    /// The ratio; none when there was no case.
    pub(crate) fn ratio(self) -> Option<f64> {
        (self.of > 0).then(|| self.good as f64 / self.of as f64)
    }

    fn count(&mut self, good: bool) {
        self.of += 1;
        self.good += usize::from(good);
    }
}

/// Scores pictures; a picture without a prediction is an error.
pub(crate) fn score<'a>(
    truth: impl Iterator<Item = (&'a String, &'a TrueImage)>,
    predictions: &Predictions,
) -> Result<Score> {
    let mut score = Score::default();
    for (name, image) in truth {
        let predicted = predictions
            .iter()
            .find(|predicted| file_name(&predicted.image) == file_name(&image.path))
            .with_context(|| format!("no prediction for {}", image.path))?;
        score.add(name, image, predicted);
    }
    Ok(score)
}

impl Score {
    fn add(&mut self, name: &str, image: &TrueImage, predicted: &PredictedImage) {
        let (sx, sy) = (image.width / predicted.width, image.height / predicted.height);
        let boxes: Vec<_> = predicted.cards.iter().map(|card| bounds(&card.quad, sx, sy)).collect();
        let wanted: Vec<_> = image.cards.iter().filter(|card| !card.label.starts_with("tag_")).collect();
        let free: Vec<_> = (0..boxes.len()).collect();
        let (found, rest) = pair(wanted.iter().map(|card| card.bounds), &boxes, &free);
        let (modded, rest) = pair(image.unknown.iter().map(|region| region.bounds), &boxes, &rest);
        let wrong_places = rest
            .iter()
            .filter(|&&at| !image.ignore.iter().any(|region| lies_inside(boxes[at], region.bounds)))
            .count();
        for &(_, at) in &modded {
            self.unknown.count(!predicted.cards[at].known);
        }
        self.images += 1;
        self.recall.good += found.len();
        self.recall.of += wanted.len();
        self.precision.good += found.len();
        self.precision.of += found.len() + wrong_places;
        let mut wrong = Vec::new();
        for &(card, at) in &found {
            self.add_card(wanted[card], &predicted.cards[at], &mut wrong);
        }
        let is_found = |position: &usize| found.iter().any(|(card, _)| card == position);
        let missed = (0..wanted.len()).filter(|position| !is_found(position));
        let missed: Vec<_> = missed.map(|position| wanted[position].label.as_str()).collect();
        self.lines.push(format!(
            "{name}: {}/{} found, {wrong_places} extra; missed {missed:?}; wrong {wrong:?}",
            found.len(),
            wanted.len()
        ));
    }

    fn add_card(&mut self, card: &TrueCard, predicted: &PredictedCard, wrong: &mut Vec<String>) {
        if card.facedown {
            return;
        }
        let stone = card.enhancement.as_deref() == Some("m_stone");
        if !card.label.contains('?') && !stone {
            let want = canonical(&card.label);
            let said = predicted.id.as_deref().filter(|_| predicted.known).map(canonical);
            let right = said.as_deref() == Some(want.as_str());
            self.top1.count(right);
            if !right {
                wrong.push(format!("{} as {}", card.label, said.as_deref().unwrap_or("unknown")));
            }
        }
        for (reading, what, plain, value) in [
            (&mut self.edition, "edition", "base", &card.edition),
            (&mut self.enhancement, "enhancement", "none", &card.enhancement),
            (&mut self.seal, "seal", "none", &card.seal),
        ] {
            let value = value.as_deref().unwrap_or(plain).to_lowercase();
            if value.contains('?') {
                continue;
            }
            let value = value.strip_prefix("e_").or_else(|| value.strip_prefix("m_")).unwrap_or(&value);
            let value = if value == "holo" { "holographic" } else { value };
            let got = predicted.modifiers.get(what).and_then(|word| word.as_str());
            let got = got.map_or_else(|| plain.to_owned(), str::to_lowercase);
            reading.all.count(got == value);
            if value != plain {
                reading.hard.count(got == value);
            }
            if got != value {
                wrong.push(format!("{} {what} {value} as {got}", card.label));
            }
        }
    }
}

/// Cards that show the same art count as one: Joker and Wee Joker, the variants of a booster pack.
fn canonical(label: &str) -> String {
    if label == "j_wee" {
        return "j_joker".to_owned();
    }
    let variant = label.rsplit_once('_').filter(|(rest, number)| {
        rest.starts_with("p_")
            && rest.matches('_').count() >= 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    variant.map_or(label, |(rest, _)| rest).to_owned()
}

type Box = [f64; 4];

/// Matches one to one, best overlap first: pairs of positions, and the predictions that are left.
fn pair(
    truth: impl Iterator<Item = Box>,
    boxes: &[Box],
    free: &[usize],
) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut candidates: Vec<(f64, usize, usize)> = truth
        .enumerate()
        .flat_map(|(card, want)| free.iter().map(move |&at| (overlap(want, boxes[at]), card, at)))
        .filter(|&(overlap, ..)| overlap >= 0.5)
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((b.1, b.2).cmp(&(a.1, a.2))));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, card, at) in candidates {
        if pairs.iter().all(|&(other, taken)| other != card && taken != at) {
            pairs.push((card, at));
        }
    }
    let rest = free.iter().copied().filter(|at| pairs.iter().all(|(_, taken)| taken != at)).collect();
    (pairs, rest)
}

fn bounds(quad: &[[f64; 2]; 4], sx: f64, sy: f64) -> Box {
    let side = |axis: usize, scale: f64, pick: fn(f64, f64) -> f64| {
        quad.iter().map(|point| point[axis] * scale).reduce(pick).expect("a quad has corners")
    };
    [side(0, sx, f64::min), side(1, sy, f64::min), side(0, sx, f64::max), side(1, sy, f64::max)]
}

fn intersection(a: Box, b: Box) -> f64 {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
}

fn area(a: Box) -> f64 {
    (a[2] - a[0]) * (a[3] - a[1])
}

fn overlap(a: Box, b: Box) -> f64 {
    let shared = intersection(a, b);
    if shared > 0.0 { shared / (area(a) + area(b) - shared) } else { 0.0 }
}

fn lies_inside(a: Box, region: Box) -> bool {
    let shared = intersection(a, region);
    shared > 0.0 && shared > 0.5 * area(a)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
