//! An Ultralytics YOLO export (v8 to v12, 26) as the manifest's detector: detection, turned boxes
//! (OBB), or four corners (pose); raw, or after suppression.
//!
//! Transformers are handed to `detr`; exports for other tasks, and those of other families of
//! networks, are told apart and refused.

use lens_core::counted::counted;
use lens_core::manifest::Detector;
use lens_core::manifest::external::{Corners, DetectorKind, Layout, Yolo};

use super::error::ImportError;
use super::inspect::{Description, Network, Output, Pictures};
use super::{detr, file_name, labels};

/// What a person says of a detector.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The classes that are cards; all of them when it is empty.
    pub cards: Vec<String>,
    /// Probability from which a box is a card.
    pub threshold: f32,
}

/// Sides of the images are multiples of this when the metadata says nothing.
const STRIDE: u32 = 32;
/// The most boxes that an export with suppression inside gives.
const MAX_SUPPRESSED: i64 = 1000;

const DETECTION: &str = "an ONNX export of Ultralytics YOLO (v8 to v12, 26) is understood, of the tasks detect, obb, or \
                         pose with four corners: `yolo export model=best.pt format=onnx`";
const NAMES: &str = "export it with Ultralytics, which writes the names of its classes into the file";
const CORNERS: &str =
    "train it on `trainer export-dataset --format yolo-pose`, which has the four corners of each card";

/// Checks a detector and runs it once.
///
/// # Errors
/// Says what it is instead of a detector that is understood.
pub fn detector(network: &mut Network, options: &Options) -> Result<Detector, ImportError> {
    if detr::outputs(&network.description).is_some() {
        return detr::detector(network, &options.cards, options.threshold);
    }
    let asked = ask(&network.description)?;
    let given = network.run(&asked.pictures, &asked.output)?;
    describe(&network.description, &asked, &given, options)
}

/// How a detector is to be run, and what its classes are.
#[derive(Debug)]
struct Asked {
    pictures: Pictures,
    output: String,
    classes: Vec<String>,
    corners: Corners,
}

fn ask(description: &Description) -> Result<Asked, ImportError> {
    let corners = corners(description)?;
    let pictures = description.one_picture()?;
    let output = description.only_output(DETECTION)?;
    if output.shape.len() != 3 {
        let reason = format!(
            "its output {:?} has {}, {:?}; a detector's has three, [1, 4 + classes, boxes]",
            output.name,
            counted(output.shape.len(), "dimension"),
            output.shape
        );
        return Err(ImportError::new(reason, DETECTION));
    }
    let Some(names) = description.metadata.get("names") else {
        return Err(ImportError::new("there are no class names in its metadata (`names`)", NAMES));
    };
    let classes = labels::parse_names(names).map_err(|reason| {
        ImportError::new(format!("the class names in its metadata cannot be read: {reason}"), NAMES)
    })?;
    Ok(Asked { pictures, output: output.name.clone(), classes, corners })
}

/// What it says of corners, by the task that it was trained for.
fn corners(description: &Description) -> Result<Corners, ImportError> {
    match description.metadata.get("task").map(String::as_str) {
        None | Some("detect") => Ok(Corners::Upright),
        Some("obb") => Ok(Corners::Turned),
        Some("pose") => {
            let shape = description.metadata.get("kpt_shape").map_or("", |it| it.trim());
            match shape.replace(' ', "").as_str() {
                "[4,3]" => Ok(Corners::PointsSeen),
                "[4,2]" => Ok(Corners::Points),
                _ => Err(ImportError::new(
                    format!("it finds points {shape}, not four corners ([4, 3])"),
                    CORNERS,
                )),
            }
        }
        Some(task) => Err(ImportError::new(
            format!("it was exported for the task {task:?}, which finds no cards"),
            DETECTION,
        )),
    }
}

fn describe(
    description: &Description,
    asked: &Asked,
    given: &Output,
    options: &Options,
) -> Result<Detector, ImportError> {
    let Asked { pictures, output, classes, corners } = asked;
    let says =
        |key: &str| description.metadata.get(key).is_some_and(|it| it.trim().eq_ignore_ascii_case("true"));
    let (layout, boxes) = boxes(given, classes.len(), *corners, says("end2end"))?;
    labels::check_cards(&options.cards, classes)?;
    let stride = description.metadata.get("stride").and_then(|text| text.trim().parse().ok());
    Ok(Detector {
        kind: DetectorKind::Yolo(Yolo {
            input: pictures.input.clone(),
            output: output.clone(),
            boxes,
            classes: classes.clone(),
            cards: options.cards.clone(),
            layout,
            corners: *corners,
        }),
        files: file_name("detector"),
        input_size: pictures.size,
        stride: stride.filter(|&stride| stride > 0).unwrap_or(STRIDE),
        corner_scale: 1.0,
        anchor: [0.5, 0.5],
        threshold: options.threshold,
    })
}

