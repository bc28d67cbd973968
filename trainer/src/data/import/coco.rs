//! Annotations of COCO: outlines, corners or boxes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Card, Named, Picture, Place, Source, SourceError, find, not_empty, outline, text_of};
use lens_core::geometry::Quad;

const HELP: &str = "give the JSON file of the annotations, and with --images the folder of the images";

/// Reads a file of annotations; images are looked for in `images`, else where COCO and other tools
/// have them.
///
/// # Errors
/// When it cannot be read, or there is not a card.
pub fn read(path: &Path, images: Option<&Path>) -> Result<Source, SourceError> {
    let form = |reason: String| SourceError::Form { path: path.to_path_buf(), reason, help: HELP };
    let json: Value = serde_json::from_str(&text_of(path, HELP)?)
        .map_err(|error| form(lens_core::files::reason(&error)))?;
    let list = |key: &str| {
        json.get(key).and_then(Value::as_array).ok_or_else(|| form(format!("it has no list `{key}`")))
    };
    let names: BTreeMap<i64, &str> = list("categories")?
        .iter()
        .filter_map(|it| Some((it.get("id")?.as_i64()?, it.get("name")?.as_str()?)))
        .collect();
    let mut source = Source::default();
    let mut of_image: BTreeMap<i64, Vec<Card>> = BTreeMap::new();
    for (number, annotation) in list("annotations")?.iter().enumerate() {
        let id = |key: &str| annotation.get(key).and_then(Value::as_i64);
        let name = id("category_id").and_then(|it| names.get(&it));
        let card = match (name, id("image_id")) {
            (None, _) => Err("its category is not listed"),
            (_, None) => Err("it belongs to no image"),
            (Some(_), Some(_)) if id("iscrowd") == Some(1) => Err("a crowd is no card"),
            (Some(name), Some(image)) => place(annotation)
                .map(|place| (image, Card { name: Named::Class((*name).to_owned()), place: Some(place) }))
                .ok_or("it has neither outline nor box"),
        };
        match card {
            Ok((image, card)) => of_image.entry(image).or_default().push(card),
            Err(reason) => source.left_out.push(format!("annotation {}: {reason}", number + 1)),
        }
    }
    for image in list("images")? {
        let (Some(id), Some(file)) =
            (image.get("id").and_then(Value::as_i64), image.get("file_name").and_then(Value::as_str))
        else {
            source.left_out.push("an image without `id` or `file_name`".to_owned());
            continue;
        };
        let cards = of_image.remove(&id).unwrap_or_default();
        match find(candidates(path, images, file)) {
            Some(found) => source.pictures.push(Picture { path: found, cards }),
            None => source.left_out.push(format!("{file}: the image is not there")),
        }
    }
    not_empty(source, path, HELP)
}

fn candidates(path: &Path, images: Option<&Path>, file: &str) -> Vec<PathBuf> {
    if let Some(images) = images {
        return vec![images.join(file)];
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let above = folder.join("..");
    let stem = path.file_stem().unwrap_or_default();
    let places = [
        above.join("images").join(stem),
        above.join("images"),
        above.join(stem),
        above,
        folder.to_path_buf(),
    ];
    places.iter().map(|place| place.join(file)).collect()
}

fn place(annotation: &Value) -> Option<Place> {
    let numbers = |value: &Value| -> Option<Vec<f32>> {
        let all = value.as_array()?.iter();
        all.map(|it| it.as_f64().map(|it| it as f32).filter(|it| it.is_finite())).collect()
    };
    // Four corners are the card itself, also where it leaves the image.
    if let Some(points) = annotation.get("keypoints").and_then(numbers)
        && points.len() == 12
        && points.chunks_exact(3).all(|it| it[2] > 0.0)
    {
        let quad = Quad::from_xy([0, 3, 6, 9].map(|at| [points[at], points[at + 1]]));
        if quad.is_card_shaped() {
            return Some(Place::Pixels(quad));
        }
    }
    let outline = annotation.get("segmentation").and_then(Value::as_array).and_then(|all| {
        // Of several parts all corners count: something lies over the middle of the card.
        let parts = all.iter().map(numbers).collect::<Option<Vec<_>>>()?;
        let points: Vec<[f32; 2]> =
            parts.iter().flat_map(|it| it.chunks_exact(2)).map(|it| [it[0], it[1]]).collect();
        outline::quad_of(&points)
    });
    let of_box = || {
        let numbers = annotation.get("bbox").and_then(numbers)?;
        outline::of_box(numbers.try_into().ok()?)
    };
    outline.or_else(of_box).map(Place::Pixels)
}
