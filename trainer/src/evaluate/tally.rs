//! What the identification head said of many cards, beside what they are: the same counting for
//! captures, composed crops and screenshots. Pure.

use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::manifest::{NOT_A_CARD, UNKNOWN};
use serde::Serialize;
use vision::reading::Reading;

use super::metrics::Share;
use super::ranking::auroc;
use crate::evaluate::metrics::{Confusion, Pair, Reliability, interval, reliability};

/// How good the names are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NamesReport {
    /// Cards that it has a class for.
    pub known: usize,
    /// Other cards, and those labelled as unknown.
    pub unknown: usize,
    /// Known cards whose right name comes first, said to be known or not.
    pub top1: Share,
    /// What holds it with 95 % confidence.
    pub top1_interval: Option<[f64; 2]>,
    /// Known cards whose right name is among the first three.
    pub top3: Share,
    /// Known cards whose right name is among the first five.
    pub top5: Share,
    /// Mean over the cards.
    pub balanced: Option<f64>,
    /// Known cards that are said to be unknown, or no card.
    pub rejected: Share,
    /// Unknown cards that are said to be unknown, or no card.
    pub unknown_flagged: Share,
    /// Images of no card that are said to be none.
    pub nothing_dropped: Share,
    /// Images of no card that are said to be a known card.
    pub nothing_named: Share,
    /// Area under the curve of known against unknown cards, by the best name's probability.
    pub unknown_auroc: Option<f64>,
    /// The same by similarity to the class's centroid; none where there are no centroids.
    pub unknown_auroc_similarity: Option<f64>,
    /// How well confidence says how often a name is right.
    pub calibration: Reliability,
    /// What is confused most.
    pub worst_pairs: Vec<Pair>,
    /// What was taken for what.
    #[serde(skip)]
    pub confusion: Confusion,
    /// Numbers of the images that were misread, and what they were taken for.
    #[serde(skip)]
    pub failures: Vec<(usize, String)>,
}

/// What is said of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction<'a> {
    /// What comes of it.
    pub verdict: Verdict<'a>,
    /// The likeliest cards and their probabilities, best first.
    pub guesses: Vec<(&'a str, f32)>,
    /// Cosine to the best card's centroid.
    pub similarity: f32,
}

/// What comes of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It shows no card.
    Dropped,
    /// It shows a card that nobody knows.
    Unknown,
    /// It shows this card.
    Named(&'a str),
}

impl<'a> Prediction<'a> {
    /// What a reading says; cards that count as the same as `truth` are called so.
    pub fn from_reading(reading: Option<&'a Reading>, truth: &'a str, catalogue: &Catalogue) -> Self {
        let Some(reading) = reading else {
            return Self { verdict: Verdict::Dropped, guesses: Vec::new(), similarity: -1.0 };
        };
        let called = |id: &'a str| if catalogue.is_same_card(id, truth) { truth } else { id };
        Self {
            verdict: reading.id().map_or(Verdict::Unknown, |id| Verdict::Named(called(id))),
            guesses: reading.guesses.iter().map(|it| (called(&it.id), it.probability)).collect(),
            similarity: reading.similarity,
        }
    }
}

/// Bars of the reliability diagram.
const BARS: usize = 10;
/// Confused pairs that are listed.
const PAIRS: usize = 12;

/// Counts what is said.
#[derive(Clone, Debug)]
pub struct Tally {
    report: NamesReport,
    /// Confidence in the first guess of known cards, and whether it is right.
    predictions: Vec<(f32, bool)>,
    /// Probabilities, then similarities: of known cards, and of unknown ones.
    scores: [[Vec<f32>; 2]; 2],
}

impl Tally {
    /// Of an identifier that tells these cards apart; see [`ids`].
    pub fn new(ids: &[String]) -> Self {
        let report = NamesReport { confusion: Confusion::new(ids), ..NamesReport::default() };
        Self { report, predictions: Vec::new(), scores: Default::default() }
    }

