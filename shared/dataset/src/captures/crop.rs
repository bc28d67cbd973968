//! Cuts a card out of a frame as it is, in its own size: the image that is kept.

use image::RgbaImage;

use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::pixels::Pixels;
use lens_core::preprocess::Rectifier;

/// How much more than the card a crop shows: identifiers look a little beyond the edge.
pub const WIDEN: f32 = 1.06;
/// Smallest and largest side of a crop.
const SIDES: [f32; 2] = [16.0, 2048.0];

/// The card upright, one pixel for one of the screen, with a narrow margin.
pub fn crop(frame: &Pixels<'_>, quad: Quad<InFrame>) -> RgbaImage {
    let side = |length: f32| (length * WIDEN).round().clamp(SIDES[0], SIDES[1]) as u32;
    let (width, height) = (side(quad.width()), side(quad.height()));
    let mut rectifier = Rectifier::new(width, height, WIDEN);
    let pixels = rectifier.run(frame, quad).to_vec();
    RgbaImage::from_raw(width, height, pixels).expect("the rectifier fills the size that it was made for")
}

/// Where the card lies in a crop of this size.
pub fn quad_in_crop(width: u32, height: u32) -> Quad<InFrame> {
    Quad::from_rect(Rect::ltwh(0.0, 0.0, width as f32, height as f32)).scaled(1.0 / WIDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upright_card_comes_out_pixel_for_pixel() {
        let frame = RgbaImage::from_fn(200, 200, |x, y| image::Rgba([x as u8, y as u8, 9, 255]));
        let quad = Quad::from_rect(Rect::ltwh(50.0, 40.0, 100.0, 100.0));
        let crop = crop(&Pixels::from(&frame), quad);
        assert_eq!(crop.dimensions(), (106, 106));
        for (x, y) in [(0, 0), (53, 20), (105, 105)] {
            assert_eq!(crop.get_pixel(x, y).0, [x as u8 + 47, y as u8 + 37, 9, 255]);
        }
        let inside = quad_in_crop(106, 106).bounds();
        assert!((inside.left - 3.0).abs() < 0.01 && (inside.right - 103.0).abs() < 0.01);
    }
}
