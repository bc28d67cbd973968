//! Takes chosen members out of a zip file.

use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err::{self as fs, File};
use zip::ZipArchive;

use super::progress::Progress;

/// Unpacks the members for which `place` gives a path below `folder`; returns how many there were.
///
/// The archive's own names decide nothing but through `place`, whose answer has to stay below
/// `folder`.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    place: impl Fn(&str) -> Option<PathBuf>,
) -> Result<usize> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let file = File::open(archive)?;
    let mut zip = ZipArchive::new(file).with_context(|| format!("{name} is not a whole zip file"))?;
    let mut wanted = Vec::new();
    let mut total = 0;
    for index in 0..zip.len() {
        let member = zip.by_index(index)?;
        if let Some(path) = place(&member.name()?).filter(|_| member.is_file()) {
            if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                bail!("{name} holds the unsafe path {}", path.display());
            }
            total += member.size();
            wanted.push((index, path));
        }
    }
    let mut progress = Progress::start(&format!("Unpacking {name}"), 0, total);
    for (index, path) in &wanted {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("it lies below the folder"))?;
        let mut member = zip.by_index(*index)?;
        let mut file = File::create(&path)?;
        copy(&mut member, &mut file, &mut progress)
            .with_context(|| format!("cannot unpack {}{FULL_DISK}", path.display()))?;
    }
    progress.finish();
    Ok(wanted.len())
}

/// Advice for whoever runs out of space.
pub(super) const FULL_DISK: &str =
    "\nhelp: when the disk is full, set BALATRO_LENS_CACHE to a folder on another one";

/// Copies everything, showing the progress.
pub(super) fn copy(from: &mut impl Read, to: &mut impl Write, progress: &mut Progress) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 17];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return to.flush(),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                progress.advance(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
