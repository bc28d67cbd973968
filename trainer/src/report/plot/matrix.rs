//! What was taken for what.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::sheet::{Drawn, Figure, Ink, Sheet, width_of};
use crate::evaluate::metrics::Confusion;

/// A matrix with more classes than this has no names: they would not be readable.
const MAX_NAMED: usize = 60;
/// Letters of a name.
const MAX_LETTERS: usize = 20;
/// Size of names and counts.
const NAME: f64 = 12.0;
const COUNT: f64 = 11.0;

/// A row for each truth, a column for each prediction: right ones are green, wrong ones red, by
/// their share of the row; what is more than half of it is as strong as can be.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    /// Those that are shown, as people call them.
    pub(crate) names: Vec<String>,
    /// How often each was taken for each.
    pub(crate) rows: Vec<Vec<u64>>,
    /// How many images there are of each, those included that were taken for what is not shown.
    pub(crate) wholes: Vec<u64>,
}

impl Matrix {
    /// All of what a network was judged by.
    pub(crate) fn new(confusion: &Confusion) -> Self {
        let classes = 0..confusion.classes.len();
        let row = |truth| classes.clone().map(|it| u64::from(confusion.count(truth, it))).collect();
        Self {
            names: confusion.classes.clone(),
            rows: classes.clone().map(row).collect(),
            wholes: classes.clone().map(|it| confusion.of_class(it).whole as u64).collect(),
        }
    }

    /// Its width where it is not made smaller.
    pub(crate) fn width(&self) -> f64 {
        self.size()[0]
    }

    fn is_named(&self) -> bool {
        self.names.len() <= MAX_NAMED
    }

    fn cell(&self) -> f64 {
        if self.is_named() { 24.0 } else { (900.0 / self.names.len() as f64).floor().max(2.0) }
    }

    /// Room for the names, at the left and above.
    fn margin(&self) -> f64 {
        let wide = |name: &String| width_of(&short(name), NAME);
        if self.is_named() { 14.0 + self.names.iter().map(wide).fold(0.0, f64::max) } else { 0.0 }
    }
}

/// Names that are too long for a row's beginning.
fn short(name: &str) -> String {
    if name.chars().count() <= MAX_LETTERS {
        return name.to_owned();
    }
    name.chars().take(MAX_LETTERS - 1).chain(['\u{2026}']).collect()
}

/// How strong the colour of a cell is, and what its count is written in. Between the two halves lie
/// strengths on which neither ink can be read in both themes.
fn strength(share: f64) -> (f64, Ink) {
    if share > 0.5 { (1.0, Ink::Ground) } else { (0.2 + 0.6 * share, Ink::Text) }
}

impl Figure for Matrix {
    fn size(&self) -> [f64; 2] {
        let side = self.margin() + self.names.len() as f64 * self.cell() + 2.0;
        [side, side]
    }

    fn title(&self) -> String {
        "What was taken for what".into()
    }

    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B> {
        let (cell, margin) = (self.cell(), self.margin());
        let side = cell - if cell > 8.0 { 2.0 } else { f64::from(u8::from(cell > 3.0)) };
        for (row, name) in self.names.iter().enumerate() {
            let at = margin + row as f64 * cell;
            let middle = at + side / 2.0;
            if self.is_named() {
                sheet.write(&short(name), [margin - 8.0, middle], HPos::Right, NAME, Ink::Faint)?;
                sheet.write_upwards(&short(name), [middle, margin - 7.0], NAME, Ink::Faint)?;
            }
            let whole = self.wholes[row].max(1);
            for (column, &count) in self.rows[row].iter().enumerate() {
                let share = count as f64 / whole as f64;
                let colour = if row == column { Ink::Good } else { Ink::Bad };
                let (strength, words) = strength(share);
                let (ink, strength) = if count == 0 { (Ink::Grid, 1.0) } else { (colour, strength) };
                let left = margin + column as f64 * cell;
                let area = [left, at, side, side];
                sheet.fill(area, ink, strength)?;
                if !self.is_named() {
                    continue;
                }
                if count > 0 {
                    let place = [left + side / 2.0, middle];
                    sheet.write(&count.to_string(), place, HPos::Center, COUNT, words)?;
                }
                let taken_for = &self.names[column];
                sheet.hint_over(area, format!("{name} taken for {taken_for}: {count} of {whole}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture;
    use super::*;

    /// WCAG 2.2, level AA, in both themes of the page.
    #[test]
    fn counts_are_readable_on_every_strength() {
        let style = include_str!("../page/style.css");
        let themes: Vec<&str> = style.split("prefers-color-scheme:dark").collect();
        assert_eq!(themes.len(), 2);
        let colour = |theme: &str, name: &str| {
            let at = theme.find(&format!("--{name}:#")).unwrap() + name.len() + 4;
            let digits: String = theme[at..].chars().take_while(char::is_ascii_hexdigit).collect();
            let long =
                if digits.len() == 3 { digits.chars().flat_map(|it| [it, it]).collect() } else { digits };
            [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&long[at..at + 2], 16).unwrap()) / 255.0)
        };
        let light = |rgb: [f64; 3]| {
            let [red, green, blue] =
                rgb.map(|it| if it <= 0.040_45 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) });
            0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
        };
        let cells =
            ["good", "bad"].into_iter().flat_map(|ink| [0, 10, 25, 40, 50, 51, 75, 100].map(|it| (ink, it)));
        for (theme, (ink, percent)) in
            themes.iter().copied().flat_map(|theme| cells.clone().map(move |it| (theme, it)))
        {
            let (strength, words) = strength(f64::from(percent) / 100.0);
            let words = if matches!(words, Ink::Ground) { "ground" } else { "text" };
            let (cell, panel) = (colour(theme, ink), colour(theme, "panel"));
            let mixed = [0, 1, 2].map(|at| cell[at] * strength + panel[at] * (1.0 - strength));
            let (one, other) = (light(mixed), light(colour(theme, words)));
            let contrast = one.max(other) / one.min(other);
            assert!(contrast >= 4.5, "{words} on {ink} at {percent} %: {contrast:.2}");
        }
    }

    #[test]
    fn right_ones_are_green_and_wrong_ones_red() {
        let names: Vec<String> = (0..70).map(|number| number.to_string()).collect();
        let mut matrix = Confusion::new(&names);
        matrix.add(3, 3);
        matrix.add(5, 8);
        let image = picture(&Matrix::new(&matrix));
        let cell = image.width() / 70;
        let at = |column: u32, row: u32| image.get_pixel(column * cell + cell / 2, row * cell + cell / 2).0;
        assert!(at(3, 3)[1] > at(3, 3)[0] && at(8, 5)[0] > at(8, 5)[1]);
        assert_eq!(at(0, 0), at(60, 9));
    }
}
