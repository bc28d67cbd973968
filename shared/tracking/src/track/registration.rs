//! Where a card went from one frame to another, by its own pixels.
//!
//! The card's inside is kept as a grid of brightnesses. On a later frame the same grid is looked
//! for about the place where the card is expected, cell by cell, and between cells by a parabola
//! through the differences. What covers a part of the card counts little: differences are cut off.
//! A card that lies still costs a microsecond or two, one that moves some ten.
//! Only shifts are found; what turns or grows is corrected when the card is detected again.

use lens_core::geometry::{InFrame, Point, Quad, Rect};
use lens_core::pixels::Pixels;

use super::grid::{self, COLUMNS, Cells, Grid, IN_ALL, Inside, ROWS};

/// Cells of a card's height.
const CELLS: f32 = 24.0;
/// How many cells away from the expected place a card is looked for.
const REACH: usize = 8;
/// And how many at least.
const MIN_REACH: usize = 3;
/// Places along one side of what is searched.
const PLACES: usize = 2 * REACH + 1;
const SEARCHED_COLUMNS: usize = COLUMNS + 2 * REACH;
const SEARCHED_ROWS: usize = ROWS + 2 * REACH;
/// Mean difference up to which the card is where it was.
const SAME: f32 = 3.0;
/// Mean difference up to which it is found elsewhere.
const FOUND: f32 = 18.0;
/// How much smaller than at its old place the difference must be there.
const BETTER: f32 = 0.8;
/// Cells that a card must have moved.
const MIN_WAY: f32 = 0.25;
/// What a cell away from the expected place costs, in sums of differences, times its square:
/// patterns repeat themselves.
const FAR: u32 = 4;
/// What a cell that lies outside of the frame costs there: the less is compared, the sooner it
/// looks the same.
const UNSEEN: u32 = 8;
/// How many cells away a card may have been before it was seen, in each direction.
const MAX_WAY: f32 = 14.0;

/// How many cells of the grid must lie within both frames.
const MIN_CELLS: usize = IN_ALL / 7;
/// Share of a card inside the frame from which all of it is looked for.
const MIN_INSIDE: f32 = 0.6;
/// Widths of a card that has turned within a frame, beside the one that it has.
const WIDTHS: [f32; 3] = [1.0, 0.84, 1.19];
/// How many must lie beside other cards for the rest to be left out.
const MIN_BARE: usize = IN_ALL / 4;

/// The brightnesses of a card's inside on one frame, to be looked for on another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Patch {
    /// The middle of the grid.
    centre: Point<InFrame>,
    /// Pixels along a cell.
    cell: f32,
    grid: Grid<COLUMNS, ROWS>,
    /// Which of its cells no other card may cover: all bits are set there. `None` where none does
    /// anywhere, or too little would be left.
    bare: Option<Box<Cells<COLUMNS, ROWS>>>,
}

/// Where a card is on another frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// Where it was.
    Same,
    /// Shifted by so many pixels to the right and down.
    Shifted([f32; 2]),
    /// Covered, turned over, or gone too far.
    Lost,
}

/// How well a card fits at each place that is searched.
struct Fits {
    /// Sums of differences, by row and column.
    sums: [[u32; PLACES]; PLACES],
    /// Column and row of the best one.
    best: [usize; 2],
    /// What its cells outside of the frame cost.
    unseen: u32,
}

impl Patch {
    /// Of a card on a frame.
    pub(crate) fn new(frame: &Pixels<'_>, quad: Quad<InFrame>) -> Self {
        // Of a card that is mostly outside, what is inside is looked at more closely.
        let (all, [width, height]) = (quad.bounds(), [frame.width as f32, frame.height as f32]);
        let shown = all.intersection(Rect::ltwh(0.0, 0.0, width, height));
        let (centre, cell) = if shown.area() > 0.0 && shown.area() < MIN_INSIDE * all.area() {
            let middle =
                Point::new(f32::midpoint(shown.left, shown.right), f32::midpoint(shown.top, shown.bottom));
            (middle, (shown.width() / COLUMNS as f32).min(shown.height() / ROWS as f32).max(1.0))
        } else {
            (quad.centre(), (quad.height() / CELLS).max(1.0))
        };
        Self { centre, cell, grid: Grid::new(frame, centre, cell), bare: None }
    }

