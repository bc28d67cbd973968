//! Image files as a person sees them: upright, as the orientation in a photo's EXIF data says.
//!
//! All programs read images of people here, and write images that people look at. What a training
//! must refuse (images of no use, hostile sizes) is refused before.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Seek, Write as _};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, ImageResult, Limits, RgbaImage};

use crate::atomic;

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

/// Writes an image as its file's name says, in the place of one that is there, which whoever calls
/// has kept if it matters; see [`atomic::write`].
///
/// # Errors
/// When it cannot be written, or the name is of no kind of image. What was there stays then.
pub fn save(image: &RgbaImage, path: &Path) -> io::Result<()> {
    atomic::write(path, &encode(image, path)?)
}

/// Writes an image where there is nothing yet. It is not synced: for many images that can be made
/// again, or in a folder that is synced before it appears.
///
/// # Errors
/// When there is something, it cannot be written, or the name is of no kind of image. What was
/// begun is removed then.
pub fn save_new(image: &RgbaImage, path: &Path) -> io::Result<()> {
    let bytes = encode(image, path)?;
    File::create_new(path)?.write_all(&bytes).inspect_err(|_| {
        // Half an image is worse than none; that it cannot be removed adds nothing.
        let _ = fs::remove_file(path);
    })
}

/// An image as a file of this name has it. It is made in memory: the image library's own way to
/// write a file says nothing of a disk that is full when it writes the last 8 kB, which is all of
/// many a small image.
fn encode(image: &RgbaImage, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let format = ImageFormat::from_path(path).map_err(io::Error::other)?;
    image.write_to(&mut bytes, format).map_err(io::Error::other)?;
    Ok(bytes.into_inner())
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

    /// Files of the child that this starts cannot grow beyond 512 bytes, which fails as a full disk
    /// does.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_leaves_what_was_there() {
        type Save = fn(&RgbaImage, &Path) -> io::Result<()>;
        const FOLDER: &str = "LENS_CORE_FULL_DISK";
        const NAME: &str = "image_file::tests::a_full_disk_is_told_and_leaves_what_was_there";
        if let Some(folder) = std::env::var_os(FOLDER) {
            let noise =
                |x: u32, y: u32| image::Rgba([(x * y) as u8, (x * 37 + y) as u8, (y * 91) as u8, 255]);
            let large = RgbaImage::from_fn(99, 99, noise);
            let tries: [(Save, &str); 3] = [(save, "old.png"), (save, "new.png"), (save_new, "new.png")];
            for (write, name) in tries {
                let error = write(&large, &Path::new(&folder).join(name)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{name}");
            }
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let image = RgbaImage::from_pixel(9, 9, image::Rgba([1, 2, 3, 255]));
        save(&image, &place.path().join("old.png")).unwrap();
        let done = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([NAME, "--exact", "--nocapture"])
            .env(FOLDER, place.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        assert_eq!(open(&place.path().join("old.png")).unwrap(), image);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_an_image_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let image = RgbaImage::new(9, 9);
        let note = place.path().join("note.txt");
        fs::write(&note, "mine").unwrap();
        assert!(save(&image, &note).is_err() && save_new(&image, &note).is_err());
        assert_eq!(fs::read(&note).unwrap(), b"mine");
        let folder = place.path().join("folder.png");
        fs::create_dir(&folder).unwrap();
        assert!(save(&image, &folder).is_err() && folder.is_dir());
        // A new image takes the place of nothing.
        let path = place.path().join("a.png");
        fs::write(&path, "mine").unwrap();
        assert_eq!(save_new(&image, &path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
