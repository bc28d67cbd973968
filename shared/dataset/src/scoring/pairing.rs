//! Pairs boxes one to one, best overlap first.

use lens_core::geometry::{InFrame, Rect};

/// Intersection over union from which two boxes are the same card.
pub const MIN_OVERLAP: f32 = 0.5;

/// Positions of boxes that belong together, and of those that are left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// A wanted box and the candidate that was found there, in the order of the wanted ones.
    pub pairs: Vec<(usize, usize)>,
    /// Wanted boxes without a partner.
    pub missed: Vec<usize>,
    /// Candidates without a partner.
    pub rest: Vec<usize>,
}

/// Pairs the wanted boxes with those `candidates` among `boxes` that overlap them most.
pub fn pair(wanted: &[Rect<InFrame>], boxes: &[Rect<InFrame>], candidates: &[usize]) -> Pairs {
    let mut overlaps: Vec<(f32, usize, usize)> = wanted
        .iter()
        .enumerate()
        .flat_map(|(at, want)| candidates.iter().map(move |&other| (want.iou(boxes[other]), at, other)))
        .filter(|&(overlap, ..)| overlap >= MIN_OVERLAP)
        .collect();
    overlaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut partner: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut is_taken = vec![false; boxes.len()];
    for (_, at, other) in overlaps {
        if partner[at].is_none() && !is_taken[other] {
            partner[at] = Some(other);
            is_taken[other] = true;
        }
    }
    let pairs = partner.iter().enumerate().filter_map(|(at, other)| Some((at, (*other)?))).collect();
    let missed = (0..wanted.len()).filter(|&at| partner[at].is_none()).collect();
    let rest = candidates.iter().copied().filter(|&other| !is_taken[other]).collect();
    Pairs { pairs, missed, rest }
}

/// Whether more than half of a box lies in a region.
pub fn lies_in(bounds: Rect<InFrame>, region: Rect<InFrame>) -> bool {
    bounds.intersection(region).area() > 0.5 * bounds.area()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_overlap_wins_and_nothing_is_paired_twice() {
        let at = |left: f32| Rect::ltwh(left, 0.0, 20.0, 30.0);
        let wanted = [at(0.0), at(100.0)];
        let boxes = [at(4.0), at(1.0), at(300.0)];
        let pairs = pair(&wanted, &boxes, &[0, 1, 2]);
        assert_eq!(pairs, Pairs { pairs: vec![(0, 1)], missed: vec![1], rest: vec![0, 2] });
        assert_eq!(pair(&wanted, &boxes, &[0, 2]).pairs, [(0, 0)], "only candidates are paired");
        assert_eq!(
            pair(&[at(0.0)], &[at(7.0)], &[0]).rest,
            [0],
            "less than half of the union is another card"
        );
    }
}
