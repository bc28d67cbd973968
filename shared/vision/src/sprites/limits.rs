//! From which likeness on a sprite entry is a name, calibrated for a model's networks.
//!
//! The limits are kept in a file of their own in the model's folder, with the network that they
//! were measured with: those of other networks do not count, and [`Limits::default`] holds.

use std::path::Path;

use lens_core::atomic;
use lens_core::manifest::Manifest;
use serde::{Deserialize, Serialize};

/// Name of the file in a model's folder.
pub const FILE_NAME: &str = "sprites.json";

/// From which likeness on a sprite entry is a name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Cosine between the embeddings.
    pub similarity: f32,
    /// Correlation of the images.
    pub pixels: f32,
    /// How much nearer than any class of the model's own the entry must be: some mods draw a card
    /// much like one of the game.
    pub lead: f32,
}

impl Default for Limits {
    fn default() -> Self {
        // Cosine and pixels as `overlay mods --calibrate` chose for earlier networks, on 2065
        // sprites of 20 mods; the lead was raised after a look at screenshots.
        Self { similarity: 0.8, pixels: 0.5, lead: 0.1 }
    }
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// SHA-256 of the identifier.
    identifier: String,
    limits: Limits,
}

/// The digest of the identifier that a manifest names.
pub fn identifier(manifest: &Manifest) -> &str {
    manifest.sha256.get(&manifest.identifier.files.float32).map_or("", String::as_str)
}

impl Limits {
    /// Those of a model's folder; the usual ones where none were measured with its network.
    pub fn read(folder: &Path, manifest: &Manifest) -> Self {
        let Ok(text) = std::fs::read_to_string(folder.join(FILE_NAME)) else { return Self::default() };
        match serde_json::from_str::<File>(&text) {
            Ok(file) if file.identifier == identifier(manifest) => file.limits,
            Ok(_) => Self::default(),
            Err(error) => {
                log::warn!("{} is left out: {error}", folder.join(FILE_NAME).display());
                Self::default()
            }
        }
    }

    /// Writes them into a model's folder.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path, manifest: &Manifest) -> std::io::Result<()> {
        let file = File { identifier: identifier(manifest).to_owned(), limits: *self };
        let mut text = serde_json::to_vec_pretty(&file)?;
        text.push(b'\n');
        atomic::write(&folder.join(FILE_NAME), &text)
    }
}
