//! Diagrams as SVG: lines over steps or epochs, and reliability. Pure.
//!
//! Drawn here rather than by a library of plots: the page has to follow the reader's light or dark
//! theme, for which colours must be names of the page's style, and legends are text beside the
//! image, so that they never lie on it.

use lens_core::counted::counted;

use super::words::{escaped, number, percent, whole};

/// Width and height of a diagram, in its own units; the page scales it.
const SIZE: [f64; 2] = [560.0, 270.0];
/// Room at the left, top, right and bottom for the numbers and names of the axes.
const MARGIN: [f64; 4] = [58.0, 14.0, 28.0, 42.0];
/// Colours of the page's style.
const COLOURS: usize = 8;

/// What a vertical axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// From 0 to 1, written in per cent.
    Share,
    /// Any number from zero up.
    Number,
}

/// A line: its name and its points.
pub(super) type Series = (String, Vec<[f64; 2]>);

/// Lines in one diagram; nothing when there is no point.
pub(super) fn lines(title: &str, across: &str, unit: Unit, series: &[Series]) -> String {
    let finite = |point: &&[f64; 2]| point.iter().all(|it| it.is_finite());
    let all = || series.iter().flat_map(|(_, points)| points).filter(finite);
    if all().next().is_none() {
        return String::new();
    }
    let least = |axis: usize| all().map(|it| it[axis]).fold(f64::INFINITY, f64::min);
    let most = |axis: usize| all().map(|it| it[axis]).fold(f64::NEG_INFINITY, f64::max);
    let (left, right) = (least(0), most(0).max(least(0) + 1e-9));
    let steps = match unit {
        // Shares that are all high are told apart where they are.
        Unit::Share if least(1) > 0.6 => ticks((least(1) * 10.0 - 0.5).floor() / 10.0, 1.0, 5),
        Unit::Share => vec![0.0, 0.25, 0.5, 0.75, 1.0],
        Unit::Number => ticks(0.0, most(1), 5),
    };
    let (bottom, top) = (steps[0], steps[steps.len() - 1]);
    let x = |value: f64| MARGIN[0] + (value - left) / (right - left) * (SIZE[0] - MARGIN[0] - MARGIN[2]);
    let y = |value: f64| {
        SIZE[1] - MARGIN[3] - (value - bottom) / (top - bottom) * (SIZE[1] - MARGIN[1] - MARGIN[3])
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        SIZE[0],
        SIZE[1],
        escaped(title)
    );
    for &value in &steps {
        let text = match unit {
            Unit::Share => format!("{:.0} %", 100.0 * value),
            Unit::Number => on_axis(value, steps[1] - steps[0]),
        };
        svg += &format!(
            "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            MARGIN[0],
            SIZE[0] - MARGIN[2],
            y(value),
            y(value),
            MARGIN[0] - 8.0,
            y(value) + 4.0
        );
    }
    // Steps and epochs are whole.
    let is_marked = |it: &f64| (left..=right).contains(it) && (it - it.round()).abs() < 1e-9;
    for value in ticks(left, right, 7).into_iter().filter(is_marked) {
        svg += &format!(
            "<line class=\"axis\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{}\" y2=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(value),
            x(value),
            SIZE[1] - MARGIN[3],
            SIZE[1] - MARGIN[3] + 5.0,
            x(value),
            SIZE[1] - MARGIN[3] + 18.0,
            whole(value.round() as i64)
        );
    }
    let middle = (MARGIN[0] + SIZE[0] - MARGIN[2]) / 2.0;
    svg += &format!(
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        SIZE[1] - 5.0,
        escaped(across)
    );
    for (place, (name, points)) in series.iter().enumerate() {
        let shown: Vec<&[f64; 2]> = points.iter().filter(finite).collect();
        let path: Vec<String> = shown.iter().map(|it| format!("{:.1},{:.1}", x(it[0]), y(it[1]))).collect();
        let colour = format!("var(--c{})", place % COLOURS);
        svg += &format!(
            "<polyline fill=\"none\" style=\"stroke:{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\" points=\"{}\"/>",
            path.join(" ")
        );
        // A point for each epoch tells its figure under the pointer; steps are too many for that.
        for point in shown.iter().filter(|_| shown.len() <= 80) {
            let value = if unit == Unit::Share { percent(point[1], None) } else { number(point[1]) };
            svg += &format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" style=\"fill:{colour}\"><title>{}, {} {}: {value}</title></circle>",
                x(point[0]),
                y(point[1]),
                escaped(name),
                escaped(across),
                number(point[0])
            );
        }
    }
    let legend: String = series
        .iter()
        .enumerate()
        .filter(|(_, (_, points))| points.iter().any(|it| finite(&it)))
        .map(|(place, (name, points))| {
            let last = points.iter().rfind(finite).map_or(f64::NAN, |it| it[1]);
            let last = if unit == Unit::Share { percent(last, None) } else { number(last) };
            let colour = place % COLOURS;
            format!(
                "<span><i style=\"background:var(--c{colour})\"></i>{} <b>{last}</b></span>",
                escaped(name)
            )
        })
        .collect();
    format!("<figure><h3>{}</h3><div class=\"legend\">{legend}</div>{svg}</svg></figure>", escaped(title))
}