/// How the boxes of an output are laid out, and how many they are.
fn boxes(
    given: &Output,
    classes: usize,
    corners: Corners,
    end_to_end: bool,
) -> Result<(Layout, u32), ImportError> {
    let more = corners.numbers() as i64;
    let (rows, columns) = (4 + classes as i64 + more, 6 + more);
    let shape = &given.shape;
    match shape[..] {
        // As many rows as boxes and classes would have, by chance, are told apart by the metadata.
        [1, found, boxes] if found == rows && boxes > 0 && !(end_to_end && boxes == columns) => {
            let scores = &given.values[4 * boxes as usize..][..classes * boxes as usize];
            match scores.iter().find(|score| !(-1e-3..=1.001).contains(*score)) {
                None => Ok((Layout::Raw, boxes as u32)),
                Some(score) => Err(ImportError::new(
                    format!("it gives {score} as the probability of a class"),
                    "probabilities are between 0 and 1: export it with Ultralytics, which ends with a sigmoid",
                )),
            }
        }
        [1, boxes, found] if found == columns && (1..=MAX_SUPPRESSED).contains(&boxes) => {
            Ok((Layout::Suppressed, boxes as u32))
        }
        [1, a, b] if a == rows + 1 || b == rows + 1 => Err(ImportError::new(
            format!(
                "its output {shape:?} has an objectness beside {}, as YOLO v5 and v7 have",
                counted(classes, "class")
            ),
            DETECTION,
        )),
        [1, _, b] if b == rows => Err(ImportError::new(
            format!("its output {shape:?} lists box after box, where [1, {rows}, boxes] is understood"),
            DETECTION,
        )),
        [1, found, _] => Err(ImportError::new(
            format!(
                "its metadata names {}, but its output {shape:?} has room for {} (and the {} other \
                 numbers of a box)",
                counted(classes, "class"),
                found - 4 - more,
                4 + more
            ),
            NAMES,
        )),
        _ => Err(ImportError::new(format!("its output is {shape:?}, not [1, {rows}, boxes]"), DETECTION)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::Port;
    use super::super::inspect::tests::{description, floats};
    use super::*;

    const NAMED: [(&str, &str); 4] =
        [("task", "detect"), ("names", "{0: 'joker', 1: 'card'}"), ("stride", "32"), ("imgsz", "[320, 640]")];

    fn options(cards: &[&str]) -> Options {
        Options { cards: cards.iter().map(ToString::to_string).collect(), threshold: 0.25 }
    }

    fn output(shape: &[i64], value: f32) -> Output {
        Output { shape: shape.to_vec(), values: vec![value; shape.iter().product::<i64>() as usize] }
    }

    /// What is said of an export with these outputs and metadata, of which a run gives `given`.
    fn said(
        outputs: Vec<Port>,
        metadata: &[(&str, &str)],
        given: &Output,
        cards: &[&str],
    ) -> Result<Detector, ImportError> {
        let description = description(floats("images", &[1, 3, 320, 640]), outputs, metadata);
        let asked = ask(&description)?;
        describe(&description, &asked, given, &options(cards))
    }

    #[track_caller]
    fn check(outputs: &[&[i64]], metadata: &[(&str, &str)], given: &Output, part: &str) {
        let outputs = outputs.iter().enumerate();
        let outputs = outputs.map(|(number, shape)| floats(&format!("output{number}"), shape)).collect();
        let error = said(outputs, metadata, given, &[]).unwrap_err();
        assert!(error.reason.contains(part) && !error.help.is_empty(), "{part:?} is not in {error:?}");
    }

    #[test]
    fn a_detection_export_is_described() {
        let given = output(&[1, 6, 4200], 0.5);
        let detector = said(vec![floats("output0", &[1, 6, 4200])], &NAMED, &given, &["card"]).unwrap();
        assert_eq!((detector.input_size, detector.stride, detector.threshold), ([640, 320], 32, 0.25));
        let DetectorKind::Yolo(yolo) = detector.kind else { panic!("it is a YOLO") };
        assert_eq!((yolo.boxes, yolo.is_card()), (4200, vec![false, true]));
        assert_eq!((&*yolo.input, &*yolo.output), ("images", "output0"));
        assert!(
            said(vec![floats("output0", &[1, -1, -1])], &NAMED, &given, &[]).is_ok(),
            "extents may be open"
        );
    }

    /// Task, shape of the points, whether it is end-to-end, the output, and what is understood.
    #[test]
    fn every_form_that_ultralytics_writes_is_described() {
        let check = |task: &str, points: &str, end: &str, shape: &[i64], want: (Layout, Corners, u32)| {
            let mut metadata = NAMED.to_vec();
            metadata[0].1 = task;
            metadata.extend([("kpt_shape", points), ("end2end", end)]);
            let detector = said(vec![floats("output0", shape)], &metadata, &output(shape, 0.5), &[]).unwrap();
            let DetectorKind::Yolo(yolo) = detector.kind else { panic!("it is a YOLO") };
            assert_eq!((yolo.layout, yolo.corners, yolo.boxes), want, "{task} {shape:?}");
        };
        check("detect", "", "False", &[1, 6, 4200], (Layout::Raw, Corners::Upright, 4200));
        check("detect", "", "True", &[1, 300, 6], (Layout::Suppressed, Corners::Upright, 300));
        check("detect", "", "False", &[1, 300, 6], (Layout::Suppressed, Corners::Upright, 300));
        check("obb", "", "False", &[1, 7, 4200], (Layout::Raw, Corners::Turned, 4200));
        check("obb", "", "True", &[1, 300, 7], (Layout::Suppressed, Corners::Turned, 300));
        check("pose", "[4, 3]", "False", &[1, 18, 4200], (Layout::Raw, Corners::PointsSeen, 4200));
        check("pose", "[4,3]", "True", &[1, 300, 18], (Layout::Suppressed, Corners::PointsSeen, 300));
        check("pose", "[4, 2]", "False", &[1, 14, 4200], (Layout::Raw, Corners::Points, 4200));
    }

    #[test]
    fn a_class_that_it_does_not_have_is_no_card() {
        let given = output(&[1, 6, 4200], 0.5);
        let error = said(vec![floats("output0", &[1, 6, 4200])], &NAMED, &given, &["tarot"]).unwrap_err();
        assert!(error.reason.contains("\"tarot\"") && error.reason.contains("joker, card"), "{error:?}");
    }

    #[test]
    fn other_exports_are_told_apart() {
        let good = output(&[1, 6, 4200], 0.5);
        let one: &[&[i64]] = &[&[1, 6, 4200]];
        let mut segmentation = NAMED;
        segmentation[0].1 = "segment";
        check(one, &segmentation, &good, "for the task \"segment\"");
        let mut pose = NAMED;
        pose[0].1 = "pose";
        check(one, &pose, &good, "not four corners");
        check(one, &[&pose[..], &[("kpt_shape", "[17, 3]")]].concat(), &good, "[17, 3], not four corners");
        check(&[&[1, 38, 4200], &[1, 32, 80, 160]], &NAMED[1..], &good, "2 outputs (output0, output1)");
        check(&[&[1, 1000]], &NAMED, &good, "has 2 dimensions");
        check(one, &NAMED[..1], &good, "no class names");
        check(one, &[("names", "{0: joker}")], &good, "cannot be read: there must be a name in quotes");
        check(
            one,
            &NAMED,
            &output(&[1, 84, 4200], 0.5),
            "names 2 classes, but its output [1, 84, 4200] has room for 80",
        );
        check(one, &NAMED, &output(&[1, 12600, 7], 0.5), "objectness");
        check(one, &NAMED, &output(&[1, 4200, 6], 0.5), "box after box");
        check(one, &NAMED, &output(&[2, 6, 4200], 0.5), "[2, 6, 4200], not [1, 6, boxes]");
        check(one, &NAMED, &output(&[1, 6, 4200], 7.5), "gives 7.5 as the probability");
    }

    #[test]
    fn one_picture_at_a_time() {
        let description = description(floats("images", &[8, 3, 320, 640]), Vec::new(), &NAMED);
        assert!(ask(&description).unwrap_err().reason.contains("8 images at once"));
    }
}
