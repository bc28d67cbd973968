//! A game's sheets cut into cells, at 1x and 2x.
//!
//! Knows cells, not cards: the catalogue says which cells make a card, and `card` lays them over
//! each other. Sheets come from a folder that [`import`] filled, or are drawn by `practice`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbaImage;
use lens_core::catalogue::{Catalogue, Cell, Sheet};
use rayon::prelude::*;

mod cut;
pub mod import;

/// Why a folder of sheets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArtError {
    /// Neither scale of a sheet is there.
    #[error(
        "the sheet {file} is missing in {textures}: neither 1x nor 2x holds it\nhelp: run `trainer import-art` again"
    )]
    Missing { file: String, textures: PathBuf },
    /// A sheet is there but cannot be read.
    #[error("cannot read the sheet {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    /// A sheet is not a whole image.
    #[error("the sheet {file} is not a whole PNG image: {reason}")]
    Picture {
        /// The file, with its scale: `2x/Jokers.png`.
        file: String,
        reason: String,
    },
    /// A sheet has other cells than the catalogue says: another version of the game, or a mod.
    #[error(
        "the sheet {file} is {}x{} pixels where the catalogue expects {}x{}\nhelp: use the sheets of an unmodified game",
        found.0, found.1, expected.0, expected.1
    )]
    Size {
        /// The file, with its scale: `2x/Jokers.png`.
        file: String,
        /// Width and height of the image.
        found: (u32, u32),
        /// Width and height from the catalogue.
        expected: (u32, u32),
    },
}

/// Every cell of a catalogue's sheets, cut once and kept at both scales.
pub struct Sprites {
    catalogue: Arc<Catalogue>,
    sheets: HashMap<String, Cells>,
    not_cards: Vec<RgbaImage>,
}

impl fmt::Debug for Sprites {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sprites").field("game", &self.catalogue.game).finish_non_exhaustive()
    }
}

/// The cells of one sheet, row by row.
struct Cells {
    columns: u32,
    once: Vec<RgbaImage>,
    twice: Vec<RgbaImage>,
}

impl Sprites {
    /// Reads the sheets below `textures`, which holds `1x/` and `2x/`.
    ///
    /// A missing scale is made from the other one: doubled without smoothing, or averaged.
    ///
    /// # Errors
    /// When a sheet is missing at both scales, cannot be read, or has another size than the
    /// catalogue says.
    pub fn from_folder(catalogue: Arc<Catalogue>, textures: &Path) -> Result<Self, ArtError> {
        let load = |(name, sheet): (&String, &Sheet)| -> Result<(String, Cells), ArtError> {
            let once = read_sheet(sheet, textures, 1)?;
            let twice = read_sheet(sheet, textures, 2)?;
            let cells = Cells::new(sheet, once.as_ref(), twice.as_ref()).ok_or_else(|| {
                ArtError::Missing { file: sheet.file.clone(), textures: textures.to_path_buf() }
            })?;
            Ok((name.clone(), cells))
        };
        let sheets = catalogue.sheets.par_iter().map(load).collect::<Result<_, _>>()?;
        Ok(Self::with_cells(catalogue, sheets))
    }

    /// Takes sheets that were drawn at 1x, by their name in the catalogue.
    ///
    /// # Errors
    /// When a sheet of the catalogue is missing or has another size.
    pub fn new(catalogue: Arc<Catalogue>, drawn: &BTreeMap<String, RgbaImage>) -> Result<Self, ArtError> {
        let take = |(name, sheet): (&String, &Sheet)| -> Result<(String, Cells), ArtError> {
            let picture = drawn.get(name);
            if let Some(picture) = picture {
                check_size(sheet, picture, 1)?;
            }
            let cells = Cells::new(sheet, picture, None).ok_or_else(|| ArtError::Missing {
                file: sheet.file.clone(),
                textures: PathBuf::from("memory"),
            })?;
            Ok((name.clone(), cells))
        };
        let sheets = catalogue.sheets.iter().map(take).collect::<Result<_, _>>()?;
        Ok(Self::with_cells(catalogue, sheets))
    }