    /// Leaves out what lies within one of these quads: which card covers which is not known.
    #[must_use]
    pub(crate) fn beside(mut self, others: impl Iterator<Item = Quad<InFrame>>) -> Self {
        let half = [COLUMNS, ROWS].map(|cells| self.cell * cells as f32 / 2.0);
        let [left, top] = [self.centre.x - half[0], self.centre.y - half[1]];
        let area = Rect::ltwh(left, top, 2.0 * half[0], 2.0 * half[1]);
        let others: Vec<_> = others.filter(|other| other.bounds().intersection(area).area() > 0.0).collect();
        if others.is_empty() {
            self.bare = None;
            return self;
        }
        let along = |from: f32, at: usize| from + (at as f32 + 0.5) * self.cell;
        let is_bare = |row: usize, column: usize| {
            let point = Point::new(along(left, column), along(top, row));
            !others.iter().any(|other| other.contains(point))
        };
        let bare: Cells<COLUMNS, ROWS> = std::array::from_fn(|row| {
            std::array::from_fn(|column| if is_bare(row, column) { u8::MAX } else { 0 })
        });
        let left = bare.iter().flatten().filter(|&&cell| cell > 0).count();
        self.bare = (left >= MIN_BARE).then(|| Box::new(bare));
        self
    }

    /// Looks for the card on another frame, where it is expected `expected` pixels to the right and
    /// down, at most `reach` pixels away.
    pub(crate) fn find(&self, frame: &Pixels<'_>, expected: [f32; 2], reach: f32) -> Place {
        let cells = (reach / self.cell).ceil().clamp(MIN_REACH as f32, REACH as f32) as usize;
        self.search(frame, expected, cells).0
    }

    /// Whether another frame shows the same at its old place.
    pub(crate) fn is_here(&self, frame: &Pixels<'_>) -> bool {
        mean(self.sum_at(&Grid::<COLUMNS, ROWS>::new(frame, self.centre, self.cell), [0, 0])) <= SAME
    }

    /// Looks for a card that was seen once on the frame before or after: about its place and in
    /// every direction; where it may have turned, also by other widths. With the place comes the
    /// mean difference there.
    pub(crate) fn find_around(&self, frame: &Pixels<'_>, turns: bool) -> (Place, f32) {
        const DIRECTIONS: [[f32; 2]; 9] =
            [[0., 0.], [1., 0.], [-1., 0.], [0., 1.], [0., -1.], [1., 1.], [-1., 1.], [1., -1.], [-1., -1.]];
        let places = DIRECTIONS.map(|direction| direction.map(|way| way * MAX_WAY * self.cell));
        let found = |patch: &Self| {
            let found = places.into_iter().map(|place| patch.search(frame, place, REACH));
            let found = found.filter(|(place, _)| *place != Place::Lost);
            found.min_by(|a, b| a.1.total_cmp(&b.1))
        };
        let found = WIDTHS
            .into_iter()
            .take(if turns { WIDTHS.len() } else { 1 })
            .find_map(|width| found(&self.widened(width)));
        found.unwrap_or((Place::Lost, f32::MAX))
    }

    /// The same, so many times as wide.
    fn widened(&self, width: f32) -> Self {
        let from = |column: usize| {
            let middle = COLUMNS as f32 / 2.0;
            ((middle + (column as f32 + 0.5 - middle) / width).max(0.0) as usize).min(COLUMNS - 1)
        };
        let mut widened = self.clone();
        widened.grid.cells = self.grid.cells.map(|row| std::array::from_fn(|column| row[from(column)]));
        widened
    }

    /// Mean difference of two cards, each where it is.
    pub(crate) fn difference(&self, other: &Self) -> f32 {
        mean(self.sum_of(&other.grid.cells, &Inside::ALL, [0, 0]))
    }

    /// Where it is, and the mean difference there, more where less is seen. It is looked for so
    /// many cells about the expected place, which must lie between others.
    fn search(&self, frame: &Pixels<'_>, expected: [f32; 2], reach: usize) -> (Place, f32) {
        let (still, place) = self.at_rest(frame);
        let is_expected_here = expected.iter().all(|way| way.abs() < self.cell / 2.0);
        if let Some(place) = place.filter(|_| is_expected_here) {
            return (place, still);
        }
        let Fits { sums, best: [column, row], unseen } = self.fits(frame, expected, reach);
        let difference = mean(sums[row][column]);
        let can_stand = expected.iter().all(|way| way.abs() < reach as f32 * self.cell);
        if can_stand && !is_expected_here && still <= SAME && still <= difference {
            return (Place::Same, still);
        }
        let is_between = |at: usize| at.abs_diff(REACH) < reach;
        if difference > FOUND || !is_between(column) || !is_between(row) {
            return (Place::Lost, difference);
        }
        let across = between(sums[row][column - 1], sums[row][column], sums[row][column + 1]);
        let down = between(sums[row - 1][column], sums[row][column], sums[row + 1][column]);
        let cells = [column as f32 - REACH as f32 + across, row as f32 - REACH as f32 + down];
        let way = [0, 1].map(|axis| expected[axis] + cells[axis] * self.cell);
        let place = match way[0].hypot(way[1]) / self.cell {
            ..MIN_WAY => Place::Same,
            // Light plays on some cards, so that they look otherwise where they are.
            ..1.0 => Place::Shifted(way),
            _ if difference > BETTER * still => Place::Lost,
            _ => Place::Shifted(way),
        };
        (place, difference + mean(unseen))
    }

