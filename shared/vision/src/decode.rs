//! Turns the detector's output into quads.
//!
//! Here that of our own network; [`yolo`] and [`detr`] read external ones. Pure: no session and no
//! frame, so it is tested without a model.

use lens_core::geometry::{InModel, Point, Quad};

pub mod detr;
pub mod yolo;

/// Numbers of an output cell: nine for each of its 2x2 sub-cells.
pub const CELL: usize = 4 * SUB_CELL;
/// The logit of the detection score, then x and y of four corners.
const SUB_CELL: usize = 9;

/// How the detector's output is laid out, in sub-cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Sub-cells across; even.
    pub columns: usize,
    /// Sub-cells down; even.
    pub rows: usize,
    /// Pixels of the input for one sub-cell.
    pub stride: f32,
    /// Pixels of the input for 1.0 of a corner offset.
    pub corner_scale: f32,
    /// `(u, v)` of the point of a card whose sub-cell answers for it.
    pub anchor: [f32; 2],
}

impl Grid {
    /// Where the nine numbers of a sub-cell begin in the detector's output.
    fn at(&self, column: usize, row: usize) -> usize {
        let cell = row / 2 * (self.columns / 2) + column / 2;
        cell * CELL + (row % 2 * 2 + column % 2) * SUB_CELL
    }
}

/// A card that was found, and how sure the detector is, in `0.0..=1.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// The whole card, also where it is covered.
    pub quad: Quad<InModel>,
    /// Detection score of its sub-cell.
    pub score: f32,
    anchor: Point<InModel>,
}

/// Two anchors closer than this part of the card's width are one card: in a hand of thirty, which
/// is more than the game deals, they are 0.2 apart.
const MIN_ANCHOR_DISTANCE: f32 = 0.18;
/// Two quads that overlap more than this are one card. Neighbours in the tightest fan that
/// [`MIN_ANCHOR_DISTANCE`] lets through overlap by 0.7, unless they are turned.
const MAX_IOU: f32 = 0.85;
/// Up to this distance, in widths of the better card, a peak must be a neighbour in a fan.
const FAN_DISTANCE: f32 = 0.5;
/// A neighbour in a fan shows as much as the better card does, so that its score is alike. What
/// scores less than this part of it is the two neighbours, seen as a third card between them.
const MIN_SCORE_IN_FAN: f32 = 0.55;
/// The most cards in one frame; a full deck with jokers has 70.
pub const MAX_CARDS: usize = 160;

/// Finds the cards in the detector's output (`[rows / 2, columns / 2, CELL]`), best first.
///
/// A card is a sub-cell that scores at least `threshold`, is a peak among its eight neighbours, and
/// whose quad no better one has claimed. Amodal quads of a fanned hand overlap by far more than
/// boxes of separate things do, so it is the distance of anchors, not the overlap, that decides
/// first.
///
/// # Panics
/// When `cells` does not have the size of the grid.
pub fn decode(grid: &Grid, threshold: f32, cells: &[f32], found: &mut Vec<Found>) {
    assert_eq!(cells.len(), grid.columns * grid.rows * SUB_CELL, "the output must have the size of the grid");
    found.clear();
    let min_logit = (threshold / (1.0 - threshold)).ln();
    for (index, cell) in cells.chunks_exact(CELL).enumerate() {
        // Most cells are empty: this is all that is done for them.
        if cell[0].max(cell[SUB_CELL]).max(cell[2 * SUB_CELL]).max(cell[3 * SUB_CELL]) < min_logit {
            continue;
        }
        let (cell_row, cell_column) = (index / (grid.columns / 2), index % (grid.columns / 2));
        for sub_cell in 0..4 {
            let (column, row) = (2 * cell_column + sub_cell % 2, 2 * cell_row + sub_cell / 2);
            let logit = cell[sub_cell * SUB_CELL];
            if logit >= min_logit && is_peak(grid, cells, column, row) {
                let quad = quad_at(grid, cells, column, row);
                if quad.is_card_shaped() {
                    let anchor = quad.at(grid.anchor[0], grid.anchor[1]);
                    found.push(Found { quad, score: 1.0 / (1.0 + (-logit).exp()), anchor });
                }
            }
        }
    }
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(4 * MAX_CARDS);
    let mut kept = 0;
    for index in 0..found.len() {
        let candidate = found[index];
        if kept < MAX_CARDS && !found[..kept].iter().any(|better| is_same_card(better, &candidate)) {
            found[kept] = candidate;
            kept += 1;
        }
    }
    found.truncate(kept);
}

