//! An image that shapes, text and cards are drawn on by the processor, and who owns each of its
//! pixels.
//!
//! Shapes and pastes claim the pixels that they cover by more than half for who draws now, so that
//! what of a card stays visible is counted, not estimated. Shadows darken without claiming;
//! [`writer`] and `smooth` are for images that people look at, where nobody counts.

use std::fmt;

use image::RgbaImage;

mod glyph;
mod smooth;
pub mod sprite;
pub(crate) mod text;
pub mod warp;
pub mod writer;

/// Red, green and blue.
pub type Colour = [u8; 3];

/// The owner of pixels that no card owns.
pub(crate) const NOBODY: u16 = 0;

/// An image and the owners of its pixels.
pub struct Canvas {
    /// What is seen; alpha is always 255.
    pub(crate) image: RgbaImage,
    /// Who draws now: a card's number from one, or [`NOBODY`].
    pub(crate) ink: u16,
    owners: Vec<u16>,
}

/// An upright rectangle in pixels of the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) w: f32,
    pub(crate) h: f32,
}

impl Area {
    pub(crate) fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// The part from `(u, v)`, `(w, h)` large, in shares of this one.
    pub(crate) fn part(self, u: f32, v: f32, w: f32, h: f32) -> Self {
        Self::new(self.x + self.w * u, self.y + self.h * v, self.w * w, self.h * h)
    }

    /// Larger by this much on every side.
    pub(crate) fn grown(self, by: f32) -> Self {
        Self::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }

    pub(crate) fn shifted(self, dx: f32, dy: f32) -> Self {
        Self::new(self.x + dx, self.y + dy, self.w, self.h)
    }
}

impl Canvas {
    /// Draws over `image`; owners are kept only when `owned`, because identifier crops need none.
    pub(crate) fn new(image: RgbaImage, owned: Owned) -> Self {
        let pixels = match owned {
            Owned::Yes => (image.width() * image.height()) as usize,
            Owned::No => 0,
        };
        Self { image, ink: NOBODY, owners: vec![NOBODY; pixels] }
    }

    /// Draws over `image`, whose alpha is 255; nobody counts what is covered.
    pub fn unowned(image: RgbaImage) -> Self {
        Self::new(image, Owned::No)
    }

    /// What was drawn.
    pub fn image(&self) -> &RgbaImage {
        &self.image
    }

    /// What was drawn, for drawing of one's own.
    pub fn image_mut(&mut self) -> &mut RgbaImage {
        &mut self.image
    }

    /// What was drawn, for good.
    pub fn into_image(self) -> RgbaImage {
        self.image
    }

    /// Width in pixels.
    pub(crate) fn width(&self) -> f32 {
        self.image.width() as f32
    }

    /// Height in pixels.
    pub(crate) fn height(&self) -> f32 {
        self.image.height() as f32
    }

    /// How many pixels each of `0..count` owns.
    pub(crate) fn count_owners(&self, count: usize) -> Vec<u32> {
        let mut counts = vec![0; count];
        for run in self.owners.chunk_by(|a, b| a == b) {
            counts[run[0] as usize] += run.len() as u32;
        }
        counts
    }

    pub(crate) fn fill(&mut self, area: Area, colour: Colour) {
        self.fill_through(area, colour, 1.0);
    }

    /// Fills a rectangle, letting what is below shine through; darkening panels claim nothing below
    /// half.
    pub(crate) fn fill_through(&mut self, area: Area, colour: Colour, opacity: f32) {
        let (y0, y1) = self.rows(area.y, area.y + area.h);
        for y in y0..y1 {
            self.span(y, area.x, area.x + area.w, colour, opacity);
        }
    }

    /// Fills a rectangle with round corners.
    pub(crate) fn rounded(&mut self, area: Area, radius: f32, colour: Colour) {
        self.rounded_through(area, radius, colour, 1.0);
    }

    /// Fills a rectangle with round corners, letting what is below shine through.
    pub(crate) fn rounded_through(&mut self, area: Area, radius: f32, colour: Colour, opacity: f32) {
        let radius = radius.clamp(0.0, (area.w.min(area.h) / 2.0).max(0.0));
        let (y0, y1) = self.rows(area.y, area.y + area.h);
        for y in y0..y1 {
            let middle = y as f32 + 0.5;
            let above = area.y + radius - middle;
            let below = middle - (area.y + area.h - radius);
            let depth = above.max(below).max(0.0);
            let inset = radius - (radius * radius - depth * depth).max(0.0).sqrt();
            self.span(y, area.x + inset, area.x + area.w - inset, colour, opacity);
        }
    }

    /// The edge of a rectangle.
    pub(crate) fn outline(&mut self, area: Area, width: f32, colour: Colour) {
        let width = width.max(1.0);
        self.fill(Area::new(area.x, area.y, area.w, width), colour);
        self.fill(Area::new(area.x, area.y + area.h - width, area.w, width), colour);
        self.fill(Area::new(area.x, area.y, width, area.h), colour);
        self.fill(Area::new(area.x + area.w - width, area.y, width, area.h), colour);
    }

    pub(crate) fn disc(&mut self, x: f32, y: f32, radius: f32, colour: Colour) {
        self.rounded(Area::new(x - radius, y - radius, 2.0 * radius, 2.0 * radius), radius, colour);
    }

