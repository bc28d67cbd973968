//! What the player chose about mods: the section `[mods]` of the overlay's settings, and the
//! language of `[information]`.
//!
//! The overlay reads the whole file with its own eyes; this is for programs that need these keys
//! alone, and that switch a mod on or off. Comments, order and spelling stay as the player wrote
//! them.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lens_core::catalogue::Catalogue;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::library::{Library, State};
use crate::read::{self, Interpreter, Options, ReadError};
use crate::{folder, known, language};

/// The game whose Mods folder is looked for.
const GAME: &str = "balatro";
/// The section of the settings.
const SECTION: &str = "mods";
/// Stands in a file that is made for one choice.
const HEAD: &str = "# Settings of the overlay. Keys that are left out have their defaults; `overlay settings` shows all of them.\n\n";

/// The player's choice about mods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where they are.
    pub place: ModsPlace,
    /// Whether a mod whose files leave cards open is run behind the system's walls.
    pub interpreter: bool,
    /// Ids of mods that are left out.
    pub off: Vec<String>,
}

/// Where mods are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModsPlace {
    /// Where the game keeps them on this system.
    #[default]
    Found,
    /// Nowhere: the cards of the game alone are known.
    Nowhere,
    /// In this folder.
    Folder(PathBuf),
}

/// Why the settings are not read, or a choice is not written.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The file cannot be read or written.
    #[error("{} cannot be {what}: {error}", path.display())]
    File {
        /// Of the settings.
        path: PathBuf,
        /// `read` or `written`.
        what: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// It makes no sense.
    #[error("{}: {reason}\nhelp: mend it, or delete it to get the defaults again", path.display())]
    Wrong {
        /// Of the settings.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

impl FromStr for ModsPlace {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "auto" => Self::Found,
            "none" => Self::Nowhere,
            folder => Self::Folder(folder.into()),
        })
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self { place: ModsPlace::Found, interpreter: true, off: Vec::new() }
    }
}

impl Choice {
    /// What the settings file says; the defaults where there is none.
    pub fn read(settings: &Path) -> Result<Self, ChoiceError> {
        let document = document(settings)?.unwrap_or_default();
        let value = |key: &str| document.get(SECTION).and_then(|it| it.get(key)).and_then(Item::as_value);
        let wrong = |key: &str, wanted: &str| ChoiceError::Wrong {
            path: settings.to_path_buf(),
            reason: format!("[{SECTION}] {key} is {wanted}"),
        };
        let mut choice = Self::default();
        if let Some(folder) = value("folder") {
            let folder = folder.as_str().ok_or_else(|| wrong("folder", "a text"))?;
            let Ok(place) = folder.parse();
            choice.place = place;
        }
        if let Some(interpreter) = value("interpreter") {
            choice.interpreter =
                interpreter.as_bool().ok_or_else(|| wrong("interpreter", "true or false"))?;
        }
        if let Some(off) = value("off") {
            let ids = || -> Option<Vec<String>> {
                off.as_array()?.iter().map(|id| id.as_str().map(str::to_owned)).collect()
            };
            choice.off = ids().ok_or_else(|| wrong("off", "a list of texts"))?;
        }
        Ok(choice)
    }

    /// The Mods folder; none where there is none, or none is wanted.
    pub fn folder(&self, catalogue: &Catalogue) -> Option<PathBuf> {
        match &self.place {
            ModsPlace::Nowhere => None,
            ModsPlace::Folder(folder) => Some(folder.clone()),
            ModsPlace::Found => (catalogue.game == GAME).then(folder::find).flatten(),
        }
    }

    /// Reads the mods, those that are left out too; nothing where there is no folder. Mods are run
    /// by the program that runs now, which calls [`child_main`](crate::child_main) first of all.
    pub fn library(
        &self,
        catalogue: &Catalogue,
        language: &str,
        cache: &Path,
    ) -> Result<Option<Library>, ReadError> {
        let Some(folder) = self.folder(catalogue) else { return Ok(None) };
        let interpreter = if self.interpreter { Interpreter::this_program() } else { Interpreter::Off };
        let options = Options {
            language: language.to_owned(),
            interpreter,
            cache: Some(cache.to_path_buf()),
            cells: known::cells(catalogue),
            settings: None,
        };
        read::read(&folder, &options).map(Some)
    }

