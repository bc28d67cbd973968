//! Screenshots with hand-made truth: the same counting as the project's `score.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::manifest::{Identifier, UNKNOWN};
use lens_core::modifiers::Modifiers;
use lens_core::preprocess::Rectifier;
use serde::{Deserialize, Serialize};
use vision::reading::Reading;

use super::Share;
use super::failures::Misread;
use super::identification::is_same;
use super::naming::{Naming, NamingReport, Said, ids, listed};
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
    /// The names of the found cards by first guesses, said to be known or not.
    pub names: NamingReport,
    /// Milliseconds for a screenshot, to find its cards.
    pub detection_millis: f64,
    /// Milliseconds for what was found, to cut it out and name it.
    pub identification_millis: f64,
    /// The found cards with a known truth, by the numbers of `names`.
    #[serde(skip)]
    cards: Vec<Named>,
    /// What went wrong, screenshot by screenshot.
    #[serde(skip)]
    pub mistakes: Vec<String>,
}

/// A found card whose name is judged.
#[derive(Clone, Debug)]
struct Named {
    screen: String,
    is: String,
    picture: RgbaImage,
}

/// What a report needs while it is made.
struct Count<'a> {
    report: ScreensReport,
    naming: Naming,
    catalogue: &'a Catalogue,
    ids: &'a [String],
    /// Screenshots and what was found on them, with the seconds that both took.
    detection: (usize, f64),
    identification: (usize, f64),
}

/// Scores the screenshots of a truth file, with crops of `width` and `height`; those marked as stress come second.
///
/// # Errors
/// When a file cannot be read or the network cannot run.
pub fn measure(
    subject: &mut dyn Subject,
    catalogue: &Catalogue,
    identifier: &Identifier,
    [width, height]: [u32; 2],
    threshold: f32,
    truth: &Path,
) -> Result<[ScreensReport; 2]> {
    let text = std::fs::read_to_string(truth).with_context(|| format!("cannot read {}", truth.display()))?;
    let screens: BTreeMap<String, Screen> =
        serde_json::from_str(&text).with_context(|| format!("{} is not valid", truth.display()))?;
    let folder = truth.parent().unwrap_or(Path::new("."));
    let mut rectifier = Rectifier::new(width, height, identifier.widen);
    let ids = ids(&identifier.heads[0].classes);
    let mut counts = [Count::new(catalogue, &ids), Count::new(catalogue, &ids)];
    for (name, screen) in &screens {
        let count = &mut counts[usize::from(screen.stress)];
        let path = folder.join(&screen.path);
        let picture =
            image::open(&path).with_context(|| format!("cannot read {}", path.display()))?.into_rgba8();
        let begin = Instant::now();
        let quads: Vec<Quad<InFrame>> =
            subject.detect(&picture, threshold)?.into_iter().map(|(quad, _)| quad).collect();
        let found = Instant::now();
        let crops: Vec<Vec<u8>> =
            quads.iter().map(|quad| rectifier.run(&(&picture).into(), *quad).to_vec()).collect();
        let readings = subject.read(&crops.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        count.took(quads.len(), (found - begin).as_secs_f64(), found.elapsed().as_secs_f64());
        let scale = screen.width as f32 / picture.width() as f32;
        let scaled =
            |quad: Quad<InFrame>| Quad::from_xy(quad.to_xy().map(|corner| corner.map(|v| v * scale)));
        let shown = crops.into_iter().map(|crop| RgbaImage::from_raw(width, height, crop));
        let cards: Vec<Card> = quads
            .into_iter()
            .zip(readings)
            .zip(shown)
            .filter_map(|((quad, reading), crop)| Some((scaled(quad).bounds(), reading?, crop?)))
            .collect();
        count.add(name, screen, &cards);
    }
    Ok(counts.map(Count::finish))
}

/// Where it is, what is said of it, and how the network saw it.
type Card = (Rect<InFrame>, Reading, RgbaImage);

impl ScreensReport {
    /// The misread cards.
    pub fn misread(&self) -> impl Iterator<Item = Misread> + '_ {
        self.names.failures.iter().map(move |(number, taken_for)| {
            let Named { screen, is, picture } = &self.cards[*number];
            Misread {
                name: format!("screen-{screen}-{number:03}"),
                picture: picture.clone(),
                is: is.clone(),
                taken_for: taken_for.clone(),
                other: None,
            }
        })
    }
}

