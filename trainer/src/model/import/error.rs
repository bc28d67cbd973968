//! Why a network cannot be imported, and what helps.

use std::path::{Path, PathBuf};

use lens_core::manifest::ManifestError;

/// Why a network cannot be used, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}\nhelp: {help}")]
pub struct ImportError {
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub help: &'static str,
}

impl ImportError {
    /// With these words.
    pub fn new(reason: impl Into<String>, help: &'static str) -> Self {
        Self { reason: reason.into(), help }
    }
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}\nhelp: give the path of a file that is there and can be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what can be used.
    #[error("{path} cannot be imported: {error}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: ImportError,
    },
    /// The model that gives the other half is damaged.
    #[error(transparent)]
    Base(#[from] ManifestError),
}

impl FileError {
    /// For use with `map_err`.
    pub fn in_file(path: &Path) -> impl FnOnce(ImportError) -> Self {
        move |error| Self::Unusable { path: path.to_owned(), error }
    }
}
