//! From pixels to network input: the only copy, used live and in training.
//!
//! Both stages keep their buffers, so that nothing is allocated once sizes have settled.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{CropBox, FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::geometry::{Homography, InFrame, InModel, Point, Quad, Transform};
use crate::pixels::{ChannelOrder, Pixels};

/// Shrinks whole frames to the detector's input.
#[derive(Debug)]
pub struct Letterboxer {
    width: u32,
    height: u32,
    resizer: Resizer,
    small: Option<Image<'static>>,
}

impl Letterboxer {
    /// For an input of `width x height` pixels.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, resizer: Resizer::new(), small: None }
    }

    /// Where a frame of this size lies in the input: scaled to fit, centred.
    pub fn transform(&self, frame_width: u32, frame_height: u32) -> Transform<InFrame, InModel> {
        let scale =
            (self.width as f32 / frame_width as f32).min(self.height as f32 / frame_height as f32);
        let inner = self.inner_size(frame_width, frame_height);
        let left = (self.width - inner.0) / 4 * 2;
        let top = (self.height - inner.1) / 4 * 2;
        Transform::new(scale, Point::new(left as f32, top as f32))
    }

    /// Fills `packed` with the letterboxed frame, packed two by two (see [`PACK`]), with black bars.
    ///
    /// # Panics
    /// When `packed` does not hold `3 * height * width` bytes.
    pub fn run(&mut self, frame: &Pixels<'_>, packed: &mut [u8]) -> Transform<InFrame, InModel> {
        let transform = self.transform(frame.width, frame.height);
        let (inner_width, inner_height) = self.inner_size(frame.width, frame.height);
        let small = sized(&mut self.small, inner_width, inner_height);
        let source = ImageRef::new(frame.width, frame.height, frame.data, PixelType::U8x4)
            .expect("Pixels checks its length");
        self.resizer
            .resize(&source, small, &options(FilterType::Box))
            .expect("both images are four bytes a pixel");
        assert_eq!(packed.len(), 3 * (self.width * self.height) as usize, "three bytes a pixel of the input");
        if (inner_width, inner_height) != (self.width, self.height) {
            packed.fill(0);
        }
        let (left, top) = (transform.offset.x as usize, transform.offset.y as usize);
        pack(small.buffer(), inner_width as usize, frame.order, packed, self.width as usize, left, top);
        transform
    }

    fn inner_size(&self, frame_width: u32, frame_height: u32) -> (u32, u32) {
        let (fw, fh) = (frame_width as f32, frame_height as f32);
        let scale = (self.width as f32 / fw).min(self.height as f32 / fh);
        // Even sides and offsets, so that the bars fill whole packed cells.
        let side = |length: f32, limit: u32| (((length * scale / 2.0).round() as u32) * 2).clamp(2, limit);
        (side(fw, self.width), side(fh, self.height))
    }
}

/// Cuts a card's quad out of a frame and turns it upright.
#[derive(Debug)]
pub struct Rectifier {
    width: u32,
    height: u32,
    widen: f32,
    resizer: Resizer,
    region: Option<Image<'static>>,
    crop: Vec<u8>,
}

/// How much larger than the crop a card may be on screen before its region is area-averaged first.
const PREFILTER_ABOVE: f32 = 1.5;
/// Size of that region beside the crop.
const PREFILTERED: f32 = 1.25;

impl Rectifier {
    /// For crops of `width x height` pixels, of quads widened by `widen` about their centre.
    pub fn new(width: u32, height: u32, widen: f32) -> Self {
        Self {
            width,
            height,
            widen,
            resizer: Resizer::new(),
            region: None,
            crop: vec![0; (width * height * 4) as usize],
        }
    }

