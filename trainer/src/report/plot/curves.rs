//! Lines over steps or epochs, and reliability: what has axes.

use std::ops::Range;

use lens_core::counted::counted;
use plotters::backend::DrawingBackend;
use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, Rectangle};
use plotters::series::{DashedLineSeries, LineSeries};

use super::axes::{on_axis, ticks};
use super::sheet::{Drawn, Figure, Ink, Sheet, Spot};
use crate::report::words::{number, percent, whole};

/// Size of the numbers at axes.
const SMALL: f64 = 12.0;
/// Points that are marked each: steps are too many for that.
const MAX_MARKED: usize = 80;

/// An axis with numbers at chosen places.
struct Axis {
    range: RangedCoordf64,
    marks: Vec<f64>,
}

impl Axis {
    fn new(range: Range<f64>, marks: Vec<f64>) -> Self {
        Self { range: range.into(), marks }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.range.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Those are the finer lines, of which there are none.
        if hint.weight().allow_light_points() { Vec::new() } else { self.marks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.range()
    }
}

/// What a vertical axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// From 0 to 1, written in per cent.
    Share,
    /// Any number from zero up.
    Number,
}

impl Unit {
    /// A number as people read it.
    pub(crate) fn say(self, value: f64) -> String {
        if self == Self::Share { percent(value, None) } else { number(value) }
    }
}

/// How far a line may go up and down, in its own heights, before the eye needs one through its
/// middle.
const MAX_TRAVEL: f64 = 6.0;

/// The line through the middle of one that jumps up and down: at each point the mean of a twentieth
/// of all around it. Nothing for a line that is calm, or short.
pub(crate) fn smoothed(points: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let points: Vec<[f64; 2]> = points.iter().copied().filter(is_finite).collect();
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (least, most) = points.iter().fold(ends, |(least, most), it| (least.min(it[1]), most.max(it[1])));
    let travel: f64 = points.windows(2).map(|it| (it[1][1] - it[0][1]).abs()).sum();
    if points.len() <= MAX_MARKED || travel <= MAX_TRAVEL * (most - least) {
        return None;
    }
    let reach = points.len() / 40;
    let around = |at: usize| &points[at.saturating_sub(reach)..points.len().min(at + reach + 1)];
    let mean = |part: &[[f64; 2]]| part.iter().map(|it| it[1]).sum::<f64>() / part.len() as f64;
    Some(points.iter().enumerate().map(|(at, it)| [it[0], mean(around(at))]).collect())
}

/// A line: its name and its points.
pub(crate) type Series = (String, Vec<[f64; 2]>);

/// Lines in one figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    pub(crate) title: &'a str,
    /// What is counted from left to right.
    pub(crate) across: &'a str,
    pub(crate) unit: Unit,
    pub(crate) series: &'a [Series],
}

/// Whether a point can be drawn.
pub(crate) fn is_finite(point: &[f64; 2]) -> bool {
    point.iter().all(|it| it.is_finite())
}

impl Lines<'_> {
    /// Whether there is no point to draw.
    pub(crate) fn is_empty(&self) -> bool {
        !self.series.iter().flat_map(|(_, points)| points).any(is_finite)
    }

    /// From the least to the most of one of the two.
    fn range(&self, axis: usize) -> (f64, f64) {
        let all = self.series.iter().flat_map(|(_, points)| points).filter(|it| is_finite(it));
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        all.fold(none, |(least, most), it| (least.min(it[axis]), most.max(it[axis])))
    }

    fn steps(&self) -> Vec<f64> {
        let (least, most) = self.range(1);
        match self.unit {
            // Shares that are all high are told apart where they are.
            Unit::Share if least > 0.6 => ticks((least * 10.0 - 0.5).floor() / 10.0, 1.0, 5),
            Unit::Share => vec![0.0, 0.25, 0.5, 0.75, 1.0],
            Unit::Number => ticks(0.0, most, 5),
        }
    }

    /// Where the horizontal axis has numbers: steps and epochs are whole.
    fn marks(&self) -> Vec<f64> {
        let (left, right) = self.range(0);
        let is_marked = |it: &f64| (left..=right).contains(it) && (it - it.round()).abs() < 1e-9;
        ticks(left, right, 7).into_iter().filter(is_marked).collect()
    }
}