    /// Switches those off that are left out: the overlay knows none of their cards.
    pub fn leave_out(&self, library: &mut Library) {
        for of_mod in library.mods.iter_mut().filter(|it| self.off.contains(&it.id)) {
            of_mod.state = State::Off("the settings of the overlay switch it off".to_owned());
            of_mod.cards.clear();
        }
    }
}

/// The language of names and texts that a settings file asks for, as the game's files are called.
/// A file that cannot be read asks for the one that the game is played in.
pub fn language(settings: &Path) -> String {
    let document = document(settings).ok().flatten().unwrap_or_default();
    let said = document.get("information").and_then(|it| it.get("language")).and_then(Item::as_str);
    language::wanted(said.unwrap_or(language::AS_PLAYED))
}

/// Leaves a mod out of what the overlay knows, or takes it in again. A file that is not there is
/// made. Returns the choice as it is then.
pub fn switch(settings: &Path, id: &str, is_on: bool) -> Result<Choice, ChoiceError> {
    let mut choice = Choice::read(settings)?;
    if choice.off.iter().any(|it| it == id) != is_on {
        return Ok(choice);
    }
    if is_on {
        choice.off.retain(|it| it != id);
    } else {
        choice.off.push(id.to_owned());
    }
    let found = document(settings)?;
    let is_new = found.is_none();
    let mut document = found.unwrap_or_default();
    let section = document.entry(SECTION).or_insert_with(|| Item::Table(Table::new()));
    let mut value = Value::Array(choice.off.iter().map(String::as_str).collect::<Array>());
    match section.get("off").and_then(Item::as_value) {
        // A comment behind the value is a part of its decoration.
        Some(before) => *value.decor_mut() = before.decor().clone(),
        None => value = value.decorated(" ", ""),
    }
    section["off"] = Item::Value(value);
    let head = if is_new { HEAD } else { "" };
    lens_core::atomic::write(settings, format!("{head}{document}").as_bytes())
        .map_err(|error| ChoiceError::File { path: settings.to_path_buf(), what: "written", error })?;
    Ok(choice)
}

/// The file; nothing where there is none.
fn document(path: &Path) -> Result<Option<DocumentMut>, ChoiceError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ChoiceError::File { path: path.to_path_buf(), what: "read", error }),
    };
    let wrong = |error: toml_edit::TomlError| ChoiceError::Wrong {
        path: path.to_path_buf(),
        reason: error.to_string().trim_end().to_owned(),
    };
    text.parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mod_is_switched_and_all_else_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overlay.toml");
        let text = "# mine\n[show]\nopacity = 0.5 # not so loud\n\n[mods]\n# of the second drive\nfolder = \"/games/Mods\"\noff = [\"Weeds\"] # ugly\n[api]\nport = 1\n";
        std::fs::write(&path, text).unwrap();
        let choice = Choice::read(&path).unwrap();
        assert_eq!(choice.place, ModsPlace::Folder("/games/Mods".into()));
        assert!(choice.interpreter && choice.off == ["Weeds"]);
        assert_eq!(switch(&path, "Garden", false).unwrap().off, ["Weeds", "Garden"]);
        let written = || std::fs::read_to_string(&path).unwrap();
        assert_eq!(written(), text.replace("[\"Weeds\"]", "[\"Weeds\", \"Garden\"]"));
        switch(&path, "Garden", true).unwrap();
        assert_eq!(written(), text);
        switch(&path, "Garden", true).unwrap();
        assert_eq!(written(), text, "it is on already");
        assert!(switch(&path, "Weeds", true).unwrap().off.is_empty());
        assert_eq!(Choice::read(&path).unwrap().off, [""; 0]);
    }

    #[test]
    fn a_file_that_is_not_there_is_made_and_a_broken_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overlay.toml");
        assert_eq!(Choice::read(&path).unwrap(), Choice::default());
        switch(&path, "Garden", false).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# Settings") && text.ends_with("[mods]\noff = [\"Garden\"]\n"), "{text}");
        std::fs::write(&path, "[mods]\noff = [\"Gar\n").unwrap();
        let error = switch(&path, "Garden", true).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("help"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[mods]\noff = [\"Gar\n");
        std::fs::write(&path, "[mods]\noff = 3\n").unwrap();
        assert!(Choice::read(&path).unwrap_err().to_string().contains("a list of texts"));
    }

    #[test]
    fn the_language_is_what_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overlay.toml");
        std::fs::write(&path, "[information]\nlanguage = \"de\"\n").unwrap();
        assert_eq!(language(&path), "de");
    }
}
