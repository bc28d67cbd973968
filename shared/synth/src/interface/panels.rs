//! Large pieces: the side bar, the shop's panel, the slots of card areas, and windows of other
//! programs.

use crate::canvas::text::Face;
use crate::canvas::{Area, Canvas, Colour};
use crate::dice::Dice;
use crate::interface::phrase::{any_face, phrase};
use crate::interface::{BLUE, DARK, GOLD, GREEN, ORANGE, PANEL, RED, WHITE, accent, button, readable, sign};

/// The side bar with blind, score, chips and counters, in `area` of the game.
pub(crate) fn sidebar(canvas: &mut Canvas, game: Area, dice: &mut Dice) {
    let width = game.w * dice.range(0.2, 0.24);
    let left = if dice.chance(0.08) {
        game.x + game.w - width * 1.1
    } else {
        game.x + game.w * dice.range(0.0, 0.055)
    };
    let bar = Area::new(left, game.y, width, game.h);
    let shade = dice.range(0.75, 1.05);
    let ground = PANEL.map(|channel| (f32::from(channel) * shade) as u8);
    let edge = accent(dice);
    let line = (game.w / 640.0 * 1.5).max(1.0);
    canvas.fill(bar.grown(line), edge);
    canvas.fill(bar, ground);
    let face = any_face(dice);
    let inner = bar.part(0.03, 0.0, 0.94, 1.0);
    if dice.chance(0.35) {
        sign(canvas, inner.part(0.0, 0.085, 1.0, 0.26), dice);
    } else {
        blind(canvas, inner.part(0.0, 0.1, 1.0, 0.265), edge, face, dice);
    }
    let score = inner.part(0.0, 0.372, 1.0, 0.068);
    canvas.rounded(score, score.h * 0.15, DARK);
    canvas.text(
        face,
        "Round score",
        score.x + score.w * 0.05,
        score.y + score.h * 0.35,
        score.h * 0.3,
        score.w * 0.25,
        WHITE,
    );
    let plate = score.part(0.3, 0.12, 0.66, 0.76);
    canvas.rounded(plate, plate.h * 0.2, ground);
    number(canvas, plate, WHITE, dice.below(50_000), face);
    let hand = inner.part(0.0, 0.45, 1.0, 0.185);
    canvas.rounded(hand, hand.h * 0.06, DARK);
    if dice.chance(0.6) {
        let middle = [hand.x + hand.w / 2.0, hand.y + hand.h * 0.25];
        canvas.text_centred(face, &phrase(dice, face), middle, hand.h * 0.16, hand.w * 0.9, WHITE, None);
    }
    let (chips, mult) = (hand.part(0.03, 0.5, 0.42, 0.42), hand.part(0.55, 0.5, 0.42, 0.42));
    for (place, colour) in [(chips, BLUE), (mult, RED)] {
        canvas.rounded(place, place.h * 0.15, colour);
        number(canvas, place, WHITE, dice.below(300), face);
    }
    canvas.text_centred(
        face,
        "X",
        [hand.x + hand.w / 2.0, chips.y + chips.h / 2.0],
        hand.h * 0.2,
        hand.w,
        RED,
        None,
    );
    button(canvas, inner.part(0.0, 0.655, 0.3, 0.135), RED, "Run Info", face);
    button(canvas, inner.part(0.0, 0.805, 0.3, 0.135), ORANGE, "Options", face);
    for (place, title, colour) in [
        (inner.part(0.36, 0.648, 0.3, 0.09), "Hands", BLUE),
        (inner.part(0.69, 0.648, 0.31, 0.09), "Discards", RED),
        (inner.part(0.36, 0.857, 0.3, 0.09), "Ante", ORANGE),
        (inner.part(0.69, 0.857, 0.31, 0.09), "Round", ORANGE),
    ] {
        canvas.rounded(place, place.h * 0.1, DARK);
        let middle = place.x + place.w / 2.0;
        canvas.text_centred(
            face,
            title,
            [middle, place.y + place.h * 0.18],
            place.h * 0.2,
            place.w,
            WHITE,
            None,
        );
        let plate = place.part(0.1, 0.38, 0.8, 0.54);
        canvas.rounded(plate, plate.h * 0.15, ground);
        number(canvas, plate, colour, dice.below(12), face);
    }
    let money = inner.part(0.36, 0.755, 0.64, 0.088);
    canvas.rounded(money, money.h * 0.12, DARK);
    let plate = money.part(0.06, 0.12, 0.88, 0.76);
    canvas.rounded(plate, plate.h * 0.15, ground);
    let dollars = format!("${}", dice.below(200));
    let middle = [plate.x + plate.w / 2.0, plate.y + plate.h / 2.0];
    canvas.text_centred(face, &dollars, middle, plate.h * 0.6, plate.w, GOLD, Some(DARK));
}

