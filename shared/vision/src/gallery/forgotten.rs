//! Enrolled cards that a player had the model forget: put aside, so that they can come back.
//!
//! Each model's folder keeps its own. What is put aside is written before it leaves the gallery: a
//! kill in between leaves it in both, which taking it back mends. An embedding counts for the
//! networks that made it alone; of others the captures go where they are enrolled anew from.

use std::path::{Path, PathBuf};

use lens_core::manifest::Manifest;
use serde::{Deserialize, Serialize};

use super::{
    FILE_NAME as GALLERY, FORMAT, GalleryError, Prototype, REPLACED, change_held, file, locked, siblings,
    write,
};

/// Name of the file in a model's folder.
pub const FILE_NAME: &str = "gallery.forgotten.json";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    sets: Vec<Set>,
}

/// What the same networks were taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    /// Digest of the identifier that made the embeddings; none where they are of one that was
    /// replaced.
    identifier: Option<String>,
    cards: Vec<Prototype>,
}

impl Default for File {
    fn default() -> Self {
        Self { format: FORMAT, sets: Vec::new() }
    }
}

/// What was put aside.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn prototypes(folder: &Path) -> Result<Vec<Prototype>, GalleryError> {
    Ok(read(folder)?.sets.into_iter().flat_map(|set| set.cards).collect())
}

/// Forgets a card in all models, putting aside what taught it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn put_aside(folder: &Path, id: &str) -> Result<(), GalleryError> {
    for folder in all(folder) {
        let _lock = locked(&folder)?;
        let identifier = identifier(&folder);
        for (name, identifier) in [(GALLERY, identifier), (REPLACED, None)] {
            let cards: Vec<Prototype> =
                file(folder.join(name))?.cards.into_iter().filter(|it| it.id == id).collect();
            if cards.is_empty() {
                continue;
            }
            let mut aside = read(&folder)?;
            match aside.sets.iter_mut().find(|set| set.identifier == identifier) {
                Some(set) => {
                    set.cards
                        .extend(cards.into_iter().filter(|it| !set.cards.contains(it)).collect::<Vec<_>>());
                }
                None => aside.sets.push(Set { identifier, cards }),
            }
            write(&folder.join(FILE_NAME), &aside)?;
            change_held(&folder, name, |file| file.cards.retain(|it| it.id != id))?;
        }
    }
    Ok(())
}

/// Takes a card back in all models. A capture that was enrolled again meanwhile stays as it is.
///
/// # Errors
/// As [`put_aside`].
pub fn take_back(folder: &Path, id: &str) -> Result<(), GalleryError> {
    for folder in all(folder) {
        let _lock = locked(&folder)?;
        let mut aside = read(&folder)?;
        let now = identifier(&folder);
        let mut is_changed = false;
        for set in &mut aside.sets {
            let (back, rest): (Vec<Prototype>, Vec<Prototype>) =
                std::mem::take(&mut set.cards).into_iter().partition(|it| it.id == id);
            set.cards = rest;
            if back.is_empty() {
                continue;
            }
            is_changed = true;
            let is_own = set.identifier.is_some() && set.identifier == now;
            change_held(&folder, if is_own { GALLERY } else { REPLACED }, |file| {
                for card in back {
                    let is_there =
                        |it: &Prototype| *it == card || it.capture.is_some() && it.capture == card.capture;
                    if !file.cards.iter().any(is_there) {
                        file.cards.push(card);
                    }
                }
            })?;
        }
        if is_changed {
            aside.sets.retain(|set| !set.cards.is_empty());
            write(&folder.join(FILE_NAME), &aside)?;
        }
    }
    Ok(())
}

/// Drops captures from what was put aside, in all models: their images are gone for good.
///
/// # Errors
/// As [`put_aside`].
pub fn drop_captures(folder: &Path, captures: &[String]) -> Result<(), GalleryError> {
    let is_one = |it: &Prototype| it.capture.as_ref().is_some_and(|it| captures.contains(it));
    for folder in all(folder) {
        let _lock = locked(&folder)?;
        let before = read(&folder)?;
        let mut after = before.clone();
        after.sets.iter_mut().for_each(|set| set.cards.retain(|it| !is_one(it)));
        after.sets.retain(|set| !set.cards.is_empty());
        if after != before {
            write(&folder.join(FILE_NAME), &after)?;
        }
    }
    Ok(())
}

