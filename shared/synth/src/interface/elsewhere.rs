//! Images in which no card is: titles, menus, signs, pages of a browser, a camera, flat cards of
//! other programs.

use image::{Rgba, RgbaImage};

use crate::background;
use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Colour};
use crate::dice::Dice;
use crate::interface::phrase::{any_face, phrase};
use crate::interface::{self, BLUE, DARK, GREEN, ORANGE, RED, WHITE, accent, panels};

/// Fills a scene without cards.
pub(crate) fn fill(canvas: &mut Canvas, game: Area, px: f32, dice: &mut Dice) {
    match dice.weighted(&[0.28, 0.28, 0.2, 0.24]) {
        0 => {
            title(
                canvas,
                game.part(
                    dice.range(0.02, 0.2),
                    dice.range(0.05, 0.4),
                    dice.range(0.5, 0.8),
                    dice.range(0.2, 0.45),
                ),
                dice,
            );
            buttons(canvas, game.part(dice.range(0.05, 0.25), 0.8, 0.6, 0.15), dice);
        }
        1 => menu(canvas, game, dice),
        2 => {
            for _ in 0..dice.between(1, 4) {
                let (w, h) = (dice.range(0.12, 0.34), dice.range(0.14, 0.34));
                let place = game.part(dice.range(0.0, 1.0 - w), dice.range(0.0, 1.0 - h), w, h);
                interface::sign(canvas, place, dice);
                if dice.chance(0.5) {
                    canvas.fill_through(place.grown(place.h * 0.2), DARK, dice.range(0.3, 0.7));
                }
            }
            banner(canvas, game, dice);
        }
        _ => page(canvas, px, dice),
    }
    if dice.chance(0.3) {
        camera(canvas, dice);
    }
}

/// Letters as high as cards, with an edge and a shadow, as titles have.
fn title(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let words = [
        "BALATRO",
        "GAME OVER",
        "YOU WIN",
        "LENS",
        "JOKERS",
        "HIGH CARD",
        "AKQJ",
        "ACE",
        "ROUND 10",
        "BLIND",
    ];
    let word: String = if dice.chance(0.6) {
        (*dice.pick(&words)).to_owned()
    } else {
        (0..dice.between(1, 8)).map(|_| char::from(b'A' + dice.below(26) as u8)).collect()
    };
    let face = *dice.pick(&[Face::Pixel, Face::PixelTall, Face::Pixel, Face::Sans]);
    let pitch = area.w / word.chars().count() as f32;
    let height = area.h.min(pitch * 1.5);
    let [ink, edge, deep]: [Colour; 3] = [
        if dice.chance(0.7) { WHITE } else { accent(dice) },
        if dice.chance(0.6) { [60, 62, 72] } else { accent(dice) },
        if dice.chance(0.6) { [25, 28, 34] } else { accent(dice) },
    ];
    let arc = dice.normal(0.04) * height;
    let plates = dice.chance(0.25);
    for (number, letter) in word.chars().enumerate() {
        let from_middle = number as f32 - (word.len() as f32 - 1.0) / 2.0;
        let x = area.x + pitch * (number as f32 + 0.5);
        let y = area.y + area.h / 2.0 + from_middle * from_middle * arc;
        if plates {
            let plate = Area::new(x - pitch * 0.42, y - height * 0.6, pitch * 0.84, height * 1.2);
            canvas.rounded(plate, height * 0.08, edge);
        }
        let text = letter.to_string();
        let mut write = |dx: f32, dy: f32, colour: Colour| {
            canvas.text_centred(face, &text, [x + dx, y + dy], height, pitch * 1.2, colour, None);
        };
        let line = height * 0.05;
        write(line * 1.5, line * 2.5, deep);
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
            write(dx * line, dy * line, edge);
        }
        write(0.0, 0.0, ink);
    }
}

fn banner(canvas: &mut Canvas, game: Area, dice: &mut Dice) {
    let place = game.part(0.0, dice.range(0.1, 0.6), 1.0, dice.range(0.15, 0.35));
    canvas.fill_through(place, [0, 0, 0], dice.range(0.2, 0.7));
    title(canvas, place.part(0.1, 0.15, 0.8, 0.7), dice);
}

fn buttons(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let count = dice.between(2, 5);
    let face = any_face(dice);
    for number in 0..count {
        let place = area.part(number as f32 / count as f32, dice.range(0.0, 0.15), 0.9 / count as f32, 0.85);
        interface::button(canvas, place, *dice.pick(&[BLUE, ORANGE, RED, GREEN]), &phrase(dice, face), face);
    }
}

