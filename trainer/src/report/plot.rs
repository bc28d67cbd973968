//! Figures as images: confusion matrices, points, bars and reliability. Pure.

use image::{Rgba, RgbaImage};
use synth::preview;

use crate::evaluate::metrics::Confusion;

const BACKGROUND: Rgba<u8> = Rgba([24, 26, 32, 255]);
const WORDS: [u8; 3] = [220, 222, 228];
/// Room beside a matrix for its names.
const NAMES: u32 = 96;
/// A matrix with more classes than this has no names: they would not be readable.
const MAX_NAMED: usize = 60;

/// A matrix: a row for each truth, a column for each prediction; right ones are green, wrong ones
/// red, by their share of the row.
pub fn confusion(confusion: &Confusion) -> RgbaImage {
    let side = confusion.classes.len() as u32;
    let cell = (720 / side.max(1)).clamp(2, 40);
    let named = confusion.classes.len() <= MAX_NAMED && cell >= 10;
    let margin = if named { NAMES } else { 0 };
    let mut image = RgbaImage::from_pixel(margin + side * cell + 1, side * cell + 1, BACKGROUND);
    for truth in 0..side {
        let whole = confusion.of_class(truth as usize).whole as f32;
        for predicted in 0..side {
            let count = confusion.count(truth as usize, predicted as usize);
            let share = if whole > 0.0 { count as f32 / whole } else { 0.0 };
            let level =
                |from: u8, to: u8| (f32::from(from) + (f32::from(to) - f32::from(from)) * share.sqrt()) as u8;
            let to = if truth == predicted { [64, 200, 120] } else { [240, 80, 70] };
            let colour = Rgba([level(36, to[0]), level(38, to[1]), level(46, to[2]), 255]);
            let (left, top) = (margin + predicted * cell, truth * cell);
            for y in top..(top + cell).saturating_sub(u32::from(cell > 3)).max(top + 1) {
                for x in left..(left + cell).saturating_sub(u32::from(cell > 3)).max(left + 1) {
                    image.put_pixel(x, y, colour);
                }
            }
            if count > 0 && cell >= 18 {
                let at = [left as f32 + 3.0, top as f32 + cell as f32 / 2.0 - 4.0];
                preview::write(&mut image, &count.to_string(), at, cell as f32 - 3.0, [255; 3]);
            }
        }
    }
    if named {
        for (truth, class) in confusion.classes.iter().enumerate() {
            let y = truth as f32 * cell as f32 + cell as f32 / 2.0 - 4.0;
            preview::write(&mut image, class, [2.0, y], margin as f32 - 6.0, WORDS);
        }
    }
    image
}

/// Points of groups in a square, each group in its own colour with its name at its middle.
pub fn points(points: &[([f32; 2], usize)], names: &[String], side: u32) -> RgbaImage {
    let mut image = RgbaImage::from_pixel(side, side, BACKGROUND);
    let range = |axis: usize| {
        let values = points.iter().map(|(point, _)| point[axis]).filter(|value| value.is_finite());
        let (low, high) =
            values.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), it| (a.min(it), b.max(it)));
        if low < high { (low, high) } else { (low - 1.0, low + 1.0) }
    };
    let (across, down) = (range(0), range(1));
    let place =
        |value: f32, (low, high): (f32, f32)| (value - low) / (high - low) * (side as f32 - 48.0) + 24.0;
    let at = |point: [f32; 2]| [place(point[0], across), side as f32 - place(point[1], down)];
    let mut middles = vec![([0.0_f32; 2], 0.0_f32); names.len()];
    for &(point, group) in points.iter().filter(|(point, _)| point.iter().all(|value| value.is_finite())) {
        let [x, y] = at(point);
        let colour = colour_of(group, names.len());
        for dy in -2_i32..=2 {
            for dx in -2_i32..=2 {
                let (px, py) = (x as i32 + dx, y as i32 + dy);
                if dx * dx + dy * dy <= 5 && px >= 0 && py >= 0 && px < side as i32 && py < side as i32 {
                    image.put_pixel(px as u32, py as u32, Rgba([colour[0], colour[1], colour[2], 255]));
                }
            }
        }
        let middle = &mut middles[group];
        *middle = ([middle.0[0] + x, middle.0[1] + y], middle.1 + 1.0);
    }
    for (name, (sum, count)) in names.iter().zip(middles).filter(|(_, (_, count))| *count > 0.0) {
        preview::write(&mut image, name, [sum[0] / count + 4.0, sum[1] / count - 4.0], 90.0, WORDS);
    }
    image
}

/// One of several bars below each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// Its length, of 1.
    pub share: f32,
    /// What is written behind it.
    pub text: String,
}

const GRID: Rgba<u8> = Rgba([44, 48, 58, 255]);
const FILLED: Rgba<u8> = Rgba([79, 195, 247, 255]);