impl Figure for Lines<'_> {
    fn size(&self) -> [f64; 2] {
        [560.0, 270.0]
    }

    fn widest(&self) -> f64 {
        2.0 * self.size()[0]
    }

    fn title(&self) -> String {
        self.title.to_owned()
    }

    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B> {
        if self.is_empty() {
            return Ok(());
        }
        let (left, right) = self.range(0);
        let right = right.max(left + 1e-9);
        let steps = self.steps();
        let (bottom, step, top) = (steps[0], steps[1] - steps[0], steps[steps.len() - 1]);
        let mut chart = ChartBuilder::on(&sheet.area)
            .margin_top(sheet.dots(14.0))
            .margin_right(sheet.dots(28.0))
            .x_label_area_size(sheet.dots(42.0))
            .y_label_area_size(sheet.dots(58.0))
            .build_cartesian_2d(Axis::new(left..right, self.marks()), Axis::new(bottom..top, steps))?;
        let say = |value: &f64| match self.unit {
            Unit::Share => format!("{:.0} %", 100.0 * value),
            Unit::Number => on_axis(*value, step),
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_y_axis()
            .bold_line_style(sheet.line(Ink::Grid, 1.0))
            .axis_style(sheet.line(Ink::Edge, 1.0))
            .set_tick_mark_size(LabelAreaPosition::Bottom, sheet.dots(4.0))
            .label_style(sheet.words(SMALL, Ink::Faint))
            .x_label_formatter(&|value| whole(value.round() as i64))
            .x_desc(self.across)
            .axis_desc_style(sheet.words(SMALL, Ink::Faint))
            .draw()?;
        // The vertical axis has numbers, and no line.
        chart
            .configure_mesh()
            .disable_mesh()
            .disable_x_axis()
            .axis_style(sheet.filled(Ink::Edge, 0.0))
            .set_tick_mark_size(LabelAreaPosition::Left, sheet.dots(4.0))
            .label_style(sheet.words(SMALL, Ink::Faint))
            .y_label_offset(sheet.sink(SMALL))
            .y_label_formatter(&say)
            .draw()?;
        for (place, (name, points)) in self.series.iter().enumerate() {
            let shown: Vec<(f64, f64)> =
                points.iter().filter(|it| is_finite(it)).map(|it| (it[0], it[1])).collect();
            let colour = Ink::Series(place);
            if let Some(middle) = smoothed(points) {
                chart.draw_series(LineSeries::new(shown.iter().copied(), sheet.veiled(colour, 1.0, 0.25)))?;
                let middle = middle.into_iter().map(|[x, y]| (x, y));
                chart.draw_series(LineSeries::new(middle, sheet.line(colour, 2.0)))?;
                continue;
            }
            chart.draw_series(LineSeries::new(shown.iter().copied(), sheet.line(colour, 2.0)))?;
            if shown.len() > MAX_MARKED {
                continue;
            }
            let dot = |it: &(f64, f64)| Circle::new(*it, sheet.dots(3.0), sheet.filled(colour, 1.0));
            chart.draw_series(shown.iter().map(dot))?;
            for point in &shown {
                let (x, y) = chart.backend_coord(point);
                let said = format!("{name}, {} {}: {}", self.across, number(point.0), self.unit.say(point.1));
                sheet.hint(Spot::Point([x, y]), said);
            }
        }
        Ok(())
    }
}

/// Bars of how much is right over how sure the model is, and the diagonal on which they should
/// end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reliability<'a> {
    /// How many images there are in each bin, and which share of them is right.
    pub(crate) bins: &'a [(u64, f64)],
}

const QUARTERS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

