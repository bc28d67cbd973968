//! When a card is said to be unknown: as often as possible for cards that would be given a wrong
//! name, while at most a given share of rightly named ones is.
//!
//! Pure. Which of the signals separates best depends on the network, so their limits are searched
//! together.

use lens_core::manifest::Thresholds;
use serde::Serialize;

use crate::evaluate::metrics::Share;
use crate::evaluate::ranking::{auroc, quantile};

/// What the identifier says of a crop, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signals {
    /// A class of the best card.
    pub best: usize,
    /// Probability that it is no card.
    pub not_a_card: f32,
    /// Probability that it is an unknown card.
    pub unknown: f32,
    /// Probability of the best card.
    pub probability: f32,
    /// Cosine to the best card's centroid.
    pub similarity: f32,
    /// Logarithm of the sum of the cards' exponentiated logits: the negative free energy of Liu et
    /// al., *Energy-based Out-of-distribution Detection* (2020). Only measured beside the others.
    pub energy: f32,
}

/// How well known and unknown cards are told apart.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownReport {
    /// Known cards measured.
    pub known: usize,
    /// Unknown cards measured.
    pub unknown: usize,
    /// Known cards that are said to be unknown or no card.
    pub rejected: Share,
    /// Unknown cards that are.
    pub detected: Share,
    /// Crops of no card that are dropped.
    pub dropped: Share,
    /// Area under the curve, by the similarity alone.
    pub auroc_similarity: Option<f64>,
    /// By the best card's probability alone.
    pub auroc_probability: Option<f64>,
    /// By the probability of the unknown class alone.
    pub auroc_unknown_class: Option<f64>,
    /// By the ratio of the best card's probability to that of the unknown class alone.
    pub auroc_ratio: Option<f64>,
    /// By the energy alone.
    pub auroc_energy: Option<f64>,
}

/// Part of the allowed share that goes to [`Thresholds::not_a_card`].
const SHARE_OF_NOT_A_CARD: f64 = 0.2;
/// Parts of the allowed share that are tried for each of the other signals.
const PARTS: [f64; 7] = [0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0];

impl Signals {
    fn is_dropped(&self, thresholds: &Thresholds) -> bool {
        self.not_a_card >= thresholds.not_a_card
    }

    /// Whether the crop gets no card's name.
    pub fn is_rejected(&self, thresholds: &Thresholds) -> bool {
        self.is_dropped(thresholds)
            || self.unknown >= thresholds.unknown
            || self.probability < thresholds.probability
            || self.similarity < thresholds.similarity
    }
}

/// Known cards with what they show, apart: those whose best card is right, and those that would be
/// given another card's name. `is_right` says whether a class is of what is shown.
pub fn split_by_name<T>(
    known: &[(T, Signals)],
    is_right: impl Fn(&T, usize) -> bool,
) -> (Vec<Signals>, Vec<Signals>) {
    let signals = |group: Vec<&(T, Signals)>| group.into_iter().map(|it| it.1).collect();
    let (right, wrong) = known.iter().partition(|(shown, it)| is_right(shown, it.best));
    (signals(right), signals(wrong))
}

/// The thresholds that reject at most the share `allowed` of `known`, and as many of `unknown` as
/// possible. A known card that would be given a wrong name belongs to `unknown`.
///
/// `gallery` is passed through: it is measured on pairs, not here.
pub fn choose(known: &[Signals], unknown: &[Signals], allowed: f64, gallery: f32) -> Thresholds {
    let values = |of: fn(&Signals) -> f32| known.iter().map(of).collect::<Vec<f32>>();
    // Just above the quantile: what equals it is not rejected, also when many crops do.
    let above =
        |values: &[f32], share: f64| quantile(values, 1.0 - share).map_or(1.0, |it| it.next_up().max(0.5));
    let below =
        |values: &[f32], share: f64| if share > 0.0 { quantile(values, share).unwrap_or(0.0) } else { -1.0 };
    let (nothing, strange) = (values(|it| it.not_a_card), values(|it| it.unknown));
    let (probability, similarity) = (values(|it| it.probability), values(|it| it.similarity));
    let not_a_card = above(&nothing, allowed * SHARE_OF_NOT_A_CARD);
    let rejected = |group: &[Signals], thresholds: &Thresholds| {
        group.iter().filter(|it| it.is_rejected(thresholds)).count()
    };
    let plain = Thresholds { not_a_card, unknown: 0.5, probability: 0.0, similarity: -1.0, gallery };
    let limit = (allowed * known.len() as f64) as usize;
    let mut best: Option<(usize, Thresholds)> = None;
    for a in PARTS {
        for b in PARTS {
            for c in PARTS {
                let candidate = Thresholds {
                    unknown: above(&strange, allowed * a),
                    probability: below(&probability, allowed * b).max(0.0),
                    similarity: below(&similarity, allowed * c),
                    ..plain
                };
                let found = rejected(unknown, &candidate);
                if rejected(known, &candidate) <= limit && best.is_none_or(|(most, _)| found > most) {
                    best = Some((found, candidate));
                }
            }
        }
    }
    best.map_or(plain, |(_, thresholds)| thresholds)
}

