//! Takes the sheets out of a player's own copy of the game.
//!
//! Reads a program with the game's archive at its end (`Balatro.exe`), the bare archive
//! (`Balatro.love`), the folder of an application (`Balatro.app`), a folder that holds one of
//! these, or an unpacked tree. Files are asked for by the names that the catalogue expects: a name
//! that comes out of an archive is never used as a path. Nothing is executed.

use std::io;
use std::path::{Path, PathBuf};

use lens_core::catalogue::{Catalogue, Sheet};

use super::{ArtError, decode, scale_folder};
use source::Source;

mod destination;
mod source;

/// A text of the game (a language, the rules) is smaller than this, in bytes; a bomb is not.
const MAX_TEXT_BYTES: u64 = 8 << 20;

/// Texts that later card information is read from, relative to the root of the game's files.
const TEXTS: [&str; 17] = [
    "game.lua",
    "localization/de.lua",
    "localization/default.lua",
    "localization/en-us.lua",
    "localization/es_419.lua",
    "localization/es_ES.lua",
    "localization/fr.lua",
    "localization/id.lua",
    "localization/it.lua",
    "localization/ja.lua",
    "localization/ko.lua",
    "localization/nl.lua",
    "localization/pl.lua",
    "localization/pt_BR.lua",
    "localization/ru.lua",
    "localization/zh_CN.lua",
    "localization/zh_TW.lua",
];

/// How far an import is, after each file that it looked for.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Files looked for so far.
    pub done: usize,
    /// Files that will be looked for.
    pub total: usize,
    pub file: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The archive or folder that held the sheets.
    pub source: PathBuf,
    /// The texture folder to give to [`super::Sprites::from_folder`].
    pub textures: PathBuf,
    /// Sheet files copied, both scales counted.
    pub sheets: usize,
    /// Sheets that were there at one scale only, as `1x/Jokers.png`: the other scale is computed.
    pub computed: Vec<String>,
    pub texts: usize,
}

/// Why nothing was imported. The destination is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source is not there or cannot be read.
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// The source holds nothing of the game.
    #[error(
        "{path} is not a copy of {title}: no sheet of the game is in it\n\
         help: give the game's folder, {title}.exe, {title}.love or {title}.app"
    )]
    NotTheGame { path: PathBuf, title: String },
    /// The source is an archive whose end is missing.
    #[error(
        "{path} is cut short: its archive has no end\nhelp: copy it again, or let the shop verify the game's files"
    )]
    Truncated { path: PathBuf },
    /// One file of the archive cannot be unpacked.
    #[error(
        "{entry} in {path} is damaged: {reason}\nhelp: copy it again, or let the shop verify the game's files"
    )]
    Damaged { path: PathBuf, entry: String, reason: String },
    /// One file is larger than it can honestly be.
    #[error("{entry} in {path} is larger than {limit} bytes, which no file of the game is")]
    TooLarge {
        path: PathBuf,
        entry: String,
        /// The most that is read.
        limit: u64,
    },
    /// Sheets are there at neither scale.
    #[error("{path} lacks {} of the game's sheets: {}\nhelp: the copy is incomplete or of another version", sheets.len(), sheets.join(", "))]
    Missing { path: PathBuf, sheets: Vec<String> },
    /// A sheet is not an image, or has another size.
    #[error("{path} cannot be used: {source}")]
    Sheet {
        path: PathBuf,
        /// What is wrong with which sheet.
        source: ArtError,
    },
    /// The destination cannot be written.
    #[error(
        "cannot write to {path}: {source}\nhelp: free some space there, or choose a folder that you may write to"
    )]
    Destination { path: PathBuf, source: io::Error },
    /// The destination holds files that no import put there.
    #[error(
        "{path} holds other files, which an import would replace\nhelp: move them away or choose another folder"
    )]
    Occupied { path: PathBuf },
}

/// Copies the sheets that `catalogue` names from `path` into `destination`, and the game's texts if
/// they are there.
///
/// Sheets land below `destination/textures/1x` and `2x`, texts below `destination`. All of it is
/// written beside the destination first and takes its place only when complete; an earlier import
/// is replaced.
///
/// # Errors
/// See [`ImportError`]; the destination is then as it was before.
pub fn import(
    path: &Path,
    catalogue: &Catalogue,
    destination: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<ImportReport, ImportError> {
    let mut source = Source::open(path, catalogue)?;
    let total = catalogue.sheets.len() * 2 + TEXTS.len();
    let mut done = 0;
    let mut looked_for = |file: &str| {
        done += 1;
        progress(Progress { done, total, file });
    };

    let incoming = destination::Incoming::create(destination)?;
    let mut report = ImportReport {
        source: source.path().to_path_buf(),
        textures: destination.join("textures"),
        sheets: 0,
        computed: Vec::new(),
        texts: 0,
    };
    let mut missing = Vec::new();
    for sheet in catalogue.sheets.values() {
        let mut absent = Vec::new();
        for scale in [1, 2] {
            let file = format!("{}/{}", scale_folder(scale), sheet.file);
            match source.texture(&file, sheet_limit(sheet, scale))? {
                Some(bytes) => {
                    decode(&bytes, sheet, scale)
                        .map_err(|error| ImportError::Sheet { path: report.source.clone(), source: error })?;
                    incoming.write(&format!("textures/{file}"), &bytes)?;
                    report.sheets += 1;
                }
                None => absent.push(file.clone()),
            }
            looked_for(&file);
        }
        if absent.len() == 2 {
            missing.push(sheet.file.clone());
        } else {
            report.computed.append(&mut absent);
        }
    }
    if !missing.is_empty() {
        return Err(ImportError::Missing { path: report.source, sheets: missing });
    }
    for text in TEXTS {
        if let Some(bytes) = source.text(text, MAX_TEXT_BYTES)? {
            incoming.write(text, &bytes)?;
            report.texts += 1;
        }
        looked_for(text);
    }
    incoming.finish()?;
    Ok(report)
}

/// The most bytes that a sheet's file can have: its raw pixels and as much again.
fn sheet_limit(sheet: &Sheet, scale: u32) -> u64 {
    let pixels: u64 = sheet.cell.iter().chain(&sheet.grid).map(|&side| u64::from(side)).product();
    8 * pixels * u64::from(scale * scale) + (1 << 16)
}

#[cfg(test)]
mod tests;