/// The model's folder, and those beside it that have cards.
fn all(folder: &Path) -> Vec<PathBuf> {
    let has_cards =
        |folder: &PathBuf| [GALLERY, REPLACED, FILE_NAME].iter().any(|name| folder.join(name).is_file());
    siblings(folder).into_iter().chain([folder.to_path_buf()]).filter(has_cards).collect()
}

/// Digest of the networks that the gallery's embeddings are of.
fn identifier(folder: &Path) -> Option<String> {
    let manifest = Manifest::read(folder).ok()?;
    manifest.sha256.get(&manifest.identifier.files.float32).cloned()
}

fn read(folder: &Path) -> Result<File, GalleryError> {
    let path = folder.join(FILE_NAME);
    let failed = |reason: String| GalleryError { path: path.clone(), reason };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(failed(error.to_string())),
    };
    let file: File = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if file.format == FORMAT {
        Ok(file)
    } else {
        Err(failed(format!("format {} where {FORMAT} is understood", file.format)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{enrol, prototypes as enrolled};
    use super::*;

    fn card(id: &str, capture: &str) -> Prototype {
        Prototype {
            id: id.into(),
            name: id.to_uppercase(),
            embedding: vec![1.0, 0.5],
            capture: Some(capture.into()),
            taught_at_millis: Some(7),
        }
    }

    /// A folder with the manifest of the shipped practice model, of an identifier with this digest.
    fn model(root: &Path, name: &str, digest: &str) -> PathBuf {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/models/practice/model.json");
        let mut manifest = Manifest::read(shipped.parent().unwrap()).unwrap();
        manifest.sha256.insert(manifest.identifier.files.float32.clone(), digest.repeat(64));
        std::fs::write(folder.join("model.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
        folder
    }

    #[test]
    fn what_is_forgotten_comes_back_exactly_in_all_models() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| model(root.path(), name, "a"));
        for folder in [&one, &other] {
            enrol(folder, vec![card("x", "a.png"), card("y", "b.png"), card("x", "c.png")]).unwrap();
        }
        put_aside(&one, "x").unwrap();
        for folder in [&one, &other] {
            assert_eq!(enrolled(folder).unwrap(), [card("y", "b.png")]);
            assert_eq!(prototypes(folder).unwrap(), [card("x", "a.png"), card("x", "c.png")]);
        }
        assert!(
            super::super::pending(&one, "practice").is_empty(),
            "it does not come back from another model"
        );
        // Taught again from one of its captures meanwhile, under another name.
        enrol(&one, vec![card("z", "c.png")]).unwrap();
        take_back(&one, "x").unwrap();
        assert_eq!(enrolled(&one).unwrap(), [card("y", "b.png"), card("z", "c.png"), card("x", "a.png")]);
        assert!(prototypes(&one).unwrap().is_empty() && prototypes(&other).unwrap().is_empty());
        put_aside(&one, "x").unwrap();
        drop_captures(&one, &["a.png".into()]).unwrap();
        take_back(&one, "x").unwrap();
        assert!(!enrolled(&one).unwrap().iter().any(|it| it.id == "x"), "its image is gone for good");
    }

    #[test]
    fn embeddings_of_networks_that_were_replaced_are_made_anew() {
        let root = tempfile::tempdir().unwrap();
        let folder = model(root.path(), "one", "a");
        enrol(&folder, vec![card("x", "a.png")]).unwrap();
        put_aside(&folder, "x").unwrap();
        model(root.path(), "one", "b");
        take_back(&folder, "x").unwrap();
        assert!(enrolled(&folder).unwrap().is_empty(), "its embedding says nothing to the new networks");
        let waiting = super::super::pending(&folder, "practice");
        assert_eq!(waiting, [card("x", "a.png")]);
    }

    #[test]
    fn a_kill_between_the_two_files_is_mended_by_taking_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = model(root.path(), "one", "a");
        enrol(&folder, vec![card("x", "a.png")]).unwrap();
        let cards = std::fs::read(folder.join(GALLERY)).unwrap();
        put_aside(&folder, "x").unwrap();
        std::fs::write(folder.join(GALLERY), cards).unwrap();
        put_aside(&folder, "x").unwrap();
        assert_eq!(prototypes(&folder).unwrap(), [card("x", "a.png")], "once");
        take_back(&folder, "x").unwrap();
        assert_eq!(enrolled(&folder).unwrap(), [card("x", "a.png")]);
    }
}
