//! The texts of Ultralytics: a line for each card, and `data.yaml`.
//!
//! All numbers are parts of the image's width and height. Ultralytics drops every label of an image
//! when one number is beyond 0 to 1, so all that leaves the image is cut off.

use serde_json::json;

use super::outline::turned_box;
use super::{Format, Picture};

/// The labels of an image: class, then a box; for `yolo-obb` four corners instead; for `yolo-pose`
/// also four corners, each with how it is seen.
pub fn labels(picture: &Picture, format: Format) -> String {
    let [width, height] = picture.size.map(|side| side as f32);
    let part = |value: f32, side: f32| format!(" {:.6}", (value / side).clamp(0.0, 1.0));
    let mut text = String::new();
    for (card, seen) in picture.seen() {
        text += &card.class.to_string();
        if format == Format::YoloObb {
            for [x, y] in turned_box(card.quad, &seen, picture.size) {
                text += &(part(x, width) + &part(y, height));
            }
        } else {
            let [left, top, w, h] = seen.bounds;
            text += &(part(left + w / 2.0, width) + &part(top + h / 2.0, height));
            text += &(part(w, width) + &part(h, height));
        }
        if format == Format::YoloPose {
            for ([x, y], visible) in picture.corners(card) {
                text += &(part(x, width) + &part(y, height) + &format!(" {visible}"));
            }
        }
        text.push('\n');
    }
    text
}

/// The file that says where images are (beside it, whatever folder a training is started in) and
/// what classes mean. Ultralytics wants a part to validate on; where nothing is held out, it is the
/// one that is trained on.
pub fn yaml(classes: &[String], format: Format, holds_out: bool) -> String {
    let validation =
        if holds_out { "val: images/val\n" } else { "val: images/train # nothing is held out\n" };
    let mut text = format!("train: images/train\n{validation}");
    if format == Format::YoloPose {
        // Mirrored, the corners on the left are those on the right.
        text += "kpt_shape: [4, 3]\nflip_idx: [1, 0, 3, 2]\n";
    }
    text += "names:\n";
    for (number, class) in classes.iter().enumerate() {
        text += &format!("  {number}: {}\n", json!(class));
    }
    text
}