fn blind(canvas: &mut Canvas, area: Area, colour: Colour, face: Face, dice: &mut Dice) {
    let title = area.part(0.0, 0.0, 1.0, 0.22);
    let dim = colour.map(|channel| channel / 2);
    canvas.rounded(area.part(0.0, 0.24, 1.0, 0.76), area.h * 0.05, dim);
    canvas.rounded(title, title.h * 0.2, colour);
    let middle = [title.x + title.w / 2.0, title.y + title.h / 2.0];
    canvas.text_centred(face, &phrase(dice, face), middle, title.h * 0.5, title.w, readable(colour), None);
    let chip = [area.x + area.w * 0.19, area.y + area.h * 0.62];
    let paint = accent(dice);
    canvas.disc(chip[0] + area.h * 0.015, chip[1] + area.h * 0.03, area.h * 0.2, DARK);
    canvas.disc(chip[0], chip[1], area.h * 0.2, paint);
    canvas.text_centred(face, &phrase(dice, face), chip, area.h * 0.08, area.h * 0.35, readable(paint), None);
    let goal = area.part(0.36, 0.36, 0.6, 0.5);
    canvas.rounded(goal, goal.h * 0.1, DARK);
    let centre = goal.x + goal.w / 2.0;
    canvas.text_centred(
        face,
        "Score at least",
        [centre, goal.y + goal.h * 0.18],
        goal.h * 0.14,
        goal.w,
        WHITE,
        None,
    );
    let score = dice.below(100_000).to_string();
    canvas.text_centred(face, &score, [centre, goal.y + goal.h * 0.5], goal.h * 0.26, goal.w, RED, None);
    canvas.text_centred(
        face,
        "Reward: $$$$",
        [centre, goal.y + goal.h * 0.83],
        goal.h * 0.14,
        goal.w,
        GOLD,
        None,
    );
}

fn number(canvas: &mut Canvas, area: Area, colour: Colour, value: usize, face: Face) {
    let face = if face == Face::Strokes { Face::Pixel } else { face };
    let middle = [area.x + area.w / 2.0, area.y + area.h / 2.0];
    canvas.text_centred(face, &value.to_string(), middle, area.h * 0.6, area.w, colour, Some(DARK));
}

/// The darker places where jokers, consumables and the hand lie, with their counters.
pub(crate) fn slots(canvas: &mut Canvas, game: Area, dice: &mut Dice) {
    let strength = dice.range(0.08, 0.35);
    let left = 0.272;
    for area in [game.part(left, 0.053, 0.437, 0.204), game.part(0.719, 0.053, 0.205, 0.204)] {
        canvas.rounded_through(area, area.h * 0.05, [0, 0, 0], strength);
        let counter = format!("{}/{}", dice.below(6), dice.between(1, 6));
        let x = if area.w > game.w * 0.3 { area.x + area.w * 0.015 } else { area.x + area.w * 0.87 };
        canvas.text(Face::Pixel, &counter, x, area.y + area.h * 1.03, game.h * 0.016, area.w, WHITE);
    }
    if dice.chance(0.6) {
        canvas.rounded_through(game.part(left, 0.61, 0.55, 0.205), game.h * 0.01, [0, 0, 0], strength);
    }
}

/// Where the shop's panel lies in the game.
pub(crate) struct Shop {
    /// Jokers and consumables for sale.
    pub(crate) cards: Area,
    /// The voucher.
    pub(crate) voucher: Area,
    /// The packs.
    pub(crate) packs: Area,
}

