//! Manifests and catalogues that somebody damaged.

mod mutation;

use std::fs;
use std::path::{Path, PathBuf};

use lens_core::catalogue::Catalogue;
use lens_core::manifest::{FILE_NAME, Manifest};
use mutation::fuzz;

fn data(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn manifests() {
    let folder = Temporary::new("manifests");
    let seeds = [data("models/practice/model.json"), data("models/balatro/model.json")];
    fuzz("manifest", &seeds, |bytes| {
        fs::write(folder.0.join(FILE_NAME), bytes).unwrap();
        let Ok(manifest) = Manifest::read(&folder.0) else { return };
        for file in manifest.sha256.keys() {
            assert!(manifest.read_network(&folder.0, file).is_err(), "there is no such file");
        }
    });
}

#[test]
fn catalogues() {
    let practice = data("catalogues/practice.json");
    fuzz("catalogue", &[practice], |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Ok(catalogue) = Catalogue::parse(text) else { return };
        for class in catalogue.classes() {
            assert!(catalogue.card_of_class(&class).is_some() || class.contains('@'), "{class}");
        }
    });
}

/// A folder that goes with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("fuzz-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
