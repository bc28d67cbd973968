//! Sprites out of a mod's sheets, and how large the sheets are.
//!
//! Images of strangers: what is too large is refused before it is unpacked. A sheet is unpacked
//! once for all its cards.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Cursor};
use std::sync::Arc;

use image::{ImageError, ImageReader, Limits, RgbaImage, imageops};

use crate::library::{Card, Cell};
use crate::package::Package;

/// No sheet is wider or higher; LÖVE itself refuses more on most machines.
const WIDEST: u32 = 16_384;
/// Bytes of a sheet once unpacked. The largest real sheet has 40 MB.
const MAX_SIZE: u64 = 400 << 20;
/// Where the size of an image is written.
const HEAD: u64 = 64 << 10;

/// A card's sprite.
#[derive(Debug, Clone, PartialEq)]
pub struct Sprite {
    /// The cell without what is drawn above it.
    pub image: RgbaImage,
    /// Drawn above, of the same size: the second layer of legendary cards, and more.
    pub layers: Vec<RgbaImage>,
}

/// Why there is no sprite.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PictureError {
    #[error("{path} cannot be read: {error}")]
    File { path: String, error: io::Error },
    #[error("{path} is no image that can be read: {error}")]
    Picture { path: String, error: Arc<ImageError> },
    #[error("the cell lies outside of {path}: the image was changed\nhelp: read the folder again")]
    Outside { path: String },
    #[error("{entry} is no longer in the Mods folder\nhelp: read the folder again")]
    Gone { entry: String },
}

/// Why the size of a sheet is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SizeError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("{width} by {height} pixels are more than any sheet has")]
    TooLarge { width: u32, height: u32 },
}

impl Sprite {
    /// All layers in one image.
    pub fn whole(&self) -> RgbaImage {
        let mut whole = self.image.clone();
        for layer in &self.layers {
            imageops::overlay(&mut whole, layer, 0, 0);
        }
        whole
    }
}

/// The sheets of one package, unpacked when they are asked for.
pub struct Sheets {
    package: Package,
    unpacked: HashMap<String, Result<RgbaImage, Arc<ImageError>>>,
}

impl fmt::Debug for Sheets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sheets").finish_non_exhaustive()
    }
}

impl Sheets {
    pub(crate) fn of(package: Package) -> Self {
        Self { package, unpacked: HashMap::new() }
    }

    /// The sprite of a card whose sheet is in this package.
    pub fn sprite(&mut self, card: &Card) -> Result<Sprite, PictureError> {
        let image = self.cut(&card.sprite.cell)?;
        let layers = card.sprite.layers.iter().map(|cell| {
            let layer = self.cut(cell)?;
            let size = image.dimensions();
            // A layer of another scale, or of another sheet.
            Ok(if layer.dimensions() == size {
                layer
            } else {
                imageops::resize(&layer, size.0, size.1, imageops::FilterType::Nearest)
            })
        });
        let layers = layers.collect::<Result<_, PictureError>>()?;
        Ok(Sprite { image, layers })
    }

    fn cut(&mut self, cell: &Cell) -> Result<RgbaImage, PictureError> {
        let path = || cell.picture.clone();
        if !self.unpacked.contains_key(&cell.picture) {
            let bytes = self
                .package
                .read(&cell.picture)
                .map_err(|error| PictureError::File { path: path(), error })?;
            self.unpacked.insert(path(), unpack(&bytes).map_err(Arc::new));
        }
        let sheet = self.unpacked[&cell.picture]
            .as_ref()
            .map_err(|error| PictureError::Picture { path: path(), error: Arc::clone(error) })?;
        let fits = |at: u32, length: u32, whole: u32| {
            length > 0 && at.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !fits(cell.x, cell.width, sheet.width()) || !fits(cell.y, cell.height, sheet.height()) {
            return Err(PictureError::Outside { path: path() });
        }
        Ok(imageops::crop_imm(sheet, cell.x, cell.y, cell.width, cell.height).to_image())
    }
}

fn unpack(bytes: &[u8]) -> Result<RgbaImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST);
    limits.max_image_height = Some(WIDEST);
    limits.max_alloc = Some(MAX_SIZE);
    reader.limits(limits);
    reader.decode().map(image::DynamicImage::into_rgba8)
}

/// Width and height of an image, by its first bytes alone.
pub(crate) fn size(package: &Package, path: &str) -> Result<(u32, u32), SizeError> {
    let bytes = package.read_start(path, HEAD)?;
    let (width, height) = match size_of_png(&bytes) {
        Some(size) => size,
        None => ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.into_dimensions()?,
    };
    if width > WIDEST || height > WIDEST || u64::from(width) * u64::from(height) * 4 > MAX_SIZE {
        return Err(SizeError::TooLarge { width, height });
    }
    Ok((width, height))
}

/// A PNG says its size right at the start.
fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let number = |at: usize| head.get(at..at + 4)?.try_into().map(u32::from_be_bytes).ok();
    Some((number(0)?, number(4)?)).filter(|(width, height)| *width > 0 && *height > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_unpacks_to_too_much_is_refused() {
        // The head of a PNG that claims to be 60000 by 60000.
        let mut bytes = Vec::new();
        let small = RgbaImage::new(2, 2);
        small.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert_eq!(unpack(&bytes).unwrap().dimensions(), (2, 2));
        bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        assert!(unpack(&bytes).is_err());
        assert!(unpack(b"no image").is_err());
    }
}
