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
                picture.map(|it| texture_of(&shrunk(&it, most)))
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

fn shrunk(picture: &RgbaImage, most: u32) -> Cow<'_, RgbaImage> {
    if picture.height() <= most {
        return Cow::Borrowed(picture);
    }
    let width = (picture.width() * most / picture.height()).max(1);
    Cow::Owned(image::imageops::thumbnail(picture, width, most))
}

/// A frame to work on, as the window takes it.
pub fn whole(picture: &RgbaImage) -> ColorImage {
    texture_of(&shrunk(picture, MAX_WHOLE))
}

/// As the window takes it.
pub fn texture_of(picture: &RgbaImage) -> ColorImage {
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::from_rgba_unmultiplied(size, picture.as_raw())
}
