//! Where the game's files are read from: an archive or a folder, found in what the player gave.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use lens_core::catalogue::Catalogue;
use zip::ZipArchive;
use zip::result::ZipError;

use super::{ImportError, scale_folder};

/// Where textures may lie below the game's root: as the game has it, or unpacked by hand.
const TEXTURE_FOLDERS: [&str; 3] = ["resources/textures/", "textures/", ""];

/// Bytes at the start of a file's entry in an archive, and their count.
const ENTRY_MARK: &[u8; 4] = b"PK\x03\x04";
const ENTRY_HEADER: usize = 30;

/// The game's files, opened.
pub(super) struct Source {
    path: PathBuf,
    files: Files,
    texture_folder: &'static str,
}

enum Files {
    Archive(Box<ZipArchive<BufReader<File>>>),
    Folder,
}

impl Source {
    /// Finds the game's files in `path`.
    pub(super) fn open(path: &Path, catalogue: &Catalogue) -> Result<Self, ImportError> {
        let metadata =
            fs::metadata(path).map_err(|source| ImportError::Read { path: path.to_path_buf(), source })?;
        if metadata.is_file() {
            return Self::archive(path, catalogue);
        }
        let folder = Self { path: path.to_path_buf(), files: Files::Folder, texture_folder: "" };
        if let Some(source) = folder.with_textures(catalogue) {
            return Ok(source);
        }
        let title = &catalogue.title;
        let inside = [
            format!("{title}.exe"),
            format!("{title}.love"),
            format!("Contents/Resources/{title}.love"),
            format!("{title}.app/Contents/Resources/{title}.love"),
        ];
        match inside.iter().map(|name| path.join(name)).find(|file| file.is_file()) {
            Some(file) => Self::archive(&file, catalogue),
            None => Err(not_the_game(path, catalogue)),
        }
    }

    /// The archive or the folder that the files come from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the texture folder (`2x/Jokers.png`), if it is there.
    pub(super) fn texture(&mut self, file: &str, limit: u64) -> Result<Option<Vec<u8>>, ImportError> {
        self.read(&format!("{}{file}", self.texture_folder), limit)
    }

    /// A text of the game (`game.lua`), if it is there.
    pub(super) fn text(&mut self, file: &str, limit: u64) -> Result<Option<Vec<u8>>, ImportError> {
        self.read(file, limit)
    }

    fn archive(path: &Path, catalogue: &Catalogue) -> Result<Self, ImportError> {
        let unreadable = |source| ImportError::Read { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(unreadable)?;
        let archive = match ZipArchive::new(BufReader::new(file)) {
            Ok(archive) => archive,
            Err(ZipError::Io(source)) if source.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(unreadable(source));
            }
            Err(_) if holds_an_entry(path).map_err(unreadable)? => {
                return Err(ImportError::Truncated { path: path.to_path_buf() });
            }
            Err(_) => return Err(not_the_game(path, catalogue)),
        };
        let source =
            Self { path: path.to_path_buf(), files: Files::Archive(Box::new(archive)), texture_folder: "" };
        source.with_textures(catalogue).ok_or_else(|| not_the_game(path, catalogue))
    }

    /// Itself with the first texture folder that holds any sheet.
    fn with_textures(mut self, catalogue: &Catalogue) -> Option<Self> {
        self.texture_folder = TEXTURE_FOLDERS.into_iter().find(|folder| {
            let files = catalogue.sheets.values().map(|sheet| &sheet.file);
            files.flat_map(|file| [1, 2].map(|scale| format!("{folder}{}/{file}", scale_folder(scale)))).any(
                |name| match &self.files {
                    Files::Archive(archive) => archive.index_for_name(&name).is_some(),
                    Files::Folder => self.path.join(name).is_file(),
                },
            )
        })?;
        Some(self)
    }

    fn read(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ImportError> {
        let bytes = match &mut self.files {
            Files::Archive(archive) => {
                let damaged = |reason: String| ImportError::Damaged {
                    path: self.path.clone(),
                    entry: name.to_owned(),
                    reason,
                };
                match archive.by_name(name) {
                    Ok(entry) => read_limited(entry, limit).map_err(|error| damaged(error.to_string()))?,
                    Err(ZipError::FileNotFound) => return Ok(None),
                    Err(error) => return Err(damaged(error.to_string())),
                }
            }
            Files::Folder => {
                let path = self.path.join(name);
                match File::open(&path).and_then(|file| read_limited(file, limit)) {
                    Ok(bytes) => bytes,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(source) => return Err(ImportError::Read { path, source }),
                }
            }
        };
        if bytes.len() as u64 > limit {
            return Err(ImportError::TooLarge { path: self.path.clone(), entry: name.to_owned(), limit });
        }
        Ok(Some(bytes))
    }
}

/// Reads at most one byte more than the limit, whatever size the archive claims.
fn read_limited(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_the_game(path: &Path, catalogue: &Catalogue) -> ImportError {
    ImportError::NotTheGame { path: path.to_path_buf(), title: catalogue.title.clone() }
}

/// Whether an entry of an archive starts anywhere in the file, also behind a program.
///
/// Every unzip program holds the four bytes, so the entry's header is looked at as well.
fn holds_an_entry(path: &Path) -> io::Result<bool> {
    const BLOCK: usize = 1 << 20;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(0))?;
    let mut window: Vec<u8> = Vec::with_capacity(BLOCK + ENTRY_HEADER);
    loop {
        let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut window)?;
        if window.windows(ENTRY_HEADER + 1).any(is_entry) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        window.drain(..window.len().saturating_sub(ENTRY_HEADER));
    }
}

fn is_entry(bytes: &[u8]) -> bool {
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (version, method, name_length) = (word(4), word(8), word(26));
    bytes.starts_with(ENTRY_MARK)
        && (10..=63).contains(&version)
        && matches!(method, 0 | 8)
        && (1..=260).contains(&name_length)
        && bytes[ENTRY_HEADER].is_ascii_graphic()
}
