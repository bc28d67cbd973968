//! Event files that TensorBoard opens: scalars and images by step.
//!
//! A file is a row of records (`TFRecord`: length, masked CRC-32C of it, content, masked CRC-32C of
//! it), each an `Event` message of TensorFlow's `event.proto`. Only what is written here is
//! declared.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use image::{ImageFormat, RgbaImage};
use prost::{Message, Oneof};

/// Where a run's events are, below its folder.
pub const FOLDER: &str = "tensorboard";

/// Writes one file of a run.
#[derive(Debug)]
pub struct Events {
    file: BufWriter<File>,
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

#[derive(Clone, PartialEq, Message)]
struct SessionLog {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(oneof = "Content", tags = "2, 4")]
    content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Content {
    #[prost(float, tag = "2")]
    Scalar(f32),
    #[prost(message, tag = "4")]
    Image(Image),
}

#[derive(Clone, PartialEq, Message)]
struct Image {
    #[prost(int32, tag = "1")]
    height: i32,
    #[prost(int32, tag = "2")]
    width: i32,
    #[prost(int32, tag = "3")]
    colorspace: i32,
    #[prost(bytes = "vec", tag = "4")]
    encoded: Vec<u8>,
}

/// `SessionLog.START`: what an earlier file says of this step and later ones is forgotten.
const START: i32 = 1;
/// Channels of an image.
const RGBA: i32 = 4;

impl Events {
    /// A new file in `folder`; from `step` on it replaces what earlier files of the folder say.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(folder: &Path, step: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // TensorBoard reads the files of a folder in the order of their names.
        let name = format!("events.out.tfevents.{:010}.{:09}.lens", now.as_secs(), now.subsec_nanos());
        let file = OpenOptions::new().create_new(true).write(true).open(folder.join(name))?;
        let mut events = Self { file: BufWriter::new(file) };
        events.write(0, What::FileVersion("brain.Event:2".into()))?;
        events.write(step, What::SessionLog(SessionLog { status: START }))?;
        events.flush()?;
        Ok(events)
    }

    /// Numbers of a step.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn scalars(&mut self, step: u64, values: &[(String, f64)]) -> io::Result<()> {
        let value = |(tag, value): &(String, f64)| Value {
            tag: tag.clone(),
            content: Some(Content::Scalar(*value as f32)),
        };
        self.write(step, What::Summary(Summary { value: values.iter().map(value).collect() }))
    }

    /// An image of a step.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn image(&mut self, step: u64, tag: &str, picture: &RgbaImage) -> io::Result<()> {
        let mut encoded = io::Cursor::new(Vec::new());
        picture.write_to(&mut encoded, ImageFormat::Png).map_err(io::Error::other)?;
        let image = Image {
            height: picture.height() as i32,
            width: picture.width() as i32,
            colorspace: RGBA,
            encoded: encoded.into_inner(),
        };
        let value = vec![Value { tag: tag.to_owned(), content: Some(Content::Image(image)) }];
        self.write(step, What::Summary(Summary { value }))
    }

    /// Makes what was written readable by others.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn write(&mut self, step: u64, what: What) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let event = Event { wall_time: now.as_secs_f64(), step: step as i64, what: Some(what) };
        self.file.write_all(&record(&event.encode_to_vec()))
    }
}

/// A record around this content.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    let mut bytes = Vec::with_capacity(content.len() + 16);
    bytes.extend(length);
    bytes.extend(masked(crc32c(&length)).to_le_bytes());
    bytes.extend(content);
    bytes.extend(masked(crc32c(content)).to_le_bytes());
    bytes
}

/// A checksum of data that holds checksums must not look like one.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32 with Castagnoli's polynomial (RFC 3720), reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut value = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { (value >> 1) ^ 0x82f6_3b78 } else { value >> 1 };
                bit += 1;
            }
            table[byte] = value;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of RFC 3720 and the record that its mask gives.
    #[test]
    fn checksums_are_those_of_the_format() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        let record = record(b"abc");
        assert_eq!(record.len(), 19);
        assert_eq!(record[..8], 3_u64.to_le_bytes());
    }
}
