//! Turns the output of an Ultralytics YOLO detector (v8, v11) into quads.
//!
//! Boxes are upright, so a tilted card gets the upright quad around it, and what is covered belongs
//! to it only if the network was trained so. The letterbox is undone elsewhere.

use lens_core::geometry::{InModel, Quad, Rect};

use super::{Found, MAX_CARDS};

/// How the output is laid out: `[4 + classes, count]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boxes {
    /// Boxes.
    pub count: usize,
    /// For each class whether it is a card.
    pub is_card: Vec<bool>,
}

impl Boxes {
    /// Numbers of each box: centre, width and height, then a probability for each class.
    pub fn rows(&self) -> usize {
        4 + self.is_card.len()
    }
}

/// Two boxes that overlap more than this (intersection over union) are one card, whatever their
/// classes.
///
/// Fans decide it: neighbours at 0.22 of a card's width overlap by 0.64, at 0.15 by 0.74, and
/// Ultralytics' own 0.7 would take every second one of a full hand away. Boxes of the same card
/// overlap by more than 0.8 where the network is sure.
pub const MAX_IOU: f32 = 0.75;
/// The most boxes that are compared with each other, the surest ones.
const MAX_CANDIDATES: usize = 4096;

/// Finds the cards in the output, best first: boxes whose likeliest class is a card and at least
/// `threshold` likely, and that no likelier one has claimed.
///
/// # Panics
/// When `output` does not have the size of the layout.
pub fn decode(boxes: &Boxes, threshold: f32, output: &[f32], found: &mut Vec<Found>) {
    let count = boxes.count;
    assert_eq!(output.len(), boxes.rows() * count, "the output must have the size of the layout");
    found.clear();
    let (places, classes) = output.split_at(4 * count);
    for index in 0..count {
        let (mut best, mut is_card) = (f32::NEG_INFINITY, false);
        for (scores, &card) in classes.chunks_exact(count).zip(&boxes.is_card) {
            if scores[index] > best {
                (best, is_card) = (scores[index], card);
            }
        }
        if is_card && best >= threshold {
            let [x, y, width, height] = [0, 1, 2, 3].map(|row| places[row * count + index]);
            let rect = Rect::ltwh(x - width / 2.0, y - height / 2.0, width, height);
            let quad: Quad<InModel> = Quad::from_rect(rect);
            if quad.is_card_shaped() {
                found.push(Found { quad, score: best.min(1.0), anchor: quad.centre() });
            }
        }
    }
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MAX_CANDIDATES);
    let mut kept = 0;
    for index in 0..found.len() {
        let candidate = found[index];
        let bounds = candidate.quad.bounds();
        let is_same = |better: &Found| better.quad.bounds().iou(bounds) > MAX_IOU;
        if kept < MAX_CARDS && !found[..kept].iter().any(is_same) {
            found[kept] = candidate;
            kept += 1;
        }
    }
    found.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CARD: usize = 0;
    const JOKER: usize = 1;
    const BUTTON: usize = 2;

    /// A box: left, top, width, height, class and its probability; the other classes have 0.1.
    type Made = (f32, f32, f32, f32, usize, f32);

    fn output(boxes: &[Made]) -> Vec<f32> {
        let count = boxes.len();
        let mut output = vec![0.1; 7 * count];
        for (index, &(left, top, width, height, class, score)) in boxes.iter().enumerate() {
            let numbers = [left + width / 2.0, top + height / 2.0, width, height];
            for (row, number) in numbers.into_iter().enumerate() {
                output[row * count + index] = number;
            }
            output[(4 + class) * count + index] = score;
        }
        output
    }

    /// Left edges of what is found, best first.
    #[track_caller]
    fn check(made: &[Made], want: &[f32]) {
        let boxes = Boxes { count: made.len(), is_card: vec![true, true, false] };
        let mut found = vec![Found::default(); 3];
        decode(&boxes, 0.25, &output(made), &mut found);
        let lefts: Vec<f32> = found.iter().map(|it| it.quad.bounds().left).collect();
        assert_eq!(lefts, want);
    }

    #[test]
    fn a_box_becomes_an_upright_quad_with_its_score() {
        let boxes = Boxes { count: 2, is_card: vec![true; 3] };
        let made = [(40.0, 60.0, 71.0, 95.0, JOKER, 0.8), (300.0, 20.0, 50.0, 60.0, CARD, 0.2)];
        let mut found = Vec::new();
        decode(&boxes, 0.25, &output(&made), &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].quad.to_xy(), [[40.0, 60.0], [111.0, 60.0], [111.0, 155.0], [40.0, 155.0]]);
        assert_eq!(found[0].score, 0.8);
    }

    #[test]
    fn the_best_of_several_boxes_of_a_card_is_kept_whatever_its_class() {
        check(
            &[
                (100.0, 50.0, 70.0, 95.0, CARD, 0.6),
                (102.0, 51.0, 70.0, 95.0, JOKER, 0.9),
                (98.0, 50.0, 71.0, 94.0, CARD, 0.5),
            ],
            &[102.0],
        );
    }

    #[test]
    fn fanned_neighbours_stay() {
        let fan: Vec<Made> = (0..8)
            .map(|index| index as f32)
            .map(|index| (50.0 + 15.0 * index, 100.0, 70.0, 95.0, CARD, 0.9 - 0.01 * index))
            .collect();
        check(&fan, &fan.iter().map(|it| it.0).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_likelier_something_else_is_no_card_and_hides_none() {
        check(&[(100.0, 50.0, 70.0, 95.0, BUTTON, 0.95), (101.0, 50.0, 70.0, 95.0, CARD, 0.4)], &[101.0]);
    }

    #[test]
    fn boxes_without_area_or_numbers_are_left_out() {
        check(
            &[
                (10.0, 10.0, 0.0, 95.0, CARD, 0.9),
                (10.0, 10.0, -5.0, 95.0, CARD, 0.9),
                (f32::NAN, 10.0, 70.0, 95.0, CARD, 0.9),
                (10.0, 10.0, 70.0, 95.0, CARD, f32::NAN),
                (200.0, 10.0, 70.0, 95.0, CARD, 0.3),
            ],
            &[200.0],
        );
    }

    #[test]
    fn no_more_than_the_limit_are_found() {
        let made: Vec<Made> =
            (0..400).map(|index| (20.0 * index as f32, 0.0, 10.0, 14.0, CARD, 0.9)).collect();
        let boxes = Boxes { count: made.len(), is_card: vec![true; 3] };
        let mut found = Vec::new();
        decode(&boxes, 0.25, &output(&made), &mut found);
        assert_eq!(found.len(), MAX_CARDS);
    }

    proptest! {
        #[test]
        fn nonsense_does_no_harm(output in prop::collection::vec(prop::num::f32::ANY, 7 * 20)) {
            let boxes = Boxes { count: 20, is_card: vec![true, true, false] };
            let mut found = Vec::new();
            decode(&boxes, 0.25, &output, &mut found);
            prop_assert!(found.iter().all(|it| it.quad.is_card_shaped() && it.score >= 0.25));
        }
    }
}
