//! Cards taught from one capture, beside the model: recognised at once, without training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Name of the file in a model's folder.
pub const FILE_NAME: &str = "gallery.json";
/// Version of the file that this code reads.
pub const FORMAT: u32 = 1;

/// Cards that were taught, and what the network made of their captures.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    cards: Vec<(Arc<str>, Vec<f32>)>,
}

/// One capture of a taught card.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taught {
    /// Id of the card; need not be in the catalogue.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What the identifier made of it.
    pub embedding: Vec<f32>,
}

/// Why a gallery cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not a gallery of this model: {reason}\nhelp: remove it, or teach its cards again")]
pub struct GalleryError {
    path: PathBuf,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    cards: Vec<Taught>,
}

impl Gallery {
    /// Reads the gallery of a model's folder; empty when there is none.
    ///
    /// # Errors
    /// When the file is there but malformed, or holds embeddings of another length.
    pub fn read(folder: &Path, dimensions: usize) -> Result<Self, GalleryError> {
        let path = folder.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(GalleryError { path, reason: error.to_string() }),
        };
        Self::parse(&text, dimensions).map_err(|reason| GalleryError { path, reason })
    }

    fn parse(text: &str, dimensions: usize) -> Result<Self, String> {
        let File { format, cards } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if format != FORMAT {
            return Err(format!("format {format} where {FORMAT} is understood"));
        }
        Self::new(cards, dimensions)
    }

    /// A gallery of these captures.
    ///
    /// # Errors
    /// When an embedding has not `dimensions` numbers, or no direction.
    pub fn new(cards: Vec<Taught>, dimensions: usize) -> Result<Self, String> {
        let mut kept = Vec::with_capacity(cards.len());
        for Taught { id, mut embedding, .. } in cards {
            if embedding.len() != dimensions {
                let length = embedding.len();
                return Err(format!("{id} has {length} numbers where the model gives {dimensions}"));
            }
            let norm = dot(&embedding, &embedding).sqrt();
            if norm.is_nan() || norm < 1e-6 {
                return Err(format!("the embedding of {id} has no direction"));
            }
            embedding.iter_mut().for_each(|value| *value /= norm);
            kept.push((id.into(), embedding));
        }
        Ok(Self { cards: kept })
    }

    /// Id of the taught card most like `embedding` (of length one), and the cosine between them.
    pub fn nearest(&self, embedding: &[f32]) -> Option<(&Arc<str>, f32)> {
        self.cards.iter().map(|(id, taught)| (id, dot(taught, embedding))).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_by_direction_wins() {
        let text = r#"{"format": 1, "cards": [
            {"id": "x_long", "name": "Long", "embedding": [9.0, 9.0]},
            {"id": "x_near", "name": "Near", "embedding": [0.5, 0.0]}]}"#;
        let gallery = Gallery::parse(text, 2).unwrap();
        let (id, similarity) = gallery.nearest(&[1.0, 0.0]).unwrap();
        assert_eq!((&**id, similarity), ("x_near", 1.0));
    }

    #[test]
    fn another_models_gallery_is_refused() {
        let text = r#"{"format": 1, "cards": [{"id": "x", "name": "X", "embedding": [1.0]}]}"#;
        assert_eq!(Gallery::parse(text, 128).unwrap_err(), "x has 1 numbers where the model gives 128");
    }

    #[test]
    fn no_file_is_an_empty_gallery() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Gallery::read(folder.path(), 128).unwrap().nearest(&[0.0; 128]).is_none());
    }
}