/// Bars with their names before and their figures behind them.
pub fn bars(bars: &[Bar]) -> RgbaImage {
    const ROW: u32 = 22;
    const LENGTH: u32 = 300;
    let height = (bars.len() as u32 * ROW).max(ROW) + 8;
    let mut image = RgbaImage::from_pixel(NAMES + LENGTH + 220, height, BACKGROUND);
    for (row, bar) in bars.iter().enumerate() {
        let top = row as u32 * ROW + 8;
        fill(&mut image, [NAMES, top, LENGTH, 10], GRID);
        let length = (bar.share.clamp(0.0, 1.0) * LENGTH as f32).round() as u32;
        fill(&mut image, [NAMES, top, length, 10], FILLED);
        let text = top as f32 + 1.0;
        preview::write(&mut image, &bar.name, [4.0, text], NAMES as f32 - 8.0, WORDS);
        preview::write(&mut image, &bar.text, [(NAMES + LENGTH) as f32 + 8.0, text], 210.0, WORDS);
    }
    image
}

/// Bars of accuracy over confidence, and the diagonal on which they should end; the count of each
/// below it.
pub fn reliability(bins: &[(u64, f64)]) -> RgbaImage {
    const SIDE: u32 = 300;
    const LEFT: u32 = 40;
    let mut image = RgbaImage::from_pixel(LEFT + SIDE + 12, SIDE + 44, BACKGROUND);
    let width = SIDE / bins.len().max(1) as u32;
    for quarter in 0..=4 {
        let y = 8 + SIDE * quarter / 4;
        fill(&mut image, [LEFT, y, SIDE, 1], GRID);
        let text = format!("{} %", 100 - 25 * quarter);
        preview::write(&mut image, &text, [2.0, y as f32 - 4.0], LEFT as f32 - 4.0, WORDS);
    }
    for (number, &(count, accuracy)) in bins.iter().enumerate().filter(|(_, (count, _))| *count > 0) {
        let high = (accuracy.clamp(0.0, 1.0) * f64::from(SIDE)).round() as u32;
        let left = LEFT + number as u32 * width;
        fill(&mut image, [left + 1, 8 + SIDE - high, width.saturating_sub(2).max(1), high], FILLED);
        let at = [left as f32 + 1.0, (SIDE + 14) as f32];
        preview::write(&mut image, &count.to_string(), at, width as f32, WORDS);
    }
    for step in 0..SIDE {
        fill(&mut image, [LEFT + step, 8 + SIDE - 1 - step, 2, 1], Rgba([240, 80, 70, 255]));
    }
    let at = [LEFT as f32, (SIDE + 30) as f32];
    preview::write(&mut image, "right, by how sure the model is (0 to 100 %)", at, SIDE as f32, WORDS);
    image
}

/// Fills a rectangle as far as it is on the image: left, top, width, height.
fn fill(image: &mut RgbaImage, [left, top, width, height]: [u32; 4], colour: Rgba<u8>) {
    for y in top..(top + height).min(image.height()) {
        for x in left..(left + width).min(image.width()) {
            image.put_pixel(x, y, colour);
        }
    }
}

/// Hues around the circle, so that neighbours in the list differ.
fn colour_of(group: usize, groups: usize) -> [u8; 3] {
    let hue = (group as f32 * 0.618_034 % 1.0) * 6.0;
    let bright = if group * 2 < groups { 255.0 } else { 190.0 };
    let wave = |shift: f32| {
        let distance = ((hue + shift) % 6.0 - 3.0).abs();
        (bright * (0.25 + 0.75 * (distance - 1.0).clamp(0.0, 1.0))) as u8
    };
    [wave(0.0), wave(4.0), wave(2.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_ones_are_green_and_wrong_ones_red() {
        let names: Vec<String> = (0..70).map(|number| number.to_string()).collect();
        let mut matrix = Confusion::new(&names);
        matrix.add(3, 3);
        matrix.add(5, 8);
        let image = confusion(&matrix);
        let cell = image.width() / 70;
        let at = |column: u32, row: u32| image.get_pixel(column * cell + 1, row * cell + 1).0;
        assert!(at(3, 3)[1] > at(3, 3)[0] && at(8, 5)[0] > at(8, 5)[1]);
        assert_eq!(at(0, 0), at(60, 9));
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_reliability_has_its_diagonal() {
        let bar = |share: f32| Bar { name: "Joker".into(), share, text: "3 of 4".into() };
        let image = bars(&[bar(0.0), bar(0.5), bar(7.0)]);
        let filled =
            |row: u32| (0..300).filter(|x| *image.get_pixel(NAMES + x, row * 22 + 12) == FILLED).count();
        assert_eq!([0, 1, 2].map(filled), [0, 150, 300]);
        let image = reliability(&[(0, 0.0), (3, 0.5), (9, 1.0)]);
        let is_filled = |x: u32, y: u32| *image.get_pixel(x, y) == FILLED;
        assert!(!is_filled(60, 300) && is_filled(150, 300) && !is_filled(150, 100) && is_filled(330, 120));
        let red = image.pixels().filter(|it| it[0] == 240 && it[1] == 80).count();
        assert!(red >= 300, "{red}");
    }

    #[test]
    fn points_stay_inside_also_when_there_is_only_one_place() {
        let image =
            points(&[([2.0, 2.0], 0), ([2.0, 2.0], 1), ([f32::NAN, 1.0], 1)], &["a".into(), "b".into()], 80);
        assert!(image.pixels().any(|pixel| pixel[0] > 100));
    }
}