    /// Darkens a convex polygon without claiming it.
    pub(crate) fn shade(&mut self, corners: &[[f32; 2]], strength: f32) {
        let top = corners.iter().fold(f32::INFINITY, |low, corner| low.min(corner[1]));
        let bottom = corners.iter().fold(f32::NEG_INFINITY, |high, corner| high.max(corner[1]));
        let keep = (256.0 * (1.0 - strength.clamp(0.0, 1.0))) as u32;
        let width = self.image.width();
        let (y0, y1) = self.rows(top, bottom);
        for y in y0..y1 {
            let Some((left, right)) = crossings(corners, y as f32 + 0.5) else { continue };
            let x0 = ((left + 0.5).max(0.0) as u32).min(width) as usize;
            let x1 = ((right + 0.5).max(0.0) as u32).min(width) as usize;
            if x0 < x1 {
                let row = y as usize * width as usize;
                for pixel in self.image.as_flat_samples_mut().samples[(row + x0) * 4..(row + x1) * 4]
                    .chunks_exact_mut(4)
                {
                    for channel in &mut pixel[..3] {
                        *channel = ((u32::from(*channel) * keep) >> 8) as u8;
                    }
                }
            }
        }
    }

    pub(crate) fn polygon(&mut self, corners: &[[f32; 2]], colour: Colour) {
        let top = corners.iter().fold(f32::INFINITY, |low, corner| low.min(corner[1]));
        let bottom = corners.iter().fold(f32::NEG_INFINITY, |high, corner| high.max(corner[1]));
        let (y0, y1) = self.rows(top, bottom);
        for y in y0..y1 {
            if let Some((left, right)) = crossings(corners, y as f32 + 0.5) {
                self.span(y, left, right, colour, 1.0);
            }
        }
    }

    /// Lays `opacity` of a colour over one pixel.
    pub(crate) fn dot(&mut self, x: i32, y: i32, colour: Colour, opacity: u32) {
        if x < 0 || y < 0 || x >= self.image.width() as i32 || y >= self.image.height() as i32 {
            return;
        }
        let at = y as usize * self.image.width() as usize + x as usize;
        mix(&mut self.image.as_flat_samples_mut().samples[at * 4..at * 4 + 3], colour, opacity);
        if opacity > 128 && !self.owners.is_empty() {
            self.owners[at] = self.ink;
        }
    }

    fn rows(&self, top: f32, bottom: f32) -> (u32, u32) {
        let clamp = |y: f32| ((y + 0.5).max(0.0) as u32).min(self.image.height());
        (clamp(top), clamp(bottom))
    }

    /// One row from `left` to `right`, its two ends smoothed.
    fn span(&mut self, y: u32, left: f32, right: f32, colour: Colour, opacity: f32) {
        let width = self.image.width();
        let (left, right) = (left.max(0.0), right.min(width as f32));
        if left >= right {
            return;
        }
        let (x0, x1) = ((left + 0.5) as usize, ((right + 0.5) as usize).min(width as usize));
        let row = y as usize * width as usize;
        let strength = (opacity.clamp(0.0, 1.0) * 256.0) as u32;
        let samples = self.image.as_flat_samples_mut().samples;
        if x0 < x1 {
            let pixels = &mut samples[(row + x0) * 4..(row + x1) * 4];
            if strength == 256 {
                let full = [colour[0], colour[1], colour[2], 255];
                pixels.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&full));
            } else {
                pixels.chunks_exact_mut(4).for_each(|pixel| mix(&mut pixel[..3], colour, strength));
            }
            if strength > 128 && !self.owners.is_empty() {
                self.owners[row + x0..row + x1].fill(self.ink);
            }
        }
    }
}

impl fmt::Debug for Canvas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Canvas").field("size", &self.image.dimensions()).finish_non_exhaustive()
    }
}

/// Whether a canvas keeps the owners of its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// For scenes, where visibility is part of the truth.
    Yes,
    /// For crops.
    No,
}

/// Where the row at height `y` enters and leaves a convex polygon.
pub(crate) fn crossings(corners: &[[f32; 2]], y: f32) -> Option<(f32, f32)> {
    let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
    for (index, a) in corners.iter().enumerate() {
        let b = corners[(index + 1) % corners.len()];
        if (a[1] <= y) != (b[1] <= y) {
            let x = a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]);
            left = left.min(x);
            right = right.max(x);
        }
    }
    (left < right).then_some((left, right))
}

/// Lays `opacity` of 256 of a colour over a pixel.
pub(crate) fn mix(pixel: &mut [u8], colour: Colour, opacity: u32) {
    for (channel, over) in pixel.iter_mut().zip(colour) {
        *channel = ((u32::from(*channel) * (256 - opacity) + u32::from(over) * opacity) >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    fn canvas() -> Canvas {
        Canvas::new(RgbaImage::from_pixel(40, 30, Rgba([100, 100, 100, 255])), Owned::Yes)
    }

    #[test]
    fn what_is_covered_changes_owner_and_shadows_do_not() {
        let mut canvas = canvas();
        canvas.ink = 1;
        canvas.fill(Area::new(0.0, 0.0, 20.0, 10.0), [255, 0, 0]);
        canvas.ink = NOBODY;
        canvas.fill(Area::new(10.0, 0.0, 5.0, 10.0), [0, 0, 255]);
        canvas.shade(&[[0.0, 0.0], [40.0, 0.0], [40.0, 30.0], [0.0, 30.0]], 0.5);
        assert_eq!(canvas.count_owners(2), [1200 - 150, 150]);
        assert_eq!(canvas.image.get_pixel(2, 2).0, [127, 0, 0, 255]);
        assert_eq!(canvas.image.get_pixel(30, 20).0, [50, 50, 50, 255]);
    }

    #[test]
    fn shapes_beyond_the_edge_are_cut() {
        let mut canvas = canvas();
        canvas.ink = 1;
        canvas.rounded(Area::new(-50.0, -50.0, 500.0, 500.0), 9.0, [1, 2, 3]);
        canvas.disc(100.0, 100.0, 5.0, [9, 9, 9]);
        canvas.dot(-1, 50, [0, 0, 0], 256);
        assert_eq!(canvas.count_owners(2), [0, 1200]);
    }
}
