//! What the detector should say of an image with these cards.
//!
//! Pure. The encoding is that of Zhou et al., *Objects as Points* (2019), with one change: the cell
//! that answers for a card is not its centre but [`ANCHOR`], which lies in the strip that stays
//! visible in a fan.

use lens_core::geometry::{InModel, Quad};

use crate::model::network::detector::{CELL, SUB_CELLS, VALUES};

/// `(u, v)` of the point of a card whose cell answers for it.
pub const ANCHOR: [f32; 2] = [0.25, 0.5];
/// Pixels of the input for 1.0 of a corner offset.
pub const CORNER_SCALE: f32 = 32.0;
/// Pixels of the input for a sub-cell.
pub const STRIDE: usize = CELL as usize / 2;
/// A card less visible than this is neither wanted nor held against the network.
pub const MIN_VISIBLE: f32 = 0.10;

/// Deviation of the objectness' Gaussian in sizes of the card, and its least value in sub-cells.
const SPREAD: (f32, f32) = (0.06, 0.6);
/// Objectness from which a cell also learns corners.
const MIN_CORNER_OBJECTNESS: f32 = 0.35;
/// Objectness of a hardly visible card from which cells are left out of the loss.
const IGNORED_OBJECTNESS: f32 = 0.3;

/// A card in a training image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Card {
    /// The whole card, also where it is covered or cut.
    pub quad: Quad<InModel>,
    /// Visible part of it, in `0.0..=1.0`.
    pub visible: f32,
}

/// Planes of `rows x columns` cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// 36 planes in the network's order: for each sub-cell the objectness in `0.0..=1.0`, then
    /// eight corner offsets.
    pub cells: Vec<f32>,
    /// Four planes: how much a sub-cell's corners count.
    pub weight: Vec<f32>,
    /// Four planes: 0 where empty cells do not count.
    pub counted: Vec<f32>,
}

impl Target {
    /// Of an image without cards, with sides that are multiples of [`CELL`].
    pub fn empty(width: usize, height: usize) -> Self {
        let (columns, rows) = (width / CELL as usize, height / CELL as usize);
        let plane = columns * rows;
        let sub_cells = SUB_CELLS as usize;
        Self {
            columns,
            rows,
            cells: vec![0.0; plane * sub_cells * VALUES as usize],
            weight: vec![0.0; plane * sub_cells],
            counted: vec![1.0; plane * sub_cells],
        }
    }

    /// Of an image with these cards.
    pub fn encode(cards: &[Card], width: usize, height: usize) -> Self {
        let mut target = Self::empty(width, height);
        for card in cards {
            target.add(card);
        }
        target
    }

    /// Where a value of a sub-cell (0: objectness) lies in [`Target::cells`].
    pub fn at(&self, column: usize, row: usize, value: usize) -> usize {
        let sub_cell = 2 * (row % 2) + column % 2;
        ((sub_cell * VALUES as usize + value) * self.rows + row / 2) * self.columns + column / 2
    }

    /// Where a sub-cell lies in [`Target::weight`] and [`Target::counted`].
    fn mask_at(&self, column: usize, row: usize) -> usize {
        let sub_cell = 2 * (row % 2) + column % 2;
        (sub_cell * self.rows + row / 2) * self.columns + column / 2
    }

    fn add(&mut self, card: &Card) {
        let stride = STRIDE as f32;
        let anchor = card.quad.at(ANCHOR[0], ANCHOR[1]);
        let cell = |coordinate: f32| (coordinate / stride - 0.5).round();
        let (x, y) = (cell(anchor.x), cell(anchor.y));
        let (columns, rows) = (2 * self.columns, 2 * self.rows);
        if !(x >= 0.0 && y >= 0.0 && x < columns as f32 && y < rows as f32) {
            return;
        }
        let spread = |size: f32| (SPREAD.0 * size / stride).max(SPREAD.1);
        let (sx, sy) = (spread(card.quad.width()), spread(card.quad.height()));
        let reach = |centre: f32, sigma: f32, count: usize| {
            let radius = (3.0 * sigma) as usize + 1;
            (centre as usize).saturating_sub(radius)..(centre as usize + radius + 1).min(count)
        };
        for row in reach(y, sy, rows) {
            for column in reach(x, sx, columns) {
                let (dx, dy) = ((column as f32 - x) / sx, (row as f32 - y) / sy);
                let objectness = (-(dx * dx + dy * dy) / 2.0).exp();
                self.mark(card, column, row, objectness);
            }
        }
    }

