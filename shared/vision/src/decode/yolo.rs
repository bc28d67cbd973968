//! Turns the output of an Ultralytics YOLO (v8 to v12, 26) into quads.
//!
//! Upright boxes give a tilted card the upright quad around it; turned boxes and corners give its
//! own. What is covered belongs to it only if the network was trained so. The letterbox is undone
//! elsewhere.

use std::f32::consts::{FRAC_PI_2, PI};

use lens_core::geometry::{InModel, Quad, Rect};
use lens_core::manifest::external::{Corners, Layout};

use super::{Found, MAX_CARDS};

/// What the output is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boxes {
    /// Boxes.
    pub count: usize,
    /// For each class whether it is a card.
    pub is_card: Vec<bool>,
    /// How it is laid out.
    pub layout: Layout,
    /// What it says of corners.
    pub corners: Corners,
}

impl Boxes {
    /// Numbers of each box.
    pub fn numbers(&self) -> usize {
        let before = match self.layout {
            Layout::Raw => 4 + self.is_card.len(),
            Layout::Suppressed => 6,
        };
        before + self.corners.numbers()
    }

    /// The shape of the output, without the batch.
    pub fn shape(&self) -> [usize; 2] {
        match self.layout {
            Layout::Raw => [self.numbers(), self.count],
            Layout::Suppressed => [self.count, self.numbers()],
        }
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
    let (count, numbers) = (boxes.count, boxes.numbers());
    assert_eq!(output.len(), numbers * count, "the output must have the size of the layout");
    found.clear();
    let classes = boxes.is_card.len();
    for index in 0..count {
        let number = |place: usize| match boxes.layout {
            Layout::Raw => output[place * count + index],
            Layout::Suppressed => output[index * numbers + place],
        };
        let (score, is_card, more) = match boxes.layout {
            Layout::Raw => {
                let (score, is_card) = likeliest(output, &boxes.is_card, count, index);
                (score, is_card, 4 + classes)
            }
            Layout::Suppressed => {
                // From floats `as` saturates: what is no class is none of them.
                let class = number(5);
                let known = class >= 0.0 && boxes.is_card.get(class as usize).is_some_and(|it| *it);
                (number(4), known, 6)
            }
        };
        if is_card && score >= threshold {
            let quad = quad(boxes, &number, more);
            if quad.is_card_shaped() {
                found.push(Found { quad, score: score.min(1.0), anchor: quad.centre() });
            }
        }
    }
    claim(found, |better, other| match boxes.corners {
        Corners::Upright => better.bounds().iou(other.bounds()),
        _ => better.iou(other),
    });
}

/// Sorts boxes, best first, and leaves out those that a better one has claimed. `overlap` is the
/// intersection over union of two.
pub(super) fn claim(found: &mut Vec<Found>, overlap: impl Fn(Quad<InModel>, Quad<InModel>) -> f32) {
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MAX_CANDIDATES);
    let mut kept = 0;
    for index in 0..found.len() {
        let candidate = found[index];
        let is_same = |better: &Found| overlap(better.quad, candidate.quad) > MAX_IOU;
        if kept < MAX_CARDS && !found[..kept].iter().any(is_same) {
            found[kept] = candidate;
            kept += 1;
        }
    }
    found.truncate(kept);
}

/// The probability of the likeliest class of a box, and whether that is a card.
fn likeliest(output: &[f32], is_card: &[bool], count: usize, index: usize) -> (f32, bool) {
    let (mut best, mut card) = (f32::NEG_INFINITY, false);
    for (scores, &is_card) in output[4 * count..].chunks_exact(count).zip(is_card) {
        if scores[index] > best {
            (best, card) = (scores[index], is_card);
        }
    }
    (best, card)
}

