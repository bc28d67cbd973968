//! Labels that people made with other tools, as captures with names.
//!
//! ```text
//! YOLO, COCO, Label Studio, folders ─▶ Source: images, cards with a name and a quad
//!    ─plan─▶ what each would become: new, there already, a conflict ─write─▶ captures, labels
//! ```
//!
//! * [`yolo`], [`coco`], [`label_studio`], [`folders`]: each reads its own files.
//! * [`outline`]: four corners from what people drew. [`yaml`]: as much of it as data.yaml needs.
//! * [`plan`](mod@plan): compares with what is there and writes nothing; [`write`](mod@write) does.

pub mod coco;
pub mod folders;
pub mod label_studio;
pub mod outline;
pub mod plan;
pub mod write;
pub mod yaml;
pub mod yolo;

use std::path::{Path, PathBuf};

use dataset::labels::Label;
use lens_core::geometry::{InFrame, Quad};

/// What another tool says of a set of images.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Images with the cards on them, in the order of the source.
    pub pictures: Vec<Picture>,
    /// What could not be understood, a line each.
    pub left_out: Vec<String>,
}

/// An image with the cards on it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its file.
    pub path: PathBuf,
    /// The cards.
    pub cards: Vec<Card>,
}

/// A card on an image.
#[derive(Clone, Debug)]
pub struct Card {
    /// What the source calls it.
    pub name: Named,
    /// Where it is; none where the image is one card.
    pub place: Option<Place>,
}

/// What a source says of a card.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// The name of a class.
    Class(String),
    /// A whole label of our own kind.
    Label(Box<Label>),
}

/// Where a card is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// Corners in pixels.
    Pixels(Quad<InFrame>),
    /// Corners as parts of the image's width and height.
    Parts(Quad<InFrame>),
}

impl Place {
    /// In pixels of an image of this size.
    pub fn on(self, [width, height]: [u32; 2]) -> Quad<InFrame> {
        match self {
            Self::Pixels(quad) => quad,
            Self::Parts(quad) => {
                Quad::from_xy(quad.to_xy().map(|[x, y]| [x * width as f32, y * height as f32]))
            }
        }
    }
}

/// Why a source cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}\nhelp: {help}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
        /// What is asked for.
        help: &'static str,
    },
    /// A file is not what it should be.
    #[error("{path} cannot be understood: {reason}\nhelp: {help}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What is asked for.
        help: &'static str,
    },
    /// There is not a card in it.
    #[error("there is no card in {path}{first}\nhelp: {help}")]
    Nothing {
        /// The file or folder.
        path: PathBuf,
        /// The first that could not be understood.
        first: String,
        /// What is asked for.
        help: &'static str,
    },
}

/// The largest file of labels that is read.
const MAX_BYTES: u64 = 512 << 20;

/// The text of a file of labels, without a byte order mark.
///
/// # Errors
/// When it is not there, too large, or no text.
pub(super) fn text_of(path: &Path, help: &'static str) -> Result<String, SourceError> {
    let read = |source| SourceError::Read { path: path.to_path_buf(), source, help };
    let size = std::fs::metadata(path).map_err(read)?.len();
    let form = |reason: String| SourceError::Form { path: path.to_path_buf(), reason, help };
    if size > MAX_BYTES {
        return Err(form(format!("it has {size} bytes; {MAX_BYTES} are read")));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    let text = lens_core::files::without_mark(&bytes).to_vec();
    String::from_utf8(text).map_err(|_| form("it is no UTF-8 text".into()))
}

/// The first of these files that is there.
pub(super) fn find(candidates: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    candidates.into_iter().find(|path| path.is_file())
}

/// The source, when there is a card in it.
///
/// # Errors
/// When there is none.
pub(super) fn not_empty(source: Source, path: &Path, help: &'static str) -> Result<Source, SourceError> {
    if source.pictures.iter().any(|picture| !picture.cards.is_empty()) {
        return Ok(source);
    }
    let first = source.left_out.first().map_or_else(String::new, |it| format!("; the first: {it}"));
    Err(SourceError::Nothing { path: path.to_path_buf(), first, help })
}

#[cfg(test)]
mod tests;
