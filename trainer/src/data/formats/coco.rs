//! The annotations of COCO, with what is seen of a card as its outline and its corners as
//! keypoints.

use serde_json::{Value, json};

use super::{Picture, rounded};

/// The annotations of a set of images; categories count from one, as in COCO's own files.
pub fn annotations(pictures: &[Picture], classes: &[String]) -> Value {
    let images: Vec<Value> = pictures
        .iter()
        .enumerate()
        .map(
            |(id, it)| json!({"id": id + 1, "file_name": it.file, "width": it.size[0], "height": it.size[1]}),
        )
        .collect();
    let mut annotations = Vec::new();
    for (image, picture) in pictures.iter().enumerate() {
        for (card, seen) in picture.seen() {
            let outline: Vec<f64> = seen.outline.iter().flatten().map(|&it| rounded(it)).collect();
            let corners = picture.corners(card);
            let keypoints: Vec<Value> = corners
                .iter()
                .flat_map(|&([x, y], visible)| [json!(rounded(x)), json!(rounded(y)), json!(visible)])
                .collect();
            annotations.push(json!({
                "id": annotations.len() + 1, "image_id": image + 1, "category_id": card.class + 1, "iscrowd": 0,
                "bbox": seen.bounds.map(rounded), "area": rounded(seen.area), "segmentation": [outline],
                "keypoints": keypoints, "num_keypoints": corners.iter().filter(|it| it.1 > 0).count(),
            }));
        }
    }
    let categories: Vec<Value> = classes
        .iter()
        .enumerate()
        .map(|(id, name)| {
            json!({
                "id": id + 1, "name": name, "supercategory": "card",
                "keypoints": ["top_left", "top_right", "bottom_right", "bottom_left"],
                "skeleton": [[1, 2], [2, 3], [3, 4], [4, 1]],
            })
        })
        .collect();
    json!({
        "info": {"description": "cards"}, "licenses": [], "images": images, "annotations": annotations,
        "categories": categories,
    })
}
