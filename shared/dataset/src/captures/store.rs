//! `seen_hashes.json` and the images beside it.
//!
//! One writer at a time holds a lock. A capture is an image, then one line in a journal beside the
//! file. The journal is folded into the file now and then, so that saving costs the same at the
//! first capture and at the hundred thousandth. A crash leaves an image that nobody lists, or
//! nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Cursor, Write as _};
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbaImage};
use lens_core::counted::counted;
use serde::{Deserialize, Serialize};

use super::Verdict;
use super::hashes::{Hashes, Hashing};
use super::index::Index;
use super::record::{CaptureContext, Record};
use crate::labels::store::ids::FreeIds;
use crate::{disk, file_name};
use lens_core::pixels::{ChannelOrder, Pixels};
use lens_core::{atomic, files, image_file};

/// Name of the file in the captures' folder.
pub const FILE_NAME: &str = "seen_hashes.json";
/// Captures that the file does not hold yet, one a line.
pub const JOURNAL: &str = "seen_hashes.journal";
/// Whole frames, below the captures' folder.
pub const FRAMES: &str = "frames";
const LOCK: &str = ".seen_hashes.lock";
/// Version of the file.
pub const FORMAT: u32 = 2;
/// The version before, in which one hash of three told nothing.
const EARLIER: u32 = 1;
/// Captures of that version that get the hash when a folder is opened: more would take longer than
/// a player waits, and the others are compared without it.
const UPGRADED_AT_ONCE: usize = 2000;

/// The captures of a folder, and the right to add some.
pub struct Captures {
    folder: PathBuf,
    records: Vec<Record>,
    index: Index,
    hashing: Hashing,
    next: Next,
    journal: Journal,
    _lock: File,
}

impl fmt::Debug for Captures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Captures").finish_non_exhaustive()
    }
}

/// What became of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// What it is beside the others; a duplicate was not saved.
    pub verdict: Verdict,
    /// The position of its record: the new one, or that of the one that shows the same.
    pub position: usize,
}

/// Why a capture cannot be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum CapturesError {
    /// A file cannot be used.
    #[error("cannot save captures: {} ({path})\nhelp: {}", disk::reason(source), disk::remedy(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `seen_hashes.json` is damaged.
    #[error(
        "{path} is damaged: {reason}\nhelp: put back an earlier copy, \
         or move it away: images stay where they are"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
    /// Another program adds captures to this folder.
    #[error("another overlay already saves captures in {0}\nhelp: close it first")]
    InUse(PathBuf),
}

impl CapturesError {
    /// Without the help: one short line.
    pub fn short(&self) -> String {
        match self {
            Self::File { source, .. } => disk::reason(source),
            Self::Damaged { .. } => format!("{FILE_NAME} is damaged"),
            Self::InUse(_) => "another overlay saves captures".into(),
        }
    }
}

#[derive(Deserialize)]
struct Stored {
    format: u32,
    captures: Vec<Record>,
}

#[derive(Serialize)]
struct Storing<'a> {
    format: u32,
    captures: &'a [Record],
}

#[derive(Clone, Copy, Debug, Default)]
struct Next {
    id: u64,
    group: u64,
    cluster: u64,
    frame: u64,
}

impl Next {
    /// Above what there is, and above what labels speak of: their captures may be gone.
    fn after(records: &[Record], free: FreeIds) -> Self {
        let FreeIds { cluster, group, id } = free;
        let mut next = Self { id, group, cluster, frame: 0 };
        for record in records {
            let id = file_name::parse(&record.filename).map_or(0, |[_, _, id]| id);
            next.id = next.id.max(id + 1);
            next.group = next.group.max(record.card_group + 1);
            next.cluster = next.cluster.max(record.cluster + 1);
        }
        next
    }
}

struct Journal {
    file: File,
    /// Bytes of whole lines.
    length: u64,
    lines: usize,
}

/// Lines after which the journal is folded, beside an eighth of what the file holds.
const FOLD_AFTER: usize = 256;

impl Captures {
    /// Opens a folder for adding captures; makes it when it is not there. Labels are looked for in
    /// [`crate::labels::FOLDER`] beside it: new captures get numbers that no label speaks of.
    ///
    /// # Errors
    /// When another program adds captures to it, it cannot be written, or its file is damaged.
    pub fn open(folder: &Path) -> Result<Self, CapturesError> {
        Self::open_with(folder, &folder.with_file_name(crate::labels::FOLDER))
    }

