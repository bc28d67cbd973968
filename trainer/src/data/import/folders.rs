//! Folders of images of single cards: with a `labels.json`, as the Python project had them, or with
//! a folder for each card, as torchvision reads them.

use std::path::Path;

use dataset::labels::{FILE_NAME, Labels};

use super::{Card, Named, Picture, Source, SourceError, not_empty};
use crate::data::dataset::picture::image_files;

const HELP: &str =
    "give a folder with labels.json and its images, or one with a folder of images for each card";

/// Folders that are parts of a data set, not cards.
const PARTS: [&str; 5] = ["train", "val", "valid", "validation", "test"];

/// Reads a folder.
///
/// # Errors
/// When its labels cannot be read, or there is not a card.
pub fn read(path: &Path) -> Result<Source, SourceError> {
    let labels = path.join(FILE_NAME);
    let source = if labels.is_file() { labelled(path, &labels)? } else { by_name(path)? };
    not_empty(source, path, HELP)
}

fn labelled(folder: &Path, path: &Path) -> Result<Source, SourceError> {
    let form = |reason: String| SourceError::Form { path: path.to_path_buf(), reason, help: HELP };
    let labels = Labels::read(path).map_err(|error| form(error.to_string()))?;
    let mut source = Source::default();
    for file in labels.files() {
        let image = folder.join(file);
        let is_inside = Path::new(file).components().all(|it| matches!(it, std::path::Component::Normal(_)));
        match labels.get(file) {
            _ if !is_inside => source.left_out.push(format!("{file}: its name leads out of the folder")),
            _ if !image.is_file() => source.left_out.push(format!("{file}: the image is not there")),
            Some(Ok(mut label)) => {
                // Its groups count other captures than ours.
                (label.cluster, label.card_group) = (None, None);
                let card = Card { name: Named::Label(Box::new(label)), place: None };
                source.pictures.push(Picture { path: image, cards: vec![card] });
            }
            Some(Err(reason)) => source.left_out.push(format!("{file}: its label makes no sense: {reason}")),
            None => {}
        }
    }
    Ok(source)
}

fn by_name(folder: &Path) -> Result<Source, SourceError> {
    let read = |path: &Path| {
        let path = path.to_path_buf();
        move |source| SourceError::Read { path, source, help: HELP }
    };
    let inside = |folder: &Path| -> Result<Vec<std::path::PathBuf>, SourceError> {
        let entries = std::fs::read_dir(folder).map_err(read(folder))?.flatten();
        let mut folders: Vec<_> = entries.map(|it| it.path()).filter(|it| it.is_dir()).collect();
        folders.sort();
        Ok(folders)
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut cards = Vec::new();
    for below in inside(folder)? {
        if PARTS.contains(&name(&below).as_str()) {
            cards.extend(inside(&below)?);
        } else {
            cards.push(below);
        }
    }
    let mut source = Source::default();
    for card in cards {
        for image in image_files(std::slice::from_ref(&card)).map_err(read(&card))? {
            let named = Card { name: Named::Class(name(&card)), place: None };
            source.pictures.push(Picture { path: image, cards: vec![named] });
        }
    }
    Ok(source)
}
