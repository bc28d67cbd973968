//! The gallery beside a model: cards enrolled from one capture each, recognised without training.
//!
//! * *Enrolment* ("teaching", for the player): adding a capture that a person named.
//! * *Prototype*: one such capture, as the embedding that the identifier gave it, with its name.
//! * *Gallery*: all prototypes of a model; a crop is named after the nearest one.
//!
//! The file is changed under a lock and replaced whole, so that the overlay and the labeller can
//! both enrol, and whoever reads it sees the old or the new one. Embeddings are of no use to
//! another model or to retrained networks; captures are: those that a model has not met yet are
//! [`pending`], and those that it names right by itself are skipped for good.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use lens_core::card_id::CardId;
use lens_core::manifest::Manifest;
use lens_core::{atomic, files, paths};
use serde::{Deserialize, Serialize};

use crate::embeddings::{Embeddings, SearchBuffer};

pub mod forgotten;

/// Name of the file in a model's folder.
pub const FILE_NAME: &str = "gallery.json";
/// Version of the file that this code reads.
pub const FORMAT: u32 = 1;
/// Where a gallery stays when its model's networks are replaced: its captures are enrolled again
/// from there.
pub const REPLACED: &str = "gallery.old.json";
const LOCK: &str = ".gallery.lock";
/// Cosines that differ by less are handed over by a search, to be compared as they are.
const ALIKE: f32 = 1e-5;

/// The prototypes of a model, ready to be compared with.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    cards: Vec<CardId>,
    embeddings: Embeddings,
}

/// One capture of an enrolled card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prototype {
    /// Id of the card; need not be in the catalogue.
    pub id: CardId,
    /// Name for people.
    pub name: String,
    /// What the identifier made of it.
    pub embedding: Vec<f32>,
    /// The capture's file: the next model enrols it from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<String>,
    /// When a person said so, in milliseconds since 1970; older files do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught_at_millis: Option<u64>,
}

/// Why a gallery cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not a gallery of this model: {reason}\nhelp: remove it, or teach its cards again")]
pub struct GalleryError {
    path: PathBuf,
    reason: String,
}

/// Why a prototype is of no use to a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum PrototypeError {
    /// Another model made it.
    #[error("{id} has {length} numbers where the model gives {dimensions}")]
    Length {
        id: CardId,
        /// Numbers of its embedding.
        length: usize,
        /// Numbers of the model's embeddings.
        dimensions: usize,
    },
    /// All its numbers are zero, or some are none or too large.
    #[error("the embedding of {id} has no direction")]
    NoDirection { id: CardId },
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    cards: Vec<Prototype>,
    /// Captures that other models enrolled and that this one names right by itself.
    #[serde(rename = "passed_over", default, skip_serializing_if = "BTreeSet::is_empty")]
    skipped: BTreeSet<String>,
}

/// The prototypes of a model's folder, as they are in the file; none when there is none.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn prototypes(folder: &Path) -> Result<Vec<Prototype>, GalleryError> {
    Ok(file(folder.join(FILE_NAME))?.cards)
}

/// Prototypes of other models of the same catalogue, or of this one before its networks were
/// replaced, whose captures it has not met yet. What cannot be read is left out, with a line in the
/// log.
pub fn pending(folder: &Path, catalogue: &str) -> Vec<Prototype> {
    let Ok(own) = file(folder.join(FILE_NAME)) else { return Vec::new() };
    let mut met: BTreeSet<String> = own.cards.into_iter().filter_map(|card| card.capture).collect();
    met.extend(own.skipped);
    let of_game =
        |folder: &PathBuf| Manifest::read(folder).is_ok_and(|manifest| manifest.catalogue == catalogue);
    let others = siblings(folder).into_iter().filter(of_game).map(|folder| folder.join(FILE_NAME));
    let mut found = Vec::new();
    for path in others.chain([folder.join(REPLACED)]) {
        match file(path) {
            Ok(file) => found.extend(
                file.cards
                    .into_iter()
                    .filter(|card| card.capture.as_ref().is_some_and(|it| met.insert(it.clone()))),
            ),
            Err(error) => log::warn!("{error}"),
        }
    }
    found
}