/// The quad of a box; `more` is where its corners are told.
fn quad(boxes: &Boxes, number: &impl Fn(usize) -> f32, more: usize) -> Quad<InModel> {
    let [a, b, c, d] = [0, 1, 2, 3].map(number);
    let upright = || {
        Quad::from_rect(match boxes.layout {
            Layout::Raw => Rect::ltwh(a - c / 2.0, b - d / 2.0, c, d),
            Layout::Suppressed => Rect::ltwh(a, b, c - a, d - b),
        })
    };
    match boxes.corners {
        Corners::Upright => upright(),
        Corners::Turned => turned([a, b], [c, d], number(more)),
        Corners::Points => {
            let points = [0, 1, 2, 3].map(|at| [number(more + 2 * at), number(more + 2 * at + 1)]);
            Some(Quad::from_xy(points)).filter(|quad| quad.is_card_shaped()).unwrap_or_else(upright)
        }
        Corners::PointsSeen => {
            let points = [0, 1, 2, 3].map(|at| [0, 1, 2].map(|it| number(more + 3 * at + it)));
            from_points(points).filter(|quad| quad.is_card_shaped()).unwrap_or_else(upright)
        }
    }
}

/// A box about `centre`, turned by `angle`. Its longer sides are a card's, and of the two ways up
/// that are left the card stands the more upright one.
fn turned([x, y]: [f32; 2], [width, height]: [f32; 2], angle: f32) -> Quad<InModel> {
    let (mut width, mut height, mut angle) = (width, height, angle);
    if width > height {
        (width, height, angle) = (height, width, angle + FRAC_PI_2);
    }
    if angle.cos() < 0.0 {
        angle += PI;
    }
    let (sin, cos) = angle.sin_cos();
    let (w, h) = (width / 2.0, height / 2.0);
    Quad::from_xy(
        [[-w, -h], [w, -h], [w, h], [-w, h]].map(|[u, v]| [x + u * cos - v * sin, y + u * sin + v * cos]),
    )
}

/// Probability from which a corner is where the network says.
const SEEN: f32 = 0.5;

