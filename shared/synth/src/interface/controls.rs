//! What covers a card while it is chosen: buttons and hints at its edges, a controller's frame, a
//! mouse's pointer.

use lens_core::geometry::{InFrame, Quad};

use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Colour};
use crate::dice::Dice;
use crate::interface::phrase::any_face;
use crate::interface::{self, GREEN, ORANGE, RED, WHITE};

/// The upright rectangle around a card.
pub(crate) fn area(card: Quad<InFrame>) -> Area {
    let bounds = card.bounds();
    Area::new(bounds.left, bounds.top, bounds.right - bounds.left, bounds.bottom - bounds.top)
}

/// A button or a hint at one edge of a card, over a part of it.
pub(crate) fn button(canvas: &mut Canvas, card: Area, dice: &mut Dice) {
    let grey: Colour = [90, 98, 102];
    let face = if dice.chance(0.75) { Face::Pixel } else { any_face(dice) };
    match dice.weighted(&[0.34, 0.34, 0.12, 0.12, 0.08]) {
        0 => {
            let (w, h) = (card.w * dice.range(0.45, 0.85), card.h * dice.range(0.14, 0.26));
            let y = card.y + card.h - h * dice.range(0.1, 1.0);
            let place = Area::new(card.x + (card.w - w) * dice.range(0.3, 0.7), y, w, h);
            let label = *dice.pick(&["BUY", "OPEN", "REDEEM", "USE", "SELECT", "BUY"]);
            let colour = *dice.pick(&[ORANGE, GREEN, RED, grey]);
            interface::button(canvas, place, colour, label, face);
        }
        1 => {
            let (w, h) = (card.w * dice.range(0.35, 0.65), card.h * dice.range(0.16, 0.36));
            let into = w * dice.range(0.1, 0.95);
            let x = if dice.chance(0.85) { card.x + card.w - into } else { card.x - w + into };
            let place = Area::new(x, card.y + (card.h - h) * dice.range(0.1, 0.9), w, h);
            let label = *dice.pick(&["SELL $2", "USE", "LOCK", "LOCKED", "SELL $5", "BUY", "$3"]);
            let colour = *dice.pick(&[RED, GREEN, ORANGE, grey]);
            interface::button(canvas, place, colour, label, face);
        }
        2 => {
            // A key of a controller, with or without what it does.
            let side = card.h * dice.range(0.1, 0.2);
            let (x, y) = (card.x + card.w * dice.range(0.0, 1.0), card.y + card.h * dice.range(0.0, 1.0));
            if dice.chance(0.6) {
                let plate = Area::new(x, y - side * 0.6, side * dice.range(2.0, 4.0), side * 1.2);
                canvas.rounded(plate, side * 0.3, [40, 50, 54]);
                canvas.text(face, "Select", plate.x + side * 0.8, y - side * 0.3, side * 0.6, plate.w, WHITE);
            }
            let colour = *dice.pick(&[[70, 170, 90], [200, 60, 60], [60, 100, 200], [220, 180, 50]]);
            canvas.disc(x, y, side * 0.58, [20, 24, 26]);
            canvas.disc(x, y, side * 0.5, colour);
            let key = *dice.pick(&["A", "B", "X", "Y"]);
            canvas.text_centred(Face::Pixel, key, [x, y], side * 0.6, side, WHITE, None);
        }
        3 => {
            let (w, h) = (card.w * dice.range(0.3, 0.7), card.h * dice.range(0.12, 0.2));
            let place = Area::new(card.x + (card.w - w) / 2.0, card.y + h * dice.range(-0.6, 0.2), w, h);
            interface::price_tag(canvas, place, dice);
        }
        _ => {
            // A word that jumps off a scoring card.
            let height = card.h * dice.range(0.12, 0.28);
            let middle = [card.x + card.w * dice.range(0.2, 0.8), card.y + card.h * dice.range(-0.05, 1.05)];
            let word = *dice.pick(&["+4 Mult", "+30", "X2 Mult", "Again!", "Upgrade!", "Nope!", "+$4"]);
            let colour = *dice.pick(&[RED, interface::BLUE, interface::GOLD, WHITE, [140, 80, 200]]);
            canvas.text_centred(face, word, middle, height, card.w * 1.6, colour, Some([40, 40, 44]));
        }
    }
}

