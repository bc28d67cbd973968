//! Where the settings file is, and its text when there is none yet.

use std::io;
use std::path::{Path, PathBuf};

use super::chords::HOTKEYS;
use super::mistake::Mistake;
use super::{Settings, parse};

/// Name of the settings file.
pub use lens_core::paths::SETTINGS as NAME;

/// Why there are no settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file is wrong.
    #[error("{}, {mistake}\nhelp: mend it, or delete it to get the defaults again", path.display())]
    Wrong {
        /// Of the settings file.
        path: PathBuf,
        /// What is wrong, and in which line.
        mistake: Mistake,
    },
    /// The file cannot be read.
    #[error(
        "cannot read {}: {reason}\nhelp: settings are a text file as overlay.toml; without one the defaults hold",
        path.display()
    )]
    Unreadable {
        /// Of the settings file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// The file beside the `data` folder.
pub use lens_core::paths::settings as path;

/// The commented text with every key at its default.
pub fn template() -> String {
    let mut text = include_str!("overlay.toml").to_owned();
    text.push_str(
        "[hotkeys]\n# Ctrl, Shift, Alt and Super with one key, joined by +; \"\" for none. A chord without Ctrl, Alt or \
         Super takes the\n# key away from the game.\n",
    );
    for hotkey in &HOTKEYS {
        text.push_str(&format!("# {}\n{} = \"{}\"\n", hotkey.what, hotkey.name, hotkey.keys));
    }
    text
}

/// Reads the file; writes it first when there is none.
///
/// # Errors
/// When it is wrong or cannot be read. A folder that cannot be written to is no error: the defaults
/// hold.
pub fn open(path: &Path) -> Result<Settings, SettingsError> {
    if !path.exists()
        && let Err(error) = lens_core::atomic::write(path, template().as_bytes())
    {
        log::warn!("cannot write {}: {error}; the default settings hold", path.display());
        return Ok(Settings::default());
    }
    read(path)
}

/// Reads the file.
///
/// # Errors
/// When it is wrong or cannot be read.
pub fn read(path: &Path) -> Result<Settings, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable {
        path: path.to_path_buf(),
        reason: match error.kind() {
            io::ErrorKind::NotFound => {
                "it is gone; the settings stay as they are until the overlay ends".into()
            }
            _ => error.to_string(),
        },
    })?;
    parse(&text).map_err(|mistake| SettingsError::Wrong { path: path.to_path_buf(), mistake })
}
