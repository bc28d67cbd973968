//! Screenshots with hand-made truth: the same counting as the project's `score.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use shared::catalogue::Catalogue;
use shared::geometry::{InFrame, Quad, Rect};
use shared::modifiers::Modifiers;
use shared::preprocess::Rectifier;
use vision::decide::Reading;

use super::Share;
use super::identification::is_same;
use super::subject::Subject;

/// A screenshot's truth. Facts that are not scored may be there too.
#[derive(Clone, Debug, Deserialize)]
struct Screen {
    path: PathBuf,
    width: u32,
    cards: Vec<Wanted>,
    #[serde(default)]
    unknown: Vec<Region>,
    #[serde(default)]
    ignore: Vec<Region>,
    #[serde(default)]
    stress: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Region {
    #[serde(rename = "box")]
    ltrb: [f32; 4],
}

#[derive(Clone, Debug, Deserialize)]
struct Wanted {
    #[serde(rename = "box")]
    ltrb: [f32; 4],
    label: String,
    edition: Option<String>,
    enhancement: Option<String>,
    seal: Option<String>,
    #[serde(default)]
    facedown: bool,
}

/// How many cards of screenshots were found and named.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ScreensReport {
    /// Screenshots.
    pub screens: usize,
    /// Share of the cards that were found.
    pub recall: Share,
    /// Share of what was found that is a card.
    pub precision: Share,
    /// Found cards with the right name.
    pub top1: Share,
    /// Found cards that are said to be unknown.
    pub silent: Share,
    /// Editions, enhancements and seals.
    pub modifiers: BTreeMap<&'static str, Share>,
    /// The same where they are not the plain ones.
    pub modifiers_not_plain: BTreeMap<&'static str, Share>,
    /// Cards of no catalogue that are said to be unknown.
    pub unknown_flagged: Share,
    /// What went wrong, screenshot by screenshot.
    #[serde(skip)]
    pub mistakes: Vec<String>,
}

