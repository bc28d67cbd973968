//! A finer look at a card's face: whether another card lies where one lay, though the two have much
//! the same colours. [`super::appearance`] does not see the one pip that makes a six a seven.
//!
//! The brightness on a grid in the card's own coordinates. Detections tremble, so two faces are
//! compared at every shift of a cell, and the best one counts.

use lens_core::geometry::{InFrame, Quad};
use lens_core::pixels::Pixels;

const COLUMNS: usize = 22;
const ROWS: usize = 30;
/// Share of the card's sides that is left out, as around an appearance.
const RIM: f32 = 0.05;
/// Cells by which the grid may be shifted.
const MAX_SHIFT: usize = 1;
/// Difference of brightness from which a cell shows something else.
const MIN_CELL_DIFFERENCE: u8 = 56;

/// The brightness of a card's cells; `None` where the card leaves the frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Face(Option<Box<[u8; COLUMNS * ROWS]>>);

impl Face {
    /// The face of what a quad of the frame shows.
    pub(super) fn new(frame: &Pixels<'_>, quad: Quad<InFrame>) -> Self {
        let mut cells = Box::new([0; COLUMNS * ROWS]);
        for (index, cell) in cells.iter_mut().enumerate() {
            let along =
                |step: usize, steps: usize| RIM + (1.0 - 2.0 * RIM) * (step as f32 + 0.5) / steps as f32;
            let point = quad.at(along(index % COLUMNS, COLUMNS), along(index / COLUMNS, ROWS));
            let inside = point.x >= 0.0
                && point.y >= 0.0
                && point.x < frame.width as f32
                && point.y < frame.height as f32;
            if !inside {
                return Self(None);
            }
            let [red, green, blue] = frame.rgb(point.x as u32, point.y as u32).map(u16::from);
            *cell = ((red + 2 * green + blue) / 4) as u8;
        }
        Self(Some(cells))
    }

    /// Share of the cells that show something else, from 0.0 to 1.0; 0.0 where one of the two is
    /// not known.
    pub(super) fn difference(&self, other: &Self) -> f32 {
        let (Some(one), Some(other)) = (&self.0, &other.0) else { return 0.0 };
        let shifts = 0..=2 * MAX_SHIFT;
        let counts = shifts.clone().flat_map(|down| shifts.clone().map(move |right| (right, down)));
        let best = counts.map(|(right, down)| differing(one, other, right, down)).min().unwrap_or(0);
        best as f32 / ((COLUMNS - 2 * MAX_SHIFT) * (ROWS - 2 * MAX_SHIFT)) as f32
    }
}

/// Cells within the rim of shifts that differ when `other` is shifted by so many cells, of which
/// [`MAX_SHIFT`] is none.
fn differing(one: &[u8; COLUMNS * ROWS], other: &[u8; COLUMNS * ROWS], right: usize, down: usize) -> usize {
    let width = COLUMNS - 2 * MAX_SHIFT;
    let rows = MAX_SHIFT..ROWS - MAX_SHIFT;
    rows.map(|row| {
        let from = row * COLUMNS + MAX_SHIFT;
        let shifted = (row + down - MAX_SHIFT) * COLUMNS + right;
        let pairs = one[from..from + width].iter().zip(&other[shifted..shifted + width]);
        pairs.filter(|(a, b)| a.abs_diff(**b) > MIN_CELL_DIFFERENCE).count()
    })
    .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};
    use lens_core::geometry::Rect;

    /// A white card with red pips at these places.
    fn card(pips: &[(u32, u32)]) -> (RgbaImage, Quad<InFrame>) {
        let mut picture = RgbaImage::from_pixel(200, 200, Rgba([50, 120, 90, 255]));
        for (x, y) in (0..96_u32).flat_map(|x| (0..128_u32).map(move |y| (x, y))) {
            let is_pip = pips.iter().any(|&(left, top)| x.abs_diff(left) < 7 && y.abs_diff(top) < 7);
            let colour = if is_pip { [220, 50, 50, 255] } else { [245, 245, 240, 255] };
            picture.put_pixel(40 + x, 30 + y, Rgba(colour));
        }
        // Edges on a screen are smoothed.
        let picture = image::imageops::blur(&picture, 1.2);
        (picture, Quad::from_rect(Rect::ltwh(40.0, 30.0, 96.0, 128.0)))
    }

    #[test]
    fn a_pip_more_is_another_face_and_a_detection_that_trembles_is_not() {
        let six = [(28, 30), (68, 30), (28, 64), (68, 64), (28, 98), (68, 98)];
        let mut seven = six.to_vec();
        seven.push((48, 47));
        let (picture, quad) = card(&six);
        let face = |quad| Face::new(&(&picture).into(), quad);
        for shift in [[0.5, 0.0], [0.0, -0.5], [0.5, 0.5], [-0.5, 0.5]] {
            let moved = face(quad.shifted(shift[0], shift[1])).difference(&face(quad));
            assert!(moved < 0.01, "{shift:?}: {moved}");
        }
        let (other, _) = card(&seven);
        let other = Face::new(&(&other).into(), quad).difference(&face(quad));
        assert!(other > 0.012, "{other}");
        assert_eq!(face(quad.shifted(-60.0, 0.0)).difference(&face(quad)), 0.0, "it leaves the frame");
    }
}
