//! The settings file while it is changed: comments, order and spelling stay as a player wrote them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use crate::settings::file::{self, SettingsError};
use crate::settings::mistake::Mistake;
use crate::settings::{self, Settings};

/// The file, and what it says.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    text: String,
    document: DocumentMut,
    /// What counts where the file says nothing.
    defaults: DocumentMut,
    settings: Settings,
}

/// Why a change is not written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The file as it is cannot be understood.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The value cannot be.
    #[error("{0}")]
    Mistake(Mistake),
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Of the settings.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Draft {
    /// Reads the file; one that is not there is written first.
    ///
    /// # Errors
    /// When it is wrong, or cannot be read.
    pub fn open(path: PathBuf) -> Result<Self, DraftError> {
        file::open(&path)?;
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| file::template());
        let wrong = |mistake| SettingsError::Wrong { path: path.clone(), mistake };
        let settings = settings::parse(&text).map_err(wrong)?;
        let document = parsed(&text).map_err(wrong)?;
        let defaults = parsed(&file::template()).map_err(wrong)?;
        Ok(Self { path, text, document, defaults, settings })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The value of a key, or its default.
    pub fn value(&self, section: &str, key: &str) -> Option<&Value> {
        value_in(&self.document, section, key).or_else(|| value_in(&self.defaults, section, key))
    }

    /// Whether a key has its default.
    pub fn is_default(&self, section: &str, key: &str) -> bool {
        let default = value_in(&self.defaults, section, key);
        let plain = |value: &Value| value.clone().decorated("", "").to_string();
        self.value(section, key).map(plain) == default.map(plain)
    }

    /// Gives a key its default again.
    ///
    /// # Errors
    /// As [`Draft::set`].
    pub fn reset(&mut self, section: &str, key: &str) -> Result<(), DraftError> {
        match value_in(&self.defaults, section, key).cloned() {
            Some(default) => self.set(section, key, default),
            None => Ok(()),
        }
    }

    /// Changes a key and writes the file, with what was changed in it from outside.
    ///
    /// # Errors
    /// When the value cannot be, or the file is wrong by now, which both change nothing; when it
    /// cannot be read or written.
    pub fn set(&mut self, section: &str, key: &str, value: impl Into<Value>) -> Result<(), DraftError> {
        self.take_over()?;
        let mut changed = self.document.clone();
        let table = changed.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let mut value = value.into();
        if let Some(before) = table.get(key).and_then(Item::as_value) {
            // A comment behind the value is a part of its decoration.
            *value.decor_mut() = before.decor().clone();
        } else {
            value = value.decorated(" ", "");
        }
        table[key] = Item::Value(value);
        let text = changed.to_string();
        let settings = settings::parse(&text).map_err(DraftError::Mistake)?;
        lens_core::atomic::write(&self.path, text.as_bytes())
            .map_err(|source| DraftError::Write { path: self.path.clone(), source })?;
        (self.document, self.text, self.settings) = (changed, text, settings);
        Ok(())
    }

    /// Takes over what was changed from outside; returns whether anything was. A file that is wrong
    /// or gone changes nothing.
    pub fn look_again(&mut self) -> bool {
        self.take_over().unwrap_or(false)
    }

    fn take_over(&mut self) -> Result<bool, SettingsError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            // It is written anew.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => {
                return Err(SettingsError::Unreadable { path: self.path.clone(), reason: error.to_string() });
            }
        };
        if text == self.text {
            return Ok(false);
        }
        let wrong = |mistake| SettingsError::Wrong { path: self.path.clone(), mistake };
        let settings = settings::parse(&text).map_err(wrong)?;
        let document = parsed(&text).map_err(wrong)?;
        (self.document, self.text, self.settings) = (document, text, settings);
        Ok(true)
    }
}

fn value_in<'a>(document: &'a DocumentMut, section: &str, key: &str) -> Option<&'a Value> {
    document.get(section)?.get(key)?.as_value()
}

fn parsed(text: &str) -> Result<DocumentMut, Mistake> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| Mistake { line: None, what: error.message().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> (tempfile::TempDir, Draft) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overlay.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Draft::open(path).unwrap())
    }

    #[test]
    fn comments_and_order_stay_and_only_the_value_changes() {
        let text =
            "# mine\n[hotkeys]\npause = \"F9\" # the big key\n\n[show]\n# not so loud\nopacity = 0.5\n";
        let (_folder, mut draft) = draft(text);
        draft.set("show", "opacity", 0.75).unwrap();
        draft.set("hotkeys", "pause", "Ctrl+Shift+P").unwrap();
        let written = std::fs::read_to_string(draft.path()).unwrap();
        assert_eq!(written, text.replace("0.5", "0.75").replace("F9", "Ctrl+Shift+P"));
        assert_eq!(draft.settings().style.opacity, 0.75);
        draft.set("show", "unknown", false).unwrap();
        draft.set("capture", "per_second", 20).unwrap();
        let written = std::fs::read_to_string(draft.path()).unwrap();
        assert!(
            written.starts_with("# mine\n") && written.contains("[capture]\nper_second = 20\n"),
            "{written}"
        );
        assert!(!draft.settings().style.unknown && draft.settings().capture.per_second == 20.0);
        assert!(draft.value("show", "modifiers").unwrap().as_bool().unwrap(), "its default");
    }

    #[test]
    fn what_cannot_be_is_not_written() {
        let (_folder, mut draft) = draft("[show]\nopacity = 0.5\n");
        let refused = draft.set("show", "opacity", 7.0).unwrap_err().to_string();
        assert!(refused.contains("opacity"), "{refused}");
        assert_eq!(std::fs::read_to_string(draft.path()).unwrap(), "[show]\nopacity = 0.5\n");
        assert!(!draft.is_default("show", "opacity"));
        draft.reset("show", "opacity").unwrap();
        assert!(draft.is_default("show", "opacity"));
    }

    #[test]
    fn what_was_typed_meanwhile_is_not_written_over() {
        let (_folder, mut draft) = draft("[show]\nopacity = 0.5\n");
        std::fs::write(draft.path(), "[show]\nopacity = 0.25\n[capture]\nper_second = 20\n").unwrap();
        draft.set("show", "unknown", false).unwrap();
        let written = std::fs::read_to_string(draft.path()).unwrap();
        assert_eq!(written, "[show]\nopacity = 0.25\nunknown = false\n[capture]\nper_second = 20\n");
        let slip = "[show]\nopacity = \n[capture]\nper_second = 10\n";
        std::fs::write(draft.path(), slip).unwrap();
        let refused = draft.set("show", "unknown", true).unwrap_err().to_string();
        assert!(refused.contains("overlay.toml") && refused.contains("line 2"), "{refused}");
        assert_eq!(std::fs::read_to_string(draft.path()).unwrap(), slip);
        std::fs::remove_file(draft.path()).unwrap();
        draft.set("show", "unknown", true).unwrap();
        assert!(draft.path().exists());
    }

    #[test]
    fn what_was_changed_from_outside_is_taken_over() {
        let (_folder, mut draft) = draft("[show]\nopacity = 0.5\n");
        assert!(!draft.look_again());
        std::fs::write(draft.path(), "[show]\nopacity = \n").unwrap();
        assert!(!draft.look_again() && draft.settings().style.opacity == 0.5, "somebody is still writing");
        std::fs::write(draft.path(), "[show]\nopacity = 0.25\n").unwrap();
        assert!(draft.look_again() && draft.settings().style.opacity == 0.25);
    }
}
