//! Pictures and boxes in the formats of other tools: YOLO, COCO, Label Studio. Pure: texts only.

use lens_core::geometry::{InFrame, Quad};
use serde_json::{Value, json};

/// A picture with the cards on it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// File, relative to the data set's images.
    pub file: String,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// The cards: class and quad.
    pub cards: Vec<(usize, Quad<InFrame>)>,
}

impl Picture {
    /// Left, top, width and height of a card as far as it is on the picture; nothing when it is
    /// not.
    fn cut(&self, quad: &Quad<InFrame>) -> Option<[f32; 4]> {
        let [width, height] = self.size.map(|side| side as f32);
        let bounds = quad.bounds();
        let (left, top) = (bounds.left.clamp(0.0, width), bounds.top.clamp(0.0, height));
        let (right, bottom) = (bounds.right.clamp(0.0, width), bounds.bottom.clamp(0.0, height));
        (right - left >= 1.0 && bottom - top >= 1.0).then_some([left, top, right - left, bottom - top])
    }

    fn boxes(&self) -> impl Iterator<Item = (usize, &Quad<InFrame>, [f32; 4])> {
        self.cards.iter().filter_map(|(class, quad)| Some((*class, quad, self.cut(quad)?)))
    }
}

/// A line for each card: class, then centre, width and height as parts of the picture.
pub fn yolo(picture: &Picture) -> String {
    let [width, height] = picture.size.map(|side| side as f32);
    let line = |(class, _, [left, top, w, h]): (usize, &Quad<InFrame>, [f32; 4])| {
        format!(
            "{class} {:.6} {:.6} {:.6} {:.6}\n",
            (left + w / 2.0) / width,
            (top + h / 2.0) / height,
            w / width,
            h / height
        )
    };
    picture.boxes().map(line).collect()
}

/// The file that says where pictures are (beside it, whatever folder a training is started in) and
/// what classes mean.
pub fn yolo_yaml(classes: &[String]) -> String {
    let mut text = String::from("train: images/train\nval: images/val\nnames:\n");
    for (number, class) in classes.iter().enumerate() {
        text += &format!("  {number}: {}\n", json!(class));
    }
    text
}

/// The annotations of a set of pictures; categories count from one, as in COCO's own files.
pub fn coco(pictures: &[Picture], classes: &[String]) -> Value {
    let images: Vec<Value> = pictures
        .iter()
        .enumerate()
        .map(
            |(id, it)| json!({"id": id + 1, "file_name": it.file, "width": it.size[0], "height": it.size[1]}),
        )
        .collect();
    let mut annotations = Vec::new();
    for (image, picture) in pictures.iter().enumerate() {
        for (class, quad, area) in picture.boxes() {
            let outline: Vec<f32> = quad.to_xy().into_iter().flatten().collect();
            annotations.push(json!({
                "id": annotations.len() + 1, "image_id": image + 1, "category_id": class + 1, "iscrowd": 0,
                "bbox": area, "area": area[2] * area[3], "segmentation": [outline],
            }));
        }
    }
    let categories: Vec<Value> =
        classes.iter().enumerate().map(|(id, name)| json!({"id": id + 1, "name": name})).collect();
    json!({"images": images, "annotations": annotations, "categories": categories})
}

/// Tasks to import, each with the quads as finished annotations; `prefix` leads to the pictures.
pub fn label_studio(pictures: &[Picture], classes: &[String], prefix: &str) -> Value {
    let task = |picture: &Picture| {
        let [width, height] = picture.size.map(|side| side as f32);
        let result: Vec<Value> = picture
            .boxes()
            .map(|(class, quad, _)| {
                let points: Vec<[f32; 2]> =
                    quad.to_xy().iter().map(|[x, y]| [100.0 * x / width, 100.0 * y / height]).collect();
                json!({
                    "type": "polygonlabels", "from_name": "card", "to_name": "image",
                    "original_width": picture.size[0], "original_height": picture.size[1],
                    "value": {"points": points, "polygonlabels": [classes[class]], "closed": true},
                })
            })
            .collect();
        json!({"data": {"image": format!("{prefix}{}", picture.file)}, "annotations": [{"result": result}]})
    };
    Value::Array(pictures.iter().map(task).collect())
}

/// The labelling interface that goes with the tasks.
pub fn label_studio_config(classes: &[String]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let labels: String =
        classes.iter().map(|class| format!("    <Label value=\"{}\"/>\n", escaped(class))).collect();
    format!(
        "<View>\n  <Image name=\"image\" value=\"$image\"/>\n  <PolygonLabels name=\"card\" toName=\"image\">\n{labels}  </PolygonLabels>\n</View>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    fn picture() -> Picture {
        let quad = |left: f32| Quad::from_rect(Rect::ltwh(left, 20.0, 40.0, 60.0));
        Picture {
            file: "a.png".into(),
            size: [200, 100],
            cards: vec![(1, quad(10.0)), (0, quad(180.0)), (0, quad(400.0))],
        }
    }

    #[test]
    fn boxes_by_hand() {
        assert_eq!(
            yolo(&picture()),
            "1 0.150000 0.500000 0.200000 0.600000\n0 0.950000 0.500000 0.100000 0.600000\n"
        );
        let classes = vec!["fox".to_owned(), "o\"wl".to_owned()];
        assert!(yolo_yaml(&classes).ends_with("  0: \"fox\"\n  1: \"o\\\"wl\"\n"));
        let coco = coco(&[picture()], &classes);
        assert_eq!(coco["annotations"].as_array().unwrap().len(), 2);
        assert_eq!(coco["annotations"][0]["bbox"], json!([10.0, 20.0, 40.0, 60.0]));
        assert_eq!(coco["annotations"][0]["category_id"], 2);
        let tasks = label_studio(&[picture()], &classes, "/data/");
        assert_eq!(tasks[0]["data"]["image"], "/data/a.png");
        assert_eq!(tasks[0]["annotations"][0]["result"][0]["value"]["points"][0], json!([5.0, 20.0]));
        assert!(label_studio_config(&classes).contains("o&quot;wl"));
    }
}
