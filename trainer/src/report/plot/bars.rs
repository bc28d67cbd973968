//! Bars below each other.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::sheet::{Drawn, Figure, Ink, Sheet, width_of};

const ROW: f64 = 22.0;
/// Length of a whole bar.
const LENGTH: f64 = 300.0;
const WORDS: f64 = 12.0;

/// One of several bars.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    /// What it is of.
    pub(crate) name: String,
    /// Its length, of 1.
    pub(crate) share: f64,
    /// What is written behind it.
    pub(crate) text: String,
}

/// Bars with their names before and their figures behind them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bars<'a>(pub(crate) &'a [Bar]);

impl Bars<'_> {
    /// Where the bars begin.
    fn left(&self) -> f64 {
        16.0 + self.0.iter().map(|it| width_of(&it.name, WORDS)).fold(0.0, f64::max)
    }
}

impl Figure for Bars<'_> {
    fn size(&self) -> [f64; 2] {
        let behind = self.0.iter().map(|it| width_of(&it.text, WORDS)).fold(0.0, f64::max);
        [self.left() + LENGTH + behind + 16.0, self.0.len().max(1) as f64 * ROW + 8.0]
    }

    fn title(&self) -> String {
        "Bars".into()
    }

    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B> {
        let left = self.left();
        for (row, bar) in self.0.iter().enumerate() {
            let middle = 4.0 + ROW * (row as f64 + 0.5);
            sheet.write(&bar.name, [left - 8.0, middle], HPos::Right, WORDS, Ink::Text)?;
            sheet.fill([left, middle - 5.0, LENGTH, 10.0], Ink::Grid, 1.0)?;
            let length = LENGTH * bar.share.clamp(0.0, 1.0);
            sheet.fill([left, middle - 5.0, length, 10.0], Ink::Bar, 1.0)?;
            sheet.write(&bar.text, [left + LENGTH + 8.0, middle], HPos::Left, WORDS, Ink::Faint)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture;
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let bar = |share: f64| Bar { name: "Joker".into(), share, text: "3 of 4".into() };
        let bars = [bar(0.0), bar(0.5), bar(7.0)];
        let image = picture(&Bars(&bars));
        let is_filled = |x: u32, y: u32| {
            let pixel = image.get_pixel(x, y);
            (0..3).all(|it| pixel[it].abs_diff(Ink::Bar.dark()[it]) < 12)
        };
        let filled = |row: u32| (0..image.width()).filter(|x| is_filled(*x, row * 22 + 15)).count();
        let lengths = [0, 1, 2].map(filled);
        assert!(
            lengths[0] <= 1 && lengths[1].abs_diff(150) <= 2 && lengths[2].abs_diff(300) <= 2,
            "{lengths:?}"
        );
    }
}