fn is_peak(grid: &Grid, cells: &[f32], column: usize, row: usize) -> bool {
    let logit = cells[grid.at(column, row)];
    let columns = column.saturating_sub(1)..=(column + 1).min(grid.columns - 1);
    (row.saturating_sub(1)..=(row + 1).min(grid.rows - 1))
        .all(|y| columns.clone().all(|x| cells[grid.at(x, y)] <= logit))
}

fn quad_at(grid: &Grid, cells: &[f32], column: usize, row: usize) -> Quad<InModel> {
    let offsets = &cells[grid.at(column, row) + 1..][..8];
    let centre = [(column as f32 + 0.5) * grid.stride, (row as f32 + 0.5) * grid.stride];
    let coordinate =
        |corner: usize, axis: usize| centre[axis] + offsets[2 * corner + axis] * grid.corner_scale;
    Quad::from_xy([0, 1, 2, 3].map(|corner| [coordinate(corner, 0), coordinate(corner, 1)]))
}

fn is_same_card(better: &Found, candidate: &Found) -> bool {
    let distance = better.anchor.distance(candidate.anchor) / better.quad.width();
    distance < MIN_ANCHOR_DISTANCE
        || distance < FAN_DISTANCE && candidate.score < MIN_SCORE_IN_FAN * better.score
        || better.quad.iou(candidate.quad) > MAX_IOU
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRID: Grid = Grid { columns: 160, rows: 90, stride: 4.0, corner_scale: 32.0, anchor: [0.25, 0.5] };

    /// What a perfect detector says of these cards: a Gaussian about each anchor's cell, corners
    /// near it.
    fn encode(cards: &[Quad<InModel>]) -> Vec<f32> {
        let mut cells = vec![0.0_f32; GRID.columns * GRID.rows * SUB_CELL];
        cells.iter_mut().step_by(SUB_CELL).for_each(|logit| *logit = -9.0);
        let mut owner = vec![0.0_f32; GRID.columns * GRID.rows];
        for card in cards {
            let anchor = card.at(GRID.anchor[0], GRID.anchor[1]);
            let (cx, cy) = ((anchor.x / 4.0 - 0.5).round(), (anchor.y / 4.0 - 0.5).round());
            let (sx, sy) = ((0.06 * card.width() / 4.0).max(0.6), (0.06 * card.height() / 4.0).max(0.6));
            for row in 0..GRID.rows {
                for column in 0..GRID.columns {
                    let (dx, dy) = ((column as f32 - cx) / sx, (row as f32 - cy) / sy);
                    let objectness = (-(dx * dx + dy * dy) / 2.0).exp().clamp(1e-4, 0.9999);
                    let at = GRID.at(column, row);
                    cells[at] = cells[at].max((objectness / (1.0 - objectness)).ln());
                    let owned = &mut owner[row * GRID.columns + column];
                    if objectness > 0.35 && objectness > *owned {
                        *owned = objectness;
                        for (corner, [x, y]) in card.to_xy().into_iter().enumerate() {
                            cells[at + 1 + 2 * corner] = (x - (column as f32 + 0.5) * 4.0) / 32.0;
                            cells[at + 2 + 2 * corner] = (y - (row as f32 + 0.5) * 4.0) / 32.0;
                        }
                    }
                }
            }
        }
        cells
    }

    #[track_caller]
    fn check(cards: &[Quad<InModel>]) {
        let mut found = Vec::new();
        decode(&GRID, 0.35, &encode(cards), &mut found);
        assert_eq!(found.len(), cards.len(), "{found:?}");
        for card in cards {
            let shift =
                found.iter().map(|it| it.quad.largest_corner_shift(*card)).fold(f32::INFINITY, f32::min);
            assert!(shift < 0.01, "{card:?} is off by {shift}");
        }
    }

    /// A card about `(x, y)`, turned by `turn` radians.
    fn card(x: f32, y: f32, height: f32, turn: f32) -> Quad<InModel> {
        let (sin, cos) = turn.sin_cos();
        let (w, h) = (height * 71.0 / 95.0 / 2.0, height / 2.0);
        Quad::from_xy(
            [[-w, -h], [w, -h], [w, h], [-w, h]].map(|[u, v]| [x + u * cos - v * sin, y + u * sin + v * cos]),
        )
    }

    proptest! {
        /// Neighbours at 0.22 of a width, each turned a little further, as a hand of cards lies.
        #[test]
        fn fans_come_back_card_by_card(
            count in 1_usize..14, height in 60.0_f32..110.0, step in 0.22_f32..1.1, turn in -0.02_f32..0.02,
            x in 90.0_f32..110.0, y in 120.0_f32..240.0,
        ) {
            let width = height * 71.0 / 95.0;
            let cards: Vec<_> = (0..count)
                .map(|i| i as f32)
                .map(|i| card(x + i * step * width, y + i * i * 0.2, height, i * turn))
                .filter(|card| card.bounds().right < 640.0)
                .collect();
            check(&cards);
        }

        #[test]
        fn strewn_cards_come_back(cells in prop::collection::hash_set((0_u8..6, 0_u8..3), 1..18), turn in -3.0_f32..3.0, height in 24.0_f32..100.0) {
            let cards: Vec<_> = cells.iter().map(|&(x, y)| card(60.0 + 104.0 * f32::from(x), 60.0 + 115.0 * f32::from(y), height, turn)).collect();
            check(&cards);
        }

        #[test]
        fn nonsense_does_no_harm(cells in prop::collection::vec(prop::num::f32::ANY, 6 * CELL)) {
            let grid = Grid { columns: 6, rows: 4, ..GRID };
            let mut found = Vec::new();
            decode(&grid, 0.35, &cells, &mut found);
            prop_assert!(found.iter().all(|it| it.quad.is_card_shaped() && it.score > 0.3499));
        }
    }

    /// Two neighbours at 0.64 of a width, and a weak peak half-way between them.
    #[test]
    fn a_weak_peak_between_two_cards_of_a_fan_is_no_third_card() {
        let fan = |x: f32| card(x, 180.0, 95.0, 0.0);
        let mut cells = encode(&[fan(200.0), fan(222.7), fan(245.4)]);
        let between = GRID.at(51, 45);
        assert!(cells[between] > 3.0, "the middle card's peak");
        let mut count = |score: f32| {
            for column in 48..=54 {
                for row in 40..=48 {
                    let at = GRID.at(column, row);
                    cells[at] = cells[at].min((score / (1.0 - score)).ln());
                }
            }
            let mut found = Vec::new();
            decode(&GRID, 0.35, &cells, &mut found);
            found.len()
        };
        assert_eq!(count(0.7), 3, "a neighbour scores as much as the others");
        assert_eq!(count(0.45), 2);
    }

    #[test]
    fn a_plateau_is_one_card() {
        let mut cells = encode(&[card(300.0, 180.0, 90.0, 0.0)]);
        cells.iter_mut().step_by(SUB_CELL).for_each(|logit| *logit = if *logit > 0.5 { 3.0 } else { -9.0 });
        let mut found = Vec::new();
        decode(&GRID, 0.35, &cells, &mut found);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_frame_full_of_peaks_gives_no_more_than_the_limit() {
        let small_card = [9.0, -0.05, -0.06, 0.05, -0.06, 0.05, 0.06, -0.05, 0.06];
        let cells: Vec<f32> =
            small_card.into_iter().cycle().take(GRID.columns * GRID.rows * SUB_CELL).collect();
        let mut found = Vec::new();
        decode(&GRID, 0.35, &cells, &mut found);
        assert_eq!(found.len(), MAX_CARDS);
    }
}
