//! A grid of brightnesses over a part of a frame, and how much two of them differ.

use std::ops::Range;

use lens_core::geometry::{InFrame, Point};
use lens_core::pixels::Pixels;

/// The grid of a card: it leaves out the rim, where the background shows when the card turns.
pub(super) const COLUMNS: usize = 16;
pub(super) const ROWS: usize = 20;
pub(super) const IN_ALL: usize = COLUMNS * ROWS;
/// Samples along each side of a cell.
const SAMPLES: usize = 2;
/// Difference of brightness beyond which a cell shows something else.
const MAX_DIFFERENCE: u8 = 40;

/// A number for each cell.
pub(super) type Cells<const W: usize, const H: usize> = [[u8; W]; H];

/// Brightnesses about a point of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid<const W: usize, const H: usize> {
    pub(super) cells: Cells<W, H>,
    /// What of it lies within the frame.
    pub(super) inside: Inside,
}

impl<const W: usize, const H: usize> Grid<W, H> {
    /// With cells of so many pixels; beyond the frame its edge is repeated.
    pub(super) fn new(frame: &Pixels<'_>, centre: Point<InFrame>, cell: f32) -> Self {
        let inside = Inside::new(frame, centre, cell, [W, H]);
        let place = |from: f32, cells: usize, at: usize, sample: usize, limit: u32| {
            let along = at as f32 - cells as f32 / 2.0 + (sample as f32 + 0.5) / SAMPLES as f32;
            ((from + along * cell).max(0.0) as usize).min(limit as usize - 1)
        };
        let columns: [[usize; SAMPLES]; W] = std::array::from_fn(|at| {
            std::array::from_fn(|sample| place(centre.x, W, at, sample, frame.width))
        });
        let (pixels, _) = frame.data.as_chunks::<4>();
        let cells = std::array::from_fn(|row| {
            let mut sums = [0_u16; W];
            for sample in 0..SAMPLES {
                let y = place(centre.y, H, row, sample, frame.height);
                let line = &pixels[y * frame.width as usize..][..frame.width as usize];
                for (sum, columns) in sums.iter_mut().zip(&columns) {
                    for &x in columns {
                        // Green counts twice; red and blue alike: their order does not matter.
                        let [a, green, b, _] = line[x];
                        *sum += (u16::from(a) + 2 * u16::from(green) + u16::from(b)) / 4;
                    }
                }
            }
            sums.map(|sum| (sum / (SAMPLES * SAMPLES) as u16) as u8)
        });
        Self { cells, inside }
    }
}

/// The columns and rows of a grid that lie within the frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inside {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Inside {
    /// All of a card's grid.
    pub(super) const ALL: Self = Self { columns: 0..COLUMNS, rows: 0..ROWS };

    /// Of so many columns and rows about a point.
    fn new(frame: &Pixels<'_>, centre: Point<InFrame>, cell: f32, [columns, rows]: [usize; 2]) -> Self {
        let range = |centre: f32, count: usize, limit: u32| {
            let before = |edge: f32| ((edge - centre) / cell + count as f32 / 2.0).clamp(0.0, count as f32);
            let end = before(limit as f32).floor() as usize;
            (before(0.0).ceil() as usize).min(end)..end
        };
        Self { columns: range(centre.x, columns, frame.width), rows: range(centre.y, rows, frame.height) }
    }

    /// What is also inside of another grid, which begins at a cell of that one.
    pub(super) fn also_in(&self, other: &Self, [column, row]: [usize; 2]) -> Self {
        let both = |ours: &Range<usize>, theirs: &Range<usize>, at: usize| {
            let end = ours.end.min(theirs.end.saturating_sub(at));
            ours.start.max(theirs.start.saturating_sub(at)).min(end)..end
        };
        Self {
            columns: both(&self.columns, &other.columns, column),
            rows: both(&self.rows, &other.rows, row),
        }
    }

    pub(super) fn cells(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// Of a row of `mask`, what is inside; all bits are set where something counts.
    fn of(&self, mask: [u8; COLUMNS]) -> [u8; COLUMNS] {
        std::array::from_fn(|at| if self.columns.contains(&at) { mask[at] } else { 0 })
    }
}

/// Sum of the differences of two grids, the second one from one of its cells on, and how many
/// cells were compared: those that are inside and that `mask` lets count.
pub(super) fn difference<const W: usize, const H: usize>(
    ours: &Cells<COLUMNS, ROWS>,
    (theirs, [column, row]): (&Cells<W, H>, [usize; 2]),
    mask: Option<&Cells<COLUMNS, ROWS>>,
    inside: &Inside,
) -> (u32, usize) {
    const ALL: [u8; COLUMNS] = [u8::MAX; COLUMNS];
    let everywhere = inside.of(ALL);
    let (mut sum, mut cells) = (0, 0);
    for at in inside.rows.clone() {
        let mask = mask.map_or(everywhere, |mask| inside.of(mask[at]));
        let theirs = theirs[row + at][column..].first_chunk();
        sum += row_difference(&ours[at], theirs.expect("the grid fits from each of these cells on"), &mask);
        cells += mask.iter().map(|cell| usize::from(cell & 1)).sum::<usize>();
    }
    (sum, cells)
}

#[inline]
fn row_difference(ours: &[u8; COLUMNS], theirs: &[u8; COLUMNS], mask: &[u8; COLUMNS]) -> u32 {
    let cells = ours.iter().zip(theirs).zip(mask);
    u32::from(cells.map(|((a, b), mask)| u16::from(a.abs_diff(*b).min(MAX_DIFFERENCE) & mask)).sum::<u16>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(columns: Range<usize>, rows: Range<usize>) -> Inside {
        Inside { columns, rows }
    }

    #[test]
    fn what_two_grids_share_is_a_part_of_the_first_wherever_they_lie() {
        for start in 0..=32 {
            for end in start..=32 {
                for at in 0..=16 {
                    let shared = Inside::ALL.also_in(&inside(start..end, 0..36), [at, 0]);
                    let wanted = (0..COLUMNS).filter(|column| (start..end).contains(&(column + at))).count();
                    assert_eq!(shared.columns.len(), wanted, "{start}..{end} at {at}");
                    assert!(shared.columns.end <= COLUMNS, "{start}..{end} at {at}");
                }
            }
        }
    }

    #[test]
    fn a_frame_smaller_than_a_cell_has_none() {
        let data = [0; 4 * 6];
        let frame = Pixels::new(&data, 3, 2, lens_core::pixels::ChannelOrder::Rgbx).unwrap();
        let inside = Grid::<COLUMNS, ROWS>::new(&frame, Point::new(1.0, 1.0), 40.0).inside;
        assert_eq!(inside.cells(), 0, "{inside:?}");
    }

    #[test]
    fn only_what_is_inside_and_not_masked_is_compared() {
        let ours = [[10; COLUMNS]; ROWS];
        let theirs = [[15; COLUMNS + 2]; ROWS + 2];
        let mut mask = [[0; COLUMNS]; ROWS];
        mask[3][2..6].fill(u8::MAX);
        let compare = |mask, inside: Inside| difference(&ours, (&theirs, [1, 2]), mask, &inside);
        assert_eq!(compare(None, Inside::ALL), (5 * IN_ALL as u32, IN_ALL));
        assert_eq!(compare(None, inside(0..4, 3..5)), (40, 8));
        assert_eq!(compare(Some(&mask), Inside::ALL), (20, 4));
        assert_eq!(compare(Some(&mask), inside(4..16, 3..5)), (10, 2));
        assert_eq!(compare(Some(&mask), inside(7..7, 0..20)), (0, 0));
    }
}
