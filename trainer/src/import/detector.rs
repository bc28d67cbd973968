//! An Ultralytics YOLO detection export (v8, v11) as the manifest's detector.
//!
//! Exports for other tasks, and those of other families of networks, are told apart and refused.

use lens_core::manifest::Detector;
use lens_core::manifest::external::{DetectorKind, Yolo};

use super::inspect::{Description, Network, Output, Pictures};
use super::{Fault, file_name, labels};

/// What a person says of a detector.
#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// The classes that are cards; all of them when it is empty.
    pub cards: Vec<String>,
    /// Probability from which a box is a card.
    pub threshold: f32,
}

/// Sides of the pictures are multiples of this when the metadata says nothing.
const STRIDE: u32 = 32;
/// The most boxes that an export with suppression inside gives.
const MOST_SUPPRESSED: i64 = 1000;

const DETECTION: &str = "a detection export of Ultralytics YOLO (v8 to v12, 26) is understood: \
                         `yolo export model=best.pt format=onnx` of a model trained with `yolo detect train`";
const NAMES: &str = "export it with Ultralytics, which writes the names of its classes into the file";

/// Checks a detector and runs it once.
///
/// # Errors
/// Says what it is instead of a YOLO detector.
pub fn detector(network: &mut Network, wishes: &Wishes) -> Result<Detector, Fault> {
    let asked = ask(&network.description)?;
    let given = network.run(&asked.pictures, &asked.output)?;
    describe(&network.description, &asked, &given, wishes)
}

/// How a detector is to be run, and what its classes are.
#[derive(Debug)]
struct Asked {
    pictures: Pictures,
    output: String,
    classes: Vec<String>,
}

fn ask(description: &Description) -> Result<Asked, Fault> {
    description.is_for("detect", DETECTION)?;
    let input = description.picture_input()?;
    if ![1, -1].contains(&input.shape[0]) {
        let reason = format!("it takes {} pictures at once", input.shape[0]);
        return Err(Fault::new(reason, "export it for one picture: `batch=1`"));
    }
    let size = description.picture_size(input)?;
    let output = description.only_output(DETECTION)?;
    if output.shape.len() != 3 {
        let reason = format!(
            "its output {:?} has {} dimensions, {:?}; a detector's has three, [1, 4 + classes, boxes]",
            output.name,
            output.shape.len(),
            output.shape
        );
        return Err(Fault::new(reason, DETECTION));
    }
    let Some(names) = description.metadata.get("names") else {
        return Err(Fault::new("there are no class names in its metadata (`names`)", NAMES));
    };
    let classes = labels::parse_names(names).map_err(|reason| {
        Fault::new(format!("the class names in its metadata cannot be read: {reason}"), NAMES)
    })?;
    let pictures = Pictures { input: input.name.clone(), batch: 1, size };
    Ok(Asked { pictures, output: output.name.clone(), classes })
}

fn describe(
    description: &Description,
    asked: &Asked,
    given: &Output,
    wishes: &Wishes,
) -> Result<Detector, Fault> {
    let Asked { pictures, output, classes } = asked;
    if description.metadata.get("end2end").is_some_and(|it| it.trim().eq_ignore_ascii_case("true")) {
        return Err(suppressed(&given.shape));
    }
    let boxes = boxes(given, classes.len())?;
    if let Some(name) = wishes.cards.iter().find(|name| !classes.contains(name)) {
        let reason = format!("it has no class {name:?} that could be a card, only {}", classes.join(", "));
        return Err(Fault::new(reason, "name its classes with --cards as they are written here"));
    }
    let stride = description.metadata.get("stride").and_then(|text| text.trim().parse().ok());
    Ok(Detector {
        kind: DetectorKind::Yolo(Yolo {
            input: pictures.input.clone(),
            output: output.clone(),
            boxes,
            classes: classes.clone(),
            cards: wishes.cards.clone(),
        }),
        files: file_name("detector"),
        input_size: pictures.size,
        stride: stride.filter(|&stride| stride > 0).unwrap_or(STRIDE),
        corner_scale: 1.0,
        anchor: [0.5, 0.5],
        threshold: wishes.threshold,
    })
}

fn suppressed(shape: &[i64]) -> Fault {
    Fault::new(
        format!("its output {shape:?} is of boxes after non-maximum suppression"),
        "export it without `nms` (with Ultralytics before 8.4: `nms=False`, and `end2end=False` for YOLO v10 and 26): \
         what is one card is decided here, so that fans of cards stay apart",
    )
}

