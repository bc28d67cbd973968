//! Images of captures and frames, decoded from their files; and the one frame that is worked on.

use std::borrow::Cow;
use std::path::PathBuf;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use image::RgbaImage;
use lens_core::image_file;

use crate::pictures::{self, Make, Pictures};

/// How large an image is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// At most 96 pixels high: for lists.
    Small,
    /// As it is, at most 720 pixels high.
    Large,
}

/// An image, by its file below one of the folders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key(String, Size);

/// How high a frame to work on is at most.
const MAX_WHOLE: u32 = 2160;
/// How wide and how high a texture is at most: what the window asks of a graphics card.
const MAX_SIDE: u32 = 8192;
/// Threads that decode.
const DECODERS: usize = 2;

impl pictures::Key for Key {
    fn name(&self) -> String {
        self.0.clone()
    }

    fn options(&self) -> TextureOptions {
        if self.1 == Size::Small { TextureOptions::LINEAR } else { TextureOptions::NEAREST }
    }

    /// Some 35 and 90 MB.
    fn kept(&self) -> (u8, usize) {
        match self.1 {
            Size::Small => (0, 1200),
            Size::Large => (1, 24),
        }
    }
}

/// The images of some folders.
pub struct Thumbnails(Pictures<Key>);

impl Thumbnails {
    /// Of these folders, the first of which that has a file counts.
    pub fn new(folders: &[PathBuf]) -> Self {
        let makers = (0..DECODERS).map(|_| {
            let folders = folders.to_vec();
            let make: Make<Key> = Box::new(move |Key(file, size)| {
                let picture = folders.iter().find_map(|folder| image_file::open(&folder.join(file)).ok());
                let most = if *size == Size::Small { 96 } else { 720 };
                picture.map(|it| texture_of(&shrunk(&it, [MAX_SIDE, most])))
            });
            make
        });
        Self(Pictures::new("thumbnails", makers.collect()))
    }

    /// Takes in what has been decoded; to be called once a frame.
    pub fn begin(&mut self, context: &Context) {
        self.0.begin(context);
    }

    /// The image, when it is there already; otherwise it will be soon.
    pub fn get(&mut self, context: &Context, file: &str, size: Size) -> Option<TextureHandle> {
        self.0.get(context, &Key(file.to_owned(), size))
    }

    /// Whether every request has been answered.
    pub fn is_idle(&self) -> bool {
        self.0.is_idle()
    }
}

/// As it is, or smaller in both directions where it is wider or higher than this.
fn shrunk(picture: &RgbaImage, most: [u32; 2]) -> Cow<'_, RgbaImage> {
    let [width, height] = [picture.width(), picture.height()].map(u64::from);
    let [most_width, most_height] = most.map(u64::from);
    if width <= most_width && height <= most_height {
        return Cow::Borrowed(picture);
    }
    let is_too_high = width * most_height <= height * most_width;
    let [width, height] = match is_too_high {
        true => [width * most_height / height, most_height],
        false => [most_width, height * most_width / width],
    };
    let [width, height] = [width, height].map(|side| side.max(1) as u32);
    Cow::Owned(image::imageops::thumbnail(picture, width, height))
}

/// A frame to work on, as the window takes it.
pub fn whole(picture: &RgbaImage) -> ColorImage {
    texture_of(&shrunk(picture, [MAX_SIDE, MAX_WHOLE]))
}

/// As the window takes it, which ends where an image is larger than a texture can be.
pub fn texture_of(picture: &RgbaImage) -> ColorImage {
    let picture = shrunk(picture, [MAX_SIDE; 2]);
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::from_rgba_unmultiplied(size, picture.as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A desktop of three screens ended the window.
    #[test]
    fn what_is_larger_than_a_texture_can_be_is_shown_smaller() {
        type Show = fn(&RgbaImage) -> ColorImage;
        for (show, sides, shown) in [
            (whole as Show, [640, 360], [640, 360]),
            (whole, [8192, 100], [8192, 100]),
            (whole, [12_000, 100], [8192, 68]),
            (whole, [100, 12_000], [18, 2160]),
            (whole, [12_000, 1], [8192, 1]),
            (texture_of, [100, 12_000], [68, 8192]),
            (texture_of, [12_000, 100], [8192, 68]),
        ] {
            assert_eq!(show(&RgbaImage::new(sides[0], sides[1])).size, shown, "{sides:?}");
        }
    }
}
