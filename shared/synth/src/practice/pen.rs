//! Paints shapes into a cell: outlined and shaded, or flat.

use image::{Rgba, RgbaImage};

use super::palette::{Colour, INK, lit, shaded};
use super::shape::Shape;

/// Width and height of a card.
pub(super) const CARD: (u32, u32) = (71, 95);

/// One cell being painted.
pub(super) struct Pen {
    picture: RgbaImage,
    ink: Colour,
}

#[expect(clippy::needless_pass_by_value, reason = "drawings read as lists of shapes made on the spot")]
impl Pen {
    /// An empty card.
    pub(super) fn card() -> Self {
        Self::new(CARD.0, CARD.1)
    }

    /// An empty cell of another size.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { picture: RgbaImage::new(width, height), ink: INK }
    }

    /// The colour of outlines from here on.
    pub(super) fn ink(&mut self, ink: Colour) {
        self.ink = ink;
    }

    /// A part in the round: outlined, lit from the upper left, dark at the lower right.
    pub(super) fn part(&mut self, colour: Colour, shape: Shape) {
        let shape = self.rasterised(&shape);
        self.outline(&shape);
        self.each(|x, y| {
            shape.covers(x, y).then(|| {
                let dark =
                    [(1, 1), (2, 2), (0, 2)].iter().any(|(right, down)| !shape.covers(x + right, y + down));
                let light = !shape.covers(x - 1, y - 1) || !shape.covers(x, y - 1);
                match (dark, light) {
                    (true, false) => shaded(colour),
                    (false, true) => lit(colour),
                    _ => colour,
                }
            })
        });
    }

    /// A part without shading, outlined.
    pub(super) fn plain(&mut self, colour: Colour, shape: Shape) {
        let shape = self.rasterised(&shape);
        self.outline(&shape);
        self.each(|x, y| shape.covers(x, y).then_some(colour));
    }

    /// Pixels of one colour.
    pub(super) fn flat(&mut self, colour: Colour, shape: Shape) {
        self.each(|x, y| shape.covers(x, y).then_some(colour));
    }

    /// Pixels of a colour that depends on the place.
    pub(super) fn pattern(&mut self, shape: Shape, colour: impl Fn(i32, i32) -> Colour) {
        self.each(|x, y| shape.covers(x, y).then(|| colour(x, y)));
    }

    /// Changes the transparency of what is there.
    pub(super) fn fade(&mut self, shape: Shape, alpha: u8) {
        for (x, y, pixel) in self.picture.enumerate_pixels_mut() {
            if shape.covers(x as i32, y as i32) && pixel.0[3] > 0 {
                pixel.0[3] = alpha;
            }
        }
    }

    /// Removes everything outside the shape.
    pub(super) fn keep(&mut self, shape: Shape) {
        for (x, y, pixel) in self.picture.enumerate_pixels_mut() {
            if !shape.covers(x as i32, y as i32) {
                *pixel = Rgba([0; 4]);
            }
        }
    }

    /// Paints over the lower half what the upper half shows, turned by half a turn.
    pub(super) fn turn_over(&mut self) {
        let (width, height) = self.picture.dimensions();
        for y in 0..height / 2 {
            for x in 0..width {
                let pixel = *self.picture.get_pixel(x, y);
                self.picture.put_pixel(width - 1 - x, height - 1 - y, pixel);
            }
        }
    }

    /// Lays another cell over this one, but never outside of what is already painted.
    pub(super) fn lay_inside(&mut self, other: &Self) {
        for (pixel, over) in self.picture.pixels_mut().zip(other.picture.pixels()) {
            if pixel.0[3] > 0 && over.0[3] > 0 {
                *pixel = *over;
            }
        }
    }

    /// Lays another cell over this one.
    pub(super) fn lay(&mut self, other: &Self) {
        image::imageops::overlay(&mut self.picture, &other.picture, 0, 0);
    }

    /// The finished cell.
    pub(super) fn finish(self) -> RgbaImage {
        self.picture
    }

    fn outline(&mut self, shape: &Mask) {
        let ink = self.ink;
        self.each(|x, y| {
            let beside = [(1, 0), (-1, 0), (0, 1), (0, -1)];
            let near = beside.iter().any(|(right, down)| shape.covers(x + right, y + down));
            (near && !shape.covers(x, y)).then_some(ink)
        });
    }

    fn rasterised(&self, shape: &Shape) -> Mask {
        let (width, height) = (self.picture.width() as i32, self.picture.height() as i32);
        let rows = -Mask::MARGIN..height + Mask::MARGIN;
        let covered = rows.flat_map(|y| (-Mask::MARGIN..width + Mask::MARGIN).map(move |x| (x, y)));
        Mask { width: width + 2 * Mask::MARGIN, covered: covered.map(|(x, y)| shape.covers(x, y)).collect() }
    }

    fn each(&mut self, colour: impl Fn(i32, i32) -> Option<Colour>) {
        for (x, y, pixel) in self.picture.enumerate_pixels_mut() {
            if let Some([red, green, blue]) = colour(x as i32, y as i32) {
                *pixel = Rgba([red, green, blue, 255]);
            }
        }
    }
}

/// A shape's pixels, asked for once: outlines and shades look at every pixel's neighbours.
struct Mask {
    width: i32,
    covered: Vec<bool>,
}

impl Mask {
    /// How far a neighbour may lie outside of the cell.
    const MARGIN: i32 = 2;

    fn covers(&self, x: i32, y: i32) -> bool {
        self.covered[((y + Self::MARGIN) * self.width + x + Self::MARGIN) as usize]
    }
}

/// A number in `0..1000` that looks random and is the same every time.
pub(super) fn scatter(x: i32, y: i32, seed: i32) -> i32 {
    let mut bits = (x as u32).wrapping_mul(0x9E37_79B9) ^ (y as u32).wrapping_mul(0x85EB_CA6B);
    bits ^= (seed as u32).wrapping_mul(0xC2B2_AE35);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    ((bits ^ (bits >> 15)) % 1000) as i32
}
