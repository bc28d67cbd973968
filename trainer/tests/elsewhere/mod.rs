//! Networks that were made elsewhere, written by hand: a detector of Ultralytics and a classifier,
//! and the image that they know.

use image::{Rgba, RgbaImage, imageops};
use trainer::model::onnx::layout::reshape;
use trainer::model::onnx::proto::AttributeProto;
use trainer::model::onnx::writer::{Batch, GraphWriter};

/// Width and height of the detector's input, and how much larger the image is.
const INPUT: [u32; 2] = [320, 192];
pub(crate) const ENLARGED: u32 = 2;
/// Left edges of the cards in the input; they are 40 x 56 pixels, 30 pixels from the top.
pub(crate) const CARDS: [f32; 3] = [20.0, 100.0, 180.0];
/// Their colours, which is all that the classifier looks at.
const COLOURS: [[u8; 4]; 3] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
pub(crate) const DETECTION: [(&str, &str); 4] =
    [("task", "detect"), ("names", "{0: 'joker', 1: 'button'}"), ("stride", "32"), ("imgsz", "[192, 320]")];
/// Boxes that the detector gives.
pub(crate) const BOXES: usize = 8;

fn metadata(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The three cards, the first twice, and a button; each as sure as the image is bright. `classes`
/// has no say in where they are.
pub(crate) fn yolo(classes: usize, entries: &[(&str, &str)]) -> Vec<u8> {
    let rows = 4 + classes;
    let mut places = vec![0.0_f32; rows * BOXES];
    let mut sure = vec![0.0_f32; rows * BOXES];
    let cards = CARDS.map(|left| (left, 0, 0.9));
    let others = [(CARDS[0] + 1.0, 0, 0.8), (260.0, 1, 0.95)];
    for (index, (left, class, score)) in cards.into_iter().chain(others).enumerate() {
        for (row, number) in [left + 20.0, 58.0, 40.0, 56.0].into_iter().enumerate() {
            places[row * BOXES + index] = number;
        }
        sure[(4 + class) * BOXES + index] = score;
    }
    seen_where_bright([rows, BOXES], &places, &sure, entries)
}

/// A detector whose probabilities count as far as the image is bright.
pub(crate) fn seen_where_bright(
    shape: [usize; 2],
    places: &[f32],
    sure: &[f32],
    entries: &[(&str, &str)],
) -> Vec<u8> {
    let shape = shape.map(|side| side as i64);
    let mut writer = GraphWriter::new(Batch::Fixed(1));
    writer.float_input("images", &[3, i64::from(INPUT[1]), i64::from(INPUT[0])]);
    let all = vec![AttributeProto::ints("axes", &[1, 2, 3]), AttributeProto::int("keepdims", 1)];
    writer.node("ReduceMax", &["images"], "brightest", all);
    reshape(&mut writer, "brightest", "bright", &[1, 1, 1]);
    writer.floats("sure", &[1, shape[0], shape[1]], sure);
    writer.floats("places", &[1, shape[0], shape[1]], places);
    writer.node("Mul", &["sure", "bright"], "scores", Vec::new());
    writer.node("Add", &["places", "scores"], "output0", Vec::new());
    writer.output("output0", &shape);
    writer.finish(&metadata(entries))
}

/// Ten times the mean of red, green and blue, as logits or as probabilities.
pub(crate) fn classifier(batch: Batch, ends_with_softmax: bool, entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = GraphWriter::new(batch);
    writer.float_input("input", &[3, 24, 16]);
    writer.node("GlobalAveragePool", &["input"], "mean", Vec::new());
    writer.node("Flatten", &["mean"], "flat", vec![AttributeProto::int("axis", 1)]);
    writer.floats("ten", &[], &[10.0]);
    if ends_with_softmax {
        writer.node("Mul", &["flat", "ten"], "logits", Vec::new());
        writer.node("Softmax", &["logits"], "output", vec![AttributeProto::int("axis", 1)]);
    } else {
        writer.node("Mul", &["flat", "ten"], "output", Vec::new());
    }
    writer.output("output", &[3]);
    writer.finish(&metadata(entries))
}

/// What the networks are shown: the cards on black.
pub(crate) fn picture() -> RgbaImage {
    let mut picture = RgbaImage::from_pixel(INPUT[0] * ENLARGED, INPUT[1] * ENLARGED, Rgba([0, 0, 0, 255]));
    for (left, colour) in CARDS.into_iter().zip(COLOURS) {
        let card = RgbaImage::from_pixel(40 * ENLARGED, 56 * ENLARGED, Rgba(colour));
        imageops::overlay(&mut picture, &card, left as i64 * i64::from(ENLARGED), 30 * i64::from(ENLARGED));
    }
    picture
}
