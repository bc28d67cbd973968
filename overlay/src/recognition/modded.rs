//! Cards of the player's mods: the Mods folder in, a recogniser that knows its cards out.
//!
//! ```text
//! Mods folder ──mods::read──▶ Library ──sprites──▶ vision::enrol ──▶ SpriteEntries ──▶ Recogniser
//! ```
//!
//! Entries are kept in the cache, a file for each mod, named by what the mod holds and by the
//! networks: a second start makes none. [`watch`] does all this in the background while the overlay
//! runs. How a mod is read is the `mods` crate's, what an entry is `vision`'s.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use lens_core::catalogue::{self, Catalogue};
use lens_core::manifest::Manifest;
use mods::{Card, Library, Mod, Sheets};
use sha2::{Digest as _, Sha256};
use vision::enrol::sprites::{self, Sprite};
use vision::recogniser::Recogniser;
use vision::sprites::{SpriteCard, SpriteEntries, file, limits};

use crate::settings::mods::Mods;

pub mod watch;

/// Entries that nobody asked for so long are removed.
const UNUSED: Duration = Duration::from_secs(60 * 60 * 24 * 30);

/// Which mods to read, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The player's choice.
    pub mods: Mods,
    /// As the game's files are called: `en-us`.
    pub language: String,
    /// A folder of our own for what was read.
    pub cache: PathBuf,
}

impl Wanted {
    /// As the player chose, with the cache of this system.
    pub fn new(mods: Mods, language: String) -> Self {
        Self { mods, language, cache: lens_core::paths::cache().join("mods") }
    }

    /// The folder; none where there is none, or none is wanted.
    pub fn folder(&self, catalogue: &Catalogue) -> Option<PathBuf> {
        self.mods.folder(catalogue)
    }

    fn entries(&self) -> PathBuf {
        self.cache.join("entries")
    }

    /// Reads the mods; nothing where there is no folder.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn read(&self, catalogue: &Catalogue) -> Result<Option<Library>, mods::ReadError> {
        let mut library = self.mods.library(catalogue, &self.language, &self.cache)?;
        library.iter_mut().for_each(|library| self.mods.leave_out(library));
        Ok(library)
    }
}

/// Lets a recogniser know the cards of a library, making the entries that are not kept yet; as
/// [`make_missing`].
///
/// # Errors
/// When the model has no embeddings or cannot be run.
pub fn teach(
    recogniser: &mut Recogniser,
    library: &Library,
    wanted: &Wanted,
    progress: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> anyhow::Result<()> {
    make_missing(recogniser, library, wanted, progress)?;
    teach_kept(recogniser, library, wanted);
    Ok(())
}

/// Lets a recogniser know the cards of a library whose entries are kept. Those of the others stay
/// unknown.
pub fn teach_kept(recogniser: &mut Recogniser, library: &Library, wanted: &Wanted) {
    let folder = wanted.entries();
    let mut all = SpriteEntries::new(recogniser.manifest().identifier.embedding as usize);
    for of_mod in library.mods.iter().filter(|it| !it.cards.is_empty()) {
        let path = folder.join(key(of_mod, recogniser.manifest()));
        if let Some(entries) = file::read(&path) {
            all.extend(&entries);
            mark_used(&path);
        }
    }
    let cards = mods::known::cards(library, recogniser.catalogue());
    recogniser.set_sprites(Arc::new(all), cards);
}

/// Makes the entries of all mods that have none yet; returns for how many cards. `progress` is told
/// how many cards are done, of how many, and says whether to go on: a mod that was not finished is
/// as if it had not been begun.
///
/// # Errors
/// When the model has no embeddings, cannot be run, or nothing can be written.
pub fn make_missing(
    recogniser: &mut Recogniser,
    library: &Library,
    wanted: &Wanted,
    mut progress: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> anyhow::Result<usize> {
    let folder = wanted.entries();
    let missing = missing(library, recogniser.manifest(), wanted);
    let of = missing.iter().map(|it| it.cards.len()).sum();
    let mut done = 0;
    let is_stopped = Cell::new(false);
    for of_mod in missing {
        let sprites = sprites_of(library, of_mod, recogniser.catalogue());
        let entries = sprites::entries(recogniser, sprites.take_while(|_| !is_stopped.get()), || {
            done += 1;
            is_stopped.set(progress(done, of).is_break());
        })?;
        if is_stopped.get() {
            return Ok(done);
        }
        std::fs::create_dir_all(&folder)
            .and_then(|()| file::write(&folder.join(key(of_mod, recogniser.manifest())), &entries))
            .with_context(|| format!("cannot keep what was made of mods in {}", folder.display()))?;
    }
    if of > 0 {
        let used = library.mods.iter().map(|it| key(it, recogniser.manifest())).collect();
        remove_unused(&folder, &used, SystemTime::now());
    }
    Ok(of)
}

/// The mods with cards that have no entries of this model yet.
pub fn missing<'a>(library: &'a Library, manifest: &Manifest, wanted: &Wanted) -> Vec<&'a Mod> {
    let folder = wanted.entries();
    // One that cannot be read is made anew.
    let is_missing =
        |it: &&Mod| !it.cards.is_empty() && file::read(&folder.join(key(it, manifest))).is_none();
    library.mods.iter().filter(is_missing).collect()
}

