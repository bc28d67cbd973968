//! Figures as pictures: confusion matrices and points. Pure.

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
    fn points_stay_inside_also_when_there_is_only_one_place() {
        let image =
            points(&[([2.0, 2.0], 0), ([2.0, 2.0], 1), ([f32::NAN, 1.0], 1)], &["a".into(), "b".into()], 80);
        assert!(image.pixels().any(|pixel| pixel[0] > 100));
    }
}
