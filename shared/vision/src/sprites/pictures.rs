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
}

/// Appends the image of a packed crop of this width.
pub(super) fn append(packed: &[u8], width: usize, bytes: &mut Vec<u8>) {
    let (cells, _) = packed.as_chunks::<PACK>();
    let width = width / 2;
    let height = cells.len() / width.max(1);
    let mean = |cell: &[u8; PACK], plane: usize| {
        let sum: u16 = cell[4 * plane..4 * plane + 4].iter().map(|&byte| u16::from(byte)).sum();
        (sum + 2) / 4
    };
    for plane in 0..3 {
        let at = |x: usize, y: usize| mean(&cells[y * width + x], plane);
        let across =
            |x: usize, y: usize| at(x.saturating_sub(1), y) + 2 * at(x, y) + at((x + 1).min(width - 1), y);
        for y in 0..height {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            bytes.extend(
                (0..width).map(|x| ((across(x, above) + 2 * across(x, y) + across(x, below) + 8) / 16) as u8),
            );
        }
    }
}

impl CropPicture {
    /// Bytes of an image.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes in a packed crop of this width.
    pub(super) fn prepare(&mut self, packed: &[u8], width: usize) {
        self.bytes.clear();
        append(packed, width, &mut self.bytes);
        self.width = width / 2;
        self.height = self.bytes.len() / 3 / self.width.max(1);
        self.values.clear();
        self.values.extend(self.bytes.iter().map(|&byte| i16::from(byte)));
        self.windows.clear();
        if self.width <= 2 * REACH || self.height <= 2 * REACH {
            return;
        }
        for shift in 0..SHIFTS {
            let (sum, squares) = sums(&self.values, [self.width, self.height], shift);
            let (sum, squares) = (f64::from(sum), f64::from(squares));
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
        values.clear();
        values.extend(sprite.iter().map(|&byte| i16::from(byte)));
        let size = [self.width, self.height];
        let (sum, squares) = sums(values, size, SHIFTS / 2);
        let (sum, squares) = (f64::from(sum), f64::from(squares));
        let spread = squares - sum * sum / self.pixels();
        let products = products(&self.values, values, size);
        let correlation = |(product, &(of_window, its_spread)): (&i32, &(f64, f64))| {
            let both = spread * its_spread;
            let is_flat = spread < FLAT * self.pixels() || its_spread < FLAT * self.pixels();
            if is_flat { 0.0 } else { (f64::from(*product) - sum * of_window / self.pixels()) / both.sqrt() }
        };
        products.iter().zip(&self.windows).map(correlation).fold(0.0, f64::max) as f32
    }
}

/// Sum and sum of squares of what a shift sees.
#[multiversion(targets("x86_64+avx+avx2"))]
fn sums(values: &[i16], [width, height]: [usize; 2], shift: usize) -> (i32, i32) {
    let (left, top) = (shift % STEPS, shift / STEPS);
    let (mut sum, mut squares) = (0, 0);
    for plane in values.chunks_exact(width * height) {
        for y in top..top + height - 2 * REACH {
            let row = &plane[y * width + left..][..width - 2 * REACH];
            sum += row.iter().map(|&it| i32::from(it)).sum::<i32>();
            squares += row.iter().map(|&it| i32::from(it) * i32::from(it)).sum::<i32>();
        }
    }
    (sum, squares)
}

/// The product of the sprite's middle with what each shift sees of the crop.
#[multiversion(targets("x86_64+avx+avx2"))]
fn products(crop: &[i16], sprite: &[i16], [width, height]: [usize; 2]) -> [i32; SHIFTS] {
    let mut products = [0; SHIFTS];
    for (crop, sprite) in crop.chunks_exact(width * height).zip(sprite.chunks_exact(width * height)) {
        for y in 0..height - 2 * REACH {
            let sprite = &sprite[(y + REACH) * width + REACH..][..width - 2 * REACH];
            for (shift, product) in products.iter_mut().enumerate() {
                let row = &crop[(y + shift / STEPS) * width + shift % STEPS..][..width - 2 * REACH];
                *product += row.iter().zip(sprite).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            }
        }
    }
    products
}
