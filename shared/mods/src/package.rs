//! What lies below one entry of the Mods folder: a folder, a zip or a lone file, read through one
//! door.
//!
//! Paths inside are text with `/`, relative to the entry, and are found whatever the case of their
//! letters, because mods are written on Windows. Nothing is ever unpacked to the disk; links are
//! not followed, and names in a zip that lead elsewhere are not listed. Absent: any idea of what a
//! mod is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

/// No file of a mod is read that is larger: the largest sheets of real mods have some 10 MB.
pub(crate) const MAX_FILE_SIZE: u64 = 64 << 20;
/// A mod of more files is not read.
const MAX_FILES: usize = 50_000;
/// No zip unpacks to more, so that a small file cannot fill the memory.
const MAX_ZIP_SIZE: u64 = 1 << 30;
/// Folders below folders, at most.
const DEEPEST: usize = 16;

/// One entry of the Mods folder.
pub(crate) struct Package {
    place: Place,
    /// By path in small letters.
    files: BTreeMap<String, Listed>,
    stamp: String,
}

/// A file of a package.
#[derive(Debug, Clone)]
struct Listed {
    /// As it is written in the package.
    path: String,
    size: u64,
    /// In the archive, where it is one.
    index: usize,
}

enum Place {
    Folder(PathBuf),
    File(PathBuf),
    Zip(Box<Mutex<ZipArchive<File>>>),
}

impl Package {
    /// Lists an entry of the Mods folder; nothing for what is neither folder, zip nor Lua file.
    pub(crate) fn open(path: &Path) -> Option<io::Result<Self>> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let meta = fs::metadata(path).ok()?;
        if meta.is_dir() {
            return Some(Self::folder(path));
        }
        if name.ends_with(".zip") {
            return Some(Self::zip(path, &meta));
        }
        name.ends_with(".lua").then(|| Ok(Self::lone(path, &meta)))
    }

    fn folder(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut stamps = Vec::new();
        list(root, "", 0, &mut files, &mut stamps)?;
        stamps.sort_unstable();
        Ok(Self { place: Place::Folder(root.to_owned()), files, stamp: digest(&stamps.concat()) })
    }

    fn lone(path: &Path, meta: &fs::Metadata) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = digest(&stamp_of(&name, meta));
        let listed = Listed { path: name.clone(), size: meta.len(), index: 0 };
        Self {
            place: Place::File(path.to_owned()),
            files: BTreeMap::from([(name.to_lowercase(), listed)]),
            stamp,
        }
    }

    fn zip(path: &Path, meta: &fs::Metadata) -> io::Result<Self> {
        let archive = ZipArchive::new(File::open(path)?)?;
        let (archive, files) = listed_in(archive)?;
        let stamp = digest(&stamp_of("zip", meta));
        Ok(Self { place: Place::Zip(Box::new(Mutex::new(archive))), files, stamp })
    }

    /// Changes when a file is written, comes or goes. Contents are not read for it.
    pub(crate) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// All paths, as the package writes them, in the order of their small letters.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.values().map(|file| file.path.as_str())
    }

    /// The path as the package writes it, and its size.
    pub(crate) fn find(&self, path: &str) -> Option<(&str, u64)> {
        let listed = self.files.get(&tidy(path)?)?;
        Some((&listed.path, listed.size))
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.read_at_most(path, MAX_FILE_SIZE)
    }

    /// The first bytes of a file.
    pub(crate) fn read_start(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let absent = || io::Error::new(io::ErrorKind::NotFound, format!("{path} is not in the mod"));
        let listed = tidy(path).and_then(|it| self.files.get(&it)).ok_or_else(absent)?;
        let mut bytes = Vec::new();
        match &self.place {
            Place::Folder(root) => File::open(root.join(&listed.path))?.take(most).read_to_end(&mut bytes)?,
            Place::File(path) => File::open(path)?.take(most).read_to_end(&mut bytes)?,
            Place::Zip(archive) => {
                let mut archive = archive.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                archive.by_index(listed.index)?.take(most).read_to_end(&mut bytes)?
            }
        };
        Ok(bytes)
    }

    fn read_at_most(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let bytes = self.read_start(path, most + 1)?;
        if bytes.len() as u64 > most {
            let why = format!("{path} is larger than {} MB", most >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        Ok(bytes)
    }

    /// A file as text: what is not UTF-8 is replaced, a byte order mark is dropped.
    pub(crate) fn text(&self, path: &str) -> io::Result<String> {
        let bytes = self.read(path)?;
        Ok(text_of(&bytes))
    }
}

/// Bytes as text: what is not UTF-8 is replaced, a byte order mark is dropped.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path inside a package in small letters, without `.` and doubled separators; none if it leads
/// out of the package.
pub(crate) fn tidy(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part if part.contains(['\0', ':']) => return None,
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/").to_lowercase())
}

/// Lists a folder and those below it. Links and what begins with a dot (but `.lovelyignore`) are
/// left out.
fn list(
    root: &Path,
    below: &str,
    depth: usize,
    files: &mut BTreeMap<String, Listed>,
    stamps: &mut Vec<String>,
) -> io::Result<()> {
    if depth > DEEPEST {
        return Ok(());
    }
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') && name != ".lovelyignore" {
            continue;
        }
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(root, &path, depth + 1, files, stamps)?;
        } else if kind.is_file() {
            let meta = entry.metadata()?;
            stamps.push(stamp_of(&path, &meta));
            let listed = Listed { path: path.clone(), size: meta.len(), index: 0 };
            files.insert(path.to_lowercase(), listed);
        }
        if files.len() > MAX_FILES {
            let why = format!("more than {MAX_FILES} files: that is no mod");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
    }
    Ok(())
}