    /// The same with the labels in this folder, which need not be there.
    ///
    /// # Errors
    /// As [`Captures::open`].
    pub fn open_with(folder: &Path, labels: &Path) -> Result<Self, CapturesError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| CapturesError::File { path, source }
        };
        let frames = folder.join(FRAMES);
        for made in [folder, &frames] {
            files::private_folder(made).map_err(failed(made))?;
        }
        let lock_path = folder.join(LOCK);
        let lock = files::lock_file(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CapturesError::InUse(folder.into())),
            Err(TryLockError::Error(source)) => return Err(CapturesError::File { path: lock_path, source }),
        }
        [folder, &frames].into_iter().for_each(atomic::sweep);
        let (mut records, whole, lines) = read_with_journal(folder)?;
        let hashing = Hashing::default();
        let is_upgraded = upgrade(folder, &mut records, &hashing);
        let path = folder.join(JOURNAL);
        let open = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            // A line that was cut short by a crash goes.
            file.set_len(whole)?;
            Ok(file)
        };
        let journal = Journal { file: open().map_err(failed(&path))?, length: whole, lines };
        let mut index = Index::default();
        records.iter().for_each(|record| index.push(&record.hashes));
        let next = Next::after(&records, FreeIds::above(labels));
        let mut captures =
            Self { folder: folder.into(), records, index, hashing, next, journal, _lock: lock };
        if is_upgraded { captures.fold() } else { captures.fold_when_long() }?;
        Ok(captures)
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All captures, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What a crop would be, before it is saved.
    pub fn judge(&self, hashes: &Hashes, context: &CaptureContext) -> Verdict {
        self.index.find(hashes).verdict(
            |twin| {
                let record = &self.records[twin];
                record.hashes.colours.agree(&hashes.colours) && record.context.agrees(context)
            },
            |other| self.records[other].context.may_be_same_card(context),
        )
    }

    /// What a crop looks like.
    pub fn hashes(&self, crop: &RgbaImage) -> Hashes {
        self.hashing.hash(crop)
    }

    /// Saves a whole frame. Returns the name for [`CaptureContext::frame`].
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is there.
    pub fn add_frame(&mut self, frame: &Pixels<'_>) -> Result<String, CapturesError> {
        let (name, path) = loop {
            let name = format!("{FRAMES}/frame{}.png", self.next.frame.max(self.next.id));
            let path = self.folder.join(&name);
            self.next.frame = self.next.frame.max(self.next.id) + 1;
            if !path.exists() {
                break (name, path);
            }
        };
        let rgb: Vec<u8> = match frame.order {
            ChannelOrder::Rgbx => frame.data.chunks_exact(4).flat_map(|it| [it[0], it[1], it[2]]).collect(),
            ChannelOrder::Bgrx => frame.data.chunks_exact(4).flat_map(|it| [it[2], it[1], it[0]]).collect(),
        };
        let written = encode(&rgb, frame.width, frame.height, ExtendedColorType::Rgb8)
            .and_then(|bytes| atomic::write(&path, &bytes));
        written.map_err(|source| CapturesError::File { path, source })?;
        Ok(name)
    }

    /// Saves a crop, unless it shows the same as another.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is there.
    pub fn add(
        &mut self,
        crop: &RgbaImage,
        hashes: Hashes,
        context: CaptureContext,
    ) -> Result<Added, CapturesError> {
        let verdict = self.judge(&hashes, &context);
        if let Verdict::Duplicate(position) = verdict {
            return Ok(Added { verdict, position });
        }
        self.save(crop, hashes, context, verdict)
    }

    /// Saves a crop though it shows the same as another: a correction is worth an image of its
    /// own.
    ///
    /// # Errors
    /// As [`Captures::add`].
    pub fn save(
        &mut self,
        crop: &RgbaImage,
        hashes: Hashes,
        context: CaptureContext,
        verdict: Verdict,
    ) -> Result<Added, CapturesError> {
        let (cluster, card_group) = match verdict {
            Verdict::Duplicate(at) | Verdict::SameCard(at) => {
                (self.records[at].cluster, self.records[at].card_group)
            }
            Verdict::SameCluster(at) => (self.records[at].cluster, self.next.group),
            Verdict::New => (self.next.cluster, self.next.group),
        };
        let (filename, path) = loop {
            let name = file_name::format(cluster, card_group, self.next.id);
            let path = self.folder.join(&name);
            self.next.id += 1;
            // An image that a crash left without a record keeps its name.
            if !path.exists() {
                break (name, path);
            }
        };
        let written = encode(crop.as_raw(), crop.width(), crop.height(), ExtendedColorType::Rgba8)
            .and_then(|bytes| atomic::write(&path, &bytes));
        written.map_err(|source| CapturesError::File { path: path.clone(), source })?;
        let record = Record { filename, cluster, card_group, hashes, context };
        if let Err(source) = self.journal.append(&record) {
            // Without a record the image would only be in the way.
            let _ = fs::remove_file(&path);
            return Err(CapturesError::File { path: self.folder.join(JOURNAL), source });
        }
        self.next.group = self.next.group.max(card_group + 1);
        self.next.cluster = self.next.cluster.max(cluster + 1);
        self.index.push(&record.hashes);
        self.records.push(record);
        if let Err(error) = self.fold_when_long() {
            // The capture is saved; the next one tries again.
            log::warn!("the journal of captures stays long: {error}");
        }
        Ok(Added { verdict, position: self.records.len() - 1 })
    }

    /// Removes captures for good: their images, their records, and frames that only they were cut
    /// from. What is not there any more is no fault, so that a kill in between is mended by doing
    /// it again.
    ///
    /// # Errors
    /// When a file cannot be removed or written.
    pub fn remove(&mut self, files: &[String]) -> Result<(), CapturesError> {
        let (gone, kept): (Vec<Record>, Vec<Record>) =
            self.records.iter().cloned().partition(|record| files.contains(&record.filename));
        let in_use: BTreeSet<&str> = kept.iter().filter_map(|it| it.context.frame.as_deref()).collect();
        let frames: BTreeSet<&str> = gone
            .iter()
            .filter_map(|it| it.context.frame.as_deref())
            .filter(|it| !in_use.contains(it))
            .collect();
        let pictures = files.iter().map(String::as_str);
        for name in pictures.chain(frames).filter(|name| file_name::is_inside(name)) {
            let path = self.folder.join(name);
            disk::remove(&path).map_err(|source| CapturesError::File { path, source })?;
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.records = kept;
        self.index = Index::default();
        self.records.iter().for_each(|record| self.index.push(&record.hashes));
        self.fold()
    }

    fn fold_when_long(&mut self) -> Result<(), CapturesError> {
        if self.journal.lines <= FOLD_AFTER + self.records.len() / 8 {
            return Ok(());
        }
        self.fold()
    }

    fn fold(&mut self) -> Result<(), CapturesError> {
        let path = self.folder.join(FILE_NAME);
        let mut fold = || -> io::Result<()> {
            let text = serde_json::to_vec(&Storing { format: FORMAT, captures: &self.records })?;
            atomic::write(&path, &text)?;
            // A crash before this line is harmless: records that the file has too are skipped.
            self.journal.clear()
        };
        fold().map_err(|source| CapturesError::File { path: path.clone(), source })
    }
}

