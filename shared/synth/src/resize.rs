//! Images at another size.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbaImage;

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