/// What is in an archive, without the single folder that holds everything.
fn listed_in<R: Read + Seek>(
    mut archive: ZipArchive<R>,
) -> io::Result<(ZipArchive<R>, BTreeMap<String, Listed>)> {
    if archive.len() > MAX_FILES {
        let why = format!("an archive of more than {MAX_FILES} files: that is no mod");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    let mut all = Vec::new();
    let mut size = 0_u64;
    for index in 0..archive.len() {
        // A compressed or encrypted entry that cannot be read is not listed; the others still
        // count.
        let Ok(file) = archive.by_index_raw(index) else { continue };
        size = size.saturating_add(file.size());
        if file.is_file()
            && let Some(path) = file.name().ok().and_then(|name| inside(&name))
        {
            all.push(Listed { path, size: file.size(), index });
        }
    }
    if size > MAX_ZIP_SIZE {
        let why = format!("an archive that unpacks to more than {} MB", MAX_ZIP_SIZE >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    let single = single_folder(&all).map(|folder| folder.len() + 1).unwrap_or_default();
    for file in &mut all {
        file.path.drain(..single);
    }
    Ok((archive, all.into_iter().map(|file| (file.path.to_lowercase(), file)).collect()))
}

/// The folder in which every file lies, if there is one.
fn single_folder(files: &[Listed]) -> Option<String> {
    let first = files.first()?.path.split_once('/')?.0.to_owned();
    let within = |file: &Listed| file.path.split_once('/').is_some_and(|(folder, _)| folder == first);
    (first != "lovely" && files.iter().all(within)).then_some(first)
}

/// A name in an archive as a path inside the package; none where it leads elsewhere.
fn inside(name: &str) -> Option<String> {
    let name = name.replace('\\', "/");
    if name.contains(['\0', ':']) {
        return None;
    }
    let mut parts = Vec::new();
    for part in Path::new(&name).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn stamp_of(path: &str, meta: &fs::Metadata) -> String {
    let changed = meta.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{path}\0{}\0{}\n", meta.len(), changed.as_nanos())
}

/// Half of a SHA-256 as letters.
pub(crate) fn digest(text: &str) -> String {
    digest_of(&[text.as_bytes()])
}

/// The same of several pieces.
pub(crate) fn digest_of(pieces: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update((piece.len() as u64).to_le_bytes());
        hash.update(piece);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
