//! The crates of the workspace, as their manifests tell them.

use crate::workspace;

/// One crate of the workspace.
pub(crate) struct Package {
    /// Folder below the workspace, without a slash at its end.
    pub(crate) folder: String,
    pub(crate) manifest: toml::Table,
}

/// All crates, by folder.
pub(crate) fn packages() -> Vec<Package> {
    let paths = workspace::files().into_iter().filter(|path| path.ends_with("/Cargo.toml"));
    let package = |path: String| Package {
        manifest: table(&path),
        folder: path.trim_end_matches("/Cargo.toml").to_owned(),
    };
    let packages: Vec<Package> = paths.map(package).collect();
    assert!(packages.len() > 3, "the crates were not found");
    packages
}

/// A TOML file of the workspace.
pub(crate) fn table(path: &str) -> toml::Table {
    let text = workspace::read(path).unwrap_or_else(|| panic!("{path} cannot be read"));
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}
