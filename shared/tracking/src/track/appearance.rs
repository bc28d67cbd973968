//! What a card looks like, coarsely: enough to tell whether it is still the same one.
//!
//! The mean colours of a grid of cells in the card's own coordinates: a card that moves, turns or
//! grows keeps its appearance, one that is flipped, replaced or covered does not.

use lens_core::geometry::{InFrame, Quad};
use lens_core::pixels::Pixels;

const COLUMNS: usize = 4;
const ROWS: usize = 6;
/// Samples along each side of a cell.
const SAMPLES: usize = 3;
/// Share of the card's sides that is left out: corners of detections tremble.
const RIM: f32 = 0.08;
/// Cells that two appearances must share to be compared.
const MIN_SHARED_CELLS: usize = 6;

/// Mean colours of a card's cells; `None` where it lies outside the frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Appearance([Option<[f32; 3]>; COLUMNS * ROWS]);

impl Appearance {
    /// The appearance of what a quad of the frame shows.
    pub(crate) fn new(frame: &Pixels<'_>, quad: Quad<InFrame>) -> Self {
        let mut cells = [None; COLUMNS * ROWS];
        for (index, cell) in cells.iter_mut().enumerate() {
            let (column, row) = ((index % COLUMNS) as f32, (index / COLUMNS) as f32);
            let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
            for sample in 0..SAMPLES * SAMPLES {
                let within = |step: usize| (step as f32 + 0.5) / SAMPLES as f32;
                let u = RIM + (1.0 - 2.0 * RIM) * (column + within(sample % SAMPLES)) / COLUMNS as f32;
                let v = RIM + (1.0 - 2.0 * RIM) * (row + within(sample / SAMPLES)) / ROWS as f32;
                let point = quad.at(u, v);
                if point.x >= 0.0
                    && point.y >= 0.0
                    && point.x < frame.width as f32
                    && point.y < frame.height as f32
                {
                    let rgb = frame.rgb(point.x as u32, point.y as u32);
                    sum.iter_mut().zip(rgb).for_each(|(sum, byte)| *sum += f32::from(byte));
                    count += 1.0;
                }
            }
            *cell = (count > 0.0).then(|| sum.map(|sum| sum / count));
        }
        Self(cells)
    }

    /// Mean difference of a channel, from 0.0 to 255.0; `None` when too little of both can be seen.
    pub(crate) fn difference(&self, other: &Self) -> Option<f32> {
        let (mut sum, mut count) = (0.0, 0);
        for (a, b) in self.0.iter().zip(&other.0) {
            if let (Some(a), Some(b)) = (a, b) {
                sum += a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 3.0;
                count += 1;
            }
        }
        (count >= MIN_SHARED_CELLS).then(|| sum / count as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};
    use lens_core::geometry::Rect;

    fn card(picture: &mut RgbaImage, left: u32, upper: u8) -> Quad<InFrame> {
        for (x, y) in (0..60).flat_map(|x| (0..80).map(move |y| (x, y))) {
            let shade = if y < 40 { upper } else { 30 };
            picture.put_pixel(left + x, 20 + y, Rgba([shade, 90, 60, 255]));
        }
        Quad::from_rect(Rect::ltwh(left as f32, 20.0, 60.0, 80.0))
    }

    #[test]
    fn a_moved_card_keeps_its_appearance_and_another_one_has_its_own() {
        let mut picture = RgbaImage::new(300, 120);
        let (here, there, other) =
            (card(&mut picture, 10, 200), card(&mut picture, 100, 200), card(&mut picture, 200, 40));
        let appearance = |quad| Appearance::new(&(&picture).into(), quad);
        assert!(appearance(here).difference(&appearance(there)).unwrap() < 0.01);
        assert!(appearance(here).difference(&appearance(other)).unwrap() > 20.0);
        let outside = appearance(here.shifted(-400.0, 0.0));
        assert_eq!(appearance(here).difference(&outside), None, "nothing of it can be seen");
    }
}
