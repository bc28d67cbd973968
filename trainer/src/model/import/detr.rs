//! A transformer's export (RF-DETR; D-FINE and RT-DETR by way of transformers) as the manifest's
//! detector: boxes and logits in two outputs.
//!
//! Which family it is of is told by the names of its outputs, since that decides how images go in.

use lens_core::manifest::Detector;
use lens_core::manifest::external::{DetectorKind, Detr, Normalise};

use super::error::ImportError;
use super::inspect::{Description, Network, Port};
use super::{file_name, labels};

const EXPORT: &str = "RF-DETR is exported by `model.export()`, and D-FINE or RT-DETR of transformers with the outputs \
                      `logits` and `pred_boxes`";

/// Names of the outputs with boxes and logits, and how their networks want images.
const FAMILIES: [(&str, &str, Normalise); 2] =
    [("dets", "labels", Normalise::Imagenet), ("pred_boxes", "logits", Normalise::Unit)];

/// The outputs with boxes and logits, when a network has them under names that are known.
pub(super) fn outputs(description: &Description) -> Option<(&Port, &Port, Normalise)> {
    let port = |name: &str| description.outputs.iter().find(|port| port.name == name);
    FAMILIES.iter().find_map(|(boxes, logits, normalise)| Some((port(boxes)?, port(logits)?, *normalise)))
}

/// Runs it once and describes it; `cards` are the classes that are cards, all where it is empty.
pub(super) fn detector(
    network: &mut Network,
    cards: &[String],
    threshold: f32,
) -> Result<Detector, ImportError> {
    let pictures = network.description.one_picture()?;
    let (boxes, logits, normalise) =
        outputs(&network.description).ok_or_else(|| ImportError::new("it has other outputs", EXPORT))?;
    let (boxes, logits) = (boxes.name.clone(), logits.name.clone());
    let shapes = network.run_all(&pictures, [&boxes, &logits])?.map(|output| output.shape);
    let named = network.description.metadata.get("names").map(|names| labels::parse_names(names));
    let named = named.transpose().map_err(|reason| {
        ImportError::new(format!("the class names in its metadata cannot be read: {reason}"), EXPORT)
    })?;
    let (queries, classes) = sizes(&shapes, named)?;
    labels::check_cards(cards, &classes)?;
    Ok(Detector {
        kind: DetectorKind::Detr(Detr {
            input: pictures.input.clone(),
            boxes,
            logits,
            queries,
            classes,
            cards: cards.to_vec(),
            normalise,
        }),
        files: file_name("detector"),
        input_size: pictures.size,
        stride: 1,
        corner_scale: 1.0,
        anchor: [0.5, 0.5],
        threshold,
    })
}

/// How many boxes it gives, and the names of its classes: their numbers where it does not say.
fn sizes(
    [boxes, logits]: &[Vec<i64>; 2],
    named: Option<Vec<String>>,
) -> Result<(u32, Vec<String>), ImportError> {
    match (boxes.as_slice(), logits.as_slice()) {
        (&[1, queries, 4], &[1, rows, classes]) if queries == rows && queries > 0 && classes > 0 => {
            let numbers = || (0..classes).map(|class| class.to_string()).collect();
            let named = named.filter(|names| names.len() == classes as usize);
            Ok((queries as u32, named.unwrap_or_else(numbers)))
        }
        _ => Err(ImportError::new(
            format!(
                "its outputs are {boxes:?} and {logits:?}, not [1, queries, 4] and [1, queries, classes]"
            ),
            EXPORT,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::tests::{description, floats};
    use super::*;

    #[test]
    fn families_are_told_by_their_outputs() {
        let found = |names: [&str; 2]| {
            let ports = names.map(|name| floats(name, &[1, 300, 4])).to_vec();
            let description = description(floats("input", &[1, 3, 384, 384]), ports, &[]);
            let (boxes, logits, normalise) = outputs(&description)?;
            Some((boxes.name.clone(), logits.name.clone(), normalise))
        };
        let want =
            |boxes: &str, logits: &str, normalise| Some((boxes.to_owned(), logits.to_owned(), normalise));
        assert_eq!(found(["dets", "labels"]), want("dets", "labels", Normalise::Imagenet));
        assert_eq!(found(["logits", "pred_boxes"]), want("pred_boxes", "logits", Normalise::Unit));
        assert_eq!(found(["output0", "output1"]), None);
    }

    #[test]
    fn classes_without_names_have_numbers() {
        let shapes = [vec![1, 300, 4], vec![1, 300, 3]];
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(sizes(&shapes, None).unwrap(), (300, names(&["0", "1", "2"])));
        assert_eq!(sizes(&shapes, Some(names(&["a", "b", "c"]))).unwrap().1, names(&["a", "b", "c"]));
        assert_eq!(sizes(&shapes, Some(names(&["a"]))).unwrap().1, names(&["0", "1", "2"]));
        let error = sizes(&[vec![1, 300, 4], vec![1, 200, 3]], None).unwrap_err();
        assert!(error.reason.contains("[1, 200, 3], not [1, queries, 4]"), "{error:?}");
    }
}
