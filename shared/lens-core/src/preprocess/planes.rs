//! Pixels as planes of floats, channels first: what external networks take.
//!
//! Our own networks take packed bytes (see [`super::PACK`]).

use crate::manifest::external::Normalise;
use crate::pixels::ChannelOrder;

/// Mean of ImageNet's reds, greens and blues, and their deviation (torchvision's `Normalize`).
const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// What each byte becomes, for red, green and blue.
#[derive(Clone, Debug)]
pub struct Levels([[f32; 256]; 3]);

impl Levels {
    /// The numbers that a network wants.
    pub fn new(normalise: Normalise) -> Self {
        let (mean, deviation) = match normalise {
            Normalise::Unit => ([0.0; 3], [1.0; 3]),
            Normalise::Imagenet => IMAGENET,
        };
        Self(std::array::from_fn(|channel| {
            std::array::from_fn(|byte| (byte as f32 / 255.0 - mean[channel]) / deviation[channel])
        }))
    }

    /// Fills `planes` with an upright crop of four bytes a pixel (red, green, blue first), as
    /// [`super::Rectifier::run`] gives it.
    ///
    /// # Panics
    /// When `planes` does not hold three numbers for each pixel.
    pub fn spread_crop(&self, crop: &[u8], width: usize, planes: &mut [f32]) {
        let height = crop.len() / 4 / width;
        self.spread(crop, width, ChannelOrder::Rgbx, planes, [width, height], [0, 0]);
    }

    /// Makes all of `planes` this grey.
    pub(super) fn fill(&self, grey: u8, planes: &mut [f32]) {
        let plane = planes.len() / 3;
        for (values, levels) in planes.chunks_exact_mut(plane).zip(&self.0) {
            values.fill(levels[usize::from(grey)]);
        }
    }

    /// Puts `pixels`, rows of `width`, into planes of `size` (width and height), from the pixel
    /// `place` on.
    pub(super) fn spread(
        &self,
        pixels: &[u8],
        width: usize,
        order: ChannelOrder,
        planes: &mut [f32],
        size: [usize; 2],
        place: [usize; 2],
    ) {
        assert_eq!(planes.len(), 3 * size[0] * size[1], "three numbers a pixel of the input");
        let byte_of_channel = match order {
            ChannelOrder::Rgbx => [0, 1, 2],
            ChannelOrder::Bgrx => [2, 1, 0],
        };
        for ((plane, levels), byte) in
            planes.chunks_exact_mut(size[0] * size[1]).zip(&self.0).zip(byte_of_channel)
        {
            for (row, line) in pixels.chunks_exact(width * 4).enumerate() {
                let at = (place[1] + row) * size[0] + place[0];
                let (pixels, _) = line.as_chunks::<4>();
                for (value, pixel) in plane[at..at + width].iter_mut().zip(pixels) {
                    *value = levels[usize::from(pixel[byte])];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Letterboxer;
    use super::*;
    use crate::geometry::Point;
    use crate::pixels::Pixels;
    use image::{Rgba, RgbaImage};

    #[test]
    fn a_letterboxed_frame_is_red_then_green_then_blue_between_grey_bars() {
        let levels = Levels::new(Normalise::Unit);
        for (order, colour) in [(ChannelOrder::Rgbx, [255, 51, 0, 9]), (ChannelOrder::Bgrx, [0, 51, 255, 9])]
        {
            let image = RgbaImage::from_pixel(40, 40, Rgba(colour));
            let frame = Pixels::new(image.as_raw(), 40, 40, order).unwrap();
            let mut planes = vec![9.0; 3 * 80 * 40];
            let transform = Letterboxer::new(80, 40).run_planes(&frame, 114, &levels, &mut planes);
            assert_eq!((transform.scale, transform.offset), ([1.0; 2], Point::new(20.0, 0.0)));
            for (plane, want) in planes.chunks_exact(80 * 40).zip([1.0, 0.2, 0.0]) {
                for row in plane.chunks_exact(80) {
                    assert!(row[..20].iter().chain(&row[60..]).all(|&value| value == 114.0 / 255.0));
                    assert!(row[20..60].iter().all(|&value| value == want), "{want}: {row:?}");
                }
            }
        }
    }

    #[test]
    fn imagenet_takes_the_mean_away() {
        let levels = Levels::new(Normalise::Imagenet);
        let mut planes = [0.0; 6];
        levels.spread_crop(&[0, 0, 0, 255, 255, 255, 255, 255], 2, &mut planes);
        let want = [-2.1179, 2.2489, -2.0357, 2.4286, -1.8044, 2.64];
        assert!(planes.iter().zip(want).all(|(value, want)| (value - want).abs() < 1e-3), "{planes:?}");
    }
}
