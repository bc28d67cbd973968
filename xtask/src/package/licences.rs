//! The licences of everything that is linked: an index, and the texts as their authors ship them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use super::metadata::{Metadata, Package};

/// How such files are called.
const NAMES: [&str; 7] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT", "PATENTS"];

/// Writes index and texts into `folder`; returns how many crates there are.
///
/// # Errors
/// When a crate names no licence at all: such a package must not be given away.
pub(super) fn collect(metadata: &Metadata, programs: &[&str], folder: &Path) -> Result<usize> {
    let linked = metadata.linked(programs);
    let mut index =
        String::from("The programs of this package contain these crates, each under its own licence.\n\n");
    for package in &linked {
        let Package { name, version, license, repository, authors, .. } = package;
        let texts = texts(package)?;
        if license.is_none() && texts.is_empty() {
            bail!("{name} {version} names no licence\nhelp: do without it, or ask its authors");
        }
        let licence = license.as_deref().unwrap_or("see its text");
        let repository = repository.as_deref().unwrap_or("no repository named");
        writeln!(index, "{name} {version}: {licence} ({repository})")?;
        if texts.is_empty() {
            let authors = if authors.is_empty() { "not named".to_owned() } else { authors.join(", ") };
            writeln!(index, "    says its licence without its text; authors: {authors}")?;
        }
        let place = folder.join(format!("{name}-{version}"));
        for text in texts {
            super::copy(&text, &place.join(text.file_name().unwrap_or_default()))?;
        }
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("INDEX.txt"), index).context("cannot write the index of licences")?;
    Ok(linked.len())
}

/// The texts in a crate's folder.
fn texts(package: &Package) -> Result<Vec<PathBuf>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    let entries = fs::read_dir(folder)?;
    let mut texts: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_text(path)).collect();
    texts.extend(package.license_file.iter().map(|file| folder.join(file)).filter(|path| path.is_file()));
    texts.sort();
    texts.dedup();
    Ok(texts)
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    // Not the folder of that name, nor the code that checks licences.
    path.is_file() && NAMES.iter().any(|wanted| name.starts_with(wanted)) && !name.ends_with(".RS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["LICENSE-MIT", "license.txt", "COPYING", "license.rs", "Cargo.toml", "README.md"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join("LICENSES")).unwrap();
        let package = Package {
            id: "a".into(),
            name: "a".into(),
            version: "1.0.0".into(),
            license: None,
            license_file: Some("README.md".into()),
            repository: None,
            authors: Vec::new(),
            manifest_path: folder.path().join("Cargo.toml"),
        };
        let found = texts(&package).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_string_lossy()).collect();
        assert_eq!(names, ["COPYING", "LICENSE-MIT", "README.md", "license.txt"]);
    }
}
