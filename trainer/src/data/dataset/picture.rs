//! Is a file an image that can be trained on? Says no before a hostile or broken one costs memory.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{ImageReader, RgbaImage};
use lens_core::geometry::{Quad, Rect};
use lens_core::image_file;
use lens_core::preprocess::Rectifier;

/// The most pixels of an image; a screen of 8K has 33 million.
const MAX_PIXELS: u64 = 40_000_000;
/// The longest side of an image.
const MAX_SIDE: u32 = 16_384;
/// The most bytes of a file.
const MAX_BYTES: u64 = 200_000_000;
/// Both sides are at least this long.
const MIN_SIDE: u32 = 8;

/// An image, and what is odd about its file.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its pixels, eight bits a channel, upright.
    pub image: RgbaImage,
    /// Whether the file has them turned, as photos do.
    pub is_turned: bool,
    /// What is odd.
    pub quirk: Option<Quirk>,
}

/// A kind of file that captures are not, but that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Quirk {
    /// Sixteen bits a channel.
    #[error("it has 16 bits a channel; the upper 8 are used")]
    SixteenBits,
    /// A palette.
    #[error("it has a palette, so its colours may have been reduced")]
    Palette,
}

impl Quirk {
    /// What to do about it.
    pub const HELP: &str = "captures have 8 bits of red, green and blue: capture it again if it looks wrong";
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is not there.
    #[error("there is no such image")]
    Missing,
    /// It has no bytes.
    #[error("it is empty")]
    Empty,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is something else.
    #[error("it is no image")]
    NotAPicture,
    /// It begins as an image and is broken.
    #[error("it is damaged or cut off: {0}")]
    Damaged(String),
    /// It is far larger than any screen.
    #[error("it is {0} x {1} pixels, more than any screen")]
    TooLarge(u32, u32),
    /// It is far larger than any capture.
    #[error("its file has {0} bytes, more than any capture")]
    TooManyBytes(u64),
    /// Nothing can be seen on it.
    #[error("it is only {0} x {1} pixels")]
    TooSmall(u32, u32),
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing => "put it back, or remove its label",
            Self::Unreadable(_) => "make it readable",
            Self::TooLarge(..) | Self::TooManyBytes(_) => "cut the card out of it, or remove its label",
            _ => "capture the card again, or remove its label",
        }
    }
}

/// Reads an image.
///
/// # Errors
/// When it is none that can be used.
pub fn read(path: &Path) -> Result<Picture, Fault> {
    let io = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Fault::Missing,
        _ => Fault::Unreadable(error),
    };
    let length = std::fs::metadata(path).map_err(io)?.len();
    if length > MAX_BYTES {
        return Err(Fault::TooManyBytes(length));
    }
    decode(&std::fs::read(path).map_err(io)?)
}

/// Reads an image from the bytes of its file.
///
/// # Errors
/// When they are none that can be used.
pub fn decode(bytes: &[u8]) -> Result<Picture, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    let open = || ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Fault::Unreadable);
    if open()?.format().is_none() {
        return Err(Fault::NotAPicture);
    }
    let damaged = |error: image::ImageError| Fault::Damaged(error.to_string());
    let (width, height) = open()?.into_dimensions().map_err(damaged)?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Fault::TooLarge(width, height));
    }
    if width.min(height) < MIN_SIDE {
        return Err(Fault::TooSmall(width, height));
    }
    let (decoded, orientation) = image_file::decode(bytes).map_err(damaged)?;
    let sixteen = decoded.color().bytes_per_pixel() / decoded.color().channel_count() > 1;
    let quirk = if has_palette(bytes) { Some(Quirk::Palette) } else { sixteen.then_some(Quirk::SixteenBits) };
    let is_turned = orientation != Orientation::NoTransforms;
    Ok(Picture { image: decoded.into_rgba8(), is_turned, quirk })
}

/// Whether a PNG's header says so: byte 25 is the colour type, after the signature, the chunk's
/// head and two extents.
fn has_palette(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") && bytes.get(25) == Some(&3)
}

/// A whole image as the network sees it, by the code that the overlay rectifies cards with.
pub fn crop(image: &RgbaImage, [width, height]: [u32; 2]) -> Vec<u8> {
    if image.dimensions() == (width, height) {
        return image.as_raw().clone();
    }
    let whole = Rect::ltwh(0.0, 0.0, image.width() as f32, image.height() as f32);
    Rectifier::new(width, height, 1.0).run(&image.into(), Quad::from_rect(whole)).to_vec()
}

/// Files as they are, and the image files of folders in order of their names.
///
/// # Errors
/// When a folder cannot be read.
pub fn image_files(paths: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    const EXTENSIONS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
        inside.retain(|path| {
            let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_lowercase();
            EXTENSIONS.contains(&extension.as_str())
        });
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}
