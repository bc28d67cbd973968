//! Exports of Label Studio: the JSON format, with polygons or rectangles.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Card, Named, Picture, Place, Source, SourceError, find, not_empty, outline, text_of};

const HELP: &str =
    "export as JSON (not JSON-MIN) from Label Studio, and give with --images the folder of the images";

/// Reads a file of tasks.
///
/// # Errors
/// When it cannot be read, or there is not a card.
pub fn read(path: &Path, images: Option<&Path>) -> Result<Source, SourceError> {
    let form = |reason: String| SourceError::Form { path: path.to_path_buf(), reason, help: HELP };
    let json: Value = serde_json::from_str(&text_of(path, HELP)?)
        .map_err(|error| form(lens_core::files::reason(&error)))?;
    let tasks = json.as_array().ok_or_else(|| form("it is no list of tasks".into()))?;
    if tasks.first().is_some_and(|task| task.get("data").is_none()) {
        return Err(form("its tasks have no `data`".into()));
    }
    let mut source = Source::default();
    for (number, task) in tasks.iter().enumerate() {
        let what = format!("task {}", number + 1);
        let data = task.get("data").and_then(Value::as_object);
        let values = data.into_iter().flatten().filter_map(|(_, value)| value.as_str());
        let Some(found) = values.filter_map(|value| find(candidates(path, images, value))).next() else {
            source.left_out.push(format!("{what}: its image is not there"));
            continue;
        };
        let annotations = task.get("annotations").and_then(Value::as_array).into_iter().flatten();
        let mut done =
            annotations.filter(|it| it.get("was_cancelled").and_then(Value::as_bool) != Some(true));
        // Of several people's the last word counts.
        let Some(annotation) = done.next_back() else {
            source.left_out.push(format!("{what}: nobody has annotated it"));
            continue;
        };
        let mut cards = Vec::new();
        for region in annotation.get("result").and_then(Value::as_array).into_iter().flatten() {
            match card(region) {
                Ok(card) => cards.push(card),
                Err(reason) => source.left_out.push(format!("{what}: {reason}")),
            }
        }
        source.pictures.push(Picture { path: found, cards });
    }
    not_empty(source, path, HELP)
}

/// Where the image of a task may be: as the path says, and by its name, less what Label Studio puts
/// before the names of uploaded files.
fn candidates(path: &Path, images: Option<&Path>, place: &str) -> Vec<PathBuf> {
    let plain = place.split_once("?d=").map_or(place, |(_, rest)| rest);
    let plain = decoded(plain);
    let name = plain.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let uploaded = name.split_once('-').filter(|(head, _)| head.len() == 8).map(|(_, rest)| rest.to_owned());
    let folder = images.or(path.parent()).unwrap_or(Path::new("."));
    let names = [Some(plain.trim_start_matches('/').to_owned()), Some(name), uploaded];
    let names = names.into_iter().flatten().filter(|it| !it.is_empty() && !it.contains(".."));
    names.map(|name| folder.join(name)).collect()
}

/// A text with `%20` and the like as the letters that they stand for.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
        match (bytes[at], code.and_then(|it| u8::from_str_radix(it, 16).ok())) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 3;
            }
            (byte, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn card(region: &Value) -> Result<Card, String> {
    let kind = region.get("type").and_then(Value::as_str).unwrap_or_default();
    let value = region.get("value").ok_or("a region without a value")?;
    let part = |key: &str| value.get(key).and_then(Value::as_f64).map(|it| it as f32 / 100.0);
    let extent = |key: &str| region.get(key).and_then(Value::as_f64).map(|it| it as f32);
    let quad = match kind {
        "polygonlabels" => {
            let points = value.get("points").and_then(Value::as_array).into_iter().flatten();
            let one =
                |it: &Value| Some([it.get(0)?.as_f64()? as f32 / 100.0, it.get(1)?.as_f64()? as f32 / 100.0]);
            let points = points.map(one).collect::<Option<Vec<_>>>().ok_or("a polygon without points")?;
            outline::quad_of(&points)
        }
        "rectanglelabels" => {
            let numbers = ["x", "y", "width", "height"].map(part);
            let [Some(x), Some(y), Some(width), Some(height)] = numbers else {
                return Err("a rectangle without a place".into());
            };
            // It is turned about its top left, in pixels, which are no parts.
            let turn = value.get("rotation").and_then(Value::as_f64).unwrap_or(0.0).to_radians() as f32;
            let (w, h) = (extent("original_width").unwrap_or(1.0), extent("original_height").unwrap_or(1.0));
            let (sin, cos) = turn.sin_cos();
            let corner = |dx: f32, dy: f32| {
                let (dx, dy) = (dx * w, dy * h);
                [x + (dx * cos - dy * sin) / w, y + (dx * sin + dy * cos) / h]
            };
            outline::quad_of(&[
                corner(0.0, 0.0),
                corner(width, 0.0),
                corner(width, height),
                corner(0.0, height),
            ])
        }
        other => return Err(format!("regions of the kind {other:?} are not understood")),
    };
    let quad = quad.ok_or("a region that encloses nothing")?;
    let names = value.get(kind).and_then(Value::as_array);
    let name = names.and_then(|it| it.first()).and_then(Value::as_str).ok_or("a region without a label")?;
    Ok(Card { name: Named::Class(name.to_owned()), place: Some(Place::Parts(quad)) })
}