    /// The mean difference at its old place, and where it is if that is there or less than a cell
    /// away.
    fn at_rest(&self, frame: &Pixels<'_>) -> (f32, Option<Place>) {
        let around = Grid::<{ COLUMNS + 2 }, { ROWS + 2 }>::new(frame, self.centre, self.cell);
        let here = self.sum_at(&around, [1, 1]);
        if mean(here) > SAME {
            return (mean(here), None);
        }
        let [left, right] = [0, 2].map(|column| self.sum_at(&around, [column, 1]));
        let [above, below] = [0, 2].map(|row| self.sum_at(&around, [1, row]));
        if here > left.min(right).min(above).min(below) {
            return (mean(here), None);
        }
        let way = [between(left, here, right), between(above, here, below)];
        let is_same = way[0].hypot(way[1]) < MIN_WAY;
        let way = way.map(|cells| cells * self.cell);
        (mean(here), Some(if is_same { Place::Same } else { Place::Shifted(way) }))
    }

    /// How well it fits up to so many cells about the expected place.
    fn fits(&self, frame: &Pixels<'_>, expected: [f32; 2], reach: usize) -> Fits {
        let middle = Point::new(self.centre.x + expected[0], self.centre.y + expected[1]);
        let around = Grid::<SEARCHED_COLUMNS, SEARCHED_ROWS>::new(frame, middle, self.cell);
        let mut fits = Fits { sums: [[0; PLACES]; PLACES], best: [REACH; 2], unseen: 0 };
        let mut least = u32::MAX;
        for row in REACH - reach..=REACH + reach {
            for column in REACH - reach..=REACH + reach {
                let shown = self.grid.inside.also_in(&around.inside, [column, row]);
                let sum = self.sum_of(&around.cells, &shown, [column, row]);
                fits.sums[row][column] = sum;
                let unseen = UNSEEN * (self.grid.inside.cells() - shown.cells()) as u32;
                let far = row.abs_diff(REACH).pow(2) + column.abs_diff(REACH).pow(2);
                let cost = sum.saturating_add(FAR * far as u32 + unseen);
                if cost < least {
                    least = cost;
                    (fits.best, fits.unseen) = ([column, row], unseen);
                }
            }
        }
        fits
    }

    /// As [`Self::sum_of`], of what lies within both frames.
    fn sum_at<const W: usize, const H: usize>(&self, around: &Grid<W, H>, from: [usize; 2]) -> u32 {
        self.sum_of(&around.cells, &self.grid.inside.also_in(&around.inside, from), from)
    }

    /// Sum of the differences when the grid begins at this cell of `around`. What is not shown
    /// counts as much as the mean of the rest; where little is left the sum is the greatest number.
    fn sum_of<const W: usize, const H: usize>(
        &self,
        around: &Cells<W, H>,
        shown: &Inside,
        from: [usize; 2],
    ) -> u32 {
        let (sum, cells) = grid::difference(&self.grid.cells, (around, from), self.bare.as_deref(), shown);
        if cells < MIN_CELLS { u32::MAX } else { sum * IN_ALL as u32 / cells as u32 }
    }
}

/// Of a cell, of a sum over all of them.
fn mean(sum: u32) -> f32 {
    sum as f32 / IN_ALL as f32
}