/// How well these thresholds do, on crops that they were not chosen on.
pub fn report(known: &[Signals], unknown: &[Signals], nothing: &[Signals], at: &Thresholds) -> UnknownReport {
    let share = |group: &[Signals], is: &dyn Fn(&Signals) -> bool| Share {
        part: group.iter().filter(|it| is(it)).count(),
        whole: group.len(),
    };
    let values = |group: &[Signals], of: fn(&Signals) -> f32| group.iter().map(of).collect::<Vec<f32>>();
    let area = |of: fn(&Signals) -> f32| auroc(&values(known, of), &values(unknown, of));
    UnknownReport {
        known: known.len(),
        unknown: unknown.len(),
        rejected: share(known, &|it| it.is_rejected(at)),
        detected: share(unknown, &|it| it.is_rejected(at)),
        dropped: share(nothing, &|it| it.is_dropped(at)),
        auroc_similarity: area(|it| it.similarity),
        auroc_probability: area(|it| it.probability),
        auroc_unknown_class: area(|it| -it.unknown),
        auroc_ratio: area(|it| it.probability / it.unknown.max(f32::MIN_POSITIVE)),
        auroc_energy: area(|it| it.energy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(probability: f32, similarity: f32, unknown: f32) -> Signals {
        Signals { best: 0, not_a_card: 0.0, unknown, probability, similarity, energy: probability.ln() }
    }

    /// Similarity separates, probability does not: the thresholds must rely on similarity and keep
    /// to the limit.
    #[test]
    fn relies_on_the_signal_that_separates() {
        let known: Vec<_> =
            (0..1000).map(|i| signals((i % 97) as f32 / 97.0, 0.7 + i as f32 / 5000.0, 0.0)).collect();
        let unknown: Vec<_> = (0..200).map(|i| signals(0.9, 0.3 + i as f32 / 1000.0, 0.0)).collect();
        let thresholds = choose(&known, &unknown, 0.01, 0.8);
        let report = report(&known, &unknown, &[], &thresholds);
        assert_eq!(report.detected, Share { part: 200, whole: 200 });
        assert!(report.rejected.part <= 10, "{:?}", report.rejected);
        assert_eq!(report.auroc_similarity, Some(1.0));
        assert!(report.auroc_probability.unwrap() < 0.5);
    }

    /// No stranger is there, but names with a probability below 0.2 are wrong.
    #[test]
    fn wrong_names_are_withheld_as_those_of_strangers() {
        let right = (0..500).map(|i| (0, signals(0.3 + i as f32 / 1000.0, 0.9, 0.0)));
        let wrong = (0..50).map(|i| (0, Signals { best: 1, ..signals(0.1 + i as f32 / 1000.0, 0.9, 0.0) }));
        let known: Vec<_> = right.chain(wrong).collect();
        let (right, wrong) = split_by_name(&known, |shown, best| *shown == best);
        assert_eq!((right.len(), wrong.len()), (500, 50));
        let thresholds = choose(&right, &wrong, 0.01, 0.8);
        assert!(wrong.iter().all(|it| it.is_rejected(&thresholds)), "{thresholds:?}");
        assert!(right.iter().filter(|it| it.is_rejected(&thresholds)).count() <= 5, "{thresholds:?}");
    }

    #[test]
    fn without_unknown_cards_known_ones_stay_within_the_limit() {
        let known: Vec<_> = (0..500).map(|i| signals(0.9, i as f32 / 500.0, (i % 7) as f32 / 7.0)).collect();
        let thresholds = choose(&known, &[], 0.01, 0.8);
        assert!(known.iter().filter(|it| it.is_rejected(&thresholds)).count() <= 5, "{thresholds:?}");
    }
}
