//! Small images of crops and of sprites, and how like one another they are.
//!
//! An image has a quarter of the crop's pixels, slightly blurred, as three planes of bytes. Two
//! are compared by normalised cross-correlation over all three planes, without their edges and for
//! small shifts: quads miss corners by a few pixels, and brightness and contrast differ.

use lens_core::preprocess::PACK;
use multiversion::multiversion;

/// Pixels at each edge that are left out, by which images may be shifted.
const REACH: usize = 2;
/// Shifts in one direction.
const STEPS: usize = 2 * REACH + 1;
const SHIFTS: usize = STEPS * STEPS;
/// Spread below which an image is as good as of one colour.
const FLAT: f64 = 1.0;

/// A crop's image, ready to be compared with sprites.
#[derive(Clone, Debug, Default)]
pub(super) struct CropPicture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
    values: Vec<i16>,
    /// Sum and spread of what each shift sees.
    windows: Vec<(f64, f64)>,
    rows: Vec<[(i32, i32); STEPS]>,
    blur: Blur,
}

/// Buffers of an image that is made smaller and blurred.
#[derive(Clone, Debug, Default)]
struct Blur {
    means: Vec<u16>,
    across: Vec<u16>,
}

impl Blur {
    /// Appends the image of a packed crop of this width.
    fn append(&mut self, packed: &[u8], width: usize, bytes: &mut Vec<u8>) {
        let (cells, _) = packed.as_chunks::<PACK>();
        let width = width / 2;
        let height = cells.len() / width.max(1);
        if width == 0 || height == 0 {
            return;
        }
        for plane in 0..3 {
            self.means.clear();
            self.means.extend(cells[..width * height].iter().map(|cell| {
                let sum: u16 = cell[4 * plane..4 * plane + 4].iter().map(|&byte| u16::from(byte)).sum();
                (sum + 2) / 4
            }));
            self.across.clear();
            for row in self.means.chunks_exact(width) {
                let at = |x: usize| row[x.saturating_sub(1)] + 2 * row[x] + row[(x + 1).min(width - 1)];
                self.across.extend((0..width).map(at));
            }
            let row = |y: usize| &self.across[y * width..][..width];
            for y in 0..height {
                let rows = row(y.saturating_sub(1)).iter().zip(row(y)).zip(row((y + 1).min(height - 1)));
                bytes.extend(
                    rows.map(|((above, middle), below)| ((above + 2 * middle + below + 8) / 16) as u8),
                );
            }
        }
    }
}

/// Appends the image of a packed crop of this width.
pub(super) fn append(packed: &[u8], width: usize, bytes: &mut Vec<u8>) {
    Blur::default().append(packed, width, bytes);
}

impl CropPicture {
    /// Bytes of an image.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes in a packed crop of this width.
    pub(super) fn prepare(&mut self, packed: &[u8], width: usize) {
        self.bytes.clear();
        self.blur.append(packed, width, &mut self.bytes);
        self.width = width / 2;
        self.height = self.bytes.len() / 3 / self.width.max(1);
        self.values.clear();
        self.values.extend(self.bytes.iter().map(|&byte| i16::from(byte)));
        self.windows.clear();
        if self.width <= 2 * REACH || self.height <= 2 * REACH {
            return;
        }
        self.rows.clear();
        self.rows.resize(self.height, [(0, 0); STEPS]);
        row_sums(&self.values, self.width, &mut self.rows);
        for shift in 0..SHIFTS {
            let rows = &self.rows[shift / STEPS..][..self.height - 2 * REACH];
            let (mut sum, mut squares) = (0.0, 0.0);
            for row in rows {
                let (of_row, its_squares) = row[shift % STEPS];
                sum += f64::from(of_row);
                squares += f64::from(its_squares);
            }
            self.windows.push((sum, squares - sum * sum / self.pixels()));
        }
    }

    /// Numbers that are compared.
    fn pixels(&self) -> f64 {
        (3 * (self.width - 2 * REACH) * (self.height - 2 * REACH)) as f64
    }

    /// How like a sprite's image it is, at the best shift; `values` is a buffer.
    pub(super) fn correlation(&self, sprite: &[u8], values: &mut Vec<i16>) -> f32 {
        if self.windows.is_empty() || sprite.len() != self.bytes.len() {
            return 0.0;
        }
        self.without_edges(sprite, values);
        let products = products(&self.values, values, self.width);
        let (sum, squares) = sums(values);
        let (sum, squares) = (f64::from(sum), f64::from(squares));
        let spread = squares - sum * sum / self.pixels();
        let correlation = |(product, &(of_window, its_spread)): (&i32, &(f64, f64))| {
            let both = spread * its_spread;
            let is_flat = spread < FLAT * self.pixels() || its_spread < FLAT * self.pixels();
            if is_flat { 0.0 } else { (f64::from(*product) - sum * of_window / self.pixels()) / both.sqrt() }
        };
        products.iter().zip(&self.windows).map(correlation).fold(0.0, f64::max) as f32
    }

    /// A sprite's image with zeros at its edges, so that whole planes are multiplied at once.
    fn without_edges(&self, sprite: &[u8], values: &mut Vec<i16>) {
        values.clear();
        values.resize(sprite.len(), 0);
        let planes = self.width * self.height;
        for (to, from) in values.chunks_exact_mut(planes).zip(sprite.chunks_exact(planes)) {
            let rows = to.chunks_exact_mut(self.width).zip(from.chunks_exact(self.width));
            for (to, from) in rows.take(self.height - REACH).skip(REACH) {
                let middle = REACH..self.width - REACH;
                let pixels = to[middle.clone()].iter_mut().zip(&from[middle]);
                pixels.for_each(|(to, from)| *to = i16::from(*from));
            }
        }
    }
}

/// Sum and sum of squares of each row, for each shift to the side; planes are added up.
#[multiversion(targets("x86_64+avx+avx2"))]
fn row_sums(values: &[i16], width: usize, rows: &mut [[(i32, i32); STEPS]]) {
    for plane in values.chunks_exact(width * rows.len()) {
        for (row, sums) in plane.chunks_exact(width).zip(rows.iter_mut()) {
            for (left, (sum, squares)) in sums.iter_mut().enumerate() {
                let row = &row[left..][..width - 2 * REACH];
                *sum += row.iter().map(|&it| i32::from(it)).sum::<i32>();
                *squares += row.iter().map(|&it| i32::from(it) * i32::from(it)).sum::<i32>();
            }
        }
    }
}

#[multiversion(targets("x86_64+avx+avx2"))]
fn sums(values: &[i16]) -> (i32, i32) {
    let sum = values.iter().map(|&it| i32::from(it)).sum();
    (sum, values.iter().map(|&it| i32::from(it) * i32::from(it)).sum())
}

/// The product of the sprite, whose edges are zero, with what each shift sees of the crop.
#[multiversion(targets("x86_64+avx+avx2"))]
fn products(crop: &[i16], sprite: &[i16], width: usize) -> [i32; SHIFTS] {
    let first = REACH * width + REACH;
    let sprite = &sprite[first..sprite.len() - first];
    let mut products = [0; SHIFTS];
    for (shift, product) in products.iter_mut().enumerate() {
        let crop = &crop[shift / STEPS * width + shift % STEPS..][..sprite.len()];
        *product = crop.iter().zip(sprite).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
    }
    products
}
