//! Tables: CSV for spreadsheets and pandas, and the `metadata.jsonl` of Hugging Face.

use serde_json::{Value, json};

use super::{Picture, rounded};

/// Columns of labels, in this order; a label's other fields are left out.
pub const FIELDS: [&str; 9] =
    ["class", "name", "type", "rarity", "modifier", "enhancement", "seal", "stickers", "debuffed"];

/// The first line of the CSV table.
pub fn csv_head() -> String {
    let corners = (1..=4).map(|corner| format!("x{corner},y{corner}")).collect::<Vec<_>>().join(",");
    format!("file,part,width,height,card,{corners},{}\n", FIELDS.join(","))
}

/// The lines of an image, one for each card; one without corners where there is none.
pub fn csv(picture: &Picture, part: &str, classes: &[String]) -> String {
    let [width, height] = picture.size;
    let place = format!("{},{part},{width},{height}", cell(&format!("images/{part}/{}", picture.file)));
    let fields: Vec<String> =
        FIELDS.iter().map(|name| picture.fields.get(*name).map_or_else(String::new, text)).collect();
    let line = |card: &str, corners: [String; 8]| {
        let fields: Vec<String> = fields.iter().map(|it| cell(it)).collect();
        format!("{place},{},{},{}\n", cell(card), corners.join(","), fields.join(","))
    };
    let mut lines = String::new();
    for (card, _) in picture.seen() {
        let xy = card.quad.to_xy();
        let corners = [0, 1, 2, 3, 4, 5, 6, 7].map(|at| rounded(xy[at / 2][at % 2]).to_string());
        lines += &line(&classes[card.class], corners);
    }
    if lines.is_empty() {
        lines = line("", Default::default());
    }
    lines
}

/// A line of `metadata.jsonl`: the file, its cards, and the fields of its label.
pub fn metadata(picture: &Picture, classes: &[String]) -> String {
    let cards: Vec<_> = picture.seen().collect();
    let boxes: Vec<[f64; 4]> = cards.iter().map(|(_, seen)| seen.bounds.map(rounded)).collect();
    let corners: Vec<Vec<f64>> = cards
        .iter()
        .map(|(card, _)| card.quad.to_xy().iter().flatten().map(|&it| rounded(it)).collect())
        .collect();
    let names: Vec<&str> = cards.iter().map(|(card, _)| classes[card.class].as_str()).collect();
    let mut line = json!({
        "file_name": picture.file, "width": picture.size[0], "height": picture.size[1],
        "objects": {"bbox": boxes, "corners": corners, "categories": names},
    });
    if !picture.fields.is_empty() {
        // Every line has every field: the library takes the columns of the first.
        for name in FIELDS {
            line[name] = json!(picture.fields.get(name).map_or_else(String::new, text));
        }
    }
    line.to_string() + "\n"
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A cell as RFC 4180 writes it.
fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