    /// The catalogue that names the cells.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The image of a cell, at scale 1 or 2.
    ///
    /// # Panics
    /// When the cell is not of this catalogue, or for another scale.
    pub fn cell(&self, cell: &Cell, scale: u32) -> &RgbaImage {
        let cells = self.sheets.get(&cell.sheet).expect("the catalogue checked the names of its sheets");
        let position = (cell.y * cells.columns + cell.x) as usize;
        match scale {
            1 => &cells.once[position],
            2 => &cells.twice[position],
            _ => panic!("sheets have scale 1 and 2, not {scale}"),
        }
    }

    /// Images that are not cards (tags, blind chips), at 1x: each once, without empty cells.
    pub fn not_cards(&self) -> &[RgbaImage] {
        &self.not_cards
    }

    fn with_cells(catalogue: Arc<Catalogue>, sheets: HashMap<String, Cells>) -> Self {
        let not_cards = catalogue
            .not_cards
            .iter()
            .flat_map(|name| {
                let cells = &sheets[name];
                cut::distinct(&cells.once, cells.columns)
            })
            .collect();
        Self { catalogue, sheets, not_cards }
    }
}

impl Cells {
    fn new(sheet: &Sheet, once: Option<&RgbaImage>, twice: Option<&RgbaImage>) -> Option<Self> {
        let once = once.map(|picture| cut::cells(picture, sheet, 1));
        let twice = twice.map(|picture| cut::cells(picture, sheet, 2));
        let (once, twice) = match (once, twice) {
            (Some(once), Some(twice)) => (once, twice),
            (Some(once), None) => {
                let twice = once.iter().map(cut::doubled).collect();
                (once, twice)
            }
            (None, Some(twice)) => (twice.iter().map(cut::halved).collect(), twice),
            (None, None) => return None,
        };
        Some(Self { columns: sheet.grid[0], once, twice })
    }
}

/// The name of a scale's folder, in the game's archive and in ours.
pub(crate) fn scale_folder(scale: u32) -> String {
    format!("{scale}x")
}

/// Decodes a sheet and checks its size against the catalogue.
pub(crate) fn decode(bytes: &[u8], sheet: &Sheet, scale: u32) -> Result<RgbaImage, ArtError> {
    let expected = expected_size(sheet, scale);
    let failed = |reason: String| ArtError::Picture { file: scaled_file(sheet, scale), reason };
    let reader = || image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Png);
    // The header first: an image of a wrong size is never decoded, however large it claims to be.
    let found = reader().into_dimensions().map_err(|error| failed(error.to_string()))?;
    if found != expected {
        return Err(ArtError::Size { file: scaled_file(sheet, scale), found, expected });
    }
    Ok(reader().decode().map_err(|error| failed(error.to_string()))?.into_rgba8())
}

fn read_sheet(sheet: &Sheet, textures: &Path, scale: u32) -> Result<Option<RgbaImage>, ArtError> {
    let path = textures.join(scale_folder(scale)).join(&sheet.file);
    match std::fs::read(&path) {
        Ok(bytes) => decode(&bytes, sheet, scale).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArtError::Read { path, source }),
    }
}

fn check_size(sheet: &Sheet, picture: &RgbaImage, scale: u32) -> Result<(), ArtError> {
    let expected = expected_size(sheet, scale);
    let found = picture.dimensions();
    if found == expected {
        Ok(())
    } else {
        Err(ArtError::Size { file: scaled_file(sheet, scale), found, expected })
    }
}

fn expected_size(sheet: &Sheet, scale: u32) -> (u32, u32) {
    (sheet.cell[0] * sheet.grid[0] * scale, sheet.cell[1] * sheet.grid[1] * scale)
}

fn scaled_file(sheet: &Sheet, scale: u32) -> String {
    format!("{}/{}", scale_folder(scale), sheet.file)
}

#[cfg(test)]
mod tests;
