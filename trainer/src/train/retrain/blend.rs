//! How much of a training is taken over: weights between the installed ones and the trained ones.
//!
//! The mean of the weights before and after a training keeps most of what was learned and of what
//! was known (WiSE-FT, Wortsman and others, 2022, arXiv:2109.01903). Which mean is measured, by the
//! names on composed crops and changed captures that no step has seen. Pure, but for tensors.

use crate::evaluate::ranking::quantile;
use crate::model::network::torch::Weights;

/// Parts of the way from the installed weights to the trained ones that are tried.
pub(super) const SHARES: [f64; 8] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65, 1.0];

/// Of the right names of composed crops, and of their right editions, this share may be lost: half
/// of what the comparison allows afterwards, and a little.
const SLACK: f64 = 0.003;

/// Right names of captures that differ by less are as good: what a training gains beyond that, it
/// knows by heart.
const ENOUGH: f64 = 0.02;

/// Shares of invented cards said to be unknown that differ by less are as good.
const ENOUGH_UNKNOWN: f64 = 0.015;

/// Of known cards, a new one may claim this share.
pub(super) const CLAIMED: f64 = 0.001;
/// Of invented cards, all new ones together may claim this share.
pub(super) const CLAIMED_UNKNOWN: f64 = 0.01;
/// Of its own captures, a new card may lose this share for it.
const LOST: f64 = 0.05;

/// What weights between both are worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Part of the way to the trained weights; 0 for the installed ones.
    pub(super) share: f64,
    /// Share of captures with the right name.
    pub(super) captures: f64,
    /// Share of composed crops with the right name.
    pub(super) composed: f64,
    /// Share of composed crops with the right edition, where they have one.
    pub(super) edition: f64,
    /// Share of invented cards that would be said to be unknown.
    pub(super) unknown: f64,
}

/// Of all ways on which no composed card has lost its name or edition so far, and that know the
/// captures as well as any, those that leave as many invented cards unknown as any; of these the
/// shortest. Where each loses names, it is the one that loses fewest. `candidates` are in the order
/// of their shares: one that keeps the names beyond another that does not was lucky.
pub(super) fn choose(installed: Candidate, candidates: &[Candidate]) -> f64 {
    let keeps = |it: &&Candidate| {
        it.composed >= installed.composed - SLACK && it.edition >= installed.edition - SLACK
    };
    let mut kept: Vec<Candidate> = candidates.iter().take_while(keeps).copied().collect();
    let among_best = |kept: &mut Vec<Candidate>, of: fn(&Candidate) -> f64, enough: f64| {
        let best = kept.iter().map(of).fold(0.0, f64::max);
        kept.retain(|it| of(it) >= best - enough);
    };
    among_best(&mut kept, |it| it.captures, ENOUGH);
    among_best(&mut kept, |it| it.unknown, ENOUGH_UNKNOWN);
    let shortest = kept.iter().min_by(|a, b| a.share.total_cmp(&b.share));
    let fewest = || candidates.iter().max_by(|a, b| a.composed.total_cmp(&b.composed));
    shortest.or_else(fewest).map_or(1.0, |it| it.share)
}

/// By how much the logit of a new card has to be less, so that it claims no more than the share
/// `claimed` of other images and keeps its captures. `others` and `own` say by how much it exceeds
/// the logits that it competes with, on these images and on its captures.
pub(super) fn restraint(others: &[f32], own: &[f32], claimed: f64) -> f32 {
    let wanted = quantile(others, 1.0 - claimed).unwrap_or(0.0);
    let allowed = quantile(own, LOST).unwrap_or(0.0);
    wanted.min(allowed).max(0.0)
}

/// The weights at a part of the way from `before` to `after`, which have the same names and sizes.
pub(super) fn blend(before: &Weights, after: &Weights, share: f64) -> Weights {
    let between = |(name, after): (&String, &tch::Tensor)| {
        let blended = match before.get(name).filter(|before| before.size() == after.size()) {
            Some(before) if after.is_floating_point() => before.lerp(after, share),
            _ => after.copy(),
        };
        (name.clone(), blended)
    };
    after.iter().map(between).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_over_than_the_captures_need() {
        let of = |share, captures, composed, edition, unknown| Candidate {
            share,
            captures,
            composed,
            edition,
            unknown,
        };
        let at = |share, captures, composed| of(share, captures, composed, 0.9, 0.96);
        let installed = at(0.0, 0.9, 0.97);
        let check = |candidates: &[Candidate], wanted: f64| {
            assert!((choose(installed, candidates) - wanted).abs() < 1e-9, "{candidates:?}");
        };
        check(&[at(0.2, 0.95, 0.98), at(0.5, 0.998, 0.97), at(1.0, 1.0, 0.969)], 0.5);
        // A longer way knows more captures, but has lost names, or editions.
        check(&[at(0.2, 0.95, 0.97), at(0.5, 1.0, 0.96), at(1.0, 1.0, 0.95)], 0.2);
        check(&[at(0.2, 0.95, 0.96), at(0.5, 1.0, 0.965), at(1.0, 1.0, 0.95)], 0.5);
        check(&[at(0.2, 0.95, 0.97), at(0.5, 0.98, 0.96), at(1.0, 1.0, 0.97)], 0.2);
        check(&[at(0.2, 0.95, 0.97), of(0.5, 1.0, 0.97, 0.89, 0.96)], 0.2);
        // It leaves more invented cards unknown, and knows the captures as well.
        check(&[of(0.2, 0.99, 0.97, 0.9, 0.86), of(0.5, 1.0, 0.97, 0.9, 0.93), at(1.0, 1.0, 0.96)], 0.5);
        check(&[of(0.2, 0.99, 0.97, 0.9, 0.92), of(0.5, 1.0, 0.97, 0.9, 0.93)], 0.2);
        check(&[of(0.2, 0.9, 0.97, 0.9, 0.96), of(0.5, 1.0, 0.97, 0.9, 0.9)], 0.5);
    }

    #[test]
    fn a_new_card_is_held_back_but_not_from_its_captures() {
        let others: Vec<f32> = (0..1000).map(|i| i as f32 / 100.0 - 7.0).collect();
        let check = |own: &[f32], wanted: f32| {
            assert!((restraint(&others, own, 0.001) - wanted).abs() < 1e-6, "{own:?}");
        };
        check(&[9.0, 8.0, 7.0], 2.99);
        check(&[9.0, 8.0, 1.0], 1.0);
        check(&[9.0, -1.0], 0.0);
        assert_eq!(restraint(&[-3.0, -2.0], &[9.0], 0.001), 0.0);
        assert_eq!(restraint(&[5.0], &[], 0.001), 0.0);
        assert!((restraint(&others, &[9.0], 0.1) - 2.0).abs() < 0.02, "a tenth may be claimed");
    }

    #[test]
    fn a_blend_lies_between_both() {
        let of = |values: [f32; 2]| Weights::from([("a".to_owned(), tch::Tensor::from_slice(&values))]);
        let half = blend(&of([0.0, 2.0]), &of([1.0, 4.0]), 0.25);
        assert_eq!(Vec::<f32>::try_from(&half["a"]).unwrap(), [0.25, 2.5]);
    }
}
