//! Smooth edges, for images that people look at. Slower than the other shapes; claims nothing.

use lens_core::geometry::{InFrame, Rect};

use crate::canvas::{Canvas, Colour};

impl Canvas {
    /// Lays a colour over one pixel, 1.0 being opaque; outside the image nothing happens.
    pub fn blend(&mut self, x: i64, y: i64, colour: Colour, opacity: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        let Some(pixel) = self.image.get_pixel_mut_checked(x, y) else { return };
        for (channel, over) in pixel.0.iter_mut().zip(colour) {
            let (under, over) = (f32::from(*channel), f32::from(over));
            *channel = (under + (over - under) * opacity).round() as u8;
        }
    }

    /// A rectangle with round corners, this opaque.
    pub fn smooth_rounded(&mut self, area: Rect<InFrame>, radius: f32, colour: Colour, opacity: f32) {
        let radius = radius.min(area.width() / 2.0).min(area.height() / 2.0).max(0.0);
        let (width, height) = self.image.dimensions();
        let top = area.top.floor().clamp(0.0, height as f32) as u32;
        let bottom = area.bottom.ceil().clamp(0.0, height as f32) as u32;
        let left = area.left.floor().clamp(0.0, width as f32) as u32;
        let right = area.right.ceil().clamp(0.0, width as f32) as u32;
        let half = [area.width() / 2.0 - radius, area.height() / 2.0 - radius];
        let centre = [f32::midpoint(area.left, area.right), f32::midpoint(area.top, area.bottom)];
        for y in top..bottom {
            let dy = ((y as f32 + 0.5 - centre[1]).abs() - half[1]).max(0.0);
            for x in left..right {
                let dx = ((x as f32 + 0.5 - centre[0]).abs() - half[0]).max(0.0);
                let coverage = (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0) * opacity;
                if coverage > 0.0 {
                    self.blend(x.into(), y.into(), colour, coverage);
                }
            }
        }
    }
}
