//! Image files as a person sees them: upright, as the orientation in a photo's EXIF data says.
//!
//! All programs read images of people here, and write images that people look at. What a training
//! must refuse (images of no use, hostile sizes) is refused before.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Seek, Write as _};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, ImageResult, Limits, RgbaImage};

/// The most bytes that the pixels of a decoded image may have; a screen of 8K with 16 bits a
/// channel has 265 million.
const MAX_BYTES: u64 = 640_000_000;

/// Reads an image file; its content says what it is, not its name.
///
/// # Errors
/// When it is not there or is no image.
pub fn open(path: &Path) -> ImageResult<RgbaImage> {
    decode_from(BufReader::new(File::open(path)?)).map(|(image, _)| image.into_rgba8())
}

/// Reads an image from the bytes of its file, and says how it was turned; its pixels are as the
/// file has them, upright.
///
/// # Errors
/// When they are no image.
pub fn decode(bytes: &[u8]) -> ImageResult<(DynamicImage, Orientation)> {
    decode_from(Cursor::new(bytes))
}

/// Writes an image as its file's name says; over one that is there, which whoever calls has kept if
/// it matters. The image library's own way says nothing of a disk that is full when it writes the
/// last 8 kB, which is all of many a small image.
///
/// # Errors
/// When it cannot be written, or the name is of no kind of image. What was begun is removed then; a
/// file that cannot be opened for writing stays as it is.
pub fn save(image: &RgbaImage, path: &Path) -> io::Result<()> {
    let mut bytes = Cursor::new(Vec::new());
    let format = ImageFormat::from_path(path).map_err(io::Error::other)?;
    image.write_to(&mut bytes, format).map_err(io::Error::other)?;
    let mut file = File::create(path)?;
    file.write_all(bytes.get_ref()).inspect_err(|_| {
        // Half an image is worse than none; that it cannot be removed adds nothing.
        let _ = fs::remove_file(path);
    })
}

fn decode_from(source: impl BufRead + Seek) -> ImageResult<(DynamicImage, Orientation)> {
    let mut reader = ImageReader::new(source).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // An orientation that cannot be read is none.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok((image, orientation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// A JPEG of 24 x 16 pixels, red on its left half, with this EXIF orientation.
    fn photo(orientation: u8) -> Vec<u8> {
        let image = RgbImage::from_fn(24, 16, |x, _| Rgb(if x < 12 { [250, 0, 0] } else { [0, 0, 250] }));
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::from(image).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let jpeg = jpeg.into_inner();
        // One entry, tag 0x0112, a short, in big-endian TIFF.
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let length = (exif.len() + 2) as u16;
        [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn a_photo_is_read_upright() {
        // Where red is: left, right, right of an image turned half, then above, below.
        let check = |orientation: u8, size: (u32, u32), red: (u32, u32)| {
            let image = decode(&photo(orientation)).unwrap().0.into_rgba8();
            assert_eq!(image.dimensions(), size, "orientation {orientation}");
            assert!(image.get_pixel(red.0, red.1).0[0] > 200, "orientation {orientation}");
        };
        check(1, (24, 16), (2, 8));
        check(2, (24, 16), (21, 8));
        check(3, (24, 16), (21, 8));
        check(6, (16, 24), (8, 2));
        check(8, (16, 24), (8, 21));
        check(99, (24, 16), (2, 8));
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("photo.png");
        fs::write(&path, photo(6)).unwrap();
        assert_eq!(open(&path).unwrap().dimensions(), (16, 24));
        fs::write(&path, "no image").unwrap();
        assert!(open(&path).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_leaves_no_image() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("full.png");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let error = save(&RgbaImage::new(9, 9), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(path.symlink_metadata().is_err());
        let image = RgbaImage::from_pixel(9, 9, image::Rgba([1, 2, 3, 255]));
        save(&image, &path).unwrap();
        assert_eq!(open(&path).unwrap(), image);
        // What cannot be written at all is left alone.
        let note = place.path().join("note.txt");
        fs::write(&note, "mine").unwrap();
        assert!(save(&image, &note).is_err());
        assert_eq!(fs::read(&note).unwrap(), b"mine");
        let folder = place.path().join("folder.png");
        fs::create_dir(&folder).unwrap();
        assert!(save(&image, &folder).is_err() && folder.is_dir());
    }
}