/// Where between three equally spaced values the least lies, seen from the middle one.
fn between(before: u32, middle: u32, after: u32) -> f32 {
    let (before, middle, after) = (before as f32, middle as f32, after as f32);
    let curvature = before - 2.0 * middle + after;
    if curvature <= 0.0 { 0.0 } else { (0.5 * (before - after) / curvature).clamp(-0.5, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    const SIZE: [u32; 2] = [60, 80];

    /// Between -1.0 and 1.0, nowhere as elsewhere: chance values seven pixels apart, joined evenly.
    fn mottled(u: f32, v: f32) -> f32 {
        let value = |column: f32, row: f32| {
            let mixed =
                (column as u64 * 0x9e37 + row as u64 * 0x85eb + 7).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let (x, y) = ((u / 7.0).max(0.0), (v / 7.0).max(0.0));
        let (column, row, across, down) = (x.floor(), y.floor(), x.fract(), y.fract());
        let join = |from: f32, to: f32, share: f32| from + (to - from) * share;
        let upper = join(value(column, row), value(column + 1.0, row), across);
        let lower = join(value(column, row + 1.0), value(column + 1.0, row + 1.0), across);
        join(upper, lower, down)
    }

    /// A card with a pattern of its own on a dull ground, at a place between pixels.
    fn picture(left: f32, top: f32) -> RgbaImage {
        RgbaImage::from_fn(320, 240, |x, y| {
            let (u, v) = (x as f32 - left, y as f32 - top);
            let inside = (0.0..SIZE[0] as f32).contains(&u) && (0.0..SIZE[1] as f32).contains(&v);
            let shade =
                if inside { 128.0 + 100.0 * mottled(u, v) } else { 60.0 + 4.0 * (x as f32 * 0.9).sin() };
            Rgba([shade as u8, shade as u8, 90, 255])
        })
    }

    fn quad(left: f32, top: f32) -> Quad<InFrame> {
        Quad::from_rect(Rect::ltwh(left, top, SIZE[0] as f32, SIZE[1] as f32))
    }

    #[test]
    fn a_card_is_found_where_it_went_to_a_part_of_a_cell() {
        let patch = Patch::new(&(&picture(100.0, 60.0)).into(), quad(100.0, 60.0));
        for way in [[7.0, 0.0], [0.0, -11.0], [18.4, 9.6], [-21.0, 14.3]] {
            let now = picture(100.0 + way[0], 60.0 + way[1]);
            for expected in [[0.0, 0.0], [way[0] * 0.7, way[1] * 0.7]] {
                let Place::Shifted(found) = patch.find(&(&now).into(), expected, f32::MAX) else {
                    panic!("{way:?} is not found from {expected:?}");
                };
                let error = (found[0] - way[0]).hypot(found[1] - way[1]);
                assert!(error < 1.2, "{way:?} from {expected:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_card_is_found_where_it_came_from_however_fast() {
        for way in [[0.0, 0.0], [12.0, 3.0], [-38.0, 4.0], [3.0, 50.0], [-33.0, -35.0]] {
            let patch = Patch::new(&(&picture(100.0, 80.0)).into(), quad(100.0, 80.0));
            let before = picture(100.0 + way[0], 80.0 + way[1]);
            let found = match patch.find_around(&(&before).into(), false).0 {
                Place::Same => [0.0; 2],
                Place::Shifted(found) => found,
                Place::Lost => panic!("{way:?} is not found"),
            };
            assert!((found[0] - way[0]).hypot(found[1] - way[1]) < 1.2, "{way:?}: {found:?}");
        }
    }

    #[test]
    fn a_card_that_lies_still_stays_whatever_was_expected_of_it() {
        let now = picture(100.0, 60.0);
        let patch = Patch::new(&(&now).into(), quad(100.0, 60.0));
        for expected in [[0.0, 0.0], [9.0, -4.0]] {
            assert_eq!(patch.find(&(&now).into(), expected, f32::MAX), Place::Same);
        }
    }

    #[test]
    fn a_card_that_is_gone_or_turned_over_is_lost() {
        let patch = Patch::new(&(&picture(100.0, 60.0)).into(), quad(100.0, 60.0));
        let (gone, far) = (RgbaImage::from_pixel(320, 240, Rgba([60, 60, 90, 255])), picture(220.0, 60.0));
        for frame in [&gone, &far] {
            assert_eq!(patch.find(&frame.into(), [0.0, 0.0], f32::MAX), Place::Lost);
        }
    }

    #[test]
    fn a_card_that_comes_in_from_outside_is_found_by_what_is_inside() {
        for from in [[140.0, 190.0], [-24.0, 60.0], [285.0, 60.0], [140.0, -35.0]] {
            let into = [160.0 - from[0], 110.0 - from[1]].map(|way: f32| way.clamp(-12.0, 12.0));
            let to = [from[0] + into[0], from[1] + into[1]];
            let patch = Patch::new(&(&picture(to[0], to[1])).into(), quad(to[0], to[1]));
            let Place::Shifted(found) = patch.find_around(&(&picture(from[0], from[1])).into(), false).0
            else {
                panic!("{from:?} is not found");
            };
            let error = (found[0] + into[0]).hypot(found[1] + into[1]);
            assert!(error < 1.5, "{from:?}: {found:?}");
        }
    }

    /// A card lies on it that is shown as well and stands still.
    #[test]
    fn what_lies_beside_another_card_tells_where_a_card_went() {
        let cover = Quad::from_rect(Rect::ltwh(130.0, 40.0, 90.0, 120.0));
        let covered = |left: f32| {
            let mut picture = picture(left, 60.0);
            for (x, y) in (130..220).flat_map(|x| (40..160).map(move |y| (x, y))) {
                let shade = (128.0 + 100.0 * mottled((x - 90) as f32, (y + 30) as f32)) as u8;
                picture.put_pixel(x, y, Rgba([shade, shade, 90, 255]));
            }
            picture
        };
        let before = covered(100.0);
        let patch = Patch::new(&(&before).into(), quad(100.0, 60.0)).beside(std::iter::once(cover));
        assert_eq!(patch.find(&(&before).into(), [0.0, 0.0], f32::MAX), Place::Same);
        assert!(patch.is_here(&(&before).into()) && !patch.is_here(&(&covered(109.0)).into()));
        let Place::Shifted(found) = patch.find(&(&covered(109.0)).into(), [0.0, 0.0], f32::MAX) else {
            panic!("it is lost")
        };
        assert!((found[0] - 9.0).abs() < 1.5 && found[1].abs() < 1.5, "{found:?}");
    }

    #[test]
    fn a_card_that_turned_is_found_where_it_was_wider_or_narrower() {
        let patch = Patch::new(&(&picture(120.0, 80.0)).into(), quad(120.0, 80.0));
        for width in WIDTHS.into_iter().skip(1) {
            let (middle, way) = (150.0, [-22.0, 11.0]);
            let before = RgbaImage::from_fn(320, 240, |x, y| {
                let (u, v) = ((x as f32 - middle - way[0]) / width + 30.0, y as f32 - 80.0 - way[1]);
                let inside = (0.0..SIZE[0] as f32).contains(&u) && (0.0..SIZE[1] as f32).contains(&v);
                let shade = if inside { 128.0 + 100.0 * mottled(u, v) } else { 60.0 };
                Rgba([shade as u8, shade as u8, 90, 255])
            });
            let (Place::Shifted(found), difference) =
                patch.widened(width).find_around(&(&before).into(), false)
            else {
                panic!("{width} times as wide, it is lost")
            };
            let as_it_is = patch.find_around(&(&before).into(), false).1;
            assert!(difference < 0.85 * as_it_is, "{width}: {difference}, {as_it_is} as it is");
            assert!((found[0] - way[0]).hypot(found[1] - way[1]) < 2.0, "{width}: {found:?}");
        }
    }

    #[test]
    fn a_card_half_covered_or_half_outside_does_no_harm() {
        let before = picture(100.0, 60.0);
        let patch = Patch::new(&(&before).into(), quad(100.0, 60.0));
        let mut covered = picture(109.0, 60.0);
        for (x, y) in (100..170).flat_map(|x| (110..150).map(move |y| (x, y))) {
            covered.put_pixel(x, y, Rgba([250, 20, 20, 255]));
        }
        let Place::Shifted(found) = patch.find(&(&covered).into(), [0.0, 0.0], f32::MAX) else {
            panic!("it is lost")
        };
        assert!((found[0] - 9.0).abs() < 1.5 && found[1].abs() < 1.5, "{found:?}");
        let outside = Patch::new(&(&before).into(), quad(-500.0, 900.0));
        let found = outside.find(&(&before).into(), [f32::MAX, f32::NAN], f32::MAX);
        assert!(!matches!(found, Place::Shifted(_)), "{found:?}");
    }

    /// Two cards that lie over each other come in: the one is looked for beyond every edge.
    #[test]
    fn a_card_beside_another_one_is_looked_for_beyond_each_edge() {
        for [left, top] in [[2.0, 60.0], [258.0, 60.0], [100.0, 2.0], [100.0, 158.0], [-20.0, -20.0]] {
            let now = picture(left, top);
            let other = quad(left + 30.0, top + 30.0);
            let patch = Patch::new(&(&now).into(), quad(left, top)).beside(std::iter::once(other));
            let found = patch.find_around(&(&now).into(), true).0;
            assert_eq!(found, Place::Same, "{left}, {top}");
            for expected in [[-60.0, 0.0], [60.0, 0.0], [0.0, -60.0], [0.0, 60.0]] {
                let found = patch.find(&(&now).into(), expected, f32::MAX);
                assert!(!matches!(found, Place::Shifted(_)), "{left}, {top} {expected:?}: {found:?}");
            }
        }
    }
}
