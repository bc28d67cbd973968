//! What several commands take: a model by its name or folder, and pictures.

use std::path::Path;

use anyhow::{Result, anyhow};
use image::RgbaImage;
use vision::network::Options;
use vision::recogniser::{OpenError, Recogniser};

use crate::recognition::model;

/// Opens a model by its name or folder.
pub(crate) fn open_model(model: &str, options: &Options) -> Result<Recogniser, OpenError> {
    Recogniser::open(&model::folder(model), options)
}

/// Reads a picture. The errors already say why: a context would have it said twice.
pub(crate) fn read_picture(path: &Path) -> Result<RgbaImage> {
    let path_name = path.display();
    let reader = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|error| anyhow!("cannot read {path_name}: {error}"))?;
    let picture =
        reader.decode().map_err(|error| anyhow!("{path_name} is not a picture that can be read: {error}"))?;
    Ok(picture.into_rgba8())
}

/// The error's message alone, which contains those of its sources.
pub(crate) fn said_once(error: &OpenError) -> anyhow::Error {
    anyhow!(error.to_string())
}

/// Reads a time or a rate: a number that is more than nothing, and finite.
///
/// # Errors
/// When it is none.
pub(crate) fn parse_positive(text: &str) -> Result<f32> {
    let number: f32 = text.parse()?;
    anyhow::ensure!(
        number.is_finite() && number > 0.0 && number <= MAX_NUMBER,
        "write a number above 0, for example 30"
    );
    Ok(number)
}

/// Seconds of more than a year, and rates that no machine has, are slips.
const MAX_NUMBER: f32 = 1e8;

/// A size that is not written as one.
#[derive(Debug, thiserror::Error)]
#[error("write WIDTHxHEIGHT, for example 1280x720")]
pub(crate) struct SizeError;

/// Reads a size in pixels, as in `1280x720`.
///
/// # Errors
/// When it is not written so, or a side is too small or too large.
pub(crate) fn parse_size(text: &str) -> Result<[u32; 2], SizeError> {
    let read = |side: &str| side.parse().ok().filter(|side| (64..=7680).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some([read(width)?, read(height)?]));
    sides.ok_or(SizeError)
}

/// Options of the networks with this many threads, or as many as usual.
pub(crate) fn with_threads(threads: Option<usize>) -> Options {
    let defaults = Options::default();
    Options { threads: threads.unwrap_or(defaults.threads).max(1), ..defaults }
}
