//! Frames on disk with their times: what `overlay record` writes and `overlay replay` reads.
//!
//! A folder with images and `frames.jsonl`: a line for each moment, so that a recording that was
//! cut off is whole up to there. A folder of images without it is a recording too, with even
//! steps.

pub mod video;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use lens_core::pixels::ChannelOrder;
use serde::{Deserialize, Serialize};

use super::images::ImageSource;
use super::source::CaptureError;
use tracking::frame::Frame;

/// Name of the list of moments.
pub const INDEX: &str = "frames.jsonl";
/// Of a list of moments that is read.
const MAX_INDEX_BYTES: u64 = 64 << 20;

/// What was seen at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the first.
    pub millis: u64,
    /// File of the image; none when there was nothing to see.
    pub file: Option<String>,
}

/// Why a recording cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file cannot be read or written.
    #[error("cannot use {path} of the recording: {source}")]
    File {
        /// Of the file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The list of moments makes no sense.
    #[error("{path}:{line} makes no sense: {reason}\nhelp: record again, or remove the line")]
    Damaged {
        /// Of the list.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What is wrong with the line.
        reason: String,
    },
    /// There are files in the folder already.
    #[error("{0} is not empty\nhelp: record into a new folder")]
    Occupied(PathBuf),
    /// An image cannot be read or written.
    #[error(transparent)]
    Picture(#[from] CaptureError),
    /// An image cannot be packed.
    #[error("cannot pack a frame: {0}")]
    Pack(#[from] image::ImageError),
}

/// A line of the list of moments that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadLine {
    /// Counted from one.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Writes a recording, no larger than it may become.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    index: File,
    room: u64,
    pictures: u64,
}

/// Whether there is room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Left,
    /// The image did not fit and was not written.
    Full,
}

impl Recorder {
    /// Records into a new or empty folder, `room` bytes at most.
    ///
    /// # Errors
    /// When the folder is in use or cannot be written.
    pub fn create(folder: &Path, room: u64) -> Result<Self, RecordingError> {
        let wrong = |source| RecordingError::File { path: folder.into(), source };
        lens_core::files::private_folder(folder).map_err(wrong)?;
        if fs::read_dir(folder).map_err(wrong)?.next().is_some() {
            return Err(RecordingError::Occupied(folder.into()));
        }
        let index = File::create_new(folder.join(INDEX)).map_err(wrong)?;
        Ok(Self { folder: folder.into(), index, room, pictures: 0 })
    }

    /// Adds an image that was taken `at` after the first.
    ///
    /// # Errors
    /// When the disk is full or the image cannot be packed.
    pub fn add(&mut self, frame: &Frame, at: Duration) -> Result<Room, RecordingError> {
        let packed = packed(frame)?;
        let size = packed.len() as u64;
        if size > self.room {
            return Ok(Room::Full);
        }
        let file = format!("{:06}.png", self.pictures);
        let path = self.folder.join(&file);
        fs::write(&path, &packed).map_err(|source| RecordingError::File { path, source })?;
        self.room -= size;
        self.pictures += 1;
        self.note(Some(file), at)?;
        Ok(Room::Left)
    }

    /// Notes that there is nothing to see.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn nothing(&mut self, at: Duration) -> Result<(), RecordingError> {
        self.note(None, at)
    }

    /// Images so far.
    pub fn pictures(&self) -> u64 {
        self.pictures
    }

    fn note(&mut self, file: Option<String>, at: Duration) -> Result<(), RecordingError> {
        let moment = Moment { millis: u64::try_from(at.as_millis()).unwrap_or(u64::MAX), file };
        let line = serde_json::to_string(&moment).expect("a number and a name are JSON");
        let path = || self.folder.join(INDEX);
        writeln!(self.index, "{line}").map_err(|source| RecordingError::File { path: path(), source })
    }
}

fn packed(frame: &Frame) -> Result<Vec<u8>, image::ImageError> {
    let pixels = frame.pixels();
    let colours: Vec<u8> = pixels
        .data
        .chunks_exact(4)
        .flat_map(|it| match pixels.order {
            ChannelOrder::Rgbx => [it[0], it[1], it[2]],
            ChannelOrder::Bgrx => [it[2], it[1], it[0]],
        })
        .collect();
    let mut packed = Vec::new();
    let encoder = PngEncoder::new(&mut packed);
    encoder.write_image(&colours, pixels.width, pixels.height, ExtendedColorType::Rgb8)?;
    Ok(packed)
}

/// A recording that can be read.
#[derive(Clone, Debug)]
pub struct Recording {
    folder: PathBuf,
    moments: Vec<Moment>,
}