    /// The upright crop: `height` rows of `width` pixels, red, green, blue, 255. Beyond the frame its edge is repeated.
    ///
    /// A quad without area, or far outside the frame, gives a black crop.
    pub fn run(&mut self, frame: &Pixels<'_>, quad: Quad<InFrame>) -> &[u8] {
        let quad = quad.scaled(self.widen);
        let (width, height) = (self.width as usize, self.height as usize);
        let bounds = quad.bounds();
        let left = bounds.left.floor().max(0.0) as u32;
        let top = bounds.top.floor().max(0.0) as u32;
        let right = (bounds.right.ceil().max(0.0) as u32 + 1).min(frame.width);
        let bottom = (bounds.bottom.ceil().max(0.0) as u32 + 1).min(frame.height);
        let usable = bounds.left.is_finite() && bounds.right.is_finite() && left < right && top < bottom;
        if !usable {
            self.crop.fill(0);
            return &self.crop;
        }
        let shrink = (quad.height() / self.height as f32).min(quad.width() / self.width as f32);
        let map = if shrink > PREFILTER_ABOVE {
            let scale = PREFILTERED / shrink;
            let (roi_width, roi_height) = (right - left, bottom - top);
            let small_width = ((roi_width as f32 * scale).round() as u32).max(1);
            let small_height = ((roi_height as f32 * scale).round() as u32).max(1);
            let region = sized(&mut self.region, small_width, small_height);
            let source = ImageRef::new(frame.width, frame.height, frame.data, PixelType::U8x4)
                .expect("Pixels checks its length");
            let crop = CropBox {
                left: f64::from(left),
                top: f64::from(top),
                width: f64::from(roi_width),
                height: f64::from(roi_height),
            };
            let crop_options =
                options(FilterType::Box).crop(crop.left, crop.top, crop.width, crop.height);
            self.resizer
                .resize(&source, region, &crop_options)
                .expect("the region lies inside the frame");
            let (sx, sy) =
                (small_width as f32 / roi_width as f32, small_height as f32 / roi_height as f32);
            let local: Quad<InFrame> =
                Quad::from_xy(quad.to_xy().map(|[x, y]| [(x - left as f32) * sx, (y - top as f32) * sy]));
            let Some(map) = Homography::quad_from_rect(self.width as f32, self.height as f32, local) else {
                self.crop.fill(0);
                return &self.crop;
            };
            warp(region.buffer(), small_width, small_height, map, &mut self.crop, width, height);
            None
        } else {
            Homography::quad_from_rect(self.width as f32, self.height as f32, quad)
        };
        if let Some(map) = map {
            warp(frame.data, frame.width, frame.height, map, &mut self.crop, width, height);
        } else if shrink <= PREFILTER_ABOVE {
            self.crop.fill(0);
        }
        if frame.order == ChannelOrder::Bgrx {
            for pixel in self.crop.chunks_exact_mut(4) {
                pixel.swap(0, 2);
            }
        }
        &self.crop
    }
}

/// Packs an upright crop of four bytes a pixel (red, green, blue first), as [`Rectifier::run`] gives it, two by two.
///
/// # Panics
/// When `packed` does not hold three bytes for each pixel.
pub fn pack_crop(crop: &[u8], width: usize, packed: &mut [u8]) {
    assert_eq!(packed.len() / 3, crop.len() / 4, "three bytes a pixel of the input");
    pack(crop, width, ChannelOrder::Rgbx, packed, width, 0, 0);
}

/// Bytes of a packed cell: 2x2 pixels of red, green and blue.
///
/// Byte `4 * channel + 2 * row + column` of a cell is that channel of the pixel at `row`, `column` of its 2x2 square:
/// the order of `pixel_unshuffle(2)`.
pub const PACK: usize = 12;

/// Packs `pixels`, rows of `width` (even), into `packed`, rows of `packed_width / 2` cells, from the pixel `(left, top)` (both even).
fn pack(
    pixels: &[u8],
    width: usize,
    order: ChannelOrder,
    packed: &mut [u8],
    packed_width: usize,
    left: usize,
    top: usize,
) {
    let (red, blue) = match order {
        ChannelOrder::Rgbx => (0, 2),
        ChannelOrder::Bgrx => (2, 0),
    };
    let stride = packed_width / 2 * PACK;
    for (pair, rows) in pixels.chunks_exact(width * 8).enumerate() {
        let (upper, lower) = rows.split_at(width * 4);
        let at = (top / 2 + pair) * stride + left / 2 * PACK;
        let cells = packed[at..at + width / 2 * PACK].chunks_exact_mut(PACK);
        for ((cell, above), below) in cells.zip(upper.chunks_exact(8)).zip(lower.chunks_exact(8)) {
            for (out, channel) in cell.chunks_exact_mut(4).zip([red, 1, blue]) {
                out.copy_from_slice(&[above[channel], above[4 + channel], below[channel], below[4 + channel]]);
            }
        }
    }
}

/// Bilinear sampling with 7 fractional bits; the source's edge is repeated outside.
fn warp(
    source: &[u8],
    source_width: u32,
    source_height: u32,
    map: Homography,
    target: &mut [u8],
    width: usize,
    height: usize,
) {
    let [a, b, c, d, e, f, g, h, i] = map.matrix().map(|value| value as f32);
    let (last_x, last_y) = (source_width as i32 - 1, source_height as i32 - 1);
    let stride = source_width as usize * 4;
    for y in 0..height {
        let v = y as f32 + 0.5;
        let row = &mut target[y * width * 4..(y + 1) * width * 4];
        for (x, out) in row.chunks_exact_mut(4).enumerate() {
            let u = x as f32 + 0.5;
            let w = 1.0 / (g * u + h * v + i);
            let sx = ((a * u + b * v + c) * w - 0.5).clamp(-1.0, last_x as f32 + 1.0);
            let sy = ((d * u + e * v + f) * w - 0.5).clamp(-1.0, last_y as f32 + 1.0);
            let (x0, y0) = (sx.floor() as i32, sy.floor() as i32);
            let fx = ((sx - x0 as f32) * 128.0) as u32;
            let fy = ((sy - y0 as f32) * 128.0) as u32;
            let left = x0.clamp(0, last_x) as usize * 4;
            let right = (x0 + 1).clamp(0, last_x) as usize * 4;
            let above = y0.clamp(0, last_y) as usize * stride;
            let below = (y0 + 1).clamp(0, last_y) as usize * stride;
            for channel in 0..3 {
                let at = |offset: usize| u32::from(source[offset + channel]);
                let upper = at(above + left) * (128 - fx) + at(above + right) * fx;
                let lower = at(below + left) * (128 - fx) + at(below + right) * fx;
                out[channel] = ((upper * (128 - fy) + lower * fy + (1 << 13)) >> 14) as u8;
            }
            out[3] = 255;
        }
    }
}

