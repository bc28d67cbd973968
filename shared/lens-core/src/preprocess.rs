//! From pixels to network input: the only copy, used live and in training.
//!
//! Both stages keep their buffers, so that nothing is allocated once sizes have settled.

mod area;
mod pack;
pub mod planes;
mod warp;

use fearless_simd::Level;

use crate::geometry::{Homography, InFrame, InModel, Point, Quad, Transform};
use crate::pixels::{ChannelOrder, Pixels};

use area::{Region, Shrinker};
pub use pack::PACK;
use pack::{pack, pack_rows};
use planes::Levels;

/// Shrinks whole frames to the detector's input.
#[derive(Debug)]
pub struct Letterboxer {
    width: u32,
    height: u32,
    shrinker: Shrinker,
    averaged: Vec<u8>,
    /// Two shrunk rows.
    rows: [Vec<u8>; 2],
}

impl Letterboxer {
    /// For an input of `width x height` pixels.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, shrinker: Shrinker::default(), averaged: Vec::new(), rows: Default::default() }
    }

    /// Where a frame of this size lies in the input: scaled to fit, centred. Its sides are even
    /// there, so the two scales differ a little.
    pub fn transform(&self, frame_width: u32, frame_height: u32) -> Transform<InFrame, InModel> {
        let inner = self.inner_size(frame_width, frame_height);
        let scale = [inner[0] as f32 / frame_width as f32, inner[1] as f32 / frame_height as f32];
        let left = (self.width - inner[0]) / 4 * 2;
        let top = (self.height - inner[1]) / 4 * 2;
        Transform::stretched(scale, Point::new(left as f32, top as f32))
    }

    /// Fills `packed` with the letterboxed frame, packed two by two (see [`PACK`]), with black
    /// bars.
    ///
    /// # Panics
    /// When `packed` does not hold `3 * height * width` bytes.
    pub fn run(&mut self, frame: &Pixels<'_>, packed: &mut [u8]) -> Transform<InFrame, InModel> {
        assert_eq!(packed.len(), 3 * (self.width * self.height) as usize, "three bytes a pixel of the input");
        let transform = self.transform(frame.width, frame.height);
        let inner = self.inner_size(frame.width, frame.height).map(|side| side as usize);
        if inner != [self.width, self.height].map(|side| side as usize) {
            packed.fill(0);
        }
        let (whole, stride) = (whole(frame), self.width as usize / 2 * PACK);
        let Self { shrinker, averaged, rows, .. } = self;
        shrinker.fit(whole, inner[0], inner[1]);
        let (top, begin) = (transform.offset.y as usize / 2, transform.offset.x as usize / 2 * PACK);
        for (pair, line) in packed[top * stride..].chunks_exact_mut(stride).take(inner[1] / 2).enumerate() {
            for (at, row) in rows.iter_mut().enumerate() {
                row.resize(shrinker.row_bytes(), 0);
                shrinker.row(frame.data, whole.width, whole, 2 * pair + at, averaged, row);
            }
            let [above, below] = rows.each_ref().map(|row| &row[..4 * inner[0]]);
            pack_rows(shrinker.level(), above, below, frame.order, &mut line[begin..]);
        }
        transform
    }

    /// Fills `planes` with the letterboxed frame for an external network: all of its reds,
    /// then its greens, then its blues, with bars of the grey `bar`.
    ///
    /// # Panics
    /// When `planes` does not hold `3 * height * width` numbers.
    pub fn run_planes(
        &mut self,
        frame: &Pixels<'_>,
        bar: u8,
        levels: &Levels,
        planes: &mut [f32],
    ) -> Transform<InFrame, InModel> {
        let transform = self.transform(frame.width, frame.height);
        let inner = self.inner_size(frame.width, frame.height);
        if inner != [self.width, self.height] {
            levels.fill(bar, planes);
        }
        let whole = whole(frame);
        let [inner_width, inner_height] = inner.map(|side| side as usize);
        self.shrinker.fit(whole, inner_width, inner_height);
        let size = [self.width as usize, self.height as usize];
        let Self { shrinker, averaged, rows: [row, _], .. } = self;
        row.resize(shrinker.row_bytes(), 0);
        for index in 0..inner_height {
            shrinker.row(frame.data, whole.width, whole, index, averaged, row);
            let place = [transform.offset.x as usize, transform.offset.y as usize + index];
            levels.spread(&row[..4 * inner_width], inner_width, frame.order, planes, size, place);
        }
        transform
    }

    /// Fills `planes` with the whole frame, stretched to the input.
    ///
    /// # Panics
    /// When `planes` does not hold `3 * height * width` numbers.
    pub fn stretch_planes(&mut self, frame: &Pixels<'_>, levels: &Levels, planes: &mut [f32]) {
        let (whole, size) = (whole(frame), [self.width as usize, self.height as usize]);
        self.shrinker.fit(whole, size[0], size[1]);
        let Self { shrinker, averaged, rows: [row, _], .. } = self;
        row.resize(shrinker.row_bytes(), 0);
        for index in 0..size[1] {
            shrinker.row(frame.data, whole.width, whole, index, averaged, row);
            levels.spread(&row[..4 * size[0]], size[0], frame.order, planes, size, [0, index]);
        }
    }

    fn inner_size(&self, frame_width: u32, frame_height: u32) -> [u32; 2] {
        let (fw, fh) = (frame_width as f32, frame_height as f32);
        let scale = (self.width as f32 / fw).min(self.height as f32 / fh);
        // Even sides and offsets, so that the bars fill whole packed cells.
        let side = |length: f32, limit: u32| (((length * scale / 2.0).round() as u32) * 2).clamp(2, limit);
        [side(fw, self.width), side(fh, self.height)]
    }
}