/// The shop's panel with its two buttons and three fields.
pub(crate) fn shop(canvas: &mut Canvas, game: Area, dice: &mut Dice) -> Shop {
    let top = dice.range(0.3, 0.37);
    let panel = game.part(0.288, top, 0.513, 0.67);
    let line = (game.w / 640.0 * 2.0).max(1.0);
    canvas.rounded(panel.grown(line), game.h * 0.02, RED);
    canvas.rounded(panel, game.h * 0.02, [42, 54, 58]);
    let face = any_face(dice);
    button(canvas, panel.part(0.02, 0.03, 0.245, 0.185), RED, "Next Round", face);
    button(canvas, panel.part(0.02, 0.23, 0.245, 0.185), GREEN, "Reroll", face);
    let cards = panel.part(0.28, 0.03, 0.7, 0.4);
    let voucher = panel.part(0.02, 0.5, 0.485, 0.42);
    let packs = panel.part(0.515, 0.5, 0.465, 0.42);
    for field in [cards, packs] {
        canvas.rounded(field, game.h * 0.015, [62, 80, 86]);
    }
    canvas.rounded(voucher, game.h * 0.015, [62, 80, 86]);
    canvas.rounded(voucher.grown(-line * 2.0), game.h * 0.012, DARK);
    Shop { cards, voucher, packs }
}

/// The panel below an opened pack: its name, how many to choose, and "Skip".
pub(crate) fn pack_title(canvas: &mut Canvas, game: Area, dice: &mut Dice) {
    let face = any_face(dice);
    let panel = game.part(0.45, 0.855, 0.18, 0.16);
    canvas.rounded(panel.grown(1.0), game.h * 0.015, accent(dice));
    canvas.rounded(panel, game.h * 0.015, [50, 62, 66]);
    let middle = panel.x + panel.w / 2.0;
    canvas.text_centred(
        face,
        &phrase(dice, face),
        [middle, panel.y + panel.h * 0.28],
        panel.h * 0.2,
        panel.w,
        WHITE,
        None,
    );
    canvas.text_centred(
        face,
        "Choose 1",
        [middle, panel.y + panel.h * 0.65],
        panel.h * 0.15,
        panel.w,
        WHITE,
        None,
    );
    button(canvas, game.part(0.65, 0.87, 0.08, 0.09), [80, 110, 115], "Skip", face);
}

/// Windows of other programs around the game: bars, panels and lines of text.
pub(crate) fn desktop(canvas: &mut Canvas, px: f32, dice: &mut Dice) {
    let whole = Area::new(0.0, 0.0, canvas.width(), canvas.height());
    for _ in 0..dice.below(4) {
        let (w, h) = (dice.range(0.1, 0.5), dice.range(0.1, 0.6));
        let area = whole.part(dice.range(0.0, 1.0 - w), dice.range(0.0, 1.0 - h), w, h);
        let ground =
            if dice.chance(0.6) { [20, 22, 26] } else { [0; 3].map(|_: u8| dice.between(0, 255) as u8) };
        if dice.chance(0.5) {
            canvas.rounded(area.grown(px), 6.0 * px, accent(dice));
        }
        canvas.rounded(area, 6.0 * px, ground);
        let face = if dice.chance(0.6) { Face::Sans } else { Face::Strokes };
        let height = dice.range(4.0, 8.0) * px;
        let lines = (area.h / (height * 2.2)) as usize;
        for line in 0..lines.min(12) {
            let text = format!("{} {} {}", phrase(dice, face), phrase(dice, face), phrase(dice, face));
            let y = area.y + height * (1.0 + 2.2 * line as f32);
            canvas.text(face, &text, area.x + height, y, height, area.w - 2.0 * height, readable(ground));
        }
    }
    if dice.chance(0.4) {
        let bar = if dice.chance(0.7) { [0, 0, 0] } else { [235, 235, 238] };
        canvas.fill(whole.part(0.0, 0.0, 1.0, dice.range(0.02, 0.045)), bar);
        canvas.text(Face::Sans, "Balatro", 8.0 * px, 2.0 * px, 6.0 * px, 100.0 * px, readable(bar));
    }
}