fn options(filter: FilterType) -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false)
}

fn sized<'a>(slot: &'a mut Option<Image<'static>>, width: u32, height: u32) -> &'a mut Image<'static> {
    let fits = slot.as_ref().is_some_and(|image| image.width() == width && image.height() == height);
    if !fits {
        *slot = None;
    }
    slot.get_or_insert_with(|| Image::new(width, height, PixelType::U8x4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use image::{Rgba, RgbaImage};

    fn gradient(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| {
            Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 40, 255])
        })
    }

    #[test]
    fn letterbox_centres_and_fills_with_black() {
        let image = gradient(400, 400);
        let mut packed = vec![9; 3 * 640 * 352];
        let mut letterboxer = Letterboxer::new(640, 352);
        let transform = letterboxer.run(&(&image).into(), &mut packed);
        assert_eq!(transform.scale, 0.88);
        assert_eq!(transform.offset, Point::new(144.0, 0.0));
        assert_eq!(packed[0], 0);
        let middle = &packed[(88 * 320 + 160) * PACK..][..PACK];
        assert!((i32::from(middle[0]) - 128).abs() < 4, "{middle:?}");
        assert_eq!(middle[8..], [40; 4]);
    }

    #[test]
    fn packing_keeps_every_pixel_in_its_place() {
        let image = RgbaImage::from_fn(4, 2, |x, y| Rgba([x as u8, 10 + y as u8, 20 + (y * 4 + x) as u8, 255]));
        let mut packed = [0; 2 * PACK];
        pack_crop(image.as_raw(), 4, &mut packed);
        assert_eq!(packed[..PACK], [0, 1, 0, 1, 10, 10, 11, 11, 20, 21, 24, 25]);
        assert_eq!(packed[PACK..], [2, 3, 2, 3, 10, 10, 11, 11, 22, 23, 26, 27]);
    }

    #[test]
    fn both_channel_orders_give_the_same_input() {
        let image = gradient(64, 36);
        let mut swapped = image.clone();
        swapped.pixels_mut().for_each(|pixel| pixel.0.swap(0, 2));
        let bgrx = Pixels::new(swapped.as_raw(), 64, 36, ChannelOrder::Bgrx).unwrap();
        let (mut one, mut two) = (vec![0; 3 * 64 * 36], vec![0; 3 * 64 * 36]);
        Letterboxer::new(64, 36).run(&(&image).into(), &mut one);
        Letterboxer::new(64, 36).run(&bgrx, &mut two);
        assert_eq!(one, two);
        let quad = Quad::from_rect(Rect::ltwh(5.0, 5.0, 20.0, 25.0));
        let crop = Rectifier::new(72, 96, 1.03).run(&(&image).into(), quad).to_vec();
        assert_eq!(crop, Rectifier::new(72, 96, 1.03).run(&bgrx, quad));
    }

    /// The crop's corners must show the frame's colours at the quad's corners, at every size of card.
    #[test]
    fn rectified_corners_match_the_frame() {
        for size in [30.0, 96.0, 200.0, 700.0] {
            let image = gradient(1000, 1000);
            let quad = Quad::from_xy([
                [100.0, 120.0],
                [100.0 + 0.7 * size, 100.0],
                [110.0 + 0.7 * size, 100.0 + size],
                [110.0, 120.0 + size],
            ]);
            let mut rectifier = Rectifier::new(72, 96, 1.0);
            let crop = rectifier.run(&(&image).into(), quad);
            for (u, v) in [(0, 0), (71, 0), (71, 95), (0, 95), (36, 48)] {
                let got = &crop[(v * 72 + u) * 4..][..2];
                let at = quad.at((u as f32 + 0.5) / 72.0, (v as f32 + 0.5) / 96.0);
                let want = [at.x * 0.255, at.y * 0.255];
                assert!(
                    got.iter().zip(want).all(|(&g, w)| (f32::from(g) - w).abs() < 3.0),
                    "size {size} at {u},{v}: {got:?} {want:?}"
                );
            }
        }
    }

    #[test]
    fn quads_outside_the_frame_do_no_harm() {
        let image = gradient(100, 100);
        let mut rectifier = Rectifier::new(72, 96, 1.03);
        for quad in [
            Quad::from_rect(Rect::ltwh(-500.0, -500.0, 60.0, 80.0)),
            Quad::from_rect(Rect::ltwh(90.0, 90.0, 600.0, 800.0)),
            Quad::from_xy([[f32::NAN, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
            Quad::default(),
        ] {
            assert_eq!(rectifier.run(&(&image).into(), quad).len(), 72 * 96 * 4);
        }
    }
}