impl Recording {
    /// Opens a folder; images without times come `per_second`.
    ///
    /// # Errors
    /// When there is nothing to replay, or the list of moments makes no sense.
    pub fn open(folder: &Path, per_second: f32) -> Result<Self, RecordingError> {
        let path = folder.join(INDEX);
        if !path.exists() {
            let step = 1000.0 / per_second.clamp(0.1, 1000.0);
            let source = ImageSource::open(folder)?;
            let moments = source.files().iter().enumerate().map(|(number, file)| Moment {
                millis: (number as f32 * step) as u64,
                file: file.file_name().map(|name| name.to_string_lossy().into_owned()),
            });
            let is_file = folder.is_file();
            let moments = moments.collect();
            let parent = folder.parent().filter(|_| is_file).unwrap_or(folder);
            return Ok(Self { folder: parent.into(), moments });
        }
        let text = File::open(&path).and_then(|file| {
            let mut text = String::new();
            io::Read::read_to_string(&mut io::Read::take(file, MAX_INDEX_BYTES), &mut text).map(|_| text)
        });
        let text = text.map_err(|source| RecordingError::File { path: path.clone(), source })?;
        let moments = parse(&text).map_err(|BadLine { line, reason }| RecordingError::Damaged {
            path,
            line,
            reason,
        })?;
        Ok(Self { folder: folder.into(), moments })
    }

    /// Its moments in order.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Where a file of it lies.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }
}

/// Reads a list of moments; a recording may come from somebody else, so nothing in it is trusted.
///
/// # Errors
/// The first line that makes no sense.
pub fn parse(text: &str) -> Result<Vec<Moment>, BadLine> {
    let mut moments: Vec<Moment> = Vec::new();
    // A last line without its end was being written when the recording was cut off.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for (number, line) in whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason: &str| BadLine { line: number + 1, reason: reason.to_owned() };
        let moment: Moment = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        if let Some(file) = &moment.file {
            let mut parts = Path::new(file).components();
            let plain =
                matches!(parts.next(), Some(std::path::Component::Normal(_))) && parts.next().is_none();
            if !plain || file.contains(['/', '\\', ':']) {
                return Err(wrong("the file is not one of this folder"));
            }
        }
        if moments.last().is_some_and(|last| last.millis > moment.millis) {
            return Err(wrong("time runs backwards"));
        }
        moments.push(moment);
    }
    Ok(moments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

    fn frame(shade: u8) -> Frame {
        let bytes = [10, 20, shade, 0].repeat(6);
        Frame::new(0, Instant::now(), 3, 2, ChannelOrder::Bgrx, Arc::new(bytes)).unwrap()
    }

    #[test]
    fn a_recording_is_read_as_it_was_written_and_stays_in_its_room() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new");
        let size = packed(&frame(1)).unwrap().len() as u64;
        let mut recorder = Recorder::create(&inside, 2 * size + 1).unwrap();
        let millis = Duration::from_millis;
        assert_eq!(recorder.add(&frame(1), millis(0)).unwrap(), Room::Left);
        recorder.nothing(millis(40)).unwrap();
        assert_eq!(recorder.add(&frame(2), millis(80)).unwrap(), Room::Left);
        assert_eq!(recorder.add(&frame(3), millis(120)).unwrap(), Room::Full);
        assert!(matches!(Recorder::create(&inside, 1), Err(RecordingError::Occupied(_))));
        let recording = Recording::open(&inside, 30.0).unwrap();
        let moment = |millis, file: Option<&str>| Moment { millis, file: file.map(str::to_owned) };
        let want = [moment(0, Some("000000.png")), moment(40, None), moment(80, Some("000001.png"))];
        assert_eq!(recording.moments(), want);
        let read = crate::capture::images::load(&recording.path("000001.png"), 0).unwrap();
        assert_eq!(read.pixels().rgb(0, 0), [2, 20, 10], "red and blue are where they belong");
    }

    #[track_caller]
    fn check(text: &str, want: Result<usize, usize>) {
        assert_eq!(parse(text).map(|it| it.len()).map_err(|error| error.line), want, "{text}");
    }

    #[test]
    fn lists_are_read_or_refused() {
        let good = "{\"millis\":1,\"file\":\"a.png\"}\n";
        check("", Ok(0));
        check(&format!("{good}{{\"millis\":2,\"fi"), Ok(1));
        check(&format!("{good}{{\"millis\":0,\"file\":null}}\n"), Err(2));
        for wrong in ["../a.png", "/etc/passwd", "b/a.png", "..", "", "C:a", "b\\\\a.png"] {
            check(&format!("{{\"millis\":1,\"file\":\"{wrong}\"}}\n"), Err(1));
        }
        check("{\"millis\":-1,\"file\":null}\n", Err(1));
    }
}
