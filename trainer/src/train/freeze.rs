//! Which layers of a network learn, and how fast. Pure.
//!
//! A backbone is a row of stages from the image to the heads; freezing goes from the bottom to the
//! top.

use std::collections::BTreeMap;

use crate::model::network::Graph;
use crate::model::network::detector::DetectorShape;
use crate::model::network::identifier::{Backbone, IdentifierShape};
use crate::recipe::training::{Freeze, Plan};

/// Learning rates of an identifier's nodes as parts of that of the heads, where they are others.
pub fn identifier(graph: &Graph, shape: &IdentifierShape, plan: &Plan) -> BTreeMap<String, f64> {
    learning_rates(graph, plan, |node| identifier_stage(&shape.backbone, node))
}

/// The same of a detector.
pub fn detector(graph: &Graph, shape: &DetectorShape, plan: &Plan) -> BTreeMap<String, f64> {
    learning_rates(graph, plan, |node| detector_stage(shape, node))
}

fn learning_rates(
    graph: &Graph,
    plan: &Plan,
    stage: impl Fn(&str) -> Option<(usize, usize)>,
) -> BTreeMap<String, f64> {
    let learning_rate = |node: &str| {
        let (stage, stages) = stage(node)?;
        Some(if is_frozen(plan.freeze, stage, stages) { 0.0 } else { plan.backbone_factor })
    };
    let nodes = graph.nodes.iter().filter_map(|node| Some((node.name.clone(), learning_rate(&node.name)?)));
    nodes.filter(|(_, learning_rate)| *learning_rate != 1.0).collect()
}

/// Place of a node among the stages of the detector's backbone, and how many there are; none for
/// its head.
///
/// The stages are the stem, a level for each stride, and the neck.
fn detector_stage(shape: &DetectorShape, node: &str) -> Option<(usize, usize)> {
    let neck = shape.stages.len() + 1;
    let stage = match node.split('.').next()? {
        "stem" | "packed" => 0,
        "neck" => neck,
        first => {
            let stride: i64 = first.strip_prefix('l')?.parse().ok()?;
            (stride / (2 * shape.stem.stride)).checked_ilog2()? as usize
        }
    };
    Some((stage, neck + 1))
}

/// Place of a node among the stages of the identifier's backbone, and how many there are; none for
/// heads.
fn identifier_stage(backbone: &Backbone, node: &str) -> Option<(usize, usize)> {
    let first = node.split('.').next().unwrap_or(node);
    let (own, count) = match backbone {
        Backbone::Template { convolutions } => {
            let number = first.strip_prefix("conv").and_then(|it| it.parse().ok());
            (number, convolutions.len())
        }
        Backbone::Resnet18 => {
            let layer = first.strip_prefix("layer").and_then(|it| it.parse().ok());
            (layer.or(["conv1", "bn1"].contains(&first).then_some(0)), 5)
        }
    };
    let upper = ["hidden", "embedding"].iter().position(|it| *it == first).map(|place| count + place);
    own.or(upper).map(|stage| (stage, count + 2))
}

fn is_frozen(freeze: Freeze, stage: usize, stages: usize) -> bool {
    match freeze {
        Freeze::None => false,
        Freeze::Mid => stage < stages / 2,
        Freeze::High => stage + 2 < stages,
        Freeze::All => true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::network::detector::CELLS;
    use crate::recipe::Recipe;

    #[test]
    fn freezing_goes_from_the_bottom_to_the_top() {
        let check = |backbone: &Backbone, freeze, open: &[&str], held: &[&str]| {
            let frozen = |node: &str| {
                identifier_stage(backbone, node).is_some_and(|(at, of)| is_frozen(freeze, at, of))
            };
            open.iter().for_each(|node| assert!(!frozen(node), "{node} with {freeze:?}"));
            held.iter().for_each(|node| assert!(frozen(node), "{node} with {freeze:?}"));
        };
        let template = IdentifierShape::default().backbone;
        check(&template, Freeze::None, &["conv0.conv", "embedding.fc"], &[]);
        check(
            &template,
            Freeze::Mid,
            &["conv3.bn", "hidden.fc", "identification"],
            &["conv0.conv", "conv2.bn"],
        );
        check(&template, Freeze::High, &["hidden.fc", "embedding.bn", "edition"], &["conv3.conv"]);
        check(&template, Freeze::All, &["identification", "modifier"], &["conv0.bn", "embedding.fc"]);
        check(
            &Backbone::Resnet18,
            Freeze::Mid,
            &["layer3.0.conv1", "hidden.fc"],
            &["conv1", "bn1", "layer2.1.bn2"],
        );
    }

    #[test]
    fn every_layer_of_a_detector_has_its_stage() {
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes/balatro.toml");
        let shape = Recipe::read(&recipe).unwrap().detector.shape;
        let graph = shape.graph().unwrap();
        let stages = shape.stages.len() + 2;
        let mut found = vec![0; stages];
        for node in &graph.nodes {
            match detector_stage(&shape, &node.name) {
                Some((stage, of)) => {
                    assert_eq!(of, stages);
                    found[stage] += 1;
                }
                None => {
                    assert!(node.name.starts_with("head") || node.name.starts_with(CELLS), "{}", node.name);
                }
            }
        }
        assert!(found.iter().all(|count| *count > 0), "{found:?}");
    }
}
