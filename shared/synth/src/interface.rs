//! The game's interface around the cards, and what else stands on a screen: nothing here is a card.
//!
//! Everything is drawn into an [`Area`], so that scenes and crops of any size use the same pieces.

use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Colour};
use crate::dice::Dice;
use phrase::{any_face, phrase};

pub(crate) mod controls;
pub(crate) mod elsewhere;
pub(crate) mod panels;
pub(crate) mod phrase;

pub(crate) const WHITE: Colour = [250, 250, 250];
pub(crate) const PANEL: Colour = [55, 66, 70];
pub(crate) const DARK: Colour = [30, 42, 45];
pub(crate) const BLUE: Colour = [0, 147, 255];
pub(crate) const RED: Colour = [254, 76, 64];
pub(crate) const ORANGE: Colour = [255, 152, 0];
pub(crate) const GOLD: Colour = [240, 185, 80];
pub(crate) const GREEN: Colour = [60, 190, 140];

const ACCENTS: [Colour; 10] =
    [BLUE, RED, ORANGE, PANEL, GREEN, DARK, [135, 103, 200], [80, 80, 80], [235, 235, 235], [160, 90, 10]];

/// One of the interface's colours.
pub(crate) fn accent(dice: &mut Dice) -> Colour {
    *dice.pick(&ACCENTS)
}

/// White on dark, dark grey on light.
pub(crate) fn readable(on: Colour) -> Colour {
    if on.iter().map(|&channel| u32::from(channel)).sum::<u32>() > 510 { [60, 70, 75] } else { WHITE }
}

/// A push button with its shadow.
pub(crate) fn button(canvas: &mut Canvas, area: Area, colour: Colour, label: &str, face: Face) {
    let radius = area.h * 0.12;
    let lower = colour.map(|channel| (u32::from(channel) * 3 / 5) as u8);
    canvas.rounded(area.shifted(area.h * 0.02, area.h * 0.07), radius, lower);
    canvas.rounded(area, radius, colour);
    let middle = [area.x + area.w / 2.0, area.y + area.h * 0.45];
    let height = (area.h * 0.26).min(area.w * 0.2);
    canvas.text_centred(face, label, middle, height, area.w * 0.92, readable(colour), Some(lower));
}

/// The dark tag with a price that hangs above a card of the shop.
pub(crate) fn price_tag(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    canvas.rounded(area.grown(area.h * 0.06), area.h * 0.28, [28, 36, 38]);
    canvas.rounded(area, area.h * 0.25, [52, 62, 65]);
    let price = format!("${}", dice.between(0, 20));
    let face = if dice.chance(0.9) { Face::Pixel } else { any_face(dice) };
    let middle = [area.x + area.w / 2.0, area.y + area.h * 0.45];
    canvas.text_centred(face, &price, middle, area.h * 0.5, area.w * 0.9, GOLD, Some(DARK));
}

/// The dark box below a joker where other mods write its value.
pub(crate) fn badge(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    canvas.rounded_through(area, area.h * 0.25, [26, 38, 40], dice.range(0.75, 1.0));
    let face = if dice.chance(0.8) { Face::Pixel } else { Face::Sans };
    let value = match dice.below(4) {
        0 => return,
        1 => format!("X{}", dice.between(1, 9)),
        2 => format!("+{}", dice.below(500)),
        _ => format!("+${}", dice.below(20)),
    };
    let two_lines = dice.chance(0.35);
    let height = area.h * if two_lines { 0.3 } else { 0.42 };
    let middle = [area.x + area.w / 2.0, area.y + area.h * if two_lines { 0.3 } else { 0.5 }];
    let colour = *dice.pick(&[BLUE, RED, RED, GOLD, WHITE]);
    if value.starts_with('X') {
        let box_width = height * 2.0;
        let plate =
            Area::new(middle[0] - box_width / 2.0, middle[1] - height * 0.75, box_width, height * 1.5);
        canvas.rounded(plate, height * 0.2, RED);
        canvas.text_centred(face, &value, middle, height, area.w, WHITE, None);
    } else {
        canvas.text_centred(face, &value, middle, height, area.w, colour, None);
    }
    if two_lines {
        let line = format!("({})", phrase(dice, Face::Pixel));
        canvas.text_centred(
            face,
            &line,
            [middle[0], area.y + area.h * 0.75],
            height * 0.8,
            area.w,
            [110, 120, 120],
            None,
        );
    }
}

/// The box that explains a card: a white edge, a name, lines on white, and often a coloured kind at
/// its foot.
pub(crate) fn tooltip(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let edge = (area.h * 0.03).max(1.0);
    if dice.chance(0.85) {
        canvas.rounded(area.grown(edge), area.h * 0.1, [235, 238, 240]);
    }
    canvas.rounded(area, area.h * 0.08, PANEL);
    let face = any_face(dice);
    let head = area.h * dice.range(0.18, 0.3);
    let centre = area.x + area.w / 2.0;
    canvas.text_centred(
        face,
        &phrase(dice, face),
        [centre, area.y + head / 2.0],
        head * 0.6,
        area.w * 0.9,
        WHITE,
        Some(DARK),
    );
    let footed = dice.chance(0.5);
    let foot = area.h * if footed { 0.8 } else { 0.96 };
    let light = dice.chance(0.85);
    let inner = Area::new(area.x + area.w * 0.04, area.y + head, area.w * 0.92, foot - head);
    canvas.rounded(inner, area.h * 0.06, if light { WHITE } else { [74, 90, 92] });
    let lines = dice.between(1, 4);
    let pitch = inner.h / lines as f32;
    let height = (pitch * 0.6).min(area.h * 0.13);
    for line in 0..lines {
        let colour = match dice.below(5) {
            0 => *dice.pick(&[BLUE, RED, ORANGE, GREEN]),
            _ if light => [70, 80, 82],
            _ => WHITE,
        };
        let text = format!("{} {}", phrase(dice, face), phrase(dice, face));
        let middle = [centre, inner.y + pitch * (line as f32 + 0.5)];
        canvas.text_centred(face, &text, middle, height, inner.w * 0.94, colour, None);
    }
    if footed {
        let plate = Area::new(area.x + area.w * 0.2, area.y + area.h * 0.83, area.w * 0.6, area.h * 0.13);
        let colour = accent(dice);
        canvas.rounded(plate, area.h * 0.04, colour);
        let middle = [centre, plate.y + plate.h / 2.0];
        canvas.text_centred(
            face,
            &phrase(dice, face),
            middle,
            plate.h * 0.6,
            plate.w,
            readable(colour),
            None,
        );
    }
}

