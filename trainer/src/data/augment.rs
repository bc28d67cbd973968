//! Changes to an image of a card that leave it the same card: as data, so that they can be named,
//! sampled and repeated.
//!
//! [`apply`] is used for files (`trainer augment`) and on the fly in training alike. [`plan`]
//! decides how many each image gets; [`sample`] what they are. Pure: no file is read or written.

pub mod plan;
pub mod sample;

use image::RgbaImage;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::random::normal;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Turned about its middle, degrees clockwise.
    Rotate(f32),
    /// Seen larger (above 1, so that its edge is cut off) or smaller.
    Zoom(f32),
    /// Moved right and down, as parts of width and height.
    Shift([f32; 2]),
    /// Mirrored left to right.
    Flip,
    /// Brighter or darker, as a part of full light.
    Brightness(f32),
    /// Differences to middle grey grow or shrink by this part.
    Contrast(f32),
    /// Red, green and blue are multiplied.
    Tint([f32; 3]),
    /// A Gaussian of this deviation in pixels.
    Blur(f32),
    /// Normal noise of this deviation, of 255.
    Noise(f32),
    /// A plain rectangle over it: left, top, width, height as parts, and its grey.
    Cover([f32; 4], u8),
    /// Every colour becomes its opposite.
    Negative,
}

impl Change {
    /// As in `augmented.json`: `rotate+15`.
    pub fn name(&self) -> String {
        let percent = |name: &str, value: f32| format!("{name}{:+.0}", 100.0 * value);
        match *self {
            Self::Rotate(degrees) => format!("rotate{degrees:+.0}"),
            Self::Zoom(factor) => percent("crop", factor - 1.0),
            Self::Shift([x, y]) => format!("shift{:+.0}{:+.0}", 100.0 * x, 100.0 * y),
            Self::Flip => "flip".into(),
            Self::Brightness(by) => percent("brightness", by),
            Self::Contrast(by) => percent("contrast", by),
            Self::Tint(_) => "tint".into(),
            Self::Blur(pixels) => format!("blur{pixels:.1}"),
            Self::Noise(deviation) => format!("noise{deviation:.0}"),
            Self::Cover(..) => "cover".into(),
            Self::Negative => "negative".into(),
        }
    }
}

/// The names of several changes.
pub fn names(changes: &[Change]) -> String {
    changes.iter().map(Change::name).collect::<Vec<_>>().join(",")
}

/// An image of `width x height` pixels with these changes; the same seed gives the same noise.
/// Beyond the image's edge its edge is repeated.
pub fn apply(source: &RgbaImage, [width, height]: [u32; 2], changes: &[Change], seed: u64) -> RgbaImage {
    let mut image = moved(source, [width, height], changes);
    for change in changes {
        match *change {
            // Noise and blur are of the image itself; what covers it lies over it in order.
            Change::Blur(deviation) => image = image::imageops::blur(&image, deviation),
            Change::Cover(part, grey) => cover(&mut image, part, grey),
            _ => {}
        }
    }
    light(&mut image, changes);
    for change in changes {
        if let Change::Noise(deviation) = *change {
            noise(&mut image, deviation, seed);
        }
    }
    image
}

/// Everything that moves pixels, in one bilinear pass.
fn moved(source: &RgbaImage, [width, height]: [u32; 2], changes: &[Change]) -> RgbaImage {
    let (mut degrees, mut zoom, mut shift, mut mirror) = (0.0_f32, 1.0_f32, [0.0_f32; 2], 1.0_f32);
    for change in changes {
        match *change {
            Change::Rotate(by) => degrees += by,
            Change::Zoom(by) => zoom *= by,
            Change::Shift([x, y]) => shift = [shift[0] + x, shift[1] + y],
            Change::Flip => mirror = -mirror,
            _ => {}
        }
    }
    if source.dimensions() == (width, height)
        && degrees == 0.0
        && zoom == 1.0
        && shift == [0.0; 2]
        && mirror == 1.0
    {
        return source.clone();
    }
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let [w, h] = [width as f32, height as f32];
    let scale = [source.width() as f32 / w, source.height() as f32 / h];
    let (columns, rows) = (source.width() as i32, source.height() as i32);
    let pixels = source.as_raw();
    let at = |x: i32, y: i32| {
        let (x, y) = (x.clamp(0, columns - 1) as usize, y.clamp(0, rows - 1) as usize);
        &pixels[(y * columns as usize + x) * 4..][..4]
    };
    let mut moved = RgbaImage::new(width, height);
    for (x, y, pixel) in moved.enumerate_pixels_mut() {
        let dx = (x as f32 + 0.5 - w / 2.0 - shift[0] * w) / zoom;
        let dy = (y as f32 + 0.5 - h / 2.0 - shift[1] * h) / zoom;
        let turned = [(dx * cosine + dy * sine) * mirror, dy * cosine - dx * sine];
        let u = (turned[0] + w / 2.0) * scale[0] - 0.5;
        let v = (turned[1] + h / 2.0) * scale[1] - 0.5;
        let (left, top) = (u.floor(), v.floor());
        let (a, b) = (u - left, v - top);
        let (left, top) = (left as i32, top as i32);
        let corners = [at(left, top), at(left + 1, top), at(left, top + 1), at(left + 1, top + 1)];
        for channel in 0..3 {
            let of = |corner: usize| f32::from(corners[corner][channel]);
            let upper = of(0) + (of(1) - of(0)) * a;
            let lower = of(2) + (of(3) - of(2)) * a;
            pixel[channel] = (upper + (lower - upper) * b + 0.5) as u8;
        }
        pixel[3] = 255;
    }
    moved
}

