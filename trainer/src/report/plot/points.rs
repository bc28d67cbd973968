//! Points of groups in a square.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::sheet::{Drawn, Figure, Ink, Sheet};

const MARGIN: f64 = 24.0;

/// Each group in its own colour, with its name at its middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Points<'a> {
    /// Where each lies, in any unit, and which group it is of.
    pub(crate) points: &'a [([f32; 2], usize)],
    /// Of the groups.
    pub(crate) names: &'a [String],
    pub(crate) side: f64,
}

impl Points<'_> {
    fn finite(&self) -> impl Iterator<Item = &([f32; 2], usize)> {
        self.points.iter().filter(|(point, _)| point.iter().all(|value| value.is_finite()))
    }

    fn range(&self, axis: usize) -> (f32, f32) {
        let values = self.finite().map(|(point, _)| point[axis]);
        let none = (f32::INFINITY, f32::NEG_INFINITY);
        let (low, high) = values.fold(none, |(low, high), it| (low.min(it), high.max(it)));
        if low < high { (low, high) } else { (low - 1.0, low + 1.0) }
    }
}

impl Figure for Points<'_> {
    fn size(&self) -> [f64; 2] {
        [self.side; 2]
    }

    fn title(&self) -> String {
        "Points by group".into()
    }

    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B> {
        let ranges = [self.range(0), self.range(1)];
        let place = |value: f32, (low, high): (f32, f32)| {
            f64::from((value - low) / (high - low)) * (self.side - 2.0 * MARGIN) + MARGIN
        };
        let mut middles = vec![([0.0_f64; 2], 0.0_f64); self.names.len()];
        for &(point, group) in self.finite() {
            let [x, y] = [place(point[0], ranges[0]), self.side - place(point[1], ranges[1])];
            sheet.dot([x, y], 2.2, Ink::Plain(colour_of(group, self.names.len())))?;
            let (sum, count) = &mut middles[group];
            (*sum, *count) = ([sum[0] + x, sum[1] + y], *count + 1.0);
        }
        for (name, (sum, count)) in self.names.iter().zip(middles).filter(|(_, (_, count))| *count > 0.0) {
            let at = [sum[0] / count + 4.0, sum[1] / count];
            sheet.write(name, at, HPos::Left, 10.0, Ink::Text)?;
        }
        Ok(())
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
    use super::super::picture;
    use super::*;

    #[test]
    fn points_stay_inside_also_when_there_is_only_one_place() {
        let points = [([2.0, 2.0], 0), ([2.0, 2.0], 1), ([f32::NAN, 1.0], 1)];
        let image = picture(&Points { points: &points, names: &["a".into(), "b".into()], side: 80.0 });
        assert!(image.pixels().any(|pixel| pixel[0] > 100));
    }
}