/// The white-edged panel "Sort hand" with two buttons.
pub(crate) fn sort_panel(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    canvas.rounded(area.grown((area.h * 0.05).max(1.0)), area.h * 0.14, [225, 230, 232]);
    let paint = if dice.chance(0.5) { [56, 90, 76] } else { [50, 60, 64] };
    canvas.rounded(area, area.h * 0.12, paint);
    let face = any_face(dice);
    let title = [area.x + area.w / 2.0, area.y + area.h * 0.2];
    canvas.text_centred(face, "Sort Hand", title, area.h * 0.18, area.w * 0.9, WHITE, None);
    for (number, label) in ["Rank", "Suit"].into_iter().enumerate() {
        let place = area.part(0.08 + 0.44 * number as f32, 0.42, 0.4, 0.48);
        button(canvas, place, ORANGE, label, face);
    }
}

/// "Play hand", the sort panel and "Discard" below a hand.
pub(crate) fn hand_buttons(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let idle = dice.chance(0.3);
    let face = any_face(dice);
    let (play, discard) = if idle { ([85, 85, 85], [85, 85, 85]) } else { (BLUE, RED) };
    button(canvas, area.part(0.0, 0.0, 0.32, 1.0), play, "Play Hand", face);
    sort_panel(canvas, area.part(0.345, 0.0, 0.31, 1.0), dice);
    button(canvas, area.part(0.68, 0.0, 0.32, 1.0), discard, "Discard", face);
}

/// The lit sign at the top of the side bar.
pub(crate) fn sign(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let frame = if dice.chance(0.6) { RED } else { accent(dice) };
    canvas.rounded(area, area.h * 0.1, frame);
    canvas.rounded(area.grown(-area.h * 0.05), area.h * 0.08, [44, 56, 60]);
    let lamps = area.part(0.08, 0.12, 0.84, 0.6);
    canvas.rounded(lamps, area.h * 0.1, [200, 60, 50]);
    canvas.rounded(lamps.grown(-area.h * 0.06), area.h * 0.06, [40, 44, 46]);
    let count = 10;
    for lamp in 0..count {
        let x = lamps.x + lamps.w * lamp as f32 / (count - 1) as f32;
        for y in [lamps.y + area.h * 0.03, lamps.y + lamps.h - area.h * 0.03] {
            canvas.disc(x, y, area.h * 0.035, [255, 240, 225]);
        }
    }
    let word = *dice.pick(&["SHOP", "BOSS", "SKIP", "GOLD", "SHOP", "ANTE"]);
    let middle = [lamps.x + lamps.w / 2.0, lamps.y + lamps.h / 2.0];
    canvas.text_centred(Face::Pixel, word, middle, lamps.h * 0.6, lamps.w, GOLD, Some([110, 70, 30]));
    let face = any_face(dice);
    let foot = [area.x + area.w / 2.0, area.y + area.h * 0.86];
    canvas.text_centred(face, "Improve your run!", foot, area.h * 0.12, area.w * 0.9, GOLD, None);
}

/// Words in one place or another, small or large, as mods and other programs leave them.
pub(crate) fn loose_text(canvas: &mut Canvas, px: f32, dice: &mut Dice) {
    let face = any_face(dice);
    let height = if dice.chance(0.75) { dice.range(4.0, 11.0) } else { dice.range(11.0, 40.0) } * px;
    let colour = if dice.chance(0.6) { WHITE } else { [0; 3].map(|_: u8| dice.between(60, 255) as u8) };
    let (x, y) = (dice.range(0.0, 0.9) * canvas.width(), dice.range(0.0, 0.97) * canvas.height());
    canvas.text(face, &phrase(dice, face), x, y, height, 220.0 * px, colour);
}

/// A panel or an outline that is as large as a card and is none.
pub(crate) fn card_like_panel(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let colour = accent(dice);
    if dice.chance(0.4) {
        let width = dice.range(1.0, 3.0) * (area.h / 80.0).max(0.5);
        canvas.outline(area, width, colour);
        return;
    }
    if dice.chance(0.3) {
        canvas.rounded(area.grown(area.h * 0.02), area.h * 0.06, accent(dice));
    }
    canvas.rounded(area, area.h * 0.06, colour);
    let face = any_face(dice);
    for line in 0..dice.below(4) {
        let y = area.y + area.h * (0.12 + 0.21 * line as f32);
        let height = area.h * dice.range(0.06, 0.16);
        canvas.text(
            face,
            &phrase(dice, face),
            area.x + area.w * 0.1,
            y,
            height,
            area.w * 0.8,
            readable(colour),
        );
    }
}