    fn mark(&mut self, card: &Card, column: usize, row: usize, objectness: f32) {
        let mask = self.mask_at(column, row);
        if card.visible < MIN_VISIBLE {
            if objectness > IGNORED_OBJECTNESS {
                self.counted[mask] = 0.0;
            }
            return;
        }
        let at = self.at(column, row, 0);
        self.cells[at] = self.cells[at].max(objectness);
        if objectness <= MIN_CORNER_OBJECTNESS || objectness <= self.weight[mask] {
            return;
        }
        // The nearest card answers for the corners.
        self.weight[mask] = objectness;
        let centre = [column, row].map(|index| (index as f32 + 0.5) * STRIDE as f32);
        for (number, coordinate) in card.quad.to_xy().into_iter().flatten().enumerate() {
            let at = self.at(column, row, 1 + number);
            self.cells[at] = (coordinate - centre[number % 2]) / CORNER_SCALE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    fn upright(left: f32, top: f32, visible: f32) -> Card {
        Card { quad: Quad::from_rect(Rect::ltwh(left, top, 60.0, 80.0)), visible }
    }

    #[test]
    fn the_anchor_cell_is_hot_and_knows_the_corners() {
        let target = Target::encode(&[upright(40.0, 40.0, 1.0)], 320, 192);
        // The anchor is at (55, 80): sub-cell (13.25, 19.5) from the first's centre.
        let (column, row) = (13, 20);
        assert_eq!(target.cells[target.at(column, row, 0)], 1.0);
        assert_eq!(target.weight[target.mask_at(column, row)], 1.0);
        let offsets: Vec<f32> = (1..9).map(|value| target.cells[target.at(column, row, value)]).collect();
        let x = |pixel: f32| (pixel - 54.0) / 32.0;
        let y = |pixel: f32| (pixel - 82.0) / 32.0;
        assert_eq!(offsets, [x(40.0), y(40.0), x(100.0), y(40.0), x(100.0), y(120.0), x(40.0), y(120.0)]);
        assert_eq!(target.cells.iter().filter(|&&value| value == 1.0).count(), 1);
    }

    #[test]
    fn a_covered_card_is_not_wanted_but_not_punished() {
        let target = Target::encode(&[upright(40.0, 40.0, 0.05)], 320, 192);
        assert!(target.cells.iter().all(|&value| value == 0.0));
        assert_eq!(target.counted[target.mask_at(13, 20)], 0.0);
        assert_eq!(target.counted[target.mask_at(30, 20)], 1.0);
    }

    #[test]
    fn cards_whose_anchor_is_outside_leave_no_trace() {
        let empty = Target::empty(320, 192);
        for card in [upright(-50.0, 40.0, 1.0), upright(310.0, 40.0, 1.0), upright(40.0, 170.0, 1.0)] {
            assert_eq!(Target::encode(&[card], 320, 192), empty, "{card:?}");
        }
        let nonsense = Card { quad: Quad::from_xy([[f32::NAN; 2]; 4]), visible: 1.0 };
        assert_eq!(Target::encode(&[nonsense], 320, 192), empty);
    }

    /// What a perfect network would say, in the order of the exported output, must decode to the
    /// same quads: also in a hand that is fanned as tightly as the game does it.
    #[test]
    fn a_fan_survives_encoding_and_decoding() {
        let (width, height) = (640, 352);
        for step in [0.22, 0.35, 0.6, 1.05] {
            let cards: Vec<Card> = (0..9)
                .map(|index| {
                    let (x, turn) = (60.0 + index as f32 * step * 62.0, (index as f32 - 4.0) * 0.02);
                    let (sin, cos) = turn.sin_cos();
                    let corner = |u: f32, v: f32| [x + u * cos - v * sin, 170.0 + u * sin + v * cos];
                    let quad = Quad::from_xy(
                        [[-31.0, -42.0], [31.0, -42.0], [31.0, 42.0], [-31.0, 42.0]]
                            .map(|[u, v]| corner(u, v)),
                    );
                    Card { quad, visible: if index == 8 { 1.0 } else { step.min(1.0) } }
                })
                .collect();
            let target = Target::encode(&cards, width, height);
            let plane = target.rows * target.columns;
            let mut cells = vec![0.0; target.cells.len()];
            for (index, &value) in target.cells.iter().enumerate() {
                let (channel, cell) = (index / plane, index % plane);
                let is_objectness = channel as i64 % VALUES == 0;
                let objectness = value.clamp(1e-4, 1.0 - 1e-4);
                let planes = (SUB_CELLS * VALUES) as usize;
                cells[cell * planes + channel] =
                    if is_objectness { (objectness / (1.0 - objectness)).ln() } else { value };
            }
            let grid = vision::decode::Grid {
                columns: 2 * target.columns,
                rows: 2 * target.rows,
                stride: STRIDE as f32,
                corner_scale: CORNER_SCALE,
                anchor: ANCHOR,
            };
            let mut found = Vec::new();
            vision::decode::decode(&grid, 0.35, &cells, &mut found);
            assert_eq!(found.len(), cards.len(), "at a step of {step} widths");
            for card in &cards {
                let nearest =
                    found.iter().map(|it| it.quad.largest_corner_shift(card.quad)).fold(f32::MAX, f32::min);
                assert!(nearest < 0.01, "a corner is off by {nearest} at a step of {step} widths");
            }
        }
    }
}