    /// Counts an image: its number, which card it shows ([`NOT_A_CARD`] and [`UNKNOWN`] are such
    /// too), and what is said.
    pub fn add(&mut self, number: usize, truth: &str, said: &Prediction<'_>) {
        let dropped = said.verdict == Verdict::Dropped;
        let named = match said.verdict {
            Verdict::Named(id) => Some(id),
            Verdict::Dropped | Verdict::Unknown => None,
        };
        let report = &mut self.report;
        if truth == NOT_A_CARD {
            report.nothing_dropped.count(dropped);
            report.nothing_named.count(named.is_some());
            if !dropped {
                report.failures.push((number, named.unwrap_or(UNKNOWN).to_owned()));
            }
            return;
        }
        let (best, probability) = said.guesses.first().copied().unwrap_or((NOT_A_CARD, 0.0));
        let class = report.confusion.place(truth).filter(|_| truth != UNKNOWN);
        let group = usize::from(class.is_none());
        self.scores[0][group].push(probability);
        self.scores[1][group].push(said.similarity);
        let Some(class) = class else {
            report.unknown_flagged.count(named.is_none());
            report.failures.extend(named.map(|id| (number, id.to_owned())));
            return;
        };
        report.rejected.count(named.is_none());
        let among = |most: usize| said.guesses.iter().take(most).any(|(id, _)| *id == truth);
        let right = among(1);
        report.top1.count(right);
        report.top3.count(among(3));
        report.top5.count(among(5));
        self.predictions.push((probability, right));
        if let Some(taken) = report.confusion.place(best) {
            report.confusion.add(class, taken);
        }
        if !right {
            report.failures.push((number, best.to_owned()));
        }
    }

    /// The figures.
    pub fn finish(self) -> NamesReport {
        let [[known, unknown], [known_similarity, unknown_similarity]] = &self.scores;
        // Without centroids every similarity is zero, or that of nothing.
        let has_centroids = known_similarity.iter().any(|it| ![0.0, -1.0].contains(it));
        NamesReport {
            known: known.len(),
            unknown: unknown.len(),
            top1_interval: interval(self.report.top1),
            balanced: self.report.confusion.balanced(),
            unknown_auroc: auroc(known, unknown),
            unknown_auroc_similarity: auroc(known_similarity, unknown_similarity).filter(|_| has_centroids),
            calibration: reliability(&self.predictions, BARS),
            worst_pairs: self.report.confusion.worst_pairs(PAIRS),
            ..self.report
        }
    }
}

/// The cards of an identification head's classes: looks of one card are one.
pub fn ids(classes: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = classes.iter().map(|class| id_of_class(class).to_owned()).collect();
    ids.dedup();
    ids
}