/// A panel with tabs, choices and check boxes.
fn menu(canvas: &mut Canvas, game: Area, dice: &mut Dice) {
    let outer = game.part(
        dice.range(0.02, 0.25),
        dice.range(0.02, 0.15),
        dice.range(0.5, 0.73),
        dice.range(0.6, 0.83),
    );
    canvas.rounded(outer.grown(game.h * 0.008), game.h * 0.02, [185, 194, 210]);
    canvas.rounded(outer, game.h * 0.02, [62, 80, 86]);
    let inner = outer.part(0.03, 0.2, 0.94, 0.68);
    canvas.rounded(inner, game.h * 0.015, [30, 39, 42]);
    buttons(canvas, outer.part(0.04, 0.03, 0.92, 0.14), dice);
    let face = any_face(dice);
    interface::button(canvas, outer.part(0.02, 0.91, 0.96, 0.07), ORANGE, "Back", face);
    let (columns, rows) = (dice.between(1, 4), dice.between(2, 6));
    for column in 0..columns {
        for row in 0..rows {
            let (w, h) = (1.0 / columns as f32, 1.0 / rows as f32);
            let cell = inner.part(w * column as f32, h * row as f32, w, h).grown(-game.h * 0.006);
            let middle = cell.x + cell.w / 2.0;
            match dice.below(4) {
                0 => {
                    let side = cell.h.min(cell.w) * 0.5;
                    let mark = Area::new(middle + side * 0.2, cell.y + side * 0.4, side, side);
                    canvas.rounded(mark, side * 0.2, WHITE);
                    canvas.rounded(mark.grown(-side * 0.1), side * 0.2, RED);
                    canvas.text(
                        face,
                        &phrase(dice, face),
                        cell.x,
                        cell.y + side * 0.7,
                        side * 0.4,
                        cell.w * 0.45,
                        WHITE,
                    );
                }
                1 => interface::card_like_panel(canvas, cell, dice),
                2 => interface::button(
                    canvas,
                    cell.part(0.1, 0.3, 0.8, 0.4),
                    accent(dice),
                    &phrase(dice, face),
                    face,
                ),
                _ => {
                    let title = [middle, cell.y + cell.h * 0.2];
                    canvas.text_centred(face, &phrase(dice, face), title, cell.h * 0.22, cell.w, WHITE, None);
                    for (left, width, label) in [(0.05, 0.12, "<"), (0.2, 0.6, "4"), (0.83, 0.12, ">")] {
                        interface::button(canvas, cell.part(left, 0.45, width, 0.42), RED, label, face);
                    }
                }
            }
        }
    }
}

/// A page of a browser or an editor: bars, paragraphs, images, and flat cards as web games draw
/// them.
fn page(canvas: &mut Canvas, px: f32, dice: &mut Dice) {
    let whole = Area::new(0.0, 0.0, canvas.width(), canvas.height());
    let light = dice.chance(0.6);
    let paper: Colour = if light { [248, 249, 250] } else { [28, 30, 36] };
    canvas.fill(whole, paper);
    canvas.fill(
        whole.part(0.0, 0.0, 1.0, dice.range(0.04, 0.12)),
        if light { [222, 225, 230] } else { [44, 46, 54] },
    );
    panels::desktop(canvas, px, dice);
    for _ in 0..dice.between(1, 4) {
        let face = if dice.chance(0.8) { Face::Sans } else { Face::PixelTall };
        let (x, y) = (dice.range(0.02, 0.7), dice.range(0.12, 0.9));
        let height = dice.range(4.0, 9.0) * px;
        for line in 0..dice.between(1, 9) {
            let text = format!("{} {} {}", phrase(dice, face), phrase(dice, face), phrase(dice, face));
            let at = [whole.w * x, whole.h * y + height * 1.9 * line as f32];
            canvas.text(face, &text, at[0], at[1], height, whole.w * 0.5, interface::readable(paper));
        }
    }
    if dice.chance(0.35) {
        let height = whole.h * dice.range(0.1, 0.22);
        let (left, top, count) =
            (whole.w * dice.range(0.05, 0.4), whole.h * dice.range(0.2, 0.7), dice.between(2, 8));
        for number in 0..count {
            let place = Area::new(left + height * 0.8 * number as f32, top, height * 0.68, height);
            flat_card(canvas, place, dice);
        }
    }
}

/// White, with an edge, a rank and a suit in one font: no pixel art.
fn flat_card(canvas: &mut Canvas, area: Area, dice: &mut Dice) {
    let ink: Colour = if dice.chance(0.5) { [200, 30, 40] } else { [25, 25, 30] };
    canvas.rounded(area.grown(1.0), area.h * 0.07, [150, 155, 160]);
    canvas.rounded(area, area.h * 0.06, [253, 253, 253]);
    let rank = *dice.pick(&["A", "K", "Q", "J", "10", "9", "8", "7", "5", "3", "2"]);
    let middle = [area.x + area.w / 2.0, area.y + area.h / 2.0];
    canvas.text_centred(Face::Sans, rank, middle, area.h * dice.range(0.25, 0.5), area.w, ink, None);
    if dice.chance(0.5) {
        canvas.text(
            Face::Sans,
            rank,
            area.x + area.w * 0.08,
            area.y + area.h * 0.06,
            area.h * 0.16,
            area.w,
            ink,
        );
    }
}

/// A part of the image as a camera sees it.
fn camera(canvas: &mut Canvas, dice: &mut Dice) {
    let (w, h) = (canvas.width() * dice.range(0.12, 0.35), canvas.height() * dice.range(0.15, 0.4));
    let (x, y) = (dice.unit() * (canvas.width() - w), dice.unit() * (canvas.height() - h));
    let patch = background::patches(w.max(4.0) as u32, h.max(4.0) as u32, dice);
    let mut patch: RgbaImage = image::imageops::blur(&patch, dice.range(0.8, 4.0));
    patch.pixels_mut().for_each(|Rgba(channels)| channels[3] = 255);
    image::imageops::replace(&mut canvas.image, &patch, x as i64, y as i64);
}