impl Figure for Reliability<'_> {
    fn size(&self) -> [f64; 2] {
        [336.0, 306.0]
    }

    fn title(&self) -> String {
        "Reliability".into()
    }

    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B> {
        let mut chart = ChartBuilder::on(&sheet.area)
            .margin_top(sheet.dots(14.0))
            .margin_right(sheet.dots(28.0))
            .x_label_area_size(sheet.dots(42.0))
            .y_label_area_size(sheet.dots(58.0))
            .build_cartesian_2d(
                Axis::new(0.0..1.0, QUARTERS.to_vec()),
                Axis::new(0.0..1.0, QUARTERS.to_vec()),
            )?;
        let say = |share: &f64| format!("{:.0} %", 100.0 * share);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(sheet.filled(Ink::Edge, 0.0))
            .bold_line_style(sheet.line(Ink::Grid, 1.0))
            .set_tick_mark_size(LabelAreaPosition::Left, sheet.dots(4.0))
            .set_tick_mark_size(LabelAreaPosition::Bottom, sheet.dots(3.0) + sheet.sink(SMALL) / 2)
            .label_style(sheet.words(SMALL, Ink::Faint))
            .y_label_offset(sheet.sink(SMALL))
            .x_label_formatter(&say)
            .y_label_formatter(&say)
            .x_desc("how sure the model is")
            .axis_desc_style(sheet.words(SMALL, Ink::Faint))
            .draw()?;
        let width = 1.0 / self.bins.len().max(1) as f64;
        for (place, &(count, right)) in self.bins.iter().enumerate().filter(|(_, (count, _))| *count > 0) {
            let range = [place, place + 1].map(|it| it as f64 * width);
            let corners = [(range[0] + 0.04 * width, 0.0), (range[1] - 0.04 * width, right.clamp(0.0, 1.0))];
            chart.draw_series([Rectangle::new(corners, sheet.filled(Ink::Bar, 1.0))])?;
            let [low, high] = [(range[0], 1.0), (range[1], 0.0)].map(|it| chart.backend_coord(&it));
            let said = format!(
                "{:.0} to {:.0} % sure: {}, {} right",
                100.0 * range[0],
                100.0 * range[1],
                counted(whole(count as i64), "image"),
                percent(right, Some(count))
            );
            sheet.hint(Spot::Area([low.0, low.1, high.0 - low.0, high.1 - low.1]), said);
        }
        let (dash, gap) = (sheet.dots(5.0), sheet.dots(4.0));
        let ideal = [(0.0, 0.0), (1.0, 1.0)];
        chart.draw_series(DashedLineSeries::new(ideal, dash, gap, sheet.line(Ink::Text, 1.5)))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{picture, svg};
    use super::*;

    fn lines(unit: Unit, points: Vec<[f64; 2]>) -> String {
        let series = [("a <b>".to_owned(), points)];
        svg(&Lines { title: "Top 1", across: "epoch", unit, series: &series })
    }

    #[test]
    fn epochs_are_whole_and_each_is_written_once() {
        let written = |last: f64| -> Vec<String> {
            let svg = lines(Unit::Number, vec![[1.0, 0.9], [last, 0.4]]);
            let texts = svg.split("<text").filter(|it| it.contains("text-anchor=\"middle\""));
            let text = |it: &str| Some(it.split_once('>')?.1.split('<').next()?.to_owned());
            texts.filter_map(text).filter(|it| it != "epoch").collect()
        };
        assert_eq!(written(2.0), ["1", "2"]);
        assert_eq!(written(3.0), ["1", "2", "3"]);
        assert_eq!(written(18.0), ["5", "10", "15"]);
    }

    #[test]
    fn a_figure_has_the_pages_colours_and_nothing_that_is_no_number() {
        let svg = lines(Unit::Share, vec![[1.0, 0.5], [2.0, f64::NAN], [3.0, 1.0]]);
        assert!(!svg.contains("NaN") && svg.contains(">100 %<") && !svg.contains("1.050"), "{svg}");
        assert!(svg.contains("stroke=\"var(--c0)\"") && svg.contains("fill=\"var(--faint)\""), "{svg}");
        assert!(!svg.contains('#') && !svg.contains("http"), "a colour of its own: {svg}");
        assert!(svg.contains("<title>a &lt;b&gt;, epoch 3: 100.0 %</title>"), "{svg}");
    }

    #[test]
    fn a_line_that_jumps_has_another_through_its_middle() {
        let points = |of: &dyn Fn(u32) -> f64| -> Vec<[f64; 2]> {
            (0..400).map(|at| [f64::from(at), of(at)]).collect()
        };
        let jump = |at: u32| if at.is_multiple_of(2) { 0.2 } else { -0.2 };
        let jumps = points(&|at| 1.0 - f64::from(at) / 800.0 + jump(at));
        let middle = smoothed(&jumps).unwrap();
        let wrong = middle.iter().map(|[x, y]| (y - (1.0 - x / 800.0)).abs()).fold(0.0, f64::max);
        assert!(middle.len() == jumps.len() && wrong < 0.03, "{wrong}");
        let svg = lines(Unit::Number, jumps);
        assert_eq!(svg.matches("stroke=\"var(--c0)\"").count(), 2, "the line itself is seen behind it");
        assert_eq!(svg.matches("opacity=\"0.25\"").count(), 1);
        // What is calm, however long, and what is short, stay as they are.
        assert_eq!(smoothed(&points(&|at| f64::from(1 + at).recip())), None);
        assert_eq!(smoothed(&points(&jump)[..40]), None);
    }

    #[test]
    fn bars_end_where_they_should_and_the_diagonal_is_there() {
        let bins = [(0, 0.0), (3, 0.5), (9, 1.0)];
        let image = picture(&Reliability { bins: &bins });
        let bar = |at: &image::Rgba<u8>| {
            let near = Ink::Bar.dark();
            (0..3).all(|it| at[it].abs_diff(near[it]) < 12)
        };
        // The bins lie between 58 and 308 points, from 14 down to 264.
        let is_bar = |x: u32, y: u32| bar(image.get_pixel(x, y));
        assert!(!is_bar(80, 255) && is_bar(200, 255) && !is_bar(200, 120), "{:?}", image.get_pixel(200, 255));
        assert!(is_bar(290, 150) && is_bar(290, 100));
        let text = Ink::Text.dark();
        let white = image.pixels().filter(|it| (0..3).all(|at| it[at].abs_diff(text[at]) < 30)).count();
        assert!(white > 100, "{white} pixels of the diagonal");
    }
}
