//! The background: slowly stirred paint in blocks, four shades that drift from round to round.

use image::RgbaImage;

/// Blocks from top to bottom.
const ROWS: usize = 120;

/// Draws the background; keeps its buffer.
#[derive(Debug, Default)]
pub(super) struct Swirl {
    row: Vec<u8>,
}

impl Swirl {
    pub(super) fn paint(&mut self, image: &mut RgbaImage, time: f32) {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let shades = shades(time);
        let block = height as f32 / ROWS as f32;
        let columns = (width as f32 / block).ceil() as usize;
        let column_of: Vec<usize> =
            (0..width).map(|x| ((x as f32 / block) as usize).min(columns - 1)).collect();
        let mut last = usize::MAX;
        self.row.resize(width * 4, 255);
        for (y, target) in image.chunks_exact_mut(width * 4).enumerate() {
            let at = ((y as f32 / block) as usize).min(ROWS - 1);
            if at != last {
                last = at;
                let v = (at as f32 + 0.5) / ROWS as f32 - 0.5;
                let colours: Vec<[u8; 4]> = (0..columns)
                    .map(|column| {
                        let u = (column as f32 + 0.5 - columns as f32 / 2.0) / ROWS as f32;
                        shades[(stirred(u, v, time) * 3.999) as usize]
                    })
                    .collect();
                for (pixel, &column) in self.row.chunks_exact_mut(4).zip(&column_of) {
                    pixel.copy_from_slice(&colours[column]);
                }
            }
            target.copy_from_slice(&self.row);
        }
    }
}

/// How much paint lies at a place, from 0.0 to 1.0: waves that bend each other.
fn stirred(u: f32, v: f32, time: f32) -> f32 {
    let slow = time * 0.16;
    let turn = 1.6 * (u * u + v * v).sqrt() - slow * 0.5;
    let (sin, cos) = turn.sin_cos();
    let (mut x, mut y) = (2.4 * (u * cos - v * sin), 2.4 * (u * sin + v * cos));
    for step in 1..4 {
        let step = step as f32;
        let bent = x + 0.8 / step * (step * 1.3 * y + slow + step).sin();
        y += 0.8 / step * (step * 1.3 * bent - slow * 1.3 + 2.0 * step).sin();
        x = bent;
    }
    0.5 + 0.5 * (x + 0.7 * y).sin()
}

/// Four shades of a colour that goes once around in a few minutes.
fn shades(time: f32) -> [[u8; 4]; 4] {
    let hue = 0.42 + time / 240.0;
    let part = |shift: f32| 0.5 + 0.5 * (std::f32::consts::TAU * (hue + shift)).cos();
    let base = [part(0.0), part(0.667), part(0.333)];
    [0.30, 0.36, 0.42, 0.47].map(|light: f32| {
        let channel = |share: f32| (255.0 * light * (0.55 + 0.55 * share)) as u8;
        [channel(base[0]), channel(base[1]), channel(base[2]), 255]
    })
}
