//! What the doctor looks at.

use std::path::PathBuf;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The data folder.
    pub data: PathBuf,
    /// Pictures of the practice table that are recognised to see how fast it goes.
    pub pictures: usize,
}