impl<'a> Count<'a> {
    fn new(catalogue: &'a Catalogue, ids: &'a [String]) -> Self {
        Self {
            report: ScreensReport::default(),
            naming: Naming::new(ids),
            catalogue,
            ids,
            detection: (0, 0.0),
            identification: (0, 0.0),
        }
    }

    fn took(&mut self, cards: usize, finding: f64, naming: f64) {
        self.detection = (self.detection.0 + 1, self.detection.1 + finding);
        self.identification = (self.identification.0 + cards, self.identification.1 + naming);
    }

    fn finish(self) -> ScreensReport {
        let millis = |(count, seconds): (usize, f64)| 1e3 * seconds / count.max(1) as f64;
        ScreensReport {
            names: self.naming.finish(),
            detection_millis: millis(self.detection),
            identification_millis: millis(self.identification),
            ..self.report
        }
    }

    /// Counts the name of a found card.
    fn name(&mut self, screen: &str, is: &str, (_, reading, picture): &Card) {
        let truth = listed(self.ids, self.catalogue, is);
        let said = Said::of_reading(Some(reading), truth, self.catalogue);
        self.naming.add(self.report.cards.len(), truth, &said);
        let named = Named { screen: screen.to_owned(), is: is.to_owned(), picture: picture.clone() };
        self.report.cards.push(named);
    }

    fn add(&mut self, name: &str, screen: &Screen, cards: &[Card]) {
        self.report.screens += 1;
        let wanted: Vec<&Wanted> =
            screen.cards.iter().filter(|card| !card.label.starts_with("tag_")).collect();
        let boxes: Vec<_> = wanted.iter().map(|card| rect(card.ltrb)).collect();
        let all: Vec<usize> = (0..cards.len()).collect();
        let (matched, extra) = matches(&boxes, cards, &all);
        let unknown: Vec<_> = screen.unknown.iter().map(|region| rect(region.ltrb)).collect();
        let (strangers, extra) = matches(&unknown, cards, &extra);
        for (_, card) in &strangers {
            self.report.unknown_flagged.count(cards[*card].1.id().is_none());
            self.name(name, UNKNOWN, &cards[*card]);
        }
        let ignored = |card: &usize| screen.ignore.iter().any(|it| is_inside(cards[*card].0, rect(it.ltrb)));
        let extra: Vec<_> = extra.into_iter().filter(|card| !ignored(card)).collect();
        let mut wrong = Vec::new();
        for (index, card) in wanted.iter().enumerate() {
            let partner = matched.iter().find(|(it, _)| *it == index);
            self.report.recall.count(partner.is_some());
            match partner {
                Some((_, found)) => {
                    self.report.precision.count(true);
                    if card.is_named() {
                        self.name(name, &card.label, &cards[*found]);
                    }
                    self.report.compare(card, &cards[*found].1, self.catalogue, &mut wrong);
                }
                None => wrong.push(format!("{} missed", card.label)),
            }
        }
        extra.iter().for_each(|_| self.report.precision.count(false));
        if !extra.is_empty() {
            wrong.push(format!("{} that are none", extra.len()));
        }
        if !wrong.is_empty() {
            self.report.mistakes.push(format!("{name}: {}", wrong.join(", ")));
        }
    }
}

impl Wanted {
    /// Whether the name counts: it is certain, and the card shows it.
    fn is_named(&self) -> bool {
        let stone = self.enhancement.as_deref() == Some("m_stone");
        !self.facedown && !self.label.contains('?') && !stone
    }
}

impl ScreensReport {
    fn compare(&mut self, card: &Wanted, reading: &Reading, catalogue: &Catalogue, wrong: &mut Vec<String>) {
        if card.facedown {
            return;
        }
        if card.is_named() {
            let right = reading.id().is_some_and(|id| is_same(catalogue, id, &card.label));
            self.top1.count(right);
            self.silent.count(reading.id().is_none());
            if !right {
                let top: Vec<&str> = reading.guesses.iter().take(3).map(|it| it.id.as_str()).collect();
                wrong.push(format!("{} as {:?} of {top:?}", card.label, reading.id()));
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

#[cfg(test)]
mod tests;