/// The quad of corners of which one may be beyond the image: it is opposite of the others. Nothing
/// where more are.
fn from_points(points: [[f32; 3]; 4]) -> Option<Quad<InModel>> {
    let mut corners = points.map(|[x, y, _]| [x, y]);
    // What is no number was not seen either.
    let is_seen = |at: usize| points[at][2] >= SEEN;
    let mut hidden = (0..4).filter(|&at| !is_seen(at));
    match (hidden.next(), hidden.next()) {
        (None, _) => {}
        (Some(at), None) => {
            let [before, after, across] = [3, 1, 2].map(|step| corners[(at + step) % 4]);
            corners[at] = [0, 1].map(|axis| before[axis] + after[axis] - across[axis]);
        }
        _ => return None,
    }
    Some(Quad::from_xy(corners))
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
        let boxes = raw(made.len(), vec![true, true, false]);
        let mut found = vec![Found::default(); 3];
        decode(&boxes, 0.25, &output(made), &mut found);
        let lefts: Vec<f32> = found.iter().map(|it| it.quad.bounds().left).collect();
        assert_eq!(lefts, want);
    }

    #[test]
    fn a_box_becomes_an_upright_quad_with_its_score() {
        let boxes = raw(2, vec![true; 3]);
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
        let boxes = raw(made.len(), vec![true; 3]);
        let mut found = Vec::new();
        decode(&boxes, 0.25, &output(&made), &mut found);
        assert_eq!(found.len(), MAX_CARDS);
    }

    fn one(layout: Layout, corners: Corners, output: &[f32]) -> Vec<[[f32; 2]; 4]> {
        let boxes = Boxes { count: 1, is_card: vec![true, false], layout, corners };
        assert_eq!(boxes.numbers(), output.len());
        let mut found = Vec::new();
        decode(&boxes, 0.25, output, &mut found);
        found.iter().map(|it| it.quad.to_xy().map(|xy| xy.map(f32::round))).collect()
    }

    #[test]
    fn boxes_after_suppression_have_edges_and_a_class() {
        let upright = vec![[[10.0, 20.0], [50.0, 20.0], [50.0, 80.0], [10.0, 80.0]]];
        let check = |output: [f32; 6], want: &Vec<_>| {
            assert_eq!(&one(Layout::Suppressed, Corners::Upright, &output), want, "{output:?}");
        };
        check([10.0, 20.0, 50.0, 80.0, 0.9, 0.0], &upright);
        check([10.0, 20.0, 50.0, 80.0, 0.9, 1.0], &Vec::new());
        check([10.0, 20.0, 50.0, 80.0, 0.1, 0.0], &Vec::new());
        for class in [-1.0, 2.0, 1e30, f32::NAN, f32::INFINITY] {
            check([10.0, 20.0, 50.0, 80.0, 0.9, class], &Vec::new());
        }
    }

    #[test]
    fn turned_boxes_stand_upright_whatever_side_is_called_their_width() {
        let card = [[[80.0, 70.0], [120.0, 70.0], [120.0, 130.0], [80.0, 130.0]]];
        for (width, height, angle) in
            [(40.0, 60.0, 0.0), (60.0, 40.0, FRAC_PI_2), (40.0, 60.0, PI), (60.0, 40.0, -FRAC_PI_2)]
        {
            let raw = [100.0, 100.0, width, height, 0.9, 0.0, angle];
            assert_eq!(one(Layout::Raw, Corners::Turned, &raw), card, "{width} x {height} at {angle}");
            let suppressed = [100.0, 100.0, width, height, 0.9, 0.0, angle];
            assert_eq!(one(Layout::Suppressed, Corners::Turned, &suppressed), card);
        }
        let tilted = one(Layout::Raw, Corners::Turned, &[100.0, 100.0, 40.0, 60.0, 0.9, 0.0, 0.3]);
        assert!(tilted[0][0][1] < tilted[0][1][1], "it is tilted to the right: {tilted:?}");
    }

    #[test]
    fn corners_are_taken_as_they_are_and_one_is_completed() {
        let corners = [[10.0, 20.0], [50.0, 24.0], [46.0, 84.0], [6.0, 80.0]];
        let told = |hidden: &[usize]| -> Vec<f32> {
            let mut output = vec![5.0, 15.0, 55.0, 90.0, 0.9, 0.0];
            for (at, [x, y]) in corners.into_iter().enumerate() {
                let is_hidden = hidden.contains(&at);
                output.extend(if is_hidden { [0.0, 0.0, 0.1] } else { [x, y, 0.9] });
            }
            output
        };
        for hidden in [&[][..], &[0], &[1], &[2], &[3]] {
            assert_eq!(one(Layout::Suppressed, Corners::PointsSeen, &told(hidden)), [corners], "{hidden:?}");
        }
        let upright = [[5.0, 15.0], [55.0, 15.0], [55.0, 90.0], [5.0, 90.0]];
        assert_eq!(one(Layout::Suppressed, Corners::PointsSeen, &told(&[0, 1])), [upright]);
        let points: Vec<f32> = corners.into_iter().flatten().collect();
        let raw = [vec![30.0, 50.0, 50.0, 75.0, 0.9, 0.0], points].concat();
        assert_eq!(one(Layout::Raw, Corners::Points, &raw), [corners]);
    }

    fn raw(count: usize, is_card: Vec<bool>) -> Boxes {
        Boxes { count, is_card, layout: Layout::Raw, corners: Corners::Upright }
    }

    proptest! {
        #[test]
        fn nonsense_does_no_harm(output in prop::collection::vec(prop::num::f32::ANY, 24 * 20), kind in 0..8) {
            let corners = [Corners::Upright, Corners::Turned, Corners::Points, Corners::PointsSeen][kind as usize / 2];
            let layout = if kind % 2 == 0 { Layout::Raw } else { Layout::Suppressed };
            let boxes = Boxes { count: 20, is_card: vec![true, true, false], layout, corners };
            let mut found = Vec::new();
            decode(&boxes, 0.25, &output[..20 * boxes.numbers()], &mut found);
            prop_assert!(found.iter().all(|it| it.quad.is_card_shaped() && it.score >= 0.25));
        }
    }
}
