//! Which mods the overlay reads: the folder, whether their code may be run, and those left out.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// The player's choice about mods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mods {
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
