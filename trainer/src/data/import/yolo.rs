//! Data sets of Ultralytics: `data.yaml`, images, and a text file of labels for each.

use std::path::{Path, PathBuf};

use lens_core::geometry::{InFrame, Quad};

use super::yaml::{self, Yaml};
use super::{Card, Named, Picture, Place, Source, SourceError, not_empty, outline, text_of};
use crate::data::dataset::picture::image_files;

const HELP: &str = "give the data.yaml of the data set, or its folder";

/// Reads a data set: boxes, turned boxes (OBB), corners (pose with four points) and outlines.
///
/// # Errors
/// When data.yaml cannot be read, or there is not a card.
pub fn read(path: &Path) -> Result<Source, SourceError> {
    let file = if path.is_dir() { path.join("data.yaml") } else { path.to_path_buf() };
    let form = |reason: String| SourceError::Form { path: file.clone(), reason, help: HELP };
    let yaml = yaml::parse(&text_of(&file, HELP)?).map_err(|error| form(error.to_string()))?;
    let names = names(yaml.get("names")).ok_or_else(|| form("it has no `names`".into()))?;
    let points = match yaml.get("kpt_shape") {
        Some(Yaml::List(shape)) => Some(keypoints(shape).ok_or_else(|| {
            form(format!("`kpt_shape` is {shape:?}; four corners, [4, 2] or [4, 3], are understood"))
        })?),
        Some(_) => return Err(form("`kpt_shape` is no list".into())),
        None => None,
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let root = match yaml.get("path") {
        Some(Yaml::Text(path)) => folder.join(path),
        _ => folder.to_path_buf(),
    };
    let mut source = Source::default();
    let mut images = Vec::new();
    for part in ["train", "val", "test"] {
        let places = match yaml.get(part) {
            Some(Yaml::Text(place)) => vec![place.clone()],
            Some(Yaml::List(places)) => places.clone(),
            _ => continue,
        };
        for place in places {
            // Beside data.yaml too: `path` is often that of another machine.
            let found = [root.join(&place), folder.join(&place)].into_iter().find(|it| it.exists());
            match found {
                Some(found) => images.extend(files_in(&found)),
                None => source.left_out.push(format!("{part}: there is no {place}")),
            }
        }
    }
    images.sort();
    images.dedup();
    for path in images {
        let labels = labels_of(&path);
        let Ok(text) = text_of(&labels, HELP) else {
            source.left_out.push(format!("{}: it has no labels", path.display()));
            continue;
        };
        let mut cards = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match card(line, &names, points) {
                Ok(card) => cards.push(card),
                Err(reason) => {
                    source.left_out.push(format!("{}, line {}: {reason}", labels.display(), number + 1));
                }
            }
        }
        source.pictures.push(Picture { path, cards });
    }
    not_empty(source, &file, HELP)
}

fn names(value: Option<&Yaml>) -> Option<Vec<String>> {
    match value? {
        Yaml::List(names) => Some(names.clone()),
        Yaml::Map(names) => {
            let mut numbered = names
                .iter()
                .map(|(number, name)| Some((number.parse::<usize>().ok()?, name.clone())))
                .collect::<Option<Vec<_>>>()?;
            numbered.sort();
            let last = numbered.last()?.0;
            let mut all = vec![String::new(); last.min(100_000) + 1];
            numbered
                .into_iter()
                .filter(|(number, _)| *number < all.len())
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|(number, name)| all[number] = name);
            Some(all)
        }
        Yaml::Text(_) => None,
    }
}

/// Numbers of each point of `[4, 2]` or `[4, 3]`.
fn keypoints(shape: &[String]) -> Option<usize> {
    match shape {
        [four, numbers] if four == "4" && (numbers == "2" || numbers == "3") => numbers.parse().ok(),
        _ => None,
    }
}

/// A folder's images, or those that a text file lists.
fn files_in(place: &Path) -> Vec<PathBuf> {
    if place.extension().is_some_and(|it| it == "txt") {
        let text = text_of(place, HELP).unwrap_or_default();
        let folder = place.parent().unwrap_or(Path::new("."));
        return text.lines().map(str::trim).filter(|it| !it.is_empty()).map(|it| folder.join(it)).collect();
    }
    let mut files = image_files(&[place.to_path_buf()]).unwrap_or_default();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            files.extend(image_files(&[entry.path()]).unwrap_or_default());
        }
    }
    files
}

/// As Ultralytics finds it: the last folder `images` of the path is `labels`, and the ending `txt`.
fn labels_of(image: &Path) -> PathBuf {
    let parts: Vec<_> = image.components().collect();
    let at = parts.iter().rposition(|it| it.as_os_str() == "images");
    let swapped = parts.iter().enumerate().map(|(place, part)| match Some(place) == at {
        true => std::ffi::OsStr::new("labels"),
        false => part.as_os_str(),
    });
    swapped.collect::<PathBuf>().with_extension("txt")
}

fn card(line: &str, names: &[String], points: Option<usize>) -> Result<Card, String> {
    let mut words = line.split_whitespace();
    let class = words.next().unwrap_or_default();
    let number = class.parse::<f64>().ok().filter(|it| *it >= 0.0 && it.fract() == 0.0);
    let number = number.ok_or_else(|| format!("{class:?} is no number of a class"))? as usize;
    let name = names.get(number).filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| format!("data.yaml names no class {number}"))?;
    let numbers = words
        .map(|word| word.parse::<f32>().ok().filter(|it| it.is_finite()))
        .collect::<Option<Vec<f32>>>()
        .ok_or("there is a word where numbers belong")?;
    let corners = |step: usize, from: &[f32]| -> Vec<[f32; 2]> {
        from.chunks_exact(step).map(|it| [it[0], it[1]]).collect()
    };
    let place = match (numbers.len(), points) {
        (length, Some(step)) if length == 4 + 4 * step => {
            let all = corners(step, &numbers[4..]);
            let hidden = step == 3 && numbers[4..].chunks_exact(3).any(|it| it[2] == 0.0);
            // A corner beyond the image is nowhere: the box is what is known then.
            if hidden { of_box(&numbers) } else { Quad::from_xy([all[0], all[1], all[2], all[3]]) }
        }
        (4 | 5, None) => of_box(&numbers),
        (length, None) if length >= 6 && length.is_multiple_of(2) => {
            outline::quad_of(&corners(2, &numbers)).ok_or("its outline encloses nothing")?
        }
        (length, _) => return Err(format!("{length} numbers after the class are not understood")),
    };
    if !place.is_card_shaped() {
        return Err("its box has no extent".into());
    }
    Ok(Card { name: Named::Class(name.clone()), place: Some(Place::Parts(place)) })
}

fn of_box(numbers: &[f32]) -> Quad<InFrame> {
    let (w, h) = (numbers[2] / 2.0, numbers[3] / 2.0);
    let [left, top, right, bottom] = [numbers[0] - w, numbers[1] - h, numbers[0] + w, numbers[1] + h];
    Quad::from_xy([[left, top], [right, top], [right, bottom], [left, bottom]])
}