/// The sprites of a mod's cards, as they are asked for. What cannot be cut is left out.
pub fn sprites_of(
    library: &Library,
    of_mod: &Mod,
    catalogue: &Catalogue,
) -> impl Iterator<Item = Sprite> + use<> {
    let cards: Vec<(SpriteCard, Card)> = of_mod
        .cards
        .iter()
        .map(|card| {
            let card_type = mods::known::type_of(card, catalogue);
            (SpriteCard { id: card.key.as_str().into(), card_type }, card.clone())
        })
        .collect();
    let packages: BTreeSet<&str> = of_mod.cards.iter().map(|card| card.sprite.package.as_str()).collect();
    let mut sheets: HashMap<String, Sheets> = packages
        .into_iter()
        .filter_map(|package| match mods::sheets(library, package) {
            Ok(sheets) => Some((package.to_owned(), sheets)),
            Err(error) => {
                log::warn!("{error}");
                None
            }
        })
        .collect();
    cards.into_iter().filter_map(move |(known, card)| {
        match sheets.get_mut(&card.sprite.package)?.sprite(&card) {
            Ok(sprite) => {
                let plain = sprite.whole();
                let negative = synth::edition::as_negative(&plain);
                Some(Sprite { card: known, plain, negative })
            }
            Err(error) => {
                log::warn!("{}: {error}", card.key);
                None
            }
        }
    })
}

/// The file of a mod's entries: what they are made of, by whom, and in which way.
fn key(of_mod: &Mod, manifest: &Manifest) -> String {
    let mut digest = Sha256::new();
    for part in [limits::identifier(manifest), &of_mod.pictures, &file::VERSION.to_string()] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    for card in &of_mod.cards {
        // The sheet may be another mod's, declared otherwise since.
        digest.update(format!("{}{:?}\n", card.key, card.sprite).as_bytes());
    }
    format!("{}.bin", &catalogue::hex(&digest.finalize())[..32])
}

/// The file's time tells when it was of use the last time.
fn mark_used(path: &Path) {
    let opened = std::fs::File::options().append(true).open(path);
    if let Err(error) = opened.and_then(|file| file.set_modified(SystemTime::now())) {
        log::debug!("{} cannot be marked as used: {error}", path.display());
    }
}

fn remove_unused(folder: &Path, used: &BTreeSet<String>, now: SystemTime) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age =
            entry.metadata().and_then(|it| it.modified()).ok().and_then(|it| now.duration_since(it).ok());
        if !used.contains(&name) && age.is_some_and(|age| age > UNUSED) {
            // One that stays costs room alone.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