fn whole(frame: &Pixels<'_>) -> Region {
    Region { left: 0, top: 0, width: frame.width as usize, height: frame.height as usize }
}

/// Cuts a card's quad out of a frame and turns it upright.
#[derive(Debug)]
pub struct Rectifier {
    width: u32,
    height: u32,
    widen: f32,
    level: Level,
    shrinker: Shrinker,
    averaged: Vec<u8>,
    /// The region of a large card, shrunk.
    small: Vec<u8>,
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
            level: Level::new(),
            shrinker: Shrinker::default(),
            averaged: Vec::new(),
            small: Vec::new(),
            crop: vec![0; (width * height * 4) as usize],
        }
    }

    /// The upright crop: `height` rows of `width` pixels, red, green, blue, 255. Beyond the frame
    /// its edge is repeated.
    ///
    /// A quad without area, or far outside the frame, gives a black crop.
    pub fn run(&mut self, frame: &Pixels<'_>, quad: Quad<InFrame>) -> &[u8] {
        if self.cut(frame, quad.scaled(self.widen)).is_none() {
            self.crop.fill(0);
        } else if frame.order == ChannelOrder::Bgrx {
            let (pixels, _) = self.crop.as_chunks_mut::<4>();
            pixels.iter_mut().for_each(|[blue, _, red, _]| std::mem::swap(blue, red));
        }
        &self.crop
    }

    /// The same crop, packed two by two (see [`PACK`]).
    ///
    /// # Panics
    /// When `packed` does not hold three bytes for each pixel.
    pub fn run_packed(&mut self, frame: &Pixels<'_>, quad: Quad<InFrame>, packed: &mut [u8]) {
        assert_eq!(packed.len() / 3, self.crop.len() / 4, "three bytes a pixel of the input");
        if self.cut(frame, quad.scaled(self.widen)).is_none() {
            packed.fill(0);
        } else {
            pack(self.level, &self.crop, self.width as usize, frame.order, packed);
        }
    }

    /// Fills the crop in the frame's channel order; `None` when there is nothing to cut.
    fn cut(&mut self, frame: &Pixels<'_>, quad: Quad<InFrame>) -> Option<()> {
        let region = region_around(frame, quad)?;
        let shrink = (quad.height() / self.height as f32).min(quad.width() / self.width as f32);
        let frame_size = [frame.width as usize, frame.height as usize];
        let (source, size, quad) = if shrink > PREFILTER_ABOVE {
            let side = |length: usize| ((length as f32 * PREFILTERED / shrink).round() as usize).max(1);
            let size = [side(region.width), side(region.height)];
            let (averaged, small) = (&mut self.averaged, &mut self.small);
            let small = self.shrinker.run(frame.data, frame_size[0], region, size, averaged, small);
            let scale = [size[0] as f32 / region.width as f32, size[1] as f32 / region.height as f32];
            let in_region =
                |[x, y]: [f32; 2]| [(x - region.left as f32) * scale[0], (y - region.top as f32) * scale[1]];
            (small, size, Quad::from_xy(quad.to_xy().map(in_region)))
        } else {
            (frame.data, frame_size, quad)
        };
        let map = Homography::quad_from_rect(self.width as f32, self.height as f32, quad)?;
        warp::warp(self.level, source, size, map, &mut self.crop, self.width as usize);
        Some(())
    }
}