/// The folders beside a model's, and those of the models before, which a rollback puts back.
fn siblings(folder: &Path) -> Vec<PathBuf> {
    let before = paths::previous_model(folder);
    let places = [folder.parent(), before.parent()].into_iter().flatten();
    let entries = places.flat_map(std::fs::read_dir).flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path != folder && path.is_dir()).collect();
    found.sort();
    found
}

fn file(path: PathBuf) -> Result<File, GalleryError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(GalleryError { path, reason: error.to_string() }),
    };
    parsed(&text).map_err(|reason| GalleryError { path, reason })
}

/// Holds the galleries of a model's folder for a change.
fn locked(folder: &Path) -> Result<std::fs::File, GalleryError> {
    let path = folder.join(LOCK);
    let lock = || -> std::io::Result<std::fs::File> {
        let file = files::lock_file(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|error| not_written(&path, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> GalleryError {
    GalleryError { path: path.to_path_buf(), reason: format!("it cannot be written: {error}") }
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), GalleryError> {
    let failed = |error: std::io::Error| not_written(path, &error);
    let mut text = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    atomic::write(path, &text).map_err(failed)
}

impl Default for File {
    fn default() -> Self {
        Self { format: FORMAT, cards: Vec::new(), skipped: BTreeSet::new() }
    }
}

/// Changes the gallery `name` of a model's folder, and writes the file anew when that made a
/// difference.
fn change(folder: &Path, name: &str, change: impl FnOnce(&mut File)) -> Result<(), GalleryError> {
    let _lock = locked(folder)?;
    change_held(folder, name, change)
}

/// The same by whoever holds the lock.
fn change_held(folder: &Path, name: &str, change: impl FnOnce(&mut File)) -> Result<(), GalleryError> {
    let path = folder.join(name);
    let before = file(path.clone())?;
    let mut after = before.clone();
    change(&mut after);
    if after == before { Ok(()) } else { write(&path, &after) }
}

/// Changes every gallery that a capture could come back from: of this model, of those beside it,
/// and of networks that were replaced.
fn change_everywhere(folder: &Path, wanted: impl Fn(&mut File)) -> Result<(), GalleryError> {
    for folder in siblings(folder).into_iter().chain([folder.to_path_buf()]) {
        for name in [FILE_NAME, REPLACED].into_iter().filter(|name| folder.join(name).is_file()) {
            change(&folder, name, &wanted)?;
        }
    }
    Ok(())
}

/// Enrols cards from one capture each. Prototypes of the same captures are replaced, and have the
/// new name in other models as well.
///
/// # Errors
/// When the file cannot be read or written; then it is as it was.
pub fn enrol(folder: &Path, cards: Vec<Prototype>) -> Result<(), GalleryError> {
    for path in siblings(folder) {
        if !path.join(FILE_NAME).is_file() {
            continue;
        }
        let renamed = change(&path, FILE_NAME, |file| {
            for card in &cards {
                let same =
                    file.cards.iter_mut().filter(|it| it.capture.is_some() && it.capture == card.capture);
                same.for_each(|it| (it.id, it.name) = (card.id.clone(), card.name.clone()));
            }
        });
        // Another model's file is no reason not to enrol in this one.
        if let Err(error) = renamed {
            log::warn!("{error}");
        }
    }
    change(folder, FILE_NAME, |file| {
        for card in cards {
            file.cards.retain(|it| it.capture.is_none() || it.capture != card.capture);
            file.cards.push(card);
        }
    })
}

/// Remembers captures that need no enrolment.
///
/// # Errors
/// As [`enrol`].
pub fn skip(folder: &Path, captures: Vec<String>) -> Result<(), GalleryError> {
    change(folder, FILE_NAME, |file| file.skipped.extend(captures))
}

/// Forgets the prototypes of these captures, in all models: otherwise they would come back from
/// another.
///
/// # Errors
/// As [`enrol`].
pub fn forget(folder: &Path, captures: &[String]) -> Result<(), GalleryError> {
    let captures: HashSet<&str> = captures.iter().map(String::as_str).collect();
    let stays = |card: &Prototype| card.capture.as_deref().is_none_or(|it| !captures.contains(it));
    change_everywhere(folder, |file| file.cards.retain(stays))
}

/// Gives an enrolled card another id and name, in all models.
///
/// # Errors
/// As [`enrol`].
pub fn rename(folder: &Path, id: &str, new_id: &str, new_name: &str) -> Result<(), GalleryError> {
    change_everywhere(folder, |file| {
        for card in file.cards.iter_mut().filter(|card| card.id == id) {
            (card.id, card.name) = (new_id.into(), new_name.to_owned());
        }
    })
}

/// Gives the prototypes of these captures another id and name, in all models; those that skipped
/// one look at it again.
///
/// # Errors
/// As [`enrol`].
pub fn rename_captures(folder: &Path, captures: &[String], id: &str, name: &str) -> Result<(), GalleryError> {
    change_everywhere(folder, |file| {
        let concerned = |card: &&mut Prototype| card.capture.as_ref().is_some_and(|it| captures.contains(it));
        for card in file.cards.iter_mut().filter(concerned) {
            (card.id, card.name) = (id.into(), name.to_owned());
        }
        file.skipped.retain(|capture| !captures.contains(capture));
    })
}

fn parsed(text: &str) -> Result<File, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.format != FORMAT {
        return Err(format!("format {} where {FORMAT} is understood", file.format));
    }
    Ok(file)
}

impl Gallery {
    /// Reads the gallery of a model's folder; empty when there is none.
    ///
    /// # Errors
    /// When the file is there but malformed, or holds embeddings of another length.
    pub fn read(folder: &Path, dimensions: usize) -> Result<Self, GalleryError> {
        let cards = prototypes(folder)?;
        Self::new(cards, dimensions)
            .map_err(|error| GalleryError { path: folder.join(FILE_NAME), reason: error.to_string() })
    }

    /// A gallery of these captures.
    ///
    /// # Errors
    /// When an embedding has not `dimensions` numbers, or no direction.
    pub fn new(cards: Vec<Prototype>, dimensions: usize) -> Result<Self, PrototypeError> {
        let mut gallery = Self { cards: Vec::new(), embeddings: Embeddings::new(dimensions) };
        for Prototype { id, mut embedding, .. } in cards {
            if embedding.len() != dimensions {
                let length = embedding.len();
                return Err(PrototypeError::Length { id, length, dimensions });
            }
            let norm = embedding.iter().map(|value| value * value).sum::<f32>().sqrt();
            if !norm.is_finite() || norm < 1e-6 {
                return Err(PrototypeError::NoDirection { id });
            }
            embedding.iter_mut().for_each(|value| *value /= norm);
            gallery.embeddings.push(&embedding);
            gallery.cards.push(id);
        }
        Ok(gallery)
    }

    /// Id of the enrolled card most like `embedding` (of length one), and the cosine between them.
    /// Of two that are alike it is the one that was enrolled last.
    pub fn nearest(&self, embedding: &[f32], buffer: &mut SearchBuffer) -> Option<(&CardId, f32)> {
        let mut best: Option<(&CardId, f32)> = None;
        self.embeddings.search(embedding, buffer, -2.0, |entry, cosine| {
            let found = best.filter(|(_, least)| *least > cosine).unwrap_or((&self.cards[entry], cosine));
            best = Some(found);
            found.1 - ALIKE
        });
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_by_direction_wins() {
        let text = r#"{"format": 1, "cards": [
            {"id": "x_long", "name": "Long", "embedding": [9.0, 9.0]},
            {"id": "x_near", "name": "Near", "embedding": [0.5, 0.0]}]}"#;
        let gallery = Gallery::new(parsed(text).unwrap().cards, 2).unwrap();
        let (id, similarity) = gallery.nearest(&[1.0, 0.0], &mut SearchBuffer::default()).unwrap();
        assert_eq!((&**id, similarity), ("x_near", 1.0));
    }

    #[test]
    fn of_two_that_are_alike_the_last_wins() {
        let card = |id: &str, embedding: [f32; 2]| Prototype {
            id: id.into(),
            name: String::new(),
            embedding: embedding.to_vec(),
            capture: None,
            taught_at_millis: None,
        };
        let cards = vec![card("x_wrong", [3.0, 4.0]), card("x_right", [3.0, 4.0]), card("x", [4.0, 3.0])];
        let gallery = Gallery::new(cards, 2).unwrap();
        let (id, similarity) = gallery.nearest(&[0.6, 0.8], &mut SearchBuffer::default()).unwrap();
        assert!(*id == "x_right" && (similarity - 1.0).abs() < 1e-3, "{id} {similarity}");
    }

    #[test]
    fn another_models_gallery_is_refused() {
        let text = r#"{"format": 1, "cards": [{"id": "x", "name": "X", "embedding": [1.0]}]}"#;
        assert_eq!(
            Gallery::new(parsed(text).unwrap().cards, 128).unwrap_err().to_string(),
            "x has 1 numbers where the model gives 128"
        );
    }

    #[test]
    fn no_file_is_an_empty_gallery() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Gallery::read(folder.path(), 128)
                .unwrap()
                .nearest(&[0.0; 128], &mut SearchBuffer::default())
                .is_none()
        );
    }

    #[test]
    fn cards_are_enrolled_renamed_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let card = |id: &str, capture: &str, embedding: [f32; 2]| Prototype {
            id: id.into(),
            name: id.to_uppercase(),
            embedding: embedding.to_vec(),
            capture: Some(capture.into()),
            taught_at_millis: None,
        };
        let ids = || prototypes(folder.path()).unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>();
        enrol(folder.path(), vec![card("x", "a.png", [1.0, 0.0])]).unwrap();
        enrol(folder.path(), vec![card("y", "b.png", [0.0, 1.0])]).unwrap();
        enrol(folder.path(), vec![card("z", "a.png", [1.0, 0.1])]).unwrap();
        assert_eq!(ids(), ["y", "z"], "the capture was named anew");
        rename(folder.path(), "z", "x", "X").unwrap();
        let gallery = Gallery::read(folder.path(), 2).unwrap();
        assert_eq!(&**gallery.nearest(&[1.0, 0.0], &mut SearchBuffer::default()).unwrap().0, "x");
        forget(folder.path(), &["b.png".to_owned()]).unwrap();
        assert_eq!(ids(), ["x"]);
    }

    #[test]
    fn a_capture_has_one_name_in_all_models() {
        let root = tempfile::tempdir().unwrap();
        // The model before is one as well: a rollback puts it back.
        let [one, other] = ["one", ".previous/one"].map(|name| root.path().join(name));
        let card = |id: &str, capture: &str| Prototype {
            id: id.into(),
            name: id.to_uppercase(),
            embedding: vec![1.0],
            capture: Some(capture.into()),
            taught_at_millis: None,
        };
        let names = |folder: &Path| {
            prototypes(folder).unwrap().into_iter().map(|it| (it.id, it.name)).collect::<Vec<_>>()
        };
        let pairs = |ids: [&str; 2]| ids.map(|id| (CardId::from(id), id.to_uppercase()));
        for folder in [&one, &other] {
            std::fs::create_dir_all(folder).unwrap();
            enrol(folder, vec![card("x", "a.png"), card("x", "b.png")]).unwrap();
        }
        rename_captures(&one, &["b.png".into()], "y", "Y").unwrap();
        assert_eq!((names(&one), names(&other)), (pairs(["x", "y"]).into(), pairs(["x", "y"]).into()));
        enrol(&one, vec![card("z", "a.png")]).unwrap();
        assert_eq!((names(&one), names(&other)), (pairs(["y", "z"]).into(), pairs(["z", "y"]).into()));
    }

    #[test]
    fn many_writers_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    for number in 0..10 {
                        let capture = Some(format!("{writer}-{number}.png"));
                        let card = Prototype {
                            id: "x".into(),
                            name: "X".into(),
                            embedding: vec![1.0],
                            capture,
                            taught_at_millis: None,
                        };
                        enrol(folder, vec![card]).unwrap();
                    }
                });
            }
        });
        assert_eq!(prototypes(folder.path()).unwrap().len(), 40);
    }
}
