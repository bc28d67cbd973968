//! Images from disk instead of a screen: one file, or the files of a folder in the order of their
//! names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lens_core::image_file;
use lens_core::pixels::ChannelOrder;

use super::source::{CaptureError, FrameSource};
use tracking::frame::Frame;

/// How long each image of a folder stays.
const PICTURE_DURATION: Duration = Duration::from_secs(3);

/// Shows the images of a folder one after the other, again and again.
#[derive(Debug)]
pub struct ImageSource {
    files: Vec<PathBuf>,
    shown: Option<Shown>,
    next_id: u64,
}

#[derive(Debug)]
struct Shown {
    index: usize,
    since: Instant,
    frame: Frame,
}

impl ImageSource {
    /// For an image file or a folder of them.
    ///
    /// # Errors
    /// When there is no image.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let files = files(path)?;
        Ok(Self { files, shown: None, next_id: 0 })
    }

    /// The images, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl FrameSource for ImageSource {
    fn changed(&mut self) -> Result<bool, CaptureError> {
        Ok(self
            .shown
            .as_ref()
            .is_none_or(|shown| self.files.len() > 1 && shown.since.elapsed() >= PICTURE_DURATION))
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        if self.changed()? {
            let index = self.shown.as_ref().map_or(0, |shown| (shown.index + 1) % self.files.len());
            let frame = load(&self.files[index], self.next_id)?;
            self.next_id += 1;
            self.shown = Some(Shown { index, since: Instant::now(), frame });
        }
        Ok(self.shown.as_ref().map(|shown| shown.frame.clone()))
    }
}

/// Reads one image file as a frame.
///
/// # Errors
/// When it is no image.
pub fn load(path: &Path, id: u64) -> Result<Frame, CaptureError> {
    let wrong = |reason: String| CaptureError::Picture { path: path.to_path_buf(), reason };
    let picture = image_file::open(path).map_err(|error| wrong(error.to_string()))?;
    let (width, height) = picture.dimensions();
    Frame::new(id, Instant::now(), width, height, ChannelOrder::Rgbx, Arc::new(picture.into_raw()))
        .map_err(|error| wrong(error.to_string()))
}

fn files(path: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    let wrong = |reason: String| CaptureError::Picture { path: path.to_path_buf(), reason };
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let is_picture = |file: &PathBuf| {
        let extension = file.extension().map(|it| it.to_string_lossy().to_lowercase());
        extension.is_some_and(|it| ["png", "jpg", "jpeg", "webp", "bmp"].contains(&it.as_str()))
    };
    let entries = std::fs::read_dir(path).map_err(|error| wrong(error.to_string()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_picture).collect();
    files.sort();
    if files.is_empty() { Err(wrong("there is no image in it".into())) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_picture_stays_and_a_folder_without_any_is_refused() {
        let folder = std::env::temp_dir().join(format!("image-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(matches!(ImageSource::open(&folder), Err(CaptureError::Picture { .. })));
        let path = folder.join("one.png");
        image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255])).save(&path).unwrap();
        std::fs::write(folder.join("notes.txt"), "no image").unwrap();
        let mut source = ImageSource::open(&folder).unwrap();
        assert_eq!(source.files(), [path]);
        let frame = source.grab().unwrap().unwrap();
        assert_eq!((frame.width, frame.height, frame.pixels().rgb(2, 1)), (3, 2, [1, 2, 3]));
        assert!(!source.changed().unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
