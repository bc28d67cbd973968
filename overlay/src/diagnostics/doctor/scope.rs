//! What the doctor looks at.

use std::path::PathBuf;

use super::finding::Verdict;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The data folder.
    pub data: PathBuf,
    /// Images of the practice table that are recognised to see how fast it goes.
    pub frames: usize,
    /// Opens the overlay's window and looks whether it can be seen; `None` where that is not tried.
    pub sight: Option<fn() -> (Verdict, String)>,
}