/// The frame around what is chosen.
pub(crate) fn frame(canvas: &mut Canvas, card: Area, dice: &mut Dice) {
    let width = (card.h * dice.range(0.015, 0.04)).max(1.0);
    let around = card.grown(width * dice.range(0.0, 3.0));
    let colour: Colour = *dice.pick(&[WHITE, WHITE, [240, 90, 80], [250, 200, 60], [90, 200, 250]]);
    if dice.chance(0.6) {
        canvas.outline(around, width, colour);
        return;
    }
    // Only its corners.
    let (long, wide) = (card.h * dice.range(0.12, 0.25), width);
    let (right, bottom) = (around.x + around.w, around.y + around.h);
    for (x, y) in [
        (around.x, around.y),
        (right - long, around.y),
        (around.x, bottom - wide),
        (right - long, bottom - wide),
    ] {
        canvas.fill(Area::new(x, y, long, wide), colour);
    }
    for (x, y) in [
        (around.x, around.y),
        (right - wide, around.y),
        (around.x, bottom - long),
        (right - wide, bottom - long),
    ] {
        canvas.fill(Area::new(x, y, wide, long), colour);
    }
}

/// A mouse's arrow or hand somewhere on a card.
pub(crate) fn pointer(canvas: &mut Canvas, card: Area, dice: &mut Dice) {
    let size = if dice.chance(0.7) { card.h * dice.range(0.12, 0.3) } else { card.h * dice.range(0.3, 0.6) };
    let (x, y) = (card.x + card.w * dice.range(0.05, 0.95), card.y + card.h * dice.range(0.05, 0.95));
    let dark = dice.chance(0.6);
    let (edge, inside): (Colour, Colour) = if dark { (WHITE, [15, 15, 18]) } else { ([15, 15, 18], WHITE) };
    let line = (size * 0.06).max(0.8);
    if dice.chance(0.65) {
        let head = [[0.0, 0.0], [0.7, 0.7], [0.0, 1.0]];
        let tail = [[0.24, 0.66], [0.42, 0.58], [0.62, 1.02], [0.44, 1.1]];
        for (grown, colour) in [(1.0, edge), (0.0, inside)] {
            // Away from its own middle by the width of the edge.
            let at = |shape: &[[f32; 2]]| -> Vec<[f32; 2]> {
                let count = shape.len() as f32;
                let middle = [0, 1].map(|k| shape.iter().map(|point| point[k]).sum::<f32>() / count);
                let moved = |point: &[f32; 2], k: usize| {
                    point[k] * size + (point[k] - middle[k]).signum() * line * grown
                };
                shape.iter().map(|point| [x + moved(point, 0), y + moved(point, 1)]).collect()
            };
            canvas.polygon(&at(&head), colour);
            canvas.polygon(&at(&tail), colour);
        }
        return;
    }
    let palm = Area::new(x - size * 0.25, y + size * 0.4, size * 0.62, size * 0.55);
    let fingers = [(-0.25, 0.0, 0.5), (-0.08, 0.3, 0.25), (0.08, 0.32, 0.25), (0.23, 0.36, 0.25)];
    let parts: Vec<Area> = fingers
        .iter()
        .map(|&(dx, dy, long)| Area::new(x + dx * size, y + dy * size, size * 0.14, size * (long + 0.1)))
        .chain([palm])
        .collect();
    for (grown, colour) in [(line, edge), (0.0, inside)] {
        parts.iter().for_each(|part| canvas.rounded(part.grown(grown), size * 0.07 + grown, colour));
    }
}
