//! A data folder of its own with the practice deck, a small data set, and trainers to try there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::trainers::{Trainer, Wanted, words};

/// The folder.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// With `data` (catalogues, recipes, the practice model), and `set` of 3 x 2 x 2 captures.
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        for folder in ["catalogues", "recipes", "models/practice"] {
            copy(&from.join(folder), &place.path("data").join(folder));
        }
        place.good(
            "scenes --recipe data/recipes/practice.toml --labelled set --classes 3 --groups 2 --captures 2",
        );
        place
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the trainer with these words in the folder.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.start(line, None).output()
    }

    /// Starts it, with so much address space in bytes.
    pub(crate) fn start(&self, line: &str, memory: Option<u64>) -> Trainer {
        let (words, data) = (words(line), self.path("data"));
        Wanted { words: &words, folder: self.folder.path(), data: &data, memory }.start()
    }

    /// The same where it has to end well. Returns what it says.
    pub(crate) fn good(&self, line: &str) -> String {
        let output = self.run(line);
        let said = said(&output);
        assert!(output.status.success(), "trainer {line}: {said}");
        said
    }

    /// All files with their contents, but locks.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, u64> {
        let mut files = BTreeMap::new();
        list(self.folder.path(), &mut files);
        files
    }
}

/// Both outputs of a program.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten().filter(|it| it.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn list(folder: &Path, files: &mut BTreeMap<PathBuf, u64>) {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            list(&path, files);
        } else if kind.is_file() && !path.to_string_lossy().ends_with("lock") {
            let mut hasher = DefaultHasher::new();
            fs::read(&path).unwrap_or_default().hash(&mut hasher);
            files.insert(path, hasher.finish());
        }
    }
}
