//! The commands that need no window: they read pictures, recognise and print.

pub(crate) mod annotate;
pub(crate) mod bench;
pub(crate) mod identify;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::RgbaImage;
use shared::manifest;

/// A model's folder: `model` itself when it is one, otherwise the folder of that name among the data.
pub(crate) fn model_folder(model: &str) -> PathBuf {
    let as_given = PathBuf::from(model);
    if as_given.join(manifest::FILE_NAME).is_file() { as_given } else { shared::paths::model(model) }
}

fn read_picture(path: &Path) -> Result<RgbaImage> {
    let reader = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let picture =
        reader.decode().with_context(|| format!("{} is not a picture that can be read", path.display()))?;
    Ok(picture.into_rgba8())
}