/// The pixels of the frame that a quad can touch.
fn region_around(frame: &Pixels<'_>, quad: Quad<InFrame>) -> Option<Region> {
    let bounds = quad.bounds();
    let finite = quad.to_xy().iter().flatten().all(|value| value.is_finite());
    let (left, top) = (bounds.left.floor().max(0.0) as usize, bounds.top.floor().max(0.0) as usize);
    let right = (bounds.right.ceil().max(0.0) as usize).saturating_add(1).min(frame.width as usize);
    let bottom = (bounds.bottom.ceil().max(0.0) as usize).saturating_add(1).min(frame.height as usize);
    (finite && left < right && top < bottom).then(|| Region {
        left,
        top,
        width: right - left,
        height: bottom - top,
    })
}

/// Packs an upright crop of four bytes a pixel (red, green, blue first), as [`Rectifier::run`]
/// gives it, two by two.
///
/// # Panics
/// When `packed` does not hold three bytes for each pixel.
pub fn pack_crop(crop: &[u8], width: usize, packed: &mut [u8]) {
    assert_eq!(packed.len() / 3, crop.len() / 4, "three bytes a pixel of the input");
    pack(Level::new(), crop, width, ChannelOrder::Rgbx, packed);
}

/// Every kind of vectors that this processor has.
#[cfg(test)]
fn levels() -> Vec<Level> {
    let mut levels = vec![Level::new(), Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    levels.extend(Level::new().as_sse4_2().map(Level::Sse4_2));
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::manifest::external::Normalise;
    use image::{Rgba, RgbaImage};

    fn gradient(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| {
            Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 40, 255])
        })
    }

    #[test]
    fn stretching_fills_the_input() {
        let image = gradient(400, 200);
        let mut planes = vec![9.0; 3 * 64 * 64];
        Letterboxer::new(64, 64).stretch_planes(&(&image).into(), &Levels::new(Normalise::Unit), &mut planes);
        let at = |channel: usize, x: usize, y: usize| planes[(channel * 64 + y) * 64 + x];
        for (x, y) in [(0, 0), (63, 0), (32, 16), (10, 63)] {
            let wanted = [x, y].map(|it| (it as f32 + 0.5) / 64.0);
            assert!((at(0, x, y) - wanted[0]).abs() < 0.01 && (at(1, x, y) - wanted[1]).abs() < 0.01);
            assert!((at(2, x, y) - 40.0 / 255.0).abs() < 1e-3);
        }
    }

    #[test]
    fn what_is_at_an_edge_of_the_frame_is_at_an_edge_of_what_was_shrunk() {
        for (width, height) in
            [(1280, 800), (1920, 1200), (2560, 1600), (1600, 1200), (1920, 1080), (3840, 2160), (1179, 2556)]
        {
            let mut letterboxer = Letterboxer::new(640, 352);
            // White from nine tenths on, to the right and downwards.
            let edges = [width * 9 / 10, height * 9 / 10];
            let image = RgbaImage::from_fn(width, height, |x, y| {
                Rgba([if x >= edges[0] { 255 } else { 0 }, if y >= edges[1] { 255 } else { 0 }, 0, 255])
            });
            let mut planes = vec![0.0; 3 * 640 * 352];
            let levels = Levels::new(Normalise::Unit);
            let transform = letterboxer.run_planes(&(&image).into(), 0, &levels, &mut planes);
            let at = transform.point(Point::new(edges[0] as f32, edges[1] as f32));
            let [inner_width, inner_height] = letterboxer.inner_size(width, height).map(|side| side as f32);
            let corner = transform.point(Point::new(width as f32, height as f32));
            assert!(
                (corner.x - transform.offset.x - inner_width).abs() < 1e-2,
                "{width}x{height}: {corner:?}"
            );
            assert!(
                (corner.y - transform.offset.y - inner_height).abs() < 1e-2,
                "{width}x{height}: {corner:?}"
            );
            let (row, column) = (transform.offset.y as usize + 2, transform.offset.x as usize + 2);
            let reds = &planes[row * 640..(row + 1) * 640];
            let black = reds.iter().map(|red| 1.0 - red / reds[corner.x as usize - 2]).sum::<f32>();
            let bars = 640.0 - inner_width;
            assert!(
                (black - bars + transform.offset.x - at.x).abs() < 0.6,
                "{width}x{height}: {black} {at:?}"
            );
            let greens = (0..352).map(|row| planes[640 * 352 + row * 640 + column]);
            let brightest = greens.clone().fold(0.0, f32::max);
            let black = greens.map(|green| 1.0 - green / brightest).sum::<f32>();
            let bars = 352.0 - inner_height;
            assert!(
                (black - bars + transform.offset.y - at.y).abs() < 0.6,
                "{width}x{height}: {black} {at:?}"
            );
        }
    }

    #[test]
    fn letterbox_centres_and_fills_with_black() {
        let image = gradient(400, 400);
        let mut packed = vec![9; 3 * 640 * 352];
        let mut letterboxer = Letterboxer::new(640, 352);
        let transform = letterboxer.run(&(&image).into(), &mut packed);
        assert_eq!(transform.scale, [0.88; 2]);
        assert_eq!(transform.offset, Point::new(144.0, 0.0));
        assert_eq!(packed[0], 0);
        let middle = &packed[(88 * 320 + 160) * PACK..][..PACK];
        assert!((i32::from(middle[0]) - 128).abs() < 4, "{middle:?}");
        assert_eq!(middle[8..], [40; 4]);
    }

    #[test]
    fn packing_keeps_every_pixel_in_its_place() {
        let image =
            RgbaImage::from_fn(4, 2, |x, y| Rgba([x as u8, 10 + y as u8, 20 + (y * 4 + x) as u8, 255]));
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

    #[test]
    fn a_packed_crop_is_the_crop_packed() {
        let image = gradient(300, 300);
        let mut rectifier = Rectifier::new(72, 96, 1.03);
        for size in [40.0, 200.0] {
            let quad = Quad::from_rect(Rect::ltwh(11.0, 7.0, 0.75 * size, size));
            let (mut packed, mut want) = (vec![0; 3 * 72 * 96], vec![1; 3 * 72 * 96]);
            rectifier.run_packed(&(&image).into(), quad, &mut packed);
            pack_crop(rectifier.run(&(&image).into(), quad), 72, &mut want);
            assert!(packed == want, "{size}");
        }
    }

    /// The crop's corners must show the frame's colours at the quad's corners, at every size of
    /// card.
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