/// Scores the screenshots of a truth file; those marked as stress come second.
///
/// # Errors
/// When a file cannot be read or the network cannot run.
pub fn measure(
    subject: &mut dyn Subject,
    catalogue: &Catalogue,
    crop: [u32; 2],
    widen: f32,
    threshold: f32,
    truth: &Path,
) -> Result<[ScreensReport; 2]> {
    let text = std::fs::read_to_string(truth).with_context(|| format!("cannot read {}", truth.display()))?;
    let screens: BTreeMap<String, Screen> =
        serde_json::from_str(&text).with_context(|| format!("{} is not valid", truth.display()))?;
    let folder = truth.parent().unwrap_or(Path::new("."));
    let mut rectifier = Rectifier::new(crop[0], crop[1], widen);
    let mut reports = [ScreensReport::default(), ScreensReport::default()];
    for (name, screen) in &screens {
        let path = folder.join(&screen.path);
        let picture =
            image::open(&path).with_context(|| format!("cannot read {}", path.display()))?.into_rgba8();
        let quads: Vec<Quad<InFrame>> =
            subject.detect(&picture, threshold)?.into_iter().map(|(quad, _)| quad).collect();
        let crops: Vec<Vec<u8>> =
            quads.iter().map(|quad| rectifier.run(&(&picture).into(), *quad).to_vec()).collect();
        let readings = subject.read(&crops.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let scale = screen.width as f32 / picture.width() as f32;
        let scaled =
            |quad: Quad<InFrame>| Quad::from_xy(quad.to_xy().map(|corner| corner.map(|v| v * scale)));
        let cards = quads.into_iter().zip(readings);
        let cards: Vec<_> =
            cards.filter_map(|(quad, reading)| Some((scaled(quad).bounds(), reading?))).collect();
        reports[usize::from(screen.stress)].add(name, screen, &cards, catalogue);
    }
    Ok(reports)
}

type Card = (Rect<InFrame>, Reading);

impl ScreensReport {
    fn add(&mut self, name: &str, screen: &Screen, cards: &[Card], catalogue: &Catalogue) {
        self.screens += 1;
        let wanted: Vec<&Wanted> =
            screen.cards.iter().filter(|card| !card.label.starts_with("tag_")).collect();
        let boxes: Vec<_> = wanted.iter().map(|card| rect(card.ltrb)).collect();
        let all: Vec<usize> = (0..cards.len()).collect();
        let (matched, extra) = matches(&boxes, cards, &all);
        let unknown: Vec<_> = screen.unknown.iter().map(|region| rect(region.ltrb)).collect();
        let (strangers, extra) = matches(&unknown, cards, &extra);
        for (_, card) in &strangers {
            self.unknown_flagged.count(!cards[*card].1.is_known());
        }
        let ignored = |card: &usize| screen.ignore.iter().any(|it| is_inside(cards[*card].0, rect(it.ltrb)));
        let extra: Vec<_> = extra.into_iter().filter(|card| !ignored(card)).collect();
        let mut wrong = Vec::new();
        for (index, card) in wanted.iter().enumerate() {
            let partner = matched.iter().find(|(it, _)| *it == index);
            self.recall.count(partner.is_some());
            match partner {
                Some((_, found)) => {
                    self.precision.count(true);
                    self.compare(card, &cards[*found].1, catalogue, &mut wrong);
                }
                None => wrong.push(format!("{} missed", card.label)),
            }
        }
        extra.iter().for_each(|_| self.precision.count(false));
        if !extra.is_empty() {
            wrong.push(format!("{} that are none", extra.len()));
        }
        if !wrong.is_empty() {
            self.mistakes.push(format!("{name}: {}", wrong.join(", ")));
        }
    }

    fn compare(&mut self, card: &Wanted, reading: &Reading, catalogue: &Catalogue, wrong: &mut Vec<String>) {
        if card.facedown {
            return;
        }
        let stone = card.enhancement.as_deref() == Some("m_stone");
        if !card.label.contains('?') && !stone {
            let right = reading.id.as_deref().is_some_and(|id| is_same(catalogue, id, &card.label));
            self.top1.count(right);
            self.silent.count(reading.id.is_none());
            if !right {
                let top: Vec<&str> = reading.top.iter().take(3).map(|(id, _)| &**id).collect();
                wrong.push(format!("{} as {:?} of {top:?}", card.label, reading.id));
            }
        }
        let plain = Modifiers::default();
        let found = &reading.modifiers;
        for (kind, truth, found, plain) in [
            ("edition", &card.edition, &found.edition, &plain.edition),
            ("enhancement", &card.enhancement, &found.enhancement, &plain.enhancement),
            ("seal", &card.seal, &found.seal, &plain.seal),
        ] {
            let truth = truth.as_deref().unwrap_or(plain).to_lowercase();
            if truth.contains('?') {
                continue;
            }
            let truth = truth.strip_prefix("e_").or(truth.strip_prefix("m_")).unwrap_or(&truth);
            let truth = if truth == "holo" { "holographic" } else { truth };
            self.modifiers.entry(kind).or_default().count(truth == found);
            if truth != plain {
                self.modifiers_not_plain.entry(kind).or_default().count(truth == found);
            }
            if truth != found {
                wrong.push(format!("{} {kind} {truth} as {found}", card.label));
            }
        }
    }
}

/// Pairs of a box and one of the `candidates` among the cards, best overlap first; and the candidates that are left.
fn matches(
    boxes: &[Rect<InFrame>],
    cards: &[Card],
    candidates: &[usize],
) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (index, wanted) in boxes.iter().enumerate() {
        pairs.extend(candidates.iter().map(|&card| (wanted.iou(cards[card].0), index, card)));
    }
    pairs.retain(|(overlap, ..)| *overlap >= super::detection::SAME);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut matched: Vec<(usize, usize)> = Vec::new();
    for (_, index, card) in pairs {
        if !matched.iter().any(|(a, b)| *a == index || *b == card) {
            matched.push((index, card));
        }
    }
    let left = |card: &usize| !matched.iter().any(|(_, other)| other == card);
    let left = candidates.iter().copied().filter(left).collect();
    (matched, left)
}

fn rect([left, top, right, bottom]: [f32; 4]) -> Rect<InFrame> {
    Rect::ltrb(left, top, right, bottom)
}

fn is_inside(card: Rect<InFrame>, region: Rect<InFrame>) -> bool {
    card.intersection(region).area() > 0.5 * card.area()
}