/// Gives captures of an earlier version the hash that they lack, from their images; says whether
/// there were any. Groups and clusters stay as they are.
fn upgrade(folder: &Path, records: &mut [Record], hashing: &Hashing) -> bool {
    let mut upgraded = 0;
    for record in records.iter_mut().filter(|record| record.hashes.shapes.is_none()).take(UPGRADED_AT_ONCE) {
        // An image that is gone has no shapes; its other hashes go on telling what it is like.
        if let Ok(picture) = image_file::open(&folder.join(&record.filename)) {
            record.hashes.shapes = hashing.hash(&picture).shapes;
            upgraded += 1;
        }
    }
    if upgraded > 0 {
        log::info!("of an earlier version, with a new hash now: {}", counted(upgraded, "capture"));
    }
    upgraded > 0
}

impl Journal {
    fn append(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line would hide the next one.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += line.len() as u64;
        self.lines += 1;
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.sync_data()?;
        (self.length, self.lines) = (0, 0);
        Ok(())
    }
}

/// The captures of a folder, oldest first, for those who only look; none when it is not there.
///
/// # Errors
/// When the file cannot be read or is damaged.
pub fn read(folder: &Path) -> Result<Vec<Record>, CapturesError> {
    read_with_journal(folder).map(|(records, _, _)| records)
}

/// Also the length of the journal's whole lines, and how many they are.
fn read_with_journal(folder: &Path) -> Result<(Vec<Record>, u64, usize), CapturesError> {
    // The journal first: what is folded in between is then read twice rather than not at all.
    let journal = read_file(&folder.join(JOURNAL))?;
    let path = folder.join(FILE_NAME);
    let text = read_file(&path)?;
    let damaged = |path: PathBuf, reason: String| CapturesError::Damaged { path, reason };
    let mut records = if text.is_empty() {
        Vec::new()
    } else {
        let stored: Stored = serde_json::from_slice(files::without_mark(&text))
            .map_err(|error| damaged(path.clone(), files::reason(&error)))?;
        if ![EARLIER, FORMAT].contains(&stored.format) {
            return Err(damaged(path, format!("format {} where {FORMAT} is understood", stored.format)));
        }
        stored.captures
    };
    let id = |record: &Record| file_name::parse(&record.filename).map(|[_, _, id]| id);
    let folded = records.iter().filter_map(id).max();
    let whole = journal.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut lines = 0;
    for line in journal[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        lines += 1;
        let record: Record = serde_json::from_slice(line).map_err(|error| {
            damaged(folder.join(JOURNAL), format!("line {lines}: {}", files::reason(&error)))
        })?;
        if id(&record) > folded {
            records.push(record);
        }
    }
    Ok((records, whole as u64, lines))
}

fn read_file(path: &Path) -> Result<Vec<u8>, CapturesError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(CapturesError::File { path: path.into(), source }),
    }
}

fn encode(bytes: &[u8], width: u32, height: u32, colours: ExtendedColorType) -> io::Result<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(bytes, width, height, colours)
        .map_err(io::Error::other)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests;
