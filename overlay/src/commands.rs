//! The commands that need no window: they read pictures, recognise and print.

pub(crate) mod annotate;
pub(crate) mod ask;
pub(crate) mod autostart;
pub(crate) mod bench;
#[cfg(target_os = "linux")]
pub(crate) mod desktop_entry;
pub(crate) mod doctor;
pub(crate) mod identify;
pub(crate) mod recordings;
pub(crate) mod score;

use std::path::Path;

use anyhow::{Result, anyhow};
use image::RgbaImage;
use overlay::recognition;
use vision::recogniser::{OpenError, Recogniser};
use vision::session::Options;

/// Opens a model by its name or folder.
fn open_model(model: &str, options: &Options) -> Result<Recogniser, OpenError> {
    Recogniser::open(&recognition::folder(model), options)
}

/// Reads a picture. The errors already say why: a context would have it said twice.
fn read_picture(path: &Path) -> Result<RgbaImage> {
    let path_name = path.display();
    let reader = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|error| anyhow!("cannot read {path_name}: {error}"))?;
    let picture =
        reader.decode().map_err(|error| anyhow!("{path_name} is not a picture that can be read: {error}"))?;
    Ok(picture.into_rgba8())
}

/// The error's message alone: it contains those of its sources.
fn said_once(error: &OpenError) -> anyhow::Error {
    anyhow!(error.to_string())
}