/// Everything that changes colours pixel by pixel, by one table for each channel.
fn light(image: &mut RgbaImage, changes: &[Change]) {
    let mut touched = false;
    let tables: [[u8; 256]; 3] = std::array::from_fn(|channel| {
        std::array::from_fn(|value| {
            let mut level = value as f32;
            for change in changes {
                level = match *change {
                    Change::Brightness(by) => level + 255.0 * by,
                    Change::Contrast(by) => (level - 127.5) * (1.0 + by) + 127.5,
                    Change::Tint(factors) => level * factors[channel],
                    Change::Negative => 255.0 - level,
                    _ => continue,
                };
                touched = true;
            }
            level.round().clamp(0.0, 255.0) as u8
        })
    });
    if touched {
        for pixel in image.pixels_mut() {
            for (value, table) in pixel.0.iter_mut().zip(&tables) {
                *value = table[usize::from(*value)];
            }
        }
    }
}

fn cover(image: &mut RgbaImage, [left, top, width, height]: [f32; 4], grey: u8) {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let range = |from: f32, length: f32, side: f32| {
        let end = ((from + length) * side).clamp(0.0, side) as u32;
        ((from * side).clamp(0.0, side) as u32).min(end)..end
    };
    for y in range(top, height, h) {
        for x in range(left, width, w) {
            image.put_pixel(x, y, image::Rgba([grey, grey, grey, 255]));
        }
    }
}

fn noise(image: &mut RgbaImage, deviation: f32, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Normal numbers are costly; a short list of them, read from random places, looks the same.
    let list: Vec<i16> = (0..1024).map(|_| (deviation * normal(&mut random)).round() as i16).collect();
    for pixel in image.pixels_mut() {
        let bits = random.next_u32() as usize;
        for (channel, value) in pixel.0.iter_mut().take(3).enumerate() {
            *value = (i16::from(*value) + list[bits >> (10 * channel) & 1023]).clamp(0, 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture() -> RgbaImage {
        RgbaImage::from_fn(60, 80, |x, y| {
            image::Rgba([(x * 4) as u8, (y * 3) as u8, ((x + y) % 7 * 30) as u8, 255])
        })
    }

    fn difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
        let pairs = a.as_raw().iter().zip(b.as_raw());
        pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.as_raw().len() as f64
    }

    #[test]
    fn every_change_changes_something_and_has_a_name() {
        let check = |change: Change, name: &str| {
            assert_eq!(change.name(), name);
            let changed = apply(&picture(), [60, 80], &[change], 3);
            let by = difference(&changed, &picture());
            assert!((0.3..130.0).contains(&by), "{name} changes the image by {by}");
            assert!(changed.pixels().all(|pixel| pixel[3] == 255));
        };
        check(Change::Rotate(15.0), "rotate+15");
        check(Change::Zoom(1.12), "crop+12");
        check(Change::Shift([0.05, -0.1]), "shift+5-10");
        check(Change::Flip, "flip");
        check(Change::Brightness(-0.2), "brightness-20");
        check(Change::Contrast(0.25), "contrast+25");
        check(Change::Tint([1.1, 0.9, 1.0]), "tint");
        check(Change::Blur(1.5), "blur1.5");
        check(Change::Noise(8.0), "noise8");
        check(Change::Cover([0.2, 0.2, 0.3, 0.3], 40), "cover");
        check(Change::Negative, "negative");
        assert_eq!(names(&[Change::Flip, Change::Rotate(-3.0)]), "flip,rotate-3");
    }

    proptest! {
        /// What is undone is the image again, but for what left it and for rounding.
        #[test]
        fn changes_have_opposites(degrees in -15.0_f32..15.0, by in -0.2_f32..0.2, x in -0.1_f32..0.1) {
            let there = apply(&picture(), [60, 80], &[Change::Rotate(degrees), Change::Flip, Change::Negative], 0);
            let back = apply(&there, [60, 80], &[Change::Flip, Change::Negative, Change::Rotate(degrees)], 0);
            let middle = |image: &RgbaImage| image::imageops::crop_imm(image, 20, 25, 20, 30).to_image();
            prop_assert!(difference(&middle(&back), &middle(&picture())) < 22.0);
            let lit = apply(&picture(), [60, 80], &[Change::Brightness(by), Change::Brightness(-by)], 0);
            prop_assert!(difference(&lit, &picture()) < 1.0);
            // One pass moves as far as the sum of its parts.
            let twice = apply(&picture(), [60, 80], &[Change::Shift([x, 0.0]), Change::Shift([-x, 0.0])], 0);
            prop_assert!(difference(&twice, &picture()) < 1.0);
        }

        #[test]
        fn the_same_seed_gives_the_same_picture(seed in 0_u64..50, size in 8_u32..90) {
            let changes = sample::on_the_fly(sample::Level::Heavy, &mut ChaCha8Rng::seed_from_u64(seed));
            let one = apply(&picture(), [size, size + 3], &changes, seed);
            prop_assert_eq!(one.dimensions(), (size, size + 3));
            let other = apply(&picture(), [size, size + 3], &changes, seed);
            prop_assert!(one == other);
        }
    }
}