/// Number of boxes in an output, if it is laid out as `[1, 4 + classes, boxes]`.
fn boxes(given: &Output, classes: usize) -> Result<u32, Fault> {
    let rows = 4 + classes as i64;
    let shape = &given.shape;
    match shape[..] {
        [1, found, boxes] if found == rows && boxes > 0 => {
            let scores = &given.values[4 * boxes as usize..];
            match scores.iter().find(|score| !(-1e-3..=1.001).contains(*score)) {
                None => Ok(boxes as u32),
                Some(score) => Err(Fault::new(
                    format!("it gives {score} as the probability of a class"),
                    "probabilities are between 0 and 1: export it with Ultralytics, which ends with a sigmoid",
                )),
            }
        }
        [1, boxes, 6] if boxes <= MOST_SUPPRESSED => Err(suppressed(shape)),
        [1, a, b] if a == rows + 1 || b == rows + 1 => Err(Fault::new(
            format!(
                "its output {shape:?} has an objectness beside {classes} classes, as YOLO v5 and v7 have"
            ),
            DETECTION,
        )),
        [1, _, b] if b == rows => Err(Fault::new(
            format!("its output {shape:?} lists box after box, where [1, {rows}, boxes] is understood"),
            DETECTION,
        )),
        [1, found, _] => Err(Fault::new(
            format!(
                "its metadata names {classes} classes, but its output {shape:?} has room for {} (and the 4 numbers of \
                 a box)",
                found - 4
            ),
            NAMES,
        )),
        _ => Err(Fault::new(format!("its output is {shape:?}, not [1, {rows}, boxes]"), DETECTION)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::Port;
    use super::super::inspect::tests::{description, floats};
    use super::*;

    const NAMED: [(&str, &str); 4] =
        [("task", "detect"), ("names", "{0: 'joker', 1: 'card'}"), ("stride", "32"), ("imgsz", "[320, 640]")];

    fn wishes(cards: &[&str]) -> Wishes {
        Wishes { cards: cards.iter().map(ToString::to_string).collect(), threshold: 0.25 }
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
    ) -> Result<Detector, Fault> {
        let description = description(floats("images", &[1, 3, 320, 640]), outputs, metadata);
        let asked = ask(&description)?;
        describe(&description, &asked, given, &wishes(cards))
    }

    #[track_caller]
    fn check(outputs: &[&[i64]], metadata: &[(&str, &str)], given: &Output, part: &str) {
        let outputs = outputs.iter().enumerate();
        let outputs = outputs.map(|(number, shape)| floats(&format!("output{number}"), shape)).collect();
        let fault = said(outputs, metadata, given, &[]).unwrap_err();
        assert!(fault.reason.contains(part) && !fault.help.is_empty(), "{part:?} is not in {fault:?}");
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

    #[test]
    fn a_class_that_it_does_not_have_is_no_card() {
        let given = output(&[1, 6, 4200], 0.5);
        let fault = said(vec![floats("output0", &[1, 6, 4200])], &NAMED, &given, &["tarot"]).unwrap_err();
        assert!(fault.reason.contains("\"tarot\"") && fault.reason.contains("joker, card"), "{fault:?}");
    }

    #[test]
    fn other_exports_are_told_apart() {
        let good = output(&[1, 6, 4200], 0.5);
        let one: &[&[i64]] = &[&[1, 6, 4200]];
        let mut segmentation = NAMED;
        segmentation[0].1 = "segment";
        check(one, &segmentation, &good, "for the task \"segment\"");
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
        check(one, &NAMED, &output(&[1, 300, 6], 0.5), "after non-maximum suppression");
        // As many rows as boxes and classes would have, by chance.
        let end = [&NAMED[..], &[("end2end", "True")]].concat();
        check(one, &end, &output(&[1, 6, 300], 0.5), "after non-maximum suppression");
        check(one, &NAMED, &output(&[1, 12600, 7], 0.5), "objectness");
        check(one, &NAMED, &output(&[1, 4200, 6], 0.5), "box after box");
        check(one, &NAMED, &output(&[2, 6, 4200], 0.5), "[2, 6, 4200], not [1, 6, boxes]");
        check(one, &NAMED, &output(&[1, 6, 4200], 7.5), "gives 7.5 as the probability");
    }

    #[test]
    fn one_picture_at_a_time() {
        let description = description(floats("images", &[8, 3, 320, 640]), Vec::new(), &NAMED);
        assert!(ask(&description).unwrap_err().reason.contains("8 pictures at once"));
    }
}
