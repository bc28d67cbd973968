//! Screenshots with hand-made truth: [`dataset::scoring`] counts, here networks run and names are
//! looked at closer.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use dataset::scoring::{self, Comparison, Figures, Ratio, Recognised, Screen, Truth};
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad};
use lens_core::image_file;
use lens_core::manifest::{Identifier, UNKNOWN};
use lens_core::preprocess::Rectifier;
use serde::Serialize;
use vision::reading::Reading;

use super::failures::Misread;
use super::metrics::Share;
use super::model_under_test::ModelUnderTest;
use super::tally::{NamesReport, Prediction, Tally, ids, listed};
use crate::console::progress;

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
    pub names: NamesReport,
    /// Milliseconds for a screenshot, to find its cards.
    pub detection_millis: f64,
    /// Milliseconds for what was found, to cut it out and name it.
    pub identification_millis: f64,
    /// The found cards with a known truth, by the numbers of `names`.
    #[serde(skip)]
    cards: Vec<Named>,
    /// What went wrong.
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
    figures: Figures,
    cards: Vec<Named>,
    tally: Tally,
    catalogue: &'a Catalogue,
    ids: &'a [String],
    /// Screenshots and what was found on them, with the seconds that both took.
    detection: (usize, f64),
    identification: (usize, f64),
}

/// Scores the screenshots of a truth file, with crops of `width` and `height`; those marked as
/// stress come second.
///
/// # Errors
/// When a file cannot be read or the network cannot run.
pub fn measure(
    subject: &mut dyn ModelUnderTest,
    catalogue: &Catalogue,
    identifier: &Identifier,
    [width, height]: [u32; 2],
    threshold: f32,
    truth: &Path,
) -> Result<[ScreensReport; 2]> {
    let truth = Truth::read(truth, catalogue)?;
    let mut rectifier = Rectifier::new(width, height, identifier.widen);
    let ids = ids(&identifier.heads[0].classes);
    let mut counts = [Count::new(catalogue, &ids), Count::new(catalogue, &ids)];
    progress::expect(truth.screens.len());
    for screen in &truth.screens {
        let count = &mut counts[usize::from(screen.is_strewn)];
        let path = truth.picture(screen, None)?;
        let picture = image_file::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let begin = Instant::now();
        let quads: Vec<Quad<InFrame>> =
            subject.detect(&picture, threshold)?.into_iter().map(|(quad, _)| quad).collect();
        let found = Instant::now();
        let crops: Vec<Vec<u8>> =
            quads.iter().map(|quad| rectifier.run(&(&picture).into(), *quad).to_vec()).collect();
        let readings = subject.read(&crops.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        progress::advance(1);
        count.took(quads.len(), (found - begin).as_secs_f64(), found.elapsed().as_secs_f64());
        let shown = crops.into_iter().map(|crop| RgbaImage::from_raw(width, height, crop));
        let cards: Vec<Card> = quads
            .into_iter()
            .zip(readings)
            .zip(shown)
            .filter_map(|((quad, reading), crop)| Some((quad, reading?, crop?)))
            .collect();
        count.add(screen, picture.dimensions().into(), &cards);
    }
    Ok(counts.map(Count::finish))
}

/// Where it is, what is said of it, and how the network saw it.
type Card = (Quad<InFrame>, Reading, RgbaImage);

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
            figures: Figures::default(),
            cards: Vec::new(),
            tally: Tally::new(ids),
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

    fn add(&mut self, screen: &Screen, size: [u32; 2], cards: &[Card]) {
        let recognised: Vec<Recognised<'_>> =
            cards.iter().map(|(quad, reading, _)| recognised(*quad, reading)).collect();
        let comparison = scoring::score(&mut self.figures, screen, size, &recognised, self.catalogue);
        let Comparison { found, unlisted, .. } = comparison;
        unlisted.iter().for_each(|(_, at)| self.name(&screen.name, UNKNOWN, &cards[*at]));
        for (card, at) in found.iter().filter(|(card, _)| card.is_name_sure()) {
            self.name(&screen.name, &card.label, &cards[*at]);
        }
    }

    /// Counts the name of a found card.
    fn name(&mut self, screen: &str, is: &str, (_, reading, picture): &Card) {
        let truth = listed(self.ids, self.catalogue, is);
        let said = Prediction::from_reading(Some(reading), truth, self.catalogue);
        self.tally.add(self.cards.len(), truth, &said);
        self.cards.push(Named { screen: screen.to_owned(), is: is.to_owned(), picture: picture.clone() });
    }

    fn finish(self) -> ScreensReport {
        let millis = |(count, seconds): (usize, f64)| 1e3 * seconds / count.max(1) as f64;
        let figures = self.figures;
        let kinds =
            [("edition", figures.edition), ("enhancement", figures.enhancement), ("seal", figures.seal)];
        let counted = kinds.into_iter().filter(|(_, it)| it.all.of > 0);
        let not_plain = kinds.into_iter().filter(|(_, it)| it.not_plain.of > 0);
        ScreensReport {
            screens: figures.pictures,
            recall: share(figures.recall),
            precision: share(figures.precision),
            top1: share(figures.names),
            silent: share(figures.withheld),
            modifiers: counted.map(|(kind, it)| (kind, share(it.all))).collect(),
            modifiers_not_plain: not_plain.map(|(kind, it)| (kind, share(it.not_plain))).collect(),
            unknown_flagged: share(figures.unlisted_unknown),
            names: self.tally.finish(),
            detection_millis: millis(self.detection),
            identification_millis: millis(self.identification),
            cards: self.cards,
            mistakes: figures.mistakes.iter().map(ToString::to_string).collect(),
        }
    }
}

fn recognised(quad: Quad<InFrame>, reading: &Reading) -> Recognised<'_> {
    Recognised {
        bounds: quad.bounds(),
        id: reading.id().map(lens_core::card_id::CardId::as_str),
        guesses: reading.guesses.iter().map(|guess| guess.id.as_str()).collect(),
        modifiers: &reading.modifiers,
    }
}

fn share(ratio: Ratio) -> Share {
    Share { part: ratio.right, whole: ratio.of }
}

#[cfg(test)]
mod tests;
