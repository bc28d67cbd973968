//! Tasks of Label Studio, with polygons as finished annotations, and its labelling interface.

use serde_json::{Value, json};

use super::{Picture, rounded};

/// Tasks to import; `prefix` leads to the images. Tasks count on from `first`: its converter wants
/// a number for each.
pub fn tasks(pictures: &[Picture], classes: &[String], prefix: &str, first: usize) -> Value {
    let task = |(number, picture): (usize, &Picture)| {
        let [width, height] = picture.size.map(|side| side as f32);
        let id = first + number;
        let result: Vec<Value> = picture
            .seen()
            .enumerate()
            .map(|(place, (card, seen))| {
                let part = |value: f32, side: f32| rounded((100.0 * value / side).clamp(0.0, 100.0));
                let points: Vec<[f64; 2]> =
                    seen.outline.iter().map(|[x, y]| [part(*x, width), part(*y, height)]).collect();
                json!({
                    "id": format!("card{id}-{place}"), "type": "polygonlabels", "from_name": "card",
                    "to_name": "image", "origin": "manual", "image_rotation": 0,
                    "original_width": picture.size[0], "original_height": picture.size[1],
                    "value": {"points": points, "polygonlabels": [classes[card.class]], "closed": true},
                })
            })
            .collect();
        json!({
            "id": id, "data": {"image": format!("{prefix}{}", url(&picture.file))},
            "annotations": [{"id": id, "result": result, "was_cancelled": false, "ground_truth": false}],
            "predictions": [],
        })
    };
    Value::Array(pictures.iter().enumerate().map(task).collect())
}

/// A file's name inside an address.
fn url(file: &str) -> String {
    let mut text = String::new();
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text += &format!("%{byte:02X}"),
        }
    }
    text
}

/// The labelling interface that goes with the tasks.
pub fn interface(classes: &[String]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let labels: String =
        classes.iter().map(|class| format!("    <Label value=\"{}\"/>\n", escaped(class))).collect();
    format!(
        "<View>\n  <Image name=\"image\" value=\"$image\"/>\n  <PolygonLabels name=\"card\" toName=\"image\">\n{labels}  \
         </PolygonLabels>\n</View>\n"
    )
}
