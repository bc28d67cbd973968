//! The files of a mod as its code sees them in the sandbox: texts by path, whatever the case, and
//! lists of folders.
//!
//! Nothing here touches a disk.

use std::collections::{BTreeMap, BTreeSet};

/// Texts and names. Paths asked for are tidy: in small letters, without `..`.
pub(super) struct Files {
    texts: BTreeMap<String, String>,
    sizes: BTreeMap<String, u64>,
    /// By folder, the names in it as they are written.
    folders: BTreeMap<String, BTreeSet<String>>,
}

impl Files {
    pub(super) fn of(texts: BTreeMap<String, String>, others: BTreeMap<String, u64>) -> Self {
        let mut files = Self { texts: BTreeMap::new(), sizes: BTreeMap::new(), folders: BTreeMap::new() };
        for (path, size) in others {
            files.list(&path);
            files.sizes.insert(path.to_lowercase(), size);
        }
        for (path, text) in texts {
            files.list(&path);
            files.sizes.insert(path.to_lowercase(), text.len() as u64);
            files.texts.insert(path.to_lowercase(), text);
        }
        files
    }

    fn list(&mut self, path: &str) {
        let mut rest = path;
        loop {
            let (folder, name) = rest.rsplit_once('/').unwrap_or(("", rest));
            let is_new = self.folders.entry(folder.to_lowercase()).or_default().insert(name.to_owned());
            if folder.is_empty() || !is_new {
                return;
            }
            rest = folder;
        }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// What is there, and of which size.
    pub(super) fn kind(&self, path: &str) -> Option<(&'static str, u64)> {
        let file = self.sizes.get(path).map(|&size| ("file", size));
        file.or_else(|| self.folders.contains_key(path).then_some(("directory", 0)))
    }

    /// The names in a folder, in order.
    pub(super) fn items(&self, folder: &str) -> Vec<String> {
        self.folders.get(folder).into_iter().flatten().cloned().collect()
    }
}
