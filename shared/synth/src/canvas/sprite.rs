//! A card's image, ready to be pasted.
//!
//! Premultiplied, kept at halving sizes so that shrinking starts from the nearest larger one, and
//! with a transparent edge so that sampling needs no checks.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbaImage;

/// A premultiplied image at its full size and at halves of it.
#[derive(Clone, Debug)]
pub struct Sprite {
    levels: Vec<Level>,
}

/// A premultiplied image with a transparent edge of one pixel all around.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Rows of `width + 2` pixels, red in the lowest byte.
    pub(super) pixels: Vec<u32>,
}

impl Sprite {
    /// From straight alpha, with halves for being shrunk.
    pub fn new(picture: &RgbaImage) -> Self {
        let mut first = Level::default();
        first.reset(picture.width() as usize, picture.height() as usize);
        for (y, row) in picture.rows().enumerate() {
            for (target, pixel) in first.row_mut(y).iter_mut().zip(row) {
                let [r, g, b, alpha] = pixel.0;
                let times = |channel: u8| ((u32::from(channel) * u32::from(alpha) + 127) / 255) as u8;
                *target = u32::from_le_bytes([times(r), times(g), times(b), alpha]);
            }
        }
        let mut levels = vec![first];
        while levels.last().is_some_and(|level| level.height > 60 && level.width > 8) {
            let half = levels[levels.len() - 1].halved();
            levels.push(half);
        }
        Self { levels }
    }

    /// From an image that is premultiplied already, without halves: for [`Sampling::Precise`].
    ///
    /// [`Sampling::Precise`]: super::warp::Sampling::Precise
    pub fn premultiplied(picture: &RgbaImage) -> Self {
        let mut level = Level::default();
        level.reset(picture.width() as usize, picture.height() as usize);
        for (y, row) in picture.rows().enumerate() {
            for (target, pixel) in level.row_mut(y).iter_mut().zip(row) {
                *target = u32::from_le_bytes(pixel.0);
            }
        }
        Self { levels: vec![level] }
    }

    /// Width and height of the largest level.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.levels[0].width, self.levels[0].height]
    }

    /// The largest level, with straight alpha again.
    pub(crate) fn picture(&self) -> RgbaImage {
        let level = &self.levels[0];
        let mut picture = RgbaImage::new(level.width as u32, level.height as u32);
        for (y, row) in picture.rows_mut().enumerate() {
            for (target, pixel) in row.zip(level.row(y)) {
                let [r, g, b, alpha] = pixel.to_le_bytes();
                let straight =
                    |channel: u8| (u32::from(channel) * 255 / u32::from(alpha.max(1))).min(255) as u8;
                target.0 = [straight(r), straight(g), straight(b), alpha];
            }
        }
        picture
    }

    pub(super) fn largest(&self) -> &Level {
        &self.levels[0]
    }

    /// The smallest level that is at least this large.
    pub(super) fn level_for(&self, width: f32, height: f32) -> &Level {
        let fits = |level: &&Level| level.width as f32 >= width && level.height as f32 >= height;
        self.levels.iter().rev().find(fits).unwrap_or(&self.levels[0])
    }
}

impl Level {
    /// Makes `target` this image, area-averaged to `width x height`.
    pub(super) fn shrink_into(
        &self,
        resizer: &mut Resizer,
        target: &mut Shrunk,
        width: usize,
        height: usize,
    ) {
        target.bytes.resize(width * height * 4, 0);
        let source = ImageRef::new(
            self.width as u32 + 2,
            self.height as u32 + 2,
            bytemuck::cast_slice(&self.pixels),
            PixelType::U8x4,
        )
        .expect("a level keeps its size");
        let mut small = Image::from_slice_u8(width as u32, height as u32, &mut target.bytes, PixelType::U8x4)
            .expect("the buffer was sized for it");
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Box))
            .use_alpha(false)
            .crop(1.0, 1.0, self.width as f64, self.height as f64);
        resizer.resize(&source, &mut small, &options).expect("the edge lies outside the crop");
        target.level.reset(width, height);
        let rows: &[u32] = bytemuck::cast_slice(&target.bytes);
        for (y, row) in rows.chunks_exact(width).enumerate() {
            target.level.row_mut(y).copy_from_slice(row);
        }
    }

    fn reset(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.pixels.clear();
        self.pixels.resize((width + 2) * (height + 2), 0);
    }

    fn row(&self, y: usize) -> &[u32] {
        &self.pixels[(y + 1) * (self.width + 2) + 1..][..self.width]
    }

    fn row_mut(&mut self, y: usize) -> &mut [u32] {
        &mut self.pixels[(y + 1) * (self.width + 2) + 1..][..self.width]
    }

    fn halved(&self) -> Self {
        let mut half = Self::default();
        half.reset(self.width.div_ceil(2), self.height.div_ceil(2));
        for y in 0..half.height {
            let (upper, lower) = (self.row(2 * y), self.row((2 * y + 1).min(self.height - 1)));
            for (x, pixel) in half.row_mut(y).iter_mut().enumerate() {
                let (l, r) = (2 * x, (2 * x + 1).min(self.width - 1));
                let four = [upper[l], upper[r], lower[l], lower[r]];
                let sum: u64 = four.into_iter().map(spread).sum();
                *pixel = packed((sum + 0x0002_0002_0002_0002) >> 2);
            }
        }
        half
    }
}

/// A level that was shrunk for one paste, and its buffer.
#[derive(Default)]
pub(super) struct Shrunk {
    pub(super) level: Level,
    bytes: Vec<u8>,
}

/// The four bytes of a pixel in sixteen bits each: red, blue, green, alpha from the lowest.
#[inline]
pub(super) fn spread(pixel: u32) -> u64 {
    let pixel = u64::from(pixel);
    (pixel & 0x00FF_00FF) | (pixel & 0xFF00_FF00) << 24
}

/// The way back; what exceeds a byte is cut off.
#[inline]
pub(super) fn packed(lanes: u64) -> u32 {
    ((lanes & 0x00FF_00FF) | (lanes >> 24 & 0xFF00_FF00)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn a_sprite_keeps_its_picture_and_halves_it_evenly() {
        let picture =
            RgbaImage::from_fn(71, 95, |x, y| Rgba([x as u8, y as u8, 200, if x == 0 { 0 } else { 255 }]));
        let sprite = Sprite::new(&picture);
        assert!(sprite.picture().pixels().zip(picture.pixels()).all(|(a, b)| b[3] == 0 || a == b));
        assert_eq!(packed(spread(0x1234_5678)), 0x1234_5678);
        let half = sprite.level_for(36.0, 48.0);
        assert_eq!((half.width, half.height), (36, 48));
        assert_eq!(half.row(10)[10].to_le_bytes(), [21, 21, 200, 255]);
    }
}
