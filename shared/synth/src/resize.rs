//! Images at another size, and parts of them.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbaImage;
use lens_core::geometry::{InFrame, Rect};

/// How an image is resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Every pixel counts by its area.
    Area,
    /// Smooth when enlarging.
    Linear,
    /// Square pixels.
    Nearest,
}

/// `picture` at `width x height`; colours of transparent pixels do not bleed.
pub(crate) fn resized(picture: &RgbaImage, width: u32, height: u32, manner: Manner) -> RgbaImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let source = ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8x4)
        .expect("an image has its own size");
    let mut target = Image::new(width, height, PixelType::U8x4);
    let algorithm = match manner {
        Manner::Area => ResizeAlg::Convolution(FilterType::Box),
        Manner::Linear => ResizeAlg::Convolution(FilterType::Bilinear),
        Manner::Nearest => ResizeAlg::Nearest,
    };
    // Alpha costs two passes more; only images of cards have some, and they are smaller than
    // this.
    let with_alpha = picture.width() <= 256 && picture.pixels().any(|pixel| pixel[3] < 255);
    let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(with_alpha);
    Resizer::new().resize(&source, &mut target, &options).expect("both are four bytes a pixel");
    RgbaImage::from_raw(width, height, target.into_vec()).expect("the target has this size")
}

/// Cuts parts out of images, at one size.
///
/// Here, so that the code of the resampling is compiled into this crate alone.
#[derive(Debug)]
pub struct Cutter {
    resizer: Resizer,
    image: Image<'static>,
}

impl Cutter {
    /// For parts of this width and height in pixels.
    #[must_use]
    pub fn new([width, height]: [u32; 2]) -> Self {
        Self { resizer: Resizer::new(), image: Image::new(width, height, PixelType::U8x4) }
    }

    /// The part inside `region`, which may end outside of the image: RGBA, row by row. Where it
    /// gets smaller every pixel counts by its area, else it is smooth.
    ///
    /// # Panics
    /// When the region begins outside of the image.
    pub fn cut(&mut self, picture: &RgbaImage, region: Rect<InFrame>) -> &[u8] {
        let (width, height) = picture.dimensions();
        let source = ImageRef::new(width, height, picture.as_raw(), PixelType::U8x4)
            .expect("an image has four bytes a pixel");
        let is_smaller = (self.image.width() as f32) < region.width();
        let filter = if is_smaller { FilterType::Box } else { FilterType::Bilinear };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false).crop(
            f64::from(region.left),
            f64::from(region.top),
            f64::from(region.width().min(width as f32 - region.left)),
            f64::from(region.height().min(height as f32 - region.top)),
        );
        self.resizer.resize(&source, &mut self.image, &options).expect("the part begins inside the image");
        self.image.buffer()
    }
}
