//! Where an axis has its numbers, and how they are written. Pure.

use crate::report::words::{number, whole};

/// A number of an axis, with the digits that its step needs.
pub(super) fn on_axis(value: f64, step: f64) -> String {
    if step >= 1.0 && step.fract() == 0.0 {
        return whole(value.round() as i64);
    }
    // One more for steps of two and a half.
    let digits = (0..8).find(|digits| {
        let scaled = step * 10_f64.powi(*digits);
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    });
    match digits {
        Some(digits) if digits < 7 => format!("{value:.*}", digits as usize),
        _ => number(value),
    }
}

/// Round numbers from at or below `from` to at or above `to`, at most about `most` of them.
pub(super) fn ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let span = (to - from).max(1e-9);
    let rough = span / most as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|it| it * power).into_iter().find(|it| *it >= rough - 1e-12);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((from / step + 1e-9).floor() as i64, (to / step - 1e-9).ceil() as i64);
    (first..=last.max(first + 1)).map(|it| it as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers_that_enclose_what_is_drawn() {
        let check = |from: f64, to: f64, most: usize, want: &[f64]| {
            let found = ticks(from, to, most);
            let is_near = found.iter().zip(want).all(|(one, other)| (one - other).abs() < 1e-9);
            assert!(is_near && found.len() == want.len(), "{found:?}, not {want:?}");
        };
        check(0.0, 2.7, 5, &[0.0, 1.0, 2.0, 3.0]);
        check(0.0, 0.9, 5, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        check(1.0, 40.0, 7, &[0.0, 10.0, 20.0, 30.0, 40.0]);
        for (from, to) in [(0.0, 1e-6), (0.0, 0.0), (3.0, 3.0), (0.0, 1e9)] {
            let found = ticks(from, to, 5);
            assert!(found[0] <= from && found[found.len() - 1] >= to && found.len() >= 2, "{found:?}");
        }
    }

    #[test]
    fn numbers_of_an_axis_have_the_digits_of_its_step() {
        let check = |step: f64, want: [&str; 3]| {
            assert_eq!([1.0, 2.0, 3.0].map(|it| on_axis(it * step, step)), want);
        };
        check(0.0005, ["0.0005", "0.0010", "0.0015"]);
        check(0.25, ["0.25", "0.50", "0.75"]);
        check(2.5, ["2.5", "5.0", "7.5"]);
        check(250.0, ["250", "500", "750"]);
        check(5e-8, ["5.0e-8", "1.0e-7", "1.5e-7"]);
    }
}