/// Bars of accuracy over confidence, and the diagonal on which they should end.
pub(super) fn reliability(what: &str, bins: &[(u64, f64)]) -> String {
    let (side, left, bottom) = (250.0, 58.0, 42.0);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Reliability\" style=\"max-width:360px\">",
        left + side + MARGIN[2],
        side + bottom + 14.0
    );
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = 14.0 + side * (1.0 - share);
        svg += &format!(
            "<line class=\"grid\" x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.0} %</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{:.0} %</text>",
            left + side,
            left - 8.0,
            y + 4.0,
            100.0 * share,
            left + side * share,
            side + 14.0 + 18.0,
            100.0 * share
        );
    }
    let width = side / bins.len().max(1) as f64;
    for (number, &(count, accuracy)) in bins.iter().enumerate().filter(|(_, (count, _))| *count > 0) {
        let high = accuracy * side;
        let range = [number, number + 1].map(|it| 100.0 * it as f64 / bins.len() as f64);
        svg += &format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" rx=\"2\" style=\"fill:var(--c0)\">\
             <title>{:.0} to {:.0} % sure: {}, {} right</title></rect>",
            left + number as f64 * width + 1.0,
            14.0 + side - high,
            width - 2.0,
            range[0],
            range[1],
            counted(whole(count as i64), "image"),
            percent(accuracy, Some(count))
        );
    }
    svg += &format!(
        "<line class=\"ideal\" x1=\"{left}\" y1=\"{}\" x2=\"{}\" y2=\"14\"/>",
        side + 14.0,
        left + side
    );
    svg += &format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">how sure the model is</text>",
        left + side / 2.0,
        side + bottom + 9.0
    );
    format!("<figure><h3>Right {what}, by how sure the model is</h3>{svg}</svg></figure>")
}

/// A number of an axis, with the digits that its step needs.
fn on_axis(value: f64, step: f64) -> String {
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
    fn epochs_are_whole_and_each_is_written_once() {
        let written = |last: f64| -> Vec<String> {
            let svg = lines("Loss", "epoch", Unit::Number, &[("a".into(), vec![[1.0, 0.9], [last, 0.4]])]);
            let texts = svg.split("<line class=\"axis\"").skip(1);
            let text = |it: &str| it.split_once("middle\">")?.1.split('<').next().map(str::to_owned);
            texts.filter_map(text).collect()
        };
        assert_eq!(written(2.0), ["1", "2"]);
        assert_eq!(written(3.0), ["1", "2", "3"]);
        assert_eq!(written(18.0), ["5", "10", "15"]);
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

    #[test]
    fn the_legend_stands_beside_the_picture_and_nothing_is_drawn_of_nothing() {
        let series = [("a <b>".to_owned(), vec![[1.0, 0.5], [2.0, f64::NAN], [3.0, 1.0]])];
        let html = lines("Top 1", "epoch", Unit::Share, &series);
        let (before, svg) = html.split_once("<svg").unwrap();
        assert!(before.contains("a &lt;b&gt;") && before.contains("100.0 %"), "{before}");
        assert!(!svg.contains("NaN") && svg.contains(">100 %<") && !svg.contains("1.050"), "{svg}");
        assert_eq!(lines("Top 1", "epoch", Unit::Share, &[("a".into(), vec![])]), "");
    }
}