/// The card of `ids` that counts as the same as `wanted`; `wanted` itself where there is none.
pub fn listed<'a>(ids: &'a [String], catalogue: &Catalogue, wanted: &'a str) -> &'a str {
    let same = || ids.iter().find(|id| catalogue.is_same_card(id, wanted));
    ids.iter().find(|id| *id == wanted).or_else(same).map_or(wanted, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use vision::reading::{Guess, GuessSource, Identity};

    fn said<'a>(verdict: Verdict<'a>, guesses: &[(&'a str, f32)], similarity: f32) -> Prediction<'a> {
        Prediction { verdict, guesses: guesses.to_vec(), similarity }
    }

    /// Two cards `a` and `b` and both reserved classes. Four known cards of which two are right,
    /// two unknown ones of which one is named, three images of nothing of which one is dropped.
    #[test]
    fn a_few_pictures_by_hand() {
        let mut tally = Tally::new(&["a", "b", "c", NOT_A_CARD, UNKNOWN].map(str::to_owned));
        let mut number = 0;
        let mut add = |truth: &str, said: &Prediction<'_>| {
            tally.add(number, truth, said);
            number += 1;
        };
        add("a", &said(Verdict::Named("a"), &[("a", 0.95), ("b", 0.03)], 0.9));
        add("a", &said(Verdict::Unknown, &[("a", 0.55), ("b", 0.2)], 0.6));
        add("b", &said(Verdict::Named("c"), &[("c", 0.75), ("a", 0.15), ("b", 0.05)], 0.5));
        add("b", &said(Verdict::Dropped, &[], -1.0));
        add("mod_card", &said(Verdict::Unknown, &[("a", 0.35)], 0.1));
        add(UNKNOWN, &said(Verdict::Named("a"), &[("a", 0.65)], 0.2));
        add(NOT_A_CARD, &said(Verdict::Dropped, &[("a", 0.3)], 0.0));
        add(NOT_A_CARD, &said(Verdict::Named("b"), &[("b", 0.9)], 0.0));
        add(NOT_A_CARD, &said(Verdict::Unknown, &[("b", 0.4)], 0.0));
        let report = tally.finish();
        let share = |part, whole| Share { part, whole };
        assert_eq!((report.known, report.unknown), (4, 2));
        assert_eq!([report.top1, report.top3, report.top5], [share(2, 4), share(3, 4), share(3, 4)]);
        assert_eq!(report.top1_interval, interval(share(2, 4)));
        // Both of `a`, none of `b`: a dropped card counts, too.
        assert_eq!(report.balanced, Some(0.5));
        assert_eq!([report.rejected, report.unknown_flagged], [share(2, 4), share(1, 2)]);
        assert_eq!([report.nothing_dropped, report.nothing_named], [share(1, 3), share(1, 3)]);
        // Known 0.95, 0.55, 0.75, 0 against 0.35, 0.65: five of eight pairs. By similarity 0.9,
        // 0.6, 0.5, -1: six.
        assert_eq!(report.unknown_auroc, Some(5.0 / 8.0));
        assert_eq!(report.unknown_auroc_similarity, Some(6.0 / 8.0));
        // Right at 0.95 and 0.55, wrong at 0.75 and at 0.
        let ece = (0.05 + 0.45 + 0.75 + 0.0) / 4.0;
        assert!((report.calibration.ece.unwrap() - ece).abs() < 1e-6, "{:?}", report.calibration.ece);
        let pairs: Vec<_> =
            report.worst_pairs.iter().map(|it| (&*it.truth, &*it.taken_for, it.count)).collect();
        assert_eq!(pairs, [("b", "c", 1), ("b", NOT_A_CARD, 1)]);
        let failures: Vec<_> = report.failures.iter().map(|(number, id)| (*number, id.as_str())).collect();
        assert_eq!(failures, [(2, "c"), (3, NOT_A_CARD), (5, "a"), (7, "b"), (8, UNKNOWN)]);
    }

    #[test]
    fn without_centroids_nothing_is_said_of_similarity() {
        let mut tally = Tally::new(&["a".to_owned()]);
        tally.add(0, "a", &said(Verdict::Named("a"), &[("a", 0.9)], 0.0));
        tally.add(1, "a", &said(Verdict::Dropped, &[], -1.0));
        tally.add(2, "b", &said(Verdict::Named("a"), &[("a", 0.4)], 0.0));
        let report = tally.finish();
        assert_eq!((report.unknown_auroc, report.unknown_auroc_similarity), (Some(0.5), None));
    }

    #[test]
    fn a_card_that_looks_like_a_known_one_is_that_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
        let catalogue = Catalogue::read(&path).unwrap();
        let ids = ids(&["j_joker", "S_K", "S_K@TW", "p_arcana_normal_1"].map(str::to_owned));
        assert_eq!(ids, ["j_joker", "S_K", "p_arcana_normal_1"]);
        let check = |wanted, is| assert_eq!(listed(&ids, &catalogue, wanted), is, "{wanted}");
        check("S_K", "S_K");
        check("j_wee", "j_joker");
        check("p_arcana_normal", "p_arcana_normal_1");
        check("j_egg", "j_egg");
        let guess = |id: &str, probability| Guess { id: id.into(), probability, source: GuessSource::Model };
        let guesses = vec![guess("j_wee", 0.8), guess("S_K", 0.1)];
        let identity = Identity::Known { id: "j_wee".into(), confidence: 0.8 };
        let reading = Reading { identity, guesses, ..Reading::default() };
        let said = Prediction::from_reading(Some(&reading), "j_joker", &catalogue);
        assert_eq!((said.verdict, said.guesses[0]), (Verdict::Named("j_joker"), ("j_joker", 0.8)));
        assert_eq!(Prediction::from_reading(None, "j_joker", &catalogue).verdict, Verdict::Dropped);
    }
}
