//! Turns the outputs of a transformer that gives a set of boxes (RF-DETR) into quads.
//!
//! Boxes are upright, in shares of the image; what is no card falls below the threshold. Boxes of
//! one card are rare, since the network was trained to find each once, and are told as YOLO's are.

use lens_core::geometry::{Quad, Rect};

use super::Found;
use super::yolo::claim;

/// Finds the cards in the outputs, best first: boxes whose likeliest class is a card and at least
/// `threshold` likely. `boxes` has four numbers for each, `logits` one for each class; the quads
/// are in pixels of an image of this size.
///
/// # Panics
/// When the outputs do not belong to as many boxes.
pub fn decode(
    is_card: &[bool],
    threshold: f32,
    [boxes, logits]: [&[f32]; 2],
    [width, height]: [f32; 2],
    found: &mut Vec<Found>,
) {
    assert_eq!(boxes.len() / 4, logits.len() / is_card.len(), "as many boxes as rows of logits");
    found.clear();
    for (numbers, logits) in boxes.chunks_exact(4).zip(logits.chunks_exact(is_card.len())) {
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        let Some(class) = best.filter(|&class| is_card[class]) else { continue };
        let score = 1.0 / (1.0 + (-logits[class]).exp());
        let [x, y, w, h] = [numbers[0] * width, numbers[1] * height, numbers[2] * width, numbers[3] * height];
        let quad = Quad::from_rect(Rect::ltwh(x - w / 2.0, y - h / 2.0, w, h));
        if score >= threshold && quad.is_card_shaped() {
            found.push(Found { quad, score, anchor: quad.centre() });
        }
    }
    claim(found, |better, other| better.bounds().iou(other.bounds()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_class_says_whether_it_is_a_card() {
        let boxes = [0.5, 0.5, 0.1, 0.4, 0.25, 0.5, 0.1, 0.4, 0.75, 0.5, 0.1, 0.4, 0.5, 0.5, 0.101, 0.4];
        // A card; a button that is a card as well, but less so; too faint; the first card again.
        let logits = [2.0, -3.0, 1.0, 1.5, -1.0, -2.0, 1.9, -3.0];
        let mut found = Vec::new();
        decode(&[true, false], 0.5, [&boxes, &logits], [1000.0, 500.0], &mut found);
        assert_eq!(found.len(), 1);
        let bounds = found[0].quad.bounds();
        assert_eq!([bounds.left, bounds.top, bounds.right, bounds.bottom], [450.0, 150.0, 550.0, 350.0]);
        assert!((found[0].score - 0.880_797).abs() < 1e-5);
        decode(&[true, true], 0.5, [&boxes, &logits], [1000.0, 500.0], &mut found);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_no_number_is_no_card() {
        let mut found = Vec::new();
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            decode(&[true], 0.1, [&[value; 4], &[5.0]], [100.0; 2], &mut found);
            assert!(found.is_empty());
            decode(&[true], 0.1, [&[0.5; 4], &[value]], [100.0; 2], &mut found);
            assert!(found.iter().all(|it| it.score > 0.9));
        }
    }
}
